"""How each gate that only the service can check comes to be closed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from api.signin import access_stream
from domain.events.equipment import DeviceConfigurationChanged
from domain.handling import update
from domain.rules import access
from domain.rules.access import ACCESS
from domain.values.capture import Gate
from domain.values.identifiers import PractitionerId
from tests.api.portal import SERVICE, Clinic, Portal, answer_consent
from tests.builders import a_configuration


def withdrawn(portal: Portal, clinic: Clinic, body: dict[str, Any]) -> None:
    answer_consent(portal.sign_in("practitioner"), clinic.subject, "withdraw")


def signed_out(portal: Portal, clinic: Clinic, body: dict[str, Any]) -> None:
    person = PractitionerId(clinic.people["operator"])
    context = portal.system.context(SERVICE)
    for _ in range(3):
        update(
            portal.system.log,
            ACCESS,
            access_stream(person),
            lambda state: access.sign_out(state, practitioner=person, reason="asked"),
            context,
        )


def quarantined(portal: Portal, clinic: Clinic, body: dict[str, Any]) -> None:
    path = f"/devices/{clinic.station.device}/quarantine"
    portal.sign_in("quality").done(path, {"reason": "It fell down"})


def expired(portal: Portal, clinic: Clinic, body: dict[str, Any]) -> None:
    portal.clock.advance(timedelta(days=30))


def updated(portal: Portal, clinic: Clinic, body: dict[str, Any]) -> None:
    station = clinic.station.at(portal.http, portal.clock)
    changed = DeviceConfigurationChanged(configuration=replace(a_configuration(), firmware="9.9.9"))
    assert not station.deliver(station.state(changed))["refused"]


def retired(portal: Portal, clinic: Clinic, body: dict[str, Any]) -> None:
    path = f"/acquisition-protocols/{clinic.protocol}/retire"
    portal.sign_in("quality").done(path, {"reason": "A better one"})


CLOSING: dict[Gate, Callable[[Portal, Clinic, dict[str, Any]], None]] = {
    Gate.CONSENT: withdrawn,
    Gate.OPERATOR: signed_out,
    Gate.DEVICE_IDENTITY: quarantined,
    Gate.CALIBRATION: expired,
    Gate.VERSIONS: updated,
    Gate.PROTOCOL: retired,
}
