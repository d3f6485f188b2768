"""The notes of the rebuilds that were begun, and the erasures that what stands beside must take.

Rules kept here:

1. An erasure that is applied while tables stand beside is applied to them in the same transaction.
2. Places are held before rebuilds, so that nobody waits for each other.
"""

from collections.abc import Sequence

import sqlalchemy as sa
import structlog

from domain.events.record import Record
from projections import beside
from projections.applying import AWAY, Erased
from projections.position import set_places, set_stall
from projections.rows import erased_subject
from projections.statements import Place
from projections.tables import ERASED, REBUILD, Projection
from projections.writing import Rows

_log = structlog.get_logger()


def erase_beside(
    connection: sa.Connection, projections: Sequence[Projection], records: Sequence[Record]
) -> None:
    """Apply erasures to what stands beside, in the transaction that applies them.

    Tables that cannot take one are discarded; their rebuild begins again.
    """
    if not records:
        return
    held = held_rebuilds(connection, projections)
    for each in projections:
        row = held.get(each.name)
        if row is None or row["version"] != each.version:
            continue
        try:
            with connection.begin_nested():
                for record in records:
                    _erase(connection, each, record)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - told, and made good by beginning again
            _log.error("rebuild discarded", projection=each.name, error=type(error).__name__)
            forget_rebuild(connection, each.name)
            beside.discard(connection, {table.name for table in each.tables})


def _erase(connection: sa.Connection, projection: Projection, record: Record) -> None:
    rows = Rows(
        connection,
        place=Place.BESIDE,
        index=lambda table, names: index_by(connection, table, names),
    )
    projection.apply(rows, record)
    rows.flush()
    Erased(connection, Place.BESIDE).add([projection], f"subject:{erased_subject(record)}")


def index_by(connection: sa.Connection, table: sa.Table, names: Sequence[str]) -> None:
    """Make the index by which rows of a table that stands beside are found by these columns."""
    if next(iter(table.primary_key)).name in names:
        return
    for index in beside.indexes(table, connection.dialect.name):
        if next(iter(index.columns)).name in names:
            beside.make_index(connection, index)
            return


def held_rebuilds(
    connection: sa.Connection, projections: Sequence[Projection]
) -> dict[str, sa.RowMapping]:
    """Return the rebuilds of these projections by name and keep everybody else from moving them."""
    query = sa.select(REBUILD).where(REBUILD.c.name.in_([each.name for each in projections]))
    query = query.order_by(REBUILD.c.name).with_for_update()
    return {row["name"]: row for row in connection.execute(query).mappings()}


def take_over(
    connection: sa.Connection, projection: Projection, seq: int, stop: tuple[int, str] | None
) -> None:
    """Let the place of a projection be that of the tables it has now."""
    name = projection.name
    beside_name = f"{name}{Place.BESIDE.value}"
    connection.execute(sa.delete(ERASED).where(ERASED.c.projection == name))
    renamed = sa.update(ERASED).where(ERASED.c.projection == beside_name).values(projection=name)
    connection.execute(renamed)
    forget_rebuild(connection, name)
    set_places(connection, [projection], seq)
    if stop is not None:
        set_stall(connection, projection, *stop)


def forget_rebuild(connection: sa.Connection, name: str) -> None:
    """Remove the note of a rebuild, and the keys it knew to be destroyed."""
    beside_name = f"{name}{Place.BESIDE.value}"
    connection.execute(sa.delete(REBUILD).where(REBUILD.c.name == name))
    connection.execute(sa.delete(ERASED).where(ERASED.c.projection == beside_name))
