"""Workers together: one order, lanes, what is set aside, what stops everybody."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
import structlog.testing

from adapters import steps
from adapters.positions import Stop
from adapters.steps import FIRST_WAIT, READER, Workers, lane_of
from domain.errors import FollowingStopped, IntegrityFailure, MalformedInput, Unavailable
from domain.events.record import Record
from domain.policies import MeasureAttempt, Step
from domain.values.identifiers import SessionId, SubjectId
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day
from tests.builders import CLINIC, SUBJECT

OTHER = SubjectId.derived("other")
BAD = b"no picture"


class Failing:
    """Stands for a worker that fails on one session until told otherwise."""

    def __init__(self, session: SessionId, error: Exception) -> None:
        """Fail on this session with this error."""
        self.session = session
        self.error: Exception | None = error
        self.taken: list[tuple[SessionId, int]] = []

    def __call__(self, _bench: object, step: MeasureAttempt, calling: Record) -> tuple[Record, ...]:
        """Fail, or do nothing."""
        if step.session == self.session and self.error is not None:
            raise self.error
        self.taken.append((step.session, calling.seq))
        return ()


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    """Return a clinic with station, protocol, model and one client."""
    with clinic_day(tmp_path) as opened:
        yield opened


@pytest.fixture
def two(day: ClinicDay) -> tuple[SessionId, SessionId]:
    """Return one session each of two clients, the first with two attempts around the other's."""
    day.enrol(OTHER)
    first, second = day.open_session(), day.open_session("second", subject=OTHER)
    day.submit(first, "one", pictures=(BAD, BAD + b"1"))
    day.submit(second, "two", subject=OTHER, pictures=(BAD, BAD + b"1"))
    day.submit(first, "three", pictures=(BAD, BAD + b"1"))
    return first, second


def test_a_record_that_fails_is_set_aside_and_others_go_on(
    day: ClinicDay, two: tuple[SessionId, SessionId]
) -> None:
    first, second = two
    failing = Failing(first, MalformedInput("somebody's name stands in here"))
    workers = day.workers()
    with patch.object(steps, "measure_attempt", failing), structlog.testing.capture_logs() as logs:
        workers.catch_up()
    assert [session for session, _ in failing.taken] == [second]
    failed, waiting = workers.set_aside()
    seqs = [each.seq for each in day.log.stream(first.stream) if each.name == "AttemptSubmitted"]
    assert (failed.seq, waiting.seq) == tuple(seqs)
    assert (failed.why, failed.tries, waiting.why, waiting.tries) == ("MalformedInput", 1, "", 0)
    assert failed.lane == waiting.lane == f"subject:{SUBJECT}"
    assert workers.position() == day.log.size() - 1
    (line,) = (each for each in logs if each["event"] == "step failed")
    assert (line["seq"], line["error"]) == (failed.seq, "MalformedInput")
    assert "name" not in str(line)


def test_what_was_set_aside_is_tried_again_later_in_the_order_of_the_log(
    day: ClinicDay, two: tuple[SessionId, SessionId]
) -> None:
    first, _ = two
    failing = Failing(first, MalformedInput("x"))
    with patch.object(steps, "measure_attempt", failing):
        day.workers().catch_up()
        failing.taken.clear()
        failing.error = None
        assert day.workers().catch_up() == 0  # not due yet
        assert not failing.taken
        day.clock.advance(FIRST_WAIT)
        workers = day.workers()
        assert workers.catch_up() == 2
    assert [session for session, _ in failing.taken] == [first, first]
    assert failing.taken == sorted(failing.taken, key=lambda each: each[1])
    assert not workers.set_aside()


def test_what_fails_again_waits_longer_each_time_but_never_for_ever(
    day: ClinicDay, two: tuple[SessionId, SessionId]
) -> None:
    failing = Failing(two[0], MalformedInput("x"))
    waits = []
    with patch.object(steps, "measure_attempt", failing):
        day.workers().catch_up()
        for _ in range(14):
            due = day.workers().set_aside()[0].again_at
            day.clock.advance(timedelta(microseconds=due.us - day.clock.now().us))
            day.workers().catch_up()
            now = day.workers().set_aside()[0]
            waits.append(now.again_at.us - day.clock.now().us)
    assert waits == sorted(waits)
    assert waits[-1] == steps.LONGEST_WAIT // timedelta(microseconds=1)
    assert now.tries == 15


def test_an_erasure_is_not_held_up_by_what_failed_before(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session, pictures=(BAD, BAD + b"1"))
    failing = Failing(session, MalformedInput("x"))
    with patch.object(steps, "measure_attempt", failing):
        day.workers().catch_up()
        day.keys.destroy(f"subject:{SUBJECT}")
        day.clock.advance(FIRST_WAIT)
        workers = day.workers()
        workers.catch_up()
    assert not workers.set_aside()


@pytest.mark.parametrize("error", [Unavailable("the disk is full"), IntegrityFailure("changed")])
def test_what_is_damaged_or_unavailable_stops_everybody_where_they_are(
    day: ClinicDay, two: tuple[SessionId, SessionId], error: Exception
) -> None:
    first, _ = two
    failing = Failing(first, error)
    workers = day.workers()
    with patch.object(steps, "measure_attempt", failing):
        with pytest.raises(FollowingStopped) as stopped:
            workers.catch_up()
        assert stopped.value.__cause__ is error
        assert workers.position() == stopped.value.seq - 1
        damaged = isinstance(error, IntegrityFailure)
        assert (_stop(day) is not None) == damaged
        assert not failing.taken
        failing.error = None
        day.workers().catch_up()
        assert len(failing.taken) == 3
    assert _stop(day) is None
    assert not workers.set_aside()


def test_damage_met_on_a_repeated_try_stops_the_workers_too(
    day: ClinicDay, two: tuple[SessionId, SessionId]
) -> None:
    first, _ = two
    failing = Failing(first, MalformedInput("x"))
    with patch.object(steps, "measure_attempt", failing):
        day.workers().catch_up()
        failing.error = IntegrityFailure("changed")
        day.clock.advance(FIRST_WAIT)
        with pytest.raises(FollowingStopped):
            day.workers().catch_up()
        stop = _stop(day)
        assert stop is not None
        assert stop.why == "IntegrityFailure"
        failing.error = None
        day.workers().catch_up()
    assert _stop(day) is None


def test_asked_to_leave_off_workers_stop_before_the_next_record(day: ClinicDay) -> None:
    asked = False
    session = day.open_session()
    day.submit(session, "one", pictures=(BAD, BAD + b"1"))
    day.submit(session, "two", pictures=(BAD, BAD + b"1"))
    taken: list[int] = []

    def take(_bench: object, _step: Step, calling: Record) -> tuple[Record, ...]:
        nonlocal asked
        asked = True
        taken.append(calling.seq)
        return ()

    workers = Workers(
        day.bench(),
        keys=day.keys,
        keyed=day.log,
        positions=day.positions(),
        set_aside=day.set_aside(),
        stopping=lambda: asked,
    )
    with patch.object(steps, "measure_attempt", take):
        workers.catch_up()
        assert len(taken) == 1
        assert workers.position() == taken[0]
        asked = False
        workers.catch_up()
    assert len(taken) == 2


def test_a_lane_is_a_subject_or_else_a_stream(day: ClinicDay) -> None:
    records = day.log.after(-1, limit=100)
    lanes = {lane_of(each) for each in records}
    assert f"subject:{SUBJECT}" in lanes
    assert CLINIC.stream in lanes
    assert SUBJECT.stream in lanes


def _stop(day: ClinicDay) -> Stop | None:
    return day.positions().stopped(READER)
