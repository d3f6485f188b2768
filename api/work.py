"""Keeps projections, workers and checkpoints going, in the service or in a process of their own.

Rules kept here:

1. One runner per record: whoever holds the lock works, others wait for it. On PostgreSQL it is an
   advisory lock, on SQLite a lock on a file beside the data; both end with their process.
2. What is unavailable is tried again, ever more slowly. What is damaged ends its loop, is logged
   and stays visible; the other loops go on.
3. Stopping ends each loop after the record in hand; nothing is cut off half way.
"""

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
import structlog

from adapters.database import engine_errors
from adapters.positions import DatabasePositions, SetAside, SetAsideRecords, Stop
from adapters.steps import READER, Workers
from adapters.stream_index import StreamIndex
from adapters.workbench import Workbench
from api import version
from api.wiring import System
from domain.errors import FollowingStopped, RecordsError, Unavailable

LOCK_FILE: Final = "work.lock"
_ADVISORY_LOCK: Final = 0x76756C74_776F726B  # any fixed number; it must differ from other programs'
_LOOK_AGAIN_S: Final = 0.5
_CHECKPOINT_S: Final = 1.0
_SHORTEST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkState:
    """How the workers of a record stand, whichever process runs them.

    Attributes:
        position: The last record they reacted to or set aside; -1 for none.
        behind: Records they have not come to yet.
        stopped: Where they stopped for damage; none while they go on.
        set_aside: Records whose steps failed, and those that wait behind them.
    """

    position: int
    behind: int
    stopped: Stop | None
    set_aside: tuple[SetAside, ...]


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


def work_state(system: System) -> WorkState:
    """Return how the workers stand.

    Raises:
        Unavailable: the database cannot be read.
    """
    positions = DatabasePositions(system.engine)
    position = positions.load(READER)
    return WorkState(
        position=position,
        behind=system.log.size() - 1 - position,
        stopped=positions.stopped(READER),
        set_aside=SetAsideRecords(system.engine, READER).all(),
    )


def run_work(system: System, stop: threading.Event) -> None:
    """Work until told to stop; wait for the lock first, should another runner have it."""
    with ExitStack() as held:
        while not stop.is_set():
            if _take_lock(system, held):
                _run(system, stop)
                return
            stop.wait(_LOOK_AGAIN_S)


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
    done = 0
    while time.monotonic() < deadline:
        with ExitStack() as held:
            if _take_lock(system, held):
                done += _catch_up(system, deadline)
        with engine_errors():
            system.runner.catch_up()
        state = work_state(system)
        if state.stopped is not None or state.set_aside:
            failed = state.stopped or state.set_aside[0]
            raise FollowingStopped(READER, failed.seq)
        if state.behind == 0:
            return done
        time.sleep(0.02)  # a runner in another thread or process is at it
    message = f"the workers were not done within {timeout_s:g} s"
    raise Unavailable(message)


def _catch_up(system: System, deadline: float) -> int:
    workers = _workers(system, lambda: time.monotonic() >= deadline)
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
        keyed=system.log,
        positions=DatabasePositions(system.engine),
        set_aside=SetAsideRecords(system.engine, READER),
        stopping=stopping,
    )


def _run(system: System, stop: threading.Event) -> None:
    workers = _workers(system, stop.is_set)

    def take_steps() -> None:
        workers.catch_up()
        system.log.wait(workers.position(), timeout_s=_LOOK_AGAIN_S)

    def keep_projections() -> None:
        with engine_errors():
            system.runner.catch_up()
        system.log.wait(system.log.size() - 1, timeout_s=_LOOK_AGAIN_S)

    def sign() -> None:
        system.checkpointer.sign_if_due()
        stop.wait(_CHECKPOINT_S)

    loops = {"workers": take_steps, "projections": keep_projections, "checkpoints": sign}
    threads = [
        threading.Thread(target=_keep_going, args=(name, turn, stop), name=name, daemon=True)
        for name, turn in loops.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _keep_going(name: str, turn: Callable[[], None], stop: threading.Event) -> None:
    """Take turns until told to stop, or until something is found that no repeat makes good."""
    wait_s = _SHORTEST_WAIT_S
    while not stop.is_set():
        try:
            turn()
        except Exception as failure:  # noqa: BLE001 - ends this loop, loudly
            cause = failure.__cause__ if isinstance(failure, FollowingStopped) else failure
            told = {"worker": name, "error": type(cause).__name__}
            if isinstance(failure, FollowingStopped):
                told["seq"] = str(failure.seq)
            if not isinstance(cause, Unavailable):
                detail = str(cause) if isinstance(cause, RecordsError) else ""
                _log.critical("work stopped", detail=detail, **told)
                return
            _log.warning("work waits", **told)
            stop.wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        else:
            wait_s = _SHORTEST_WAIT_S


def _take_lock(system: System, held: ExitStack) -> bool:
    """Take the one runner's lock until the stack is left; false while another holds it."""
    if system.engine.dialect.name == "postgresql":
        with ExitStack() as trying:
            connection = trying.enter_context(system.engine.connect())
            ask = sa.select(sa.func.pg_try_advisory_lock(_ADVISORY_LOCK))
            if not connection.execute(ask).scalar_one():
                return False
            connection.commit()
            # The lock belongs to the connection: kept out of the pool, it ends with it.
            trying.callback(connection.invalidate)
            held.push(trying.pop_all())
            return True
    with ExitStack() as trying:
        file = trying.enter_context((system.settings.data / LOCK_FILE).open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        held.push(trying.pop_all())
        return True
