"""A clock that can be weeks in the past, so that two visits weeks apart take minutes to show.

Rules kept here:

1. It never goes backwards, not even when the story is interrupted and told on later, and in the
   end it shows the true time.
2. Only the demonstration uses it; its clinic is marked as demo in every report and on every screen.
"""

import threading
from datetime import timedelta
from pathlib import Path

from domain.ports import Clock
from domain.values.time import ServerTime

_MICROSECOND = timedelta(microseconds=1)


class StoryClock:
    """Our clock, shifted into the past until the story has caught up."""

    def __init__(self, real: Clock, *, behind: timedelta, kept: Path | None = None) -> None:
        """Start that far in the past, or where the story was left.

        Args:
            real: The true time.
            behind: How far in the past a new story begins.
            kept: File that remembers how far the story came.
        """
        self._real = real
        self._kept = kept
        self._behind_us = max(0, behind // _MICROSECOND)
        if kept is not None and kept.exists():
            self._behind_us = int(kept.read_text())
        self._lock = threading.Lock()

    def now(self) -> ServerTime:
        """Return the time of the story."""
        with self._lock:
            return ServerTime(self._real.now().us - self._behind_us)

    def skip(self, duration: timedelta) -> None:
        """Let that much time pass at once, but never beyond the true time."""
        with self._lock:
            self._set(max(0, self._behind_us - duration // _MICROSECOND))

    def skip_to(self, behind: timedelta) -> None:
        """Let time pass until the story is only that far behind; never backwards."""
        with self._lock:
            self._set(min(self._behind_us, max(0, behind // _MICROSECOND)))

    @property
    def behind_s(self) -> float:
        """How far the story is behind the true time, in seconds."""
        with self._lock:
            return self._behind_us / 1_000_000

    def _set(self, behind_us: int) -> None:
        # Kept before anybody sees the new time: a one-time code shown at it is used up for good.
        if self._kept is not None:
            part = self._kept.with_suffix(".part")
            part.write_text(f"{behind_us}\n")
            part.replace(self._kept)
        self._behind_us = behind_us
