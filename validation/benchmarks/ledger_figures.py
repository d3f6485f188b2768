"""Ratios of a measurement, beside their goals.

Rules kept here:

1. Both sides of a ratio are measured in turn, several times; the figure is the median of the
   ratios of the turns, the spread is the smallest and the largest.
2. A figure says what it divides by what. Where a goal is not reached, it says what took the time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import ParamSpec

from rich.table import Table

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One ratio.

    Attributes:
        name: Permanent words for it.
        events: How many records the log held, about.
        definition: What is divided by what.
        ratios: The ratio in each turn.
        ours: Median of our rate, per second.
        theirs: Median of the rate it is held against, per second.
        goal: At least this; None where the figure only explains others.
        limits: What takes the time, in words and figures.
    """

    name: str
    events: int
    definition: str
    ratios: tuple[float, ...]
    ours: float
    theirs: float
    goal: float | None
    limits: tuple[str, ...] = ()

    @property
    def ratio(self) -> float:
        """The figure."""
        return median(self.ratios)

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        return None if self.goal is None else self.ratio >= self.goal


def compared(
    name: str,
    definition: str,
    rates: Sequence[tuple[float, float]],
    *,
    events: int,
    goal: float | None,
    limits: Sequence[str] = (),
) -> Figure:
    """Return the figure of turns, each given with our rate and the other one."""
    return Figure(
        name=name,
        events=events,
        definition=definition,
        ratios=tuple(ours / theirs for ours, theirs in rates),
        ours=median(ours for ours, _ in rates),
        theirs=median(theirs for _, theirs in rates),
        goal=goal,
        limits=tuple(limits),
    )


def seconds(act: Callable[P, object], *args: P.args, **named: P.kwargs) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    act(*args, **named)
    return time.perf_counter() - began


class Spent:
    """Processor time of this thread, summed over what is called here."""

    def __init__(self) -> None:
        """Have spent nothing yet."""
        self._seconds = 0.0
        self._count = 0

    def on(self, count: int, act: Callable[P, object], *args: P.args, **named: P.kwargs) -> float:
        """Do ``count`` things in one act; return how long it takes by the clock on the wall."""
        began = time.thread_time()
        took = seconds(act, *args, **named)
        self._seconds += time.thread_time() - began
        self._count += count
        return took

    @property
    def each_us(self) -> float:
        """Microseconds spent on one of them."""
        return self._seconds / self._count * 1e6


def microseconds(act: Callable[[], object], count: int, *, turns: int = 5) -> float:
    """Return the processor time of one of ``count`` things done by an act, at its quickest."""
    quickest = float("inf")
    for _ in range(turns):
        began = time.thread_time()
        act()
        quickest = min(quickest, time.thread_time() - began)
    return quickest / count * 1e6


def table(figures: Sequence[Figure]) -> Table:
    """Return the figures as a table for a terminal."""
    shown = Table(title="The speed of the record, each figure beside its goal", show_lines=True)
    shown.add_column("what", ratio=5)
    for heading in ("events", "ours/s", "theirs/s", "figure", "spread", "goal", ""):
        shown.add_column(heading, justify="right", no_wrap=True)
    for each in figures:
        reached = {True: "reached", False: "not reached", None: ""}[each.reached]
        style = {True: "green", False: "red", None: "dim"}[each.reached]
        said = "\n".join((f"[bold]{each.name}[/bold]", each.definition, *_said(each)))
        shown.add_row(
            said,
            f"{each.events:,}",
            f"{each.ours:,.0f}",
            f"{each.theirs:,.0f}",
            f"{each.ratio:.2f}",
            f"{min(each.ratios):.2f}–{max(each.ratios):.2f}",
            "" if each.goal is None else f"{each.goal:.2f}",
            f"[{style}]{reached}[/{style}]",
        )
    return shown


def _said(figure: Figure) -> list[str]:
    """Return what explains a figure: always without a goal or below it, never above."""
    return [] if figure.reached else [f"[dim]{line}[/dim]" for line in figure.limits]
