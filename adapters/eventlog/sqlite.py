"""The log in an SQLite file, on the library's recorder.

Rules kept here:

1. A writer takes the write lock before it reads anything (``BEGIN IMMEDIATE``): a deferred
   transaction that read first fails with "database is locked" when another one wrote meanwhile.
2. A commit is on the disk before it returns: write-ahead log with ``synchronous = FULL``.
3. Records come in through ``append`` only. The library's own way in would write a record
   without chain and tree, so it is closed; so is its way of making tables.
"""

import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any, NoReturn, TypeVar

from eventsourcing.persistence import (
    ApplicationRecorder,
    ConnectionPoolClosedError,
    InterfaceError,
    Subscription,
)
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

from adapters.database import connect_sqlite
from adapters.eventlog.appending import (
    Appended,
    Appender,
    Batch,
    Found,
    Head,
    Last,
    Outcome,
    Place,
    Request,
)
from adapters.eventlog.failures import database_errors
from adapters.eventlog.grouping import Groups
from adapters.eventlog.rows import Row
from adapters.eventlog.statements import STORED_COLUMNS, statements
from adapters.eventlog.subscription import SqlitePositions, SqliteSubscription
from adapters.ledger.tree_store import NodeRow
from domain.ports import Clock

T = TypeVar("T")

_SELECT = statements("rowid", "?")
_INSERT = f"INSERT INTO records (rowid, {', '.join(STORED_COLUMNS)}) VALUES "  # noqa: S608 - our names
_INSERT_NODES = "INSERT INTO tree_nodes (seq, hashes) VALUES "
_INSERT_OWNER = "INSERT INTO log_owner (only_row, clinic) VALUES (1, ?)"
_ROWS_AT_ONCE = (32, 16, 8, 4, 2, 1)

Connection = sqlite3.Connection


class _Transaction(SQLiteTransaction):
    """The library's transaction, but a writer's takes the write lock first."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        return cursor


class _Connection(SQLiteConnection):
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with _Transaction(self, commit=commit) as cursor:
            yield cursor


class _Pool(SQLiteConnectionPool):
    def _create_connection(self) -> _Connection:
        try:
            connection = connect_sqlite(self.db_name, lock_timeout_s=self.pool_timeout)
        except sqlite3.Error as error:
            raise InterfaceError(error) from error
        connection.row_factory = sqlite3.Row  # as the library reads
        return _Connection(sqlite_conn=connection, max_age=self.max_age)


class SqliteDatastore(SQLiteDatastore):
    """The library's datastore with durable connections, closed only when nobody uses them."""

    def __init__(self, name: str, *, lock_timeout_s: float) -> None:
        """Use the file or URI ``name``; a writer waits at most ``lock_timeout_s``."""
        self._lock_timeout_s = lock_timeout_s
        self._users = 0
        self._closed = False
        self._changed = threading.Condition(threading.Lock())
        super().__init__(name, originator_id_type="text")
        self.pool = _Pool(db_name=name, pool_timeout=lock_timeout_s)

    @contextmanager
    def get_connection(self, *, commit: bool) -> Iterator[SQLiteConnection]:
        """Lend a connection until the block ends."""
        lent = self.lend(writing=commit)
        try:
            yield lent
        finally:
            self.take_back(lent)

    def lend(self, *, writing: bool) -> SQLiteConnection:
        """Lend a connection; ``take_back`` must follow."""
        with self._changed:
            if self._closed:
                raise ConnectionPoolClosedError
            self._users += 1
        try:
            return self.pool.get_connection(is_writer=writing)
        except BaseException:
            self._forget_user()
            raise

    def take_back(self, lent: SQLiteConnection) -> None:
        """Take a connection back."""
        try:
            self.pool.put_connection(lent)
        finally:
            self._forget_user()

    def _forget_user(self) -> None:
        with self._changed:
            self._users -= 1
            if self._closed:
                self._changed.notify_all()

    def close(self) -> None:
        """Lend no more, wait for what is lent, then close.

        SQLite crashes the process when a connection is closed under the thread that uses it,
        so what is not given back in time stays open until the process ends.
        """
        with self._changed:
            self._closed = True
            if self._changed.wait_for(lambda: self._users == 0, self._lock_timeout_s):
                super().close()


