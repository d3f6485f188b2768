"""Keeps attempts in processes that kill themselves at one seam of keeping.

Run as ``python -m tests.faults.station_killed FOLDER SEAMS``: a process with one thread, so that it
may fork. Two children for each seam, in one folder: one dies before it, the next one after it. A
seam is a statement sent to the queue's database, the commit included. Prints how many died.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.system import SystemClock, SystemRandomness
from device.facts import Facts
from device.outbox import Outbox
from device.secure_key import FileSecureKey
from tests.builders import DEVICE, SESSION
from tests.event_builders import an_attempt_submitted

BEFORE = 2
CONTENT = (b"left" * 50_000, b"right" * 50_000)


class Killing(sqlite3.Connection):
    """A connection that kills the process before or after one statement, once armed."""

    seam = -1
    after = False

    def execute(self, *given: Any, **named: Any) -> sqlite3.Cursor:  # noqa: ANN401 - as the library
        """Count down, then die."""
        last = Killing.seam == 0
        Killing.seam -= 1
        if last and not Killing.after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = super().execute(*given, **named)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def open_queue(folder: Path, key: FileSecureKey) -> tuple[Outbox, Callable[[], None]]:
    """Return a queue and what keeps one more attempt in it."""
    outbox = Outbox(folder / "outbox.sqlite", key, connect=Killing)
    facts = Facts(
        outbox, device=DEVICE, key=key, clock=SystemClock(), randomness=SystemRandomness()
    )

    def keep() -> None:
        number = outbox.state().last_sequence + 1
        facts.state(
            an_attempt_submitted(str(number)),
            stream=SESSION.stream,
            content=CONTENT,
            keep={f"fact {number}": b"kept with it"},
        )

    return outbox, keep


def keep_until_killed(folder: Path, key: FileSecureKey, seam: int, *, after: bool) -> None:
    """Keep some attempts, then two more, during which this process dies at a seam."""
    _, keep = open_queue(folder, key)
    for _ in range(BEFORE):
        keep()
    Killing.seam, Killing.after = seam, after
    keep()
    keep()


def main() -> None:
    """Kill one child before and one after every seam."""
    folder, seams = Path(sys.argv[1]), int(sys.argv[2])
    key = FileSecureKey.load_or_create(folder / "keys")
    died = 0
    for seam in range(seams):
        for after in (False, True):
            child = os.fork()
            if child == 0:
                try:
                    keep_until_killed(folder / str(seam), key, seam, after=after)
                except BaseException:  # noqa: BLE001 - a child must not return into its parent's work
                    os._exit(1)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            if os.WIFSIGNALED(status):
                assert os.WTERMSIG(status) == signal.SIGKILL
                died += 1
            else:
                assert os.waitstatus_to_exitcode(status) == 0, "keeping failed by itself"
    print(died)  # noqa: T201 - read by the test


if __name__ == "__main__":
    main()
