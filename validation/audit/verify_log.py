"""Verify a whole log, every byte of it: order, chain, tree, checkpoints, blobs, device signatures.

Rules kept here:

1. The check is the one of ``domain/ledger/log_check.py``; here it gets signatures, files and
   processes.
2. What is wrong is named by record and kind; one thing wrong does not hide another.
3. What was not given cannot be checked, and is said not to have been.

Source: ``domain/ledger/SPECIFICATION.md``, section 7.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from domain.errors import MalformedInput, SignatureInvalid, Unavailable
from domain.ledger import canonical
from domain.ledger.bundle import split_disclosure
from domain.ledger.checkpoint import (
    Checkpoint,
    SignedNote,
    VerifierKey,
    encode_verifier_key,
    parse_body,
    parse_note,
    parse_verifier_key,
)
from domain.ledger.content_check import ContentChecker, ContentSources
from domain.ledger.export import StoredRecord
from domain.ledger.log_check import LogJoin, LogReport, check_records
from domain.ledger.log_keys import LogKeys
from domain.ledger.problem import ProblemKind
from domain.ledger.range_check import RangeReport, check_range
from validation.audit.authority import NOTHING, Trust, check_witnesses, follow_keys
from validation.audit.exported_log import ExportedRecords, ExportFolder
from validation.audit.outcome import Outcome, Step
from validation.audit.signatures import check_ed25519, check_p256

RANGE: Final = 1 << 12
"""So many records are checked at a time by one process."""

_AHEAD: Final = 3
"""Ranges under way for each process, so that none waits for the slowest."""

Progress = Callable[[int, int], None]
"""Told how many records were checked, and how many there are."""

_PLACES: Final = {
    "Every record stands in its place, whole and unchanged": (
        ProblemKind.UNREADABLE,
        ProblemKind.ENTRY_CHANGED,
        ProblemKind.CONTENT_CHANGED,
        ProblemKind.MISSING,
        ProblemKind.REPEATED,
        ProblemKind.MISPLACED,
    ),
    "Every record follows the one before it in its stream": (ProblemKind.CHAIN_BROKEN,),
    "The tree over the records is that of every checkpoint": (
        ProblemKind.TRUNCATED,
        ProblemKind.CHECKPOINT_DIFFERS,
    ),
    "Every stored blob is the recorded one": (ProblemKind.BLOB_CHANGED, ProblemKind.BLOB_MISSING),
    "Every device signature is right": (
        ProblemKind.DISCLOSURE_WRONG,
        ProblemKind.SIGNATURE_WRONG,
        ProblemKind.DEVICE_UNKNOWN,
        ProblemKind.DEVICE_SEQUENCE,
    ),
}


def verify_records(
    records: Iterable[StoredRecord],
    *,
    checkpoints: Sequence[Checkpoint] = (),
    sources: ContentSources | None = None,
    device_keys: Mapping[str, bytes] | None = None,
    progress: Callable[[int], None] | None = None,
) -> LogReport:
    """Check the records of a log, exported or live, in one process.

    Args:
        records: Every record, from the first.
        checkpoints: What the log has to agree with; their signatures are checked elsewhere.
        sources: Where blobs and disclosures come from; None checks order, chain and tree only,
            several times faster. Device signatures are checked whenever sources are given.
        device_keys: Keys of devices known beforehand, by device.
        progress: Told the number of records read, every now and then and at the end.
    """
    content = None
    if sources is not None:
        signed = replace(sources, check_signature=sources.check_signature or check_p256)
        content = ContentChecker(signed, device_keys or {})
    return check_records(records, checkpoints=checkpoints, content=content, progress=progress)


def verify_log(
    path: Path,
    *,
    log_key: VerifierKey | None = None,
    outside: Sequence[bytes] = (),
    trust: Trust = NOTHING,
    processes: int = 1,
    progress: Progress | None = None,
) -> Outcome:
    """Verify an exported log.

    Args:
        path: The export's folder, or its file of records alone.
        log_key: Any of the log's keys as known from elsewhere; the export's own is used if none.
        outside: Signed checkpoints of the log that were kept elsewhere.
        trust: Witnesses that have to have signed, and statements kept elsewhere.
        processes: How many processes check at once.
        progress: Told now and then how far it is.

    Raises:
        MalformedInput: the export, its key or a checkpoint cannot be read at all.
    """
    folder = ExportFolder(path)
    enclosed = folder.log_key()
    key = log_key or trust.log_key or (parse_verifier_key(enclosed) if enclosed else None)
    outcome = Outcome(f"Exported log {path.name}")
    step = outcome.begin("Every checkpoint is signed by the log")
    statements = (*folder.successions(), *trust.successions)
    keys = None if key is None else follow_keys(key, statements, step)
    enclosed_notes = _open_checkpoints(folder.checkpoints(), keys, "enclosed", step)
    outside_notes = _open_checkpoints(outside, keys, "outside", step)
    opened = [*enclosed_notes, *outside_notes]
    held = _Held([each for each, _ in enclosed_notes], [each for each, _ in outside_notes])
    origin = "" if key is None else key.name
    witnessed = check_witnesses([note for _, note in opened], origin, trust.witnesses, step)
    pinned = (log_key or trust.log_key) is not None
    _note_key(key, step, pinned=pinned, elsewhere=bool(outside) or witnessed)
    report, torn = _check(folder, held, processes, progress)
    _sort(report, outcome)
    _note_report(report, held, folder, outcome)
    if torn:
        outcome.steps[1].fail(f"the file ends in the middle of record {report.size}")
    _conclude(report, outcome)
    return outcome


def _open_checkpoints(
    notes: Iterable[bytes], keys: LogKeys | None, where: str, step: Step
) -> list[tuple[Checkpoint, SignedNote]]:
    """Return what the checkpoints state; one that the log did not sign is a failure."""
    checkpoints: list[tuple[Checkpoint, SignedNote]] = []
    for data in notes:
        note = parse_note(data)
        checkpoint = parse_body(note.text)
        try:
            if keys is not None:
                if checkpoint.origin != keys.origin:
                    step.fail(f"the {where} checkpoint is of another log: {checkpoint.origin}")
                    continue
                keys.check(note, check_ed25519)
        except SignatureInvalid as error:
            step.fail(f"the {where} checkpoint of {checkpoint.size} records: {error}")
        else:
            checkpoints.append((checkpoint, note))
            step.note(f"{where} checkpoint of {checkpoint.size} records")
    return checkpoints


def _note_key(key: VerifierKey | None, step: Step, *, pinned: bool, elsewhere: bool) -> None:
    if key is None:
        step.fail("no log key was given or enclosed, so no signature could be checked")
    elif not pinned:
        step.note("WARNING: the log's key was taken from the export itself; compare it with the")
        step.note(f"key you know, and give it with --log-key: {encode_verifier_key(key)}")
    if not elsewhere:
        step.note(
            "no checkpoint from elsewhere was given: a log that was cut off or rewritten, and"
        )
        step.note("signed again by the holder of its key, could not be told from the first one")


def _sort(report: LogReport, outcome: Outcome) -> None:
    """Put every problem under the step it belongs to."""
    for title, kinds in _PLACES.items():
        step = outcome.begin(title)
        for problem in report.problems:
            if problem.kind in kinds:
                step.fail(problem.text)
    if report.problem_count > len(report.problems):
        outcome.steps[1].fail(f"{report.problem_count} problems in all, not all of them shown")


def _note_report(report: LogReport, held: "_Held", folder: ExportFolder, outcome: Outcome) -> None:
    _, places, chain, tree, blobs, signatures = outcome.steps
    places.note(f"{report.size} records")
    chain.note(f"{report.streams} streams")
    confirmed = ", ".join(map(str, report.confirmed)) or "none"
    tree.note(f"confirmed at {confirmed} records; {report.uncovered} records are beyond")
    if not held.sizes:
        tree.fail("there is no checkpoint to compare with")
    if folder.has_blobs():
        blobs.note(f"{report.blobs} references to stored blobs")
    else:
        blobs.note("not checked: the export encloses no blobs")
    signatures.note(f"{report.signatures} signatures")
    for erased in report.erased:
        blobs.note(f"the key {erased} was destroyed; its blobs may be gone")


def _conclude(report: LogReport, outcome: Outcome) -> None:
    passed = outcome.passed
    step = outcome.begin("Conclusion")
    if passed:
        step.note(f"The {report.size} records are those that were recorded, in their order.")
        step.note(f"Root of the tree: {report.root.hex()}")
    else:
        step.fail("the log is not what was recorded")


@dataclass(frozen=True, slots=True)
class _Held:
    """What the log is held against: its own checkpoints, and those kept elsewhere."""

    enclosed: Sequence[Checkpoint]
    outside: Sequence[Checkpoint]

    @property
    def sizes(self) -> list[int]:
        return [each.size for each in (*self.enclosed, *self.outside)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One range of an exported log, for one process."""

    path: Path
    at: int
    begin: int
    count: int
    sizes: frozenset[int]
    disclosures: Mapping[int, bytes]


