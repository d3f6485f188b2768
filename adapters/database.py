"""Database engines, and the one place that knows how a database is named and made.

Rules kept here:

1. One DSN names one database, for the log and for everything else: ``sqlite:///PATH``, with
   ``?mode=ro`` to read only, or ``postgresql://…`` as libpq reads it, with several hosts and
   ``target_session_attrs=read-write`` where a standby may take over.
2. Alembic owns every table on both. Starting at once from several processes is safe: one
   upgrades, the others wait and find the work done.
3. A transaction on SQLite takes the write lock when it begins, so it cannot fail half-way
   because another one wrote meanwhile. Whoever only reads says so with ``reading``.
4. Whoever serves needs no right to change a record: ``migrate`` grants a service role exactly
   what it needs.
5. A server that vanished without a word is noticed within seconds, by us and by PostgreSQL: a
   connection that nobody answers on ends.
6. A process that stands still in the middle of a transaction loses what it holds: PostgreSQL ends
   its connection after ``IDLE_IN_TRANSACTION_S``. Whoever waits for a lock waits for
   ``LOCK_TIMEOUT_S``, long enough to outlive two such processes, and never for ever.
7. PostgreSQL does not compile our questions: it would wherever it estimates much, and of a walk
   through the trace it always does, but compiling pays for questions that take long.
   Source: PostgreSQL, Just-in-Time Compilation, When to JIT?
"""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.pool import QueuePool

from domain.errors import MalformedInput, Unavailable

LOCK_TIMEOUT_S = 10.0
IDLE_IN_TRANSACTION_S = 4.0
"""How long a transaction may wait for its process. The longest step between two statements decodes
a thousand records, a tenth of a second; waiting for this must end well before a lock timeout."""
CACHE_KIB = 64 << 10
"""Pages a connection keeps at most: the indexes of a million records are met at random places."""
WAL_PAGES = 8_000
"""Pages of the write-ahead log, 32 MiB, before they are carried over: each goes over once then,
however often it was written."""
MIGRATION_TIMEOUT_S = 60.0
APPEND_ONLY = ("log_owner", "records", "tree_nodes", "checkpoints")
"""The tables of the record; a service role may read them and add to them."""

_WHY: Final = {
    "SQLITE_FULL": "the disk or the database is full",
    "SQLITE_READONLY": "the database can only be read",
    "53100": "the database's disk is full",
    "25006": "the database can only be read",
}
_NAMES: Final = "a database is named sqlite:///PATH or postgresql://…"
_NOTICED: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "12000",
}
_ASKED_THERE: Final = (
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 "
    "-c tcp_user_timeout=12000 "
    f"-c lock_timeout={round(1000 * LOCK_TIMEOUT_S)} "
    f"-c idle_in_transaction_session_timeout={round(1000 * IDLE_IN_TRANSACTION_S)} "
    "-c jit=off"
)
_SCRIPTS = (
    Path(__file__).parent.parent / "alembic",
    Path(sys.prefix) / "share" / "vultus" / "alembic",
)
_MIGRATION_LOCK = 0x76756C74_75733031  # any fixed number; it must differ from other programs'
_MIGRATING = threading.Lock()  # Alembic keeps what it works on in a global


def sqlite_name(dsn: str) -> str | None:
    """Return what ``sqlite3.connect(…, uri=True)`` takes; None where the DSN is not SQLite.

    Raises:
        MalformedInput: the DSN names neither an SQLite file nor a PostgreSQL database.
    """
    if dsn.startswith("postgresql://"):
        connection_parameters(dsn)
        return None
    try:
        url = sa.make_url(dsn)
    except sa.exc.ArgumentError as error:
        raise MalformedInput(_NAMES) from error
    if url.drivername != "sqlite" or not url.database or url.database == ":memory:":
        raise MalformedInput(_NAMES)
    if set(url.query) - {"mode"}:
        raise MalformedInput("of SQLite's options only mode may be given")
    # With mode=rw a missing file is an error; without, an empty one would silently take its place.
    return f"file:{quote(url.database)}?mode={quote(str(url.query.get('mode', 'rw')))}"


def connection_parameters(dsn: str) -> dict[str, Any]:
    """Return what ``psycopg.connect`` takes to reach a PostgreSQL database.

    What the DSN leaves open is set so that a vanished server is noticed within seconds; what it
    asks of the server itself is asked beside that, and wins where both name the same.

    Raises:
        MalformedInput: it is no PostgreSQL DSN.
    """
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # Without its cause: that may quote a password.
        raise MalformedInput(_NAMES) from None
    options = f"{_ASKED_THERE} {given.pop('options', None) or ''}".rstrip()
    return {**_NOTICED, **given, "options": options}


