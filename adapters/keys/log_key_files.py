"""The log's private keys as files: the first one, and each that took over, by its number.

Rules kept here:

1. The first key is ``log-key``, the ones after it ``log-key-2``, ``log-key-3`` and so on. A file
   says inside which of them it is, so none can stand for another.
2. A key that was made and never took over is met again by its number, not made twice.
3. A key ends in one step: its file gets another name, and is then destroyed under that. Wherever
   this is interrupted, the key is either whole or no key any more, and the next end finishes it.
"""

from pathlib import Path
from typing import Final

from adapters.keys.durable_file import destroy_private, disk_errors, sync_folder
from adapters.keys.master_key import MasterKey
from adapters.keys.signing import Ed25519Signer
from domain.errors import NotFound, RuleViolation

FIRST: Final = 1

_ENDED: Final = ".ended"


class LogKeyFiles:
    """Keeps the log's private keys in a folder, wrapped under the master key."""

    def __init__(self, folder: Path, *, master: MasterKey) -> None:
        """Use a folder; it is made with the first key."""
        self._folder = folder
        self._master = master

    def load(self, number: int) -> Ed25519Signer | None:
        """Return a key; none where it was never made or has ended.

        Raises:
            RuleViolation: others may read the file, or another master key wrapped it.
            DigestMismatch: the file was changed, or holds another key.
            Unavailable: the disk cannot be read.
        """
        try:
            return Ed25519Signer.load(self._path(number), name=_name(number), master=self._master)
        except NotFound:
            return None

    def provide(self, number: int) -> Ed25519Signer:
        """Return a key, made now unless it was made before; durable once this returns.

        Raises:
            RuleViolation: others may read the file, or another master key wrapped it.
            DigestMismatch: the file was changed, or holds another key.
            Unavailable: the disk is full or read-only.
        """
        found = self.load(number)
        if found is not None:
            return found
        try:
            return Ed25519Signer.create(self._path(number), name=_name(number), master=self._master)
        except RuleViolation:  # another process made it meanwhile
            return Ed25519Signer.load(self._path(number), name=_name(number), master=self._master)

    def end(self, number: int) -> None:
        """Destroy a key for good; ending it again changes nothing.

        Raises:
            Unavailable: the disk is read-only or away.
        """
        path = self._path(number)
        ended = path.with_name(f"{path.name}{_ENDED}")
        with disk_errors("ending a log key"):
            if path.exists():
                path.replace(ended)
                sync_folder(path.parent)
            if ended.exists():
                destroy_private(ended)

    def _path(self, number: int) -> Path:
        return self._folder / ("log-key" if number == FIRST else f"log-key-{number}")


def _name(number: int) -> str:
    return "log" if number == FIRST else f"log-{number}"
