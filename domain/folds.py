"""How far long streams were folded, so that only what is new is read again.

A station states something every day for years, and a person signs in as often. Folding such a
stream anew for every request costs more with every year.

Rules kept here:

1. What was recorded is never changed, so a state stays what its stream said up to a version.
2. Only states of records that have their place in the log are kept.
3. Whatever is kept may be forgotten at any time; then the stream is folded from its beginning.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from domain.values.identifiers import StreamName

STREAMS_KEPT: Final = 256
BEFORE_ALL: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A stream's state as far as it was folded.

    Attributes:
        state: The state; of the aggregate's own type.
        version: Version of the last record in it; 0 before the first.
        seq: Place of that record in the log; -1 before the first.
    """

    state: object
    version: int = 0
    seq: int = BEFORE_ALL


class Folds:
    """States of the streams that were asked for last; for several threads."""

    def __init__(self, *, kept: int = STREAMS_KEPT) -> None:
        """Know nothing yet, and never more than so many streams."""
        self._kept = kept
        self._known: OrderedDict[StreamName, Folded] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, stream: StreamName) -> Folded | None:
        """Return how far a stream was folded; none where that is not known."""
        with self._lock:
            return self._known.get(stream)

    def keep(self, stream: StreamName, folded: Folded) -> None:
        """Remember how far a stream was folded, unless more of it is known already."""
        with self._lock:
            before = self._known.get(stream)
            if before is None or before.version <= folded.version:
                self._known[stream] = folded
            self._known.move_to_end(stream)
            while len(self._known) > self._kept:
                self._known.popitem(last=False)
