"""What stands in the projections' tables, down to the byte, and databases to put them in."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from adapters.database import migrate, open_engine, reading
from domain.ports import EventLog
from projections.catalogue import ALL
from projections.runner import ProjectionRunner
from projections.tables import POSITION, REBUILD, Projection, metadata

Dump = dict[str, list[tuple[object, ...]]]
"""Rows by name of table, in one order whatever order they were written in."""


def in_memory() -> sa.Engine:
    """Return a database of one connection that never touches a disk, with every table."""
    connection = _empty_connection()
    _with_tables().backup(connection)
    return sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)


def on_disk(folder: Path) -> sa.Engine:
    """Return the shipped engine on a new, migrated SQLite file, ``log.db`` in the folder."""
    migrate(f"sqlite:///{folder}/log.db")
    return open_engine(f"sqlite:///{folder}/log.db")


def dump(engine: sa.Engine, *projections: Projection) -> Dump:
    """Return every row of every projection, or of these, with JSON as the text it is kept as."""
    tables = [table for each in projections for table in each.tables] or [
        table for table in metadata.sorted_tables if table not in {POSITION, REBUILD}
    ]
    with reading(engine).connect() as connection:
        return {table.name: _rows(connection, table) for table in tables}


def rebuilt(
    log: EventLog,
    *,
    until: int | None = None,
    engine: sa.Engine | None = None,
    projections: Sequence[Projection] = ALL,
) -> Dump:
    """Return what stands in tables filled anew from the log."""
    fresh = in_memory() if engine is None else engine
    runner = ProjectionRunner(fresh, log, projections)
    runner.rebuild(*(each.name for each in projections), until=until)
    made = dump(fresh)
    fresh.dispose()
    return made


def _empty_connection() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", check_same_thread=False)


@cache
def _with_tables() -> sqlite3.Connection:
    """Return what every database in memory is copied from."""
    made = _empty_connection()
    metadata.create_all(sa.create_engine("sqlite://", creator=lambda: made, poolclass=StaticPool))
    return made


def _rows(connection: sa.Connection, table: sa.Table) -> list[tuple[object, ...]]:
    columns = ", ".join(
        f"CAST({each.name} AS TEXT)" if isinstance(each.type, sa.JSON) else each.name
        for each in table.columns
    )
    rows = connection.exec_driver_sql(f"SELECT {columns} FROM {table.name}")  # noqa: S608 - our names
    return sorted((tuple(map(_one_form, row)) for row in rows), key=repr)


def _one_form(value: object) -> object:
    """Return a value in the form that it has on every database."""
    return int(value) if isinstance(value, bool) else value
