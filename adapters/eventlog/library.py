"""The library's own way of recording in PostgreSQL, kept to measure ours beside it.

Rules kept here:

1. It is used as it is meant to be: its own table, made by itself, and its own statements.
2. Nothing recorded here is a record: it has no chain, no tree and no encryption.
"""

from collections.abc import Iterable, Sequence

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder

from adapters.eventlog.postgres import DurableDatastore
from adapters.eventlog.rows import Row

_LOCK_TIMEOUT_S = 10.0


class LibraryRecords:
    """The library's recorder over its own table in a database of its own."""

    def __init__(self, dsn: str) -> None:
        """Make the table in an empty database."""
        self._datastore = DurableDatastore(dsn, lock_timeout_s=_LOCK_TIMEOUT_S)
        self._recorder = PostgresApplicationRecorder(self._datastore, events_table_name="events")
        self._recorder.create_table()

    def insert(self, events: Sequence[StoredEvent]) -> None:
        """Record events in one transaction."""
        self._recorder.insert_events(events)

    def close(self) -> None:
        """Close all connections."""
        self._datastore.close()


def as_library_events(rows: Iterable[Row]) -> list[StoredEvent]:
    """Return stream, version, name and content of rows as the library records them."""
    return [StoredEvent(row.stream, row.version, row.name, row.ciphertext) for row in rows]
