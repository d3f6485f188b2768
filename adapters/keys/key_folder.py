"""Wrapped data keys as files: made once, looked up on each use, destroyed for good.

Rules kept here:

1. Every key lies wrapped in a file of its own, named by its pseudonymous identifier alone.
2. A tombstone is durable before its key's file is overwritten and removed, so a crash between the
   two leaves the key destroyed. A tombstone is never removed, and outlives whatever is put back
   beside it.
3. Files are changed under one lock, so creating and destroying the same key cannot cross. Nobody
   waits for it for ever: whoever has it may stand still, and only ending it helps then.

The folder: ``lock``; ``wrapping/<version>.key``; ``clinic/`` and ``subject/`` with ``<uuid>.key``
or ``<uuid>.destroyed``.

BUG: a copy of the whole folder from before a destruction, put back whole, brings the key back.
Whoever restores one destroys the key of every ``SubjectKeyDestroyed`` in the log before use.
"""

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.keys.durable_file import (
    UNFINISHED,
    create_private,
    destroy_private,
    disk_errors,
    make_private_folder,
    read_private,
    sync_folder,
)
from domain.errors import ContentErased, IntegrityFailure, MalformedInput, Unavailable

LOCK_TIMEOUT_S = 10.0
_LOOK_AGAIN_S: Final = 0.005
_KINDS: Final = ("clinic", "subject")
_WRAPPING: Final = "wrapping"
_KEY: Final = re.compile(
    r"(clinic|subject):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)
_FILE: Final = ".key"
_TOMBSTONE: Final = ".destroyed"
_TOMBSTONE_TEXT: Final = b"vultus/destroyed-key/v1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Where a key's file and tombstone are looked up, quickly.

    Attributes:
        folder: Descriptor of the open folder.
        file: Name of the key's file.
        tombstone: Name of its tombstone.
    """

    folder: int
    file: str
    tombstone: str

    def is_usable(self) -> bool:
        """Return whether the file is there and the tombstone is not.

        A folder that cannot be searched counts against the key.
        """
        return os.access(self.file, os.F_OK, dir_fd=self.folder) and not os.access(
            self.tombstone, os.F_OK, dir_fd=self.folder
        )


class KeyFolder:
    """The files of one clinic's keys; safe for several threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, or make a new one; finish what a crash left undone.

        Raises:
            RuleViolation: the folder is open to others.
            Unavailable: the disk is full or read-only.
        """
        self._folder = folder
        with disk_errors("opening the key folder"):
            for part in (folder, folder / _WRAPPING, *(folder / kind for kind in _KINDS)):
                make_private_folder(part)
            with self._exclusively():
                self._finish_undone()
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            self._descriptors = {kind: os.open(folder / kind, flags) for kind in _KINDS}

    def close(self) -> None:
        """Let go of the folder; nothing can be looked up afterwards."""
        descriptors, self._descriptors = self._descriptors, {}
        for descriptor in descriptors.values():
            os.close(descriptor)

    def lookup(self, key: str) -> Lookup:
        """Return where a key is looked up."""
        file, tombstone = self._paths(key)
        return Lookup(
            folder=self._descriptors[file.parent.name], file=file.name, tombstone=tombstone.name
        )

    def add(self, key: str, record: Callable[[], bytes]) -> None:
        """Store the record of a new key unless there is one; durable once this returns.

        Raises:
            ContentErased: a key of this name was destroyed.
            MalformedInput: this is not a key's name.
            Unavailable: the disk is full or read-only.
        """
        file, tombstone = self._paths(key)
        with disk_errors("creating a key"), self._exclusively():
            if _exists(tombstone):
                raise ContentErased(key)
            if _exists(file):
                sync_folder(file.parent)  # its creator may have crashed before doing so
            else:
                create_private(file, record())

    def read(self, key: str) -> bytes | None:
        """Return a key's record, or None without one; not whether it may still be used."""
        file, _ = self._paths(key)
        with disk_errors("reading a key"):
            return read_private(file)

    def destroy(self, key: str) -> None:
        """Destroy a key for good, or make sure that one of this name can never be.

        Raises:
            MalformedInput: this is not a key's name.
            Unavailable: the disk failed; ask again, the key may or may not be destroyed.
        """
        file, tombstone = self._paths(key)
        with disk_errors("destroying a key"), self._exclusively():
            create_private(tombstone, _TOMBSTONE_TEXT)
            # A crash here leaves a wrapped key that nobody uses; the next opening removes it.
            destroy_private(file)

    def destroyed(self, key: str) -> bool:
        """Return whether a key was destroyed."""
        _, tombstone = self._paths(key)
        with disk_errors("looking up a key"):
            return _exists(tombstone)

    def living(self) -> tuple[str, ...]:
        """Return the names of all keys that can be used, in order."""
        living: list[str] = []
        with disk_errors("listing keys"):
            for kind in _KINDS:
                names = {path.name for path in (self._folder / kind).iterdir()}
                stems = (name.removesuffix(_FILE) for name in names if name.endswith(_FILE))
                living += sorted(
                    f"{kind}:{stem}" for stem in stems if stem + _TOMBSTONE not in names
                )
        return tuple(living)

    def wrapping(self, first: Callable[[], bytes]) -> dict[int, bytes]:
        """Return the records of the clinic's wrapping key by version, the newest last.

        Args:
            first: Makes the record of version 1 in a new folder.

        Raises:
            IntegrityFailure: there are data keys, and no wrapping key.
            Unavailable: the disk is full or read-only.
        """
        folder = self._folder / _WRAPPING
        with disk_errors("reading the wrapping key"), self._exclusively():
            if not any(folder.glob(f"*{_FILE}")):
                if self.living():
                    raise IntegrityFailure("the wrapping key of the clinic's data keys is gone")
                create_private(folder / f"1{_FILE}", first())
            versions = sorted(int(file.stem) for file in folder.glob(f"*{_FILE}"))
            return {each: read_private(folder / f"{each}{_FILE}") or b"" for each in versions}

    def _paths(self, key: str) -> tuple[Path, Path]:
        """Return where a key's file and tombstone lie."""
        match = _KEY.fullmatch(key)
        if match is None:
            raise MalformedInput("a key is named clinic:<uuid> or subject:<uuid>")
        folder = self._folder / match[1]
        return folder / f"{match[2]}{_FILE}", folder / f"{match[2]}{_TOMBSTONE}"

    def _finish_undone(self) -> None:
        """Remove what a crash left; under the lock, so nobody is writing."""
        for unfinished in self._folder.glob(f"*/.*{UNFINISHED}"):
            unfinished.unlink(missing_ok=True)
        for tombstone in self._folder.glob(f"*/*{_TOMBSTONE}"):
            file = tombstone.with_suffix(_FILE)
            if _exists(file):
                destroy_private(file)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Keep every other thread and process from changing files; a crash lets go."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._folder / "lock", flags, 0o600)
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock.

    Raises:
        Unavailable: another process kept it; nothing was changed.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unavailable("the key folder stayed locked by another process") from None
            time.sleep(_LOOK_AGAIN_S)
        else:
            return


def _exists(path: Path) -> bool:
    """Tell absence from a disk that cannot say; ``Path.exists`` takes some errors for absence."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True
