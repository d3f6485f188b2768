"""What a database says is told apart: try again, or stop and raise the alarm."""

import sqlite3

import psycopg
import pytest
from eventsourcing.persistence import ConnectionUnavailableError, OperationalError
from psycopg_pool import PoolTimeout

from adapters.eventlog.failures import database_errors, lost
from domain.errors import IntegrityFailure, MalformedInput, RecordsError, Unavailable


def sqlite_error(name: str) -> sqlite3.Error:
    """Return SQLite's error of a name."""
    error = sqlite3.OperationalError("a text that may quote values")
    error.sqlite_errorname = name
    return error


def postgresql_error(state: str) -> psycopg.Error:
    """Return PostgreSQL's error of a state."""
    return psycopg.errors.lookup(state)("a text that may quote values")


def meaning(error: Exception) -> RecordsError:
    """Return what an error means to whoever asked."""
    wrapped = OperationalError("a text that may quote values")
    wrapped.__cause__ = error
    with pytest.raises(RecordsError) as raised, database_errors():
        raise wrapped
    assert "quote" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (sqlite_error("SQLITE_FULL"), Unavailable, "full"),
        (sqlite_error("SQLITE_READONLY_DIRECTORY"), Unavailable, "read"),
        (sqlite_error("SQLITE_BUSY_SNAPSHOT"), Unavailable, "locked"),
        (sqlite_error("SQLITE_IOERR_WRITE"), Unavailable, "disk"),
        (sqlite_error("SQLITE_NOMEM"), Unavailable, "SQLITE_NOMEM"),
        (sqlite3.DataError("a text that may quote values"), MalformedInput, "hold"),
        (postgresql_error("22003"), MalformedInput, "hold"),
        (sqlite_error("SQLITE_CORRUPT_INDEX"), IntegrityFailure, "SQLITE_CORRUPT_INDEX"),
        (sqlite_error("SQLITE_NOTADB"), IntegrityFailure, "SQLITE_NOTADB"),
        (sqlite_error("SQLITE_CONSTRAINT_UNIQUE"), IntegrityFailure, "UNIQUE"),
        (postgresql_error("53100"), Unavailable, "full"),
        (postgresql_error("53300"), Unavailable, "room"),
        (postgresql_error("25006"), Unavailable, "read"),
        (postgresql_error("55P03"), Unavailable, "locked"),
        (postgresql_error("42501"), Unavailable, "right"),
        (postgresql_error("57P01"), Unavailable, "57P01"),
        (postgresql_error("XX001"), IntegrityFailure, "XX001"),
        (postgresql_error("23505"), IntegrityFailure, "23505"),
        (psycopg.OperationalError("no server"), Unavailable, "OperationalError"),
        (ConnectionUnavailableError("pool"), Unavailable, "locked"),
    ],
)
def test_an_error_means_one_thing(error: Exception, kind: type[RecordsError], says: str) -> None:
    found = meaning(error) if not isinstance(error, ConnectionUnavailableError) else raised(error)
    assert type(found) is kind
    assert says in str(found)


def raised(error: Exception) -> RecordsError:
    """Return what an error of the library's own means."""
    with pytest.raises(RecordsError) as found, database_errors():
        raise error
    return found.value


def test_other_errors_pass_through() -> None:
    with pytest.raises(KeyError), database_errors():
        raise KeyError


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), True),
        (postgresql_error("57P01"), True),
        (postgresql_error("08006"), True),
        (postgresql_error("53100"), False),
        (postgresql_error("55P03"), False),
        (postgresql_error("23505"), False),
        (PoolTimeout("no connection in time"), False),
        (KeyError("else"), False),
    ],
)
def test_only_a_lost_connection_leaves_the_outcome_unknown(
    error: Exception,
    unknown: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert lost(error) is unknown
