"""Large content as files: sealed, write-once, durable before the call returns.

Rules kept here:

1. Content is never on disk in clear. Content of unknown digest has no key yet, so it is spooled
   sealed under a random key that ends with the call.
2. Each piece goes to an unfinished file beside the others; file, then name, then folder are made
   durable, in this order. A crash leaves the content whole under its name, or not at all.
3. What exists is never written again. Putting the same content compares the stored bytes with
   those it would store, and repairs nothing.
4. A full or read-only disk is ``Unavailable``, and nothing is kept.

The folder: ``<aa>/<bb>/<name in hexadecimal>``, aa and bb being the name's first two bytes, and
``incoming/`` for unfinished files.
"""

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from adapters.blobs.arrivals import Arrivals, Unwatched
from adapters.blobs.intake import Intake, Place, checked_name, checked_stored
from adapters.blobs.sealed_stream import CHUNK_SIZE, Source, seal, unseal
from adapters.keys.durable_file import (
    UNFINISHED,
    disk_errors,
    make_folder,
    sync_folder,
    write_all,
)
from domain.errors import ContentErased, DigestMismatch, NotFound
from domain.events.record import StoredBlob
from domain.ports import KeyRing
from domain.values.content import Digest

ABANDONED_AFTER_S: Final = 3600.0


