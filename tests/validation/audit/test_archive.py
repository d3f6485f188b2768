"""Hostile archives: refused before any of their content is read."""

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from domain.errors import MalformedInput
from tests.validation.audit.packing import write_zip
from validation.audit import archive as subject
from validation.audit.archive import Archive

CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    """Return a small archive without a fault."""
    return write_zip(tmp_path / "a.zip", {"manifest.json": b"{}", "entries/0.entry": b"x" * 1000})


def patched(path: Path, marker: bytes, offset: int, value: bytes, *, nth: int = 0) -> Path:
    """Overwrite bytes at an offset from the n-th marker."""
    data = bytearray(path.read_bytes())
    at = -1
    for _ in range(nth + 1):
        at = data.index(marker, at + 1)
    data[at + offset : at + offset + len(value)] = value
    path.write_bytes(data)
    return path


def with_entry(path: Path, info: zipfile.ZipInfo, content: bytes = b"x") -> Path:
    """Write an archive of one file described by hand."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, content)
    return path


def test_an_honest_archive_is_read(honest: Path) -> None:
    with Archive(honest) as archive:
        assert archive.names() == {"manifest.json", "entries/0.entry"}
        assert archive.read("manifest.json") == b"{}"
        assert archive.size("entries/0.entry") == 1000
        assert len(archive.digest("entries/0.entry")) == 32


def test_a_file_that_is_not_there_is_refused(honest: Path) -> None:
    with Archive(honest) as archive:
        for read in (archive.read, archive.digest):
            with pytest.raises(MalformedInput, match="there is no file x"):
                read("x")


@pytest.mark.parametrize("content", [b"", b"not a zip archive at all, but long enough for one"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(MalformedInput, match="not a zip archive"):
        Archive(path)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput, match="cannot be read"):
        Archive(tmp_path / "nothing.zip")


@pytest.mark.parametrize(
    "name",
    [
        "../escape",
        "entries/../../escape",
        "/absolute",
        "back\\slash",
        ".hidden",
        "folder/",
        "sp ace",
        "né",
        "a//b",
        "x" * 201,
    ],
)
def test_a_name_that_no_bundle_uses_is_refused(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", {name: b""})
    with pytest.raises(MalformedInput, match="a name that no bundle uses"):
        Archive(path)


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"abc": b""})
    data = path.read_bytes().replace(b"abc", b"a\0c")
    path.write_bytes(data)
    with pytest.raises(MalformedInput, match="a name that no bundle uses"):
        Archive(path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one", b"1")
        archive.writestr("two", b"2")
    path.write_bytes(path.read_bytes().replace(b"two", b"one"))
    with pytest.raises(MalformedInput, match="two files named one"):
        Archive(path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(MalformedInput, match="not a plain file"):
        Archive(with_entry(tmp_path / "a.zip", info, b"/etc/passwd"))


def test_an_unusual_packing_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a")
    info.compress_type = zipfile.ZIP_BZIP2
    with pytest.raises(MalformedInput, match="unusual way"):
        Archive(with_entry(tmp_path / "a.zip", info))


def test_an_encrypted_file_is_refused(honest: Path) -> None:
    with pytest.raises(MalformedInput, match="encrypted"):
        Archive(patched(honest, CENTRAL, 8, b"\x01"))


def test_files_that_overlap_are_refused(honest: Path) -> None:
    with pytest.raises(MalformedInput, match="overlap"):
        Archive(patched(honest, CENTRAL, 42, struct.pack("<L", 1), nth=1))


def test_a_declared_size_beyond_any_content_is_refused(honest: Path) -> None:
    with pytest.raises(MalformedInput, match="larger than any content"):
        Archive(patched(honest, CENTRAL, 24, struct.pack("<L", (1 << 31) + 1)))


def test_an_archive_that_unpacks_to_more_than_any_bundle_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_zip(tmp_path / "a.zip", {"a": bytes(600), "b": bytes(600)})
    monkeypatch.setattr(subject, "CONTENT_BYTES_MAX", 1000)
    with pytest.raises(MalformedInput, match="unpacks to more"):
        Archive(path)


def test_a_bomb_is_not_unpacked_beyond_what_it_declares(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a": bytes(10_000_000)})
    for marker, offset in ((CENTRAL, 24), (b"PK\x03\x04", 22)):
        patched(path, marker, offset, struct.pack("<L", 10))
    with Archive(path) as archive:
        assert archive.size("a") == 10
        for read in (archive.read, archive.digest):
            with pytest.raises(MalformedInput, match="a is damaged"):
                read("a")


def test_a_large_file_is_not_read_where_a_small_one_belongs(
    honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "SMALL_FILE_BYTES_MAX", 999)
    with (
        Archive(honest) as archive,
        pytest.raises(MalformedInput, match="larger than any such file"),
    ):
        archive.read("entries/0.entry")


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (8, struct.pack("<HH", 65000, 65001), "in parts"),
        (4, b"\x01", "in parts"),
        (20, b"\x01", "commented"),
        (8, struct.pack("<HH", 0xFFFF, 0xFFFF), "more files"),
        (12, struct.pack("<L", 0xFFFFFFFF), "more files"),
        (12, struct.pack("<L", 7), "not a readable"),
    ],
)
def test_an_end_record_that_announces_nonsense_is_refused(
    honest: Path, offset: int, value: bytes, reason: str
) -> None:
    with pytest.raises(MalformedInput, match=reason):
        Archive(patched(honest, END, offset, value))


def test_a_tail_after_the_archive_is_refused(honest: Path) -> None:
    honest.write_bytes(honest.read_bytes() + b"tail")
    with pytest.raises(MalformedInput, match="carries a comment or a tail"):
        Archive(honest)


def test_a_damaged_file_is_named(honest: Path) -> None:
    data = bytearray(honest.read_bytes())
    at = data.index(b"entries/0.entry") + len(b"entries/0.entry")
    data[at] ^= 0xFF
    honest.write_bytes(data)
    with Archive(honest) as archive:
        for read in (archive.read, archive.digest):
            with pytest.raises(MalformedInput, match=r"entries/0\.entry is damaged"):
                read("entries/0.entry")