class SqliteRecords(SQLiteApplicationRecorder):
    """The library's recorder over our tables."""

    datastore: SqliteDatastore

    def __init__(self, name: str, *, clinic: str, clock: Clock, lock_timeout_s: float) -> None:
        """Use the database in the file or URI ``name`` for this clinic's log."""
        with database_errors():
            super().__init__(
                SqliteDatastore(name, lock_timeout_s=lock_timeout_s), events_table_name="records"
            )
        self._appender = Appender(clinic=clinic, clock=clock)
        self._groups = Groups(self._write)

    def append(self, batch: Batch) -> tuple[Row, ...]:
        """Record sealed drafts, or return what stands in their place already."""
        return self._groups.append(batch)

    def _write(self, batches: Sequence[Batch]) -> list[Outcome]:
        with database_errors():
            lent = self.datastore.lend(writing=True)
            try:
                appended = self._append(_driver(lent), batches)
            finally:
                self.datastore.take_back(lent)
        self._appender.committed(appended)
        return appended.outcomes

    def _append(self, connection: Connection, batches: Sequence[Batch]) -> Appended:
        connection.execute("BEGIN IMMEDIATE")
        try:
            appended = self._appender.append(_Writing(connection), batches)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # some errors have rolled back already
                connection.execute("ROLLBACK")
            raise
        return appended

    def owner(self) -> str | None:
        """Return the clinic whose log it is; None before the first record."""
        found = self._all(_SELECT.owner)
        return found[0][0] if found else None

    def size(self) -> int:
        """Return the number of records."""
        return int(self._all(_SELECT.size)[0][0] or 0)

    def stream(self, stream: str, after_version: int) -> list[Row]:
        """Return a stream's rows after a version."""
        return self._rows(_SELECT.stream, stream, after_version)

    def first(self, stream: str) -> list[Row]:
        """Return a stream's first row; none for a new stream."""
        return self._rows(_SELECT.at, stream, 1)

    def after(self, position: int, limit: int) -> list[Row]:
        """Return at most ``limit`` rows after a position."""
        return self._rows(_SELECT.after, position, limit)

    def recorded(self, actor: str, idempotency_key: str) -> list[Row]:
        """Return the rows of one request."""
        return self._rows(_SELECT.recorded, actor, idempotency_key)

    def of_key(self, key: str, position: int, limit: int) -> list[Row]:
        """Return at most ``limit`` rows under a data key after a position."""
        return self._rows(_SELECT.of_key, key, position, limit)

    def nodes(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        """Return the tree's rows for these seqs."""
        return dict(self._all(_nodes_statement(len(seqs)), *seqs))

    def positions(self, gt: int) -> SqlitePositions:
        """Subscribe to newest positions."""
        return SqlitePositions(self, gt=gt)

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Subscribe to stored events, which the library cannot do on SQLite."""
        return SqliteSubscription(self, gt=gt, topics=topics)

    def insert_events(self, *_: object, **__: object) -> NoReturn:
        """Refuse: a record without chain and tree is none."""
        raise NotImplementedError("records are appended sealed, with chain and tree")

    def create_table(self) -> NoReturn:
        """Refuse: Alembic owns every table."""
        raise NotImplementedError("Alembic owns every table")

    def close(self) -> None:
        """Close all connections."""
        self.datastore.close()

    def _rows(self, statement: str, *values: object) -> list[Row]:
        return list(map(Row._make, self._all(statement, *values)))

    def _all(self, statement: str, *values: object) -> list[Any]:
        with database_errors(), self.datastore.get_connection(commit=False) as lent:
            return _all(_driver(lent), statement, *values)


class _Writing:
    """One append's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, streams: Collection[str], requests: Collection[Request]) -> Found:
        last = _all(self._connection, _SELECT.last)
        heads: dict[str, Head] = {}
        for stream in streams:
            for head in _all(self._connection, _SELECT.head, stream):
                heads[stream] = head
        recorded: list[Row] = []
        for some in _pieces(list(requests)):
            recorded += self._rows(_recorded_statement(len(some)), *chain.from_iterable(some))
        return Found(Last(*last[0]) if last else Last(), heads, recorded)

    def owner(self) -> str | None:
        found = _all(self._connection, _SELECT.owner)
        return str(found[0][0]) if found else None

    def at(self, places: Collection[Place]) -> list[Row]:
        return sorted(row for each in places for row in self._rows(_SELECT.at, *each))

    def nodes(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        return dict(_all(self._connection, _nodes_statement(len(seqs)), *seqs))

    def insert(self, owner: str | None, rows: Sequence[Row], nodes: Sequence[NodeRow]) -> None:
        if owner is not None:
            self._connection.execute(_INSERT_OWNER, (owner,))
        insert_rows(self._connection, rows, nodes)

    def _rows(self, statement: str, *values: object) -> list[Row]:
        return list(map(Row._make, _all(self._connection, statement, *values)))


def _driver(lent: SQLiteConnection) -> Connection:
    return lent._sqlite_conn  # noqa: SLF001 - the library keeps it there


def insert_rows(connection: Connection, rows: Sequence[Row], nodes: Sequence[NodeRow]) -> None:
    """Insert records and tree, checked by nothing but the tables' own rules."""
    _insert(connection, _INSERT, rows)
    _insert(connection, _INSERT_NODES, nodes)


def _insert(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, several with each statement.

    A statement lets go of the interpreter while it runs. With one statement for each row, every
    thread that computes meanwhile would hold up the writer, and all who wait for it, row by row.
    """
    for some in _pieces(rows):
        connection.execute(
            _with_values(statement, len(some), len(some[0])), tuple(chain.from_iterable(some))
        )


def _pieces(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield all items in pieces of few different sizes, for each is a statement of its own."""
    if len(items) == 1:
        yield items
        return
    done = 0
    for count in _ROWS_AT_ONCE:
        while len(items) - done >= count:
            yield items[done : done + count]
            done += count


@cache
def _recorded_statement(requests: int) -> str:
    columns = ", ".join(f"found.{column}" for column in ("rowid", *STORED_COLUMNS))
    marks = ", ".join(["(?, ?)"] * requests)
    return (
        f"WITH asked (actor, request) AS (VALUES {marks}) "  # noqa: S608 - only our names and marks
        f"SELECT {columns} FROM asked CROSS JOIN records AS found "
        "WHERE found.actor = asked.actor AND found.idempotency_key = asked.request "
        "ORDER BY found.rowid"
    )


@cache
def _with_values(statement: str, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return statement + ", ".join([row] * rows)


def _nodes_statement(count: int) -> str:
    marks = ", ".join("?" * count)
    return f"SELECT seq, hashes FROM tree_nodes WHERE seq IN ({marks})"  # noqa: S608 - only marks


def _all(connection: Connection, statement: str, *values: object) -> list[Any]:
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(statement, values).fetchall()
