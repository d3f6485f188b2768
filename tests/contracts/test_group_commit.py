"""Appends written together come out as if each had been written alone, one after the other."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.database import sqlite_name
from adapters.eventlog import appending
from adapters.eventlog.appending import Appender, Batch, Outcome, Place
from adapters.eventlog.log import RecordLog
from adapters.eventlog.memory import MemoryRecords
from adapters.eventlog.postgres import PostgresRecords
from adapters.eventlog.sealing import Sealed, seal
from adapters.eventlog.sqlite import SqliteRecords
from adapters.ledger.tree_store import TreeStore
from domain.errors import ContentErased, IntegrityFailure, StaleVersion, Unavailable
from domain.events.record import Draft
from domain.values.actor import Actor
from domain.values.identifiers import StreamName
from tests.contracts.logs import (
    QUALITY,
    SUBJECT_KEY,
    Logs,
    a_draft,
    a_run,
    an_event,
    check_whole,
    for_subject,
)

Shared = tuple[Logs, RecordLog]
Said = list[tuple[Place, bytes, int | None]] | tuple[str, int, int]

OTHER = Actor.service("other")


def together(log: RecordLog, batches: Sequence[Batch]) -> list[Outcome]:
    """Write batches in one transaction."""
    store = log._store
    if isinstance(store, MemoryRecords):
        appended = store._appender.append(store, batches)
        store._appender.committed(appended)
        return appended.outcomes
    assert isinstance(store, SqliteRecords | PostgresRecords)
    return store._write(batches)


def said(outcome: Outcome) -> Said:
    """Return what an outcome says, wherever in the log it was recorded."""
    if isinstance(outcome, StaleVersion):
        return outcome.stream, outcome.expected, outcome.found
    return [((row.stream, row.version), row.ciphertext, row.ordinal) for row in outcome]


@st.composite
def drafts_of(draw: st.DrawFn, streams: Sequence[StreamName], request: str) -> list[Draft]:
    """Draw what one caller wants to append: sometimes stale, sometimes a repetition."""
    count = draw(st.integers(1, 3))
    key = draw(st.sampled_from([None, None, f"{request}-1", f"{request}-2"]))
    version = draw(st.integers(0, 3))
    return [
        a_draft(
            stream := draw(st.sampled_from(streams)),
            version + place if draw(st.booleans()) else draw(st.integers(0, 4)),
            an_event(f"{stream[-4:]} {place}"),
            request=key if draw(st.integers(0, 4)) else None,
            actor=draw(st.sampled_from([QUALITY, QUALITY, OTHER])),
        )
        for place in range(count)
    ]


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_batches_written_together_say_what_they_would_say_one_after_the_other(
    shared_log: Shared, data: st.DataObject
) -> None:
    logs, log = shared_log
    streams = [logs.new_stream() for _ in range(2)]
    request = logs.randomness.uuid()
    wanted = data.draw(st.lists(drafts_of(streams, request), min_size=1, max_size=7))
    batches = [seal(each, keys=logs.keys, randomness=logs.randomness) for each in wanted]
    model = Logs("memory").open()
    alone = [said(together(model, [batch])[0]) for batch in batches]
    cuts = sorted(data.draw(st.sets(st.integers(1, 6), max_size=2)))
    groups = [batches[a:b] for a, b in zip([0, *cuts], [*cuts, len(batches)], strict=True)]
    found = [said(each) for group in groups if group for each in together(log, group)]
    assert found == alone
    for stream in streams:
        assert len(log.stream(stream)) == len(model._store.stream(stream, 0))


def test_what_was_written_together_is_whole(shared_log: Shared) -> None:
    _, log = shared_log
    assert check_whole(log) > 0


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_batches_written_together_become_the_very_rows_of_one_after_the_other(
    data: st.DataObject,
) -> None:
    grouped, single = Logs("memory"), Logs("memory")
    streams = [grouped.new_stream() for _ in range(2)]
    wanted = data.draw(st.lists(drafts_of(streams, "request"), min_size=1, max_size=7))
    batches = [seal(each, keys=grouped.keys, randomness=grouped.randomness) for each in wanted]
    one, many = single.open(), grouped.open()
    alone = [together(one, [batch])[0] for batch in batches]
    found = together(many, batches)
    assert [said(each) for each in found] == [said(each) for each in alone]
    assert many._store.after(0, 100) == one._store.after(0, 100)
    assert many.tree.root(many.size()) == one.tree.root(one.size())


@contextmanager
def locked(logs: Logs) -> Iterator[Callable[[], None]]:
    """Hold the writers' lock from outside until told to let go."""
    name = sqlite_name(logs.dsn)
    if name is not None:
        with closing(sqlite3.connect(name, uri=True, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield other.rollback
    else:
        with psycopg.connect(logs.dsn) as session:
            session.execute("LOCK TABLE log_writer IN EXCLUSIVE MODE")
            yield session.rollback


def while_locked(
    logs: Logs, log: RecordLog, calls: Sequence[Callable[[], Any]], *, let_go: bool = True
) -> list[Future[Any]]:
    """Make one call, and the others so that they wait for the first; then let all go on."""
    store = log._store
    assert isinstance(store, SqliteRecords | PostgresRecords)
    with ThreadPoolExecutor(len(calls)) as pool, locked(logs) as unlock:
        answers = [pool.submit(calls[0])]

        def wait_for(number: int) -> None:
            """Wait until so many wait for the first, or the first gave up on a slow machine."""
            waiting = store._groups._waiting
            while not store._groups._writing or len(waiting) < number:
                if answers[0].done():
                    return
                threading.Event().wait(0.002)

        for number, call in enumerate(calls[1:]):
            wait_for(number)
            answers.append(pool.submit(call))
        wait_for(len(calls) - 1)
        if let_go:
            unlock()
        for each in answers:
            each.exception(30)
        unlock()
    return answers


@pytest.mark.verifies("DRV-02", "DRV-06")
def test_each_of_many_who_wait_gets_its_own_answer_from_one_transaction(
    kept_logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = kept_logs.open()
    stream, other = kept_logs.new_stream(), kept_logs.new_stream()
    before = log.append([a_draft(other, 0, request="before")])
    transactions: list[int] = []
    append = Appender.append

    def counted(self: Appender, transaction: Any, batches: Any) -> Any:  # noqa: ANN401
        transactions.append(len(batches))
        return append(self, transaction, batches)

    monkeypatch.setattr(Appender, "append", counted)
    erased = kept_logs.new_stream()
    kept_logs.keys.destroy(SUBJECT_KEY)
    answers = while_locked(
        kept_logs,
        log,
        [
            lambda: log.append(a_run(stream, 2)),
            lambda: log.append(a_run(stream, 2, version=2)),
            lambda: log.append([a_draft(stream, 9)]),
            lambda: log.append([a_draft(other, 0, request="before")]),
            lambda: log.append([a_draft(other, 1, request="once")]),
            lambda: log.append([a_draft(other, 1, request="once")]),
            lambda: log.append([a_draft(stream, 4)]),
        ],
    )
    assert transactions == [1, 6]
    assert [record.version for record in answers[1].result()] == [3, 4]
    refused = answers[2].exception()
    assert isinstance(refused, StaleVersion)
    assert (refused.expected, refused.found) == (9, 4)
    assert answers[3].result() == before
    assert answers[4].result() == answers[5].result() == log.recorded(str(QUALITY), "once")
    assert answers[6].result()[0].version == 5
    assert check_whole(log) == 7
    with pytest.raises(ContentErased):
        log.append([for_subject(a_draft(erased))])


@pytest.mark.verifies("REQ-IN-001")
def test_where_the_lock_cannot_be_had_nobody_is_recorded_and_everybody_is_told(
    kept_logs: Logs,
) -> None:
    log = kept_logs.open(lock_timeout_s=1)
    streams = [kept_logs.new_stream() for _ in range(4)]
    calls = [partial(log.append, [a_draft(each)]) for each in streams]
    answers = while_locked(kept_logs, log, calls, let_go=False)
    assert all(isinstance(each.exception(), Unavailable) for each in answers)
    assert log.size() == 0
    for stream in streams:
        log.append([a_draft(stream)])
    assert check_whole(log) == 4


@pytest.mark.verifies("REQ-IN-001")
def test_a_commit_that_fails_records_nobody(
    kept_logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = kept_logs.open()
    stream = kept_logs.new_stream()
    log.append([a_draft(stream)])
    batches = [
        seal(
            [a_draft(kept_logs.new_stream())], keys=kept_logs.keys, randomness=kept_logs.randomness
        )
        for _ in range(3)
    ]
    append = Appender.append

    def full(self: Appender, transaction: Any, batches: Any) -> Any:  # noqa: ANN401
        append(self, transaction, batches)
        error = sqlite3.OperationalError("full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Appender, "append", full)
        with pytest.raises(Unavailable):
            together(log, batches)
    assert log.size() == 1
    together(log, batches)
    log.append([a_draft(stream, 1)])
    assert check_whole(log) == 5


def test_a_batch_that_the_tables_refuse_hurts_no_other(kept_logs: Logs) -> None:
    log = kept_logs.open()
    store = log._store
    assert isinstance(store, SqliteRecords | PostgresRecords)
    streams = [kept_logs.new_stream() for _ in range(5)]
    batches: list[list[Sealed]] = [
        seal([a_draft(each)], keys=kept_logs.keys, randomness=kept_logs.randomness)
        for each in streams
    ]
    bad = [[each._replace(actor=None)] for each in batches[2]]  # type: ignore[arg-type]
    batches[2] = bad[0]
    answers = while_locked(kept_logs, log, [partial(store.append, each) for each in batches])
    assert isinstance(answers[2].exception(), IntegrityFailure)
    assert [each.exception() is None for each in answers] == [True, True, False, True, True]
    assert check_whole(log) == 4


@pytest.mark.verifies("DRV-02")
def test_what_is_known_of_the_log_is_used_until_somebody_else_writes(
    kept_logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, other = kept_logs.open(), kept_logs.open()
    stream = kept_logs.new_stream()
    log.append([a_draft(stream)])
    read: list[object] = []
    edge = TreeStore.edge

    def counted(self: Any, size: int) -> Any:  # noqa: ANN401
        read.append(size)
        return edge(self, size)

    monkeypatch.setattr(TreeStore, "edge", counted)
    log.append([a_draft(stream, 1)])
    assert read == []
    other.append([a_draft(stream, 2)])
    assert read == [2]
    with pytest.raises(StaleVersion):
        log.append([a_draft(stream, 2)])
    log.append([a_draft(stream, 3)])
    log.append([a_draft(stream, 4), a_draft(kept_logs.new_stream())])
    assert check_whole(log) == 6


def test_heads_are_forgotten_before_they_fill_the_memory(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "HEADS_KEPT", 3)
    log = logs.open()
    streams = [logs.new_stream() for _ in range(6)]
    for version in range(3):
        for stream in streams:
            log.append([a_draft(stream, version)])
        with pytest.raises(StaleVersion):
            log.append([a_draft(streams[0], version)])
    store = log._store
    assert isinstance(store, MemoryRecords | SqliteRecords | PostgresRecords)
    assert len(store._appender._heads) == 3
    assert check_whole(log) == 18


def test_a_batch_of_hundreds_is_one_transaction(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    records = log.append(a_run(stream, 333))
    assert [each.version for each in records] == list(range(1, 334))
    assert len({each.committed_at for each in records}) == 1
    assert log.stream(stream) == records
    assert check_whole(log) == 333
