"""What a station states: taken in once, in order, strictly, and refused on record."""

import base64
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.keys.signing import verify_p256
from domain.errors import Unavailable
from domain.events.capture_session import AttemptSubmitted
from domain.events.codec import decode
from domain.events.consent import ConsentWithdrawn
from domain.events.equipment import (
    DeviceBatchRejected,
    DeviceClockDriftDetected,
    DeviceSequenceGapDetected,
)
from domain.events.refused_capture import CaptureFailed, CaptureGivenUp
from domain.ledger import canonical
from domain.ledger.entry import commitment, decode_entry, device_statement
from domain.values.actor import Actor
from domain.values.capture import CAPTURE_GATES, Gate
from domain.values.consent import Purpose
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import DeviceId, SessionId, SubjectId
from domain.values.time import DeviceTime
from tests.api.portal import (
    Clinic,
    Person,
    Portal,
    answer_consent,
    enrol_station,
    opening,
)
from tests.api.station import Station, Wire
from tests.builders import FRONTAL, gates
from tests.event_builders import a_views_event

LEFT, RIGHT = b"left frame", b"right frame"
DAY = timedelta(days=1)


def refused(portal: Portal) -> list[tuple[tuple[int, ...], str]]:
    return [(each.device_sequences, each.rule) for each in portal.events("DeviceBatchRejected")]


@pytest.mark.verifies("REQ-IN-200", "DRV-04", "DRV-05")
def test_an_attempt_is_recorded_with_the_stations_own_bytes_and_three_times(
    portal: Portal, station: Station, session: str, manifest: str
) -> None:
    made_at = portal.clock.now()
    statement = station.capture(session, manifest, (LEFT, RIGHT))
    portal.clock.advance(timedelta(minutes=3))
    outcome = station.deliver(statement)

    (record,) = portal.records("AttemptSubmitted")
    assert outcome["refused"] == []
    assert [each["seq"] for each in outcome["accepted"]] == [record.seq]
    assert outcome["latest_sequence"] == record.device_sequence == station.sequence
    assert record.actor == Actor.device(station.device)
    assert record.device_time == DeviceTime(made_at.us)
    assert record.received_at == portal.clock.now()
    assert record.committed_at >= portal.clock.now()
    (stored,) = portal.system.log.sealed_after(record.seq - 1, limit=1)
    entry = decode_entry(stored.entry)
    assert entry.device_signature == base64.b64decode(statement["signature"])
    assert len(record.blobs) == 2


@pytest.mark.verifies("DRV-06")
def test_a_statement_delivered_again_is_answered_the_same_and_recorded_once(
    portal: Portal, station: Station, session: str, manifest: str
) -> None:
    statements = [station.capture(session, manifest, (LEFT, RIGHT)), station.block(session)]
    first = station.deliver(*statements)
    size = portal.system.log.size()
    again = [station.deliver(*statements), station.deliver(statements[0])]

    assert again[0] == first
    assert again[1]["accepted"] == first["accepted"][:1]
    assert portal.system.log.size() == size


@pytest.mark.verifies("DRV-05", "DRV-06")
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deliveries=st.lists(st.permutations(range(4)), min_size=1, max_size=3))
def test_whatever_the_line_does_each_statement_of_a_batch_is_recorded_once_in_order(
    portal: Portal, station: Station, deliveries: list[list[int]]
) -> None:
    statements = [station.state(station.check(station.sequence)) for _ in range(4)]
    numbers = [each["device_sequence"] for each in statements]
    for order in deliveries:
        assert station.deliver(*(statements[each] for each in order))["refused"] == []

    recorded = [each.device_sequence for each in portal.records("FieldCheckPerformed")]
    assert recorded[-4:] == numbers
    assert len(set(recorded)) == len(recorded)


