"""Appends in a process of its own that kills itself at one step of an append.

Rules kept here:

1. A step is a statement sent to the database; the process dies just before or just after it.
2. What an append returned before the kill is told to the parent, one line for each.
"""

import sys
from dataclasses import replace

from adapters.memory import SeededRandomness
from domain.events.record import Draft
from domain.values.identifiers import SessionId
from tests.contracts.logs import Logs, a_draft
from validation.benchmarks.crash_seams import Seams

BEFORE = 3


def append_until_killed(logs: Logs, trial: str, at: int, *, after: bool) -> None:
    """Append, be killed at a step of the last append, or end after all its steps."""
    seams = Seams(at=at - 1, after=after, reads=True)
    seams.armed = False
    seams.watch()
    logs.randomness = SeededRandomness(trial)
    log = logs.open()
    stream = SessionId.derived(trial).stream
    for version in range(BEFORE):
        (record,) = log.append([a_draft(stream, version, request=f"{trial}-{version}")])
        sys.stdout.write(f"leaf {record.leaf.hex()}\n")
    sys.stdout.flush()
    seams.armed = True
    log.append(killed_append(trial))
    seams.armed = False
    sys.stdout.write(f"steps {seams.count}\n")


def killed_append(trial: str) -> list[Draft]:
    """Return the drafts of the append during which the process is killed."""
    stream = SessionId.derived(trial).stream
    other = SessionId.derived(trial, "other").stream
    drafts = (a_draft(stream, BEFORE), a_draft(other), a_draft(stream, BEFORE + 1))
    return [replace(each, idempotency_key=trial) for each in drafts]
