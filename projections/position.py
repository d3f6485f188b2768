"""How far each projection has come, and holding that place while it is moved.

Rules kept here:

1. Whoever moves a projection holds its place first, so that nobody else moves it meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from projections.rows import put_new
from projections.tables import POSITION, Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a projection has come.

    Attributes:
        name: The projection.
        version: The version its rows were built with; 0 before the first.
        seq: The last record applied, -1 for none.
        stalled_seq: The record it cannot apply, when there is one.
        stalled_why: The kind of error, when it is stalled.
    """

    name: str
    version: int = 0
    seq: int = -1
    stalled_seq: int | None = None
    stalled_why: str | None = None


def load_positions(connection: sa.Connection, names: Iterable[str]) -> tuple[Position, ...]:
    """Return the position of each of these projections, in order of name."""
    rows = connection.execute(sa.select(POSITION)).mappings()
    found = {row["name"]: Position(**row) for row in rows}
    return tuple(found.get(name, Position(name=name)) for name in sorted(names))


def hold_place(connection: sa.Connection, projection: Projection) -> Position:
    """Return a projection's position and keep everybody else from moving it."""
    name = projection.name
    found = sa.select(POSITION).where(POSITION.c.name == name).with_for_update()
    row = connection.execute(found).mappings().one_or_none()
    if row is None:
        # Two that begin together: the second waits here for the first, and finds its row.
        put_new(connection, POSITION, name=name, version=projection.version, seq=-1)
        row = connection.execute(found).mappings().one()
    return Position(**row)


def set_place(connection: sa.Connection, projection: Projection, seq: int) -> None:
    """Set the last record applied; nothing stalls any more."""
    connection.execute(
        sa.update(POSITION)
        .where(POSITION.c.name == projection.name)
        .values(version=projection.version, seq=seq, stalled_seq=None, stalled_why=None)
    )


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
