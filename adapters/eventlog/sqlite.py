"""The log in an SQLite file, on the library's recorder.

Rules kept here:

1. A writer takes the write lock before it reads anything (``BEGIN IMMEDIATE``): a deferred
   transaction that read first fails with "database is locked" when another one wrote meanwhile.
2. A commit is on the disk before it returns: write-ahead log with ``synchronous = FULL``.
3. Records come in through ``append`` only. The library's own way in would write a record
   without chain and tree, so it is closed; so is its way of making tables.
"""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from eventsourcing.persistence import (
    ApplicationRecorder,
    ConnectionPoolClosedError,
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

from adapters.eventlog.appending import LogState, Place, Request, append
from adapters.eventlog.failures import database_errors
from adapters.eventlog.rows import Row
from adapters.eventlog.sealing import Sealed
from adapters.eventlog.statements import STORED_COLUMNS, statements
from adapters.eventlog.subscription import SqlitePositions, SqliteSubscription
from adapters.ledger.tree_store import Edge, NodeRow
from domain.ledger.chain import StreamHead
from domain.ports import Clock

_SELECT = statements("rowid", "?")
_INSERT = (
    f"INSERT INTO records (rowid, {', '.join(STORED_COLUMNS)}) "  # noqa: S608 - only our names
    f"VALUES ({', '.join('?' * (1 + len(STORED_COLUMNS)))})"
)
_INSERT_NODES = "INSERT INTO tree_nodes (seq, hashes) VALUES (?, ?)"
_INSERT_OWNER = "INSERT INTO log_owner (only_row, clinic) VALUES (1, ?)"


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
    def _create_connection(self) -> SQLiteConnection:
        made = super()._create_connection()
        connection = made._sqlite_conn  # noqa: SLF001 - the library keeps it there
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {round(self.pool_timeout * 1000)}")
        return _Connection(sqlite_conn=connection, max_age=self.max_age)


class SqliteDatastore(SQLiteDatastore):
    """The library's datastore with durable connections, closed only when nobody uses them."""

    def __init__(self, name: str, *, lock_timeout_s: float) -> None:
        """Use the file or URI ``name``; a writer waits at most ``lock_timeout_s``."""
        self._lock_timeout_s = lock_timeout_s
        self._users = 0
        self._closed = False
        self._changed = threading.Condition()
        super().__init__(name, originator_id_type="text")
        self.pool = _Pool(db_name=name, pool_timeout=lock_timeout_s)

    @contextmanager
    def get_connection(self, *, commit: bool) -> Iterator[SQLiteConnection]:
        """Lend a connection until the block ends."""
        with self._changed:
            if self._closed:
                raise ConnectionPoolClosedError
            self._users += 1
        try:
            with super().get_connection(commit=commit) as connection:
                yield connection
        finally:
            with self._changed:
                self._users -= 1
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
        self._clinic = clinic
        self._clock = clock
        self._edge: Edge | None = None

    def append(self, sealed: Sequence[Sealed]) -> tuple[Row, ...]:
        """Record sealed drafts, or return what stands in their place already."""
        with database_errors(), self.datastore.transaction(commit=True) as cursor:
            appended = append(
                _Writing(cursor), sealed, clinic=self._clinic, clock=self._clock, edge=self._edge
            )
        if appended.edge is not None:  # kept only now: a rolled back edge never existed
            self._edge = appended.edge
        return appended.rows

    def owner(self) -> str | None:
        """Return the clinic whose log it is; None before the first record."""
        found = self._all(_SELECT.owner)
        return found[0][0] if found else None

    def size(self) -> int:
        """Return the number of records."""
        with database_errors():
            return self.max_notification_id() or 0

    def stream(self, stream: str, after_version: int) -> list[Row]:
        """Return a stream's rows after a version."""
        return self._rows(_SELECT.stream, stream, after_version)

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
        return [Row(*row) for row in self._all(statement, *values)]

    def _all(self, statement: str, *values: object) -> list[Any]:
        with database_errors(), self.datastore.transaction(commit=False) as cursor:
            return _all(cursor, statement, *values)


class _Writing:
    """One append's transaction."""

    def __init__(self, cursor: SQLiteCursor) -> None:
        self._cursor = cursor

    def state(self, streams: Collection[str], requests: Collection[Request]) -> LogState:
        owner = _all(self._cursor, _SELECT.owner)
        last = _all(self._cursor, _SELECT.last)
        size, committed_at_us = last[0] if last else (0, 0)
        heads = {}
        for stream in streams:
            for version, leaf in _all(self._cursor, _SELECT.head, stream):
                heads[stream] = StreamHead(version=version, leaf=leaf)
        recorded = [
            Row(*row) for each in requests for row in _all(self._cursor, _SELECT.recorded, *each)
        ]
        return LogState(
            owner=owner[0][0] if owner else None,
            size=size,
            committed_at_us=committed_at_us,
            heads=heads,
            recorded=sorted(recorded),
        )

    def at(self, places: Collection[Place]) -> list[Row]:
        rows = [Row(*row) for each in places for row in _all(self._cursor, _SELECT.at, *each)]
        return sorted(rows)

    def nodes(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        return dict(_all(self._cursor, _nodes_statement(len(seqs)), *seqs))

    def insert(self, owner: str | None, rows: Sequence[Row], nodes: Sequence[NodeRow]) -> None:
        if owner is not None:
            self._cursor.execute(_INSERT_OWNER, (owner,))
        self._cursor.executemany(_INSERT, rows)
        self._cursor.executemany(_INSERT_NODES, nodes)


def _nodes_statement(count: int) -> str:
    marks = ", ".join("?" * count)
    return f"SELECT seq, hashes FROM tree_nodes WHERE seq IN ({marks})"  # noqa: S608 - only marks


def _all(cursor: SQLiteCursor, statement: str, *values: object) -> list[Any]:
    cursor.execute(statement, values)
    return [tuple(row) for row in cursor.fetchall()]
