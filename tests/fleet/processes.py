"""Programs of the service in processes of their own, that a test may kill, pause and let go on.

Rules kept here:

1. Whatever was started here has ended when the test has.
2. What a process said is shown when it ends by itself.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 60.0


class Process:
    """One process, alive until told otherwise."""

    def __init__(
        self, module: str, *arguments: str, environment: Mapping[str, str], said: Path
    ) -> None:
        """Start ``python -m module`` and keep what it says in a file."""
        self._said = said
        with said.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, **environment},
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def said(self) -> str:
        """Return everything it said so far."""
        return self._said.read_text("utf-8", errors="replace")

    def says(self, text: str) -> None:
        """Wait until it said something."""
        wait_until(lambda: text in self.said() or not self.alive())
        assert text in self.said(), self.said()

    def alive(self) -> bool:
        """Return whether it runs."""
        return self._process.poll() is None

    def pause(self) -> None:
        """Let it stand still, connections and all."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Ask it to end, and see that it does."""
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return what starts a module in a process of its own."""
    started: list[Process] = []

    def start_one(module: str, *arguments: str, environment: Mapping[str, str]) -> Process:
        said = tmp_path / f"said-{len(started)}.txt"
        started.append(Process(module, *arguments, environment=environment, said=said))
        return started[-1]

    yield start_one
    for each in started:
        if each.alive():
            each.end()


Note = Callable[[str, object], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Return what puts a figure beside the test's result."""

    def note_one(name: str, value: object) -> None:
        request.node.user_properties.append((name, value))

    return note_one


def wait_until(holds: Callable[[], bool], *, within_s: float = PATIENCE_S) -> float:
    """Look again until something holds; return how many seconds that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s, "it did not come true in time"
        time.sleep(0.02)
    return time.monotonic() - began
