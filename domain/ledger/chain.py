"""Check runs of records: nothing missing, nothing twice, nothing moved.

Rules kept here:

1. A checker takes one record after the other and keeps one head per stream, nothing more.
2. A record that does not follow raises ``ChainBroken`` and leaves the checker where it was.

Source: ``SPECIFICATION.md``, section 4.
"""

from dataclasses import dataclass
from hmac import compare_digest

from domain.errors import ChainBroken
from domain.ledger.entry import NO_PREVIOUS, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHead:
    """Where a stream stands: its last version and that record's leaf hash."""

    version: int
    leaf: bytes


EMPTY_STREAM = StreamHead(version=0, leaf=NO_PREVIOUS)


def check_follows(entry: Entry, head: StreamHead) -> None:
    """Check that an entry is the next one of the stream that stands at ``head``.

    Raises:
        ChainBroken: the version is not the next, or the previous hash is not the head's.
    """
    header = entry.header
    if header.version != head.version + 1:
        raise ChainBroken(
            f"record {header.seq} is version {header.version} of {header.stream}, "
            f"but version {head.version + 1} comes next"
        )
    if not compare_digest(entry.previous, head.leaf):
        raise ChainBroken(
            f"record {header.seq}, version {header.version} of {header.stream}, "
            f"does not carry the hash of the version before it"
        )


class StreamChecker:
    """Checks a run of records of one stream, from its first version or from a known head."""

    __slots__ = ("_head", "_stream")

    def __init__(self, stream: str, head: StreamHead = EMPTY_STREAM) -> None:
        """Expect the record after ``head`` next."""
        self._stream = stream
        self._head = head

    @property
    def head(self) -> StreamHead:
        """Where the stream stands after the records seen so far."""
        return self._head

    def take(self, entry: Entry, leaf: bytes) -> None:
        """Check the next record of the stream, given with its leaf hash.

        Raises:
            ChainBroken: it belongs to another stream or does not follow.
        """
        if entry.header.stream != self._stream:
            raise ChainBroken(
                f"record {entry.header.seq} belongs to {entry.header.stream}, not {self._stream}"
            )
        check_follows(entry, self._head)
        self._head = StreamHead(version=entry.header.version, leaf=leaf)


class LogChecker:
    """Checks a run of records of the whole log, from its beginning."""

    __slots__ = ("_heads", "_next_seq")

    def __init__(self) -> None:
        """Expect record 0 next."""
        self._heads: dict[str, StreamHead] = {}
        self._next_seq = 0

    @property
    def next_seq(self) -> int:
        """The seq that comes next, which is also the number of records seen."""
        return self._next_seq

    def head(self, stream: str) -> StreamHead:
        """Return where a stream stands; an unseen one is empty."""
        return self._heads.get(stream, EMPTY_STREAM)

    def take(self, entry: Entry, leaf: bytes) -> None:
        """Check the next record of the log, given with its leaf hash.

        Raises:
            ChainBroken: its place in the log or in its stream is not the next one.
        """
        header = entry.header
        if header.seq != self._next_seq:
            raise ChainBroken(f"record {header.seq} stands where record {self._next_seq} belongs")
        check_follows(entry, self.head(header.stream))
        self._heads[header.stream] = StreamHead(version=header.version, leaf=leaf)
        self._next_seq += 1
