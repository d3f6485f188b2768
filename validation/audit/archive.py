"""Read a zip archive that somebody else made, perhaps with bad intent.

Rules kept here:

1. Nothing is unpacked to disk; a name is only ever compared, never used as a path.
2. Counts, sizes and places are checked against limits and against one another before any content
   is read, and no content is read beyond the size it declared.
3. Whatever a plain archive does not need is refused: zip64, encryption, comments, links, folders,
   overlapping files, two files of one name.
"""

import re
import stat
import struct
import zlib
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from domain.errors import MalformedInput
from domain.ledger.bundle import BLOBS_MAX, RECORDS_MAX

ARCHIVE_BYTES_MAX: Final = (1 << 32) - 1
CONTENT_BYTES_MAX: Final = 1 << 34
FILE_BYTES_MAX: Final = 1 << 31
SMALL_FILE_BYTES_MAX: Final = 1 << 26
FILES_MAX: Final = 3 * RECORDS_MAX + BLOBS_MAX + 500
DIRECTORY_BYTES_MAX: Final = FILES_MAX * 256

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_NAME_MAX: Final = 200
_ENCRYPTED: Final = 0x1
_LOCAL_HEADER_SIZE: Final = 30
_PIECE: Final = 1 << 20
_END: Final = struct.Struct("<4s4H2LH")  # end of central directory, without a comment
_END_SIGNATURE: Final = b"PK\x05\x06"
_UNREADABLE: Final = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


class Archive:
    """A zip archive whose directory was found sound; its contents are read when asked for."""

    def __init__(self, path: Path) -> None:
        """Open the archive and check its directory.

        Raises:
            MalformedInput: it is no zip archive, or one that no honest packer makes.
        """
        _check_end(path)
        try:
            self._zip = ZipFile(path)
        except _UNREADABLE as error:
            raise MalformedInput("the file is not a readable zip archive") from error
        try:
            self._files = _check_directory(self._zip.infolist())
        except MalformedInput:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def names(self) -> frozenset[str]:
        """Return the names of all files."""
        return frozenset(self._files)

    def size(self, name: str) -> int:
        """Return the declared size of a file in bytes."""
        return self._files[name].file_size

    def read(self, name: str) -> bytes:
        """Return the content of a small file.

        Raises:
            MalformedInput: there is no such file, or it is damaged or not small.
        """
        info = self._files.get(name)
        if info is None:
            raise MalformedInput(f"there is no file {name}")
        if info.file_size > SMALL_FILE_BYTES_MAX:
            raise MalformedInput(f"{name} is larger than any such file needs to be")
        try:
            return self._zip.read(info)
        except _UNREADABLE as error:
            raise MalformedInput(f"{name} is damaged") from error

    def digest(self, name: str) -> bytes:
        """Return the SHA-256 of a file's content, however large.

        Raises:
            MalformedInput: there is no such file, or it is damaged.
        """
        info = self._files.get(name)
        if info is None:
            raise MalformedInput(f"there is no file {name}")
        digest = sha256()
        try:
            with self._zip.open(info) as content:
                while piece := content.read(_PIECE):
                    digest.update(piece)
        except _UNREADABLE as error:
            raise MalformedInput(f"{name} is damaged") from error
        return digest.digest()


def _check_end(path: Path) -> None:
    """Check the end record before the library reads the directory that it announces."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(size - _END.size, 0))
            end = file.read(_END.size)
    except OSError as error:
        raise MalformedInput(f"the file cannot be read: {error.strerror}") from error
    if len(end) < _END.size or not end.startswith(_END_SIGNATURE):
        raise MalformedInput("the file is not a zip archive, or carries a comment or a tail")
    _, disk, start_disk, here, files, directory_size, _, comment_size = _END.unpack(end)
    if size > ARCHIVE_BYTES_MAX or disk or start_disk or here != files or comment_size:
        raise MalformedInput("the zip archive is larger than 4 GiB, in parts, or commented")
    if files > FILES_MAX or directory_size > DIRECTORY_BYTES_MAX:
        raise MalformedInput("the zip archive lists more files than any bundle has")


def _check_directory(infos: list[ZipInfo]) -> dict[str, ZipInfo]:
    """Check every line of the directory, and all lines against one another."""
    files: dict[str, ZipInfo] = {}
    end = total = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        _check_file(info)
        if info.filename in files:
            raise MalformedInput(f"the zip archive has two files named {info.filename}")
        if info.header_offset < end:
            raise MalformedInput("the zip archive has files that overlap")
        files[info.filename] = info
        end = info.header_offset + _LOCAL_HEADER_SIZE + len(info.filename) + info.compress_size
        total += info.file_size
    if len(files) > FILES_MAX or total > CONTENT_BYTES_MAX:
        raise MalformedInput("the zip archive unpacks to more than any bundle holds")
    return files


def _check_file(info: ZipInfo) -> None:
    name = info.orig_filename
    if name != info.filename or not _NAME.fullmatch(name) or len(name) > _NAME_MAX:
        raise MalformedInput("the zip archive has a file with a name that no bundle uses")
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise MalformedInput(f"{name} is not a plain file")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise MalformedInput(f"{name} is encrypted or packed in an unusual way")
    if info.file_size > FILE_BYTES_MAX:
        raise MalformedInput(f"{name} is larger than any content of a bundle")
