"""What one, a hundred and ten thousand clinics take: events, bytes, cores, databases, money.

Rules kept here:

1. What one event and one visit take is measured here, now. How much a clinic does, how large its
   pictures are and what things cost is assumed, printed, and can be given instead. SQLite and
   PostgreSQL are measured; one clinic is reckoned with the first, a fleet with the second.
2. One clinic has one log in one database, with one order and one writer at a time. Clinics are
   spread over servers whole; a log is never split. One witness may stand over all of them.
3. A server is filled to a share that leaves room for its worst minute and for catching up.
"""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from adapters.memory import ManualClock
from api.commands.opening import progress_bar
from api.settings import from_environment
from api.wiring import System, open_system
from domain.values.time import ServerTime
from validation.benchmarks.clinic_build import build
from validation.benchmarks.clinic_years import ClinicYears
from validation.benchmarks.postgres import PostgresCluster

EVENTS = 20_000
SQLITE, POSTGRESQL = "sqlite", "postgresql"
FLEETS = (1, 100, 10_000)
BEGINNING = ServerTime.parse("2018-03-05T07:00:00.000000Z")
_DAY_S = 8 * 3600
_GB = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one core and one disk did here.

    Attributes:
        events_per_visit: Events of a visit, from enrolment to report.
        bytes_per_event: Of the database, projections included.
        appends_per_s: One writer, a visit's events in the batches they come in.
        applied_per_s: Records through every projection.
    """

    events_per_visit: float
    bytes_per_event: float
    appends_per_s: float
    applied_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What a clinic does and what things cost.

    Attributes:
        visits_a_day: Visits of one clinic on one of its days.
        days: Days a clinic is open in a year.
        pairs_a_visit: Stereo pairs kept of a visit, rejected ones included.
        pair_mb: Stored bytes of a pair with its depth and analysis maps.
        pair_cpu_s: Core-seconds of measuring a pair.
        peak: How many times busier the busiest minute is than the mean of the opening hours.
        filled: Share of a server that is used at the busiest minute.
        cores: Cores of one server.
        core_month: Price of a core for a month.
        disk_gb_month: Price of a gigabyte of database storage for a month, standby included.
        object_gb_month: Price of a gigabyte of object storage for a month, both copies.
    """

    visits_a_day: float = 20
    days: float = 250
    pairs_a_visit: float = 6
    pair_mb: float = 90
    pair_cpu_s: float = 6.5
    peak: float = 5
    filled: float = 0.5
    cores: int = 8
    core_month: float = 25
    disk_gb_month: float = 0.25
    object_gb_month: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a number of clinics take.

    Attributes:
        clinics: How many.
        events_a_year: Events of all.
        peak_events_per_s: In the busiest minute, of all.
        databases: Databases, one for each log, each with a standby where several machines serve.
        database_gb: Growth of all databases in a year.
        content_tb: Growth of stored content in a year.
        record_cores: Cores for appending and applying in the busiest minute.
        imaging_cores: Cores that measure pictures as fast as they come in the busiest minute.
        servers: Servers that appending, applying and measuring fill.
        clinics_a_server: Clinics on each.
        month: Price of a month at the end of the first year.
    """

    clinics: int
    events_a_year: float
    peak_events_per_s: float
    databases: int
    database_gb: float
    content_tb: float
    record_cores: float
    imaging_cores: float
    servers: int
    clinics_a_server: int
    month: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("--events", type=int, default=EVENTS, help="how many to measure with")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE", help="write the figures")
    for name, value in asdict(Assumed()).items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=type(value), default=value, help=f"assumed: {value:g}")


def run(options: argparse.Namespace) -> int:
    """Measure, reckon, print."""
    alone, fleet = measure(options.events), measure(options.events, POSTGRESQL)
    assumed = Assumed(**{name: getattr(options, name) for name in asdict(Assumed())})
    measured = [alone, *[fleet] * (len(FLEETS) - 1)]
    needs = [need(each, assumed, clinics) for each, clinics in zip(measured, FLEETS, strict=True)]
    console = Console()
    console.print(_facts("Measured here, on SQLite, one core at a time", asdict(alone)))
    console.print(_facts("Measured here, on PostgreSQL, one writer", asdict(fleet)))
    console.print(_facts("Assumed; give others as options", asdict(assumed)))
    console.print(_needs(needs))
    most = min(alone.appends_per_s, fleet.appends_per_s) * assumed.filled
    one = needs[0].peak_events_per_s
    console.print(
        f"One clinic's log takes {most:,.0f} events per second, {assumed.filled:.0%} of what one"
        " writer does here;"
        f"\nits busiest minute asks for {one:.2f}. The order of one log ends at one writer, and a"
        "\nclinic reaches it when it is "
        f"{most / one:,.0f} times as busy as assumed. More clinics are more logs."
    )
    if options.json is not None:
        figures = {
            "measured": {SQLITE: asdict(alone), POSTGRESQL: asdict(fleet)},
            "assumed": asdict(assumed),
            "needs": [asdict(each) for each in needs],
        }
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    return 0


def measure(events: int, kind: str = SQLITE) -> Measured:
    """Write a clinic's events to a record of a kind and apply them to every projection."""
    with ExitStack() as held:
        made = tempfile.TemporaryDirectory(prefix="vultus-capacity-")
        folder = Path(held.enter_context(made))
        environment = {"VULTUS_DATA": str(folder / "data")}
        if kind == POSTGRESQL:
            folder.chmod(0o711)  # the database's own user passes through
            server = PostgresCluster.make(folder / "server")
            server.start()
            held.callback(server.remove)
            environment["VULTUS_DATABASE"] = server.dsn()
        settings = from_environment(environment)
        clock = ManualClock(BEGINNING)
        with open_system(settings, clock=clock) as system:
            with progress_bar("writing", events) as progress:
                built = build(
                    system, clock, ClinicYears(system.clinic), events=events, progress=progress
                )
            began = time.perf_counter()
            system.runner.catch_up()
            applied_s = time.perf_counter() - began
            size = _size(system)
    return Measured(
        events_per_visit=events / built.visits,
        bytes_per_event=size / events,
        appends_per_s=events / sum(built.append_s),
        applied_per_s=events / applied_s,
    )


