"""Log, blob store and positions that crash just before and just after every write."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from adapters.positions import DatabasePositions
from domain.events.record import Draft, Record, StoredBlob
from domain.ports import BlobStore, EventLog
from domain.values.content import Digest
from domain.values.identifiers import StreamName


class Crash(BaseException):
    """The process ends here; nothing catches this, as nothing catches a kill."""


@dataclass
class Crashes:
    """Lets every write crash twice: before it happens, and after it happened."""

    seen: dict[str, int] = field(default_factory=dict)

    def before(self, write: str) -> None:
        """Crash the first time."""
        self.seen[write] = self.seen.get(write, 0) + 1
        if self.seen[write] == 1:
            raise Crash(write)

    def after(self, write: str) -> None:
        """Crash the second time."""
        if self.seen[write] == 2:
            raise Crash(write)


class CrashingLog:
    """A log whose appends crash."""

    def __init__(self, log: EventLog, crashes: Crashes) -> None:
        """Stand before a log."""
        self._log = log
        self._crashes = crashes
        self.folds = log.folds

    def append(self, drafts: Sequence[Draft]) -> tuple[Record, ...]:
        """Record, and crash."""
        write = f"{drafts[0].stream} {[type(each.event).__name__ for each in drafts]}"
        self._crashes.before(write)
        made = self._log.append(drafts)
        self._crashes.after(write)
        return made

    def stream(self, name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        """Return the records of a stream."""
        return self._log.stream(name, after_version=after_version)

    def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
        """Return the records that follow."""
        return self._log.after(seq, limit=limit)

    def size(self) -> int:
        """Return the number of records."""
        return self._log.size()

    def recorded(self, actor: str, idempotency_key: str) -> tuple[Record, ...]:
        """Return what was recorded under this key."""
        return self._log.recorded(actor, idempotency_key)

    def wait(self, seq: int, *, timeout_s: float) -> bool:
        """Wait for a record."""
        return self._log.wait(seq, timeout_s=timeout_s)


class CrashingBlobs:
    """A blob store whose writes crash."""

    def __init__(self, blobs: BlobStore, crashes: Crashes) -> None:
        """Stand before a blob store."""
        self._blobs = blobs
        self._crashes = crashes

    def put(
        self, content: Iterable[bytes], *, key: str, expected: Digest | None, limit_bytes: int
    ) -> StoredBlob:
        """Store, and crash."""
        write = f"content {expected}"
        self._crashes.before(write)
        stored = self._blobs.put(content, key=key, expected=expected, limit_bytes=limit_bytes)
        self._crashes.after(write)
        return stored

    def find(self, digest: Digest, *, key: str) -> StoredBlob:
        """Return where content lies."""
        return self._blobs.find(digest, key=key)

    def read(self, digest: Digest, *, key: str) -> Iterator[bytes]:
        """Return the content in pieces."""
        return self._blobs.read(digest, key=key)

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Return the stored bytes."""
        return self._blobs.stored(name)

    def purge(self, names: Iterable[bytes]) -> int:
        """Remove content."""
        return self._blobs.purge(names)


class CrashingPositions(DatabasePositions):
    """Positions whose saving crashes."""

    def __init__(self, engine: sa.Engine, crashes: Crashes) -> None:
        """Stand before a database."""
        super().__init__(engine)
        self._crashes = crashes

    def save(self, reader: str, seq: int) -> None:
        """Save, and crash."""
        self._crashes.before(f"position {seq}")
        super().save(reader, seq)
        self._crashes.after(f"position {seq}")