def _check(
    folder: ExportFolder,
    held: _Held,
    processes: int,
    progress: Progress | None,
) -> tuple[LogReport, bool]:
    """Check the records range by range; return the report, and whether the file is torn."""
    with ExportedRecords(folder.records) as records:
        count, places = records.index(RANGE)
        torn = records.torn
    disclosures = folder.disclosures()
    tasks = [
        _Task(
            path=folder.path,
            at=at,
            begin=number * RANGE,
            count=min(RANGE, count - number * RANGE),
            sizes=frozenset(
                size for size in held.sizes if number * RANGE < size <= (number + 1) * RANGE
            ),
            disclosures=disclosures,
        )
        for number, at in enumerate(places)
    ]
    join, done = LogJoin(), 0
    for task, report in zip(tasks, _reports(tasks, processes), strict=True):
        join.take(report)
        done += task.count
        if progress:
            progress(done, count)
    join.compare(held.enclosed, held.outside)
    return join.report(), torn


def _reports(tasks: Sequence[_Task], processes: int) -> Iterator[RangeReport]:
    """Yield the report of every range in order; a few at a time, so that memory does not grow.

    Raises:
        Unavailable: a process was killed; nothing can be concluded from the others.
    """
    if processes == 1 or len(tasks) <= 1:
        yield from map(_check_task, tasks)
        return
    try:
        with ProcessPoolExecutor(processes) as pool:
            under_way: deque[Future[RangeReport]] = deque()
            for task in tasks:
                under_way.append(pool.submit(_check_task, task))
                if len(under_way) >= _AHEAD * processes:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
    except BrokenProcessPool as error:
        raise Unavailable("a process that verified was killed; nothing was concluded") from error


def _check_task(task: _Task) -> RangeReport:
    """Check one range in whatever process this is."""
    folder = ExportFolder(task.path)
    sources = ContentSources(
        blob_digest=lru_cache(maxsize=4096)(folder.blob_digest) if folder.has_blobs() else None,
        check_signature=check_p256,
        disclose=lambda entry, _: task.disclosures.get(entry.header.seq),
    )
    content = ContentChecker(sources, _keys_before(task))
    with ExportedRecords(folder.records) as records:
        return check_range(
            records.read(task.at, task.count), begin=task.begin, sizes=task.sizes, content=content
        )


def _keys_before(task: _Task) -> dict[str, bytes]:
    """Return the keys of devices enrolled before a range, whose check belongs to their range."""
    keys: dict[str, bytes] = {}
    for seq, disclosure in sorted(task.disclosures.items()):
        if seq >= task.begin:
            break
        try:
            fields = canonical.parse(split_disclosure(disclosure)[1])
            if isinstance(fields, dict):
                keys[str(fields.get("device"))] = bytes.fromhex(str(fields.get("public_key")))
        except (MalformedInput, ValueError):
            continue  # the range that holds this enrolment says what is wrong with it
    return keys
