"""What every event log promises, in memory, on SQLite and on PostgreSQL."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.eventlog.log import RecordLog
from adapters.eventlog.subscription import LOOK_AGAIN_S
from domain.errors import ContentErased, MalformedInput, NotFound, StaleVersion, UnknownEvent
from domain.events.codec import decode
from domain.events.names import EVENTS, Event
from domain.events.record import Shredded, StoredBlob
from domain.ledger import canonical
from domain.ledger.entry import commitment, decode_entry, statement_of
from domain.ledger.proof import check_consistency, check_inclusion
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import ClinicId
from tests import strategies
from tests.contracts.appender import SHARED
from tests.contracts.logs import (
    CLINIC,
    CLINIC_KEY,
    QUALITY,
    START,
    SUBJECT_KEY,
    Logs,
    a_draft,
    a_run,
    an_attestation,
    an_event,
    check_whole,
    for_subject,
    naive_root,
)
from tests.example_events import example, vector_path

Shared = tuple[Logs, RecordLog]


@pytest.mark.verifies("REQ-IN-001")
def test_every_kind_of_event_reads_back_as_it_was_written(shared_log: Shared) -> None:
    logs, log = shared_log
    stream = logs.new_stream()
    events = [example(name, version) for name, version in EVENTS]
    records = log.append([a_draft(stream, place, each) for place, each in enumerate(events)])
    assert [each.event for each in records] == events
    assert [(each.name, each.schema) for each in records] == list(EVENTS)
    assert log.stream(stream) == records


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(event=strategies.events(), data=st.data())
def test_whatever_surrounds_an_event_reads_back_as_it_was_written(
    shared_log: Shared, event: Event, data: st.DataObject
) -> None:
    logs, log = shared_log
    stream = logs.new_stream()
    draft = data.draw(strategies.drafts(stream=stream, version=0, clinic=CLINIC, event=event))
    if draft.idempotency_key is not None:  # a key that was drawn before is a repetition
        draft = replace(draft, idempotency_key=logs.randomness.uuid())
    (record,) = log.append([draft])
    assert record.event == event
    assert log.stream(stream) == (record,) == log.after(record.seq - 1, limit=1)
    for field in ("actor", "correlation", "causation", "idempotency_key", "received_at", "key"):
        assert getattr(record, field) == getattr(draft, field)
    assert record.blobs == tuple((each.name, each.stored_digest) for each in draft.blobs)


@pytest.mark.verifies("DRV-02")
def test_places_are_counted_from_the_beginning_without_gaps(logs: Logs) -> None:
    log = logs.open()
    first, second = logs.new_stream(), logs.new_stream()
    log.append(a_run(first, 3))
    log.append([*a_run(second, 2), *a_run(first, 1, version=3)])
    records = log.after(-1, limit=100)
    assert [each.seq for each in records] == list(range(6))
    assert [each.version for each in log.stream(first)] == [1, 2, 3, 4]
    assert [each.version for each in log.stream(second)] == [1, 2]
    assert log.stream(first, after_version=2) == log.stream(first)[2:]
    assert log.after(1, limit=2) == records[2:4]
    assert log.after(5, limit=9) == ()
    assert log.size() == check_whole(log) == 6


def test_a_new_log_is_empty(logs: Logs) -> None:
    log = logs.open()
    assert (log.size(), log.after(-1, limit=1), log.stream(logs.new_stream())) == (0, (), ())
    assert log.recorded(str(QUALITY), "none") == ()
    assert log.tree.root(0) == naive_root([])


@pytest.mark.verifies("DRV-02")
@pytest.mark.parametrize("expected", [0, 1, 3, 9])
def test_a_stream_takes_its_next_version_and_no_other(logs: Logs, expected: int) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append(a_run(stream, 2))
    with pytest.raises(StaleVersion) as refused:
        log.append([a_draft(stream, expected)])
    assert (refused.value.expected, refused.value.found) == (expected, 2)
    assert log.size() == 2
    assert log.append([a_draft(stream, 2)])[0].version == 3


def test_drafts_of_one_stream_must_follow_one_another(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    for versions in ((0, 0), (0, 2), (1, 0)):
        with pytest.raises(StaleVersion):
            log.append([a_draft(stream, version) for version in versions])
    assert log.size() == 0


def test_a_batch_over_several_streams_is_recorded_whole_or_not_at_all(logs: Logs) -> None:
    log = logs.open()
    first, second = logs.new_stream(), logs.new_stream()
    log.append([a_draft(second)])
    with pytest.raises(StaleVersion):
        log.append([*a_run(first, 3), a_draft(second)])
    assert log.stream(first) == ()
    assert log.size() == 1
    log.append([*a_run(first, 3), a_draft(second, 1)])
    assert log.size() == check_whole(log) == 5


def test_an_append_of_nothing_is_refused(logs: Logs) -> None:
    with pytest.raises(MalformedInput):
        logs.open().append([])


@pytest.mark.verifies("DRV-06")
def test_a_repeated_request_gets_what_was_recorded_then(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    request = [a_draft(stream, 0, request="one"), a_draft(stream, 1, request="one")]
    first = log.append(request)
    log.append([a_draft(stream, 2, request="two")])
    assert log.append(request) == first == log.recorded(str(QUALITY), "one")
    # Whatever the repetition says: the key names what was asked for then.
    assert log.append([a_draft(stream, 77, an_event("else"), request="one")]) == first
    assert log.size() == 3


@pytest.mark.verifies("DRV-06")
def test_a_key_belongs_to_its_actor(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    other = Actor.service("inference")
    (ours,) = log.append([a_draft(stream, 0, request="key")])
    (theirs,) = log.append([a_draft(stream, 1, request="key", actor=other)])
    assert log.recorded(str(QUALITY), "key") == (ours,)
    assert log.recorded(str(other), "key") == (theirs,)


@pytest.mark.verifies("DRV-06")
def test_many_threads_that_repeat_one_request_record_it_once(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    draft = a_draft(stream, 0, request="once")
    with ThreadPoolExecutor(8) as pool:
        answers = {pool.submit(log.append, [draft]) for _ in range(16)}
    assert {each.result()[0].seq for each in answers} == {0}
    assert log.size() == 1


@pytest.mark.verifies("DRV-02", "REQ-IN-002")
def test_many_threads_leave_no_gap(logs: Logs) -> None:
    log, shared = logs.open(), logs.new_stream()

    def write(_: int) -> None:
        own = logs.new_stream()
        for number in range(6):
            while True:
                version = len(log.stream(shared))
                try:
                    log.append([a_draft(own, number), a_draft(shared, version)])
                except StaleVersion:
                    continue
                break

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert check_whole(log) == 72
    assert len(log.stream(shared)) == 36


@pytest.mark.verifies("DRV-02", "REQ-IN-002")
def test_many_processes_leave_no_gap(kept_logs: Logs) -> None:
    log = kept_logs.open()
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.appender", kept_logs.dsn, f"w{number}", "25"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n", timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert check_whole(log) == 100
    assert len(log.stream(SHARED)) == 50


@pytest.mark.verifies("DRV-05")
def test_what_a_device_signed_is_stored_byte_for_byte(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    event = an_event()
    attestation = an_attestation(event)
    (record,) = log.append([replace(a_draft(stream, 0, event), attestation=attestation)])
    assert record.device == attestation.device
    assert record.device_sequence == attestation.sequence
    assert record.device_time == attestation.device_time
    assert log.disclose(record.seq) == (attestation.salt, attestation.payload)
    entry = decode_entry(log.stream_entries(stream)[0].entry)
    assert entry.device_signature == attestation.signature
    assert commitment(attestation.salt, attestation.payload) in statement_of(entry.header)


@pytest.mark.verifies("DRV-05", "DRV-08")
def test_what_a_device_signed_under_an_earlier_version_stays_what_it_signed(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    payload = vector_path("FieldCheckPerformed", 1).read_bytes().removesuffix(b"\n")
    event = decode("FieldCheckPerformed", 1, canonical.parse_canonical(payload))
    attestation = replace(an_attestation(event), schema=1, payload=payload)
    draft = replace(a_draft(stream, 0, event), attestation=attestation)
    for schema, refusal in ((2, MalformedInput), (99, UnknownEvent)):
        with pytest.raises(refusal):
            log.append([replace(draft, attestation=replace(attestation, schema=schema))])
    (record,) = log.append([draft])
    assert (record.schema, record.event) == (1, event)
    assert log.stream(stream) == (record,)
    assert log.disclose(record.seq) == (attestation.salt, payload)
    entry = decode_entry(log.stream_entries(stream)[0].entry)
    assert entry.header.schema == 1
    assert commitment(attestation.salt, payload) in statement_of(entry.header)


def test_a_payload_that_is_not_the_event_is_refused(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    attestation = an_attestation(an_event("this"))
    draft = replace(a_draft(stream, 0, an_event("that")), attestation=attestation)
    with pytest.raises(MalformedInput):
        log.append([draft])
    spaced = attestation.payload.replace(b":", b": ")
    with pytest.raises(MalformedInput):
        log.append([replace(draft, attestation=replace(attestation, payload=spaced))])
    assert log.size() == 0


def test_numbers_that_no_database_stores_are_refused(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    with pytest.raises(MalformedInput):
        log.append([replace(a_draft(stream), causation=1 << 63)])
    with pytest.raises(MalformedInput):
        log.append([replace(a_draft(stream), correlation="Zoë")])
    assert log.size() == 0


@pytest.mark.verifies("DRV-04")
def test_commit_times_never_run_backwards(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    for version, move in enumerate((0, 60, -3600, 10, 7200)):
        logs.clock.advance(timedelta(seconds=move))
        log.append([a_draft(stream, version)])
    times = [each.committed_at.us - START.us for each in log.stream(stream)]
    assert times == [0, 60_000_000, 60_000_000, 60_000_000, 3_670_000_000]


@pytest.mark.verifies("DRV-10", "DRV-09")
def test_after_erasure_content_is_gone_and_every_proof_still_holds(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append([a_draft(logs.new_stream()), *map(for_subject, a_run(stream, 3))])
    log.append([replace(for_subject(a_draft(stream, 3, request="r")), causation=2)])
    before, root = log.after(-1, limit=10), log.tree.root(5)
    logs.keys.destroy(SUBJECT_KEY)
    after = log.after(-1, limit=10)
    assert after[0] == before[0]
    for then, now in zip(before[1:], after[1:], strict=True):
        assert now == replace(then, event=Shredded(then.name))
    assert log.stream(stream) == after[1:]
    assert log.recorded(str(QUALITY), "r") == after[4:]
    assert log.tree.root(5) == root
    assert check_whole(log) == 5
    with pytest.raises(ContentErased):
        log.disclose(1)
    with pytest.raises(ContentErased):
        log.append([for_subject(a_draft(stream, 4))])
    # A repeated request still gets its answer.
    assert log.append([for_subject(a_draft(stream, 4, request="r"))]) == after[4:]
    assert log.append([a_draft(stream, 4)])[0].version == 5


@pytest.mark.verifies("DRV-10")
def test_the_stored_contents_under_a_key_can_be_listed_for_purging(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()

    def with_blob(number: int, key: str) -> None:
        blob = StoredBlob(
            content=Digest.of(b""), name=bytes([number]) * 32, stored_digest=bytes(32), size_bytes=1
        )
        log.append([replace(a_draft(stream, number, key=key), blobs=(blob,))])

    for number, key in enumerate((SUBJECT_KEY, CLINIC_KEY, SUBJECT_KEY)):
        with_blob(number, key)
    assert log.blobs_of_key(SUBJECT_KEY) == {bytes([0]) * 32, bytes([2]) * 32}
    assert [header.seq for header in log.headers_of_key(SUBJECT_KEY)] == [0, 2]
    assert log.blobs_of_key("subject:nobody") == frozenset()


def test_a_streams_first_record_is_read_alone(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    assert log.first(stream) is None
    first, _ = log.append(a_run(stream, 2))
    assert log.first(stream) == first


@pytest.mark.verifies("DRV-01", "REQ-IN-002")
def test_every_size_has_the_root_that_the_definition_gives(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    leaves: list[bytes] = []
    for count in (1, 2, 4, 1, 7, 3):
        records = log.append(a_run(stream, count, version=len(leaves)))
        leaves += [each.leaf for each in records]
    for size in range(len(leaves) + 1):
        assert log.tree.root(size) == naive_root(leaves[:size])
    for size in range(1, len(leaves) + 1):
        root = naive_root(leaves[:size])
        for seq in range(size):
            proof = log.tree.inclusion(seq, size)
            check_inclusion(index=seq, size=size, leaf=leaves[seq], proof=proof, root=root)
        for first in range(1, size + 1):
            check_consistency(
                first=first,
                second=size,
                first_root=naive_root(leaves[:first]),
                second_root=root,
                proof=log.tree.consistency(first, size),
            )


@pytest.mark.verifies("DRV-01")
def test_a_payload_is_canonical_and_disclosed_without_a_key(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append([a_draft(stream, 0, an_event("façade"))])
    salt, payload = log.disclose(0)
    assert canonical.encode(canonical.parse(payload)) == payload
    header = decode_entry(log.sealed_after(-1, limit=1)[0].entry).header
    assert header.commitment == commitment(salt, payload)
    assert "façade".encode() not in log.sealed_after(-1, limit=1)[0].ciphertext
    with pytest.raises(NotFound):
        log.disclose(1)


def test_waiting_ends_when_a_record_comes(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    assert not log.wait(-1, timeout_s=0.02)
    log.append([a_draft(stream)])
    assert log.wait(-1, timeout_s=0)
    begun = threading.Event()
    woken: list[tuple[bool, float]] = []

    def wait() -> None:
        begun.set()
        woken.append((log.wait(0, timeout_s=20), time.monotonic()))

    thread = threading.Thread(target=wait)
    thread.start()
    begun.wait()
    log.append([a_draft(stream, 1)])
    appended = time.monotonic()
    thread.join()
    assert woken[0][0]
    assert woken[0][1] - appended < 5


def test_waiting_ends_when_another_log_of_the_same_database_takes_a_record(kept_logs: Logs) -> None:
    log, other, stream = kept_logs.open(), kept_logs.open(), kept_logs.new_stream()
    assert not log.wait(-1, timeout_s=0.3)  # by now it listens
    delays = []
    for version in range(5):
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(log.wait, version - 1, timeout_s=20)
            other.append([a_draft(stream, version)])
            appended = time.monotonic()
            assert waiting.result()
            delays.append(time.monotonic() - appended)
    assert min(delays) < LOOK_AGAIN_S / 2  # it was told; by looking it would know later


def test_waiting_ends_when_the_log_is_closed(logs: Logs) -> None:
    log = logs.open()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(log.wait, -1, timeout_s=30)
        while not waiting.running():
            time.sleep(0.01)
        log.close()
        assert waiting.exception() is not None or waiting.result() is False


@pytest.mark.verifies("DRV-02", "REQ-IN-002")
def test_a_log_goes_on_where_it_was_closed(kept_logs: Logs) -> None:
    stream = kept_logs.new_stream()
    for round_ in range(4):
        with kept_logs.open() as log:
            log.append(a_run(stream, 3, version=3 * round_))
            assert check_whole(log) == 3 * (round_ + 1)


def test_two_logs_of_one_database_take_turns(kept_logs: Logs) -> None:
    first, second, stream = kept_logs.open(), kept_logs.open(), kept_logs.new_stream()
    for version in range(0, 10, 2):
        first.append([a_draft(stream, version)])
        second.append([a_draft(stream, version + 1)])
    assert check_whole(first) == check_whole(second) == 10


def test_a_log_belongs_to_one_clinic(kept_logs: Logs) -> None:
    other = ClinicId.derived("another")
    early = kept_logs.open(clinic=other)
    kept_logs.open().append([a_draft(kept_logs.new_stream())])
    kept_logs.keys.create(f"clinic:{other}")
    with pytest.raises(MalformedInput):
        kept_logs.open(clinic=other)
    with pytest.raises(MalformedInput):
        early.append([a_draft(kept_logs.new_stream())])
    assert kept_logs.open().size() == 1
