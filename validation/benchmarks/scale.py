"""Years of a clinic in one record: written, verified, read by every projection, asked by screens.

Rules kept here:

1. The same invented clinic stands in SQLite and in PostgreSQL, with the settings of the product.
2. Each figure stands beside what it is held against: a limit; the bare INSERT of the same rows
   into a double, which tells what the database itself loses as the record grows; a young record
   that is written in turn with the last tenth of the old one, which tells what its length costs on
   this machine in these minutes. The exit code is 1 where a stated bound is broken.
3. It is written until there are so many events and so many sessions, whichever comes later.
4. Nothing is left behind unless asked for.
"""

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
import structlog

from adapters.database import migrate, sqlite_name
from adapters.memory import ManualClock
from adapters.verification.verify import verify
from api.commands.opening import progress_bar
from api.settings import from_environment
from api.wiring import System, open_system
from domain.ledger.log_keys import LogKeys
from domain.values.identifiers import ClinicId
from domain.values.time import ServerTime
from validation.benchmarks.clinic_beside import Beside, Double, Young
from validation.benchmarks.clinic_build import build
from validation.benchmarks.clinic_years import ClinicYears
from validation.benchmarks.ledger_logs import Bare, BarePostgres, BareSqlite
from validation.benchmarks.memory import Growth, Peak
from validation.benchmarks.postgres import LASTING, PostgresCluster
from validation.benchmarks.scale_report import REBUILT, Measured, broken, report
from validation.benchmarks.screens import ORIGIN, Sample, ask_every_screen

EVENTS, QUICK = 1_000_000, 20_000
SESSIONS = 50_000
"""For a million events; of fewer events the same share."""

