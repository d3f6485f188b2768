"""Reads a log for verification straight from its SQLite file.

Rules kept here:

1. Nothing is written, and nothing but the rows themselves is asked for: not by stream, not by any
   column that could have been changed to hide a record from a query.
2. A source is a name only, so that it can be handed to another process; each question opens the
   file for itself and closes it.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from adapters.eventlog.rows import Row
from adapters.eventlog.statements import STORED_COLUMNS
from domain.errors import IntegrityFailure, Unavailable
from domain.ledger.skim import STREAM_AT

MAPPED_BYTES = 1 << 40
"""So much of the file may be mapped instead of copied; SQLite takes what it was built for."""

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_RANGE = "FROM records WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
_SEALED = f"SELECT entry, state, leaf {_RANGE}"
_ENTRIES = f"SELECT rowid - 1, entry {_RANGE}"
_ROWS = f"SELECT rowid, {', '.join(STORED_COLUMNS)} {_RANGE}"
_OF_STREAMS = (
    "SELECT rowid - 1, entry FROM records WHERE rowid > ? AND rowid <= ? "  # noqa: S608 - a number
    f"AND substr(entry, {STREAM_AT + 1}, ?) = ? ORDER BY rowid"
)
_EXTENT = "SELECT count(*), coalesce(max(rowid), 0) FROM records WHERE rowid > ? AND rowid <= ?"
_NEWEST = (
    "SELECT entry, leaf FROM records WHERE originator_id = ? AND rowid <= ? "
    "AND (? IS NULL OR topic = ?) ORDER BY originator_version DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class SqliteSource:
    """The records in an SQLite file.

    Attributes:
        name: The file as ``sqlite3.connect(…, uri=True)`` takes it.
    """

    name: str

    def holds(self, begin: int, end: int) -> bool:
        """Return whether there is exactly one record for each of these seqs."""
        with _reading(self.name) as connection:
            count, last = connection.execute(_EXTENT, (begin, end)).fetchone()
        return (count, last) == (end - begin, end) or begin >= end

    def sealed(self, begin: int, end: int) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Yield entry, ciphertext and leaf hash of the records from ``begin`` to before ``end``."""
        with _reading(self.name) as connection:
            yield from connection.execute(_SEALED, (begin, end))

    def entries(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of each record of a range."""
        with _reading(self.name) as connection:
            yield from connection.execute(_ENTRIES, (begin, end))

    def rows(self, begin: int, end: int) -> Iterator[Row]:
        """Yield every column of a range."""
        with _reading(self.name) as connection:
            for row in connection.execute(_ROWS, (begin, end)):
                yield Row(*row)

    def of_streams(self, prefix: bytes, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of the records whose entry names a stream that begins so."""
        with _reading(self.name) as connection:
            yield from connection.execute(_OF_STREAMS, (begin, end, len(prefix), prefix))

    def newest(
        self, streams: Collection[str], end: int, event: str | None = None
    ) -> Mapping[str, tuple[bytes, bytes]]:
        """Return entry and leaf hash of the last record (of an event) of each stream."""
        with _reading(self.name) as connection:
            found = {
                stream: connection.execute(_NEWEST, (stream, end, event, event)).fetchone()
                for stream in streams
            }
        return {stream: row for stream, row in found.items() if row is not None}


@contextmanager
def _reading(name: str) -> Iterator[sqlite3.Connection]:
    """Lend a connection; a range that is read to its end sees one state of the file.

    Raises:
        IntegrityFailure: the file is damaged, or is no database.
        Unavailable: it cannot be read.
    """
    try:
        with closing(sqlite3.connect(name, uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
            yield connection
    except sqlite3.Error as error:
        kind = getattr(error, "sqlite_errorname", "")
        if kind.startswith(_DAMAGED):
            raise IntegrityFailure(f"the database file is damaged ({kind})") from error
        raise Unavailable(f"the database cannot be read ({kind})") from error
