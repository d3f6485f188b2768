"""Writes the whole log as a folder that can be checked without us.

Rules kept here:

1. Records are written as stored; nothing is opened but what discloses a device's public key.
2. The folder is new and appears whole: it is written under another name and renamed at the end.
3. What was erased stays erased: a blob that is no longer stored is left out.

Source: ``domain/ledger/SPECIFICATION.md``, section 7.
"""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import IO, Protocol

from adapters.ledger.checkpoints import KeptCheckpoint
from domain.errors import ChainBroken, ContentErased, NotFound, Unavailable
from domain.ledger import export
from domain.ledger.checkpoint import VerifierKey, encode_verifier_key
from domain.ledger.entry import Header, decode_entry
from domain.ledger.export import StoredRecord
from domain.values.content import Digest

DISCLOSED = "DeviceEnrolled"
"""The event whose payload is disclosed: it holds a device's public key and no person."""

_PAGE = 500

Progress = Callable[[int, int], None]
"""Told how many records are written, and how many there are to write."""


class Exportable(Protocol):
    """What an export needs of a log."""

    def size(self) -> int:
        """Return the number of records."""
        ...

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return at most ``limit`` records after ``seq`` as stored."""
        ...

    def disclose(self, seq: int) -> tuple[bytes, bytes]:
        """Return salt and payload of a record."""
        ...


class StoredContents(Protocol):
    """What an export needs of a blob store."""

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield the stored, encrypted bytes under a name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export holds.

    Attributes:
        size: Number of records.
        digest: SHA-256 of the file of records.
        blobs: Number of stored contents.
    """

    size: int
    digest: Digest
    blobs: int


def export_log(
    log: Exportable,
    folder: Path,
    *,
    key: VerifierKey,
    checkpoints: Sequence[KeptCheckpoint],
    successions: Sequence[bytes] = (),
    blobs: StoredContents | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write every record there is now into a new folder.

    Args:
        log: The log.
        folder: Where; must not exist.
        key: The log's newest verifier key.
        checkpoints: Its signed checkpoints, at least one.
        successions: Statements by which one key of the log followed another, in order.
        blobs: Where stored contents lie, if they shall be exported too.
        progress: Told after every page of records.

    Raises:
        Unavailable: the folder exists, or the disk is full or read-only; nothing is left there.
        ChainBroken: a record is missing.
    """
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.part")
    try:
        with _disk_errors():
            if folder.exists():
                raise Unavailable("the folder to export into exists already")
            for name in ("", export.CHECKPOINTS_FOLDER, export.DISCLOSURES_FOLDER):
                (part / name).mkdir(parents=True)
            if successions:
                (part / export.SUCCESSIONS_FOLDER).mkdir()
            _write(part / export.LOG_KEY_PATH, f"{encode_verifier_key(key)}\n".encode())
            for number, statement in enumerate(successions, start=2):
                _write(part / export.succession_path(number), statement)
            for each in checkpoints:
                _write(part / export.checkpoint_path(each.size), each.note)
            size, digest, names = _write_records(log, part, progress)
            count = 0 if blobs is None else _write_blobs(blobs, names, part)
            part.rename(folder)
            _sync(folder.parent)
    finally:
        rmtree(part, ignore_errors=True)
    return Exported(size=size, digest=digest, blobs=count)


def _write_records(
    log: Exportable, part: Path, progress: Progress | None
) -> tuple[int, Digest, set[bytes]]:
    """Write records and disclosures; return how many, their digest and the blobs they name."""
    size, digest, names = log.size(), sha256(export.EXPORT_TAG), set[bytes]()
    with _durable(part / export.RECORDS_PATH) as file:
        file.write(export.EXPORT_TAG)
        seq = -1
        while seq + 1 < size:
            records = log.sealed_after(seq, limit=min(_PAGE, size - seq - 1))
            if not records:
                raise ChainBroken(f"there is no record {seq + 1}")
            for record in records:
                frame = export.encode_frame(record.leaf or b"", record.entry, record.ciphertext)
                digest.update(frame)
                file.write(frame)
                header = decode_entry(record.entry).header
                names.update(blob.name for blob in header.blobs)
                _disclose(log, header, part)
            seq += len(records)
            if progress is not None:
                progress(seq + 1, size)
    return size, Digest.from_raw(digest.digest()), names


def _disclose(log: Exportable, header: Header, part: Path) -> None:
    if header.name != DISCLOSED:
        return
    try:
        salt, payload = log.disclose(header.seq)
    except ContentErased:
        return
    _write(part / export.disclosure_path(header.seq), salt + payload)


def _write_blobs(blobs: StoredContents, names: set[bytes], part: Path) -> int:
    (part / export.BLOBS_FOLDER).mkdir()
    count = 0
    for name in sorted(names):
        try:
            pieces = iter(blobs.stored(name))
            first = next(pieces, b"")
        except NotFound:
            continue
        with _durable(part / export.stored_blob_path(name)) as file:
            file.write(first)
            file.writelines(pieces)
        count += 1
    return count


def _write(path: Path, content: bytes) -> None:
    with _durable(path) as file:
        file.write(content)


@contextmanager
def _durable(path: Path) -> Iterator[IO[bytes]]:
    with path.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the export cannot be written: {error.strerror}") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
