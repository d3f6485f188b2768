"""The log in PostgreSQL: what the library leaves to us there."""

import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from adapters.eventlog import postgres
from adapters.eventlog.appending import Found, Request
from adapters.eventlog.postgres import PostgresRecords
from domain.errors import MalformedInput, StaleVersion, Unavailable
from tests.contracts.logs import Logs, a_draft, a_run, an_event, check_whole


@pytest.fixture
def logs(postgres_logs: Logs) -> Logs:
    """Return an empty log in PostgreSQL."""
    return postgres_logs


def store_of(logs: Logs) -> PostgresRecords:
    """Return the recorder behind a log."""
    store = logs.open()._store
    assert isinstance(store, PostgresRecords)
    return store


# The library's database functions take no lock: readers see records out of order. [trap 1]
def test_the_librarys_database_functions_are_refused(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
    with pytest.raises(MalformedInput, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        logs.open()
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "n")
    logs.open()


# A refused append must not burn a number: positions are counted, not drawn. [trap 2]
@pytest.mark.verifies("DRV-02")
def test_a_refused_append_leaves_no_gap(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append([a_draft(stream)])
    for _ in range(3):
        with pytest.raises(StaleVersion):
            log.append([a_draft(logs.new_stream()), a_draft(stream)])
    log.append([a_draft(stream, 1)])
    assert [each.seq for each in log.after(-1, limit=9)] == [0, 1]
    assert logs.sql("SELECT count(*) FROM pg_sequences") == [(0,)]


# Readers never see a record before one that stands before it. [trap 2]
@pytest.mark.verifies("DRV-02")
def test_a_writer_waits_until_the_one_before_has_committed(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    with psycopg.connect(logs.dsn) as other:
        other.execute("LOCK TABLE log_writer IN EXCLUSIVE MODE")
        waiting = threading.Thread(target=log.append, args=([a_draft(stream)],))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        assert log.after(-1, limit=1) == ()
        other.rollback()
    waiting.join()
    assert log.size() == 1


# A process that stands still in the middle of an append, such as a paused machine's: PostgreSQL
# waits for the rest of what it began to ask, or for what it asks next.
@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize("stands", ["amid a question", "between two questions"])
def test_a_writer_that_stands_still_does_not_outlast_those_who_wait_for_it(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, stands: str
) -> None:
    with monkeypatch.context() as short:
        short.setattr(postgres, "IDLE_IN_TRANSACTION_S", 2.0)
        standing = logs.open()
    if stands == "amid a question":
        monkeypatch.setattr(postgres, "HELD_S", 2.0)
    moving = logs.open()
    find = postgres._Writing.find
    has_lock, may_go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        if not has_lock.is_set():
            has_lock.set()
            assert may_go_on.wait(60)

    def find_and_stand_still(
        writing: postgres._Writing, streams: Collection[str], requests: Collection[Request]
    ) -> Found:
        if stands == "amid a question":
            stand_still()
        found = find(writing, streams, requests)
        stand_still()
        return found

    monkeypatch.setattr(postgres._Writing, "find", find_and_stand_still)
    first = threading.Thread(target=standing.append, args=([a_draft(logs.new_stream())],))
    first.start()
    assert has_lock.wait(30)
    moving.append([a_draft(logs.new_stream())])  # or else it is unavailable
    may_go_on.set()
    first.join(30)
    assert check_whole(moving) == 2  # whoever stood still has recorded, too: once


def test_waiting_for_the_lock_does_not_count_as_holding_it(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "HELD_S", 0.5)
    begun: list[None] = []
    find = postgres._Writing.find

    def counted(
        writing: postgres._Writing, streams: Collection[str], requests: Collection[Request]
    ) -> Found:
        begun.append(None)
        return find(writing, streams, requests)

    monkeypatch.setattr(postgres._Writing, "find", counted)
    log = logs.open()
    with psycopg.connect(logs.dsn) as other, ThreadPoolExecutor(1) as pool:
        other.execute("LOCK TABLE log_writer IN EXCLUSIVE MODE")
        waiting = pool.submit(log.append, [a_draft(logs.new_stream())])
        time.sleep(1.0)
        assert not waiting.done()
        other.rollback()
        waiting.result(30)
    assert len(begun) == 1  # it was not ended and tried again


# The library would make its own tables, and write records without chain and tree. [trap 7]
def test_the_librarys_own_ways_in_are_closed(logs: Logs) -> None:
    store = store_of(logs)
    with pytest.raises(NotImplementedError):
        store.create_table()
    with pytest.raises(NotImplementedError):
        store.insert_events([])


def test_the_library_reads_our_rows(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append(a_run(stream, 3))
    store = log._store
    assert isinstance(store, PostgresRecords)
    assert [each.id for each in store.select_notifications(start=2, limit=9)] == [2, 3]
    assert [each.originator_version for each in store.select_events(stream)] == [1, 2, 3]
    with store.subscribe(gt=1) as subscription:
        assert next(subscription).id == 2


# A connection lost after the commit: the repetition meets our own record, which is no conflict.
@pytest.mark.verifies("DRV-06")
@pytest.mark.parametrize("request_key", [None, "request"])
def test_an_append_whose_answer_was_lost_is_recorded_once(  # [trap 9]
    logs: Logs, monkeypatch: pytest.MonkeyPatch, request_key: str | None
) -> None:
    log, stream = logs.open(), logs.new_stream()
    first = log.append([a_draft(stream, 0, an_event("before"))])
    losses: list[str] = []
    store = log._store
    assert isinstance(store, PostgresRecords)
    connect = store.datastore.get_connection

    @contextmanager
    def lose_once() -> Iterator[psycopg.Connection[Any]]:
        with connect() as connection:
            yield connection
        if not losses:  # committed, and then the line is cut
            losses.append("lost")
            raise OperationalError from psycopg.OperationalError("server closed the connection")

    monkeypatch.setattr(store.datastore, "get_connection", lose_once)
    drafts = [a_draft(stream, 1, request=request_key), a_draft(stream, 2, request=request_key)]
    second = log.append(drafts)
    assert losses
    assert log.stream(stream) == first + second
    assert check_whole(log) == 3


# The same loss before the commit: the repetition records it. [trap 9]
def test_an_append_whose_connection_was_lost_early_is_repeated(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append([a_draft(stream)])
    logs.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    log.append([a_draft(stream, 1)])
    assert check_whole(log) == 2


# A newer version by somebody else is a conflict, also on a repetition. [trap 9]
def test_a_record_of_somebody_else_at_our_place_is_a_conflict(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, other, stream = logs.open(), logs.open(), logs.new_stream()
    losses: list[str] = []
    store = log._store
    assert isinstance(store, PostgresRecords)
    connect = store.datastore.get_connection

    @contextmanager
    def lose_once() -> Iterator[psycopg.Connection[Any]]:
        if not losses:
            losses.append("lost")
            other.append([a_draft(stream, 0, an_event("theirs"))])
            raise OperationalError from psycopg.OperationalError("server closed the connection")
        with connect() as connection:
            yield connection

    monkeypatch.setattr(store.datastore, "get_connection", lose_once)
    with pytest.raises(StaleVersion):
        log.append([a_draft(stream, 0, an_event("ours"))])
    assert log.size() == 1


def test_commits_are_durable_even_where_the_role_says_otherwise(logs: Logs) -> None:
    logs.sql("ALTER ROLE postgres SET synchronous_commit = off")
    try:
        with store_of(logs).datastore.get_connection() as connection:
            row = connection.execute("SHOW synchronous_commit").fetchone()
        assert row == {"synchronous_commit": "on"}
    finally:
        logs.sql("ALTER ROLE postgres RESET synchronous_commit")


def test_a_server_that_is_not_there_is_unavailable_soon(logs: Logs) -> None:
    logs.dsn = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(Unavailable):
        logs.open(lock_timeout_s=1)


def test_a_database_without_tables_says_that_it_must_be_migrated(logs: Logs) -> None:
    logs.sql("DROP TABLE log_owner")
    with pytest.raises(Unavailable, match="migrate"):
        logs.open()


def test_the_whole_of_a_dsn_reaches_the_server(logs: Logs) -> None:
    logs.dsn += "?application_name=vultus-test"
    with store_of(logs).datastore.get_connection() as connection:
        row = connection.execute("SHOW application_name").fetchone()
    assert row == {"application_name": "vultus-test"}
