"""Records on their way into a backup, checked one by one as they pass.

Rules kept here:

1. A record is copied as stored, and only if its bytes are those that were recorded.
2. The tree grows with what is copied, so that the root over it can be held against the signed one.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Final, Protocol

from adapters.ledger.tree_store import TreeStore
from domain.errors import ChainBroken, DigestMismatch
from domain.ledger import export
from domain.ledger.content_check import SUBJECT_KEY, SUBJECT_KEY_DESTROYED, SUBJECT_STREAM
from domain.ledger.entry import Header, decode_entry
from domain.ledger.export import StoredRecord
from domain.ledger.merkle import Tree, leaf_hash
from domain.values.time import ServerTime

PAGE: Final = 500


class Copyable(Protocol):
    """What a backup needs of a log."""

    tree: TreeStore

    def size(self) -> int:
        """Return the number of records."""
        ...

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return at most ``limit`` records after ``seq`` as stored."""
        ...

    def blobs_of_key(self, key: str) -> frozenset[bytes]:
        """Return the names of all stored contents under a data key."""
        ...


class Copy:
    """The records of one segment.

    Attributes:
        tree: The tree over everything up to the last one that passed.
        digest: SHA-256 of the bytes that passed.
        size_bytes: How many bytes passed.
        last_at_us: Commit time of the last one.
        naming: Headers of those that name contents.
        destroyed: Keys whose destruction they state.
    """

    def __init__(self, log: Copyable, first: int) -> None:
        """Begin with record ``first`` of a log."""
        edge = log.tree.edge(first)
        self.tree = Tree.resume(first, lambda level, index: edge.peaks[level, index])
        self.digest = sha256()
        self.size_bytes = 0
        self.last_at_us = 0
        self.naming: list[Header] = []
        self.destroyed: list[str] = []
        self._log = log

    def frames(self, end: int, progress: Callable[[int], None] | None) -> Iterator[bytes]:
        """Yield the bytes to write, up to ``end`` records in the tree."""
        yield self._count(export.EXPORT_TAG)
        while self.tree.size < end:
            seq = self.tree.size
            page = self._log.sealed_after(seq - 1, limit=min(PAGE, end - seq))
            if not page:
                raise ChainBroken(f"there is no record {seq}")
            yield self._count(b"".join(self._frames(page)))
            if progress is not None:
                progress(self.tree.size)

    def _frames(self, page: Sequence[StoredRecord]) -> Iterator[bytes]:
        for record in page:
            seq, entry = self.tree.size, decode_entry(record.entry)
            header = entry.header
            if header.seq != seq:
                raise ChainBroken(f"record {header.seq} stands where record {seq} belongs")
            leaf = leaf_hash(record.entry)
            if leaf != record.leaf or sha256(record.ciphertext).digest() != entry.content_digest:
                raise DigestMismatch(f"record {seq} is not what was recorded; verify the log")
            self.tree.append(leaf)
            self.last_at_us = header.committed_at_us
            if header.blobs:
                self.naming.append(header)
            key = destroyed_by(header)
            if key is not None:
                self.destroyed.append(key)
            yield export.encode_frame(leaf, record.entry, record.ciphertext)

    def _count(self, content: bytes) -> bytes:
        self.digest.update(content)
        self.size_bytes += len(content)
        return content


def destroyed_by(header: Header) -> str | None:
    """Return the key whose destruction a record states; none for any other record."""
    if header.name == SUBJECT_KEY_DESTROYED and header.stream.startswith(SUBJECT_STREAM):
        return SUBJECT_KEY + header.stream.removeprefix(SUBJECT_STREAM)
    return None


def exposure(log: Copyable, size: int, now: ServerTime) -> tuple[int, timedelta]:
    """Return how many records a backup of ``size`` lacks, and how old the oldest of them is.

    That is what a loss just now would cost (recovery point).
    """
    missing = log.sealed_after(size - 1, limit=1)
    if not missing:
        return 0, timedelta()
    at_us = decode_entry(missing[0].entry).header.committed_at_us
    return log.size() - size, timedelta(microseconds=max(now.us - at_us, 0))
