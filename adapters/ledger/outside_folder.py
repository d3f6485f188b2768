"""A folder outside: copies of checkpoints as files, readable by whoever keeps watch.

Rules kept here:

1. A file appears whole or not at all, is on the disk before ``keep`` returns, and is never changed.
2. The folder belongs on another machine, under another custodian. It is never made here: a folder
   that is made where the outside one should be mounted would look like an outside copy and be none.
3. What is in the folder is listed at first and every hour; in between, the largest checkpoint seen
   is read again. So a checkpoint costs the same however many copies there are.
"""

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from adapters.ledger.checkpoints import KeptCheckpoint, same_text
from domain.errors import IntegrityFailure, Unavailable
from domain.ledger.checkpoint import NoteSignature

LIST_EVERY_S: Final = 3600.0

_FILE: Final = re.compile(r"([1-9][0-9]*)\.txt")


class OutsideFolder:
    """Keeps checkpoints as files ``<size>.txt``."""

    near = True

    def __init__(self, folder: Path) -> None:
        """Use a folder that somebody else provides."""
        self.name = str(folder)
        self._folder = folder
        self._largest = 0
        self._listed_at: float | None = None

    def newest(self) -> bytes | None:
        """Return the note of the largest checkpoint, if there is one.

        Raises:
            Unavailable: the folder is missing or cannot be read.
        """
        with _disk_errors():
            if self._listed_at is None or time.monotonic() - self._listed_at > LIST_EVERY_S:
                found = (_FILE.fullmatch(path.name) for path in self._folder.iterdir())
                self._largest = max((int(match[1]) for match in found if match), default=0)
                self._listed_at = time.monotonic()
            if not self._largest:
                return None
            try:
                return self._path(self._largest).read_bytes()
            except FileNotFoundError:
                self._listed_at = None  # somebody took it away; see what is left
                raise

    def has(self, size: int) -> bool:
        """Return whether the copy of a size is there."""
        return self._path(size).exists()

    def keep(self, kept: KeptCheckpoint) -> tuple[NoteSignature, ...]:
        """Write a checkpoint's copy unless it is there.

        Raises:
            IntegrityFailure: another checkpoint of this size is there.
            Unavailable: the folder is missing, full or read-only.
        """
        self.keep_file(f"{kept.size}.txt", kept.note)
        self._largest = max(self._largest, kept.size)
        return ()

    def keep_file(self, name: str, note: bytes) -> None:
        """Write a signed note unless it is there.

        Raises:
            IntegrityFailure: another text is there under this name.
            Unavailable: the folder is missing, full or read-only.
        """
        path = self._folder / name
        with _disk_errors():
            _write_new(path, note)
            if not same_text(path.read_bytes(), note):
                message = f"{name} in the outside folder is not the one we keep"
                raise IntegrityFailure(message)

    def _path(self, size: int) -> Path:
        return self._folder / f"{size}.txt"


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"the outside folder of checkpoints cannot be used: {error.strerror}"
        raise Unavailable(message) from error


def _write_new(path: Path, content: bytes) -> None:
    """Write a file whole and durable, unless there is one of this name."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A crash before this line leaves a part that nobody reads.
        with suppress(FileExistsError):
            path.hardlink_to(part)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
