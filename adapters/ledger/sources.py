"""Where verification reads a log from: its database, from any process, or a log that is open.

Rules kept here:

1. What is read is what is stored, unopened and unchecked.
2. A source that can be shared can be handed to another process, which opens it for itself.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from adapters.database import sqlite_name
from adapters.eventlog.rows import Row
from adapters.ledger.postgres_source import PostgresSource
from adapters.ledger.sqlite_source import SqliteSource
from domain.ledger.export import StoredRecord
from domain.ledger.range_check import Sealed
from domain.ledger.skim import stream_begins
from domain.values.identifiers import StreamName

_PAGE = 1000


class RecordSource(Protocol):
    """Reads stored records by their place; a range is from ``begin`` to before ``end``."""

    def holds(self, begin: int, end: int) -> bool:
        """Return whether there is exactly one record for each of these seqs."""
        ...

    def sealed(self, begin: int, end: int) -> Iterator[Sealed]:
        """Yield entry, ciphertext and leaf hash of a range."""
        ...

    def entries(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the entries of a range."""
        ...

    def rows(self, begin: int, end: int) -> Iterator[Row]:
        """Yield every column of a range."""
        ...

    def of_streams(self, prefix: bytes, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of the records whose entry names a stream that begins so."""
        ...

    def newest(self, streams: Collection[str], end: int) -> Mapping[str, tuple[bytes, bytes]]:
        """Return entry and leaf hash of the last record of each stream before ``end``."""
        ...


class StoredLog(Protocol):
    """What is needed of a log that is open."""

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return at most ``limit`` records after ``seq`` as stored."""
        ...

    def stream_entries(self, name: StreamName) -> tuple[StoredRecord, ...]:
        """Return a stream's records as stored, in order."""
        ...


def source_of(dsn: str) -> RecordSource:
    """Return the source behind a DSN; it can be shared.

    Raises:
        MalformedInput: the DSN names neither an SQLite file nor a PostgreSQL database.
    """
    name = sqlite_name(dsn)
    if name is None:
        return PostgresSource(dsn)
    return SqliteSource(f"{name.partition('?')[0]}?mode=ro")


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log that is open in this process and cannot be shared.

    It gives no columns to compare with entries: the log itself does that with every record it
    reads.
    """

    log: StoredLog

    def holds(self, begin: int, end: int) -> bool:
        """Return whether there is a record for each of these seqs, which a log counts by itself."""
        return begin <= end

    def sealed(self, begin: int, end: int) -> Iterator[StoredRecord]:
        """Yield entry, ciphertext and leaf hash of a range."""
        while begin < end and (
            page := self.log.sealed_after(begin - 1, limit=min(_PAGE, end - begin))
        ):
            yield from page
            begin += len(page)

    def entries(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the entries of a range."""
        return (record.entry for record in self.sealed(begin, end))

    def rows(self, _begin: int, _end: int) -> Iterator[Row]:
        """Yield nothing."""
        return iter(())

    def of_streams(self, prefix: bytes, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of the records whose entry names a stream that begins so."""
        return (
            (place, entry)
            for place, entry in enumerate(self.entries(begin, end), start=begin)
            if stream_begins(entry, prefix)
        )

    def newest(self, streams: Collection[str], end: int) -> Mapping[str, tuple[bytes, bytes]]:
        """Return entry and leaf hash of the last record of each stream before ``end``."""
        found: dict[str, tuple[bytes, bytes]] = {}
        for stream in streams:
            for record in self.log.stream_entries(StreamName(stream)):
                if record.leaf is not None and seq_of(record.entry) < end:
                    found[stream] = (record.entry, record.leaf)
        return found
