"""Whole logs: every way of tampering is named, and an honest log has nothing held against it."""

import itertools
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import range_check
from domain.ledger.checkpoint import Checkpoint
from domain.ledger.content_check import ContentChecker, ContentSources
from domain.ledger.entry import decode_entry, encode_entry
from domain.ledger.export import StoredRecord
from domain.ledger.log_check import LogJoin, LogReport, check_records, join_ranges
from domain.ledger.merkle import leaf_hash
from domain.ledger.problem import PROBLEMS_MAX, Problem, ProblemKind, Problems
from domain.ledger.range_check import PROGRESS_EVERY, check_range
from tests.domain.ledger.logs import (
    DEVICE,
    ORIGIN,
    SUBJECT,
    LogMaker,
    check_p256,
    checkpoint_of,
    clinic_log,
    device_key,
    public_bytes,
)

LOG = clinic_log()
SIZE = len(LOG.records)
FRAME_SEQ = 3


def check(
    records: Sequence[StoredRecord],
    *,
    log: LogMaker = LOG,
    sources: ContentSources | None = None,
    checkpoints: Sequence[Checkpoint] | None = None,
) -> LogReport:
    """Check records with contents, against the checkpoint of the untouched log."""
    content = ContentChecker(sources or log.sources(), {})
    return check_records(
        records,
        checkpoints=[log.checkpoint()] if checkpoints is None else checkpoints,
        content=content,
    )


def found(report: LogReport) -> list[tuple[ProblemKind, int]]:
    """Return kinds and places of what was found."""
    return [(problem.kind, problem.seq) for problem in report.problems]


def edited(seq: int, **changes: Any) -> list[StoredRecord]:  # noqa: ANN401 - its fields
    """Return the log with one stored record changed."""
    records = list(LOG.records)
    records[seq] = records[seq]._replace(**changes)
    return records


def flip(data: bytes, place: int = -1) -> bytes:
    """Return the bytes with one bit flipped."""
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


@pytest.mark.verifies("REQ-IN-002", "DRV-02", "DRV-03")
def test_an_honest_log_has_nothing_held_against_it() -> None:
    report = check(LOG.records, checkpoints=[LOG.checkpoint(7), LOG.checkpoint(SIZE - 1)])
    assert report.intact
    assert report.problems == ()
    assert (report.size, report.root) == (SIZE, LOG.checkpoint().root)
    assert report.confirmed == (7, SIZE - 1)
    assert report.uncovered == 1
    assert (report.signatures, report.blobs, report.erased) == (9, 13, ())
    assert report.streams == 9


def test_an_empty_log_is_intact_and_agrees_with_the_empty_checkpoint() -> None:
    report = check([], checkpoints=[checkpoint_of([])])
    assert (report.intact, report.size, report.confirmed) == (True, 0, (0,))


def test_without_checkpoints_every_record_is_uncovered() -> None:
    report = check_records(LOG.records)
    assert (report.intact, report.uncovered, report.signatures) == (True, SIZE, 0)


@pytest.mark.verifies("REQ-IN-002")
def test_an_edited_content_is_named() -> None:
    report = check(edited(4, ciphertext=flip(LOG.records[4].ciphertext)))
    assert found(report) == [(ProblemKind.CONTENT_CHANGED, 4)]
    assert "encrypted content of record 4" in report.problems[0].text


@pytest.mark.verifies("REQ-IN-002")
def test_an_edited_entry_is_named_by_its_own_place() -> None:
    entry = decode_entry(LOG.records[5].entry)
    forged = replace(entry, header=replace(entry.header, committed_at_us=1))
    report = check(edited(5, entry=encode_entry(forged)))
    assert found(report) == [(ProblemKind.ENTRY_CHANGED, 5)]


@pytest.mark.verifies("REQ-IN-002")
def test_an_edited_entry_with_a_matching_leaf_hash_breaks_chain_and_root() -> None:
    entry = decode_entry(LOG.records[2].entry)
    forged = encode_entry(replace(entry, header=replace(entry.header, committed_at_us=1)))
    report = check(edited(2, entry=forged, leaf=leaf_hash(forged)))
    assert found(report) == [(ProblemKind.CHECKPOINT_DIFFERS, 0), (ProblemKind.CHAIN_BROKEN, 3)]


