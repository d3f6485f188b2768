"""Opening sessions behind the gates, importing photographs, closing, and looking at images."""

import tempfile
from dataclasses import replace
from typing import Any

import httpx
import pytest

from domain.values.capture import IMPORT_GATES, SERVER_GATES, Gate
from domain.values.content import Digest
from tests.api import pictures
from tests.api.closed_gates import CLOSING
from tests.api.portal import (
    ORIGIN,
    Clinic,
    Person,
    Portal,
    answer_consent,
    enrol_station,
    opening,
)
from tests.api.station import Station


def blocked_gates(answered: httpx.Response) -> list[str]:
    assert answered.status_code == 409, answered.text
    problem = answered.json()
    assert problem["type"] == "urn:vultus:problem:capture-blocked"
    assert {each["gate"] for each in problem["gates"]} == {each.value for each in SERVER_GATES}
    assert all(each["evidence"] for each in problem["gates"])
    assert all(each["next_step"] for each in problem["gates"] if not each["passed"])
    return [each["gate"] for each in problem["gates"] if not each["passed"]]


def test_every_gate_the_server_knows_is_tried() -> None:
    assert set(CLOSING) == set(SERVER_GATES)


@pytest.mark.verifies(
    "REQ-IN-077", "REQ-IN-078", "REQ-IN-079", "REQ-IN-080", "REQ-IN-081", "DRV-07"
)
@pytest.mark.parametrize("gate", CLOSING, ids=str)
def test_each_closed_gate_alone_blocks_and_the_refusal_is_recorded_and_shown(
    portal: Portal, clinic: Clinic, gate: Gate
) -> None:
    body = opening(clinic, device=str(clinic.station.device))
    if gate is not Gate.CALIBRATION:
        operator = portal.sign_in("operator")
    CLOSING[gate](portal, clinic, body)
    if gate is Gate.CALIBRATION:
        operator = portal.sign_in("operator")
    answered = operator.post("/capture-sessions", body, key="k" * 32)
    found = blocked_gates(answered)

    # What cannot be checked without a protocol is not passed either.
    assert found == [gate.value] or (
        gate is Gate.PROTOCOL
        and set(found) == {"device-identity", "calibration", "versions", "protocol"}
    )
    (record,) = portal.records("CaptureBlocked")
    assert record.event.stage.value == "opening"
    assert record.key == f"subject:{clinic.subject}"
    assert not portal.records("SessionOpened")
    again = operator.post("/capture-sessions", body, key="k" * 32)
    assert blocked_gates(again) == found
    assert len(portal.records("CaptureBlocked")) == 1


def test_a_session_opens_behind_open_gates_and_says_what_was_found(
    portal: Portal, clinic: Clinic, operator: Person
) -> None:
    opened = operator.done("/capture-sessions", opening(clinic, device=str(clinic.station.device)))
    shown = operator.read(f"/capture-sessions/{opened['session']}")

    assert shown["state"] == "open"
    assert shown["operator_name"] == "Demo operator"
    assert shown["device_serial"] == "ST-0001"
    assert {each["gate"] for each in shown["preconditions"]} == {g.value for g in SERVER_GATES}
    assert all(each["passed"] for each in shown["preconditions"])
    (row,) = operator.read("/capture-sessions")["items"]
    assert row["session"] == opened["session"]


@pytest.mark.verifies("REQ-IN-122")
def test_an_import_says_nothing_of_gates_that_only_a_station_has(
    operator: Person, session: str
) -> None:
    shown = operator.read(f"/capture-sessions/{session}")["preconditions"]
    assert [each["gate"] for each in shown] == [each.value for each in IMPORT_GATES]
    assert all(each["passed"] for each in shown)


def test_a_station_that_never_said_what_it_is_opens_nothing(
    portal: Portal, clinic: Clinic, operator: Person
) -> None:
    other = Station(portal.http, portal.clock, serial="ST-0002")
    enrol_station(other, portal.sign_in("quality"))
    answered = operator.post("/capture-sessions", opening(clinic, device=str(other.device)))

    assert "device-identity" in blocked_gates(answered)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"subject": "x"}, 422),
        ({"subject": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"device": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"purpose": "selling"}, 422),
        ({"prompts": {}}, 422),
        ({"protocol": "x"}, 422),
    ],
)
def test_what_does_not_exist_opens_nothing_and_records_nothing(
    portal: Portal, clinic: Clinic, operator: Person, changes: dict[str, Any], status: int
) -> None:
    before = portal.system.log.size()
    answered = operator.post("/capture-sessions", opening(clinic, device=None) | changes)

    assert answered.status_code == status
    assert portal.system.log.size() == before


# Photographs


@pytest.fixture
def session(clinic: Clinic, operator: Person) -> str:
    """A session into which photographs are imported."""
    body = opening(clinic, device=None, protocol=clinic.single)
    return str(operator.done("/capture-sessions", body)["session"])


