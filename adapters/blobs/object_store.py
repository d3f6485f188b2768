"""Large content in object storage: the same names and the same bytes as in a folder.

Rules kept here:

1. Content leaves this machine sealed. Content of unknown digest has no name yet, so it waits here,
   sealed under a random key that ends with the call: little of it in memory, more of it in a file
   without a name.
2. An object appears under its name whole or not at all: in one request, or in parts that only the
   last request joins. What fails is given up, parts and all.
3. What exists is never written again, save that two writers of one content may both write it: the
   bytes are the same, so it does not matter whose remain. Putting content that exists compares
   the stored bytes with those it would store, and repairs nothing.
4. Memory does not grow with the content: parts and windows of fixed size, few at a time.
5. Storage that is away, slow or refuses us is ``Unavailable``; nothing waits for ever.

The objects: ``<aa>/<bb>/<name in hexadecimal>`` under the prefix, as in a folder, so other tools
may copy one into the other.

BUG: whoever is killed while it sends parts leaves them in the bucket, unseen; a rule of the bucket
must remove them (README).
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import chain
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Final, Literal

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore

from adapters.blobs.arrivals import Arrivals, Unwatched
from adapters.blobs.intake import Intake, Place, checked_name, checked_stored
from adapters.blobs.sealed_stream import CHUNK_SIZE, seal, unseal
from adapters.blobs.storage_errors import STORAGE_ERRORS, storage_errors, told
from adapters.blobs.transfer import Sending, SpooledSource, Windowed
from adapters.keys.durable_file import disk_errors
from domain.errors import ContentErased, DigestMismatch, NotFound
from domain.events.record import StoredBlob
from domain.ports import KeyRing
from domain.values.content import Digest

PART_SIZE: Final = 8 << 20
"""Bytes of a part. What has no more goes in one request, as nearly every picture does."""

PARTS_AT_ONCE: Final = 3
WINDOW_SIZE: Final = 8 << 20
"""Most bytes read with one request, so that a slow reader keeps no connection waiting."""

HELD_IN_MEMORY: Final = 8 << 20

Mode = Literal["create", "overwrite"]


class ObjectBlobStore:
    """The ``BlobStore`` in object storage; safe for several threads, processes and machines."""

    def __init__(
        self,
        store: ObjectStore,
        keys: KeyRing,
        *,
        staging: Path | None,
        mode: Mode = "create",
        ranges: bool = True,
        arrivals: Arrivals | None = None,
    ) -> None:
        """Keep content in a store.

        Args:
            store: The storage, at the prefix that is ours.
            keys: The data keys.
            staging: Folder for sealed content whose name is not known yet; none for the system's.
            mode: ``create`` asks the storage to refuse what exists; where it knows no such
                request, looking first has to do.
            ranges: Whether the storage gives a part of an object when asked for a part. Where it
                does not, one request gives all of it, and a slow reader may run out of time.
            arrivals: Told of content before it is stored; nobody by default.
        """
        self._store = store
        self._keys = keys
        self._staging = staging
        self._mode = mode
        self._ranges = ranges
        self._arrivals = arrivals or Unwatched()

    def put(
        self, content: Iterable[bytes], *, key: str, expected: Digest | None, limit_bytes: int
    ) -> StoredBlob:
        """Store content given in pieces; durable once this returns.

        Raises:
            DigestMismatch: the content does not have the expected digest, or what is stored under
                its name already is damaged; nothing is kept.
            MalformedInput: the content is empty or exceeds the limit; nothing is kept.
            NotFound: there is no such key; nothing is kept.
            ContentErased: the key is destroyed; nothing is kept.
            Unavailable: the storage failed, or the disk here is full; nothing is kept. Should it
                fail after the last byte, the content may be there, whole; putting it again
                settles that.
        """
        if self._keys.destroyed(key):
            raise ContentErased(key)
        intake = Intake(content, limit_bytes=limit_bytes)
        if expected is None:
            with self._spooled(intake) as whole:
                place = Place.of(intake.digest, key=key, keys=self._keys)
                self._arrivals.note(key, place.name)
                stored_digest = self._publish(place.name, seal(place.content_key, whole))
        else:
            place = Place.of(expected, key=key, keys=self._keys)
            sealed = _announced(seal(place.content_key, intake), intake, expected)
            # Parts go out while the content comes in, so it is told of before that.
            self._arrivals.note(key, place.name)
            stored_digest = self._publish(place.name, sealed)
        if self._keys.destroyed(key):  # meanwhile, so whoever purged its content missed this
            self.purge([place.name])
            raise ContentErased(key)
        return StoredBlob(
            content=intake.digest,
            name=place.name,
            stored_digest=stored_digest,
            size_bytes=intake.size_bytes,
        )

    def find(self, digest: Digest, *, key: str) -> StoredBlob:
        """Return where content lies, after checking that its stored bytes are whole.

        Raises:
            NotFound: nothing with this digest is stored under this key.
            ContentErased: the key is destroyed.
            DigestMismatch: the stored bytes are not what was stored.
            Unavailable: the storage failed.
        """
        place = Place.of(digest, key=key, keys=self._keys)
        self._arrivals.renew(place.name)
        source = self._open(place.name)
        size_bytes = sum(map(len, unseal(place.content_key, source)))
        return StoredBlob(
            content=digest,
            name=place.name,
            stored_digest=source.hash.digest(),
            size_bytes=size_bytes,
        )

    def read(self, digest: Digest, *, key: str) -> Iterator[bytes]:
        """Yield the content in pieces, each authenticated.

        Raises:
            NotFound: nothing with this digest is stored under this key; raised by the call, or by
                the next piece when it is purged meanwhile.
            ContentErased: the key is destroyed; raised by the call, or by the next piece.
            DigestMismatch: the stored bytes are not what was stored; raised by a piece.
            Unavailable: the storage failed; raised by the call or by a piece.
        """
        place = Place.of(digest, key=key, keys=self._keys)
        return self._pieces(key, place, self._open(place.name))

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield the stored, encrypted bytes under a name, for checking without keys.

        Raises:
            NotFound: nothing is stored under this name; raised by the call.
            Unavailable: the storage failed; raised by the call or by a piece.
        """
        source = self._open(checked_name(name))
        return iter(lambda: source.read(CHUNK_SIZE), b"")

    def purge(self, names: Iterable[bytes]) -> int:
        """Remove stored content and return how many were there.

        Storage that keeps versions keeps what was removed, sealed, for as long as its rules say.

        Raises:
            Unavailable: the storage failed; purge again.
        """
        paths = [_path(checked_name(name)) for name in names]
        removed = 0
        for path in paths:
            if self._size(path) is None:
                self._check_bucket(path)
                continue
            with storage_errors("purging content"):
                obstore.delete(self._store, path)
            removed += 1
        return removed

    def keep(self, name: bytes, stored: Iterable[bytes], *, stored_digest: bytes) -> bool:
        """Store bytes that another store sealed; false when they were there already.

        Raises:
            DigestMismatch: they do not have this digest, or what is stored is damaged; nothing is
                kept.
            Unavailable: the storage failed; nothing is kept.
        """
        path = _path(checked_name(name))
        if self._size(path) is not None:
            self._check_same(path, stored_digest)
            return False
        self._send(path, checked_stored(stored, stored_digest))
        return True

    def _publish(self, name: bytes, sealed: Iterable[bytes]) -> bytes:
        """Store sealed bytes under a name unless they are there, and return their SHA-256."""
        path = _path(name)
        if self._size(path) is None:
            return self._send(path, sealed)
        whole = sha256()
        for piece in sealed:
            whole.update(piece)
        self._check_same(path, whole.digest())
        return whole.digest()

    def _send(self, path: str, sealed: Iterable[bytes]) -> bytes:
        """Send bytes to a path where nothing was a moment ago, and return their SHA-256."""
        sending = Sending(sealed)
        first = sending.up_to(PART_SIZE)
        try:
            if sending.ended:
                obstore.put(self._store, path, first, mode=self._mode, use_multipart=False)
            else:
                # A failure, also one of the content, ends in the parts being given up.
                obstore.put(
                    self._store,
                    path,
                    chain([first], sending),
                    use_multipart=True,
                    chunk_size=PART_SIZE,
                    max_concurrency=PARTS_AT_ONCE,
                )
        except AlreadyExistsError:  # somebody was faster, or our first try did arrive
            self._check_same(path, sending.hash.digest())
        except STORAGE_ERRORS as error:
            if sending.failure is not None:
                raise sending.failure from None
            raise told(error, "storing content") from None
        return sending.hash.digest()

    def _check_same(self, path: str, stored_digest: bytes) -> None:
        """Check that an object holds what would have been stored in its place."""
        source = self._open_path(path)
        while source.read(CHUNK_SIZE):
            pass
        if source.hash.digest() != stored_digest:
            raise DigestMismatch(f"what is stored under {path} is damaged")

    def _pieces(self, key: str, place: Place, source: Windowed) -> Iterator[bytes]:
        for piece in unseal(place.content_key, source):
            if self._keys.destroyed(key):
                raise ContentErased(key)
            yield piece

    def _open(self, name: bytes) -> Windowed:
        return self._open_path(_path(name))

    def _open_path(self, path: str) -> Windowed:
        size = self._size(path)
        if size is None:
            self._check_bucket(path)
            raise NotFound(f"nothing is stored under {path}")
        return Windowed(self._windows(path, size))

    def _windows(self, path: str, size: int) -> Iterator[memoryview]:
        """Yield an object's bytes; should it be shorter by now, whoever reads misses the rest."""
        with storage_errors("reading content", missing=f"nothing is stored under {path}"):
            if self._ranges and size > WINDOW_SIZE:
                for start in range(0, size, WINDOW_SIZE):
                    end = min(start + WINDOW_SIZE, size)
                    found = obstore.get(self._store, path, options={"range": (start, end)})
                    yield memoryview(found.bytes())
            else:
                for piece in obstore.get(self._store, path).stream(min_chunk_size=CHUNK_SIZE):
                    yield memoryview(piece)

    def _size(self, path: str) -> int | None:
        """Return how many bytes an object has; none when there is no object."""
        try:
            with storage_errors("looking for content", missing=path):
                return obstore.head(self._store, path)["size"]
        except NotFound:
            return None

    def _check_bucket(self, path: str) -> None:
        """Make sure that it is the object that is not there, and not the bucket.

        Only a longer answer says which.
        """
        with suppress(NotFound), storage_errors("looking for content", missing=path):
            obstore.get(self._store, path)

    @contextmanager
    def _spooled(self, intake: Intake) -> Iterator[Iterator[bytes]]:
        """Take content in whose key is known only at its end; give it out again, once."""
        passing_key = secrets.token_bytes(32)
        folder = None if self._staging is None else str(self._staging)
        with SpooledTemporaryFile(HELD_IN_MEMORY, dir=folder) as spool:
            for piece in seal(passing_key, intake):
                with disk_errors("spooling content"):
                    spool.write(piece)
            with disk_errors("spooling content"):
                spool.seek(0)
            yield unseal(passing_key, SpooledSource(spool))


def _announced(sealed: Iterable[bytes], intake: Intake, expected: Digest) -> Iterator[bytes]:
    """Yield sealed bytes; at their end refuse other content than was announced."""
    yield from sealed
    intake.check(expected)


def _path(name: bytes) -> str:
    text = name.hex()
    return f"{text[:2]}/{text[2:4]}/{text}"
