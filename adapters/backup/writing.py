"""Writes a backup: a copy of everything up to a signed checkpoint, and whatever came since.

Rules kept here:

1. Records never change, so a backup needs neither a lock nor one long transaction: it reads up to
   a checkpoint in short pages while others append. Which records belong to it, the checkpoint
   says.
2. Every record is checked as it is copied, and the root over all of them compared with the signed
   one: a damaged log is not copied quietly.
3. Contents first, then records, then the manifest. A crash anywhere leaves the segments before it
   whole, and the next run goes on after them.
4. A first run works in a folder beside the one that was named, which appears when it is complete.

Source: ``validation/decisions/0013-backups-are-the-log-itself.md``.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Final

from adapters.backup import segment as layout
from adapters.backup.contents import ContentsFolder, Copied, Destroyed, StoredContents, make_folders
from adapters.backup.copying import Copy, Copyable
from adapters.backup.document import UNFINISHED, appearing
from adapters.backup.segment import Identity, Segment
from adapters.keys.durable_file import disk_errors, sync_folder
from adapters.keys.signing import is_ed25519_signature
from adapters.ledger.checkpoints import CheckpointShelf, KeptCheckpoint
from domain.errors import ChainBroken, NotFound, RuleViolation, Unavailable
from domain.ledger.log_keys import LogKeys
from domain.ports import Clock
from domain.values.content import Digest
from domain.values.time import ServerTime

SEGMENT_RECORDS: Final = 100_000
"""A segment ends at the first checkpoint after so many records, so that a crash costs little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is backed up.

    Attributes:
        identity: Whose log it is.
        log_keys: Returns the keys of the log.
        successions: Returns the statements by which they followed each other.
        log: The log.
        shelf: Its signed checkpoints.
        blobs: Its stored contents.
        keys: Knows which keys are gone.
        clock: Our clock.
        software: Version of this software.
    """

    identity: Identity
    log_keys: Callable[[], LogKeys]
    successions: Callable[[], tuple[bytes, ...]]
    log: Copyable
    shelf: CheckpointShelf
    blobs: StoredContents
    keys: Destroyed
    clock: Clock
    software: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a backup holds now.

    Attributes:
        size: Number of records.
        root: Root over them.
        manifest: Digest of the last segment's manifest.
        added: Segments written by this run.
    """

    size: int
    root: Digest
    manifest: Digest
    added: tuple[Segment, ...]