@pytest.mark.verifies("REQ-IN-002")
@given(st.integers(0, SIZE - 1), st.data())
def test_any_flipped_bit_of_any_entry_or_content_is_found(seq: int, data: st.DataObject) -> None:
    record = LOG.records[seq]
    field = data.draw(st.sampled_from(["entry", "ciphertext", "leaf"]))
    original: bytes = getattr(record, field)
    place = data.draw(st.integers(0, len(original) * 8 - 1))
    changed = bytearray(original)
    changed[place // 8] ^= 1 << place % 8
    records = edited(seq, **{field: bytes(changed)})
    assert not check(records, sources=ContentSources()).intact


@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize("seq", range(SIZE - 1))
def test_a_dropped_record_is_named(seq: int) -> None:
    report = check(LOG.records[:seq] + LOG.records[seq + 1 :])
    assert (ProblemKind.MISSING, seq) in found(report)
    assert f"record {seq} is missing" in {problem.text for problem in report.problems}
    assert sum(kind is ProblemKind.MISSING for kind, _ in found(report)) == 1
    assert ProblemKind.MISPLACED not in {kind for kind, _ in found(report)}


@pytest.mark.verifies("REQ-IN-002")
def test_several_dropped_records_are_named() -> None:
    report = check([*LOG.records[:1], LOG.records[2], *LOG.records[6:]])
    texts = [problem.text for problem in report.problems]
    assert "record 1 is missing" in texts
    assert "records 3 to 5 are missing" in texts


@pytest.mark.verifies("REQ-IN-002")
@given(st.data())
def test_two_swapped_records_are_both_named(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, SIZE - 2))
    second = data.draw(st.integers(first + 1, SIZE - 1))
    records = list(LOG.records)
    records[first], records[second] = records[second], records[first]
    texts = {problem.text for problem in check(records, sources=ContentSources()).problems}
    assert f"record {second} stands where record {first} belongs" in texts
    assert f"record {first} stands where record {second} belongs" in texts


@pytest.mark.verifies("REQ-IN-002")
def test_a_doubled_record_is_named() -> None:
    report = check(LOG.records[:6] + LOG.records[5:])
    assert (ProblemKind.REPEATED, 5) in found(report)


@pytest.mark.verifies("REQ-IN-002")
@given(st.integers(0, SIZE - 1))
def test_a_truncated_tail_is_named_by_a_checkpoint_from_before(size: int) -> None:
    report = check(LOG.records[:size], sources=ContentSources())
    assert (ProblemKind.TRUNCATED, size) in found(report)
    assert f"the log ends after {size} records" in report.problems[-1].text


def test_a_truncated_tail_without_an_outside_checkpoint_cannot_be_seen() -> None:
    assert check(LOG.records[:9], checkpoints=[LOG.checkpoint(9)]).intact


@pytest.mark.verifies("DRV-03")
def test_a_rewritten_log_is_told_from_the_first_by_its_checkpoints() -> None:
    rewritten = clinic_log()
    rewritten.records = rewritten.records[:12]
    for _ in range(SIZE - 12):
        rewritten.add("another-stream")
    report = check(
        rewritten.records, log=rewritten, checkpoints=[LOG.checkpoint(10), LOG.checkpoint()]
    )
    assert found(report) == [(ProblemKind.CHECKPOINT_DIFFERS, 10)]
    assert report.confirmed == (10,)
    assert "from record 10 on" in report.problems[0].text


def test_an_unreadable_entry_is_named_and_the_rest_is_still_checked() -> None:
    records = edited(6, entry=b"garbage")
    records[12] = records[12]._replace(ciphertext=b"")
    kinds = found(check(records))
    assert (ProblemKind.UNREADABLE, 6) in kinds
    assert (ProblemKind.CONTENT_CHANGED, 12) in kinds


def test_an_unreadable_entry_at_the_size_of_a_checkpoint_is_covered_by_it() -> None:
    report = check(edited(6, entry=b"garbage"), checkpoints=[LOG.checkpoint(7)])
    assert found(report) == [(ProblemKind.UNREADABLE, 6)]
    assert report.confirmed == (7,)


def test_an_entry_that_only_skims_is_unreadable_when_its_contents_are_checked() -> None:
    entry = LOG.records[0].entry
    at = entry.index(b"DeviceEnrolled")
    spoiled = entry[:at] + b"\xff" + entry[at + 1 :]
    report = check(edited(0, entry=spoiled, leaf=None))
    assert (ProblemKind.UNREADABLE, 0) in found(report)


def test_a_record_before_an_unreadable_one_can_still_be_misplaced() -> None:
    records = edited(3, entry=b"garbage")
    del records[2]
    assert found(check(records))[:2] == [
        (ProblemKind.UNREADABLE, 2),
        (ProblemKind.MISSING, 3),
    ]
    records = list(LOG.records)
    records[2], records[3] = records[4], records[3]._replace(entry=b"garbage")
    assert (ProblemKind.MISSING, 2) in found(check(records))