@pytest.mark.verifies("DRV-05")
def test_a_number_that_was_skipped_is_recorded_as_a_gap_and_is_lost_for_good(
    portal: Portal, station: Station
) -> None:
    late = station.state(station.check(1))
    on_time = station.state(station.check(2))
    assert station.deliver(on_time)["refused"] == []
    number = late["device_sequence"]
    (outcome,) = station.deliver(late)["refused"]

    assert portal.events("DeviceSequenceGapDetected") == [
        DeviceSequenceGapDetected(expected=number, received=number + 1)
    ]
    assert outcome["rule"] == "device.sequence"
    assert refused(portal) == [((number,), "device.sequence")]


def change(field: str, value: object) -> Callable[[Wire], Wire]:
    return lambda statement: statement | {field: value}


def flipped(statement: Wire) -> Wire:
    raw = bytearray(base64.b64decode(statement["signature"]))
    raw[-1] ^= 1
    return statement | {"signature": base64.b64encode(raw).decode()}


BROKEN: dict[str, tuple[Callable[[Wire], Wire], str]] = {
    "another signature": (flipped, "device.signature"),
    "no signature": (change("signature", ""), "device.signature"),
    "another time": (change("device_time_us", 5), "device.signature"),
    "another name": (change("name", "DeviceConfigurationChanged"), "device.signature"),
    "another version": (change("schema", 1), "device.signature"),
    "another stream": (change("stream", f"device-{DeviceId.derived('x')}"), "device.signature"),
    "another salt": (change("salt", base64.b64encode(bytes(32)).decode()), "device.signature"),
    "a short salt": (change("salt", "AAAA"), "device.malformed"),
    "another payload": (change("payload", base64.b64encode(b"{}").decode()), "device.signature"),
    "not base64": (change("payload", "{}"), "device.malformed"),
    "a time of no year": (change("device_time_us", 10**30), "device.malformed"),
    "a negative time": (change("device_time_us", -1), "device.malformed"),
    "a name of no kind": (change("name", 7), "device.malformed"),
    "a very long stream": (change("stream", "x" * 101), "device.malformed"),
    "a missing field": (
        lambda statement: {k: v for k, v in statement.items() if k != "salt"},
        "device.malformed",
    ),
}


@pytest.mark.verifies("DRV-05", "DRV-07")
@pytest.mark.parametrize("how", BROKEN)
def test_a_statement_that_was_changed_is_refused_recorded_and_holds_up_no_other(
    portal: Portal, station: Station, how: str
) -> None:
    alter, rule = BROKEN[how]
    broken, sound = alter(station.state(station.check(1))), station.state(station.check(2))
    number = broken["device_sequence"]
    outcome = station.deliver(broken, sound)
    size = portal.system.log.size()
    again = station.deliver(broken, sound)

    assert [(each["device_sequence"], each["rule"]) for each in outcome["refused"]] == [
        (number, rule)
    ]
    assert [each["device_sequence"] for each in outcome["accepted"]] == [number + 1]
    assert refused(portal) == [((number,), rule)]
    assert not portal.events("DeviceSequenceGapDetected")
    assert [each["rule"] for each in again["refused"]] == [rule]
    assert again["accepted"] == outcome["accepted"]
    assert portal.system.log.size() == size


@pytest.mark.verifies("DRV-07")
@pytest.mark.parametrize(
    ("made", "rule"),
    [
        ({"name": "NobodyKnowsThis"}, "device.unknown-event"),
        ({"schema": 99}, "device.unknown-event"),
        ({"payload": b'{"b": 1, "a": 2}'}, "device.malformed"),
        ({"payload": b'{"a":1,"a":2}'}, "device.malformed"),
        ({"payload": b"{}"}, "device.malformed"),
        ({"payload": b"[]"}, "device.malformed"),
        ({"payload": b"null"}, "device.malformed"),
        ({"payload": b""}, "device.malformed"),
        ({"payload": b"\xff\xfe"}, "device.malformed"),
        ({"payload": b"[" * 50_000}, "device.malformed"),
        ({"stream": "clinic-x"}, "device.stream"),
        ({"stream": f"device-{DeviceId.derived('another')}"}, "device.stream"),
    ],
)
def test_what_a_station_signed_is_read_strictly(
    portal: Portal, station: Station, made: dict[str, object], rule: str
) -> None:
    statement = station.state(station.check(0), **made)  # type: ignore[arg-type]
    (outcome,) = station.deliver(statement)["refused"]

    assert outcome["rule"] == rule
    assert len(outcome["evidence"]) <= 500
    assert refused(portal) == [((statement["device_sequence"],), rule)]


