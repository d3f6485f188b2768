"""A disk that fails, or a process that is killed, at one chosen step; and what was done in order.

Every function through which our code changes a disk is replaced in ``os`` itself, so what is
tested is the code as shipped, without a place left in it for tests.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unittest.mock import patch

CHANGES: Final = ("open", "write", "fsync", "link", "unlink", "mkdir")


@dataclass(frozen=True, slots=True)
class Step:
    """One change to the disk.

    Attributes:
        call: Which function of ``os``.
        path: What it changed; for a link, its new name.
        other: For a link, the name that was there before.
    """

    call: str
    path: Path
    other: Path | None = None


class Disk:
    """Counts and names every change, and lets one of them go wrong."""

    def __init__(self, *, before: Callable[[int], None], after: Callable[[int], None]) -> None:
        """Call ``before`` and ``after`` with the number of each change, around it."""
        self.steps: list[Step] = []
        self._before = before
        self._after = after
        self._open: dict[int, Path] = {}

    def changing(self, call: str, real: Callable[..., object]) -> Callable[..., object]:
        """Return a function of ``os`` that counts."""

        def change(*arguments: object, **options: object) -> object:
            number = len(self.steps)
            self.steps.append(self._step(call, arguments))
            self._before(number)
            try:
                result = real(*arguments, **options)
            finally:
                self._after(number)
            if call == "open":
                assert isinstance(result, int)
                self._open[result] = self.steps[number].path
            return result

        return change

    def _step(self, call: str, arguments: tuple[object, ...]) -> Step:
        first = arguments[0]
        if isinstance(first, int):
            return Step(call, self._open[first])
        if call == "link":
            return Step(call, Path(str(arguments[1])), Path(str(first)))
        return Step(call, Path(str(first)))


@contextmanager
def watched(
    *,
    before: Callable[[int], None] = lambda _: None,
    after: Callable[[int], None] = lambda _: None,
) -> Iterator[Disk]:
    """Watch every change to the disk inside."""
    disk = Disk(before=before, after=after)
    with ExitStack() as replaced:
        for name in CHANGES:
            replaced.enter_context(patch.object(os, name, disk.changing(name, getattr(os, name))))
        yield disk


def failing(at: int, error: int) -> Callable[[int], None]:
    """Return what fails the change of this number with an error of the operating system."""

    def fail(number: int) -> None:
        if number == at:
            raise OSError(error, os.strerror(error))

    return fail


def killing(at: int) -> Callable[[int], None]:
    """Return what kills this process at the change of this number, with no chance to clean up."""

    def kill(number: int) -> None:
        if number == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


def killed_at_every_step(prepare: Callable[[int], Callable[[], object]]) -> int:
    """Kill an act before its first change, after it, before the second …; return how often.

    Each attempt is prepared and acted in a process of its own, and given its number. Call this
    where no other thread runs.
    """
    attempt = 0
    while True:
        moment = {"before" if attempt % 2 == 0 else "after": killing(attempt // 2)}
        child = os.fork()
        if child == 0:
            try:
                act = prepare(attempt)
                with watched(**moment):
                    act()
            except BaseException:  # noqa: BLE001 - a child must not return into its parent's work
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0, "the act failed by itself"
            return attempt
        assert os.WTERMSIG(status) == signal.SIGKILL
        attempt += 1
