"""Several processes that work through tasks, or this one alone.

Rules kept here:

1. Results come in the order of their tasks, and only so many are under way that memory does not
   grow with their number.
2. A process that ends before its work is done ends the whole work with an error; nothing is
   concluded from the rest.
3. Helpers are fresh processes: nothing that is open here is shared with them.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Self, TypeVar

from adapters.verification.range_work import begin_helping
from domain.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 3
"""Tasks under way for each process, so that none waits for the slowest."""


class Crew:
    """So many processes; they are started when there is work for more than one."""

    def __init__(self, processes: int) -> None:
        """Use so many processes; with one, everything is done here."""
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    @property
    def alone(self) -> bool:
        """Whether everything is done in this process."""
        return self._processes <= 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def each(self, work: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Yield the result of every task, in order.

        Raises:
            Unavailable: a process ended before its work was done.
        """
        if self.alone or len(tasks) < 2:  # noqa: PLR2004 - one task needs no help
            yield from map(work, tasks)
            return
        try:
            yield from self._shared(work, tasks)
        except BrokenProcessPool as error:
            message = (
                "a process that verified was killed or ran out of memory; nothing can be concluded "
                "from what the others found"
            )
            raise Unavailable(message) from error

    def _shared(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=get_context("spawn"), initializer=begin_helping
            )
        under_way: deque[Future[R]] = deque()
        for task in tasks:
            under_way.append(self._pool.submit(work, task))
            if len(under_way) >= _AHEAD * self._processes:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