def test_a_station_states_only_what_it_did_itself(
    portal: Portal, station: Station, clinic: Clinic
) -> None:
    withdrawn = ConsentWithdrawn(
        subject=SubjectId(clinic.subject), purpose=Purpose.CLINICAL_CAPTURE, reason="none"
    )
    (outcome,) = station.deliver(station.state(withdrawn))["refused"]

    assert outcome["rule"] == "device.event"


def test_statements_of_another_station_are_refused(portal: Portal, station: Station) -> None:
    other = Station(portal.http, portal.clock, serial="ST-0002")
    enrol_station(other, portal.sign_in("quality"))
    theirs = station.state(station.check(0), sequence=1)
    (outcome,) = other.deliver(theirs)["refused"]

    assert outcome["rule"] == "device.signature"
    (record,) = portal.records("DeviceBatchRejected")
    assert record.stream == other.device.stream


def test_a_number_stands_for_one_statement(portal: Portal, station: Station) -> None:
    first = station.state(station.check(1))
    second = station.state(station.check(2), sequence=first["device_sequence"])
    assert station.deliver(first)["refused"] == []
    outcome = [station.deliver(second) for _ in range(2)]

    assert [each["refused"][0]["rule"] for each in outcome] == ["device.number-once"] * 2
    assert refused(portal) == [((first["device_sequence"],), "device.number-once")]
    assert station.deliver(first)["accepted"]


@pytest.mark.verifies("DRV-07")
def test_an_attempt_whose_frames_never_came_is_refused_whatever_stands_beside_it(
    portal: Portal, station: Station, session: str, manifest: str
) -> None:
    station.put(LEFT, session)
    event = station.attempt(session, manifest, (LEFT, RIGHT))
    statement = station.state(event, stream=str(SessionId(session).stream))
    # What is said beside the statement is not signed: it proves nothing.
    statement["blobs"] = [f"sha256:{sha256(LEFT).hexdigest()}"]
    (outcome,) = station.deliver(statement)["refused"]

    assert outcome["rule"] == "device.missing"
    assert not portal.records("AttemptSubmitted")
    later = station.capture(session, manifest, (b"third", b"fourth"))
    assert station.deliver(later)["accepted"]


def test_an_attempt_in_a_session_nobody_opened_is_refused(
    portal: Portal, station: Station, session: str, manifest: str
) -> None:
    event = station.attempt(session, manifest, (LEFT, RIGHT))
    stream = str(SessionId.derived("none").stream)
    (outcome,) = station.deliver(station.state(event, stream=stream))["refused"]

    assert outcome["rule"] == "device.missing"


@pytest.mark.verifies("DRV-07", "REQ-IN-077")
def test_a_gate_that_closed_meanwhile_blocks_the_capture_and_uses_up_its_number_in_one_step(
    portal: Portal,
    *,
    station: Station,
    session: str,
    manifest: str,
    operator: Person,
    clinic: Clinic,
) -> None:
    statement = station.capture(session, manifest, (LEFT, RIGHT))
    answer_consent(operator, clinic.subject, "withdraw")
    (outcome,) = station.deliver(statement)["refused"]

    assert outcome["rule"] == "capture.gates"
    assert "consent" in outcome["evidence"]
    (kept,) = portal.records("AttemptRefused")
    (rejected,) = portal.records("DeviceBatchRejected")
    assert rejected.seq == kept.seq + 1
    assert rejected.event.device_sequences == (statement["device_sequence"],)
    assert (kept.event.rule, kept.key) == ("capture.gates", f"subject:{clinic.subject}")
    assert kept.event.frames == (Digest.of(LEFT), Digest.of(RIGHT))
    assert [each.gate for each in kept.event.gates if not each.passed] == [Gate.CONSENT]
    assert kept.event.based_on
    assert kept.blobs == ()
    assert not portal.records("AttemptSubmitted")
    (shown,) = operator.read(f"/capture-sessions/{session}")["refused"]
    assert (shown["kind"], shown["digests"]) == ("attempt", list(kept.event.frames))
    assert shown["attempt"] == kept.event.attempt
    size = portal.system.log.size()
    assert station.deliver(statement)["refused"][0]["rule"] == "capture.gates"
    assert portal.system.log.size() == size


