"""What a station delivers: requests signed by its key, content first, statements once."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import cv2
import numpy as np
import pytest

from api import calling_station
from api.wiring import open_system
from api.work import drain
from domain.events.codec import to_plain
from domain.events.equipment import LightFieldMeasured
from domain.values.identifiers import SessionId
from tests.api.portal import (
    PREFIX,
    Clinic,
    Person,
    Portal,
    enrol_station,
)
from tests.api.station import Station
from tests.builders import a_light_field, a_protocol_content

LEFT, RIGHT = b"left frame", b"right frame"
DAY = timedelta(days=1)


def test_a_station_learns_what_to_capture_and_nothing_about_the_client(
    portal: Portal, station: Station, session: str
) -> None:
    answered = station.send("GET", "/orders")

    orders = answered.json()
    assert orders["device"] == station.device
    assert orders["latest_sequence"] == station.sequence == 3
    assert orders["calibration"]["calibration"] == station.calibration
    (order,) = orders["orders"]
    assert order["session"] == session
    assert order["protocol_content"]["name"] == "Standard face"
    for each in ("Wilhelmina", "Featherstonehaugh", "1971-12-29", "CN-778812", "pseudonym"):
        assert each not in answered.text


def test_a_station_without_a_session_is_told_the_limits_of_the_protocol_in_force(
    portal: Portal, clinic: Clinic, station: Station
) -> None:
    orders = station.send("GET", "/orders").json()
    assert orders["orders"] == []
    # The photographs' protocol is newer, and asks for no pair.
    assert orders["limits"] == {
        "protocol": clinic.protocol,
        "name": "Standard face",
        "version": "1.0",
        "calibration": to_plain(a_protocol_content().calibration),
    }
    quality = portal.sign_in("quality")
    for each, left in ((clinic.protocol, "Photographs"), (clinic.single, None)):
        quality.done(f"/acquisition-protocols/{each}/retire", {"reason": "A better one"})
        limits = station.send("GET", "/orders").json()["limits"]
        assert (limits and limits["name"]) == left


@pytest.mark.verifies("REQ-IN-088", "REQ-IN-089", "REQ-IN-090")
def test_a_station_is_told_the_baseline_of_its_light_until_service(
    portal: Portal, station: Station
) -> None:
    def told() -> str | None:
        baseline: str | None = station.send("GET", "/orders").json()["light_baseline"]
        return baseline

    assert told() is None
    field = a_light_field()
    assert not station.deliver(station.state(LightFieldMeasured(field=field, basis=None)))[
        "refused"
    ]
    assert told() == str(field.performed_at)
    another = replace(field, performed_at=station.now())
    (refused,) = station.deliver(station.state(LightFieldMeasured(field=another, basis=None)))[
        "refused"
    ]
    assert refused["rule"] == "light.baseline"
    assert told() == str(field.performed_at)
    quality, path = portal.sign_in("quality"), f"/devices/{station.device}"
    quality.done(f"{path}/quarantine", {"reason": "New lamps"})
    quality.done(f"{path}/release", {"reason": "They burn"})
    assert told() is None


def test_an_attempt_that_could_not_be_measured_is_told_with_what_to_do(
    portal: Portal, station: Station, session: str, manifest: str
) -> None:
    cut = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes()[:-20]
    answered = station.deliver(station.capture(session, manifest, (cut, cut + b"2")))
    assert not answered["refused"]
    drain(portal.system)

    (order,) = station.send("GET", "/orders").json()["orders"]
    (judged,) = order["judged"]
    assert judged["accepted"] is False
    found, then = judged["advice"]
    assert found.startswith("The picture could not be measured: ")
    assert found.endswith(".")
    assert then == "Capture again; if it stays, have the cameras looked at."


@pytest.mark.verifies("REQ-IN-215")
def test_a_request_that_was_used_at_one_process_is_refused_at_every_other(
    portal: Portal, station: Station
) -> None:
    path = f"{PREFIX}/device/orders"
    headers = [station.headers("GET", "/orders") for _ in range(2)]
    with open_system(portal.system.settings, clock=portal.clock) as second:
        other = Portal(second, portal.clock)
        asked = [
            (portal.http, headers[0]),
            (other.http, headers[0]),
            (other.http, headers[1]),
            (portal.http, headers[1]),
        ]
        answers = [browser.get(path, headers=each) for browser, each in asked]
    assert [each.status_code for each in answers] == [200, 401, 200, 401]
    assert all("used before" in each.json()["detail"] for each in (answers[1], answers[3]))


@pytest.mark.verifies("REQ-IN-215")
def test_requests_that_no_enrolled_station_signed_are_refused(
    portal: Portal, station: Station
) -> None:
    stranger = Station(portal.http, portal.clock)
    pretender = Station(portal.http, portal.clock)
    pretender.device = station.device
    before = portal.system.log.size()
    answers = [
        portal.http.get(f"{PREFIX}/device/orders"),
        stranger.send("GET", "/orders"),
        pretender.send("GET", "/orders"),
    ]

    for answered in answers:
        assert answered.status_code == 401
        assert "is not signed by an enrolled station" in answered.json()["detail"]
    assert portal.system.log.size() == before


@pytest.mark.parametrize(
    ("off", "status"),
    [(timedelta(minutes=5), 200), (-timedelta(minutes=5), 200), (DAY, 401), (-DAY, 401)],
)
def test_a_station_whose_clock_is_off_is_told_our_time(
    portal: Portal, station: Station, off: timedelta, status: int
) -> None:
    headers = station.headers("GET", "/orders", created=off)
    answered = portal.http.get(f"{PREFIX}/device/orders", headers=headers)

    assert answered.status_code == status
    assert status == 200 or f"Our time is {portal.clock.now()}." in answered.json()["detail"]


def test_a_signed_request_passes_once_also_when_sent_twice_together(
    portal: Portal, station: Station
) -> None:
    headers = station.headers("GET", "/orders")
    together = threading.Barrier(2)

    def send() -> int:
        together.wait()
        return portal.http.get(f"{PREFIX}/device/orders", headers=headers).status_code

    with ThreadPoolExecutor(2) as pool:
        found = sorted(each.result() for each in [pool.submit(send) for _ in range(2)])

    assert found == [200, 401]


def test_a_body_that_was_changed_on_the_way_is_refused(portal: Portal, station: Station) -> None:
    body = json.dumps({"device_clock_us": 1, "statements": []}).encode()
    headers = station.headers("POST", "/statements", body)
    path = f"{PREFIX}/device/statements"
    answered = [
        portal.http.post(path, content=body + b" ", headers=headers),
        portal.http.post(path, content=b"", headers=station.headers("POST", "/statements", body)),
        portal.http.post(path, content=body, headers=station.headers("POST", "/statements")),
    ]

    assert [each.status_code for each in answered] == [401, 401, 401]


def test_nothing_is_read_from_whoever_is_no_station(
    portal: Portal, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(*_arguments: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(calling_station, "_body", read)
    stranger = Station(portal.http, portal.clock)

    assert stranger.put(b"content").status_code == 401


def test_a_browsers_sign_in_opens_nothing_to_stations_and_the_other_way(
    portal: Portal, station: Station, operator: Person
) -> None:
    assert operator.get("/device/orders").status_code == 401
    headers = station.headers("GET", "/orders")
    assert portal.http.get(f"{PREFIX}/worklist", headers=headers).status_code == 401


def test_content_is_stored_once_under_its_digest(
    portal: Portal, station: Station, session: str
) -> None:
    first, second = station.put(LEFT, session), station.put(LEFT, session)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.json() == {"digest": f"sha256:{sha256(LEFT).hexdigest()}", "size_bytes": 10}


@pytest.mark.verifies("REQ-IN-186")
def test_content_of_a_client_is_nowhere_in_clear(
    portal: Portal, station: Station, session: str
) -> None:
    content = b"a face that nobody else shall see" * 10
    station.put(content, session)

    files = [each for each in portal.system.settings.data.rglob("*") if each.is_file()]
    assert len(files) > 5
    assert not [each for each in files if content[:20] in each.read_bytes()]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/blobs/{'0' * 64}", 422),
        ("/blobs/xyz", 422),
        (f"/blobs/{sha256(b'').hexdigest()}", 422),
    ],
)
def test_content_that_is_not_what_its_address_names_is_refused(
    station: Station, path: str, status: int
) -> None:
    body = b"" if path.endswith(sha256(b"").hexdigest()) else b"content"
    answered = station.send("PUT", path, body or None)

    assert answered.status_code == status
    assert answered.json()["type"] == "urn:vultus:problem:malformed"


def test_content_for_a_session_of_another_station_or_of_none_is_refused(
    portal: Portal, session: str
) -> None:
    other = Station(portal.http, portal.clock, serial="ST-0002")
    enrol_station(other, portal.sign_in("quality"))

    for named in (session, str(SessionId.derived("none"))):
        answered = other.put(LEFT, named)
        assert answered.status_code == 409
        assert answered.json()["rule"] == "capture.station"


@pytest.mark.verifies("DRV-10", "REQ-IN-213")
def test_a_station_learns_which_sessions_were_erased_and_nothing_else_of_any(
    portal: Portal, clinic: Clinic, station: Station, session: str
) -> None:
    def erased() -> list[str]:
        held = {"sessions": [session, str(SessionId.derived("none"))]}
        answered = station.send("POST", "/erased", json.dumps(held).encode())
        assert answered.status_code == 200, answered.text
        found: list[str] = answered.json()["erased"]
        return found

    assert erased() == []
    requester, privacy = portal.sign_in("practitioner"), portal.sign_in("privacy")
    path = f"/subjects/{clinic.subject}"
    requester.done(f"{path}/erasure-requests", {"reason": "The client asked"})
    digest = requester.read(path)["erasure_request"]["digest"]
    assert privacy.approve(f"{path}/erasure", digest).status_code == 200
    assert erased() == [session]
    many = json.dumps({"sessions": [session] * 65}).encode()
    for wrong in (many, b"{}", b"[", json.dumps({"sessions": ["../x"]}).encode()):
        assert station.send("POST", "/erased", wrong).status_code == 422


def test_content_larger_than_is_taken_in_is_refused(
    portal: Portal, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(portal.system.settings, upload_limit_bytes=1 << 20)
    system = replace(portal.system, settings=small)
    other = Portal(system, portal.clock)
    answered = station.at(other.http, portal.clock).put(b"x" * ((1 << 20) + 1))
    declared = station.at(other.http, portal.clock).put(b"x" * (3 << 20))

    assert answered.status_code == declared.status_code == 413
    assert answered.json()["type"] == declared.json()["type"] == "urn:vultus:problem:too-large"
