"""Numbers used once, remembered as long as a signed request could be sent again.

Rules kept here:

1. A number is used once, also when two requests arrive together.
2. It is forgotten only when the time of its request is too far from ours to be taken anyway.

BUG: they are remembered in this process. A request repeated right after a restart passes; it finds
what it recorded before, because statements and content are taken in once.
"""

import threading
from collections import OrderedDict
from datetime import timedelta

from domain.values.time import ServerTime

REMEMBERED = timedelta(minutes=10)


class Nonces:
    """The numbers of the last minutes."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._used: OrderedDict[str, ServerTime] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, nonce: str, *, now: ServerTime) -> bool:
        """Use a number; false when it was used before."""
        with self._lock:
            while self._used and next(iter(self._used.values())).plus(REMEMBERED) <= now:
                self._used.popitem(last=False)
            if nonce in self._used:
                return False
            self._used[nonce] = now
            return True
