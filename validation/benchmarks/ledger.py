"""Every ratio of the record's speed, both sides in the same run, on SQLite and PostgreSQL.

Rules kept here:

1. Each database is measured with a small log and with a large one; every row of the table says
   what was divided by what.
2. Building a log takes no more memory the longer it is; how large it is on the disk is said.
3. The exit code says whether it could be measured, not whether it was fast.
"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from adapters.database import migrate
from adapters.eventlog.library import LibraryRecords
from api.commands.opening import say
from validation.benchmarks.ledger_appending import (
    BATCH,
    SINGLE,
    THREADS,
    beside_bare,
    beside_disk,
    beside_library,
    two_writers_beside_bare,
)
from validation.benchmarks.ledger_figures import Figure, seconds, table
from validation.benchmarks.ledger_logs import KINDS, Bench, Places
from validation.benchmarks.ledger_reading import (
    beside_raw_signatures,
    beside_scan,
    beside_single_transactions,
    decoding,
    write_signed,
)

SMALL, LARGE = 10_000, 1_000_000
TURNS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured in each turn.

    Attributes:
        turns: How often each side is measured.
        singles: Single appends in a turn.
        batches: Batches of 100 in a turn.
        by_thread: Single appends of each of the most threads; fewer threads append more.
        signed: Records in the log of signed ones, at least.
        signed_share: So many of the records asked for are as many signed ones, where that is more.
    """

    turns: int = TURNS
    singles: int = 200
    batches: int = 20
    by_thread: int = 30
    signed: int = 3000
    signed_share: float = 0.02


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this measurement takes."""
    parser.add_argument(
        "--events",
        type=int,
        action="append",
        help=f"records in the log; may be repeated (default: {SMALL:,}, then {LARGE:,})",
    )
    parser.add_argument("--quick", action="store_true", help=f"{SMALL:,} records only")
    parser.add_argument("--turns", type=int, default=TURNS, help="measure so often")
    parser.add_argument("--database", choices=KINDS, action="append", help="default: both")
    parser.add_argument("--folder", type=Path, help="measure on the disk of this folder")
    parser.add_argument("--json", type=Path, help="write every figure to this file, too")


def run(options: argparse.Namespace) -> int:
    """Measure, print and return 0."""
    figures: list[Figure] = []
    sizes = Sizes(turns=options.turns)
    for events in options.events or ([SMALL] if options.quick else [SMALL, LARGE]):
        with work_folder(options.folder) as folder, Places(folder) as places:
            for kind in options.database or KINDS:
                figures += measure(places, kind, events, sizes)
    Console(width=None if sys.stdout.isatty() else 160).print(table(figures))
    if options.json is not None:
        written = [
            {**asdict(each), "ratio": each.ratio, "reached": each.reached} for each in figures
        ]
        options.json.write_text(json.dumps(written, indent=1, ensure_ascii=False), "utf-8")
    return 0


def measure(places: Places, kind: str, events: int, sizes: Sizes) -> list[Figure]:
    """Return every figure of one database with a log of about so many records."""
    turns = sizes.turns
    figures: list[Figure] = []
    with places.bench(kind) as bench:
        say(f"{kind}: writing {events:,} records, and the same bare")
        took = seconds(bench.fill, events)
        _say_size(bench, took)
        for size, transactions in ((SINGLE, sizes.singles), (BATCH, sizes.batches)):
            figures.append(beside_bare(bench, size, transactions=transactions, turns=turns))
        figures.append(
            two_writers_beside_bare(bench, BATCH, transactions=sizes.batches, turns=turns)
        )
        if kind == "sqlite":
            for threads in THREADS:
                each = sizes.by_thread * max(1, max(THREADS) // threads // 4)
                figures.append(beside_disk(bench, threads, each=each, turns=turns))
        else:
            figures.append(_beside_library(places, bench, sizes))
        say(f"{kind}: verifying, decoding, rebuilding")
        figures += beside_scan(bench, turns=min(turns, 3 if events >= LARGE else turns))
        figures.append(decoding(bench, turns=turns))
        figures.append(
            beside_single_transactions(bench, singles=sizes.singles, turns=min(turns, 3))
        )
    with places.bench(kind) as bench:
        signed = max(sizes.signed, round(sizes.signed_share * events))
        say(f"{kind}: {signed:,} signed records, and their audit")
        write_signed(bench, signed)
        figures.append(beside_raw_signatures(bench, turns=turns))
    return figures


def _beside_library(places: Places, bench: Bench, sizes: Sizes) -> Figure:
    _, dsn = places.empty(bench.kind)
    migrate(dsn)
    with closing(LibraryRecords(dsn)) as library:
        return beside_library(bench, library, transactions=sizes.batches, turns=sizes.turns)


def _say_size(bench: Bench, took: float) -> None:
    size, records = bench.size_bytes(), bench.log.size()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(
        f"{bench.kind}: {records:,} records in {took:.0f} s; the log takes {size / 1e6:,.0f} MB, "
        f"{size / records:,.0f} bytes for each; at most {most:.0f} MB of memory were used"
    )


@contextmanager
def work_folder(given: Path | None) -> Iterator[Path]:
    """Yield a folder to work in, inside the one given, and remove it afterwards."""
    at = None if given is None else given.absolute()
    folder = Path(tempfile.mkdtemp(prefix="vultus-ledger-", dir=at))
    folder.chmod(0o711)  # the database's own user passes through
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