@pytest.mark.verifies("REQ-IN-002")
def test_a_swapped_blob_is_named() -> None:
    blobs = dict(LOG.blobs)
    (name,) = (blob.name for blob in decode_entry(LOG.records[FRAME_SEQ].entry).header.blobs)
    blobs[name] = b"another frame"
    other = LogMaker()
    other.blobs = blobs
    report = check(LOG.records, sources=LOG.sources(blob_digest=other.sources().blob_digest))
    assert found(report) == [(ProblemKind.BLOB_CHANGED, FRAME_SEQ)]
    assert "AttemptSubmitted" in report.problems[0].text


@pytest.mark.verifies("REQ-IN-002")
def test_a_swapped_model_is_named() -> None:
    other = LogMaker()
    (name,) = (blob.name for blob in decode_entry(LOG.records[1].entry).header.blobs)
    other.blobs = LOG.blobs | {name: b"another model"}
    report = check(LOG.records, sources=LOG.sources(blob_digest=other.sources().blob_digest))
    assert found(report) == [(ProblemKind.BLOB_CHANGED, 1)]
    assert "record 1 (ModelRegistered)" in report.problems[0].text


def test_a_missing_blob_is_named_unless_its_key_was_destroyed() -> None:
    log = clinic_log()
    log.blobs.clear()
    report = check(log.records, log=log)
    assert {kind for kind, _ in found(report)} == {ProblemKind.BLOB_MISSING}
    assert report.problem_count == 13
    log.add(f"subject-{SUBJECT}", name="SubjectKeyDestroyed")
    report = check(log.records, log=log)
    assert [seq for _, seq in found(report)] == [1, 6, 11, 16]
    assert report.erased == (f"subject:{SUBJECT}",)


def test_a_key_is_destroyed_only_by_a_record_of_its_own_subject() -> None:
    log = clinic_log()
    log.add("clinic-1", name="SubjectKeyDestroyed")
    assert check(log.records, log=log).erased == ()


@pytest.mark.verifies("DRV-05")
def test_a_forged_device_signature_is_named() -> None:
    log = LogMaker()
    log.enrol(device_key(1))
    log.add("capture-session-1", signed_by=device_key(2), sequence=1)
    report = check(log.records, log=log)
    assert found(report) == [(ProblemKind.SIGNATURE_WRONG, 1)]
    assert DEVICE in report.problems[0].text


@pytest.mark.verifies("DRV-05")
def test_a_signature_moved_to_another_record_is_named() -> None:
    log = LogMaker()
    log.enrol(device_key(1))
    log.add("capture-session-1", signed_by=device_key(1), sequence=1, payload="a")
    entry = decode_entry(log.records[1].entry)
    moved = encode_entry(replace(entry, header=replace(entry.header, commitment=bytes(32))))
    log.records[1] = StoredRecord(moved, log.records[1].ciphertext, leaf_hash(moved))
    assert found(check(log.records, log=log)) == [(ProblemKind.SIGNATURE_WRONG, 1)]


def test_a_signature_of_a_device_that_never_enrolled_is_named() -> None:
    log = LogMaker()
    log.add("capture-session-1", signed_by=device_key(1), sequence=1)
    report = check(log.records, log=log)
    assert found(report) == [(ProblemKind.DEVICE_UNKNOWN, 0)]
    assert report.signatures == 0


def test_a_device_that_enrolled_again_signs_with_its_new_key() -> None:
    log = LogMaker()
    for number in (1, 2):
        log.enrol(device_key(number))
        log.add("capture-session-1", signed_by=device_key(number), sequence=number)
    assert check(log.records, log=log).intact
    log.add("capture-session-1", signed_by=device_key(1), sequence=3)
    assert found(check(log.records, log=log)) == [(ProblemKind.SIGNATURE_WRONG, 4)]


@pytest.mark.verifies("DRV-05")
@pytest.mark.parametrize("sequence", [5, 4, 0])
def test_a_device_sequence_that_does_not_rise_is_named(sequence: int) -> None:
    log = LogMaker()
    log.enrol(device_key(1))
    for number in (2, 5, sequence):
        log.add("capture-session-1", signed_by=device_key(1), sequence=number)
    assert found(check(log.records, log=log)) == [(ProblemKind.DEVICE_SEQUENCE, 3)]


def test_nothing_is_checked_that_was_not_passed_in() -> None:
    report = check(LOG.records, sources=ContentSources())
    assert (report.intact, report.signatures, report.blobs) == (True, 0, 0)


