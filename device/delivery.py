"""Empties the outbox: content first, then the statements that name it, in order.

Rules kept here:

1. Nothing leaves the outbox before the server said what became of it.
2. Content the server refuses does not hold up the queue: its statement is delivered all the same,
   so that the refusal and the number are in the record.
3. A failure changes nothing; the next step begins where this one stopped.
4. What was refused for good is tidied up in between, once in ten minutes.
5. Whoever had something delivered is told which statements were refused, and why.
"""

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from device.aside import tidy
from device.client import Client
from device.outbox import Outbox
from device.statement import Statement
from domain.errors import IntegrityFailure, NotSignedIn, Refusal, RuleViolation, Unavailable
from domain.ports import Clock
from domain.values.time import DeviceTime

BATCH: Final = 16
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
TIDY_EVERY_US: Final = 600_000_000
_IDLE_S: Final = 0.5
_MALFORMED: Final = {"http.422", "http.413"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedStatement:
    """A statement the server refused for good; it is kept aside.

    Attributes:
        sequence: Its number.
        name: What it stated, by its permanent name.
        why: The rule, what was found, and what to do.
    """

    sequence: int
    name: str
    why: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What one step of delivery did.

    Attributes:
        accepted: Statements acknowledged.
        refusals: Statements refused for good and kept aside.
        problem: Why nothing more could be delivered; none when the queue is empty or goes on.
    """

    accepted: int = 0
    refusals: tuple[RefusedStatement, ...] = ()
    problem: str | None = None

    @property
    def refused(self) -> int:
        """Return how many statements were refused."""
        return len(self.refusals)


class Delivery:
    """Delivers what waits in the outbox.

    Attributes:
        problem: Why the last step could not deliver; none when it could.
    """

    def __init__(self, outbox: Outbox, client: Client, *, clock: Clock) -> None:
        """Take the queue, the line to the server and the station's clock."""
        self._outbox = outbox
        self._client = client
        self._clock = clock
        self._tidied: DeviceTime | None = None
        self.problem: str | None = None

    def step(self) -> Progress:
        """Deliver the oldest statements once; what cannot be delivered stays."""
        try:
            done = self._step()
        except (Unavailable, NotSignedIn, IntegrityFailure) as error:
            # Nothing is deleted on an error, whatever it is; the problem stays visible.
            done = Progress(problem=str(error))
        self.problem = done.problem
        return done

    def tidy(self) -> int:
        """Empty what need not be kept aside any more; return how many statements that were.

        What cannot be asked now is asked the next time.
        """
        try:
            return tidy(self._outbox, self._client, self._clock)
        except (Unavailable, NotSignedIn, RuleViolation, IntegrityFailure) as error:
            self.problem = str(error)
            return 0

    def drain(self) -> Progress:
        """Deliver until the queue is empty or something stops it; for tests and commands."""
        accepted = 0
        refusals: tuple[RefusedStatement, ...] = ()
        while True:
            done = self.step()
            accepted, refusals = accepted + done.accepted, refusals + done.refusals
            if done.problem is not None or not done.accepted + done.refused:
                return Progress(accepted=accepted, refusals=refusals, problem=done.problem)

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop, with growing pauses while the server cannot be reached."""
        pause_s = FIRST_WAIT_S
        while not stop.is_set():
            done = self.step()
            self._tidy_when_due()
            if done.problem is None:
                pause_s = FIRST_WAIT_S
                if not done.accepted + done.refused:
                    self._outbox.wait(_IDLE_S)
                continue
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_WAIT_S)

    def _tidy_when_due(self) -> None:
        now = DeviceTime(self._clock.now().us)
        # Also when the clock was set back: then nobody knows how long ago it was.
        if self._tidied is None or not 0 <= now.us - self._tidied.us < TIDY_EVERY_US:
            self._tidied = now
            self.tidy()

    def _step(self) -> Progress:
        batch = self._outbox.waiting(BATCH)
        for statement in batch:
            self._deliver_content(statement)
        return self._deliver(batch) if batch else Progress()

    def _deliver_content(self, statement: Statement) -> None:
        for place in self._outbox.unsettled(statement.sequence):
            content = self._outbox.content(statement.sequence, place)
            # Refused content: its statement follows without it, the server refuses that on the
            # record, and both stay here, aside.
            with suppress(RuleViolation):
                self._client.put_content(content, statement.session)
            self._outbox.settle(statement.sequence, place)

    def _deliver(self, batch: tuple[Statement, ...]) -> Progress:
        try:
            answer = self._client.post(batch)
        except RuleViolation as refusal:
            if refusal.rule not in _MALFORMED:
                return Progress(problem=str(refusal))
            return self._deliver_singly(batch, refusal)
        sent = {each.sequence: each.name for each in batch}
        accepted = answer.accepted & set(sent)
        for sequence in sorted(accepted):
            self._outbox.accept(sequence)
        refusals = tuple(
            RefusedStatement(sequence=sequence, name=sent[sequence], why=why)
            for sequence, why in sorted(answer.refused.items())
            if sequence in sent and sequence not in accepted
        )
        for each in refusals:
            self._outbox.set_aside(each.sequence, each.why)
        silent = len(sent) - len(accepted) - len(refusals)
        problem = f"the server did not say what became of {silent} statements" if silent else None
        return Progress(accepted=len(accepted), refusals=refusals, problem=problem)

    def _deliver_singly(self, batch: tuple[Statement, ...], refusal: RuleViolation) -> Progress:
        first, *rest = batch
        if rest:
            return self._deliver((first,))
        why = Refusal(rule=refusal.rule, evidence=refusal.evidence, next_step=refusal.next_step)
        self._outbox.set_aside(first.sequence, why)
        told = RefusedStatement(sequence=first.sequence, name=first.name, why=why)
        return Progress(refusals=(told,))