def _size(system: System) -> int:
    if system.engine.dialect.name == "postgresql":
        with system.reads.connect() as connection:
            asked = sa.text("SELECT pg_database_size(current_database())")
            return int(connection.execute(asked).scalar_one())
    return sum(each.stat().st_size for each in system.settings.data.glob("vultus.sqlite*"))


def need(measured: Measured, assumed: Assumed, clinics: int) -> Need:
    """Reckon what so many clinics take."""
    visits = clinics * assumed.visits_a_day
    events = visits * assumed.days * measured.events_per_visit
    peak_visits_per_s = visits / _DAY_S * assumed.peak
    peak_events_per_s = peak_visits_per_s * measured.events_per_visit
    record_cores = peak_events_per_s * (1 / measured.appends_per_s + 1 / measured.applied_per_s)
    imaging_cores = peak_visits_per_s * assumed.pairs_a_visit * assumed.pair_cpu_s
    servers = max(1, math.ceil((record_cores + imaging_cores) / (assumed.cores * assumed.filled)))
    database_gb = events * measured.bytes_per_event / _GB
    content_gb = visits * assumed.days * assumed.pairs_a_visit * assumed.pair_mb / 1e3
    return Need(
        clinics=clinics,
        events_a_year=events,
        peak_events_per_s=peak_events_per_s,
        databases=clinics,
        database_gb=database_gb,
        content_tb=content_gb / 1e3,
        record_cores=record_cores,
        imaging_cores=imaging_cores,
        servers=servers,
        clinics_a_server=math.ceil(clinics / servers),
        month=servers * assumed.cores * assumed.core_month
        + database_gb * assumed.disk_gb_month
        + content_gb * assumed.object_gb_month,
    )


def _facts(title: str, facts: dict[str, float]) -> Table:
    table = Table(title=title, box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), f"{value:,.4g}" if value < 1000 else f"{value:,.0f}")  # noqa: PLR2004
    return table


def _needs(needs: Sequence[Need]) -> Table:
    table = Table(title="What so many clinics take", box=None, padding=(0, 2, 0, 0))
    table.add_column("")
    for each in needs:
        table.add_column(f"{each.clinics:,}", justify="right")
    for name in tuple(asdict(needs[0]))[1:]:
        values = [getattr(each, name) for each in needs]
        table.add_row(name.replace("_", " "), *(_short(value) for value in values))
    return table


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"  # noqa: PLR2004
