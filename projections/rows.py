"""How rows are read back, and what a record says about whose rows it makes.

Rules kept here:

1. A statement is built once for a table and used ever after: building takes longer than running.
2. What belongs to a subject carries the subject, so that erasure finds it.
"""

from functools import cache
from typing import Any, get_args

import sqlalchemy as sa

from domain.events.codec import Plain, to_plain
from domain.events.names import NAME_OF
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.values.identifiers import SubjectId
from projections.statements import Row, holdable

__all__ = ["Row", "erased_subject", "every", "holdable", "names_of", "one", "plain", "subject_of"]


def one(connection: sa.Connection, table: sa.Table, **key: object) -> Row | None:
    """Return the row with these key values, or none."""
    wanted = {f"wanted_{name}": holdable(value) for name, value in key.items()}
    row = connection.execute(_select(table, tuple(key)), wanted).mappings().one_or_none()
    return None if row is None else dict(row)


def every(connection: sa.Connection, query: sa.Select[Any]) -> list[Row]:
    """Return all rows of a query."""
    return [dict(found) for found in connection.execute(query).mappings()]


def plain(value: object) -> Plain:
    """Return the JSON form of a value of the domain."""
    return to_plain(value)


def erased_subject(record: Record) -> str | None:
    """Return the subject whose content a record erased, if it did."""
    if isinstance(record.event, SubjectKeyDestroyed):
        return str(SubjectId.of_stream(record.stream))
    return None


def names_of(*kinds: object) -> frozenset[str]:
    """Return the names under which events of these types, or unions of types, are recorded."""
    return frozenset(NAME_OF[event][0] for kind in kinds for event in get_args(kind) or (kind,))


def subject_of(record: Record) -> str | None:
    """Return the subject under whose key a record stands, if it does."""
    kind, _, name = record.key.partition(":")
    return name if kind == "subject" else None


@cache
def _select(table: sa.Table, key: tuple[str, ...]) -> sa.Select[Any]:
    return sa.select(table).where(
        sa.and_(*(table.c[name] == sa.bindparam(f"wanted_{name}") for name in key))
    )
