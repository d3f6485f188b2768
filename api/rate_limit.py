"""How often one address may ask what anybody may ask.

Rules kept here:

1. Each address may ask so many times a minute; the count starts anew every minute.
2. Memory is bounded: with too many addresses in one minute, all of them share what is left.
3. It spares the service, not a secret: each process counts on its own, so several processes allow
   as many times as much. What is asked for has 80 bits, which nobody guesses at any rate; attempts
   to sign in are counted in the record, for all processes.
"""

import threading

from domain.values.time import ServerTime

WINDOW_US = 60_000_000
MOST_ADDRESSES = 10_000


class RateLimit:
    """Counts what each address asked within the minute."""

    def __init__(self, *, per_minute: int = 30) -> None:
        """Allow so many a minute."""
        self._per_minute = per_minute
        self._window = -1
        self._asked: dict[str, int] = {}
        self._lock = threading.Lock()

    def allows(self, address: str, *, now: ServerTime) -> bool:
        """Count one more; false when it is too many."""
        window = now.us // WINDOW_US
        with self._lock:
            if window != self._window:
                self._window, self._asked = window, {}
            known = address in self._asked or len(self._asked) < MOST_ADDRESSES
            name = address if known else "others"
            self._asked[name] = self._asked.get(name, 0) + 1
            return self._asked[name] <= self._per_minute
