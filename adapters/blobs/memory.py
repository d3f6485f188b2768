"""Large content in memory, with the promises of the port: for tests and the demonstration.

Rules kept here:

1. What is held is sealed, byte for byte as on disk, so erasure means here what it means there.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from io import BytesIO

from adapters.blobs.arrivals import Arrivals, Unwatched
from adapters.blobs.intake import Intake, Place, checked_name, checked_stored
from adapters.blobs.sealed_stream import seal, unseal
from domain.errors import ContentErased, DigestMismatch, NotFound
from domain.events.record import StoredBlob
from domain.ports import KeyRing
from domain.values.content import Digest


class MemoryBlobStore:
    """The ``BlobStore`` that ends with its process."""

    def __init__(self, keys: KeyRing, *, arrivals: Arrivals | None = None) -> None:
        """Start empty; ``arrivals`` is told of content before it is stored."""
        self._keys = keys
        self._arrivals = arrivals or Unwatched()
        self._stored: dict[bytes, bytes] = {}

    def put(
        self, content: Iterable[bytes], *, key: str, expected: Digest | None, limit_bytes: int
    ) -> StoredBlob:
        """Store content given in pieces.

        Raises:
            DigestMismatch: the content does not have the expected digest, or what is stored under
                its name already is damaged; nothing is kept.
            MalformedInput: the content is empty or exceeds the limit; nothing is kept.
            NotFound: there is no such key.
            ContentErased: the key is destroyed.
        """
        if self._keys.destroyed(key):
            raise ContentErased(key)
        intake = Intake(content, limit_bytes=limit_bytes)
        whole = b"".join(intake)
        intake.check(expected or intake.digest)
        place = Place.of(intake.digest, key=key, keys=self._keys)
        sealed = b"".join(seal(place.content_key, [whole]))
        self._arrivals.note(key, place.name)
        if self._stored.setdefault(place.name, sealed) != sealed:
            raise DigestMismatch(f"what is stored under {place.name.hex()} is damaged")
        return StoredBlob(
            content=intake.digest,
            name=place.name,
            stored_digest=sha256(sealed).digest(),
            size_bytes=intake.size_bytes,
        )

    def find(self, digest: Digest, *, key: str) -> StoredBlob:
        """Return where content lies, after checking that its stored bytes are whole.

        Raises:
            NotFound: nothing with this digest is stored under this key.
            ContentErased: the key is destroyed.
            DigestMismatch: the stored bytes are not what was stored.
        """
        place = Place.of(digest, key=key, keys=self._keys)
        self._arrivals.renew(place.name)
        sealed = self._sealed(place.name)
        return StoredBlob(
            content=digest,
            name=place.name,
            stored_digest=sha256(sealed).digest(),
            size_bytes=sum(map(len, unseal(place.content_key, BytesIO(sealed)))),
        )

    def read(self, digest: Digest, *, key: str) -> Iterator[bytes]:
        """Yield the content in pieces, each authenticated.

        Raises:
            NotFound: nothing with this digest is stored under this key; raised by the call.
            ContentErased: the key is destroyed; raised by the call, or by the next piece.
            DigestMismatch: the stored bytes are not what was stored; raised by a piece.
        """
        place = Place.of(digest, key=key, keys=self._keys)
        return self._pieces(key, place, self._sealed(place.name))

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield the stored, encrypted bytes under a name, for checking without keys.

        Raises:
            NotFound: nothing is stored under this name; raised by the call.
        """
        return iter([self._sealed(checked_name(name))])

    def purge(self, names: Iterable[bytes]) -> int:
        """Remove stored content for good and return how many were there."""
        return sum(self._stored.pop(checked_name(name), None) is not None for name in names)

    def keep(self, name: bytes, stored: Iterable[bytes], *, stored_digest: bytes) -> bool:
        """Store bytes that another store sealed; false when they were there already.

        Raises:
            DigestMismatch: they do not have this digest, or what is stored is damaged; nothing is
                kept.
        """
        held = self._stored.get(checked_name(name))
        if held is not None:
            if sha256(held).digest() != stored_digest:
                raise DigestMismatch(f"what is stored under {name.hex()} is damaged")
            return False
        self._stored[name] = b"".join(checked_stored(stored, stored_digest))
        return True

    def _pieces(self, key: str, place: Place, sealed: bytes) -> Iterator[bytes]:
        for piece in unseal(place.content_key, BytesIO(sealed)):
            if self._keys.destroyed(key):
                raise ContentErased(key)
            yield piece

    def _sealed(self, name: bytes) -> bytes:
        try:
            return self._stored[name]
        except KeyError:
            raise NotFound(f"nothing is stored under {name.hex()}") from None
