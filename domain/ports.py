"""What the domain needs from outside, each promise in prose.

Rules kept here:

1. The sentence is the contract, the signature its summary.
2. Every adapter of a port passes the same contract suite.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from domain.events.record import Draft, Record, StoredBlob
from domain.folds import Folds
from domain.values.content import Digest
from domain.values.identifiers import StreamName
from domain.values.time import ServerTime


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> ServerTime:
        """Return the time by our clock."""
        ...


class Randomness(Protocol):
    """Gives unpredictable bytes and fresh identifiers."""

    def token(self, size: int) -> bytes:
        """Return ``size`` unpredictable bytes."""
        ...

    def uuid(self) -> str:
        """Return a fresh UUID in lower-case text form; a later one begins with a later time."""
        ...


class EventLog(Protocol):
    """The log of one clinic: append-only, in one gapless order, encrypted, chained.

    An append is all or nothing and durable once it returns. Sequence numbers and stream versions
    are gapless; a record is visible only after every record before it. Whatever was appended is
    never changed or removed.
    """

    @property
    def folds(self) -> Folds:
        """How far long streams were folded; shared by everybody who reads this log."""
        ...

    def append(self, drafts: Sequence[Draft]) -> tuple[Record, ...]:
        """Record the drafts, in order, in one step.

        A draft of the same actor with an idempotency key that is already recorded makes the whole
        call return what was recorded then, without recording anything.

        Raises:
            StaleVersion: a stream is not at the expected version.
            MalformedInput: an attestation's payload is not its event, or nothing was given.
            ContentErased: the data key of a draft is destroyed.
            Unavailable: the database is full, read-only or away; nothing was recorded.
        """
        ...

    def stream(self, name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        """Return the records of a stream after a version, in order; empty for a new stream."""
        ...

    def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
        """Return at most ``limit`` records that follow ``seq``, in order; -1 is the beginning."""
        ...

    def size(self) -> int:
        """Return the number of records."""
        ...

    def recorded(self, actor: str, idempotency_key: str) -> tuple[Record, ...]:
        """Return what was recorded under this actor's key; empty if nothing was."""
        ...

    def wait(self, seq: int, *, timeout_s: float) -> bool:
        """Return true as soon as a record follows ``seq``; false after the time-out."""
        ...


class Positions(Protocol):
    """How far each reader has come in the log; a position is durable once saved."""

    def load(self, reader: str) -> int:
        """Return the seq of the last record a reader reacted to; -1 for a new reader."""
        ...

    def save(self, reader: str, seq: int) -> None:
        """Remember that a reader reacted to every record up to ``seq``."""
        ...


class BlobStore(Protocol):
    """Large content, encrypted, write-once, named by key and content.

    Content is durable once ``put`` returns, so an event may name it from then on. The same content
    under the same key is stored once. Reading authenticates every byte before giving it out.
    Content that no record came to name is removed a week after it was last put or found.
    """

    def put(
        self, content: Iterable[bytes], *, key: str, expected: Digest | None, limit_bytes: int
    ) -> StoredBlob:
        """Store content given in pieces.

        Raises:
            DigestMismatch: the content does not have the expected digest; nothing is kept.
            MalformedInput: the content is empty or exceeds the limit; nothing is kept.
            ContentErased: the key is destroyed.
            Unavailable: the disk is full or read-only; nothing is kept.
        """
        ...

    def find(self, digest: Digest, *, key: str) -> StoredBlob:
        """Return where content lies, after checking that its stored bytes are whole.

        Raises:
            NotFound: nothing with this digest is stored under this key.
            ContentErased: the key is destroyed.
        """
        ...

    def read(self, digest: Digest, *, key: str) -> Iterator[bytes]:
        """Yield the content in pieces, each authenticated.

        Raises:
            NotFound: nothing with this digest is stored under this key.
            ContentErased: the key is destroyed.
            DigestMismatch: the stored bytes are not what was stored.
        """
        ...

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield the stored, encrypted bytes under a name, for checking without keys.

        Raises:
            NotFound: nothing is stored under this name.
        """
        ...

    def purge(self, names: Iterable[bytes]) -> int:
        """Remove stored content for good and return how many were there."""
        ...


class KeyRing(Protocol):
    """Data keys by identifier: ``clinic:<uuid>`` or ``subject:<uuid>``.

    A key is durable once created. A destroyed key never comes back, not even by creating it again.
    """

    def create(self, key: str) -> None:
        """Create a data key unless it exists.

        Raises:
            ContentErased: a key of this name was destroyed.
        """
        ...

    def seal(self, key: str, nonce: bytes, content: bytes, associated: bytes) -> bytes:
        """Encrypt with AES-256-GCM and return ciphertext with its tag.

        Raises:
            NotFound: there is no such key.
            ContentErased: the key is destroyed.
        """
        ...

    def open(self, key: str, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Decrypt and authenticate.

        Raises:
            NotFound: there is no such key.
            ContentErased: the key is destroyed.
            DigestMismatch: the sealed bytes or their associated data were changed.
        """
        ...

    def derive(self, key: str, purpose: bytes) -> bytes:
        """Return 32 bytes derived from the data key for one purpose (RFC 5869).

        Raises:
            NotFound: there is no such key.
            ContentErased: the key is destroyed.
        """
        ...

    def destroy(self, key: str) -> None:
        """Destroy a data key for good; destroying it again changes nothing."""
        ...

    def destroyed(self, key: str) -> bool:
        """Return whether the key was destroyed."""
        ...
