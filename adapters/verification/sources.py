"""Where verification reads a log from: its database, from any process, or a log that is open.

Rules kept here:

1. What is read is what is stored, unopened and unchecked.
2. A source that can be shared can be handed to another process, which opens it for itself. No
   driver is imported here, so that such a process imports only the one it needs.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from adapters.eventlog.rows import Row
from domain.ledger.range_check import Sealed
from domain.ledger.skim import stream_begins


class RecordSource(Protocol):
    """Reads stored records by their place; a range is from ``begin`` to before ``end``."""

    def holds(self, begin: int, end: int) -> bool:
        """Return whether there is known to be exactly one record for each of these seqs."""
        ...

    def sealed(self, begin: int, end: int) -> Iterator[Sealed]:
        """Yield entry, ciphertext and leaf hash of a range."""
        ...

    def entries(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of each record of a range."""
        ...

    def rows(self, begin: int, end: int) -> Iterator[Row]:
        """Yield every column of a range."""
        ...

    def of_streams(self, prefix: bytes, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of the records whose entry names a stream that begins so."""
        ...

    def newest(
        self, streams: Collection[str], end: int, event: str | None = None
    ) -> Mapping[str, tuple[bytes, bytes]]:
        """Return entry and leaf hash of the last record (of an event) of each stream.

        Only records before ``end`` are looked for, and by what the columns say.
        """
        ...


class StoredLog(Protocol):
    """What is needed of a log that is open."""

    def stored(self, begin: int, end: int) -> Iterator[Row]:
        """Yield the rows of a range."""
        ...


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log that is open in this process and cannot be shared."""

    log: StoredLog

    def holds(self, _begin: int, _end: int) -> bool:
        """Return false: to know it, everything would have to be read once more."""
        return False

    def sealed(self, begin: int, end: int) -> Iterator[Sealed]:
        """Yield entry, ciphertext and leaf hash of a range."""
        return ((row.entry, row.ciphertext, row.leaf) for row in self.rows(begin, end))

    def entries(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of each record of a range."""
        return ((row.seq, row.entry) for row in self.rows(begin, end))

    def rows(self, begin: int, end: int) -> Iterator[Row]:
        """Yield every column of a range."""
        return self.log.stored(begin, end)

    def of_streams(self, prefix: bytes, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of the records whose entry names a stream that begins so."""
        return (
            (row.seq, row.entry)
            for row in self.rows(begin, end)
            if stream_begins(row.entry, prefix)
        )

    def newest(
        self, streams: Collection[str], end: int, event: str | None = None
    ) -> Mapping[str, tuple[bytes, bytes]]:
        """Return entry and leaf hash of the last record (of an event) of each stream."""
        asked = frozenset(streams)
        return {
            row.stream: (row.entry, row.leaf)
            for row in self.rows(0, end)
            if row.stream in asked and event in (None, row.name)
        }
