"""What the operator should know, on the terminal the station was started from.

Rules kept here:

1. What stands on the screen is printed once: again only when something else was said between.
2. Numbers and places that follow somebody who moves are printed once a second, not with every look.
3. Whatever holds the shutter goes on doing so; this panel only speaks.
"""

import re
import time
from collections.abc import Callable
from typing import Final

from device.board_views import Tell
from device.ports import Panel
from domain.values.identifiers import SessionId

NUMBERS_EVERY_S: Final = 1.0
_MOVING: Final = re.compile(r"\d+(\.\d+)?|[^.]* the (face|colour reference)\b[^.]*\.")


class TerminalPanel:
    """Prints guidance and verdicts, and leaves the rest to the panel with the shutter."""

    def __init__(
        self,
        shutter: Panel,
        say: Tell,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the panel with the shutter, what takes each line, and a clock of seconds."""
        self._shutter = shutter
        self._say = say
        self._monotonic_s = monotonic_s
        self._said = ""
        self._said_s = 0.0

    def welcome(self, session: SessionId) -> None:
        """Say that the station takes up a session."""
        self._shutter.welcome(session)
        self._once(f"Session {session}.")

    def refused(self) -> None:
        """Say that the capture asked for was refused; what to change stands above."""
        self._shutter.refused()
        self._once("The shutter was refused: change what is said above.")

    def show(self, words: str) -> None:
        """Print what to change, unless that is what was printed last."""
        self._shutter.show(words)
        self._once(words)

    def armed(self) -> bool:
        """Return whether the operator allows the shutter now."""
        return self._shutter.armed()

    def _once(self, words: str) -> None:
        now_s = self._monotonic_s()
        moved = _MOVING.sub("#", words) == _MOVING.sub("#", self._said)
        if words == self._said or (moved and now_s - self._said_s < NUMBERS_EVERY_S):
            return
        self._said, self._said_s = words, now_s
        self._say(words)
