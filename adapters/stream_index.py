"""Which streams of a kind there are, found from headers alone.

Rules kept here:

1. Nothing is opened: names and keys stand in the clear. What a stream says is folded by whoever
   asks, so a wrong name in here can mislead nobody.
2. It holds nothing that the log does not; it is filled from the log's beginning and kept up.
"""

import threading
from collections.abc import Sequence
from typing import Final, Protocol

from domain.ledger.entry import decode_entry
from domain.ledger.export import StoredRecord
from domain.values.identifiers import (
    AssessmentId,
    ClaimId,
    ReleaseId,
    StreamName,
    SubjectId,
    VolumeChangeId,
)

KINDS: Final = (AssessmentId.kind, ReleaseId.kind, ClaimId.kind, VolumeChangeId.kind)
_BATCH: Final = 500
_UUID_PART: Final = -37  # a dash and a UUID


class SealedLog(Protocol):
    """Gives out records as they are stored."""

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return at most ``limit`` records after ``seq`` as stored."""
        ...


class StreamIndex:
    """The streams of some kinds, and the key each is under."""

    def __init__(self, log: SealedLog) -> None:
        """Know nothing yet."""
        self._log = log
        self._seq = -1
        self._keys: dict[str, dict[StreamName, str]] = {kind: {} for kind in KINDS}
        self._turn = threading.Lock()

    def of_kind(self, kind: str) -> tuple[StreamName, ...]:
        """Return the streams of a kind, in the order in which they began."""
        self._catch_up()
        return tuple(self._keys[kind])

    def of_subject(self, kind: str, subject: SubjectId) -> tuple[StreamName, ...]:
        """Return the streams of a kind under a subject's key, in the order they began."""
        self._catch_up()
        key = f"subject:{subject}"
        return tuple(stream for stream, each in self._keys[kind].items() if each == key)

    def _catch_up(self) -> None:
        with self._turn:
            while records := self._log.sealed_after(self._seq, limit=_BATCH):
                self._take(records)
                self._seq += len(records)

    def _take(self, records: Sequence[StoredRecord]) -> None:
        for record in records:
            header = decode_entry(record.entry).header
            kind = header.stream[:_UUID_PART]
            if kind in self._keys and header.version == 1:
                self._keys[kind][StreamName(header.stream)] = header.key_id
