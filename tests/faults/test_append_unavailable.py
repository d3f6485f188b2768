"""A database that is full, read-only, locked or damaged: nothing is half done."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from adapters.database import sqlite_name
from adapters.eventlog.postgres import PostgresRecords
from adapters.eventlog.sqlite import SqliteRecords
from domain.errors import IntegrityFailure, Unavailable
from tests.contracts.logs import Logs, a_draft, a_run, an_event, check_whole


@pytest.fixture
def logs(sqlite_logs: Logs) -> Logs:
    """Return an empty log in a file."""
    return sqlite_logs


@pytest.mark.verifies("REQ-IN-001")
def test_a_full_disk_leaves_the_log_as_it_was(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append(a_run(stream, 3))
    store = log._store
    assert isinstance(store, SqliteRecords)
    with store.datastore.transaction(commit=False) as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 8}")
    large, before = an_event("x" * 3000), -1
    refused = None
    while refused is None:
        assert before < log.size() < 60
        before = log.size()
        try:
            log.append([a_draft(stream, before + place, large) for place in range(3)])
        except Unavailable as error:
            refused = error
    assert "full" in str(refused)
    assert check_whole(log) == before
    with store.datastore.transaction(commit=False) as cursor:
        cursor.execute(f"PRAGMA max_page_count = {pages + 1000}")
    log.append([a_draft(stream, before, large)])
    assert check_whole(log) == before + 1


def test_a_read_only_file_is_read_and_not_written(logs: Logs) -> None:
    stream = logs.new_stream()
    logs.open().append(a_run(stream, 2))
    logs.close()
    logs.dsn += "?mode=ro"
    log = logs.open()
    with pytest.raises(Unavailable, match="read"):
        log.append([a_draft(stream, 2)])
    assert check_whole(log) == 2


def test_a_database_locked_for_long_is_unavailable(logs: Logs) -> None:
    log, stream = logs.open(lock_timeout_s=0.2), logs.new_stream()
    with closing(sqlite3.connect(str(sqlite_name(logs.dsn)), uri=True)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unavailable, match="locked"):
            log.append([a_draft(stream)])
        other.rollback()
    log.append([a_draft(stream)])
    assert check_whole(log) == 1


def test_a_damaged_file_raises_the_alarm(logs: Logs, tmp_path: Path) -> None:
    logs.open().append(a_run(logs.new_stream(), 200))
    logs.close()
    path = tmp_path / "log.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(IntegrityFailure):
        check_whole(logs.open())


def test_a_closed_log_is_unavailable(kept_logs: Logs) -> None:
    log = kept_logs.open()
    log.close()
    with pytest.raises(Unavailable):
        log.append([a_draft(kept_logs.new_stream())])
    with pytest.raises(Unavailable):
        log.size()


def test_a_postgresql_that_can_only_be_read_is_read(postgres_logs: Logs) -> None:
    logs = postgres_logs
    stream = logs.new_stream()
    logs.open().append([a_draft(stream)])
    ((name,),) = logs.sql("SELECT current_database()")
    logs.sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    log = logs.open()
    with pytest.raises(Unavailable, match="read"):
        log.append([a_draft(stream, 1)])
    assert check_whole(log) == 1


def test_a_postgresql_locked_for_long_is_unavailable(postgres_logs: Logs) -> None:
    logs = postgres_logs
    log, stream = logs.open(lock_timeout_s=1), logs.new_stream()
    with psycopg.connect(logs.dsn) as other:
        other.execute("LOCK TABLE log_writer IN EXCLUSIVE MODE")
        with pytest.raises(Unavailable, match="locked"):
            log.append([a_draft(stream)])
        other.rollback()
    log.append([a_draft(stream)])
    assert check_whole(log) == 1


def test_a_server_that_goes_away_for_good_is_unavailable(postgres_logs: Logs) -> None:
    logs = postgres_logs
    log = logs.open(lock_timeout_s=1)
    log.append([a_draft(logs.new_stream())])
    store = log._store
    assert isinstance(store, PostgresRecords)
    # First where new connections go: the pool replaces a lost one at once, on a thread of its own.
    store.datastore.pool.kwargs = {"host": "127.0.0.1", "port": 1}
    logs.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(Unavailable):
        log.append([a_draft(logs.new_stream())])
