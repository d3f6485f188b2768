"""The log in PostgreSQL, on the library's recorder.

Rules kept here:

1. Writers lock a table of their own, one after the other, until their commit: commit order is
   log order, and readers never wait. Positions are counted under that lock; a sequence would
   leave gaps.
2. The library's database functions take no lock at all, so they are refused at start-up.
3. A connection lost around a commit leaves the outcome unknown. The append is repeated, and
   what the first try recorded is recognised by its own bytes (``appending``). Where commits wait
   for standbys, what is found so is acknowledged only once they have it, too.
4. Records come in through ``append`` only; Alembic owns every table.
5. A writer that stands still with the lock loses it before those who wait for it give up: after
   ``IDLE_IN_TRANSACTION_S`` where PostgreSQL waits for its next question, and from PostgreSQL 17 on
   after ``HELD_S`` wherever it stands, counted from when it got the lock and not from when it
   began to wait.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import psycopg
from eventsourcing.persistence import PersistenceError
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import strtobool
from psycopg import sql
from psycopg.rows import dict_row, tuple_row

from adapters.database import IDLE_IN_TRANSACTION_S, connection_parameters
from adapters.eventlog.appending import (
    Appended,
    Appender,
    Batch,
    Found,
    Last,
    Outcome,
    Place,
    Request,
)
from adapters.eventlog.failures import database_errors, lost
from adapters.eventlog.grouping import Groups
from adapters.eventlog.rows import Row
from adapters.eventlog.statements import STORED_COLUMNS, statements
from adapters.eventlog.subscription import PostgresPositions
from adapters.ledger.tree_store import NodeRow
from domain.errors import MalformedInput
from domain.ports import Clock

T = TypeVar("T")

TRIES = 3
RETRY_S = 0.05
HELD_S = 8.0
"""How long one append may hold the writers' lock; less than others wait for it."""
DATABASE_FUNCTIONS = "POSTGRES_ENABLE_DB_FUNCTIONS"

_SELECT = statements("notification_id", "%s")
_TYPES = (
    *("bigint", "text", "bigint", "text", "bigint", "bigint", "text", "text", "bigint"),
    *("text", "bigint", "text", "bigint", "text", "bytea", "bytea", "bytea", "bytea"),
)
_INSERT = (
    f"INSERT INTO records (notification_id, {', '.join(STORED_COLUMNS)}) "  # noqa: S608
    f"SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in _TYPES)})"
).encode()
_INSERT_NODES = b"INSERT INTO tree_nodes SELECT * FROM unnest(%b::bigint[], %b::bytea[])"
_LOCK = "LOCK TABLE log_writer IN EXCLUSIVE MODE"
# One statement, so that no pause fits between getting the lock and being timed. The timer starts
# where the setting becomes other than nought inside a transaction.
_LOCK_FOR = "DO $$BEGIN {lock}; SET LOCAL transaction_timeout = {ms}; END$$"
_TIMED_FROM = 170000
_INSERT_OWNER = b"INSERT INTO log_owner (only_row, clinic) VALUES (1, %s)"
_HEADS = (
    b"SELECT asked.stream, head.originator_version, head.leaf FROM unnest(%s::text[]) "
    b"AS asked (stream) CROSS JOIN LATERAL (SELECT originator_version, leaf FROM records "
    b"WHERE originator_id = asked.stream ORDER BY originator_version DESC LIMIT 1) AS head"
)
# A commit that loses its connection while it waits for standbys stays at the primary. Whoever finds
# its records must not acknowledge them before standbys have them, so commits something after them.
_WAIT_FOR_STANDBYS = (
    b"SELECT pg_logical_emit_message(true, 'vultus', '') "
    b"WHERE current_setting('synchronous_standby_names') <> ''"
)
_RECORDED = (
    f"SELECT {', '.join(f'found.{column}' for column in ('notification_id', *STORED_COLUMNS))} "  # noqa: S608
    "FROM unnest(%s::text[], %s::text[]) AS asked (actor, idempotency_key) "
    "CROSS JOIN LATERAL (SELECT * FROM records WHERE actor = asked.actor "
    "AND idempotency_key = asked.idempotency_key ORDER BY ordinal) AS found"
).encode()
_NODES = b"SELECT seq, hashes FROM tree_nodes WHERE seq = ANY(%s::bigint[])"

