"""How rows are written and read back: the few statements every projection needs.

Rules kept here:

1. A row is put by its primary key, so that applying a record again leaves the same rows.
2. What belongs to a subject carries the subject, so that erasure finds it.
3. A statement is built once for a table and used ever after: building takes longer than running.
4. What a database cannot hold does not stop a projection: U+0000, which PostgreSQL refuses in
   text, is shown as U+FFFD. The record keeps what was said.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from domain.events.codec import Plain, to_plain
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.values.identifiers import SubjectId

Row = dict[str, Any]
"""One row, or one answer of a query, by column name."""


def put(connection: sa.Connection, table: sa.Table, **values: object) -> None:
    """Insert a row, in place of any with the same primary key; what is not given is empty."""
    statement = _upsert(table, connection.dialect.name, replacing=True)
    connection.execute(statement, _whole(table, values))


def put_new(connection: sa.Connection, table: sa.Table, **values: object) -> None:
    """Insert a row unless there is one with the same primary key; what is not given is empty."""
    statement = _upsert(table, connection.dialect.name, replacing=False)
    connection.execute(statement, _whole(table, values))


def change(
    connection: sa.Connection, table: sa.Table, key: Mapping[str, object], **to: object
) -> None:
    """Change columns of the rows with these key values; no row, no change."""
    values = {name: holdable(value) for name, value in to.items()}
    connection.execute(_update(table, tuple(key)), {**_wanted(key), **values})


def one(connection: sa.Connection, table: sa.Table, **key: object) -> Row | None:
    """Return the row with these key values, or none."""
    row = connection.execute(_select(table, tuple(key)), _wanted(key)).mappings().one_or_none()
    return None if row is None else dict(row)


def every(connection: sa.Connection, query: sa.Select[Any]) -> list[Row]:
    """Return all rows of a query."""
    return [dict(found) for found in connection.execute(query).mappings()]


def plain(value: object) -> Plain:
    """Return the JSON form of a value of the domain."""
    return to_plain(value)


def holdable(value: object) -> object:
    """Return text without U+0000, and anything else as it is."""
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


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


def _whole(table: sa.Table, values: Mapping[str, object]) -> Row:
    unknown = values.keys() - table.c.keys()
    if unknown:
        message = f"{table.name} has no column {', '.join(sorted(unknown))}"
        raise ValueError(message)
    return {each.name: holdable(values.get(each.name)) for each in table.c}


def _wanted(key: Mapping[str, object]) -> Row:
    return {f"wanted_{name}": holdable(value) for name, value in key.items()}


@cache
def _upsert(table: sa.Table, dialect: str, *, replacing: bool) -> sa.Insert:
    row = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    others = {each.name: row.excluded[each.name] for each in table.c if not each.primary_key}
    if not replacing or not others:
        return row.on_conflict_do_nothing()
    keys = [each.name for each in table.primary_key]
    return row.on_conflict_do_update(index_elements=keys, set_=others)


@cache
def _update(table: sa.Table, key: tuple[str, ...]) -> sa.Update:
    return sa.update(table).where(_matches(table, key))


@cache
def _select(table: sa.Table, key: tuple[str, ...]) -> sa.Select[Any]:
    return sa.select(table).where(_matches(table, key))


def _matches(table: sa.Table, key: tuple[str, ...]) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == sa.bindparam(f"wanted_{name}") for name in key))
