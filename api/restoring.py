"""Restoring a record from a backup, and the proof that it is the one that was signed for.

Rules kept here:

1. Everything is restored into new places, and appears when it is complete. Nothing is written over.
2. The backup is examined before anything is made, and the restored log verified afterwards by the
   same mathematics that auditors use.
3. Whatever is known to be lost makes the result a copy, not the record, unless somebody accepted
   the loss. What was destroyed stays destroyed either way.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from adapters.backup import reading
from adapters.backup.document import UNFINISHED
from adapters.backup.keys import remove_with_keys
from adapters.backup.mark import Mark, Use, write_mark
from adapters.backup.reading import Survey, Until
from adapters.backup.restoration import Restoration
from adapters.blobs.bucket import open_blobs
from adapters.blobs.location import Location
from adapters.database import migrate, open_engine, sqlite_name
from adapters.eventlog.log import RecordLog, open_event_log
from adapters.keys.durable_file import disk_errors, make_private_folder, sync_folder
from adapters.keys.signing import is_ed25519_signature
from adapters.memory import MemoryKeyRing
from adapters.system import SystemRandomness
from adapters.verification.verify import verify
from domain.errors import RuleViolation
from domain.ledger.log_check import LogReport, check_records
from domain.ports import BlobStore, Clock, KeyRing
from domain.values.content import Digest
from projections.catalogue import ALL
from projections.runner import ProjectionRunner

Show = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Begins to show a phase of so many steps; what it gives is told how many are done."""

DATABASE = "vultus.sqlite"
REPORT_PATH = "restore-report.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be restored, and where to.

    Attributes:
        backup: The backup.
        data: The data folder to make.
        database: The empty database; none for an SQLite file in the data folder.
        blobs: Where contents go; none for the data folder.
        keys: The backup of keys; without it the result proves the record and cannot be read.
        master_key: The master key's file, where the backup of keys lacks it.
        until: The last record that counts; none for all.
        outside: Checkpoints kept elsewhere, as signed notes.
        accept_loss: Whether the result goes on as the record although something is known lost.
    """

    backup: Path
    data: Path
    database: str | None = None
    blobs: Location | None = None
    keys: Path | None = None
    master_key: Path | None = None
    until: Until | None = None
    outside: tuple[bytes, ...] = ()
    accept_loss: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored, and what proves it.

    Attributes:
        survey: What the backup holds.
        mark: What the result may be used for.
        report: What verification of the restored log found.
        problems: What is wrong or lost beside records at the end, in words.
        contents: Stored contents put back.
        excused: Contents left out because their key is destroyed.
        seconds: How long each phase took.
    """

    survey: Survey
    mark: Mark
    report: LogReport
    problems: tuple[str, ...]
    contents: int
    excused: int
    seconds: dict[str, float]