class BackupFolder:
    """A backup that is being written; nobody else writes it meanwhile."""

    def __init__(self, folder: Path, source: Source) -> None:
        """Write what this source has into a folder that is held."""
        self._folder = folder
        self._source = source
        self._contents = ContentsFolder(folder)
        self._last: tuple[Segment, Digest] | None = None

    @property
    def size(self) -> int:
        """Number of records it holds."""
        last = self._newest()
        return 0 if last is None else last[0].size

    def take(
        self, upto: KeptCheckpoint, *, beside: bytes, progress: Callable[[int], None] | None = None
    ) -> Taken:
        """Copy everything that is new, up to a checkpoint.

        Args:
            upto: Where the copy ends.
            beside: What lies beside the log, sealed; read before the checkpoint was signed.
            progress: Told how many records the backup holds.

        Raises:
            ChainBroken: the log is not the one that was backed up before, or it is damaged.
            DigestMismatch: a record is not what was recorded.
            Unavailable: the disk is full; what was complete stays, and the next run goes on.
        """
        self._check_continues()
        added: list[Segment] = []
        for end in self._ends(self.size, upto):
            sealed = beside if end.size == upto.size else None
            added.append(self._write(end, sealed, progress))
        last = self._newest()
        if last is None:
            raise RuleViolation(
                "backup.nothing", "nothing is recorded yet", "Back up once there is something."
            )
        return Taken(size=last[0].size, root=last[0].root, manifest=last[1], added=tuple(added))

    def _newest(self) -> tuple[Segment, Digest] | None:
        if self._last is None:
            self._last = layout.newest_segment(self._folder)
        return self._last

    def _check_continues(self) -> None:
        last = self._newest()
        if last is None:
            return
        size, log = last[0].size, self._source.log
        if log.size() < size or not compare_digest(log.tree.root(size), last[0].root.raw):
            message = (
                f"the first {size} records are not those of the backup in {self._folder}; verify "
                "the log, and keep that backup"
            )
            raise ChainBroken(message)

    def _ends(self, begin: int, upto: KeptCheckpoint) -> Iterator[KeptCheckpoint]:
        while begin < upto.size:
            end = self._source.shelf.covering(begin + SEGMENT_RECORDS - 1)
            if end is None or end.size > upto.size:
                end = upto
            yield end
            begin = end.size

    def _write(
        self, end: KeptCheckpoint, beside: bytes | None, progress: Callable[[int], None] | None
    ) -> Segment:
        last = self._newest()
        number = 1 if last is None else last[0].number + 1
        first = 0 if last is None else last[0].size
        copy = Copy(self._source.log, first)
        path = layout.records_path(self._folder, number)
        with disk_errors(f"writing {path.name}"), appearing(path) as file:
            for frame in copy.frames(end.size, progress):
                file.write(frame)
            root = self._checked_root(copy, end)
            copied = self._copy_contents(copy)
        segment = Segment(
            number=number,
            first=first,
            size=end.size,
            root=Digest.from_raw(root),
            last_at=ServerTime(copy.last_at_us),
            records=Digest.from_raw(copy.digest.digest()),
            records_bytes=copy.size_bytes,
            previous=None if last is None else last[1],
            checkpoints=(*self._between(first, end.size), end),
            successions=self._source.successions(),
            contents=copied.count,
            contents_bytes=copied.size_bytes,
            erased=tuple(sorted(copied.erased)),
            absent=tuple(copied.absent),
            problems=tuple(copied.problems),
            beside=beside,
            taken_at=self._source.clock.now(),
            software=self._source.software,
        )
        self._last = segment, layout.write_segment(self._folder, segment)
        return segment

    def _checked_root(self, copy: Copy, end: KeptCheckpoint) -> bytes:
        signed = self._source.log_keys().open(end.note, is_ed25519_signature)
        if signed.size != end.size or not compare_digest(copy.tree.root(), signed.root):
            message = f"the first {end.size} records are not those that were signed for"
            raise ChainBroken(message)
        return signed.root

    def _copy_contents(self, copy: Copy) -> Copied:
        source = self._source
        copied = self._contents.copy(copy.naming, source.blobs, source.keys)
        for key in copy.destroyed:
            self._contents.purge(source.log.blobs_of_key(key))
        return copied

    def _between(self, first: int, size: int) -> Iterator[KeptCheckpoint]:
        """Yield the checkpoints signed after ``first`` records and before ``size``."""
        kept = self._source.shelf.covering(first)
        while kept is not None and kept.size < size:
            yield kept
            kept = self._source.shelf.covering(kept.size)


@contextmanager
def new_backup(folder: Path, source: Source) -> Iterator[BackupFolder]:
    """Hold a backup that appears in ``folder`` when this is left; after a crash, go on with it.

    Raises:
        RuleViolation: something is there already.
        Unavailable: another run is writing it, or the disk is full or read-only.
    """
    if folder.exists():
        raise RuleViolation(
            "backup.new", f"{folder} exists already", "Add to it with --continue, or name another."
        )
    part = folder.with_name(f"{folder.name}{UNFINISHED}")
    with disk_errors(f"writing {part}"):
        make_folders(part)
        with _held(part):
            if (part / layout.COMPLETE_PATH).exists():  # it ended just before it was to appear
                identity = layout.read_identity(part)
            else:
                identity = _begun(part, source.identity)
            _check_same_log(part, identity, source)
            yield BackupFolder(part, source)
            layout.write_identity(part, layout.COMPLETE_PATH, source.identity)
            (part / layout.BEGUN_PATH).unlink(missing_ok=True)
            part.rename(folder)
            sync_folder(folder.parent)


@contextmanager
def continued_backup(folder: Path, source: Source) -> Iterator[BackupFolder]:
    """Hold a complete backup, to add to it.

    Raises:
        RuleViolation: it is not a complete backup, or one of another log.
        Unavailable: another run is writing it, or the disk is full or read-only.
    """
    identity = layout.require_complete(folder)
    _check_same_log(folder, identity, source)
    with _held(folder):
        yield BackupFolder(folder, source)


def _begun(part: Path, identity: Identity) -> Identity:
    """Return whose backup was begun here; begin one where none was."""
    try:
        return layout.read_identity(part, layout.BEGUN_PATH)
    except NotFound:
        layout.write_identity(part, layout.BEGUN_PATH, identity)
        return identity


def _check_same_log(folder: Path, found: Identity, source: Source) -> None:
    if found.key not in {term.key for term in source.log_keys().terms}:
        raise RuleViolation(
            "backup.same-log",
            f"{folder} holds a backup of {found.key.name} that is signed with a key which is not "
            "of this log",
            "Name the folder of this record's own backup.",
        )


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep every other process from writing the same backup; a crash lets go."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(folder / layout.LOCK_PATH, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"another run is writing {folder}") from None
        yield
    finally:
        os.close(descriptor)