def test_devices_known_from_before_need_no_enrolment_in_the_run() -> None:
    log = LogMaker()
    log.add("capture-session-1", signed_by=device_key(1), sequence=1)
    content = ContentChecker(
        ContentSources(check_signature=check_p256), {DEVICE: public_bytes(device_key(1))}
    )
    assert check_records(log.records, content=content).intact


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("nothing", "another device than its stream"),
        ({"device": "someone else", "public_key": "00"}, "another device than its stream"),
        ({"device": DEVICE}, "no public key"),
        ({"device": DEVICE, "public_key": "xyz"}, "no public key"),
    ],
)
def test_an_enrolment_that_enrols_nobody_is_named(payload: object, reason: str) -> None:
    log = LogMaker()
    log.add(f"device-{DEVICE}", name="DeviceEnrolled", payload=payload)  # type: ignore[arg-type]
    report = check(log.records, log=log)
    assert found(report) == [(ProblemKind.DISCLOSURE_WRONG, 0)]
    assert reason in report.problems[0].text


def test_an_enrolment_disclosed_falsely_is_named() -> None:
    log = LogMaker()
    log.enrol(device_key(1))
    log.disclosures[0] = flip(log.disclosures[0])
    report = check(log.records, log=log)
    assert found(report) == [(ProblemKind.DISCLOSURE_WRONG, 0)]
    assert "not what the entry commits to" in report.problems[0].text


def test_an_enrolment_that_is_not_disclosed_enrols_nobody() -> None:
    log = LogMaker()
    log.enrol(device_key(1))
    log.disclosures.clear()
    assert check(log.records, log=log).intact


def ranges(records: Sequence[StoredRecord], size: int, sizes: set[int]) -> LogReport:
    """Check the records range by range, as several processes would, and join."""
    checkpoints = [LOG.checkpoint(each) for each in sorted(sizes)]
    keys = {DEVICE: public_bytes(device_key(1))}
    return join_ranges(
        [
            check_range(
                records[begin : begin + size],
                begin=begin,
                sizes=sizes,
                content=ContentChecker(LOG.sources(), keys),
            )
            for begin in range(0, len(records), size)
        ],
        checkpoints,
    )


@given(st.integers(0, 5), st.sets(st.integers(0, SIZE)))
def test_ranges_joined_say_the_same_as_one_run(power: int, sizes: set[int]) -> None:
    assert ranges(LOG.records, 1 << power, sizes) == check(
        LOG.records, checkpoints=[LOG.checkpoint(each) for each in sorted(sizes)]
    )


@given(st.integers(0, 4), st.integers(0, SIZE - 2))
def test_a_record_dropped_between_ranges_is_named(power: int, seq: int) -> None:
    report = ranges(LOG.records[:seq] + LOG.records[seq + 1 :], 1 << power, {SIZE})
    assert (ProblemKind.MISSING, seq) in found(report)


@pytest.mark.parametrize("power", range(4))
def test_a_chain_broken_between_ranges_is_named(power: int) -> None:
    entry = decode_entry(LOG.records[2].entry)
    forged = encode_entry(replace(entry, header=replace(entry.header, committed_at_us=1)))
    records = edited(2, entry=forged, leaf=leaf_hash(forged))
    assert (ProblemKind.CHAIN_BROKEN, 3) in found(ranges(records, 1 << power, {SIZE}))


@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_device_sequence_that_falls_between_ranges_is_named(size: int) -> None:
    log = LogMaker()
    for number in (5, 6, 7, 8, 1):
        log.add("capture-session-1", signed_by=device_key(1), sequence=number)
    report = join_ranges(
        [
            check_range(
                log.records[begin : begin + size],
                begin=begin,
                sizes=(),
                content=ContentChecker(ContentSources(), {}),
            )
            for begin in range(0, 5, size)
        ],
        [],
    )
    assert found(report) == [(ProblemKind.DEVICE_SEQUENCE, 4)]


def test_a_first_record_of_a_range_that_is_out_of_place_is_named() -> None:
    records = list(LOG.records)
    records[4], records[9] = records[9], records[4]
    texts = {problem.text for problem in ranges(records, 4, {SIZE}).problems}
    assert "record 4 stands where record 9 belongs" in texts


def test_progress_is_told_now_and_then_and_at_the_end() -> None:
    log = LogMaker()
    for _ in range(PROGRESS_EVERY + 1):
        log.add("clinic-1")
    told: list[int] = []
    check_records(log.records, progress=told.append)
    assert told == [PROGRESS_EVERY, PROGRESS_EVERY + 1]