class FilesystemBlobStore:
    """The ``BlobStore`` in one folder; safe for several threads and processes."""

    def __init__(self, folder: Path, keys: KeyRing, *, arrivals: Arrivals | None = None) -> None:
        """Open the folder, or make a new one; remove what killed processes left unfinished.

        A file counts as abandoned when nobody has written to it for ``ABANDONED_AFTER_S``. Should
        its writer live after all, its ``put`` ends in ``Unavailable`` and keeps nothing.

        Args:
            folder: Where content lies.
            keys: The data keys.
            arrivals: Told of content before it is stored; nobody by default.

        Raises:
            Unavailable: the disk is full or read-only.
        """
        self._folder = folder
        self._incoming = folder / "incoming"
        self._keys = keys
        self._arrivals = arrivals or Unwatched()
        self._durable: set[Path] = set()
        with disk_errors("opening the blob store"):
            make_folder(self._incoming)
            self._sweep(written_before=time.time() - ABANDONED_AFTER_S)

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
            Unavailable: the disk is full or read-only; nothing is kept. Should it fail after the
                last byte, the content may be there, whole; putting it again settles that.
        """
        if self._keys.destroyed(key):
            raise ContentErased(key)
        intake = Intake(content, limit_bytes=limit_bytes)
        with self._unfinished() as (path, descriptor):
            if expected is None:
                place, stored_digest = self._spool(intake, key, descriptor)
            else:
                place = Place.of(expected, key=key, keys=self._keys)
                stored_digest = _write(seal(place.content_key, intake), descriptor)
                intake.check(expected)
            blob = StoredBlob(
                content=intake.digest,
                name=place.name,
                stored_digest=stored_digest,
                size_bytes=intake.size_bytes,
            )
            self._arrivals.note(key, blob.name)
            self._publish(path, descriptor, blob.name, blob.stored_digest)
        if self._keys.destroyed(key):  # meanwhile, so whoever purged its content missed this
            self.purge([blob.name])
            raise ContentErased(key)
        return blob

    def find(self, digest: Digest, *, key: str) -> StoredBlob:
        """Return where content lies, after checking that its stored bytes are whole.

        Raises:
            NotFound: nothing with this digest is stored under this key.
            ContentErased: the key is destroyed.
            DigestMismatch: the stored bytes are not what was stored.
            Unavailable: the disk cannot be read.
        """
        place = Place.of(digest, key=key, keys=self._keys)
        self._arrivals.renew(place.name)
        with self._open(place.name) as file:
            source = _HashedSource(file)
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
            NotFound: nothing with this digest is stored under this key; raised by the call.
            ContentErased: the key is destroyed; raised by the call, or by the next piece.
            DigestMismatch: the stored bytes are not what was stored; raised by a piece.
            Unavailable: the disk cannot be read.
        """
        place = Place.of(digest, key=key, keys=self._keys)
        self._open(place.name).close()
        return self._pieces(key, place)

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield the stored, encrypted bytes under a name, for checking without keys.

        Raises:
            NotFound: nothing is stored under this name; raised by the call.
            Unavailable: the disk cannot be read.
        """
        self._open(checked_name(name)).close()
        return self._stored(name)

    def purge(self, names: Iterable[bytes]) -> int:
        """Remove stored content for good and return how many were there.

        Raises:
            Unavailable: the disk failed; purge again.
        """
        paths = [self._path(checked_name(name)) for name in names]
        removed = 0
        with disk_errors("purging content"):
            for path in paths:
                try:
                    path.unlink()
                except FileNotFoundError:
                    continue
                removed += 1
            # Also where nothing was removed now: an earlier purge may have ended before this.
            for folder in {path.parent for path in paths}:
                if folder.is_dir():
                    sync_folder(folder)
        return removed

    def keep(self, name: bytes, stored: Iterable[bytes], *, stored_digest: bytes) -> bool:
        """Store bytes that another store sealed; false when they were there already.

        Raises:
            DigestMismatch: they do not have this digest, or what is stored is damaged; nothing is
                kept.
            Unavailable: the disk is full or read-only; nothing is kept.
        """
        target = self._path(checked_name(name))
        if target.exists():
            with disk_errors("reading content"):
                self._check_same(target, stored_digest)
            return False
        with self._unfinished() as (path, descriptor):
            _write(checked_stored(stored, stored_digest), descriptor)
            self._publish(path, descriptor, name, stored_digest)
        return True

    def _spool(self, intake: Intake, key: str, descriptor: int) -> tuple[Place, bytes]:
        """Take content in whose key is known only at its end; write it, and return its place."""
        passing_key = secrets.token_bytes(32)
        with self._unfinished() as (_, spool):
            for piece in seal(passing_key, intake):
                with disk_errors("spooling content"):
                    write_all(spool, piece)
            place = Place.of(intake.digest, key=key, keys=self._keys)
            with disk_errors("spooling content"):
                os.lseek(spool, 0, os.SEEK_SET)
            with os.fdopen(spool, "rb", closefd=False) as file:
                content = unseal(passing_key, _DiskSource(file))
                return place, _write(seal(place.content_key, content), descriptor)

    def _publish(
        self, unfinished: Path, descriptor: int, name: bytes, stored_digest: bytes
    ) -> None:
        """Give a written file its name, for good.

        Once linked, the name stays, even if making it durable fails: another ``put`` of the same
        content may have relied on it since.
        """
        path = self._path(name)
        with disk_errors("storing content"):
            os.fsync(descriptor)
            # A crash before the link leaves an unfinished file, swept later.
            self._make_folder(path.parent)
            try:
                path.hardlink_to(unfinished)
            except FileExistsError:
                self._check_same(path, stored_digest)
            # A crash before this line may lose the name; nobody was told of it yet.
            sync_folder(path.parent)

    def _check_same(self, path: Path, stored_digest: bytes) -> None:
        """Check that a file holds what would have been stored in its place."""
        with path.open("rb") as file:
            source = _HashedSource(file)
            while source.read(CHUNK_SIZE):
                pass
        if source.hash.digest() != stored_digest:
            raise DigestMismatch(f"what is stored under {path.name} is damaged")

    def _pieces(self, key: str, place: Place) -> Iterator[bytes]:
        with self._open(place.name) as file:
            for piece in unseal(place.content_key, _DiskSource(file)):
                if self._keys.destroyed(key):
                    raise ContentErased(key)
                yield piece

    def _stored(self, name: bytes) -> Iterator[bytes]:
        with self._open(name) as file:
            source = _DiskSource(file)
            while piece := source.read(CHUNK_SIZE):
                yield piece

    @contextmanager
    def _unfinished(self) -> Iterator[tuple[Path, int]]:
        """Open a new file that is gone afterwards, unless it was given a name meanwhile."""
        path = self._incoming / f"{secrets.token_hex(16)}{UNFINISHED}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with disk_errors("storing content"):
            descriptor = os.open(path, flags, 0o400)
        try:
            yield path, descriptor
        finally:
            try:
                with disk_errors("removing an unfinished file"):
                    path.unlink(missing_ok=True)
            finally:
                os.close(descriptor)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and remember that its name is durable."""
        if folder not in self._durable:
            make_folder(folder.parent)
            make_folder(folder)
            self._durable.add(folder)

    def _open(self, name: bytes) -> IO[bytes]:
        path = self._path(name)
        with disk_errors("reading content"):
            try:
                return path.open("rb")
            except FileNotFoundError:
                raise NotFound(f"nothing is stored under {path.name}") from None

    def _path(self, name: bytes) -> Path:
        text = name.hex()
        return self._folder / text[:2] / text[2:4] / text

    def _sweep(self, *, written_before: float) -> None:
        for path in self._incoming.iterdir():
            try:
                if path.stat().st_mtime < written_before:
                    path.unlink()
            except FileNotFoundError:
                continue  # its writer, or another sweep, was faster


class _DiskSource:
    """A file whose failures are told as the disk's."""

    def __init__(self, file: Source) -> None:
        self._file = file

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        with disk_errors("reading content"):
            return self._file.read(size)


class _HashedSource(_DiskSource):
    """A file that is hashed while it is read."""

    def __init__(self, file: Source) -> None:
        super().__init__(file)
        self.hash = sha256()

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        piece = super().read(size)
        self.hash.update(piece)
        return piece


def _write(pieces: Iterable[bytes], descriptor: int) -> bytes:
    """Write the pieces and return their SHA-256."""
    written = sha256()
    for piece in pieces:
        written.update(piece)
        with disk_errors("storing content"):
            write_all(descriptor, piece)
    return written.digest()
