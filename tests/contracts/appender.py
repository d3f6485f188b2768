"""Appends to a log from a process of its own: ``python -m tests.contracts.appender DSN NAME N``."""

import sys

from adapters.eventlog.log import open_event_log
from adapters.memory import MemoryKeyRing, SeededRandomness
from adapters.system import SystemClock
from domain.errors import StaleVersion
from domain.values.identifiers import SessionId
from tests.contracts.logs import CLINIC, CLINIC_KEY, a_draft, an_event

SHARED = SessionId.derived("shared by all processes").stream


def main(dsn: str, name: str, count: int) -> None:
    """Append to a stream of our own and to one that all processes write to."""
    keys = MemoryKeyRing(SeededRandomness("keys"))
    keys.create(CLINIC_KEY)
    randomness = SeededRandomness(name)
    own = SessionId.derived(name).stream
    with open_event_log(
        dsn, clinic=CLINIC, keys=keys, clock=SystemClock(), randomness=randomness
    ) as log:
        print("ready", flush=True)  # noqa: T201 - the parent waits for it
        sys.stdin.readline()
        for number in range(count):
            while True:
                version = len(log.stream(SHARED))
                drafts = (
                    a_draft(own, number, an_event(name)),
                    a_draft(SHARED, version, an_event(name), request=f"{name}-{number}"),
                )
                try:
                    log.append(drafts)
                except StaleVersion:
                    continue
                break


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
