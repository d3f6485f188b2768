"""One transaction for all who want to append at the same moment.

Rules kept here:

1. Whoever comes while nobody writes, writes at once and alone: no waiting for company, no thread
   besides the callers'.
2. Whoever comes while another one writes waits; whoever wrote hands over to the first who waits,
   and that one writes for all who wait. So the disk's one flush serves them all.
3. Each caller gets the outcome of its own batch. Where the database is unavailable, nothing was
   recorded of any of them and all are told so. Any other failure may be one batch's fault: then
   each is written in a transaction of its own.
4. Whoever is interrupted while waiting leaves nothing behind, and hands on what it was handed.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from adapters.eventlog.appending import Batch, Outcome
from adapters.eventlog.rows import Row
from domain.errors import Unavailable

GROUP_RECORDS: Final = 1000
"""No more records are written together, unless one batch alone has more."""

WriteBatches = Callable[[Sequence[Batch]], list[Outcome]]
"""Writes batches in one transaction and returns the outcome of each, committed."""


class _Turn:
    """One caller's batch, and the gate before which the caller waits."""

    __slots__ = ("_gate", "batch", "leads", "outcome")

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.outcome: Outcome | BaseException | None = None
        self.leads = False
        self._gate = threading.Lock()
        self._gate.acquire()

    def wait(self) -> None:
        """Wait until there is an outcome, or until it is this caller's turn to write."""
        self._gate.acquire()

    def wake(self) -> None:
        """Let the caller go on."""
        self._gate.release()

    def answer(self) -> tuple[Row, ...]:
        """Return the records, or raise what prevented them."""
        if self.outcome is None:
            raise AssertionError("whoever wrote settled every batch it took")
        return answered(self.outcome)


class Groups:
    """Lets concurrent callers append together."""

    def __init__(self, write: WriteBatches) -> None:
        """Write with this function, which is called by one caller at a time."""
        self._write = write
        self._waiting: deque[_Turn] = deque()
        self._writing = False
        self._state = threading.Lock()

    def append(self, batch: Batch) -> tuple[Row, ...]:
        """Append a batch, alone or together with whoever else comes now.

        Raises:
            StaleVersion: a stream is not at the expected version.
            Unavailable: nothing was recorded; the same batch may be appended again.
        """
        turn = _Turn(batch)
        try:
            with self._state:
                self._waiting.append(turn)
                turn.leads = not self._writing
                self._writing = True
            if not turn.leads:
                turn.wait()
            if turn.leads:
                self._lead(turn)
        except BaseException:
            self._leave(turn)
            raise
        return turn.answer()

    def _lead(self, leader: _Turn) -> None:
        """Write what waits, beginning with the caller's own batch; hand over to the next."""
        group: list[_Turn] = []
        with self._state:
            records = 0
            while self._waiting:
                records += len(self._waiting[0].batch)
                if group and records > GROUP_RECORDS:
                    break
                group.append(self._waiting.popleft())
        try:
            self._settle(group)
        finally:
            self._hand_over(leader)
            for turn in group[1:]:
                turn.wake()

    def _settle(self, group: Sequence[_Turn]) -> None:
        """Give every batch its outcome, whatever happens."""
        try:
            self._set(group, self._write([each.batch for each in group]))
        except Unavailable as error:
            self._set(group, [error, *(_likewise(error) for _ in group[1:])])
        except Exception as error:  # noqa: BLE001 - raised to whose batch it is
            if len(group) == 1:
                self._set(group, [error])
            else:
                for each in group:
                    self._settle([each])
        except BaseException:
            # The one who wrote was interrupted. The others did not ask for that.
            interrupted = Unavailable("whoever wrote was interrupted")
            self._set(group, [_likewise(interrupted) for _ in group])
            raise

    def _set(self, group: Sequence[_Turn], outcomes: Sequence[Outcome | BaseException]) -> None:
        for turn, outcome in zip(group, outcomes, strict=True):
            turn.outcome = outcome

    def _hand_over(self, leader: _Turn) -> None:
        """Let the next one write; at any time, exactly one caller leads, or nobody writes."""
        with self._state:
            leader.leads = False
            self._writing = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].wake()

    def _leave(self, turn: _Turn) -> None:
        """Take back a batch that nobody has taken yet, and hand on what was handed over."""
        with self._state:
            if turn in self._waiting:
                self._waiting.remove(turn)
        if turn.leads:
            self._hand_over(turn)


def _likewise(error: Unavailable) -> Unavailable:
    """Return the same error for another caller, whose traceback will differ."""
    other = Unavailable(*error.args)
    other.__cause__ = error.__cause__
    return other


def answered(outcome: Outcome | BaseException) -> tuple[Row, ...]:
    """Return the records of an outcome, or raise what prevented them."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
