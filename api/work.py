"""Keeps projections, workers and checkpoints going, in the service or in a process of their own.

Rules kept here:

1. One runner per record: whoever leads works, others stand for the lead. Whoever lost it stops
   before the next record, whether it knows why or not, and stands for it again.
2. What is unavailable is tried again, ever more slowly, and after a minute of it another runner
   may try. What nobody foresaw ends the lead at once: another process may fare better.
3. What is damaged ends its loop, is logged and stays visible; the other loops go on, and so does
   the lead: another process would find the same bytes.
4. Stopping ends each loop after the record in hand; nothing is cut off half way.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import structlog

from adapters.database import engine_errors
from adapters.leadership import (
    CONFIRM_S,
    FileLeadership,
    Leadership,
    PostgresLeadership,
)
from adapters.positions import DatabasePositions, SetAsideRecords, Stop
from adapters.steps import READER, Workers
from adapters.stream_index import StreamIndex
from adapters.workbench import Workbench
from api import version
from api.outside import OutsideWork
from api.wiring import System
from api.work_state import CHECKPOINTS, COPIES, LOCK_FILE, PROJECTIONS, REBUILDS, SWEEPS
from domain.errors import FollowingStopped, IntegrityFailure, RecordsError, Unavailable

_LOOK_AGAIN_S: Final = 0.5
_CHECKPOINT_S: Final = 1.0
_SWEEP_S: Final = 3600.0
_SHORTEST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_PATIENCE_S: Final = 60.0
_SHORTEST_PAUSE_S: Final = 3.0
_LONGEST_PAUSE_S: Final = 60.0
_log = structlog.get_logger()


def workbench(system: System) -> Workbench:
    """Return what a worker of this system works with."""
    return Workbench(
        clinic=system.clinic,
        log=system.log,
        tree=system.log.tree,
        blobs=system.blobs,
        streams=StreamIndex(system.log),
        clock=system.clock,
        version=version.VERSION,
        build=version.build(),
    )


def run_work(system: System, stop: threading.Event) -> None:
    """Work until told to stop; wait for the lead first, should another runner have it."""
    pause_s = _SHORTEST_PAUSE_S
    with _candidate(system) as lead:
        while not stop.is_set():
            wait_s = _LOOK_AGAIN_S
            if _taken(lead):
                began = time.monotonic()
                _log.info("work begins")
                gave_way = _Lead(system, lead, stop).go()
                lead.release()
                _log.info("work gives way" if gave_way else "work ends")
                if time.monotonic() - began > _LONGEST_PAUSE_S:
                    pause_s = _SHORTEST_PAUSE_S
                if gave_way:
                    wait_s, pause_s = pause_s, min(2 * pause_s, _LONGEST_PAUSE_S)
            stop.wait(wait_s)


@contextmanager
def working(system: System) -> Iterator[None]:
    """Work in the background until left."""
    stop = threading.Event()
    thread = threading.Thread(target=run_work, args=(system, stop), name="work", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def destroy_again(system: System) -> None:
    """Destroy what the record says is destroyed, should a restored backup have brought it back."""
    for key in system.runner.erased_keys():
        if not system.keys.destroyed(key):
            system.keys.destroy(key)
            system.blobs.purge(system.blobs_of_key(key))


def drain(system: System, timeout_s: float = 60.0) -> int:
    """Do everything that is pending and bring the projections up to date.

    It is done here, in the calling thread; or waited for, while a runner is working. What is
    unavailable is tried again until the time is up.

    Returns:
        The number of records the workers went past here; 0 when a runner did it.

    Raises:
        FollowingStopped: a step failed, or something is damaged.
        Unavailable: it was not done in time.
    """
    deadline = time.monotonic() + timeout_s
    positions = DatabasePositions(system.engine)
    set_aside = SetAsideRecords(system.engine, READER)
    done = 0
    with _candidate(system) as lead:
        while time.monotonic() < deadline:
            if lead.take():
                done += _catch_up(system, lead, deadline)
                lead.release()
            # Taken first: what is recorded from here on is for whoever recorded it to wait for.
            size = system.log.size()
            with engine_errors():
                system.runner.catch_up()
            stopped, waiting = positions.stopped(READER), set_aside.all()
            if stopped is not None or waiting:
                failed = stopped or waiting[0]
                raise FollowingStopped(READER, failed.seq)
            if positions.load(READER) >= size - 1:
                return done
            time.sleep(0.02)  # a runner in another thread or process is at it
    message = f"the workers were not done within {timeout_s:g} s"
    raise Unavailable(message)


def _catch_up(system: System, lead: Leadership, deadline: float) -> int:
    workers = _workers(system, lambda: time.monotonic() >= deadline or not lead.confirm())
    before = workers.position()
    try:
        while workers.catch_up():
            pass
    except FollowingStopped as stopped:
        if not isinstance(stopped.__cause__, Unavailable):
            raise
    return workers.position() - before


def _workers(system: System, stopping: Callable[[], bool]) -> Workers:
    return Workers(
        workbench(system),
        keys=system.keys,
        keyed=system,
        positions=DatabasePositions(system.engine),
        set_aside=SetAsideRecords(system.engine, READER),
        stopping=stopping,
    )


@contextmanager
def _candidate(system: System) -> Iterator[Leadership]:
    """Stand for the lead; whatever was taken is given away at the end."""
    lead: Leadership
    if system.engine.dialect.name == "postgresql":
        lead = PostgresLeadership(system.settings.database, clock=system.clock)
    else:
        lead = FileLeadership(system.settings.data / LOCK_FILE, clock=system.clock)
    try:
        yield lead
    finally:
        lead.release()


def _taken(lead: Leadership) -> bool:
    try:
        return lead.take()
    except Unavailable as failure:
        _log.warning("work waits", worker="lead", error=type(failure).__name__)
        return False


class _Lead:
    """The loops of one runner, for as long as it leads."""

    def __init__(self, system: System, lead: Leadership, stop: threading.Event) -> None:
        """Work on a system under a lead that was taken, until told to stop."""
        self._system = system
        self._positions = DatabasePositions(system.engine)
        self._lead = lead
        self._stop = stop
        self._over = threading.Event()
        self._give_way = threading.Event()
        self._workers = _workers(system, self._ends)
        self._outside = OutsideWork(system)
        self._rebuilt = False

    def go(self) -> bool:
        """Work until stopped or no longer leading; return whether another runner should try."""
        loops = {
            READER: self._take_steps,
            PROJECTIONS: self._keep_projections,
            REBUILDS: self._rebuild,
            CHECKPOINTS: self._sign,
            COPIES: self._copy,
            SWEEPS: self._sweep,
        }
        threads = [
            threading.Thread(target=self._keep_going, args=loop, name=loop[0], daemon=True)
            for loop in loops.items()
        ]
        for thread in threads:
            thread.start()
        while not (self._stop.is_set() or self._give_way.is_set()) and self._lead.confirm():
            self._stop.wait(CONFIRM_S)
        self._over.set()
        for thread in threads:
            while thread.is_alive():
                self._lead.confirm()  # the record in hand may take longer than a lease
                thread.join(CONFIRM_S)
        return self._give_way.is_set()

    def _ends(self) -> bool:
        return self._over.is_set() or not self._lead.holds()

    def _take_steps(self) -> None:
        self._workers.catch_up()
        self._system.log.wait(self._workers.position(), timeout_s=_LOOK_AGAIN_S)

    def _keep_projections(self) -> None:
        with engine_errors():
            self._system.runner.catch_up()
        self._system.log.wait(self._system.log.size() - 1, timeout_s=_LOOK_AGAIN_S)

    def _rebuild(self) -> None:
        """Rebuild what is due, once; the other loops go on meanwhile."""
        if not self._rebuilt:
            with engine_errors():
                self._system.runner.prepare(stopping=self._ends)
            destroy_again(self._system)
            self._rebuilt = True
        self._over.wait(_LONGEST_WAIT_S)

    def _sign(self) -> None:
        self._system.checkpointer.sign_if_due()
        self._over.wait(_CHECKPOINT_S)

    def _copy(self) -> None:
        self._outside.turn()
        self._over.wait(_CHECKPOINT_S)

    def _sweep(self) -> None:
        """Remove content that no record came to name, at the start and once an hour."""
        removed = self._system.unnamed.sweep(
            self._system.log, self._system.blobs, stopping=self._ends
        )
        if removed:
            _log.info("unnamed content removed", count=removed)
        self._over.wait(_SWEEP_S)

    def _keep_going(self, name: str, turn: Callable[[], None]) -> None:
        """Take turns until it ends, or until something is found that no repeat makes good."""
        wait_s = _SHORTEST_WAIT_S
        well_at = time.monotonic()
        proven = False
        while not self._ends():
            try:
                turn()
                if not proven and self._positions.stopped(name) is not None:
                    self._positions.go_on(name)
            except Exception as failure:  # noqa: BLE001 - ends this loop, loudly
                if not _only_away(failure):
                    self._end(name, failure)
                    return
                _log.warning("work waits", **_told(name, failure))
                if time.monotonic() - well_at > _PATIENCE_S:
                    self._give_way.set()
                self._over.wait(wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            else:
                wait_s, well_at, proven = _SHORTEST_WAIT_S, time.monotonic(), True

    def _end(self, name: str, failure: Exception) -> None:
        """Say that a loop ended, where whoever looks at the record sees it."""
        cause = _cause(failure)
        with suppress(Unavailable):  # the log line below is left then
            size = self._system.log.size()
            seq = failure.seq if isinstance(failure, FollowingStopped) else size
            self._positions.stop(name, Stop(seq=seq, why=type(cause).__name__))
        detail = str(cause) if isinstance(cause, RecordsError) else ""
        _log.critical("work stopped", detail=detail, **_told(name, failure))
        if not isinstance(cause, IntegrityFailure):
            self._give_way.set()


def _cause(failure: Exception) -> BaseException | None:
    return failure.__cause__ if isinstance(failure, FollowingStopped) else failure


def _only_away(failure: Exception) -> bool:
    return isinstance(_cause(failure), Unavailable)


def _told(name: str, failure: Exception) -> dict[str, str]:
    told = {"worker": name, "error": type(_cause(failure)).__name__}
    if isinstance(failure, FollowingStopped):
        told["seq"] = str(failure.seq)
    return told
