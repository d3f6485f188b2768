"""System clock and unpredictable bytes behind their ports.

Rules kept here:

1. Nothing else in the product asks the operating system for time or randomness.
2. The clock may be set back by the machine; whoever needs an order keeps one (the log does).
"""

import secrets
import time

from domain.values.identifiers import fresh
from domain.values.time import ServerTime


class SystemClock:
    """The machine's clock."""

    def now(self) -> ServerTime:
        """Return the time by the machine's clock, in whole microseconds."""
        return ServerTime(time.time_ns() // 1000)


class SystemRandomness:
    """The operating system's source of randomness."""

    def token(self, size: int) -> bytes:
        """Return ``size`` unpredictable bytes."""
        return secrets.token_bytes(size)

    def uuid(self) -> str:
        """Return a fresh UUID that begins with the machine's time (RFC 9562, version 7)."""
        return fresh(time.time_ns() // 1_000_000, secrets.token_bytes(10))
