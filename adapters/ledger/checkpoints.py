"""Where signed checkpoints are kept: beside the log, and in a folder outside of it.

Rules kept here:

1. A checkpoint that is kept is never changed; keeping the same one again changes nothing.
2. The folder outside is what makes history provable against whoever holds database and log key.
   It belongs on another machine, under another custodian.
3. A file outside appears whole or not at all and is on the disk before ``keep`` returns.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from adapters.database import engine_errors, reading
from domain.errors import IntegrityFailure, Unavailable
from domain.values.time import ServerTime

_CHECKPOINTS = sa.table(
    "checkpoints",
    sa.column("size", sa.BigInteger),
    sa.column("signed_at_us", sa.BigInteger),
    sa.column("note", sa.LargeBinary),
)
_FILE = re.compile(r"([1-9][0-9]*)\.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCheckpoint:
    """A signed checkpoint.

    Attributes:
        size: Number of records it covers.
        signed_at: When it was signed.
        note: The signed note, byte for byte.
    """

    size: int
    signed_at: ServerTime
    note: bytes


class CheckpointShelf(Protocol):
    """Keeps checkpoints in the order of their sizes."""

    def keep(self, kept: KeptCheckpoint) -> None:
        """Keep a checkpoint, unless a larger one is kept; durable once this returns.

        Raises:
            IntegrityFailure: another checkpoint of this size is kept.
            Unavailable: the database cannot be written.
        """
        ...

    def newest(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint, if there is one."""
        ...

    def covering(self, seq: int) -> KeptCheckpoint | None:
        """Return the smallest checkpoint that covers a record, if there is one."""
        ...

    def all(self) -> tuple[KeptCheckpoint, ...]:
        """Return every checkpoint, smallest first."""
        ...


class DatabaseShelf:
    """Keeps checkpoints in the database of the log."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use the table ``checkpoints`` of this database."""
        self._engine = engine

    def keep(self, kept: KeptCheckpoint) -> None:
        """Keep a checkpoint; durable once this returns."""
        values = {
            "size": kept.size,
            "signed_at_us": kept.signed_at.us,
            "note": kept.note,
        }
        with engine_errors():
            try:
                with self._engine.begin() as connection:
                    connection.execute(sa.insert(_CHECKPOINTS).values(values))
            except sa.exc.IntegrityError as error:
                # Another process may have signed meanwhile: the same tree, which gives the same
                # bytes, or a larger one, beside which this one is not needed.
                newest = self.newest()
                if newest is None or not _covers(newest, kept):
                    message = f"another checkpoint is kept where that of {kept.size} belongs"
                    raise IntegrityFailure(message) from error

    def newest(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint, if there is one."""
        largest = sa.select(sa.func.max(_CHECKPOINTS.c.size)).scalar_subquery()
        return next(iter(self._select(_CHECKPOINTS.c.size == largest)), None)

    def covering(self, seq: int) -> KeptCheckpoint | None:
        """Return the smallest checkpoint that covers a record, if there is one."""
        smallest = sa.select(sa.func.min(_CHECKPOINTS.c.size)).where(_CHECKPOINTS.c.size > seq)
        found = self._select(_CHECKPOINTS.c.size == smallest.scalar_subquery())
        return next(iter(found), None)

    def all(self) -> tuple[KeptCheckpoint, ...]:
        """Return every checkpoint, smallest first."""
        return self._select(sa.true())

    def _select(self, condition: sa.ColumnElement[bool]) -> tuple[KeptCheckpoint, ...]:
        query = sa.select(_CHECKPOINTS).where(condition).order_by(_CHECKPOINTS.c.size)
        with engine_errors(), reading(self._engine).connect() as connection:
            return tuple(
                KeptCheckpoint(size=row.size, signed_at=ServerTime(row.signed_at_us), note=row.note)
                for row in connection.execute(query)
            )


class MemoryShelf:
    """Keeps checkpoints as long as the process lives."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: list[KeptCheckpoint] = []

    def keep(self, kept: KeptCheckpoint) -> None:
        """Keep a checkpoint."""
        newest = self.newest()
        if newest is None or newest.size < kept.size:
            self._kept.append(kept)
        elif not _covers(newest, kept):
            message = f"another checkpoint is kept where that of {kept.size} belongs"
            raise IntegrityFailure(message)

    def newest(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint, if there is one."""
        return self._kept[-1] if self._kept else None

    def covering(self, seq: int) -> KeptCheckpoint | None:
        """Return the smallest checkpoint that covers a record, if there is one."""
        return next((each for each in self._kept if each.size > seq), None)

    def all(self) -> tuple[KeptCheckpoint, ...]:
        """Return every checkpoint, smallest first."""
        return tuple(self._kept)


class OutsideFolder:
    """Copies of checkpoints as files ``<size>.txt``, readable by whoever keeps watch."""

    def __init__(self, folder: Path) -> None:
        """Use a folder that somebody else provides; it is not created here.

        A folder that is made where the outside one should be mounted would look like an
        outside copy and be none.
        """
        self._folder = folder

    def keep(self, size: int, note: bytes) -> None:
        """Write a checkpoint's copy unless it is there.

        Raises:
            IntegrityFailure: another checkpoint of this size is there.
            Unavailable: the folder is missing, full or read-only.
        """
        path = self._folder / f"{size}.txt"
        with _disk_errors():
            _write_new(path, note)
            if path.read_bytes() != note:
                message = f"the outside checkpoint of {size} is not the one we keep"
                raise IntegrityFailure(message)

    def has(self, size: int) -> bool:
        """Return whether the copy of a size is there."""
        return (self._folder / f"{size}.txt").exists()

    def newest(self) -> bytes | None:
        """Return the note of the largest checkpoint, if there is one.

        Raises:
            Unavailable: the folder is missing or cannot be read.
        """
        with _disk_errors():
            found = (_FILE.fullmatch(path.name) for path in self._folder.iterdir())
            sizes = [int(match[1]) for match in found if match]
            return (self._folder / f"{max(sizes)}.txt").read_bytes() if sizes else None


def _covers(newest: KeptCheckpoint, kept: KeptCheckpoint) -> bool:
    return newest.size > kept.size or newest.note == kept.note


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
