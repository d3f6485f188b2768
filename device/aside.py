"""What becomes of statements that the server refused for good, and of the pictures they name.

Rules kept here:

1. They are kept for thirty days, so that somebody can find out what was wrong with the station.
   Then number, time and reason are left, and nothing about a person.
2. What is about an erased client goes as soon as the server says that the client is erased.
3. What still awaits delivery is not touched: the server has yet to say what becomes of it.
"""

from collections import defaultdict
from datetime import timedelta
from typing import Final

from device.client import Client
from device.outbox import Outbox
from domain.ports import Clock
from domain.values.identifiers import SessionId

KEPT_FOR: Final = timedelta(days=30)


def tidy(outbox: Outbox, client: Client, clock: Clock) -> int:
    """Empty what need not be kept any more and return how many statements that were.

    Raises:
        Unavailable: the server does not answer, or the disk fails; what is old is gone already.
        NotSignedIn: the server does not know this station.
        RuleViolation: the server refuses the question.
    """
    now = clock.now()
    old: list[int] = []
    sessions: dict[SessionId, list[int]] = defaultdict(list)
    for each in outbox.aside():
        if each.statement is None:
            continue
        if each.since.us <= now.us - KEPT_FOR // timedelta(microseconds=1):
            old.append(each.sequence)
        elif each.statement.session is not None:
            sessions[each.statement.session].append(each.sequence)
    outbox.empty(old)
    erased = client.erased(tuple(sessions)) if sessions else frozenset()
    gone = [sequence for each in sorted(erased) for sequence in sessions.get(each, ())]
    outbox.empty(gone)
    return len(old) + len(gone)
