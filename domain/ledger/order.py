"""The order in which records stand, as runs, and what is wrong with it in words.

Rules kept here:

1. Whoever reads a part of a log only notes what it saw: runs of consecutive seqs. What they mean
   depends on what stands before and after, so it is said once, over the runs of all parts.
2. An intact part is one run, whatever its length.

Source: ``SPECIFICATION.md``, sections 2 and 4.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from domain.ledger.problem import ProblemKind, Problems


class Run(NamedTuple):
    """Records that stand one after the other.

    Attributes:
        first: Seq of the first; each further one is one more. None for an unreadable record.
        length: How many.
        why: Why a record is unreadable.
    """

    first: int | None
    length: int
    why: str = ""


class Order:
    """Notes seqs in the order in which they are read."""

    __slots__ = ("_count", "_first", "_runs")

    def __init__(self, begin: int) -> None:
        """Expect the seq ``begin`` first."""
        self._runs: list[Run] = []
        self._first = begin
        self._count = 0

    @property
    def following(self) -> int:
        """The seq that comes next if nothing is wrong."""
        return self._first + self._count

    @property
    def runs(self) -> tuple[Run, ...]:
        """What was seen so far."""
        return (*self._runs, Run(self._first, self._count)) if self._count else (*self._runs,)

    def take(self, seq: int, count: int = 1) -> None:
        """Note so many records, the first of which states ``seq``."""
        if seq != self.following:
            self._end()
            self._first = seq
        self._count += count

    def take_unreadable(self, why: str) -> None:
        """Note a record that states no seq; it is taken for the one that comes next."""
        self._end()
        self._runs.append(Run(None, 1, why))
        self._first += 1

    def _end(self) -> None:
        if self._count:
            self._runs.append(Run(self._first, self._count))
        self._first += self._count
        self._count = 0


def name_places(runs: Sequence[Run], begin: int, problems: Problems) -> None:
    """Say of every record that is missing, doubled, misplaced or unreadable that it is.

    Args:
        runs: What was seen, in order.
        begin: The seq that has to come first.
        problems: Where to say it.
    """
    expected = begin
    for run, after in zip_longest(runs, runs[1:]):
        if run.first is None:
            text = f"the entry in the place of record {expected} is unreadable: {run.why}"
            problems.add(ProblemKind.UNREADABLE, expected, text)
            expected += 1
            continue
        if run.first != expected:
            following = run.first + 1 if run.length > 1 else after.first if after else None
            if not _goes_on(run.first, following, expected, problems):
                expected += 1
                continue
        expected = run.first + run.length


def _goes_on(seq: int, following: int | None, expected: int, problems: Problems) -> bool:
    """Say what it means that a record is not the one expected.

    The record that follows it tells whether one record is out of place, or the log goes on from
    there; the latter is what is returned.
    """
    if seq > expected and following != expected + 1 and (following is None or following > seq):
        problems.add(ProblemKind.MISSING, expected, f"{numbered(expected, seq)} missing")
        return True
    if seq < expected and following == seq + 1:
        text = f"record {seq} stands a second time, after record {expected - 1}"
        problems.add(ProblemKind.REPEATED, seq, text)
        return True
    text = f"record {seq} stands where record {expected} belongs"
    problems.add(ProblemKind.MISPLACED, seq, text)
    return False


def numbered(first: int, end: int) -> str:
    """Say which records are meant, with the verb."""
    return f"record {first} is" if end == first + 1 else f"records {first} to {end - 1} are"


def go_on(runs: list[Run], more: Sequence[Run]) -> None:
    """Add the runs of the next part, as if one had read both."""
    for run in more:
        last = runs[-1] if runs else None
        if last and last.first is not None and run.first == last.first + last.length:
            runs[-1] = Run(last.first, last.length + run.length)
        else:
            runs.append(run)