@pytest.mark.verifies("DRV-05", "DRV-07")
def test_the_stations_signature_over_a_refused_attempt_can_still_be_checked(
    portal: Portal, station: Station, session: str, manifest: str, *, clinic: Clinic
) -> None:
    statement = station.capture(session, manifest, (LEFT, RIGHT))
    answer_consent(portal.sign_in("operator"), clinic.subject, "withdraw")
    station.deliver(statement)
    (kept,) = portal.events("AttemptRefused")
    said = kept.statement
    payload = said.payload.encode()
    signed = device_statement(
        stream=str(SessionId(session).stream),
        name="AttemptSubmitted",
        schema=said.schema,
        device=str(station.device),
        device_sequence=said.sequence,
        device_time_us=said.made_at.us,
        commitment=commitment(bytes.fromhex(said.salt), payload),
    )
    verify_p256(station.public_key, bytes.fromhex(said.signature), signed)
    attempt = decode("AttemptSubmitted", said.schema, canonical.parse_canonical(payload))
    assert isinstance(attempt, AttemptSubmitted)
    assert attempt.conditions.distance_mm == 450.0


@pytest.mark.verifies("DRV-20")
def test_the_corners_behind_a_calibration_come_before_the_statement_that_names_them(
    portal: Portal, station: Station
) -> None:
    assert station.calibration is not None
    corners = b'{"views": []}'
    reference = ContentReference(
        digest=Digest.of(corners), size_bytes=len(corners), media_type="application/json"
    )
    views = replace(a_views_event(), calibration=station.calibration, corners=reference)
    (outcome,) = station.deliver(station.state(views))["refused"]
    assert outcome["rule"] == "device.missing"
    assert station.put(corners).status_code == 201
    assert not station.deliver(station.state(views))["refused"]
    record = portal.system.log.stream(station.device.stream)[-1]
    assert record.event == views
    assert len(record.blobs) == 1


@pytest.mark.verifies("DRV-07")
@pytest.mark.parametrize("what", ["the session ended", "a frame is missing", "handed in before"])
def test_an_attempt_that_another_rule_refuses_is_kept_the_same_way(
    portal: Portal, station: Station, session: str, manifest: str, *, what: str
) -> None:
    operator = portal.sign_in("operator")
    if what == "a frame is missing":
        event = station.attempt(session, manifest, (LEFT, b"never delivered"))
        statement = station.state(event, stream=str(SessionId(session).stream))
        rule = "device.missing"
    else:
        statement = station.capture(session, manifest, (LEFT, RIGHT))
        rule = "session.open" if what == "the session ended" else "capture.attempt-once"
    if rule == "session.open":
        operator.done(f"/capture-sessions/{session}/abandon", {"reason": "The client left"})
    if rule == "capture.attempt-once":
        assert station.deliver(statement)["accepted"]
        statement = station.capture(session, manifest, (LEFT, RIGHT))
    (outcome,) = station.deliver(statement)["refused"]

    assert outcome["rule"] == rule
    (kept,) = portal.events("AttemptRefused")
    assert (kept.rule, kept.gates) == (rule, ())
    assert kept.frames[0] == Digest.of(LEFT)
    assert kept.statement.sequence == statement["device_sequence"]


