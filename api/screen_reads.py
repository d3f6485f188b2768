"""Where screens read: at the primary, or at a standby that has seen what they must see.

Rules kept here:

1. A reading shows at least what the primary's projections showed when it was asked for; so whoever
   wrote something sees it, whichever server answers and whichever database it reads.
2. A standby that is behind gets a moment; one that is away is left alone for some seconds. Then the
   primary answers.
3. Only what is shown is read at a standby. Whatever decides something reads the primary.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from projections.runner import ProjectionRunner

MOMENT_S: Final = 0.05
LEFT_ALONE_S: Final = 5.0
STANDBY, PRIMARY, BEHIND, AWAY = (
    "standby",
    "primary",
    "primary-standby-behind",
    "primary-standby-away",
)
_LOOK_AGAIN_S: Final = 0.005


class ScreenReads:
    """Gives connections for reading what screens show; serves all threads of a process."""

    def __init__(
        self, primary: sa.Engine, runner: ProjectionRunner, standby: sa.Engine | None = None
    ) -> None:
        """Read here.

        Args:
            primary: For reading at the primary.
            runner: Knows the positions of the projections.
            standby: For reading at a standby, or at any of several.
        """
        self._primary = primary
        self._runner = runner
        self._standby = standby
        self._again_at = 0.0
        places = (PRIMARY,) if standby is None else (STANDBY, BEHIND, AWAY)
        self._counts = Counter(dict.fromkeys(places, 0))
        self._lock = threading.Lock()

    @contextmanager
    def open(self, at_least: int) -> Iterator[tuple[sa.Connection, int]]:
        """Open a connection whose projections have reached a position; yield it with theirs."""
        place, found = PRIMARY, None
        if self._standby is not None:
            place, found = self._at_standby(self._standby, at_least)
        with self._lock:
            self._counts[place] += 1
        if found is None:
            with self._primary.connect() as connection:
                yield connection, at_least
            return
        connection, position = found
        with connection:
            try:
                yield connection, position
            except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError):
                self._leave_alone()
                raise

    def counts(self) -> dict[str, int]:
        """Return how many readings the standby answered, and how many not, by why."""
        with self._lock:
            return dict(self._counts)

    def _at_standby(
        self, standby: sa.Engine, at_least: int
    ) -> tuple[str, tuple[sa.Connection, int] | None]:
        """Return who answers, and the standby's connection with its position where it does."""
        if time.monotonic() < self._again_at:
            return AWAY, None
        try:
            connection = standby.connect()
            try:
                position = self._caught_up(connection, at_least)
            except BaseException:
                connection.close()
                raise
        except sa.exc.SQLAlchemyError:
            self._leave_alone()
            return AWAY, None
        if position < at_least:
            connection.close()
            return BEHIND, None
        return STANDBY, (connection, position)

    def _caught_up(self, connection: sa.Connection, at_least: int) -> int:
        """Return the position there, having waited a moment for what must be seen."""
        deadline = time.monotonic() + MOMENT_S
        while True:
            positions = self._runner.positions_in(connection)
            position = min((each.seq for each in positions), default=-1)
            if position >= at_least or time.monotonic() >= deadline:
                return position
            time.sleep(_LOOK_AGAIN_S)

    def _leave_alone(self) -> None:
        self._again_at = time.monotonic() + LEFT_ALONE_S
