"""Years of a clinic in one record: written, verified, read by every projection, asked by screens.

Rules kept here:

1. The same invented clinic stands in SQLite and in PostgreSQL, with the settings of the product.
2. Each figure stands beside what it is held against: the rate of the first tenth, or a limit.
3. Nothing is left behind unless asked for.
"""

import argparse
import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from adapters.memory import ManualClock
from adapters.verification.verify import verify_log
from api.commands.opening import progress_bar
from api.settings import from_environment
from api.wiring import System, open_system
from domain.values.identifiers import ClinicId
from domain.values.time import ServerTime
from validation.benchmarks.clinic_build import Built, build, resident_mb
from validation.benchmarks.clinic_years import ClinicYears
from validation.benchmarks.postgres import PostgresCluster
from validation.benchmarks.screens import ORIGIN, Answered, Sample, ask_every_screen

EVENTS, QUICK = 1_000_000, 20_000
LIMIT_MS = 100.0
FLAT = 0.9
TIMES = 50
REBUILT = "audit-trail"
BEGINNING = ServerTime.parse("2018-03-05T07:00:00.000000Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything measured on one database.

    Attributes:
        database: ``sqlite`` or ``postgresql``.
        built: Writing.
        verified_s: Seconds of verifying chain, tree, checkpoint and signatures of all records.
        caught_up_s: Seconds of bringing every projection from nothing to the end.
        rebuilt_s: Seconds of rebuilding the longest projection.
        log_bytes: Size of the database with the log only.
        all_bytes: Size of the database with log and projections.
        most_memory_mb: Resident memory at the end.
        answers: What every screen asked.
    """

    database: str
    built: Built
    verified_s: float
    caught_up_s: float
    rebuilt_s: float
    log_bytes: int
    all_bytes: int
    most_memory_mb: float
    answers: list[Answered]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this measurement takes."""
    parser.add_argument("--events", type=int, help=f"how many to write (default: {EVENTS:,})")
    parser.add_argument("--quick", action="store_true", help=f"write {QUICK:,} only")
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql", "both"), default="both", help="where to"
    )
    parser.add_argument("--folder", type=Path, help="work in this folder, which must not exist")
    parser.add_argument("--keep", action="store_true", help="leave the record where it is")
    parser.add_argument("--times", type=int, default=TIMES, help="how often to ask each question")
    parser.add_argument("--json", type=Path, help="write every figure to this file, too")


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    events = options.events or (QUICK if options.quick else EVENTS)
    names = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    measured = []
    with _quiet(), _folder(options.folder, keep=options.keep) as folder:
        for name in names:
            with _database(name, folder / name) as dsn:
                measured.append(_measure(name, folder / name, dsn, events, options.times))
            print("\n".join(_report(measured[-1])), flush=True)
    if options.json is not None:
        figures: list[dict[str, Any]] = [asdict(each) for each in measured]
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    return 0


def _measure(name: str, folder: Path, dsn: str, events: int, times: int) -> Measured:
    settings = from_environment(
        {"VULTUS_DATA": str(folder / "data"), "VULTUS_DATABASE": dsn, "VULTUS_ORIGIN": ORIGIN}
    )
    settings.data.mkdir(parents=True, exist_ok=True)
    # The same clinic each time, so that the same events come of the same seed.
    (settings.data / "clinic").write_text(ClinicId.derived("benchmark"), "ascii")
    clock = ManualClock(BEGINNING)
    with open_system(settings, clock=clock) as system:
        years = ClinicYears(system.clinic)
        with progress_bar(f"{name}: writing", events) as progress:
            built = build(system, clock, years, events=events, progress=progress)
        log_bytes = _size(system, dsn)
        system.checkpointer.sign()
        verified_s = _timed(f"{name}: verifying", lambda: _verify(system))
        caught_up_s = _timed(f"{name}: projections from nothing", lambda: _catch_up(system))
        rebuilt_s = _timed(f"{name}: one rebuilt", lambda: system.runner.rebuild(REBUILT))
        all_bytes = _size(system, dsn)
        sample = Sample(
            events=events,
            clients=built.clients,
            reports=built.reports,
            stations=years.house.stations,
        )
        answers = ask_every_screen(system, sample, times=times)
        return Measured(
            database=name,
            built=built,
            verified_s=verified_s,
            caught_up_s=caught_up_s,
            rebuilt_s=rebuilt_s,
            log_bytes=log_bytes,
            all_bytes=all_bytes,
            most_memory_mb=resident_mb(),
            answers=answers,
        )


