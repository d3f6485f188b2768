"""Small private files and the folders they lie in: whole, durable, and their owner's alone.

Rules kept here:

1. A file appears under its name whole or not at all, and is durable before the call returns.
2. Nothing is written over a file that exists, save to destroy it.
3. A private file that others may read or change is refused, not repaired: it may be known already.
4. Folders lie on a local POSIX file system that has hard links.

BUG: overwriting reaches the blocks that a file has now. A copy-on-write file system, a snapshot, a
solid-state disk or a backup may keep older copies; those end with their own retention.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Final

from domain.errors import MalformedInput, RuleViolation, Unavailable

UNFINISHED: Final = ".part"

_OTHERS: Final = 0o077
_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_SIZE_MAX: Final = 1 << 16


@contextmanager
def disk_errors(doing: str) -> Iterator[None]:
    """Say that the disk is at fault, and at what, when it fails inside.

    Raises:
        Unavailable: the disk is full, read-only, away or broken.
    """
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{doing} failed: {error.strerror or error}") from error


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte; a disk that is nearly full takes fewer than it was given."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Make every name that was added to or removed from a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, durable; one that is there already is left as it is."""
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER)
    except FileNotFoundError:
        make_folder(folder.parent)
        make_folder(folder)
        return
    except FileExistsError:
        pass  # whoever made it may not have synced it yet
    sync_folder(folder.parent)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter.

    Raises:
        RuleViolation: it was there already, open to others.
    """
    make_folder(folder)
    _refuse_others(folder, folder.stat().st_mode, "700")


def create_private(path: Path, content: bytes) -> bool:
    """Write a new file; return false, having changed nothing, when there is one already."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    created = True
    try:
        descriptor = os.open(unfinished, flags, _PRIVATE_FILE)
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        # A crash before this line leaves an unfinished file that nobody opens.
        try:
            path.hardlink_to(unfinished)
        except FileExistsError:
            created = False
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)
    return created


def read_private(path: Path) -> bytes | None:
    """Return the content of a private file, or None when there is none.

    Raises:
        RuleViolation: others may read or change it.
        MalformedInput: it is not a small regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        status = os.fstat(descriptor)
        if not S_ISREG(status.st_mode) or status.st_size > _SIZE_MAX:
            raise MalformedInput(f"{path} is not a small regular file")
        _refuse_others(path, status.st_mode, "600")
        return os.read(descriptor, _SIZE_MAX)
    finally:
        os.close(descriptor)


def destroy_private(path: Path) -> None:
    """Overwrite and remove a file for good; without one, make sure that its absence is durable."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        sync_folder(path.parent)
        return
    try:
        write_all(descriptor, bytes(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def _refuse_others(path: Path, mode: int, wanted: str) -> None:
    if mode & _OTHERS:
        raise RuleViolation(
            "keys.private-file",
            f"{path} is open to other users (mode {S_IMODE(mode):o})",
            f"Ask who could have read it, then run: chmod {wanted} {path}",
        )
