"""Gathers what a batch of records writes, so that each row goes to the database once.

Rules kept here:

1. Whoever asks for a row sees what was written to it before, gathered or not.
2. Rows are gathered by primary key: the last state of each goes out, whatever came between.
3. What is removed is removed at once, after everything gathered for its table went out.
4. Nothing is kept from one transaction to the next: between them others may write.

A change of a row that nobody asked for is kept as a change and sent as one; it is merged once the
row is known.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import MultipleResultsFound

from projections.statements import Key, Place, Row, Statements, holdable, statements

Value = tuple[Any, ...]
_CACHE_KIB = 64 * 1024


@contextmanager
def overwriting(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Begin a transaction in which SQLite overwrites what is removed."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
        yield connection


@dataclass(slots=True)
class _Gathered:
    """What is known and to be written of one table.

    Attributes:
        how: The table's statements.
        rows: Rows that are known, none for those known not to be there.
        dirty: Keys of the rows to be written whole, in order of their first change.
        changes: Changes to rows that are not known.
        lookups: For columns other than the key by which rows are asked for: keys by values.
    """

    how: Statements
    rows: dict[Key, Row | None] = field(default_factory=dict)
    dirty: dict[Key, None] = field(default_factory=dict)
    changes: dict[Key, Row] = field(default_factory=dict)
    lookups: dict[tuple[str, ...], dict[Value, dict[Key, None]]] = field(default_factory=dict)

    def know(self, key: Key, row: Row | None) -> None:
        """Remember a row as it is now."""
        self.rows[key] = row
        if row is not None:
            for names, found in self.lookups.items():
                found.setdefault(tuple([row[name] for name in names]), {})[key] = None


class Rows:
    """The rows of projections inside one transaction; call ``flush`` before it ends."""

    def __init__(
        self,
        connection: sa.Connection,
        *,
        place: Place = Place.LIVE,
        opened: AbstractSet[str] | None = None,
        index: Callable[[sa.Table, Sequence[str]], None] | None = None,
    ) -> None:
        """Write through this connection to the tables in this place.

        Args:
            connection: A transaction.
            place: Where the tables stand.
            opened: The data keys whose content the tables were filled with, where all are known.
            index: Called before rows are looked for by columns other than their key.
        """
        self._connection = connection
        self._opened = opened
        self._index = index
        self._place = place
        self._dialect = connection.dialect.name
        self._tables: dict[sa.Table, _Gathered] = {}

    def put(self, table: sa.Table, **values: object) -> None:
        """Put a row, in place of any with the same primary key; what is not given is empty."""
        gathered = self._of(table)
        row = gathered.how.whole(values)
        key = gathered.how.key_of(row)
        gathered.changes.pop(key, None)
        gathered.dirty[key] = None
        gathered.know(key, row)

    def change(self, table: sa.Table, key: Mapping[str, object], **to: object) -> None:
        """Change columns of the rows with these key values; no row, no change."""
        gathered = self._of(table)
        how = gathered.how
        if key.keys() != set(how.key) or not to.keys().isdisjoint(how.key):
            self._look_by(table, tuple(key))
            self._change_at_once(gathered, key, to)
            return
        place = tuple([holdable(key[name]) for name in how.key])
        changes = how.held(to)
        asked_for = any(name in changes for names in gathered.lookups for name in names)
        if place not in gathered.rows and not asked_for:
            gathered.changes.setdefault(place, {}).update(changes)
            return
        row = self._known(gathered, place)
        if row is None:
            return
        gathered.dirty[place] = None
        if gathered.lookups:
            gathered.know(place, row | changes)
        else:
            row.update(changes)

    def one(self, table: sa.Table, **key: object) -> Row | None:
        """Return the row with these values, or none.

        Whoever asks by other columns than the primary key's knows that there is at most one.

        Raises:
            MultipleResultsFound: several were met.
        """
        gathered = self._of(table)
        if key.keys() == set(gathered.how.key):
            place = tuple([holdable(key[name]) for name in gathered.how.key])
            row = self._known(gathered, place)
            return None if row is None else dict(row)
        found = self._met(gathered, key) or self.matching(table, **key)
        if len(found) > 1:
            raise MultipleResultsFound
        return found[0] if found else None

    def matching(self, table: sa.Table, **key: object) -> list[Row]:
        """Return the rows with these values, in order of primary key."""
        gathered = self._of(table)
        names = tuple(key)
        if names not in gathered.lookups:
            self._flush(gathered)
            self._look_by(table, names)
            gathered.lookups[names] = {}
            for place, row in gathered.rows.items():
                gathered.know(place, row)
        for found in self._fetch(gathered.how.select(names), _held(key)):
            row = gathered.how.read(found)
            place = gathered.how.key_of(row)
            if place not in gathered.rows:
                self._learn(gathered, place, row)
        return self._met(gathered, key)

    def remove(self, table: sa.Table, **key: object) -> None:
        """Remove the rows with these values."""
        found = self.matching(table, **key)
        if found:
            gathered = self._of(table)
            self._flush(gathered)
            self._run(gathered.how.delete(tuple(key)), _held(key))
            gathered.rows.update(dict.fromkeys(map(gathered.how.key_of, found)))

    def forget(self, tables: Iterable[sa.Table], subject: str) -> None:
        """Remove everything that came from a subject's content."""
        if self.may_hold(subject):
            for table in tables:
                self.remove(table, subject=subject)

    def may_hold(self, subject: str) -> bool:
        """Return whether something of a subject's content can stand in these tables."""
        return self._opened is None or f"subject:{subject}" in self._opened

    def flush(self) -> None:
        """Write everything that is gathered."""
        for gathered in self._tables.values():
            self._flush(gathered)

    def _of(self, table: sa.Table) -> _Gathered:
        gathered = self._tables.get(table)
        if gathered is None:
            how = statements(table, self._place, self._dialect)
            gathered = self._tables[table] = _Gathered(how)
        return gathered

    def _met(self, gathered: _Gathered, key: Mapping[str, object]) -> list[Row]:
        """Return the known rows with these values, in order of primary key."""
        names, wanted = tuple(key), _held(key)
        places = gathered.lookups.get(names, {}).get(wanted, {})
        rows = [row for place in sorted(places) if (row := gathered.rows[place]) is not None]
        return [dict(row) for row in rows if tuple([row[name] for name in names]) == wanted]

    def _look_by(self, table: sa.Table, names: Sequence[str]) -> None:
        if self._index is not None:
            self._index(table, names)

    def _known(self, gathered: _Gathered, place: Key) -> Row | None:
        """Return a row as it is now, from the database where it is not known."""
        if place not in gathered.rows:
            how = gathered.how
            found = self._fetch(how.select(how.key), place)
            self._learn(gathered, place, how.read(found[0]) if found else None)
        return gathered.rows[place]

    def _learn(self, gathered: _Gathered, place: Key, row: Row | None) -> None:
        """Remember what the database holds, with the changes that it does not hold yet."""
        changes = gathered.changes.pop(place, None)
        if row is not None and changes is not None:
            gathered.dirty[place] = None
            row |= changes
        gathered.know(place, row)

    def _change_at_once(self, gathered: _Gathered, key: Mapping[str, object], to: Row) -> None:
        """Change rows where they are, and forget what was known of the table."""
        self._flush(gathered)
        values = gathered.how.bound(gathered.how.held(to), tuple(to))
        text = gathered.how.update(tuple(to), tuple(key))
        self._run(text, (*values, *_held(key)))
        gathered.rows.clear()
        gathered.lookups.clear()

    def _flush(self, gathered: _Gathered) -> None:
        how, rows = gathered.how, gathered.rows
        if gathered.dirty:
            whole = [row for place in gathered.dirty if (row := rows[place]) is not None]
            if whole:
                self._connection.exec_driver_sql(how.upsert, how.bound_rows(whole))
            gathered.dirty.clear()
        if gathered.changes:
            alike: dict[tuple[str, ...], list[tuple[object, ...]]] = {}
            for place, changes in gathered.changes.items():
                names = tuple(changes)
                alike.setdefault(names, []).append((*how.bound(changes, names), *place))
            for names, values in alike.items():
                self._run_each(how.update(names, how.key), values)
            gathered.changes.clear()

    def _fetch(self, text: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        return self._connection.exec_driver_sql(text, tuple(values)).all()

    def _run(self, text: str, values: Sequence[object]) -> None:
        self._connection.exec_driver_sql(text, tuple(values))

    def _run_each(self, text: str, values: list[tuple[object, ...]]) -> None:
        if values:
            self._connection.exec_driver_sql(text, values)


def _held(key: Mapping[str, object]) -> tuple[object, ...]:
    """Return key values as a statement takes them."""
    return tuple([holdable(each) for each in key.values()])