TIMES = 50
BEGINNING = ServerTime.parse("2018-03-05T07:00:00.000000Z")


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """The addresses of the record, of its double and of the young record."""

    record: str
    double: str
    young: str


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this measurement takes."""
    parser.add_argument("--events", type=int, help=f"how many to write (default: {EVENTS:,})")
    parser.add_argument(
        "--sessions", type=int, help=f"how many, at least (default: {SESSIONS:,} a million events)"
    )
    parser.add_argument("--quick", action="store_true", help=f"write {QUICK:,} only")
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql", "both"), default="both", help="where to"
    )
    parser.add_argument("--folder", type=Path, help="work in this folder, which must not exist")
    parser.add_argument("--keep", action="store_true", help="leave the record where it is")
    parser.add_argument("--times", type=int, default=TIMES, help="how often to ask each question")
    parser.add_argument("--json", type=Path, help="write every figure to this file, too")


def run(options: argparse.Namespace) -> int:
    """Measure and print; 0 when every stated bound is kept, else 1."""
    events = options.events or (QUICK if options.quick else EVENTS)
    names = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    sessions = options.sessions
    if sessions is None:
        sessions = SESSIONS * events // EVENTS
    measured = []
    with _quiet(), _folder(options.folder, keep=options.keep) as folder:
        for name in names:
            with _databases(name, folder / name) as dsns:
                measured.append(
                    _measure(name, folder / name, dsns, (events, sessions), options.times)
                )
            print("\n".join(report(measured[-1])), flush=True)
    if options.json is not None:
        figures: list[dict[str, Any]] = [asdict(each) for each in measured]
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    return 1 if any(broken(each) for each in measured) else 0


def _measure(
    name: str, folder: Path, dsns: Databases, sizes: tuple[int, int], times: int
) -> Measured:
    events, sessions = sizes
    dsn = dsns.record
    processes = os.cpu_count() or 1
    clock = ManualClock(BEGINNING)
    with _record(folder / "data", dsn, clock) as system:
        years = ClinicYears(system.clinic)
        with (
            _double(dsns.double) as bare,
            _young(folder / "young", dsns.young) as young,
            progress_bar(f"{name}: writing", events) as progress,
        ):
            built = build(
                system,
                clock,
                years,
                events=events,
                sessions=sessions,
                beside=Beside(double=Double(bare=bare), young=young),
                progress=progress,
            )
        log_bytes = _size(system, dsn)
        system.checkpointer.sign()
        tenth = system.log.size() // 10
        verify_tenth = partial(_verify, system, dsn, processes, tenth)
        few, _, few_mb = _watched(f"{name}: verifying a tenth", verify_tenth)
        verify_all = partial(_verify, system, dsn, processes, None)
        many, verified_s, many_mb = _watched(f"{name}: verifying", verify_all)
        catch_up = partial(_catch_up, system)
        _, caught_up_s, _ = _watched(f"{name}: projections from nothing", catch_up)
        rebuild_tenth = partial(system.runner.rebuild, REBUILT, until=tenth)
        _, _, tenth_mb = _watched(f"{name}: a tenth of one rebuilt", rebuild_tenth)
        rebuild_all = partial(system.runner.rebuild, REBUILT)
        _, rebuilt_s, whole_mb = _watched(f"{name}: one rebuilt", rebuild_all)
        memory = built.memory_mb
        growths = [
            Growth(phase="writing", tenth_mb=memory[10], whole_mb=memory[90]),
            Growth(phase="verifying", tenth_mb=few_mb, whole_mb=many_mb, more_streams=many - few),
            Growth(phase="rebuilding", tenth_mb=tenth_mb, whole_mb=whole_mb),
        ]
        all_bytes = _size(system, dsn)
        sample = Sample(
            events=built.events,
            clients=built.clients,
            subject=years.subject,
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
            growths=growths,
            processes=processes,
            answers=answers,
        )


def _verify(system: System, dsn: str, processes: int, end: int | None) -> int:
    """Verify chain, tree, checkpoints and signatures; return how many streams there are."""
    found = verify(
        system.log,
        keys=LogKeys.of(system.checkpointer.key),
        checkpoints=system.shelf.all() if end is None else (),
        blobs=None,  # most of the invented content is only said to be stored
        dsn=dsn,
        processes=processes,
        end=end,
    )
    if not found.report.intact:
        message = f"the record is not intact: {found.report.problems[0].text}"
        raise RuntimeError(message)
    return found.report.streams


def _catch_up(system: System) -> None:
    system.runner.prepare()
    system.runner.catch_up()
    behind = [each.name for each in system.runner.positions() if each.seq < system.log.size() - 1]
    if behind:
        message = f"these projections stopped on the way: {', '.join(behind)}"
        raise RuntimeError(message)


def _watched(what: str, act: Callable[[], T]) -> tuple[T, float, float]:
    """Do something; return what it returns, the seconds it took and the memory it added, in MB."""
    print(what, file=sys.stderr, flush=True)
    began = time.perf_counter()
    with Peak() as peak:
        done = act()
    return done, time.perf_counter() - began, peak.grown_mb


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
def _databases(name: str, folder: Path) -> Iterator[Databases]:
    """Yield the addresses of three empty databases."""
    folder.mkdir(parents=True)
    if name == "sqlite":
        yield Databases(
            record=f"sqlite:///{folder / 'data' / 'vultus.sqlite'}",
            double=f"sqlite:///{folder / 'double.sqlite'}",
            young=f"sqlite:///{folder / 'young' / 'vultus.sqlite'}",
        )
        return
    server = PostgresCluster.make(folder / "server", LASTING)
    server.start()
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE double TEMPLATE template0")
            connection.execute("CREATE DATABASE young TEMPLATE template0")
        yield Databases(record=server.dsn(), double=server.dsn("double"), young=server.dsn("young"))
    finally:
        server.stop()


@contextmanager
def _record(folder: Path, dsn: str, clock: ManualClock) -> Iterator[System]:
    """Yield the open record of the same clinic each time: the same events come of its seed."""
    settings = from_environment(
        {"VULTUS_DATA": str(folder), "VULTUS_DATABASE": dsn, "VULTUS_ORIGIN": ORIGIN}
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clinic").write_text(ClinicId.derived("benchmark"), "ascii")
    with open_system(settings, clock=clock) as system:
        yield system


@contextmanager
def _young(folder: Path, dsn: str) -> Iterator[Young]:
    """Yield a record that has only begun; its files are removed afterwards."""
    clock = ManualClock(BEGINNING)
    with _record(folder, dsn, clock) as system:
        yield Young(system=system, clock=clock, deeds=ClinicYears(system.clinic).deeds())
    shutil.rmtree(folder)


@contextmanager
def _double(dsn: str) -> Iterator[Bare]:
    """Yield what writes rows bare to a database; it is emptied of them afterwards."""
    migrate(dsn)
    with closing(BareSqlite(dsn) if sqlite_name(dsn) else BarePostgres(dsn)) as bare:
        yield bare
    if name := sqlite_name(dsn):
        file = Path(name.removeprefix("file:").partition("?")[0])
        for each in file.parent.glob(f"{file.name}*"):
            each.unlink()


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
