"""A log of plain records in memory, and positions in it: the domain's ports without machines."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.errors import StaleVersion
from domain.events.names import NAME_OF
from domain.events.record import Draft, Record, Shredded
from domain.folds import Folds
from domain.values.identifiers import StreamName
from tests.builders import later


@dataclass
class LogInMemory:
    """Keeps records as they are; ``meanwhile`` is what others record just before an append."""

    records: list[Record] = field(default_factory=list)
    meanwhile: list[Sequence[Draft]] = field(default_factory=list)
    folds: Folds = field(default_factory=Folds)

    def append(self, drafts: Sequence[Draft]) -> tuple[Record, ...]:
        """Record the drafts, unless somebody was faster."""
        if self.meanwhile:
            self._take(self.meanwhile.pop(0))
        for draft in drafts:
            found = len(self.stream(draft.stream))
            expected = draft.expected_version - drafts.index(draft)
            if found != expected:
                raise StaleVersion(draft.stream, draft.expected_version, found)
        return self._take(drafts)

    def stream(self, name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        """Return the records of a stream after a version."""
        return tuple(
            each for each in self.records if each.stream == name and each.version > after_version
        )

    def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
        """Return at most ``limit`` records that follow."""
        return tuple(each for each in self.records if each.seq > seq)[:limit]

    def size(self) -> int:
        """Return the number of records."""
        return len(self.records)

    def recorded(self, actor: str, idempotency_key: str) -> tuple[Record, ...]:
        """Return what was recorded under this actor's key."""
        return tuple(
            each
            for each in self.records
            if str(each.actor) == actor and each.idempotency_key == idempotency_key
        )

    def wait(self, seq: int, *, timeout_s: float) -> bool:
        """Return whether a record follows; nothing comes later here."""
        del timeout_s
        return bool(self.after(seq, limit=1))

    def shred(self, stream: StreamName) -> None:
        """Make the content of a stream unreadable."""
        self.records = [
            replace(each, event=Shredded(each.name)) if each.stream == stream else each
            for each in self.records
        ]

    def _take(self, drafts: Sequence[Draft]) -> tuple[Record, ...]:
        made = tuple(self._record(draft, at) for at, draft in enumerate(drafts))
        self.records.extend(made)
        return made

    def _record(self, draft: Draft, at: int) -> Record:
        name, schema = NAME_OF[type(draft.event)]
        return Record(
            seq=len(self.records) + at,
            stream=draft.stream,
            version=draft.expected_version + 1,
            name=name,
            schema=schema,
            event=draft.event,
            key=draft.key,
            actor=draft.actor,
            committed_at=later(),
            received_at=draft.received_at,
            device=None,
            device_sequence=None,
            device_time=None,
            correlation=draft.correlation,
            causation=draft.causation,
            idempotency_key=draft.idempotency_key,
            blobs=(),
            leaf=bytes(32),
        )


@dataclass
class PositionsInMemory:
    """Keeps positions, and every one that was saved, in order."""

    saved: list[tuple[str, int]] = field(default_factory=list)

    def load(self, reader: str) -> int:
        """Return the last position saved, or -1."""
        return next((seq for name, seq in reversed(self.saved) if name == reader), -1)

    def save(self, reader: str, seq: int) -> None:
        """Remember the position."""
        self.saved.append((reader, seq))
