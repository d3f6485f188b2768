"""Whether something can be recorded just now, and how much room is left.

Rules kept here:

1. A place is tried by writing to it, as recording would: permissions and mount options tell only
   half, and a full disk none of it.
2. A probe leaves nothing behind, and changes nothing that is recorded.
3. What cannot be written is still read: this says why recording waits and what ends that.
"""

import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from errno import EACCES, EDQUOT, ENOENT, ENOSPC, EPERM, EROFS
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from adapters.database import engine_errors
from domain.errors import RecordsError, Unavailable

LOW_BYTES: Final = 2 << 30
"""Below this much room, two or three days of a clinic, somebody should make more."""

DATABASE: Final = "database"

_PROBE: Final = bytes(1 << 16)
_FILE: Final = sa.text("SELECT file FROM pragma_database_list WHERE name = 'main'")
# What the log's own transactions are; those of this engine may say otherwise for themselves.
_READ_ONLY: Final = sa.text(
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'"
)
_WAIT_FOR_NO_STANDBY: Final = sa.text("SET LOCAL synchronous_commit = local")
_WRITE: Final = sa.text("SELECT pg_logical_emit_message(true, 'vultus-probe', '')")
_REASONS: Final = {
    ENOSPC: ("the disk is full", "Make room, or move the folder to a larger disk."),
    EDQUOT: ("the quota is used up", "Raise the quota of the service's user."),
    EROFS: ("the file system is read-only", "Mount it for writing; look at why it was not."),
    EACCES: ("the service may not write there", "Give the folder back to the service's user."),
    EPERM: ("the service may not write there", "Give the folder back to the service's user."),
    ENOENT: ("the folder is gone", "Mount or restore it."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place that recording needs.

    Attributes:
        name: What lies there: ``database``, ``data``, ``checkpoint-copies``.
        writable: Whether it took what was written.
        reason: Why it did not.
        next_step: What makes it take things again.
        free_bytes: Room left; none where it cannot be asked.
    """

    name: str
    writable: bool
    reason: str | None = None
    next_step: str | None = None
    free_bytes: int | None = None

    @property
    def low(self) -> bool:
        """Whether there is little room left."""
        return self.free_bytes is not None and self.free_bytes < LOW_BYTES


def probe_folder(name: str, folder: Path) -> Place:
    """Write a small file into a folder, durably, and remove it again."""
    free = None
    probe = folder / f".probe-{secrets.token_hex(8)}"
    try:
        free = shutil.disk_usage(folder).free
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            rest = memoryview(_PROBE)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        reason, next_step = _REASONS.get(
            error.errno or 0, (error.strerror or str(error), "Look at the disk.")
        )
        return Place(name=name, writable=False, reason=reason, next_step=next_step, free_bytes=free)
    finally:
        with suppress(OSError):
            probe.unlink()
    return Place(name=name, writable=True, free_bytes=free)


def probe_database(engine: sa.Engine) -> Place:
    """Write something small that nobody reads, durably, where the database lies.

    Beside an SQLite file that is a file of its own; PostgreSQL takes a message into its log, which
    waits for no standby.
    """
    try:
        with engine_errors(), engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                folder = None
                if connection.execute(_READ_ONLY).scalar_one():
                    raise Unavailable("the database can only be read")
                connection.execute(_WAIT_FOR_NO_STANDBY)
                connection.execute(_WRITE)
                connection.commit()
            else:
                folder = Path(connection.execute(_FILE).scalar_one()).parent
                # Refused where the file, or its file system, can only be read.
                connection.execute(sa.text("PRAGMA user_version = 0"))
                connection.rollback()
    except RecordsError as error:
        return Place(
            name=DATABASE,
            writable=False,
            reason=str(error),
            next_step="Look at the database server or the file; recording goes on by itself.",
        )
    return Place(name=DATABASE, writable=True) if folder is None else probe_folder(DATABASE, folder)