def test_more_problems_than_anyone_reads_are_counted() -> None:
    one = Problem(kind=ProblemKind.MISSING, seq=0, text="")
    problems = Problems([one] * (PROBLEMS_MAX - 1), PROBLEMS_MAX - 1)
    problems.take(Problems([one] * 5, 7))
    problems.add(ProblemKind.MISSING, 0, "")
    assert (len(problems.kept), problems.count) == (PROBLEMS_MAX, PROBLEMS_MAX + 7)


def test_the_origin_of_the_test_log_is_a_clinic() -> None:
    assert LOG.checkpoint().origin == ORIGIN


@st.composite
def damaged(draw: st.DrawFn) -> list[StoredRecord]:
    """Return the log after some records were flipped, lost, doubled, swapped or overwritten."""
    records = list(LOG.records)
    for _ in range(draw(st.integers(0, 5))):
        first = draw(st.integers(0, len(records) - 1))
        second = draw(st.integers(0, len(records) - 1))
        match draw(st.sampled_from(["flip", "lose", "double", "swap", "garbage", "no leaf"])):
            case "flip":
                field = draw(st.sampled_from(["entry", "ciphertext", "leaf"]))
                value: bytes = getattr(records[first], field) or bytes(32)
                place = draw(st.integers(0, len(value) - 1))
                records[first] = records[first]._replace(**{field: flip(value, place)})
            case "lose":
                del records[first]
            case "double":
                records.insert(second, records[first])
            case "swap":
                records[first], records[second] = records[second], records[first]
            case "garbage":
                records[first] = records[first]._replace(entry=b"garbage")
            case "no leaf":
                records[first] = records[first]._replace(leaf=None)
    return records


@pytest.mark.verifies("REQ-IN-002")
@given(damaged(), st.integers(0, 4), st.sets(st.integers(0, SIZE + 2)))
def test_ranges_of_any_size_find_of_any_damage_what_one_run_finds(
    records: list[StoredRecord], power: int, sizes: set[int]
) -> None:
    checkpoints = [LOG.checkpoint(min(size, SIZE)) for size in sorted(sizes)]
    step = 1 << power
    asked = {checkpoint.size for checkpoint in checkpoints}
    parts = [
        check_range(records[begin : begin + step], begin=begin, sizes=asked)
        for begin in range(0, len(records), step)
    ]
    assert join_ranges(parts, checkpoints) == check_records(records, checkpoints=checkpoints)


@given(damaged(), st.integers(0, 3))
def test_pages_of_any_size_find_of_any_damage_the_same(
    records: list[StoredRecord], power: int
) -> None:
    whole = check_records(records, checkpoints=[LOG.checkpoint(7), LOG.checkpoint()])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(range_check, "PAGE", 1 << power)
        paged = check_records(records, checkpoints=[LOG.checkpoint(7), LOG.checkpoint()])
    assert paged == whole


@pytest.mark.verifies("REQ-IN-002")
def test_only_checkpoints_kept_outside_say_where_a_rewritten_log_differs() -> None:
    rewritten = clinic_log()
    rewritten.records = rewritten.records[:12]
    for _ in range(SIZE - 12):
        rewritten.add("another-stream")
    signed_again = [rewritten.checkpoint(size) for size in (10, 14, SIZE)]
    sizes = {5, 10, 14, 16, SIZE}
    part = check_range(rewritten.records, begin=0, sizes=sizes)
    (problem,) = join_ranges([part], signed_again, [LOG.checkpoint(5), LOG.checkpoint(16)]).problems
    assert (problem.kind, problem.seq) == (ProblemKind.CHECKPOINT_DIFFERS, 5)
    assert "whoever rewrote it holds the log's key" in problem.text
    (problem,) = join_ranges([part], [], [LOG.checkpoint(16)]).problems
    assert "holds the log's key" not in problem.text


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    def peak(count: int) -> int:
        records = LogMaker()
        entries = itertools.cycle(range(8))
        tracemalloc.start()
        log = LogJoin()
        for begin in range(0, count, 256):
            log.take(check_range(fresh(records, entries), begin=begin, sizes=()))
        assert log.report().intact
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    def fresh(log: LogMaker, streams: Iterator[int]) -> Iterator[StoredRecord]:
        for _ in range(256):
            seq = log.add(f"stream-{next(streams)}")
            yield log.records[seq]
            log.records[seq] = LOG.records[0]
            log.disclosures.clear()

    peak(256)
    assert peak(4096) - peak(1024) < 100_000
