"""The work loop: one runner, all pending work, clean ends, and what is seen of trouble."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
import structlog.testing

from adapters import steps
from adapters.memory import ManualClock, SeededRandomness
from adapters.steps import READER
from adapters.workbench import Workbench
from adapters.workers.quality import measure_attempt
from api import work
from api.settings import from_environment
from api.wiring import System, open_system
from api.work import drain, run_work, working
from api.work_state import work_state
from domain.errors import DigestMismatch, FollowingStopped, MalformedInput, Unavailable
from domain.events.record import Record
from domain.policies import MeasureAttempt
from domain.values.identifiers import SessionId
from tests.adapters.workers.clinic_day import ClinicDay
from tests.builders import CLINIC, MORNING

BAD = (b"no picture", b"neither")


@dataclass
class Running:
    """A system with a clinic's record, and what happens there."""

    system: System
    day: ClinicDay

    def attempt(self, name: str = "first") -> SessionId:
        """Record a session with an attempt whose bytes are no picture."""
        session = self.day.open_session(name)
        self.day.submit(session, name, pictures=BAD)
        return session


@contextmanager
def opened(folder: Path, database: str | None = None) -> Iterator[Running]:
    """Open a system on a folder, new or not."""
    folder.mkdir(exist_ok=True)
    (folder / "copies").mkdir(exist_ok=True)
    (folder / "clinic").write_text(CLINIC)
    settings = from_environment(
        {
            "VULTUS_DATA": str(folder),
            "VULTUS_DATABASE": database or "",
            "VULTUS_CHECKPOINT_COPIES": str(folder / "copies"),
            "VULTUS_CHECKPOINT_SECONDS": "1",
        }
    )
    clock = ManualClock(MORNING)
    with open_system(settings, clock=clock, randomness=SeededRandomness("work")) as system:
        system.runner.prepare()
        day = ClinicDay(
            log=system.log,
            blobs=system.blobs,
            keys=system.keys,
            clock=clock,
            engine=system.engine,
        )
        if system.log.size() == 0:
            day.open_clinic()
            day.enrol()
        yield Running(system=system, day=day)


