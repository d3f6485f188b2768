"""How far each projection has come, and holding that place while it is moved.

Rules kept here:

1. Whoever moves a projection holds its place first, so that nobody else moves it meanwhile.
2. Places are held in order of name, so that two who hold several never wait for each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from projections.tables import POSITION, Projection
from projections.writing import Rows

BEFORE_THE_FIRST = 0
"""The version of a projection that has no place yet."""

BEING_MADE = -1
"""The version of one that has none because its first rows are being made beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a projection has come.

    Attributes:
        name: The projection.
        version: The version its rows were built with, or one of those above.
        seq: The last record applied, -1 for none.
        stalled_seq: The record it cannot apply, when there is one.
        stalled_why: The kind of error, when it is stalled.
    """

    name: str
    version: int = BEFORE_THE_FIRST
    seq: int = -1
    stalled_seq: int | None = None
    stalled_why: str | None = None


def load_positions(connection: sa.Connection, names: Iterable[str]) -> tuple[Position, ...]:
    """Return the position of each of these projections, in order of name."""
    rows = connection.execute(sa.select(POSITION)).mappings()
    found = {row["name"]: Position(**row) for row in rows}
    return tuple(found.get(name, Position(name=name)) for name in sorted(names))


def hold_places(
    connection: sa.Connection, projections: Sequence[Projection]
) -> dict[str, Position]:
    """Return positions by name and keep everybody else from moving these projections."""
    names = sorted(each.name for each in projections)
    query = sa.select(POSITION).where(POSITION.c.name.in_(names)).order_by(POSITION.c.name)
    query = query.with_for_update()
    held = {row["name"]: Position(**row) for row in connection.execute(query).mappings()}
    if len(held) < len(names):
        for each in sorted(projections, key=lambda each: each.name):
            if each.name not in held:
                begin_place(connection, each, each.version)
        # Two that begin together: the second waits above for the first, and finds its row here.
        held = {row["name"]: Position(**row) for row in connection.execute(query).mappings()}
    return held


def begin_place(connection: sa.Connection, projection: Projection, version: int) -> None:
    """Insert the first place of a projection unless there is one."""
    table = POSITION.name
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    connection.exec_driver_sql(
        f"INSERT INTO {table} (name, version, seq) VALUES ({mark}, {mark}, -1) "  # noqa: S608
        "ON CONFLICT DO NOTHING",
        (projection.name, version),
    )


def set_places(connection: sa.Connection, projections: Iterable[Projection], seq: int) -> None:
    """Set the last record applied; nothing stalls these projections any more."""
    rows = Rows(connection)
    for each in projections:
        rows.put(POSITION, name=each.name, version=each.version, seq=seq)
    rows.flush()


def set_stall(connection: sa.Connection, projection: Projection, seq: int, why: str) -> bool:
    """Set the record that cannot be applied; return whether that is news.

    Nothing changes where another process got past the record meanwhile.
    """
    stalled = (POSITION.c.stalled_seq == seq, POSITION.c.stalled_why == why)
    changed = connection.execute(
        sa.update(POSITION)
        .where(
            POSITION.c.name == projection.name,
            POSITION.c.version == projection.version,
            POSITION.c.seq == seq - 1,
            sa.or_(POSITION.c.stalled_seq.is_(None), sa.not_(sa.and_(*stalled))),
        )
        .values(stalled_seq=seq, stalled_why=why)
    )
    return changed.rowcount > 0
