"""What every blob store does with content before it has a place: count, hash, name and key it.

Rules kept here:

1. Content is refused while it comes in, as soon as it exceeds its limit.
2. Name and key depend on the data key and the content alone: the same content under the same data
   key is stored once, and the same content of two subjects shows no likeness.

name = HKDF-SHA256(data key, ``vultus/blob-name/v1`` ‖ SHA-256 of the content);
content key = HKDF-SHA256(data key, ``vultus/blob-key/v1`` ‖ SHA-256 of the content).

Source: RFC 5869.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from domain.errors import DigestMismatch, MalformedInput
from domain.ports import KeyRing
from domain.values.content import Digest

NAME_SIZE: Final = 32

_NAME_PURPOSE: Final = b"vultus/blob-name/v1"
_KEY_PURPOSE: Final = b"vultus/blob-key/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Under which name content lies, and what seals it there.

    Attributes:
        name: 32 bytes.
        content_key: 32 bytes that seal this content and nothing else.
    """

    name: bytes
    content_key: bytes = field(repr=False)

    @classmethod
    def of(cls, digest: Digest, *, key: str, keys: KeyRing) -> Self:
        """Return the place of content under a data key.

        Raises:
            NotFound: there is no such key.
            ContentErased: the key is destroyed.
        """
        return cls(
            name=keys.derive(key, _NAME_PURPOSE + digest.raw),
            content_key=keys.derive(key, _KEY_PURPOSE + digest.raw),
        )


class Intake:
    """Content on its way in, counted and hashed as its pieces pass; to be iterated once."""

    __slots__ = ("_content", "_hash", "_limit_bytes", "_size_bytes")

    def __init__(self, content: Iterable[bytes], *, limit_bytes: int) -> None:
        """Take the pieces, and how many bytes they may have together."""
        self._content = content
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._hash = sha256()

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces.

        Raises:
            MalformedInput: there is nothing, or more than the limit.
        """
        for piece in self._content:
            self._size_bytes += len(piece)
            if self._size_bytes > self._limit_bytes:
                raise MalformedInput(f"the content has more than {self._limit_bytes} bytes")
            self._hash.update(piece)
            yield piece
        if not self._size_bytes:
            raise MalformedInput("the content is empty")

    @property
    def size_bytes(self) -> int:
        """How many bytes have passed."""
        return self._size_bytes

    @property
    def digest(self) -> Digest:
        """Digest of the bytes that have passed."""
        return Digest.from_raw(self._hash.digest())

    def check(self, expected: Digest) -> None:
        """Compare what has passed with what was announced.

        Raises:
            DigestMismatch: it is something else.
        """
        if self.digest != expected:
            raise DigestMismatch(f"the content does not have the digest {expected}")


def checked_name(name: bytes) -> bytes:
    """Return a stored name, refusing what cannot be one.

    Raises:
        MalformedInput: the name does not have 32 bytes.
    """
    if len(name) != NAME_SIZE:
        raise MalformedInput(f"a stored name has {NAME_SIZE} bytes, not {len(name)}")
    return name


def checked_stored(stored: Iterable[bytes], stored_digest: bytes) -> Iterator[bytes]:
    """Yield stored bytes, and at their end refuse others than were promised.

    Raises:
        DigestMismatch: they do not have this SHA-256.
    """
    whole = sha256()
    for piece in stored:
        whole.update(piece)
        yield piece
    if whole.digest() != stored_digest:
        raise DigestMismatch("the stored bytes do not have the digest that the record names")
