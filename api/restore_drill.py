"""The restore drill: a backup restored on trial, compared with the live record, removed, recorded.

Rules kept here:

1. A drill touches nothing of the live record but to read it and to record the result; a failed
   drill is recorded, too [REQ-IN-290].
2. Everything it made is removed again, keys overwritten, whatever came of it.
3. Rows may differ from the live ones where a later record explains it, and nowhere else.
"""

import re
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
from adapters.backup.reading import newest_size
from adapters.backup.segment import Identity
from adapters.database import open_engine, reading
from adapters.keys.durable_file import destroy_private, disk_errors
from api.restoring import DATABASE, Restored, Show, Wanted, restore
from api.wiring import System
from domain.errors import RecordsError, RuleViolation
from domain.events.clinic import RestoreDrillCompleted
from domain.ledger.entry import decode_entry
from domain.values.content import Digest
from projections.tables import POSITION
from projections.tables import metadata as projected

SAMPLE = 40
"""Rows compared of each table, evenly spread."""

PAGE = 500
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
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


def drill(
    system: System,
    backup: Path,
    *,
    keys: Path | None,
    outside: Sequence[bytes],
    place: Path | None,
    show: Show,
) -> Drill:
    """Restore a backup on trial and compare it with the live record.

    Args:
        system: The live record.
        backup: The backup.
        keys: The backup of keys to prove with it; none to use the live keys.
        outside: Checkpoints kept elsewhere, as signed notes.
        place: Folder to work in; none for the system's own.
        show: Shows progress.

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
                accept_loss=True,
            )
            restored = restore(wanted, clock=system.clock, show=show)
            taken_s = time.perf_counter() - began
            problems += restored.problems
            problems += _same_tree(system, restored)
            rows, differing = _compare(system, restored, wanted.data / DATABASE)
            problems += differing
    except RecordsError as error:
        problems.append(str(error))
        taken_s = taken_s or time.perf_counter() - began
    event = RestoreDrillCompleted(
        manifest=None if restored is None else restored.survey.manifest,
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


def _compare(system: System, restored: Restored, database: Path) -> tuple[int, list[str]]:
    """Compare a sample of rows; return how many, and each difference that nothing explains."""
    size = restored.mark.size
    if system.runner.position() < size - 1:
        return 0, ["the live projections are behind the backup, so no rows were compared"]
    engine = open_engine(f"sqlite:///{database}?mode=ro")
    compared, differing = 0, list[tuple[str, Any, str]]()
    try:
        with reading(engine).connect() as there, system.reads.connect() as here:
            for table in projected.sorted_tables:
                if table.name in _KEPT or not table.primary_key.columns:
                    continue
                for row in _sample(there, table):
                    compared += 1
                    live = _live(here, table, row)
                    if live != row:
                        differing.append((table.name, row, f"{row} {live}"))
    finally:
        engine.dispose()
    explained = _touched(system, size)
    return compared, [
        f"a row of {name} differs from the live one, and no later record explains it"
        for name, _, both in differing
        if explained.isdisjoint(_UUID.findall(both))
    ]


def _sample(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    step = max(1, count // SAMPLE)
    ordered = sa.select(table).order_by(*table.primary_key.columns)
    rows = connection.execute(ordered).mappings()
    return [dict(row) for number, row in enumerate(rows) if not number % step]


def _live(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> dict[str, Any] | None:
    same = [column == row[column.name] for column in table.primary_key.columns]
    found = connection.execute(sa.select(table).where(*same)).mappings().one_or_none()
    return None if found is None else dict(found)


def _touched(system: System, size: int) -> set[str]:
    """Return every identifier that a record after the backup names in its header."""
    touched: set[str] = set()
    seq = size - 1
    while page := system.log.sealed_after(seq, limit=PAGE):
        for record in page:
            header = decode_entry(record.entry).header
            touched.update(_UUID.findall(f"{header.stream} {header.key_id} {header.device}"))
        seq += len(page)
    return touched - {str(system.clinic)}


@contextmanager
def _working_place(place: Path | None) -> Iterator[Path]:
    """Return a folder of our own; whatever is in it is removed at the end, keys overwritten."""
    with disk_errors("making a place for the drill"):
        folder = Path(mkdtemp(prefix="vultus-drill-", dir=place))
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    with disk_errors(f"removing {folder}"):
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir():
                path.rmdir()
            elif path.suffix == ".key" or path.parent.name == "secrets":
                destroy_private(path)
            else:
                path.unlink()
        folder.rmdir()
