"""Read an exported log, which somebody else made and somebody may have damaged.

Rules kept here:

1. A damaged place costs the record in it, not the records after it: reading goes on where the
   next record begins.
2. Whatever is read is measured first; no length in the file is believed beyond the limits.
3. The file is mapped, not loaded: memory does not grow with it.

Source: ``domain/ledger/SPECIFICATION.md``, section 7.
"""

import mmap
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from domain.errors import MalformedInput
from domain.ledger import export
from domain.ledger.entry import ENTRY_TAG
from domain.ledger.export import (
    CIPHERTEXT_BYTES_MAX,
    ENTRY_BYTES_MAX,
    EXPORT_TAG,
    FRAME_HEAD,
    StoredRecord,
)

_HEAD: Final = FRAME_HEAD.size
_NOTE_BYTES_MAX: Final = 1 << 20
_DISCLOSURE_BYTES_MAX: Final = 1 << 26


class ExportedRecords:
    """The records of an exported log.

    Attributes:
        torn: Whether the file ends in the middle of a record; known once ``index`` ran.
    """

    def __init__(self, path: Path) -> None:
        """Open the file of records.

        Raises:
            MalformedInput: it cannot be read, or is not an exported log.
        """
        self.torn = False
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise MalformedInput(f"{path.name} cannot be read or is empty") from error
        if self._data[: len(EXPORT_TAG)] != EXPORT_TAG:
            self._data.close()
            raise MalformedInput(f"{path.name} is not an exported log")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._data.close()

    def index(self, every: int) -> tuple[int, list[int]]:
        """Return the number of records, and where each ``every``-th of them begins."""
        count, places, at = 0, list[int](), len(EXPORT_TAG)
        while (end := self._end(at)) is not None:
            if not count % every:
                places.append(at)
            count, at = count + 1, end
        self.torn = at < len(self._data)
        return count, places

    def read(self, at: int, count: int) -> Iterator[StoredRecord]:
        """Yield the records from a place on; in place of a damaged one, one without bytes."""
        data = self._data
        for _ in range(count):
            end = self._end(at)
            if end is None:
                return
            leaf, entry_size, ciphertext_size = FRAME_HEAD.unpack_from(data, at)
            entry_at = at + _HEAD
            ciphertext_at = entry_at + entry_size
            if ciphertext_at + ciphertext_size == end:
                yield StoredRecord(data[entry_at:ciphertext_at], data[ciphertext_at:end], leaf)
            else:
                yield StoredRecord(b"", b"", leaf)
            at = end

    def _end(self, at: int) -> int | None:
        """Return where the next record begins, or None if none begins here that ends."""
        end = self._stated_end(at)
        if end is not None and (self._begins(end) or self._begins(self._stated_end(end))):
            return end
        following = self._data.find(ENTRY_TAG, at + _HEAD + 1)
        return following - _HEAD if following >= 0 else end

    def _stated_end(self, at: int) -> int | None:
        """Return where a record ends by its own account, or None if that cannot be."""
        if at + _HEAD > len(self._data):
            return None
        _, entry_size, ciphertext_size = FRAME_HEAD.unpack_from(self._data, at)
        if entry_size > ENTRY_BYTES_MAX or ciphertext_size > CIPHERTEXT_BYTES_MAX:
            return None
        end: int = at + _HEAD + entry_size + ciphertext_size
        return end if end <= len(self._data) else None

    def _begins(self, at: int | None) -> bool:
        """Say whether a record begins here, or the file ends here."""
        if at is None:
            return False
        entry_at = at + _HEAD
        tag = self._data[entry_at : entry_at + len(ENTRY_TAG)]
        return at == len(self._data) or tag == ENTRY_TAG


class ExportFolder:
    """The files beside the records of an exported log."""

    def __init__(self, path: Path) -> None:
        """Take the folder, or the file of records alone."""
        self.path = path
        self._folder = path if path.is_dir() else None
        self.records = path / export.RECORDS_PATH if path.is_dir() else path

    def log_key(self) -> str | None:
        """Return the verifier key that came with the log, if one did."""
        text = self._read(export.LOG_KEY_PATH, _NOTE_BYTES_MAX)
        return None if text is None else text.decode("utf-8", "replace").strip()

    def successions(self) -> list[bytes]:
        """Return the statements about the log's keys that came with the log."""
        return [
            self._must_read(path, _NOTE_BYTES_MAX)
            for path in self._files(export.SUCCESSIONS_FOLDER, ".txt")
        ]

    def checkpoints(self) -> list[bytes]:
        """Return the signed checkpoints that came with the log."""
        return [
            self._must_read(path, _NOTE_BYTES_MAX)
            for path in self._files(export.CHECKPOINTS_FOLDER, ".txt")
        ]

    def disclosures(self) -> dict[int, bytes]:
        """Return the disclosed plaintexts by seq."""
        return {
            int(path.stem): self._must_read(path, _DISCLOSURE_BYTES_MAX)
            for path in self._files(export.DISCLOSURES_FOLDER, ".payload")
            if path.stem.isdecimal()
        }

    def has_blobs(self) -> bool:
        """Say whether stored blobs came with the log."""
        return self._folder is not None and (self._folder / export.BLOBS_FOLDER).is_dir()

    def blob_digest(self, name: bytes) -> bytes | None:
        """Return SHA-256 of a stored blob, or None if it is not there."""
        if self._folder is None:
            return None
        try:
            with (self._folder / export.stored_blob_path(name)).open("rb") as file:
                return file_digest(file, "sha256").digest()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MalformedInput(f"the stored blob {name.hex()} cannot be read") from error

    def _files(self, folder: str, suffix: str) -> list[Path]:
        if self._folder is None or not (self._folder / folder).is_dir():
            return []
        return sorted(path for path in (self._folder / folder).iterdir() if path.suffix == suffix)

    def _read(self, name: str, limit: int) -> bytes | None:
        path = None if self._folder is None else self._folder / name
        return None if path is None or not path.is_file() else self._must_read(path, limit)

    @staticmethod
    def _must_read(path: Path, limit: int) -> bytes:
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise MalformedInput(f"{path.name} cannot be read") from error
        if len(data) > limit:
            raise MalformedInput(f"{path.name} is larger than any such file needs to be")
        return data
