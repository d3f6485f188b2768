"""What is written beside a clinic's years, so that its rates have something to be held against.

Rules kept here:

1. A double gets the very rows by the bare INSERT: what that loses while the record grows is the
   database's and not ours.
2. A young record gets the first records of the same clinic, in turn with the last ones of the old
   record: both see the machine as it is in these minutes, so what is left is the record's length.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.eventlog.log import RecordLog
from adapters.ledger.tree_store import EMPTY_EDGE, Edge, grow
from adapters.memory import ManualClock
from api.wiring import System
from domain.events.record import Draft
from validation.benchmarks.clinic_scribe import Deed
from validation.benchmarks.ledger_logs import Bare


@dataclass(slots=True, kw_only=True)
class Double:
    """A second database, in which the same rows are written bare.

    Attributes:
        bare: Writes them.
        copied: How many it has.
        edge: The tree's edge over them.
    """

    bare: Bare
    copied: int = 0
    edge: Edge = EMPTY_EDGE

    def bring_along(self, log: RecordLog) -> float:
        """Write what the log has and the double has not; return the seconds that took."""
        rows = list(log.stored(self.copied, log.size()))
        self.edge, nodes = grow(self.edge, [row.leaf for row in rows])
        self.copied += len(rows)
        started = time.perf_counter()
        self.bare.write((rows, nodes))
        return time.perf_counter() - started


@dataclass(slots=True, kw_only=True)
class Young:
    """A record that has only begun.

    Attributes:
        system: Holds it.
        clock: Its clock.
        deeds: What happens in it.
    """

    system: System
    clock: ManualClock
    deeds: Iterator[Deed]
    _waiting: list[Draft] = field(default_factory=list)

    def append(self, count: int) -> tuple[int, float]:
        """Append one batch of at least so many records; return how many, and the seconds."""
        while len(self._waiting) < count:
            deed = next(self.deeds)
            if deed.new_subject is not None:
                self.system.keys.create(f"subject:{deed.new_subject}")
            self._waiting += deed.drafts
            self.clock.advance(timedelta(microseconds=max(0, deed.at.us - self.clock.now().us)))
        drafts, self._waiting = self._waiting, []
        started = time.perf_counter()
        self.system.log.append(drafts)
        return len(drafts), time.perf_counter() - started


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Everything that is written beside a record; none of it is asked for by default.

    Attributes:
        double: Gets the same rows.
        young: Begins while the record's last tenth is written.
    """

    double: Double | None = None
    young: Young | None = None


ALONE: Final = Beside()