Cursor = psycopg.Cursor[tuple[Any, ...]]
Connection = psycopg.Connection[Any]


class DurableDatastore(PostgresDatastore):
    """The library's datastore, for any DSN, with durable commits."""

    def __init__(self, dsn: str, *, lock_timeout_s: float) -> None:
        """Connect when needed; a writer waits at most ``lock_timeout_s``."""
        given = connection_parameters(dsn)
        super().__init__(
            dbname=str(given.get("dbname", "")),
            host=str(given.get("host", "")),
            port=str(given.get("port", "")),
            user=str(given.get("user", "")),
            password=str(given.get("password", "")),
            connect_timeout=lock_timeout_s,
            idle_in_transaction_session_timeout=IDLE_IN_TRANSACTION_S,
            pool_size=2,
            max_overflow=10,
            lock_timeout=max(1, round(lock_timeout_s)),
            originator_id_type="text",
        )
        # The library takes five fields; TLS and the rest of a DSN must not get lost.
        self.pool.kwargs = {**given, "row_factory": dict_row}

    def after_connect_func(self) -> Callable[[psycopg.Connection[Any]], None]:
        """Return what makes a new connection ready."""
        configure = super().after_connect_func()
        lock_timeout_ms = 1000 * self.lock_timeout

        def after_connect(connection: psycopg.Connection[Any]) -> None:
            configure(connection)
            # A writer waits so long for the others, and no longer.
            connection.execute(f"SET lock_timeout = {lock_timeout_ms}".encode())
            if connection.info.server_version >= _TIMED_FROM:
                connection.execute("SET transaction_timeout = 0")  # see _LOCK_FOR
            # An append is durable once it returns, whatever default role or database has.
            connection.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
            )

        return after_connect


