"""A bucket outside: copies of checkpoints as objects of S3-compatible storage.

Rules kept here:

1. An object is written only where there is none. Storage that honours the condition is asked to
   keep it; storage that does not is looked at first. Either way it is read back and compared.
2. Names sort like sizes, so whatever came after a known checkpoint is found in one listing.
3. Nothing is ever removed, so credentials that may not remove are enough, and better.
"""

from collections.abc import Callable
from typing import Final

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore

from adapters.blobs.bucket import Patience, connect
from adapters.blobs.location import Bucket
from adapters.blobs.storage_errors import STORAGE_ERRORS, not_understood, storage_errors, told
from adapters.ledger.checkpoints import KeptCheckpoint, same_text
from domain.errors import IntegrityFailure, NotFound
from domain.ledger.checkpoint import NoteSignature

PATIENCE: Final = Patience(connect_s=3.0, request_s=10.0, retries=1, give_up_s=15.0)

_DIGITS: Final = 20


class OutsideBucket:
    """Keeps checkpoints as objects ``<size in twenty digits>.txt``."""

    near = False

    def __init__(self, name: str, open_store: Callable[[], ObjectStore]) -> None:
        """Use storage that is opened when it is first needed."""
        self.name = name
        self._open = open_store
        self._opened: ObjectStore | None = None
        self._largest = 0

    @classmethod
    def at(cls, bucket: Bucket) -> "OutsideBucket":
        """Return the place in a bucket; nothing is asked of it yet."""
        return cls(str(bucket), lambda: connect(bucket, patience=PATIENCE))

    def newest(self) -> bytes | None:
        """Return the note of the largest checkpoint, if there is one.

        Raises:
            Unavailable: the storage is away or denies it.
        """
        known = _object(self._largest)
        with storage_errors(f"listing {self.name}"):
            for found in obstore.list(self._store(), offset=known):
                sizes = (_size(each["path"]) for each in found)
                self._largest = max(self._largest, *sizes)
        if not self._largest:
            return None
        return self._read(_object(self._largest))

    def has(self, size: int) -> bool:
        """Return whether this process saw or wrote the object of a size."""
        return self._largest >= size

    def keep(self, kept: KeptCheckpoint) -> tuple[NoteSignature, ...]:
        """Write a checkpoint's object unless it is there.

        Raises:
            IntegrityFailure: another checkpoint of this size is there.
            Unavailable: the storage is away or denies it.
        """
        self.keep_file(_object(kept.size), kept.note)
        self._largest = max(self._largest, kept.size)
        return ()

    def keep_file(self, name: str, note: bytes) -> None:
        """Write a signed note unless it is there.

        Raises:
            IntegrityFailure: another text is there under this name.
            Unavailable: the storage is away or denies it.
        """
        try:
            there = self._read(name)
        except NotFound:
            self._write(name, note)
            there = self._read(name)
        if not same_text(there, note):
            message = f"{name} in {self.name} is not the one we keep"
            raise IntegrityFailure(message)

    def _write(self, name: str, note: bytes) -> None:
        doing = f"writing to {self.name}"
        try:
            obstore.put(self._store(), name, note, mode="create")
        except AlreadyExistsError:
            return  # whoever was quicker is compared with
        except STORAGE_ERRORS as error:
            if not not_understood(error):
                raise told(error, doing) from None
            with storage_errors(doing):
                obstore.put(self._store(), name, note, mode="overwrite")

    def _read(self, name: str) -> bytes:
        with storage_errors(f"reading from {self.name}", missing=name):
            return bytes(obstore.get(self._store(), name).bytes())

    def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = self._open()
        return self._opened


def _object(size: int) -> str:
    return f"{size:0{_DIGITS}}.txt"


def _size(path: str) -> int:
    """Return the size in an object's name; 0 for any other object."""
    digits = path.removesuffix(".txt")
    return int(digits) if len(digits) == _DIGITS and digits.isdecimal() else 0
