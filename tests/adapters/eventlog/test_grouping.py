"""Concurrent appends share a transaction, and nobody notices but the disk."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from adapters.eventlog.appending import Batch, Outcome
from adapters.eventlog.grouping import GROUP_RECORDS, Groups, _Turn
from adapters.eventlog.rows import Row
from adapters.eventlog.sealing import Sealed, seal
from domain.errors import IntegrityFailure, StaleVersion, Unavailable
from tests.contracts.logs import Logs, a_draft


@pytest.fixture
def memory() -> Logs:
    """Return an empty log in memory."""
    return Logs("memory")


class Writer:
    """Writes batches when told to, and remembers which were written together."""

    def __init__(self, answer: Callable[[Batch], Outcome]) -> None:
        """Answer each batch with this."""
        self.groups: list[list[Batch]] = []
        self.begun = threading.Semaphore(0)
        self.allowed = threading.Semaphore(0)
        self._answer = answer

    def write(self, batches: Sequence[Batch]) -> list[Outcome]:
        """Write, once it is allowed."""
        self.groups.append(list(batches))
        self.begun.release()
        assert self.allowed.acquire(timeout=20)
        return [self._answer(batch) for batch in batches]


def rows_of(batch: Batch) -> tuple[Row, ...]:
    """Return rows that say which batch they are of."""
    return tuple(
        Row(0, each.stream, each.version, *[None] * 15)  # type: ignore[arg-type]
        for each in batch
    )


def a_batch(logs: Logs, count: int = 1) -> list[Sealed]:
    """Return a batch of its own stream."""
    stream = logs.new_stream()
    drafts = [a_draft(stream, version) for version in range(count)]
    return seal(drafts, keys=logs.keys, randomness=logs.randomness)


def waiting(groups: Groups, count: int) -> None:
    """Wait until so many callers wait."""
    while len(groups._waiting) < count:
        threading.Event().wait(0.001)


def test_a_caller_who_comes_alone_writes_alone_and_at_once(memory: Logs) -> None:
    writer = Writer(rows_of)
    writer.allowed.release(3)
    groups = Groups(writer.write)
    batches = [a_batch(memory) for _ in range(3)]
    assert [groups.append(each) for each in batches] == [rows_of(each) for each in batches]
    assert writer.groups == [[each] for each in batches]


def test_whoever_comes_while_another_writes_is_written_with_all_who_came(memory: Logs) -> None:
    writer = Writer(rows_of)
    groups = Groups(writer.write)
    batches = [a_batch(memory) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(groups.append, batches[0])]
        assert writer.begun.acquire(timeout=20)
        for number, batch in enumerate(batches[1:], start=1):
            answers.append(pool.submit(groups.append, batch))
            waiting(groups, number)
        writer.allowed.release(2)
        assert [each.result(20) for each in answers] == [rows_of(each) for each in batches]
    assert writer.groups == [batches[:1], batches[1:]]


def test_a_group_is_bounded_and_a_large_batch_is_written_all_the_same(memory: Logs) -> None:
    writer = Writer(rows_of)
    groups = Groups(writer.write)
    large = a_batch(memory, GROUP_RECORDS + 1)
    half = [a_batch(memory, GROUP_RECORDS // 2) for _ in range(3)]
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(groups.append, a_batch(memory))]
        assert writer.begun.acquire(timeout=20)
        for number, batch in enumerate((large, *half), start=1):
            answers.append(pool.submit(groups.append, batch))
            waiting(groups, number)
        writer.allowed.release(4)
        assert [len(each.result(20)) for each in answers] == [1, GROUP_RECORDS + 1, 500, 500, 500]
    assert writer.groups[1:] == [[large], half[:2], half[2:]]


def grouped(groups: Groups, writer: Writer, batches: Sequence[Batch]) -> list[Future[Any]]:
    """Append one batch, and the others together with one another while it is written."""
    with ThreadPoolExecutor(len(batches)) as pool:
        answers = [pool.submit(groups.append, batches[0])]
        assert writer.begun.acquire(timeout=20)
        for number, batch in enumerate(batches[1:], start=1):
            answers.append(pool.submit(groups.append, batch))
            waiting(groups, number)
        writer.allowed.release(20)
    return answers


def test_a_refused_batch_is_refused_to_its_caller_only(memory: Logs) -> None:
    batches = [a_batch(memory) for _ in range(4)]

    def answer(batch: Batch) -> Outcome:
        return StaleVersion("stream", 1, 2) if batch is batches[2] else rows_of(batch)

    writer = Writer(answer)
    answers = grouped(Groups(writer.write), writer, batches)
    assert isinstance(answers[2].exception(), StaleVersion)
    assert [each.result() for each in (answers[0], answers[1], answers[3])] == [
        rows_of(each) for each in (batches[0], batches[1], batches[3])
    ]


def test_an_unavailable_database_is_told_to_all_who_wrote_together(memory: Logs) -> None:
    batches = [a_batch(memory) for _ in range(4)]

    def answer(batch: Batch) -> Outcome:
        if batch is batches[0]:
            return rows_of(batch)
        raise Unavailable("the disk is full")

    writer = Writer(answer)
    answers = grouped(Groups(writer.write), writer, batches)
    assert answers[0].result() == rows_of(batches[0])
    errors = [each.exception() for each in answers[1:]]
    assert all(isinstance(each, Unavailable) and "full" in str(each) for each in errors)
    assert len({id(each) for each in errors}) == 3
    assert len(writer.groups) == 2  # nobody tried again in vain


def test_a_batch_that_breaks_the_transaction_breaks_only_its_own(memory: Logs) -> None:
    batches = [a_batch(memory) for _ in range(4)]

    def answer(batch: Batch) -> Outcome:
        if batch is batches[2]:
            raise IntegrityFailure("refused")
        return rows_of(batch)

    writer = Writer(answer)
    answers = grouped(Groups(writer.write), writer, batches)
    assert isinstance(answers[2].exception(), IntegrityFailure)
    assert answers[3].result() == rows_of(batches[3])
    assert writer.groups[2:] == [[each] for each in batches[1:]]


class Interrupt(BaseException):
    """Like a person's Ctrl-C."""