@pytest.mark.verifies("DRV-07")
def test_what_failed_at_the_station_and_what_it_gave_up_are_recorded_and_shown(
    portal: Portal, station: Station, session: str, operator: Person
) -> None:
    stream = str(SessionId(session).stream)
    failure = CaptureFailed(
        view=FRONTAL,
        gates=gates(CAPTURE_GATES),
        rule="capture.hardware",
        evidence="the right camera gives no picture",
        next_step="Try again.",
    )
    given_up = CaptureGivenUp(view=FRONTAL, tries=6, evidence="Hold still.")
    statements = [station.state(each, stream=stream) for each in (failure, given_up)]
    assert station.deliver(*statements)["refused"] == []
    shown = operator.read(f"/capture-sessions/{session}")["refused"]

    assert [(each["kind"], each["rule"]) for each in shown] == [
        ("failed", "capture.hardware"),
        ("given-up", "capture.given-up"),
    ]
    assert "6 attempts" in shown[1]["evidence"]
    impossible = replace(given_up, tries=0)
    (outcome,) = station.deliver(station.state(impossible, stream=stream))["refused"]
    assert outcome["rule"] == "capture.given-up"


@pytest.mark.verifies("DRV-07")
def test_what_the_station_refused_itself_is_recorded_and_shown(
    portal: Portal, station: Station, session: str, operator: Person
) -> None:
    assert station.deliver(station.block(session, Gate.DISTANCE))["refused"] == []
    (blocked,) = operator.read(f"/capture-sessions/{session}")["blocked"]

    assert blocked["stage"] == "station"
    assert [each["label"] for each in blocked["gates"] if not each["passed"]] == [
        "Working distance"
    ]


def test_an_attempt_with_a_station_gate_closed_is_blocked_on_receipt(
    portal: Portal, station: Station, session: str, manifest: str
) -> None:
    for content in (LEFT, RIGHT):
        station.put(content, session)
    event: AttemptSubmitted = replace(
        station.attempt(session, manifest, (LEFT, RIGHT)), gates=gates(failing=Gate.ALIGNMENT)
    )
    statement = station.state(event, stream=str(SessionId(session).stream))
    (outcome,) = station.deliver(statement)["refused"]

    assert outcome["evidence"] == "gates that did not pass: alignment"


@pytest.mark.verifies("DRV-04")
def test_a_clock_a_day_off_is_recorded_once_and_its_statements_stand(
    portal: Portal, station: Station
) -> None:
    station.behind = DAY
    for number in range(3):
        clock_us = station.now().us
        statement = station.state(station.check(number))
        answered = station.post(statement, clock_us=clock_us).json()
        assert answered["refused"] == []

    (drift,) = portal.events("DeviceClockDriftDetected")
    assert isinstance(drift, DeviceClockDriftDetected)
    assert drift.offset_ms == pytest.approx(-DAY / timedelta(milliseconds=1))
    times = [each.device_time for each in portal.records("FieldCheckPerformed")]
    assert times == [station.now()] * 3


@pytest.mark.verifies("DRV-04", "REQ-IN-086")
@pytest.mark.parametrize("behind", [-DAY, timedelta(), DAY], ids=["ahead", "right", "behind"])
@pytest.mark.parametrize(
    ("age", "rule"),
    [(timedelta(minutes=5), None), (timedelta(hours=13), "capture.gates")],
    ids=["fresh light", "old light"],
)
def test_an_attempt_from_a_station_a_day_off_is_judged_by_the_true_age_of_its_light(
    portal: Portal,
    clinic: Clinic,
    station: Station,
    *,
    behind: timedelta,
    age: timedelta,
    rule: str | None,
) -> None:
    station.behind = behind
    station.calibrate_light()
    portal.clock.advance(age)
    operator = portal.sign_in("operator")
    opened = operator.done("/capture-sessions", opening(clinic, device=str(station.device)))
    session = str(opened["session"])
    (order,) = station.send("GET", "/orders").json()["orders"]
    offset_ms = -behind / timedelta(milliseconds=1)
    statement = station.capture(
        session, order["model_manifest"], (LEFT, RIGHT), clock_offset_ms=offset_ms
    )
    refusals = station.deliver(statement)["refused"]

    assert [each["rule"] for each in refusals] == ([] if rule is None else [rule])
    if refusals:
        assert refusals[0]["evidence"] == "gates that did not pass: illumination"