class _Phases:
    """Shows and times the phases."""

    def __init__(self, show: Show) -> None:
        self.seconds: dict[str, float] = {}
        self._show = show

    @contextmanager
    def __call__(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        began = time.perf_counter()
        with self._show(name, total) as advance:
            yield advance
        self.seconds[name] = time.perf_counter() - began


def restore(wanted: Wanted, *, clock: Clock, show: Show) -> Restored:
    """Restore a record into new places and prove it.

    Raises:
        RuleViolation: there is no complete backup, or a place is not empty.
        IntegrityFailure: the backup is damaged; the message names the file. Nothing is left.
        Unavailable: the disk is full or a database away; nothing is left in the data folder.
    """
    own_file = _require_new(wanted)
    phase = _Phases(show)
    with phase("examining", reading.newest_size(wanted.backup)) as advance:
        survey = reading.examine(
            wanted.backup, until=wanted.until, outside=wanted.outside, progress=advance
        )
    if not survey.end:
        raise RuleViolation(
            "restore.until", "nothing was recorded until then", "Name a later place or moment."
        )
    part = wanted.data.with_name(f".{wanted.data.name}{UNFINISHED}")
    try:
        with disk_errors(f"restoring into {part}"):
            remove_with_keys(part)  # of a run that was cut off
            make_private_folder(part)
            run = Restoration(
                backup=wanted.backup, survey=survey, data=part, accept_loss=wanted.accept_loss
            )
            restored = _restore(wanted, run, phase, clock)
            (part / REPORT_PATH).write_text("\n".join(proof(restored)) + "\n", "utf-8")
            write_mark(part, restored.mark)
            if wanted.data.exists():
                wanted.data.rmdir()
            part.rename(wanted.data)
            sync_folder(wanted.data.parent)
    except BaseException:
        remove_with_keys(part)
        if own_file is not None:
            for path in own_file.parent.glob(f"{own_file.name}*"):
                path.unlink()
        raise
    return restored


def proof(restored: Restored) -> list[str]:
    """Return in words what was restored and what proves it."""
    survey, report, mark = restored.survey, restored.report, restored.mark
    largest = max(report.confirmed, default=0)
    held = f"{len(survey.segments)} segments, {survey.size} records, manifest {survey.manifest}"
    back = f"{restored.contents} stored contents, {restored.excused} more were erased"
    lines = [
        f"backup of {survey.identity.key.name}: {held}",
        f"restored {mark.size} records in {report.streams} streams; {back}",
        f"root {report.root.hex()} of {report.size} records, computed again from what was restored",
        f"{len(report.confirmed)} signed checkpoints confirmed, the largest of {largest} records",
    ]
    if largest == report.size:
        lines.append("PROVEN: the restored log equals the signed checkpoint of its size")
    else:
        lines.append(
            f"PROVEN: the restored log is the beginning of the log signed for at {survey.size}"
        )
    gone = sum(not said for said in survey.destroyed.values())
    if gone:
        lines.append(f"{gone} keys were destroyed after the restored point and stay destroyed")
    lines += [f"problem: {each}" for each in restored.problems]
    if mark.lost:
        lines.append(f"{mark.lost} records are known to follow and are not here")
    lines.append(
        {
            Use.RECORD: "may go on as the clinic's record",
            Use.COPY: "a copy to look at; it is refused as the clinic's record",
            Use.SEALED: "restored without keys: it proves the record and cannot be read",
        }[mark.use]
    )
    total = sum(restored.seconds.values())
    phases = ", ".join(f"{name} {took:.1f} s" for name, took in restored.seconds.items())
    return [*lines, f"took {total:.1f} s: {phases}"]


def _restore(wanted: Wanted, run: Restoration, phase: _Phases, clock: Clock) -> Restored:
    survey, part = run.survey, run.data
    with ExitStack() as opened:
        ring: KeyRing | None = None
        if wanted.keys is not None:
            with phase("keys", len(survey.data_keys)) as advance:
                restored_keys = run.put_keys_back(wanted.keys, wanted.master_key)
                ring = opened.enter_context(restored_keys)
                advance(len(survey.data_keys))
        keys = ring or MemoryKeyRing(SystemRandomness())
        database = wanted.database or f"sqlite:///{part / DATABASE}"
        migrate(database)
        engine = open_engine(database)
        opened.callback(engine.dispose)
        with phase("records", survey.end) as advance:
            run.put_rows_back(engine, ring, advance)
        blobs = open_blobs(wanted.blobs or part / "blobs", keys, staging=part)
        with phase("contents", survey.end) as advance:
            run.put_contents_back(blobs, advance)
        log = open_event_log(
            database, clinic=run.clinic, keys=keys, clock=clock, randomness=SystemRandomness()
        )
        opened.callback(log.close)
        if ring is not None:
            with phase("projections", survey.end) as advance:
                run.problems += _fill_projections(engine, log, advance)
        with phase("verifying", survey.end) as advance:
            report = _verify(wanted, run, log, blobs, advance)
        run.problems += [each.text for each in report.problems]
    use = Use.RECORD
    if wanted.keys is None:
        use = Use.SEALED
    elif (run.lost or run.problems) and not wanted.accept_loss:
        use = Use.COPY
    mark = Mark(
        use=use,
        manifest=survey.manifest,
        size=survey.end,
        root=Digest.from_raw(survey.end_root),
        lost=run.lost,
        restored_at=clock.now(),
    )
    return Restored(
        survey=survey,
        mark=mark,
        report=report,
        problems=tuple(run.problems),
        contents=run.contents,
        excused=run.excused,
        seconds=phase.seconds,
    )


def _fill_projections(
    engine: sa.Engine, log: RecordLog, advance: Callable[[int], None]
) -> list[str]:
    """Fill every projection; return what is wrong with them, in words."""
    runner = ProjectionRunner(engine, log, ALL)
    runner.prepare(lambda _name, done, _total: advance(done))
    runner.catch_up()
    stalled = (each for each in runner.positions() if each.stalled_seq is not None)
    return [f"the projection {each.name} stalls at record {each.stalled_seq}" for each in stalled]


def _verify(
    wanted: Wanted,
    run: Restoration,
    log: RecordLog,
    blobs: BlobStore,
    advance: Callable[[int], None],
) -> LogReport:
    """Verify the restored log against every checkpoint that it covers.

    Contents whose key was destroyed after the restored point are missing without an excuse in the
    restored records; where there are such, contents count as proven by having been put back.
    """
    survey = run.survey
    notes = [each.note for part in survey.segments for each in part.checkpoints]
    notes += wanted.outside
    opened = ((survey.log_keys.open(note, is_ed25519_signature), note) for note in notes)
    within = {each.size: (each, note) for each, note in opened if each.size <= survey.end}
    if wanted.keys is None:
        return check_records(
            reading.stored_records(log),
            checkpoints=[each for each, _ in within.values()],
            progress=advance,
        )
    unexcused = bool(run.absent) or not all(survey.destroyed.values())
    return verify(
        log,
        keys=survey.log_keys,
        checkpoints=[note for _, note in within.values()],
        blobs=None if unexcused else blobs,
        progress=lambda _phase, done, _total: advance(done),
    ).report


def _own_file(wanted: Wanted) -> Path | None:
    """Return the SQLite file that this makes outside of the data folder, if it does."""
    if wanted.database is None or sqlite_name(wanted.database) is None:
        return None
    return Path(str(sa.make_url(wanted.database).database))


def _require_new(wanted: Wanted) -> Path | None:
    """Refuse places where something is; return the database file that will be made, if any.

    Raises:
        RuleViolation: a place is not empty, or lies within the backup.
    """
    own_file = _own_file(wanted)
    for path, empty in (
        (wanted.data, not wanted.data.exists() or _is_empty_folder(wanted.data)),
        (own_file, own_file is None or not own_file.exists()),
    ):
        if not empty:
            raise RuleViolation(
                "restore.empty",
                f"{path} is there and not empty",
                "Restore into a new place; nothing is ever written over.",
            )
    if wanted.data.resolve().is_relative_to(wanted.backup.resolve()):
        raise RuleViolation(
            "restore.apart", "the data folder lies within the backup", "Name another place."
        )
    return own_file


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
