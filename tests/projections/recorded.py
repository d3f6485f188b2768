"""Records that were read once, as a log that ends where a test says: faster, and in its hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.events.record import Draft, Record
from domain.folds import Folds
from domain.ports import EventLog
from domain.values.identifiers import StreamName


@dataclass
class Recorded:
    """The first ``end`` of some records."""

    records: tuple[Record, ...]
    end: int
    folds: Folds = field(default_factory=Folds)

    def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
        """Return at most ``limit`` records that follow ``seq``."""
        return self.records[seq + 1 : min(self.end, seq + 1 + limit)]

    def size(self) -> int:
        """Return the number of records so far."""
        return self.end

    def append(self, drafts: Sequence[Draft]) -> tuple[Record, ...]:
        """Refuse: these records are written."""
        raise NotImplementedError

    def stream(self, name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        """Refuse: a projection reads the log in its one order."""
        raise NotImplementedError

    def recorded(self, actor: str, idempotency_key: str) -> tuple[Record, ...]:
        """Refuse, likewise."""
        raise NotImplementedError

    def wait(self, seq: int, *, timeout_s: float) -> bool:
        """Refuse: nothing comes by itself."""
        raise NotImplementedError


def recorded(log: EventLog, *, end: int | None = None) -> Recorded:
    """Return what a log holds now, or its first records."""
    records = log.after(-1, limit=log.size())
    return Recorded(records=records, end=len(records) if end is None else end)