def test_two_stations_keep_numbers_of_their_own(portal: Portal, station: Station) -> None:
    other = Station(portal.http, portal.clock, serial="ST-0002")
    enrol_station(other, portal.sign_in("quality"))
    other.start()
    station.deliver(station.state(station.check(0)))

    assert other.deliver()["latest_sequence"] == 1
    assert station.deliver()["latest_sequence"] == 4


@pytest.mark.verifies("DRV-06")
def test_the_same_statements_delivered_together_are_recorded_once(
    portal: Portal, station: Station
) -> None:
    statements = [station.state(station.check(number)) for number in range(5)]
    together = threading.Barrier(4)

    def deliver() -> Wire:
        together.wait()
        return station.deliver(*statements)

    with ThreadPoolExecutor(4) as pool:
        found = [each.result() for each in [pool.submit(deliver) for _ in range(4)]]

    assert all(each["accepted"] == found[0]["accepted"] for each in found)
    assert len(portal.records("FieldCheckPerformed")) == 5
    assert not portal.records("DeviceBatchRejected")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"device_clock_us": -1, "statements": []}',
        b'{"device_clock_us": 1e40, "statements": []}',
        b'{"device_clock_us": 1, "statements": [{}]}',
        b'{"device_clock_us": 1, "statements": [{"device_sequence": 0}]}',
        b'{"device_clock_us": 1, "statements": ["x"]}',
        json.dumps({"device_clock_us": 1, "statements": [{"device_sequence": 9}] * 65}).encode(),
    ],
)
def test_a_batch_without_numbers_is_refused_whole_and_records_nothing(
    portal: Portal, station: Station, body: bytes
) -> None:
    before = portal.system.log.size()
    answered = station.send("POST", "/statements", body or None)

    assert answered.status_code == 422
    assert portal.system.log.size() == before


def test_when_nothing_can_be_recorded_the_station_is_told_to_come_again(
    portal: Portal, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = station.state(station.check(0))

    def full(_drafts: object) -> None:
        message = "the disk is full"
        raise Unavailable(message)

    with monkeypatch.context() as patched:
        patched.setattr(portal.system.log, "append", full)
        assert station.post(statement).status_code == 503
    assert station.deliver(statement)["refused"] == []


def test_an_unchanged_configuration_stated_again_has_a_place_of_its_own(
    portal: Portal, station: Station
) -> None:
    assert station.deliver(station.configuration())["refused"] == []
    assert len(portal.records("DeviceConfigurationChanged")) == 2


def test_payload_bytes_are_stored_as_they_were_signed(portal: Portal, station: Station) -> None:
    # 1.0 and 1 are the same number; only one of the two texts is canonical.
    plain = canonical.parse_canonical(base64.b64decode(station.state(station.check(0))["payload"]))
    assert isinstance(plain, dict)
    plain["epipolar_error_px"] = 1
    statement = station.state(station.check(0), payload=canonical.encode(plain))
    station.sequence += 1

    assert [each["rule"] for each in station.deliver(statement)["refused"]] == []
    assert portal.events("FieldCheckPerformed")[-1].epipolar_error_px == 1.0


def test_a_rejection_counts_as_the_stations_last_number(portal: Portal, station: Station) -> None:
    broken = flipped(station.state(station.check(0)))
    station.deliver(broken)

    assert [each.device_sequences for each in portal.events("DeviceBatchRejected")] == [(4,)]
    assert isinstance(portal.events("DeviceBatchRejected")[0], DeviceBatchRejected)
    assert station.deliver(station.state(station.check(0)))["refused"] == []
    assert not portal.events("DeviceSequenceGapDetected")
