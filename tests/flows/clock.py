"""A clock ahead of the true time, so that a told story can go on with fresh one-time codes."""

from datetime import timedelta

from adapters.system import SystemClock
from domain.values.time import ServerTime
from validation.demonstration.clock import StoryClock


class LeapingClock(StoryClock):
    """Begins an hour ahead and leaps on when told to."""

    def __init__(self) -> None:
        """Start an hour ahead of the true time."""
        super().__init__(SystemClock(), behind=timedelta(0))
        self._ahead = timedelta(hours=1)

    def now(self) -> ServerTime:
        """Return the time."""
        return super().now().plus(self._ahead)

    def skip(self, duration: timedelta) -> None:
        """Let that much time pass at once."""
        self._ahead += duration
