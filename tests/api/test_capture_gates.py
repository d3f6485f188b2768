"""What stations are told of the gates that only the service can check, and when it counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.station_orders import GATES_LAST_S
from domain.values.capture import SERVER_GATES, Gate
from tests.api.closed_gates import CLOSING
from tests.api.portal import Clinic, Person, Portal
from tests.api.station import Station

LEFT, RIGHT = b"left frame", b"right frame"


def told(station: Station) -> dict[str, dict[str, Any]]:
    """Return the gates of the station's only order."""
    (order,) = station.send("GET", "/orders").json()["orders"]
    return {each["gate"]: each for each in order["gates"]}


def closed(station: Station) -> set[str]:
    return {name for name, gate in told(station).items() if not gate["passed"]}


def test_a_station_is_told_every_gate_of_the_server_and_for_how_long_that_counts(
    station: Station, session: str
) -> None:
    gates = told(station)
    assert set(gates) == {each.value for each in SERVER_GATES}
    assert all(each["passed"] and each["evidence"] for each in gates.values())
    assert station.send("GET", "/orders").json()["gates_last_s"] == GATES_LAST_S == 900.0
    assert "the session" in gates["versions"]["evidence"]


@pytest.mark.verifies(
    "REQ-IN-077", "REQ-IN-078", "REQ-IN-079", "REQ-IN-080", "REQ-IN-081", "DRV-07"
)
@pytest.mark.parametrize("gate", CLOSING, ids=str)
def test_a_gate_that_closes_after_the_opening_is_told_before_the_shutter(
    portal: Portal, clinic: Clinic, station: Station, session: str, *, gate: Gate
) -> None:
    CLOSING[gate](portal, clinic, {})
    if gate is Gate.CALIBRATION:
        portal.sign_in("operator")
    found = closed(station)
    # What cannot be checked without a protocol is not passed either.
    without = {"device-identity", "calibration", "versions"} if gate is Gate.PROTOCOL else set()
    assert found == {gate.value, *without}
    assert all(told(station)[name]["next_step"] for name in found)


@pytest.mark.verifies("REQ-IN-080")
def test_a_field_check_that_fails_is_told_before_the_shutter(
    station: Station, session: str
) -> None:
    drifted = replace(station.check(1), passed=False)
    assert not station.deliver(station.state(drifted))["refused"]
    assert closed(station) == {"calibration"}


@pytest.mark.verifies("REQ-IN-080")
def test_a_field_check_is_held_against_the_protocol_whatever_the_station_says(
    portal: Portal, station: Station, session: str
) -> None:
    quality = portal.sign_in("quality")

    def reasons() -> list[str]:
        found: list[str] = quality.read(f"/devices/{station.device}")["card"]["reasons"]
        (card,) = quality.read("/devices")["items"]
        assert card["reasons"] == found
        return found

    before = reasons()
    loose = replace(station.check(1), epipolar_error_px=0.35, evidence="0.35 px, allowed 0.5 px")
    assert not station.deliver(station.state(loose))["refused"]
    assert closed(station) == {"calibration"}
    found = "the last field check found an epipolar error of 0.35 px, above 0.3 px"
    assert found in told(station)["calibration"]["evidence"]
    assert reasons() == [*before, f"T{found[1:]}."]
    assert not station.deliver(station.state(station.check(2)))["refused"]
    assert not closed(station)
    assert reasons() == before


@pytest.mark.verifies("REQ-IN-078", "DRV-07")
def test_who_signed_out_captured_before_but_not_after(
    portal: Portal, clinic: Clinic, station: Station, session: str, *, manifest: str
) -> None:
    before = station.capture(session, manifest, (LEFT, RIGHT))
    portal.clock.advance(timedelta(minutes=1))
    CLOSING[Gate.OPERATOR](portal, clinic, {})
    portal.clock.advance(timedelta(minutes=1))
    after = station.capture(session, manifest, (LEFT + b"2", RIGHT + b"2"))
    answered = station.deliver(before, after)

    assert [each["device_sequence"] for each in answered["accepted"]] == [before["device_sequence"]]
    (refused,) = answered["refused"]
    assert refused["evidence"] == "gates that did not pass: operator"


def test_who_never_stopped_being_signed_in_but_lost_the_role_captures_nothing_more(
    portal: Portal, clinic: Clinic, station: Station, session: str, *, manifest: str
) -> None:
    administrator = portal.sign_in("administrator")
    path = f"/practitioners/{clinic.people['operator']}/roles"
    administrator.done(path, {"role": "operator", "grant": False, "reason": "left"})
    portal.clock.advance(timedelta(minutes=1))
    assert closed(station) == {"operator"}
    statement = station.capture(session, manifest, (LEFT, RIGHT))
    assert station.deliver(statement)["refused"][0]["rule"] == "capture.gates"


@pytest.mark.verifies("REQ-IN-078")
def test_a_capture_dated_outside_the_session_is_judged_as_one_inside(
    portal: Portal, station: Station, operator: Person, session: str, *, manifest: str
) -> None:
    portal.clock.advance(timedelta(minutes=1))
    wrong = timedelta(days=1) / timedelta(milliseconds=1)
    for number, offset_ms in enumerate((wrong, -wrong)):
        pair = (LEFT + bytes([number]), RIGHT + bytes([number]))
        statement = station.capture(session, manifest, pair, clock_offset_ms=offset_ms)
        assert station.deliver(statement)["refused"] == []
