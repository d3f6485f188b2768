"""What every command needs: the record that the settings name, and a way to show progress.

Rules kept here:

1. A command works on the record whether the service runs or not.
2. Whatever takes long shows how far it is.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from api.serving import opened
from api.settings import from_environment
from api.wiring import System
from domain.values.actor import Actor

OPERATOR = Actor.service("command-line")
INTACT, DAMAGED = 0, 1


def say(text: str) -> None:
    """Tell the person at the terminal, apart from what a program may read."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def open_record(*, copies: bool = False) -> Iterator[System]:
    """Open the record that the settings name; a restored copy only for who records nothing."""
    with opened(from_environment(), say=say, copies=copies) as system:
        yield system


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar with an estimate of what is left; call what is yielded with the number done."""
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


class _RateColumn(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Text:
        """Return the rate in words; nothing before it is known."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")