def _verify(system: System) -> None:
    report = verify_log(
        system.log,
        key=system.checkpointer.key,
        checkpoints=system.shelf.all(),
        blobs=None,  # most of the invented content is only said to be stored
    )
    if not report.intact:
        message = f"the record is not intact: {report.problems[0].text}"
        raise RuntimeError(message)


def _catch_up(system: System) -> None:
    system.runner.prepare()
    system.runner.catch_up()
    behind = [each.name for each in system.runner.positions() if each.seq < system.log.size() - 1]
    if behind:
        message = f"these projections stopped on the way: {', '.join(behind)}"
        raise RuntimeError(message)


def _report(measured: Measured) -> Iterator[str]:
    built, events = measured.built, measured.built.events
    part = events / len(built.append_s)
    rates = [part / seconds for seconds in built.append_s]
    flat = rates[-1] / rates[0]
    yield f"\n{measured.database}: {events:,} events, {built.visits:,} visits, "
    yield f"  {built.clients:,} clients, written in {built.wall_s:.0f} s"
    yield f"  appended per second, by tenth: {', '.join(f'{rate:,.0f}' for rate in rates)}"
    yield f"  last tenth / first tenth: {flat:.2f} ({_held(flat >= FLAT)} {FLAT})"
    memory = ", ".join(f"{size:.0f} MB at {at} %" for at, size in built.memory_mb.items())
    yield f"  memory: {memory}; {measured.most_memory_mb:.0f} MB after everything below"
    yield f"  data keys: {built.clients / built.keys_s:,.0f} made per second"
    for what, seconds in (
        ("verified (chain, tree, signatures)", measured.verified_s),
        ("all projections from nothing", measured.caught_up_s),
        (f"{REBUILT} rebuilt", measured.rebuilt_s),
    ):
        yield f"  {what}: {seconds:.1f} s, {events / seconds:,.0f} records per second"
    sizes = measured.log_bytes / events, measured.all_bytes / events
    yield f"  database: {sizes[0]:,.0f} bytes per event, {sizes[1]:,.0f} with projections"
    yield f"  {'question':<40} {'p50 ms':>8} {'p95 ms':>8} {'slowest':>8} {'p95/limit':>10}"
    for each in measured.answers:
        ratio = each.p95_ms / LIMIT_MS
        yield (
            f"  {each.question:<40} {each.p50_ms:>8.1f} {each.p95_ms:>8.1f} "
            f"{each.slowest_ms:>8.1f} {ratio:>10.2f}{'' if ratio <= 1 else '  over'}"
        )
    slow = sum(each.p95_ms > LIMIT_MS for each in measured.answers)
    yield f"  {len(measured.answers) - slow} of {len(measured.answers)} within {LIMIT_MS:.0f} ms"


def _held(kept: bool) -> str:  # noqa: FBT001 - a result in words
    return "at least" if kept else "below"


def _timed(what: str, act: Callable[[], object]) -> float:
    print(what, file=sys.stderr, flush=True)
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _size(system: System, dsn: str) -> int:
    if not dsn.startswith("sqlite"):
        with system.reads.connect() as connection:
            asked = sa.text("SELECT pg_database_size(current_database())")
            return int(connection.execute(asked).scalar_one())
    folder = system.settings.data
    return sum(each.stat().st_size for each in folder.glob("vultus.sqlite*"))


@contextmanager
def _quiet() -> Iterator[None]:
    """Log warnings only: a line for every request would be measured, too."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def _database(name: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty database."""
    folder.mkdir(parents=True)
    if name == "sqlite":
        yield f"sqlite:///{folder / 'data' / 'vultus.sqlite'}"
        return
    server = PostgresCluster.make(folder / "server")
    server.start()
    try:
        yield server.dsn()
    finally:
        server.stop()


@contextmanager
def _folder(given: Path | None, *, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="vultus-scale-")) if given is None else given.absolute()
    folder.mkdir(parents=True, exist_ok=given is None)
    folder.chmod(0o711)  # the database's own user passes through
    try:
        yield folder
    finally:
        if keep:
            print(f"kept in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
