"""A clinic's portal as it is shipped, on SQLite in a folder of its own, with people at browsers.

The clock stands still until a test moves it, so one-time codes follow from it. A clinic that is
ready to work is made once and copied for each test.
"""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse
from uuid import uuid4

import httpx
from fastapi import FastAPI

from adapters.memory import ManualClock
from adapters.one_time_password import STEP_S, code_at
from api.app import create_app
from api.settings import Settings, from_environment
from api.wiring import System, open_system
from domain.events.codec import to_plain
from domain.events.practitioner import PractitionerEvent
from domain.handling import update
from domain.rules import clinic as clinics
from domain.rules import practitioner as practitioners
from domain.rules.clinic import CLINIC
from domain.rules.practitioner import PRACTITIONER, Practitioner
from domain.values.actor import Actor, Role
from domain.values.identifiers import PractitionerId
from domain.values.time import ServerTime
from tests.api.browser import Browser
from tests.api.station import Station
from tests.builders import a_protocol_content

START = ServerTime.parse("2026-03-03T09:00:00.000000Z")
ORIGIN = "http://127.0.0.1:8460"
PREFIX = "/api/v1"
SERVICE = Actor.service("test")
PASSWORD = "correct horse battery staple"
ROLES = {
    "administrator": Role.ADMINISTRATOR,
    "operator": Role.OPERATOR,
    "practitioner": Role.PRACTITIONER,
    "quality": Role.QUALITY_MANAGER,
    "second": Role.QUALITY_MANAGER,
    "privacy": Role.PRIVACY_OFFICER,
    "auditor": Role.AUDITOR,
}
IDENTITY = {
    "given_name": "Wilhelmina",
    "family_name": "Featherstonehaugh",
    "date_of_birth": "1971-12-29",
    "clinic_number": "CN-778812",
}
PROMPTS = {
    "hair_back": True,
    "glasses_off": True,
    "makeup": "none",
    "neutral_expression": True,
    "rest_cleaned": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """A clinic that was made ready, and what a test must know to go on with it.

    Attributes:
        folder: Its data.
        now: What its clock said last.
        totp: One-time-password secrets by account.
        people: Identifiers by account.
        subject: A client who agreed to being captured.
        protocol: An approved protocol that asks for a stereo pair.
        single: An approved protocol that asks for one photograph.
        station: An enrolled, calibrated station.
    """

    folder: Path
    now: ServerTime
    totp: dict[str, bytes]
    people: dict[str, str]
    subject: str
    protocol: str
    single: str
    station: Station


class Portal:
    """The shipped application over an opened record."""

    def __init__(self, system: System, clock: ManualClock, *, static: Path | None = None) -> None:
        """Serve the record."""
        self.system = system
        self.clock = clock
        self.app: FastAPI = create_app(system, static=static)
        self.totp: dict[str, bytes] = {}
        self.http = self.browser()

    def browser(self) -> Browser:
        """Return a browser that nobody has signed in with; what fails here is an answer, too."""
        return Browser(self.app, ORIGIN)

    def code(self, account: str) -> str:
        """Return a one-time code that was never used."""
        self.clock.advance(timedelta(seconds=STEP_S))
        return code_at(self.totp[account], self.clock.now().us // 1_000_000 // STEP_S)

    def sign_in(self, account: str) -> "Person":
        """Sign a person in with a browser of their own."""
        person = Person(self, account)
        person.sign_in()
        return person

    def records(self, name: str) -> list[Any]:
        """Return every record of an event's name; a test knows what is in it."""
        return [each for each in self.system.log.after(-1, limit=100_000) if each.name == name]

    def events(self, name: str) -> list[Any]:
        """Return every event of a name."""
        return [each.event for each in self.records(name)]


@dataclass(slots=True)
class Person:
    """One person at a browser."""

    portal: Portal
    account: str
    http: Browser = field(init=False)
    me: dict[str, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Take a browser."""
        self.http = self.portal.browser()

    def sign_in(self) -> None:
        """Sign in."""
        answered = self.send(
            "POST",
            "/sign-in",
            json={
                "account": self.account,
                "password": PASSWORD,
                "code": self.portal.code(self.account),
            },
        )
        assert answered.status_code == 200, answered.text
        self.me = answered.json()

    def send(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        seen: int | None = None,
        **content: Any,  # noqa: ANN401 - whatever httpx sends
    ) -> httpx.Response:
        """Send an unsafe request as the browser does."""
        headers = {
            "X-Vultus-Client": "ui",
            "Origin": ORIGIN,
            "Idempotency-Key": key or str(uuid4()),
        }
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        return self.http.request(method, PREFIX + path, headers=headers, **content)

    def post(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        key: str | None = None,
        seen: int | None = None,
    ) -> httpx.Response:
        """Do something."""
        return self.send("POST", path, key=key, seen=seen, json=body or {})

    def done(self, path: str, body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Do something that must succeed, and return the answer."""
        answered = self.post(path, body, **more)
        assert answered.is_success, answered.text
        found: dict[str, Any] = answered.json()
        return found

    def get(self, path: str, **query: str | int) -> httpx.Response:
        """Read something, with everything recorded so far in it."""
        self.portal.system.runner.catch_up()
        return self.http.get(PREFIX + path, params=query)

    def read(self, path: str, **query: str | int) -> dict[str, Any]:
        """Read something that must be there."""
        answered = self.get(path, **query)
        assert answered.status_code == 200, answered.text
        found: dict[str, Any] = answered.json()
        return found

    def proof(self) -> str:
        """Prove identity again."""
        body = {"password": PASSWORD, "code": self.portal.code(self.account)}
        return str(self.done("/reauthentications", body)["reauthentication"])

    def approve(self, path: str, digest: str, **more: str) -> httpx.Response:
        """Sign a digest."""
        return self.post(path, {"reauthentication": self.proof(), "digest": digest, **more})


def settings_in(folder: Path, **more: str) -> Settings:
    """Return the settings of a record in a folder."""
    return from_environment({"VULTUS_DATA": str(folder), "VULTUS_ORIGIN": ORIGIN, **more})


@contextmanager
def opened(
    clinic: Clinic, folder: Path, *, static: Path | None = None, **more: str
) -> Iterator[Portal]:
    """Open a copy of a ready clinic, with further settings."""
    data = folder / "record"
    shutil.copytree(clinic.folder, data)
    clock = ManualClock(clinic.now)
    with open_system(settings_in(data, **more), clock=clock) as system:
        portal = Portal(system, clock, static=static)
        portal.totp.update(clinic.totp)
        yield portal


def make_clinic(folder: Path) -> Clinic:
    """Make a clinic with people, a client, protocols and a calibrated station."""
    clock = ManualClock(START)
    with open_system(settings_in(folder), clock=clock) as system:
        portal = Portal(system, clock)
        people = {"administrator": found_clinic(portal)}
        administrator = portal.sign_in("administrator")
        for account, role in ROLES.items():
            if account not in people:
                people[account] = register(administrator, account, role)
        quality, second = portal.sign_in("quality"), portal.sign_in("second")
        protocol = approved_protocol(quality, second, "Standard face", stereo=True)
        single = approved_protocol(quality, second, "Photographs", stereo=False)
        operator = portal.sign_in("operator")
        subject = enrolled_client(operator)
        station = Station(portal.http, clock)
        ready_station(station, quality)
        return Clinic(
            folder=folder,
            now=clock.now(),
            totp=portal.totp,
            people=people,
            subject=subject,
            protocol=protocol,
            single=single,
            station=station,
        )


def found_clinic(portal: Portal) -> str:
    """Register the clinic and its administrator, before whom nobody could ask."""
    system = portal.system
    register_clinic = partial(
        clinics.register_clinic,
        identifier=system.clinic,
        name="Test clinic",
        time_zone="Australia/Sydney",
        demo=False,
    )
    update(system.log, CLINIC, system.clinic.stream, register_clinic, system.context(SERVICE))
    identifier = PractitionerId.derived("administrator")

    def decide(state: Practitioner) -> tuple[PractitionerEvent, ...]:
        registered = practitioners.register_practitioner(
            state,
            practitioner=identifier,
            display_name="Ada Administrator",
            profession="practice manager",
            registration="",
        )
        known = practitioners.evolve(state, registered)
        issued = [practitioners.issue_credential(known, each) for each in ("password", "totp")]
        role = Role.ADMINISTRATOR
        return registered, *issued, *practitioners.grant_role(known, role, granted_by=SERVICE)

    update(system.log, PRACTITIONER, identifier.stream, decide, system.context(SERVICE))
    account = "administrator"
    portal.totp[account] = system.accounts.issue(identifier, account=account, password=PASSWORD)
    pass_for_own_password(portal, identifier)
    return str(identifier)


def register(administrator: Person, account: str, role: Role) -> str:
    """Register somebody with a role and return the identifier."""
    body = {
        "display_name": f"Demo {account}",
        "profession": account,
        "account": account,
        "password": PASSWORD,
    }
    registered = administrator.done("/practitioners", body)
    address = urlparse(registered["one_time_password"])
    administrator.portal.totp[account] = secret_of(parse_qs(address.query)["secret"][0])
    identifier = str(registered["practitioner"])
    administrator.done(f"/practitioners/{identifier}/roles", {"role": role.value, "grant": True})
    pass_for_own_password(administrator.portal, PractitionerId(identifier))
    return identifier


def pass_for_own_password(portal: Portal, practitioner: PractitionerId) -> None:
    """Record that somebody chose their password, so that each test need not begin with that."""
    by = Actor.practitioner(practitioner)
    choose = partial(practitioners.choose_credential, credential="password", chosen_by=by)
    system = portal.system
    update(system.log, PRACTITIONER, practitioner.stream, choose, system.context(by))


def secret_of(text: str) -> bytes:
    """Return the secret in an authenticator's address."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def approved_protocol(quality: Person, second: Person, name: str, *, stereo: bool) -> str:
    """Have a protocol drafted and approved by two people."""
    content: dict[str, Any] = to_plain(a_protocol_content(stereo=stereo))  # type: ignore[assignment]
    drafted = quality.done("/acquisition-protocols", {"content": content | {"name": name}})
    protocol = str(drafted["protocol"])
    approved = second.approve(f"/acquisition-protocols/{protocol}/approve", drafted["digest"])
    assert approved.status_code == 200, approved.text
    return protocol


def enrolled_client(operator: Person) -> str:
    """Enrol a client who agrees to being captured."""
    subject = str(operator.done("/subjects", IDENTITY)["subject"])
    answer_consent(operator, subject, "grant")
    return subject


def answer_consent(operator: Person, subject: str, decision: str, **more: Any) -> httpx.Response:  # noqa: ANN401
    """Record what the client says about being captured."""
    body = {
        "purpose": "clinical-capture",
        "decision": decision,
        "wording_version": "2026-11",
        "reason": "Asked by the client",
        **more,
    }
    answered = operator.post(f"/subjects/{subject}/consents", body)
    assert answered.status_code == 201, answered.text
    return answered


def ready_station(station: Station, quality: Person) -> None:
    """Enrol a station and have its calibration locked."""
    enrol_station(station, quality)
    station.start()
    calibration = station.calibrate()
    station.calibrate_light()
    lock_calibration(quality, station, calibration)


def enrol_station(station: Station, quality: Person) -> None:
    """Enrol a station by its key."""
    body = {"serial": station.serial, "model": "Portal", "public_key": station.public_key}
    assert quality.done("/devices", body)["device"] == str(station.device)


def lock_calibration(quality: Person, station: Station, calibration: str) -> None:
    """Lock a calibration as it was recorded."""
    found = quality.read(f"/devices/{station.device}")["calibrations"]
    digest = next(each["digest"] for each in found if each["calibration"] == calibration)
    path = f"/devices/{station.device}/calibrations/{calibration}/lock"
    answered = quality.approve(path, digest)
    assert answered.status_code == 200, answered.text


def opening(clinic: Clinic, *, device: str | None, protocol: str | None = None) -> dict[str, Any]:
    """Return what a person sends to open a session."""
    return {
        "subject": clinic.subject,
        "device": device,
        "protocol": protocol or clinic.protocol,
        "prompts": PROMPTS,
    }