class PostgresRecords(PostgresApplicationRecorder):
    """The library's recorder over our tables."""

    def __init__(self, dsn: str, *, clinic: str, clock: Clock, lock_timeout_s: float) -> None:
        """Use the database behind a DSN for this clinic's log.

        Raises:
            MalformedInput: the library's database functions are switched on.
            Unavailable: the database cannot be reached.
        """
        if strtobool(os.environ.get(DATABASE_FUNCTIONS) or "no"):
            message = f"{DATABASE_FUNCTIONS} records without a lock and so out of order; unset it"
            raise MalformedInput(message)
        datastore = DurableDatastore(dsn, lock_timeout_s=lock_timeout_s)
        try:
            with database_errors():
                super().__init__(datastore, events_table_name="records")
        except BaseException:
            datastore.close()
            raise
        # The library notifies each listener, once committed, that there are new records.
        channel = sql.SQL("NOTIFY {}").format(sql.Identifier(self.channel_name))
        self._notify = channel.as_bytes()
        self._appender = Appender(clinic=clinic, clock=clock)
        self._groups = Groups(self._write)

    def append(self, batch: Batch) -> tuple[Row, ...]:
        """Record sealed drafts, or return what stands in their place already."""
        return self._groups.append(batch)

    def _write(self, batches: Sequence[Batch]) -> list[Outcome]:
        def record(connection: Connection) -> Appended:
            with transaction(connection) as pipeline:
                writing = _Writing(connection, pipeline, self._notify)
                appended = self._appender.append(writing, batches)
                if not writing.inserted:
                    connection.execute(_WAIT_FOR_STANDBYS)
                return appended

        appended = self._connected(record)
        self._appender.committed(appended)
        return appended.outcomes

    def owner(self) -> str | None:
        """Return the clinic whose log it is; None before the first record."""
        found = self._all(_SELECT.owner.encode())
        return str(found[0][0]) if found else None

    def size(self) -> int:
        """Return the number of records."""
        return int(self._all(_SELECT.size.encode())[0][0] or 0)

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
        rows = self._rows(_SELECT.recorded, actor, idempotency_key)
        if rows:
            self._connected(_wait_for_standbys)
        return rows

    def of_key(self, key: str, position: int, limit: int) -> list[Row]:
        """Return at most ``limit`` rows under a data key after a position."""
        return self._rows(_SELECT.of_key, key, position, limit)

    def nodes(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        """Return the tree's rows for these seqs."""
        return dict(self._all(_NODES, list(seqs)))

    def positions(self, gt: int) -> PostgresPositions:
        """Subscribe to newest positions."""
        return PostgresPositions(self, gt=gt)

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
        return list(map(Row._make, self._all(statement.encode(), *values)))

    def _all(self, statement: bytes, *values: object) -> list[tuple[Any, ...]]:
        return self._connected(
            lambda connection: _cursor(connection).execute(statement, values).fetchall()
        )

    def _connected(self, use: Callable[[Connection], T]) -> T:
        """Use a connection; where it is lost on the way, use another one."""
        with database_errors():
            for last in (*[False] * (TRIES - 1), True):
                try:
                    with self.datastore.get_connection() as connection:
                        return use(connection)
                except PersistenceError as error:
                    if last or not lost(error):
                        raise
                    self.datastore.pool.check()  # the others of the pool may be lost as well
                    time.sleep(RETRY_S)
        raise AssertionError("the last try returns or raises")


@contextmanager
def transaction(connection: Connection) -> Iterator[psycopg.Pipeline]:
    """Commit what is done inside, or roll it back; send as much as possible at once.

    In a pipeline, statements are sent without waiting for their results. So an append takes two
    round trips: lock and reading, then writing and commit. The driver's own transactions would
    wait at their beginning and at their end, too.
    """
    try:
        with connection.pipeline() as pipeline:
            connection.execute(b"BEGIN")
            yield pipeline
            connection.execute(b"COMMIT")
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise


class _Writing:
    """One append's transaction, in a pipeline.

    Whatever is fetched is asked for with a Sync before: where the driver only flushes, PostgreSQL
    takes the pause that follows for a part of the statement, and no idle timeout ends it.
    """

    inserted = False

    def __init__(self, connection: Connection, pipeline: psycopg.Pipeline, notify: bytes) -> None:
        self._connection = connection
        self._pipeline = pipeline
        self._notify = notify
        timed = connection.info.server_version >= _TIMED_FROM
        lock = _LOCK_FOR.format(lock=_LOCK, ms=round(1000 * HELD_S)) if timed else _LOCK
        self._ask(lock.encode())

    def find(self, streams: Collection[str], requests: Collection[Request]) -> Found:
        lasts = self._ask(_SELECT.last.encode())
        asked = self._ask(_HEADS, list(streams)) if streams else None
        before = self._ask(_RECORDED, *map(list, zip(*requests, strict=True))) if requests else None
        self._pipeline.sync()
        heads = [] if asked is None else asked.fetchall()
        recorded = [] if before is None else before.fetchall()
        last = lasts.fetchone()
        return Found(
            Last() if last is None else Last(*last),
            {stream: (version, leaf) for stream, version, leaf in heads},
            list(map(Row._make, recorded)),
        )

    def owner(self) -> str | None:
        asked = self._ask(_SELECT.owner.encode())
        self._pipeline.sync()
        found = asked.fetchone()
        return None if found is None else str(found[0])

    def at(self, places: Collection[Place]) -> list[Row]:
        asked = [self._ask(_SELECT.at.encode(), *place) for place in places]
        self._pipeline.sync()
        return sorted(Row(*row) for each in asked for row in each.fetchall())

    def nodes(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        asked = self._ask(_NODES, list(seqs))
        self._pipeline.sync()
        return dict(asked.fetchall())

    def insert(self, owner: str | None, rows: Sequence[Row], nodes: Sequence[NodeRow]) -> None:
        self.inserted = True
        if owner is not None:
            self._ask(_INSERT_OWNER, owner)
        insert_rows(self._connection, rows, nodes)
        self._ask(self._notify)

    def _ask(self, statement: bytes, *values: object) -> Cursor:
        return _cursor(self._connection).execute(statement, values)


def insert_rows(connection: Connection, rows: Sequence[Row], nodes: Sequence[NodeRow]) -> None:
    """Insert records and tree, checked by nothing but the tables' own rules."""
    cursor = _cursor(connection)
    cursor.execute(_INSERT, list(map(list, zip(*rows, strict=True))))
    cursor.execute(_INSERT_NODES, list(map(list, zip(*nodes, strict=True))))


def _wait_for_standbys(connection: Connection) -> None:
    with connection.transaction():
        connection.execute(_WAIT_FOR_STANDBYS)


def _cursor(connection: Connection) -> Cursor:
    return connection.cursor(binary=True, row_factory=tuple_row)
