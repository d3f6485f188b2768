"""The restore drill: a backup restored on trial, compared with the live record, removed, recorded.

Rules kept here:

1. A drill touches nothing of the live record but to read it and to record the result; a failed
   drill is recorded, too [REQ-IN-290].
2. Everything it made is removed again, keys overwritten, whatever came of it.
3. Restored rows, brought up to date, equal the live ones.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import sqlalchemy as sa

from adapters.backup import segment as layout
from adapters.backup.copying import exposure
from adapters.backup.keys import remove_with_keys
from adapters.backup.reading import Until, newest_size
from adapters.backup.segment import Identity
from adapters.database import open_engine, reading
from adapters.keys.durable_file import disk_errors
from api.restoring import DATABASE, Restored, Show, Wanted, restore
from api.wiring import System
from domain.errors import RecordsError, RuleViolation
from domain.events.clinic import RestoreDrillCompleted
from domain.values.content import Digest
from projections.catalogue import ALL
from projections.runner import ProjectionRunner
from projections.tables import POSITION
from projections.tables import metadata as projected

SAMPLE = 40
"""Rows compared of each table, evenly spread."""

ROUNDS = 20
AGAIN_S = 0.1
_KEPT = frozenset({POSITION.name})
"""Tables that say how far a projection has come, which is not the same here and there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What a drill showed.

    Attributes:
        event: The fact to record.
        restored: What was restored; none where that failed.
        rows: Rows that were compared.
    """

    event: RestoreDrillCompleted
    restored: Restored | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Where a row is.

    Attributes:
        table: Its table.
        key: Its primary key.
    """

    table: sa.Table
    key: tuple[Any, ...]

    def read(self, connection: sa.Connection) -> dict[str, Any] | None:
        columns = self.table.primary_key.columns
        same = [column == value for column, value in zip(columns, self.key, strict=True)]
        found = connection.execute(sa.select(self.table).where(*same)).mappings().one_or_none()
        return None if found is None else dict(found)


def drill(
    system: System,
    backup: Path,
    *,
    keys: Path | None,
    outside: Sequence[bytes],
    place: Path | None,
    show: Show,
    until: Until | None = None,
) -> Drill:
    """Restore a backup on trial and compare it with the live record.

    Args:
        system: The live record.
        backup: The backup.
        keys: The backup of keys to prove with it; none to use the live keys.
        outside: Checkpoints kept elsewhere, as signed notes.
        place: Folder to work in; none for the system's own.
        show: Shows progress.
        until: The last record that counts, or a moment; none for all the backup holds.

    Raises:
        RuleViolation: the folder holds no backup of this record.
    """
    identity = layout.require_complete(backup)
    _require_ours(system, identity)
    restored, rows, problems = None, 0, list[str]()
    behind, age = 0, timedelta()
    began = time.perf_counter()
    taken_s = 0.0
    try:
        behind, age = exposure(system.log, newest_size(backup), system.clock.now())
        with _working_place(place) as folder:
            wanted = Wanted(
                backup=backup,
                data=folder / "record",
                keys=keys or system.settings.data,
                outside=tuple(outside),
                until=until,
                accept_loss=True,
            )
            restored = restore(wanted, clock=system.clock, show=show)
            taken_s = time.perf_counter() - began
            problems += restored.problems
            problems += _same_tree(system, restored)
            rows, differing = _compare(system, wanted.data / DATABASE)
            problems += differing
    except RecordsError as error:
        problems.append(str(error))
        taken_s = taken_s or time.perf_counter() - began
    event = RestoreDrillCompleted(
        manifest=None if restored is None else restored.survey.manifest,
        point_in_time=until is not None,
        size=0 if restored is None else restored.mark.size,
        root=None if restored is None else Digest.from_raw(restored.report.root),
        keys=keys is not None,
        behind=behind,
        exposed_ms=age // timedelta(milliseconds=1),
        recovery_ms=round(taken_s * 1000),
        passed=not problems,
        problems=tuple(problems),
    )
    return Drill(event=event, restored=restored, rows=rows)


def _require_ours(system: System, identity: Identity) -> None:
    if identity.clinic != system.clinic:
        raise RuleViolation(
            "restore-drill.same-clinic",
            f"the backup is of the clinic {identity.clinic}, the record of {system.clinic}",
            "Name a backup of this record.",
        )


def _same_tree(system: System, restored: Restored) -> list[str]:
    """Compare the restored root with the live tree's at that size."""
    size = restored.mark.size
    if system.log.size() < size or system.log.tree.root(size) != restored.report.root:
        return [f"the live log does not have the same first {size} records"]
    return []


def _compare(system: System, database: Path) -> tuple[int, list[str]]:
    """Compare a sample of rows; return how many, and each difference that stays.

    The restored rows are brought up to date from the live log first, so they have to be equal.
    While records keep coming, one side may be ahead for a moment: what differs is looked at again.
    """
    engine = open_engine(f"sqlite:///{database}")
    try:
        restored = ProjectionRunner(engine, system.log, ALL)
        with reading(engine).connect() as connection:
            sample = [
                row for table in projected.sorted_tables for row in _sample(connection, table)
            ]
        compared = len(sample)
        for _ in range(ROUNDS):
            system.runner.catch_up()
            restored.catch_up()
            with reading(engine).connect() as there, system.reads.connect() as here:
                sample = [row for row in sample if row.read(there) != row.read(here)]
            if not sample:
                break
            time.sleep(AGAIN_S)
    finally:
        engine.dispose()
    tables = sorted({row.table.name for row in sample})
    return compared, [f"restored rows of {name} differ from the live ones" for name in tables]


def _sample(connection: sa.Connection, table: sa.Table) -> list[_Row]:
    """Return the places of some rows of a table, evenly spread."""
    if table.name in _KEPT or not table.primary_key.columns:
        return []
    names = sa.select(*table.primary_key.columns).order_by(*table.primary_key.columns)
    count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    step = max(1, count // SAMPLE)
    rows = connection.execute(names)
    return [_Row(table=table, key=tuple(row)) for at, row in enumerate(rows) if not at % step]


@contextmanager
def _working_place(place: Path | None) -> Iterator[Path]:
    """Return a folder of our own; whatever is in it is removed at the end, keys overwritten."""
    with disk_errors("making a place for the drill"):
        folder = Path(mkdtemp(prefix="vultus-drill-", dir=place))
    try:
        yield folder
    finally:
        remove_with_keys(folder)
