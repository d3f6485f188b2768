"""Stored contents in a backup: copied once, checked against what the records name, put back.

Rules kept here:

1. Content stays as it is stored, encrypted. Which bytes it must be, the record that names it says.
2. What the folder holds already, whole, is not copied again; what is damaged there is.
3. Content whose key is destroyed is left out, and taken out again where it had been copied.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from adapters.backup.document import appearing
from adapters.backup.segment import CONTENTS_FOLDER
from adapters.keys.durable_file import disk_errors, sync_folder
from domain.errors import DigestMismatch, NotFound
from domain.ledger.entry import BlobAddress, Header

PIECE = 1 << 20


class StoredContents(Protocol):
    """What a backup needs of a blob store."""

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield the stored, encrypted bytes under a name."""
        ...


class Keeping(Protocol):
    """What putting content back needs of a blob store."""

    def keep(self, name: bytes, stored: Iterable[bytes], *, stored_digest: bytes) -> bool:
        """Store bytes that another store sealed; false when they were there already."""
        ...


class Destroyed(Protocol):
    """Knows which keys are gone."""

    def destroyed(self, key: str) -> bool:
        """Return whether the key was destroyed."""
        ...


@dataclass(slots=True)
class Copied:
    """What became of the contents of a segment.

    Attributes:
        count: Contents copied.
        size_bytes: Their size together.
        erased: Keys found destroyed whose content was left out.
        absent: Names of those that could not be copied.
        problems: Why, in words.
    """

    count: int = 0
    size_bytes: int = 0
    erased: set[str] = field(default_factory=set)
    absent: list[bytes] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class ContentsFolder:
    """The stored contents of one backup."""

    def __init__(self, backup: Path) -> None:
        """Use the folder in this backup; whoever writes makes it first."""
        self._folder = backup / CONTENTS_FOLDER
        self._whole: set[bytes] = set()

    def copy(self, headers: Iterable[Header], blobs: StoredContents, keys: Destroyed) -> Copied:
        """Copy everything that these records name and that is not here.

        Raises:
            Unavailable: the disk is full or read-only.
        """
        copied = Copied()
        for header in headers:
            if header.blobs and keys.destroyed(header.key_id):
                copied.erased.add(header.key_id)
                continue
            for blob in header.blobs:
                if blob.name in self._whole or self.holds(blob.name, blob.stored_digest):
                    continue
                try:
                    copied.size_bytes += self._take(blob, blobs)
                except (NotFound, DigestMismatch) as error:
                    if keys.destroyed(header.key_id):  # meanwhile
                        copied.erased.add(header.key_id)
                        continue
                    copied.absent.append(blob.name)
                    copied.problems.append(
                        f"record {header.seq} ({header.name}) names a content that cannot be "
                        f"copied: {error}"
                    )
                else:
                    copied.count += 1
                    self._whole.add(blob.name)
        return copied

    def holds(self, name: bytes, stored_digest: bytes) -> bool:
        """Return whether a content is here, whole."""
        try:
            whole = sha256()
            for piece in self.stored(name):
                whole.update(piece)
        except NotFound:
            return False
        return whole.digest() == stored_digest

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield the stored bytes of a content.

        Raises:
            NotFound: it is not here.
        """
        path = self._path(name)
        with disk_errors(f"reading {path}"):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                raise NotFound(f"{path} is missing from the backup") from None
            with file:
                while piece := file.read(PIECE):
                    yield piece

    def put_back(self, name: bytes, stored_digest: bytes, store: Keeping) -> None:
        """Put a content back where the record looks for it.

        Raises:
            NotFound: it is not here; the message names the file.
            DigestMismatch: it is damaged; the message names the file.
        """
        try:
            store.keep(name, self.stored(name), stored_digest=stored_digest)
        except DigestMismatch as error:
            message = f"{self._path(name)} is damaged: it is not the content that was recorded"
            raise DigestMismatch(message) from error

    def purge(self, names: Iterable[bytes]) -> None:
        """Remove contents whose key was destroyed."""
        removed = False
        with disk_errors("removing erased content from the backup"):
            for name in names:
                path = self._path(name)
                removed |= path.exists()
                path.unlink(missing_ok=True)
            if removed:
                sync_folder(self._folder)

    def _take(self, blob: BlobAddress, blobs: StoredContents) -> int:
        """Copy one content and return its size."""
        path = self._path(blob.name)
        pieces = blobs.stored(blob.name)
        with disk_errors(f"writing {path.name}"), appearing(path) as file:
            for piece in _checked(pieces, blob):
                file.write(piece)
            return file.tell()

    def _path(self, name: bytes) -> Path:
        return self._folder / name.hex()


def _checked(pieces: Iterable[bytes], blob: BlobAddress) -> Iterator[bytes]:
    """Yield stored bytes; at their end refuse others than the record names."""
    whole = sha256()
    for piece in pieces:
        whole.update(piece)
        yield piece
    if whole.digest() != blob.stored_digest:
        raise DigestMismatch(f"the stored bytes of {blob.name.hex()} are not the recorded ones")


def make_folders(backup: Path) -> None:
    """Make the folders of a backup, each for its owner alone."""
    for folder in (backup, backup / CONTENTS_FOLDER, backup / "segments"):
        folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(backup)
    os.chmod(backup, 0o700)  # noqa: PTH101 - a folder that was there may be open to others