def test_a_writer_that_is_interrupted_leaves_the_way_free(memory: Logs) -> None:
    batches = [a_batch(memory) for _ in range(3)]

    def answer(batch: Batch) -> Outcome:
        if batch is batches[1]:
            raise Interrupt
        return rows_of(batch)

    writer = Writer(answer)
    groups = Groups(writer.write)
    answers = grouped(groups, writer, batches)
    assert isinstance(answers[1].exception(), Interrupt)
    assert isinstance(answers[2].exception(), Unavailable)
    assert groups.append(batches[2]) == rows_of(batches[2])


@pytest.mark.parametrize("handed_over", [False, True])
def test_whoever_is_interrupted_while_waiting_is_not_written_and_hands_on(
    memory: Logs, monkeypatch: pytest.MonkeyPatch, *, handed_over: bool
) -> None:
    batches = [a_batch(memory) for _ in range(3)]
    writer = Writer(rows_of)
    groups = Groups(writer.write)
    wait = _Turn.wait
    interrupted, free = threading.Event(), threading.Event()

    def interruptible(turn: _Turn) -> None:
        if turn.batch is not batches[1]:
            wait(turn)
            return
        if handed_over:
            wait(turn)
        else:
            assert free.wait(20)
        interrupted.set()
        raise Interrupt

    monkeypatch.setattr(_Turn, "wait", interruptible)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(groups.append, batches[0])
        assert writer.begun.acquire(timeout=20)
        second = pool.submit(groups.append, batches[1])
        waiting(groups, 1)
        third = pool.submit(groups.append, batches[2])
        waiting(groups, 2)
        if not handed_over:
            free.set()
            assert interrupted.wait(20)
            assert isinstance(second.exception(20), Interrupt)
        writer.allowed.release(5)
        assert isinstance(second.exception(20), Interrupt)
        assert first.result(20) == rows_of(batches[0])
        assert third.result(20) == rows_of(batches[2])
    assert writer.groups == [[batches[0]], [batches[2]]]
    assert groups.append(batches[1]) == rows_of(batches[1])
