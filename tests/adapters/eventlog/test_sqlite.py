"""The log in an SQLite file: what the library leaves to us there."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from adapters.database import migrate, sqlite_name
from adapters.eventlog.sqlite import SqliteRecords
from domain.errors import MalformedInput, Unavailable
from tests.contracts.logs import Logs, a_draft, a_run, check_whole


@pytest.fixture
def logs(sqlite_logs: Logs) -> Logs:
    """Return an empty log in a file."""
    return sqlite_logs


def store_of(logs: Logs) -> SqliteRecords:
    """Return the recorder behind a log."""
    store = logs.open()._store
    assert isinstance(store, SqliteRecords)
    return store


def test_every_connection_is_durable(logs: Logs) -> None:
    store = store_of(logs)
    for commit in (False, True):
        with store.datastore.transaction(commit=commit) as cursor:
            found = {}
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
                cursor.execute(f"PRAGMA {pragma}")
                found[pragma] = cursor.fetchone()[0]
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 10_000,
        }


# Positions are declared, so none is given again after a removal. [trap 4]
def test_the_library_reads_our_rows_by_their_declared_positions(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    records = log.append(a_run(stream, 3))
    store = log._store
    assert isinstance(store, SqliteRecords)
    notices = store.select_notifications(start=1, limit=10)
    assert [each.id for each in notices] == [1, 2, 3]
    assert [each.topic for each in notices] == [each.name for each in records]
    assert [each.originator_version for each in store.select_events(stream)] == [1, 2, 3]
    assert [each.originator_id for each in store.select_events(stream, gt=2)] == [stream]
    assert store.max_notification_id() == 3


# A writer that reads before it holds the write lock fails as soon as another one writes. [trap 5]
def test_a_writer_waits_for_the_lock_before_it_reads(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    begun, released = threading.Event(), threading.Event()

    def block() -> None:
        with closing(sqlite3.connect(str(sqlite_name(logs.dsn)), uri=True)) as other:
            other.execute("BEGIN IMMEDIATE")
            begun.set()
            released.wait(20)
            other.rollback()

    blocker = threading.Thread(target=block)
    blocker.start()
    begun.wait()
    waiting = threading.Thread(target=log.append, args=([a_draft(stream)],))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    assert log.size() == 0  # readers do not wait
    released.set()
    waiting.join()
    blocker.join()
    assert log.size() == 1


# The library has no subscriptions on SQLite. [trap 6]
def test_the_librarys_subscription_follows_the_file(logs: Logs) -> None:
    log, other, stream = logs.open(), logs.open(), logs.new_stream()
    log.append(a_run(stream, 2))
    store = log._store
    assert isinstance(store, SqliteRecords)
    with store.subscribe(gt=1) as subscription:
        assert next(subscription).id == 2
        other.append(a_run(stream, 2, version=2))
        assert [next(subscription).originator_version for _ in range(2)] == [3, 4]


# The library would make its own tables, and write records without chain and tree. [trap 7]
def test_the_librarys_own_ways_in_are_closed(logs: Logs) -> None:
    store = store_of(logs)
    with pytest.raises(NotImplementedError):
        store.create_table()
    with pytest.raises(NotImplementedError):
        store.insert_events([])


def test_a_file_that_is_not_there_is_not_made(logs: Logs, tmp_path: Path) -> None:
    logs.dsn = f"sqlite:///{tmp_path}/other.db"
    with pytest.raises(Unavailable):
        logs.open()
    assert not (tmp_path / "other.db").exists()


def test_a_database_without_tables_says_that_it_must_be_migrated(
    logs: Logs, tmp_path: Path
) -> None:
    (tmp_path / "empty.db").touch()
    logs.dsn = f"sqlite:///{tmp_path}/empty.db"
    with pytest.raises(Unavailable, match="migrate"):
        logs.open()


def test_odd_characters_in_a_path_are_part_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "with space, 100 % and ü"
    logs = Logs(f"sqlite:///{folder}/log#1.db")
    logs.open().append([a_draft(logs.new_stream())])
    logs.close()
    assert (folder / "log#1.db").exists()
    assert check_whole(logs.open()) == 1


@pytest.mark.parametrize(
    "dsn", ["", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "sqlite:///x?cache=shared"]
)
def test_other_names_of_databases_are_refused(logs: Logs, dsn: str) -> None:
    logs.dsn = dsn
    with pytest.raises(MalformedInput):
        logs.open()
    with pytest.raises(MalformedInput):
        migrate(dsn)


# Closing a connection under the thread that uses it crashes the process.
def test_closing_waits_for_whoever_still_reads(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append(a_run(stream, 50))
    stopped: list[int] = []

    def read() -> None:
        try:
            while True:
                log.after(-1, limit=50)
        except Unavailable:
            stopped.append(1)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    log.close()
    for thread in threads:
        thread.join(20)
    assert len(stopped) == 4


def test_no_thread_outlives_its_log(logs: Logs) -> None:
    before = threading.active_count()
    log = logs.open()
    log.wait(-1, timeout_s=0.1)
    assert threading.active_count() > before
    log.close()
    assert threading.active_count() == before