def connect_sqlite(name: str, *, lock_timeout_s: float) -> sqlite3.Connection:
    """Return a connection whose commits are on the disk before they return.

    Args:
        name: As ``sqlite_name`` returns it.
        lock_timeout_s: How long a writer waits for others.
    """
    connection = sqlite3.connect(
        name, uri=True, timeout=lock_timeout_s, isolation_level=None, check_same_thread=False
    )
    if not name.endswith("mode=ro"):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


def open_engine(dsn: str, *, lock_timeout_s: float = LOCK_TIMEOUT_S) -> sa.Engine:
    """Return an engine whose transactions may write; nothing is connected yet.

    Args:
        dsn: The database.
        lock_timeout_s: How long a transaction waits for others.

    Raises:
        MalformedInput: the DSN names neither an SQLite file nor a PostgreSQL database.
    """
    name = sqlite_name(dsn)
    if name is None:
        parameters = connection_parameters(dsn)
        if lock_timeout_s != LOCK_TIMEOUT_S:
            parameters["options"] += f" -c lock_timeout={round(1000 * lock_timeout_s)}"
        return sa.create_engine(
            "postgresql+psycopg://",
            connect_args=parameters,
            pool_pre_ping=True,
        )

    def connect() -> sqlite3.Connection:
        return connect_sqlite(name, lock_timeout_s=lock_timeout_s)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    def begin(connection: sa.Connection) -> None:
        only_reads = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    sa.event.listen(engine, "begin", begin)
    return engine


def reading(engine: sa.Engine) -> sa.Engine:
    """Return the same engine for transactions that only read and so need not wait for writers."""
    return engine.execution_options(reading=True, postgresql_readonly=True)


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn what an engine raises when its database is away, locked, full or read-only.

    Raises:
        Unavailable: nothing was changed; the same request may be repeated.
    """
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError) as error:
        kind = getattr(error.orig, "sqlite_errorname", getattr(error.orig, "sqlstate", None))
        why = _WHY.get(str(kind), "the database cannot be used")
        raise Unavailable(f"{why} ({kind})") from error
    except sa.exc.TimeoutError as error:
        raise Unavailable("every connection to the database is in use") from error


def migrate(dsn: str, *, service_role: str | None = None) -> None:
    """Bring a database, new or old, to the tables this build works with.

    Everything happens in one transaction: a crash leaves the database as it was.

    Args:
        dsn: The database; on PostgreSQL, as the role that shall own the tables.
        service_role: A PostgreSQL role that may read and append, but not change records.

    Raises:
        MalformedInput: the DSN names neither an SQLite file nor a PostgreSQL database.
        Unavailable: the database cannot be reached, written or locked.
    """
    if sqlite_name(dsn) is not None:
        _create_file(Path(str(sa.make_url(dsn).database)))
    engine = open_engine(dsn, lock_timeout_s=MIGRATION_TIMEOUT_S)
    try:
        with engine_errors(), _MIGRATING, engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            config = Config(config_args={"script_location": str(_scripts())})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if service_role is not None:
                _grant(connection, service_role)
    finally:
        engine.dispose()


def _create_file(path: Path) -> None:
    """Create a database file that only its owner may read, unless there is one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT, 0o600))
    except OSError as error:
        raise Unavailable(f"the database file cannot be created: {error.strerror}") from error


def _scripts() -> Path:
    for path in _SCRIPTS:
        if (path / "env.py").is_file():
            return path
    raise Unavailable("this installation lacks its database migrations (alembic/)")


def _grant(connection: sa.Connection, role: str) -> None:
    """Let a role read everything, append to the record and keep the other tables."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {quoted}")
    for table in sa.inspect(connection).get_table_names(schema="public"):
        rights = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE"
        if table in APPEND_ONLY:
            rights = "SELECT, INSERT"
        elif table in ("alembic_version", "log_writer"):
            # LOCK TABLE asks for a right to change the table; the one writers lock stays empty.
            rights = "SELECT" if table == "alembic_version" else "SELECT, DELETE"
        name = connection.dialect.identifier_preparer.quote(table)
        connection.exec_driver_sql(f"REVOKE ALL ON public.{name} FROM {quoted}")
        connection.exec_driver_sql(f"GRANT {rights} ON public.{name} TO {quoted}")