def wait_until(holds: Callable[[], bool]) -> None:
    """Look again until something holds; the test's own time-out ends a wait for nothing."""
    pause = threading.Event()
    while not holds():
        pause.wait(0.02)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Return a system with a clinic on SQLite."""
    with opened(tmp_path / "record") as it:
        yield it


def test_draining_does_everything_that_is_pending(running: Running) -> None:
    session = running.attempt()
    began = running.system.log.size()
    assert drain(running.system) > 0
    assert running.day.names(began) == ["AttemptUnmeasurable"]
    assert running.day.events(session.stream)[-1]
    state = work_state(running.system)
    assert (state.behind, state.stopped, state.set_aside) == (0, None, ())
    assert running.system.runner.position() == running.system.log.size() - 1
    assert drain(running.system) == 0


def test_work_in_the_background_does_the_same_and_signs(running: Running) -> None:
    with working(running.system):
        running.attempt()
        drain(running.system, timeout_s=30)
        assert running.day.names()[-1] == "AttemptUnmeasurable"
        wait_until(lambda: running.system.shelf.newest() is not None)
    assert not [each for each in threading.enumerate() if each.name in {"work", "workers"}]
    assert list((running.system.settings.data / "copies").iterdir())


def test_work_stops_soon_after_it_was_told_to(running: Running) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=run_work, args=(running.system, stop))
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_runner_at_a_time(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    database = str(request.getfixturevalue("postgres_dsn")) if kind == "postgresql" else None
    with (
        opened(tmp_path / "record", database) as first,
        opened(tmp_path / "record", database) as second,
    ):
        began, may_end = threading.Event(), threading.Event()

        def hold(_bench: object, *_: object) -> tuple[()]:
            began.set()
            may_end.wait(30)
            return ()

        with patch.object(steps, "measure_attempt", hold), working(first.system):
            first.attempt()
            assert began.wait(30)
            with pytest.raises(Unavailable):
                drain(second.system, timeout_s=0.2)
            may_end.set()
        assert drain(second.system) >= 0
        assert work_state(second.system).behind == 0


def test_the_next_runner_takes_over_when_the_first_ends(tmp_path: Path) -> None:
    with opened(tmp_path / "record") as first, opened(tmp_path / "record") as second:
        with working(second.system):
            with working(first.system):
                first.attempt("one")
                drain(first.system, timeout_s=30)
            second.attempt("two")
            drain(second.system, timeout_s=30)
        assert second.day.names().count("AttemptUnmeasurable") == 2


def test_a_step_that_fails_is_told_when_draining_and_seen_afterwards(running: Running) -> None:
    session = running.attempt()
    (arrival,) = (
        each for each in running.day.log.stream(session.stream) if each.name == "AttemptSubmitted"
    )
    with (
        patch.object(steps, "measure_attempt", side_effect=MalformedInput("x")),
        pytest.raises(FollowingStopped) as stopped,
    ):
        drain(running.system)
    assert (stopped.value.reader, stopped.value.seq) == (READER, arrival.seq)
    (failed,) = work_state(running.system).set_aside
    assert (failed.seq, failed.why) == (arrival.seq, "MalformedInput")


def test_damage_ends_the_workers_and_stays_visible_while_the_rest_goes_on(
    running: Running,
) -> None:
    session = running.attempt()
    arrival = running.day.log.stream(session.stream)[-1]
    with (
        patch.object(steps, "measure_attempt", side_effect=DigestMismatch("changed")),
        structlog.testing.capture_logs() as logs,
        working(running.system),
    ):
        wait_until(lambda: "work stopped" in [each["event"] for each in logs])
        assert running.system.runner.reached(running.system.log.size() - 1, timeout_s=30)
        with pytest.raises(FollowingStopped):
            drain(running.system)
    state = work_state(running.system)
    assert state.stopped is not None
    assert (state.stopped.seq, state.stopped.why) == (arrival.seq, "DigestMismatch")
    assert state.behind == running.system.log.size() - arrival.seq
    (line,) = (each for each in logs if each["event"] == "work stopped")
    assert (line["log_level"], line["worker"], line["seq"]) == (
        "critical",
        "workers",
        str(arrival.seq),
    )


def test_what_is_unavailable_is_tried_again_until_it_is_there(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_SHORTEST_WAIT_S", 0.01)
    tried: list[int] = []

    def full_disk(bench: Workbench, step: MeasureAttempt, calling: Record) -> tuple[Record, ...]:
        tried.append(calling.seq)
        if len(tried) < 4:
            raise Unavailable("the disk is full")
        return measure_attempt(bench, step, calling)

    running.attempt()
    with (
        patch.object(steps, "measure_attempt", full_disk),
        structlog.testing.capture_logs() as logs,
        working(running.system),
    ):
        wait_until(lambda: work_state(running.system).behind == 0)
    assert len(tried) == 4
    waits = [each for each in logs if each["event"] == "work waits" and each["worker"] == "workers"]
    assert len(waits) == 3
    assert running.day.names()[-1] == "AttemptUnmeasurable"


def test_a_failure_nobody_foresaw_ends_its_loop_loudly(running: Running) -> None:
    with (
        patch.object(running.system.runner, "catch_up", side_effect=KeyError("odd")),
        structlog.testing.capture_logs() as logs,
    ):
        stop = threading.Event()
        thread = threading.Thread(target=run_work, args=(running.system, stop))
        thread.start()
        wait_until(lambda: "work stopped" in [each["event"] for each in logs])
        stop.set()
        thread.join(10)
    (line,) = (each for each in logs if each["event"] == "work stopped")
    assert (line["worker"], line["error"], line["detail"]) == ("projections", "KeyError", "")


def test_a_system_that_was_restarted_goes_on_where_it_was(tmp_path: Path) -> None:
    with opened(tmp_path / "record") as before:
        before.attempt("one")
        drain(before.system)
        position = work_state(before.system).position
        before.attempt("two")
    with opened(tmp_path / "record") as after:
        assert work_state(after.system).position == position
        after.day.clock.advance(timedelta(hours=1))
        drain(after.system)
        assert after.day.names().count("AttemptUnmeasurable") == 2


def test_draining_waits_for_what_is_unavailable_and_gives_up_in_time(running: Running) -> None:
    running.attempt()
    with (
        patch.object(steps, "measure_attempt", side_effect=Unavailable("the disk is full")),
        pytest.raises(Unavailable, match="not done within"),
    ):
        drain(running.system, timeout_s=0.3)
    drain(running.system)
    assert running.day.names()[-1] == "AttemptUnmeasurable"
