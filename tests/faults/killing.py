"""Appends in a process of its own that kills itself at one step of an append.

Rules kept here:

1. A step is a statement sent to the database; the process dies just before or just after it.
2. What an append returned before the kill is told to the parent, one line for each.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import psycopg
from eventsourcing.sqlite import SQLiteConnection, SQLiteCursor

from adapters.memory import SeededRandomness
from domain.events.record import Draft
from domain.values.identifiers import SessionId
from tests.contracts.logs import Logs, a_draft

BEFORE = 3


class Killer:
    """Counts steps and kills this process at one of them."""

    def __init__(self, at: int, *, after: bool) -> None:
        """Die at step ``at``, before or after it is done; steps count once it is armed."""
        self._at = at
        self._after = after
        self.steps = 0
        self.armed = False

    def wrap(self, owner: type[Any], name: str) -> None:
        """Make a method a step."""
        done = getattr(owner, name)

        @wraps(done)
        def step(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - any method
            return self._step(lambda: done(*given, **named))

        setattr(owner, name, step)

    def _step(self, do: Callable[[], Any]) -> Any:  # noqa: ANN401 - any method
        if not self.armed:
            return do()
        self.steps += 1
        last = self.steps == self._at
        if last and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = do()
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def append_until_killed(logs: Logs, trial: str, at: int, *, after: bool) -> None:
    """Append, be killed at a step of the last append, or end after all its steps."""
    killer = Killer(at, after=after)
    for owner, name in (
        (SQLiteCursor, "execute"),
        (SQLiteCursor, "executemany"),
        (SQLiteConnection, "commit"),
        (psycopg.Cursor, "execute"),
        (psycopg.Cursor, "fetchone"),
        (psycopg.Cursor, "fetchall"),
        (psycopg.Transaction, "__exit__"),
        (psycopg.Pipeline, "__exit__"),
    ):
        killer.wrap(owner, name)
    logs.randomness = SeededRandomness(trial)
    log = logs.open()
    stream = SessionId.derived(trial).stream
    for version in range(BEFORE):
        (record,) = log.append([a_draft(stream, version, request=f"{trial}-{version}")])
        sys.stdout.write(f"leaf {record.leaf.hex()}\n")
    sys.stdout.flush()
    killer.armed = True
    log.append(killed_append(trial))
    killer.armed = False
    sys.stdout.write(f"steps {killer.steps}\n")


def killed_append(trial: str) -> list[Draft]:
    """Return the drafts of the append during which the process is killed."""
    stream = SessionId.derived(trial).stream
    other = SessionId.derived(trial, "other").stream
    drafts = (a_draft(stream, BEFORE), a_draft(other), a_draft(stream, BEFORE + 1))
    return [replace(each, idempotency_key=trial) for each in drafts]
