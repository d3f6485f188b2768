"""Accuracy and time of the imaging, beside their targets: one table.

Rules kept here:

1. Each part is a file of its own, named here, with ``rows(extent)``.
2. Everything is held against exact truth of the simulated station, in the same run as what it is
   compared with.
3. A part is printed when it is measured, so that what ends a long run early loses one part.
"""

import argparse
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from device.simulation.rig import DEMO, FULL
from validation.benchmarks.imaging_row import Extent, Row

PARTS = {
    "depth": "validation.benchmarks.imaging_depth",
    "landmarks": "validation.benchmarks.imaging_landmarks",
    "skin": "validation.benchmarks.imaging_skin",
    "repeat": "validation.benchmarks.imaging_repeat",
    "change": "validation.benchmarks.imaging_change",
    "gates": "validation.benchmarks.imaging_gates",
    "boards": "validation.benchmarks.imaging_boards",
    "rendering": "validation.benchmarks.imaging_rendering",
}
"""Each part, and the module whose ``rows`` measures it."""

SIZES = {"demo": DEMO, "full": FULL}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be asked for."""
    parser.add_argument("--only", choices=sorted(PARTS), help="measure one part")
    parser.add_argument("--size", choices=sorted(SIZES), default="full", help="of the pictures")
    parser.add_argument("--quick", action="store_true", help="one identity, two tones")
    parser.add_argument(
        "--identities",
        type=int,
        choices=range(2, 11),
        metavar="2..10",
        default=2,
        help="change: how many heads; more tell chance from a difference between skin classes",
    )
    parser.add_argument(
        "--settling",
        action="store_true",
        help="repeat: the people that the stated spread is settled on, not who it is held against",
    )
    parser.add_argument("--cache", type=Path, help="keep what was rendered in this folder")


def run(asked: argparse.Namespace) -> int:
    """Measure, and print each part when it is measured; 0 when it could be measured."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    with console.status("imaging") as status:
        extent = Extent(
            resolution=SIZES[asked.size],
            quick=asked.quick,
            identities=asked.identities,
            settling=asked.settling,
            cache=asked.cache,
            progress=status.update if console.is_terminal else _told,
        )
        size = f"{extent.resolution.columns} x {extent.resolution.rows} pixels"
        for name in [asked.only] if asked.only else PARTS:
            console.print(table_of(f"imaging: {name}, {size}", measured(name, extent)))
    if not extent.full:
        console.print("The targets belong to the full size; here they are for orientation only.")
    return 0


def _told(text: str) -> None:
    """Say what is measured now, where no terminal shows it: hours without a word look dead."""
    print(text, file=sys.stderr, flush=True)


def measured(name: str, extent: Extent) -> tuple[Row, ...]:
    """Return the rows of one part."""
    found: Iterable[Row] = import_module(PARTS[name]).rows(extent)
    return tuple(found)


def table_of(title: str, rows: Iterable[Row]) -> Table:
    """Return how rows are shown."""
    table = Table(title=title)
    for heading in ("metric", "measured", "unit", "firm", "goal", "reached", "remark"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row.metric,
            f"{row.measured:.3g}",
            row.unit,
            _bound(row, row.firm),
            _bound(row, row.goal),
            _reached(row),
            row.remark,
        )
    return table


def _bound(row: Row, bound: float | None) -> str:
    return "" if bound is None else f"{'≥' if row.least else '≤'} {bound:g}"


def _reached(row: Row) -> str:
    if row.reaches(row.goal):
        return "goal"
    if row.reaches(row.firm):
        return "firm"
    return "" if row.firm is None and row.goal is None else "missed"
