"""The statements by which rows are written and found again, one set for a table in its place.

Rules kept here:

1. A statement is made once for a table and used ever after: making takes longer than running.
2. A table stands in one of two places: where readers read it, or beside, where it is being rebuilt.
   What is written is the same in both.
3. What a database cannot hold does not stop a projection: U+0000, which PostgreSQL refuses in
   text, is shown as U+FFFD. The record keeps what was said.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

Row = dict[str, Any]
"""One row, or one answer of a query, by column name."""

Key = tuple[Any, ...]
"""The values of a primary key, in order of its columns."""

BESIDE_SCHEMA = "projection_beside"
"""The schema of the tables that are being rebuilt, on PostgreSQL; names in it are the real ones."""


_ARRAYS = {
    "Text": "text",
    "JSON": "json",
    "Integer": "int4",
    "BigInteger": "int8",
    "Boolean": "bool",
    "Float": "float8",
}
"""What PostgreSQL calls each type, for rows that are handed over column by column."""


class Place(StrEnum):
    """Where the tables of a projection stand."""

    LIVE = ""
    BESIDE = "__beside"
    FORMER = "__former"


def holdable(value: object) -> object:
    """Return text without U+0000, and anything else as it is."""
    if isinstance(value, str) and "\x00" in value:
        return value.replace("\x00", "\ufffd")
    return value


def name_in(table: sa.Table, place: Place, dialect: str) -> str:
    """Return a table's name in a place, as it stands in a statement."""
    if dialect == "postgresql":
        return f'{BESIDE_SCHEMA}."{table.name}"' if place is Place.BESIDE else f'"{table.name}"'
    return f'"{table.name}{place.value}"'


class Statements:
    """The statements of one table in one place on one kind of database."""

    def __init__(self, table: sa.Table, place: Place, dialect: str) -> None:
        """Make what is needed for every row; the rest is made when it is asked for."""
        self.table = name_in(table, place, dialect)
        self.names = tuple(each.name for each in table.c)
        self.known = frozenset(self.names)
        self.key = tuple(each.name for each in table.primary_key)
        self.empty: Row = dict.fromkeys(self.names)
        self._mark = "%s" if dialect == "postgresql" else "?"
        self._json = frozenset(each.name for each in table.c if isinstance(each.type, sa.JSON))
        self._flags = frozenset(each.name for each in table.c if isinstance(each.type, sa.Boolean))
        self._readers: dict[str, Callable[[Any], object]] = {
            **dict.fromkeys(self._flags, bool),
            # psycopg gives JSON as what it means, SQLite as the text it is kept as.
            **(dict.fromkeys(self._json, json.loads) if dialect == "sqlite" else {}),
        }
        self._many = dialect == "postgresql"
        self._types = [_ARRAYS[type(each.type).__name__] for each in table.c]
        self._texts: dict[tuple[object, ...], str] = {}
        self.upsert = self._upsert()

    def key_of(self, row: Mapping[str, Any]) -> Key:
        """Return the primary key of a row."""
        return tuple([row[name] for name in self.key])

    def whole(self, values: Mapping[str, object]) -> Row:
        """Return a row with every column, as a database can hold it.

        Raises:
            ValueError: the table has no such column.
        """
        if not values.keys() <= self.known:
            unknown = sorted(values.keys() - self.known)
            message = f"{self.table} has no column {', '.join(unknown)}"
            raise ValueError(message)
        return self.held({**self.empty, **values})

    def held(self, values: Row) -> Row:
        """Return values as a database can hold them; what was given is changed where it must be."""
        for name, value in values.items():
            if type(value) is not int and isinstance(value, str) and "\x00" in value:
                values[name] = holdable(value)
        return values

    def bound(self, values: Mapping[str, Any], names: Sequence[str]) -> list[object]:
        """Return values as a statement takes them, in order of these names."""
        if not self._json:
            return [values[name] for name in names]
        return [
            _to_json(values[name])
            if name in self._json and values[name] is not None
            else values[name]
            for name in names
        ]

    def bound_rows(self, rows: Sequence[Row]) -> Any:  # noqa: ANN401 - what the driver takes
        """Return rows as ``upsert`` takes them: one after the other, or column by column."""
        each = [tuple(self.bound(row, self.names)) for row in rows]
        return tuple(map(list, zip(*each, strict=True))) if self._many else each

    def read(self, found: Sequence[Any]) -> Row:
        """Return the row that a database gave."""
        row = dict(zip(self.names, found, strict=True))
        for name, reader in self._readers.items():
            if row[name] is not None:
                row[name] = reader(row[name])
        return row

    def select(self, names: Sequence[str]) -> str:
        """Return what finds rows by these columns."""
        return self._made(
            ("select", *names),
            lambda: f"SELECT {self._list(self.names)} FROM {self.table}{self._where(names)}",  # noqa: S608
        )

    def update(self, names: Sequence[str], key: Sequence[str]) -> str:
        """Return what changes these columns of the rows found by others."""
        return self._made(
            ("update", *names, None, *key),
            lambda: f"UPDATE {self.table} SET {self._marked(names, ', ')}{self._where(key)}",  # noqa: S608
        )

    def delete(self, names: Sequence[str]) -> str:
        """Return what removes the rows found by these columns."""
        return self._made(
            ("delete", *names),
            lambda: f"DELETE FROM {self.table}{self._where(names)}",  # noqa: S608
        )

    def _upsert(self) -> str:
        others = [name for name in self.names if name not in self.key]
        if self._many:
            columns = ", ".join(f"CAST(%s AS {each}[])" for each in self._types)
            values = f"SELECT * FROM unnest({columns})"  # noqa: S608 - only names of types
        else:
            values = f"VALUES ({', '.join('?' * len(self.names))})"
        text = f"INSERT INTO {self.table} ({self._list(self.names)}) {values}"
        if not self.key:
            return text
        if not others:
            return f"{text} ON CONFLICT DO NOTHING"
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
        return f"{text} ON CONFLICT ({self._list(self.key)}) DO UPDATE SET {changes}"

    def _made(self, what: tuple[object, ...], make: Callable[[], str]) -> str:
        text = self._texts.get(what)
        if text is None:
            text = self._texts[what] = make()
        return text

    def _list(self, names: Sequence[str]) -> str:
        return ", ".join(f'"{name}"' for name in names)

    def _marked(self, names: Sequence[str], between: str) -> str:
        return between.join(f'"{name}" = {self._mark}' for name in names)

    def _where(self, names: Sequence[str]) -> str:
        return f" WHERE {self._marked(names, ' AND ')}" if names else ""


_to_json = json.JSONEncoder().encode


@cache
def statements(table: sa.Table, place: Place, dialect: str) -> Statements:
    """Return the statements of a table in a place, made once."""
    return Statements(table, place, dialect)