def bring(
    operator: Person, session: str, content: bytes, *, key: str | None = None, **form: str
) -> httpx.Response:
    fields = {"view": "frontal", "source": "Referring practice"} | form
    path = f"/capture-sessions/{session}/photographs"
    return operator.send(
        "POST", path, key=key, files={"file": ("IMG_Featherstonehaugh.jpg", content)}, data=fields
    )


def stored(portal: Portal) -> set[str]:
    folder = portal.system.settings.data / "blobs"
    return {each.name for each in folder.rglob("*") if each.is_file()}


@pytest.mark.verifies("REQ-IN-122")
@pytest.mark.parametrize("content", [pictures.png(), pictures.jpeg()], ids=["PNG", "JPEG"])
def test_a_photograph_is_kept_as_it_came(
    portal: Portal, operator: Person, session: str, content: bytes
) -> None:
    answered = bring(operator, session, content)

    assert answered.status_code == 201, answered.text
    (attempt,) = operator.read(f"/capture-sessions/{session}")["attempts"]
    assert attempt["imported"]
    assert attempt["source"] == "Referring practice"
    digest = answered.json()["digest"]
    assert operator.get(f"/images/{digest}", session=session).content == content
    assert "Featherstonehaugh" not in repr(portal.records("PhotographImported"))


@pytest.mark.verifies("REQ-IN-186", "DRV-07")
@pytest.mark.parametrize("what", pictures.BAD)
def test_what_is_no_good_picture_is_refused_by_rule_on_record_and_leaves_no_picture(
    portal: Portal, operator: Person, session: str, what: str
) -> None:
    size, blobs = portal.system.log.size(), stored(portal)
    answered = bring(operator, session, pictures.BAD[what], key="k" * 32)

    assert answered.status_code == 422, answered.text
    (refused,) = portal.events("PhotographRefused")
    assert answered.json()["detail"].startswith(f"{refused.rule}: {refused.evidence}")
    assert refused.rule.startswith("image.")
    assert refused.content == Digest.of(pictures.BAD[what])
    assert refused.size_bytes == len(pictures.BAD[what])
    assert stored(portal) == blobs
    again = bring(operator, session, pictures.BAD[what], key="k" * 32)
    assert again.json()["detail"] == answered.json()["detail"]
    assert portal.system.log.size() == size + 1
    (shown,) = operator.read(f"/capture-sessions/{session}")["refused"]
    assert (shown["kind"], shown["rule"]) == ("photograph", refused.rule)
    assert "Featherstonehaugh" not in repr(refused)


def test_a_picture_larger_than_is_taken_in_is_refused(
    portal: Portal, clinic: Clinic, operator: Person, session: str
) -> None:
    small = replace(portal.system.settings, upload_limit_bytes=1 << 20)
    other = Portal(replace(portal.system, settings=small), portal.clock)
    person = Person(other, "operator")
    person.http.cookies.update(operator.http.cookies)
    size, blobs = portal.system.log.size(), stored(portal)
    found = [bring(person, session, b"\xff\xd8" + bytes(extra)) for extra in (1 << 20, 3 << 20)]

    assert [each.status_code for each in found] == [413, 413]
    assert portal.system.log.size() == size
    assert stored(portal) == blobs


