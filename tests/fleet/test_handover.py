"""The lead goes on from a runner that was killed, paused or cut off, and nothing is done twice."""

import threading
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from adapters import steps
from adapters.leadership import LEASE_S, FileLeadership
from adapters.ledger.outside_folder import OutsideFolder
from adapters.positions import DatabasePositions, Stop
from adapters.verification.verify import verify_log
from adapters.workers.quality import measure_attempt
from api import work
from api.wiring import System
from api.work import run_work, working
from api.work_state import CHECKPOINTS, PROJECTIONS, work_state
from domain.errors import ChainBroken, Unavailable
from tests.adapters.test_leadership import end_leaders_connection
from tests.api.test_work import Running, opened
from tests.builders import MORNING
from tests.fleet.processes import Note, Process, Start, wait_until


def led_by(running: Running, process: Process) -> Callable[[], bool]:
    def led() -> bool:
        leader = work_state(running.system).leader
        return leader is not None and leader.who.endswith(f":{process.pid}")

    return led


def measured(running: Running, count: int) -> Callable[[], bool]:
    return lambda: running.day.names().count("AttemptUnmeasurable") == count


def check_checkpoints(system: System) -> int:
    """Check that everything ever signed agrees with the record, and return how many that is.

    A checkpoint stands on the shelf before it is copied outside; until the copy is there, 0.
    """
    kept = system.shelf.all()
    report = verify_log(system.log, key=system.checkpointer.key, checkpoints=kept, blobs=None)
    assert report.intact
    assert len(report.confirmed) == len(kept)
    (folder,) = system.settings.checkpoint_copies
    assert isinstance(folder, Path)
    return len(kept) if OutsideFolder(folder).newest() == kept[-1].note else 0


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-002")
def test_a_paused_and_a_killed_leader_are_replaced_within_seconds(
    tmp_path: Path,
    postgres_dsn: str,
    start: Start,
    note: Note,
) -> None:
    folder = tmp_path / "record"
    with opened(folder, postgres_dsn) as running:
        environment = {
            "VULTUS_DATA": str(folder),
            "VULTUS_DATABASE": postgres_dsn,
            "VULTUS_CHECKPOINT_COPIES": str(folder / "copies"),
            "VULTUS_CHECKPOINT_EVERY": "1",
        }
        first, second = (start("tests.fleet.worker", environment=environment) for _ in range(2))
        first.says("stands")
        second.says("stands")
        wait_until(lambda: work_state(running.system).leader is not None)
        if led_by(running, second)():
            first, second = second, first
        running.attempt("one")
        wait_until(measured(running, 1))

        first.pause()
        running.attempt("two")
        paused_s = wait_until(led_by(running, second))
        wait_until(measured(running, 2))
        first.go_on()

        second.kill()
        running.attempt("three")
        killed_s = wait_until(led_by(running, first))
        wait_until(measured(running, 3))
        # The last checkpoint comes with the next turn of its loop.
        wait_until(lambda: check_checkpoints(running.system) > 0)
        assert "work ends" in first.said()
    note("handed over after a pause, s", round(paused_s, 2))
    note("handed over after a kill, s", round(killed_s, 2))
    assert paused_s < 5 * LEASE_S
    assert killed_s < 5 * LEASE_S


