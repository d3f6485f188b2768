"""Tests of the one way anything reacts."""

from dataclasses import replace

import pytest

from domain.errors import ChainBroken, FollowingStopped, Unavailable, UnknownEvent
from domain.events.practitioner import RoleGranted
from domain.events.record import Record
from domain.following import follow
from domain.values.actor import Role
from tests.builders import OPERATOR
from tests.domain.log_in_memory import LogInMemory, PositionsInMemory
from tests.event_builders import a_record


def a_log(size: int) -> LogInMemory:
    event = RoleGranted(role=Role.OPERATOR)
    return LogInMemory(
        records=[a_record(event, stream=OPERATOR.stream, seq=at) for at in range(size)]
    )


def test_every_record_is_reacted_to_once_in_order_and_then_remembered() -> None:
    log, positions = a_log(5), PositionsInMemory()
    seen: list[tuple[int, int]] = []

    def react(record: Record) -> None:
        seen.append((record.seq, positions.load("quality")))

    assert follow(log, positions, "quality", react, batch=2) == 5
    assert seen == [(at, at - 1) for at in range(5)]
    assert positions.saved == [("quality", at) for at in range(5)]
    assert follow(log, positions, "quality", react) == 0


def test_a_reader_goes_on_where_it_was_and_apart_from_others() -> None:
    positions = PositionsInMemory(saved=[("quality", 2), ("other", 4)])
    seen: list[int] = []
    assert follow(a_log(5), positions, "quality", lambda each: seen.append(each.seq)) == 2
    assert seen == [3, 4]


def test_what_cannot_be_reacted_to_stops_the_reader_there_and_names_the_record() -> None:
    positions = PositionsInMemory()

    def react(record: Record) -> None:
        if record.seq == 2:
            raise Unavailable("the disk is full")

    with pytest.raises(FollowingStopped) as caught:
        follow(a_log(5), positions, "quality", react)
    assert (caught.value.reader, caught.value.seq) == ("quality", 2)
    assert isinstance(caught.value.__cause__, Unavailable)
    assert positions.load("quality") == 1


@pytest.mark.parametrize("batch", [1, 4, 256])
def test_a_record_that_cannot_be_read_stops_the_reader_just_before_it(batch: int) -> None:
    whole, positions, seen = a_log(5), PositionsInMemory(), []
    read = whole.after

    def after(seq: int, *, limit: int) -> tuple[Record, ...]:
        found = read(seq, limit=limit)
        if any(each.seq == 3 for each in found):
            raise UnknownEvent("this build knows no event")
        return found

    whole.after = after  # type: ignore[method-assign]
    with pytest.raises(FollowingStopped) as caught:
        follow(whole, positions, "quality", lambda each: seen.append(each.seq), batch=batch)
    assert seen == [0, 1, 2]
    assert (caught.value.reader, caught.value.seq) == ("quality", 3)
    assert isinstance(caught.value.__cause__, UnknownEvent)
    assert positions.load("quality") == 2


@pytest.mark.verifies("DRV-02")
@pytest.mark.parametrize("at", [1, 3])
def test_a_missing_place_in_the_order_stops_the_reader(at: int) -> None:
    log, positions = a_log(5), PositionsInMemory()
    del log.records[at]
    with pytest.raises(ChainBroken):
        follow(log, positions, "quality", lambda _: None)
    assert positions.load("quality") == at - 1


@pytest.mark.verifies("DRV-02")
def test_a_doubled_place_in_the_order_stops_the_reader() -> None:
    log = a_log(3)
    log.records[2] = replace(log.records[2], seq=1)
    with pytest.raises(ChainBroken):
        follow(log, PositionsInMemory(), "quality", lambda _: None)
