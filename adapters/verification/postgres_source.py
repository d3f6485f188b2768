"""Reads a log for verification straight from its PostgreSQL database.

Rules kept here:

1. Nothing is written, and nothing but the rows themselves is asked for: not by stream, not by any
   column that could have been changed to hide a record from a query.
2. A source is a DSN only, so that it can be handed to another process; each question connects for
   itself. The DSN holds a password and is never printed.
3. Rows are fetched page by page, so memory does not grow with a range.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from adapters.database import connection_parameters
from adapters.eventlog.rows import Row
from adapters.eventlog.statements import STORED_COLUMNS
from domain.errors import IntegrityFailure, Unavailable
from domain.ledger.skim import STREAM_AT

PAGE = 2000

_DAMAGED = ("XX001", "XX002")
_RANGE = "FROM records WHERE notification_id > %s AND notification_id <= %s ORDER BY 1"
_SEALED = f"SELECT notification_id, entry, state, leaf {_RANGE}"
_ENTRIES = f"SELECT notification_id, entry {_RANGE}"
_ROWS = f"SELECT notification_id, {', '.join(STORED_COLUMNS)} {_RANGE}"
_OF_STREAMS = (
    "SELECT notification_id - 1, entry FROM records "  # noqa: S608 - a number
    "WHERE notification_id > %s AND notification_id <= %s "
    f"AND substring(entry FROM {STREAM_AT + 1} FOR %s::int) = %s ORDER BY 1"
)
_EXTENT = (
    "SELECT count(*), coalesce(max(notification_id), 0) FROM records "
    "WHERE notification_id > %s AND notification_id <= %s"
)
_NEWEST = (
    "SELECT asked.stream, found.entry, found.leaf FROM unnest(%s::text[]) AS asked (stream) "
    "CROSS JOIN LATERAL (SELECT entry, leaf FROM records WHERE originator_id = asked.stream "
    "AND notification_id <= %s AND (%s::text IS NULL OR topic = %s) "
    "ORDER BY originator_version DESC LIMIT 1) AS found"
)


@dataclass(frozen=True, slots=True)
class PostgresSource:
    """The records in a PostgreSQL database.

    Attributes:
        dsn: ``postgresql://…``.
    """

    dsn: str = field(repr=False)

    def holds(self, begin: int, end: int) -> bool:
        """Return whether there is exactly one record for each of these seqs."""
        ((count, last),) = self._all(_EXTENT, begin, end)
        return (count, last) == (end - begin, end) or begin >= end

    def sealed(self, begin: int, end: int) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Yield entry, ciphertext and leaf hash of the records from ``begin`` to before ``end``."""
        for _, entry, ciphertext, leaf in self._paged(_SEALED, begin, end):
            yield entry, ciphertext, leaf

    def entries(self, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of each record of a range."""
        for position, entry in self._paged(_ENTRIES, begin, end):
            yield position - 1, entry

    def rows(self, begin: int, end: int) -> Iterator[Row]:
        """Yield every column of a range."""
        for row in self._paged(_ROWS, begin, end):
            yield Row(*row)

    def of_streams(self, prefix: bytes, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield place and entry of the records whose entry names a stream that begins so."""
        return iter(self._all(_OF_STREAMS, begin, end, len(prefix), prefix))

    def newest(
        self, streams: Collection[str], end: int, event: str | None = None
    ) -> Mapping[str, tuple[bytes, bytes]]:
        """Return entry and leaf hash of the last record (of an event) of each stream."""
        found = self._all(_NEWEST, list(streams), end, event, event)
        return {stream: (entry, leaf) for stream, entry, leaf in found}

    def _paged(self, statement: str, begin: int, end: int) -> Iterator[tuple[Any, ...]]:
        with _reading(self.dsn) as cursor:
            while page := cursor.execute(
                f"{statement} LIMIT {PAGE}".encode(), (begin, end)
            ).fetchall():
                yield from page
                begin = page[-1][0]

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with _reading(self.dsn) as cursor:
            return cursor.execute(statement.encode(), values).fetchall()


@contextmanager
def _reading(dsn: str) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """Lend a cursor.

    Raises:
        IntegrityFailure: the database is damaged.
        Unavailable: it cannot be read.
    """
    try:
        with psycopg.connect(**connection_parameters(dsn), autocommit=True) as connection:
            connection.read_only = True
            yield connection.cursor(binary=True)
    except psycopg.Error as error:
        state = error.sqlstate or "no answer"
        if state in _DAMAGED:
            raise IntegrityFailure(f"the database is damaged ({state})") from error
        raise Unavailable(f"the database cannot be read ({state})") from error
