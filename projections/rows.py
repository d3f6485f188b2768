"""How rows are written and read back: the few statements every projection needs.

Rules kept here:

1. A row is put by its primary key, so that applying a record again leaves the same rows.
2. What belongs to a subject carries the subject, so that erasure finds it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from domain.events.codec import Plain, to_plain
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.values.identifiers import SubjectId

Row = dict[str, Any]
"""One row, or one answer of a query, by column name."""


def put(connection: sa.Connection, table: sa.Table, **values: object) -> None:
    """Insert a row, in place of any with the same primary key."""
    key = _key(table, values)
    connection.execute(sa.delete(table).where(key))
    connection.execute(sa.insert(table).values(**values))


def change(
    connection: sa.Connection, table: sa.Table, key: Mapping[str, object], **to: object
) -> None:
    """Change columns of the rows with these key values; no row, no change."""
    where = sa.and_(*(table.c[name] == value for name, value in key.items()))
    connection.execute(sa.update(table).where(where).values(**to))


def one(connection: sa.Connection, table: sa.Table, **key: object) -> Row | None:
    """Return the row with these key values, or none."""
    where = sa.and_(*(table.c[name] == value for name, value in key.items()))
    found = connection.execute(sa.select(table).where(where)).mappings().one_or_none()
    return None if found is None else dict(found)


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


def forget(connection: sa.Connection, tables: Iterable[sa.Table], subject: str) -> None:
    """Remove everything that came from a subject's content."""
    for table in tables:
        connection.execute(sa.delete(table).where(table.c.subject == subject))


def subject_of(record: Record) -> str | None:
    """Return the subject under whose key a record stands, if it does."""
    kind, _, name = record.key.partition(":")
    return name if kind == "subject" else None


def _key(table: sa.Table, values: Mapping[str, object]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == values[column.name] for column in table.primary_key))