@pytest.mark.verifies("REQ-IN-002")
def test_a_leader_that_was_cut_off_ends_its_step_without_harm_and_stops(
    tmp_path: Path, postgres_dsn: str
) -> None:
    """Both take the same step; the record holds its outcome once."""
    folder = tmp_path / "record"
    inside, may_end = threading.Event(), threading.Event()
    names: list[str] = []

    def hold_first(*given: object) -> object:
        names.append(threading.current_thread().name)
        if len(names) == 1:
            inside.set()
            may_end.wait(150)
        return measure_attempt(*given)  # type: ignore[arg-type]

    with (
        opened(folder, postgres_dsn) as first,
        opened(folder, postgres_dsn) as second,
        patch.object(steps, "measure_attempt", hold_first),
        working(first.system),
    ):
        first.attempt("one")
        assert inside.wait(30)
        with working(second.system):
            end_leaders_connection(postgres_dsn)
            wait_until(measured(second, 1))
            assert len(names) > 1
            may_end.set()
            second.attempt("two")
            wait_until(measured(second, 2))
            state = work_state(second.system)
            assert (state.stopped, state.set_aside, state.halted) == (None, (), {})


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_who_leads_and_since_when_can_be_seen(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = str(request.getfixturevalue("postgres_dsn")) if kind == "postgresql" else None
    with opened(tmp_path / "record", database) as running:
        assert work_state(running.system).leader is None
        with working(running.system):
            wait_until(lambda: work_state(running.system).leader is not None)
            leader = work_state(running.system).leader
            assert leader is not None
            assert leader.who
            assert leader.since is not None
            assert leader.since >= MORNING
        assert work_state(running.system).leader is None


def test_a_damaged_history_ends_signing_visibly_and_keeps_the_lead(tmp_path: Path) -> None:
    with opened(tmp_path / "record") as running:
        system = running.system
        damaged = patch.object(
            type(system.checkpointer), "sign_if_due", side_effect=ChainBroken("changed")
        )
        with damaged, working(system):
            wait_until(lambda: CHECKPOINTS in work_state(system).halted)
            running.attempt()
            wait_until(measured(running, 1))
            state = work_state(system)
            assert state.halted[CHECKPOINTS].why == "ChainBroken"
            assert state.leader is not None
        with working(system):  # repaired: whoever signs again says so
            wait_until(lambda: work_state(system).halted == {})


def test_a_failure_nobody_foresaw_gives_another_runner_its_turn(
    tmp_path: Path, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "record"
    monkeypatch.setattr(work, "_SHORTEST_PAUSE_S", 30.0)
    stop = threading.Event()
    with opened(folder, postgres_dsn) as sick, opened(folder, postgres_dsn) as well:
        with patch.object(sick.system.runner, "catch_up", side_effect=MemoryError):
            thread = threading.Thread(target=run_work, args=(sick.system, stop))
            thread.start()
            wait_until(lambda: PROJECTIONS in work_state(sick.system).halted)
            with working(well.system):
                well.attempt("one")
                wait_until(measured(well, 1))
                wait_until(lambda: work_state(well.system).halted == {})
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_what_stays_unavailable_for_long_gives_another_runner_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(work, "_SHORTEST_WAIT_S", 0.05)
    with opened(tmp_path / "record") as running:
        stop = threading.Event()
        with (
            patch.object(running.system.runner, "catch_up", side_effect=Unavailable("away")),
            patch.object(work._Lead, "go", autospec=True, side_effect=work._Lead.go) as led,
        ):
            thread = threading.Thread(target=run_work, args=(running.system, stop))
            thread.start()
            wait_until(lambda: led.called)
            wait_until(lambda: work_state(running.system).leader is None)
            stop.set()
            thread.join(10)
        assert not thread.is_alive()


def test_whoever_was_overtaken_cannot_say_that_the_workers_stand_still(tmp_path: Path) -> None:
    with opened(tmp_path / "record") as running:
        positions = DatabasePositions(running.system.engine)
        positions.save("workers", 7)
        positions.stop("workers", Stop(seq=7, why="DigestMismatch"))
        assert positions.stopped("workers") is None
        positions.stop("workers", Stop(seq=8, why="DigestMismatch"))
        assert positions.stopped("workers") == Stop(seq=8, why="DigestMismatch")


def test_a_runner_outlives_a_database_that_was_away_at_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_LOOK_AGAIN_S", 0.01)
    took = FileLeadership.take
    tries: list[None] = []

    def away_at_first(lead: FileLeadership) -> bool:
        tries.append(None)
        if len(tries) < 3:
            raise Unavailable("away")
        return took(lead)

    monkeypatch.setattr(FileLeadership, "take", away_at_first)
    with opened(tmp_path / "record") as running, working(running.system):
        wait_until(lambda: work_state(running.system).leader is not None)