@pytest.mark.verifies("REQ-IN-186")
def test_an_upload_never_touches_a_disk_in_clear(
    portal: Portal, operator: Person, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def roll_over(_file: object) -> None:
        raise AssertionError

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", roll_over)
    content = pictures.png(side=1000)
    assert len(content) > 2 << 20

    assert bring(operator, session, content).status_code == 201


@pytest.mark.parametrize(
    ("form", "status", "rule"),
    [
        ({"view": "profile"}, 409, "capture.view"),
        ({"view": "../etc"}, 422, None),
        ({"source": " "}, 409, "capture.source"),
        ({"source": "x" * 501}, 422, None),
    ],
)
def test_a_photograph_that_a_rule_refuses_leaves_nothing(
    portal: Portal,
    *,
    operator: Person,
    session: str,
    form: dict[str, str],
    status: int,
    rule: str | None,
) -> None:
    size, blobs = portal.system.log.size(), stored(portal)
    answered = bring(operator, session, pictures.png(), **form)

    assert answered.status_code == status
    assert answered.json().get("rule") == rule
    assert portal.system.log.size() == size
    assert stored(portal) == blobs


@pytest.mark.verifies("DRV-07")
def test_after_consent_is_withdrawn_no_photograph_comes_in_and_that_is_recorded(
    portal: Portal, clinic: Clinic, operator: Person, session: str
) -> None:
    answer_consent(operator, clinic.subject, "withdraw")
    blobs = stored(portal)
    answered = bring(operator, session, pictures.png())

    assert answered.status_code == 409
    assert [each["gate"] for each in answered.json()["gates"]] == ["consent"]
    (refused,) = portal.events("PhotographRefused")
    assert (refused.rule, refused.content) == ("capture.gates", Digest.of(pictures.png()))
    assert refused.based_on
    assert stored(portal) == blobs


def test_the_same_photograph_is_one_attempt(portal: Portal, operator: Person, session: str) -> None:
    key = "k" * 32
    first = bring(operator, session, pictures.png(), key=key)
    repeated = bring(operator, session, pictures.png(), key=key)
    again = bring(operator, session, pictures.png())

    assert first.json() == repeated.json()
    assert again.json()["rule"] == "capture.attempt-once"
    assert len(portal.records("PhotographImported")) == 1


# Closing


def test_a_session_is_closed_only_when_everything_is_judged_and_accepted(
    portal: Portal, operator: Person, session: str
) -> None:
    path = f"/capture-sessions/{session}"
    version = operator.read(path)["version"]
    lacking = operator.post(f"{path}/close", seen=version)
    bring(operator, session, pictures.png())
    stale = operator.post(f"{path}/close", seen=version)
    shown = operator.get(path)
    pending = operator.post(f"{path}/close", seen=shown.json()["version"])

    assert lacking.json()["rule"] == "session.complete"
    assert (stale.status_code, stale.json()["stream_version"]) == (412, version + 1)
    assert shown.headers["etag"] == f'"{version + 1}"'
    assert pending.json()["rule"] == "session.judged"
    assert not portal.records("SessionClosed")


@pytest.mark.verifies("DRV-07")
def test_a_session_is_abandoned_with_a_reason_and_takes_nothing_more(
    portal: Portal, operator: Person, session: str
) -> None:
    path = f"/capture-sessions/{session}/abandon"
    assert operator.post(path, {"reason": ""}).json()["rule"] == "session.reason"
    operator.done(path, {"reason": "The client left"})

    shown = operator.read(f"/capture-sessions/{session}")
    assert (shown["state"], shown["ended_because"]) == ("abandoned", "The client left")
    assert bring(operator, session, pictures.png()).json()["rule"] == "session.open"


# Images


@pytest.fixture
def digest(operator: Person, session: str) -> str:
    """A photograph in the session."""
    return str(bring(operator, session, pictures.png(side=200)).json()["digest"])


@pytest.mark.verifies("DRV-30")
@pytest.mark.parametrize("path", ["/images/{}", "/images/{}/preview"])
def test_every_look_is_recorded_with_who_what_and_why(
    portal: Portal, clinic: Clinic, session: str, digest: str, path: str
) -> None:
    quality = portal.sign_in("quality")
    answered = quality.get(path.format(digest), session=session, purpose="quality")

    assert answered.status_code == 200
    record = portal.records("RecordViewed")[-1]
    assert str(record.actor) == f"practitioner:{clinic.people['quality']}"
    assert record.event.purpose == "quality"
    assert record.event.resource == f"image:{digest[7:19]}"


@pytest.mark.verifies("REQ-IN-457", "REQ-IN-458")
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_an_original_is_a_file_with_a_neutral_name_that_says_where_the_look_is_recorded(
    portal: Portal, operator: Person, session: str, ending: str
) -> None:
    picture = pictures.png(side=200) if ending == "png" else pictures.jpeg()
    digest = bring(operator, session, picture).json()["digest"]
    answered = operator.get(f"/images/{digest}", session=session)

    name = f"image-{digest[7:19]}.{ending}"
    assert answered.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answered.headers["x-vultus-audit"] == str(portal.records("RecordViewed")[-1].seq)
    shown = operator.get(f"/images/{digest}/preview", session=session)
    assert shown.headers["x-vultus-audit"] == str(portal.records("RecordViewed")[-1].seq)
    assert "content-disposition" not in shown.headers


@pytest.mark.parametrize("purpose", ["", "curiosity"])
def test_nobody_looks_for_no_reason(
    portal: Portal, operator: Person, session: str, digest: str, purpose: str
) -> None:
    answered = operator.get(f"/images/{digest}", session=session, purpose=purpose)

    assert answered.status_code == 422
    assert not portal.records("RecordViewed")


def test_an_image_is_shown_only_as_part_of_its_own_session(
    portal: Portal, clinic: Clinic, operator: Person, session: str, digest: str
) -> None:
    body = opening(clinic, device=None, protocol=clinic.single)
    other = operator.done("/capture-sessions", body)["session"]
    for path in (f"/images/{digest}", f"/images/{digest}/preview", f"/artefacts/{digest}"):
        assert operator.get(path, session=other).status_code == 404
    assert operator.get(f"/artefacts/{digest}", session=session).status_code == 404
    assert not portal.records("RecordViewed")


def test_a_preview_is_a_smaller_jpeg(operator: Person, session: str, digest: str) -> None:
    answered = operator.get(f"/images/{digest}/preview", session=session, width=64)

    assert answered.headers["content-type"] == "image/jpeg"
    assert answered.content.startswith(b"\xff\xd8\xff")
    assert len(answered.content) < len(pictures.png(side=200))


def test_a_picture_is_never_taken_for_a_page(operator: Person, session: str, digest: str) -> None:
    answered = operator.get(f"/images/{digest}", session=session)

    assert answered.headers["content-type"] == "image/png"
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert answered.headers["cache-control"] == "no-store, no-cache, must-revalidate"
    assert str(answered.request.url).startswith(ORIGIN)
