"""What a database's errors mean for whoever asked.

Rules kept here:

1. Full, read-only, locked, away or not yet migrated is ``Unavailable``: nothing was recorded and
   the same request may be repeated.
2. Damaged, or a record refused by the tables' own rules, is an integrity failure.
3. A value that no table can hold is malformed: asking again would not help.
4. No message carries values: database errors may quote them.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    ConnectionUnavailableError,
    PersistenceError,
)
from psycopg_pool import PoolClosed, PoolTimeout

from domain.errors import IntegrityFailure, MalformedInput, RecordsError, Unavailable

_SQLITE = {
    "SQLITE_FULL": "the disk or the database is full",
    "SQLITE_READONLY": "the database can only be read",
    "SQLITE_BUSY": "the database stayed locked by another writer",
    "SQLITE_LOCKED": "the database stayed locked by another writer",
    "SQLITE_CANTOPEN": "the database file cannot be opened",
    "SQLITE_PERM": "the database file may not be opened",
    "SQLITE_IOERR": "the disk failed to read or write",
}
_SQLITE_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CONSTRAINT")
_POSTGRESQL = {
    "53100": "the database's disk is full",
    "53": "the database has no room left",
    "25006": "the database can only be read",
    "55P03": "the database stayed locked by another writer",
    "42P01": "the database has no tables yet; migrate it",
    "42501": "the database role lacks a right; migrate with it as the service role",
}
_POSTGRESQL_DAMAGED = ("XX001", "XX002", "23")
_POSTGRESQL_LOST = ("08", "57P")
_STOOD_STILL = ("25P03", "25P04")
"""What PostgreSQL says to a process that stood still in a transaction until it was ended."""


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn whatever a database or its pool raises into an error of the domain.

    Raises:
        Unavailable: nothing was recorded; the same request may be repeated.
        IntegrityFailure: the database is damaged, or refused a record that must follow.
        MalformedInput: the database cannot hold a value.
    """
    try:
        yield
    except (PersistenceError, ConnectionPoolClosedError, sqlite3.Error, psycopg.Error) as error:
        raise _meaning(error) from error


def lost(error: BaseException) -> bool:
    """Return whether a connection to PostgreSQL was lost, so that the outcome is unknown."""
    cause = _cause(error)
    if isinstance(cause, psycopg.Error) and cause.sqlstate in _STOOD_STILL:
        return True
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    if isinstance(cause, PoolTimeout | PoolClosed):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(_POSTGRESQL_LOST)


def _cause(error: BaseException) -> BaseException:
    """Return the driver's own error behind the library's."""
    while not isinstance(error, sqlite3.Error | psycopg.Error) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _meaning(error: Exception) -> RecordsError:
    cause = _cause(error)
    if isinstance(cause, sqlite3.DataError | psycopg.DataError):
        return MalformedInput("the database cannot hold a value of the record")
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        if name.startswith(_SQLITE_DAMAGED):
            return IntegrityFailure(f"the database refused a record or is damaged ({name})")
        for prefix, text in _SQLITE.items():
            if name.startswith(prefix):
                return Unavailable(text)
        if str(cause).startswith("no such table"):
            return Unavailable("the database has no tables yet; migrate it")
        return Unavailable(f"the database cannot be used ({name or type(cause).__name__})")
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate or ""
        if state.startswith(_POSTGRESQL_DAMAGED):
            return IntegrityFailure(f"the database refused a record or is damaged ({state})")
        for prefix, text in _POSTGRESQL.items():
            if state.startswith(prefix):
                return Unavailable(text)
        return Unavailable(f"the database cannot be reached ({state or type(cause).__name__})")
    if isinstance(error, ConnectionUnavailableError):
        return Unavailable("the database stayed locked by another writer")
    return Unavailable("the log is closed or its database cannot be used")
