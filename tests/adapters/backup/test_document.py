"""A document says when it was changed, and a file appears whole."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.backup.document import Fields, appearing, read_document, write_document
from domain.errors import DigestMismatch, NotFound, Unavailable
from domain.values.content import Digest
from tests.faults.failing_disk import failing, watched

FIELDS: Fields = {"format": "test", "size": 7, "list": ["ä", None, True]}


def test_a_document_comes_back_as_it_was_written(tmp_path: Path) -> None:
    digest = write_document(tmp_path / "a.json", FIELDS)
    assert read_document(tmp_path / "a.json") == (FIELDS, digest)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(NotFound):
        read_document(tmp_path / "b.json")


@given(place=st.integers(0, 10_000), bit=st.integers(0, 8))
def test_a_changed_document_is_named(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("document") / "a.json"
    write_document(path, FIELDS)
    content = bytearray(path.read_bytes())
    if bit == 8:
        del content[place % len(content) :]
    else:
        content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises(DigestMismatch, match=r"a\.json"):
        read_document(path)


def test_a_document_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for body in (b"[1]", b"{"):
        path.write_bytes(body + f"\n{Digest.of(body)}\n".encode())
        with pytest.raises(DigestMismatch, match="not a document"):
            read_document(path)


def test_a_disk_that_fails_leaves_nothing(tmp_path: Path) -> None:
    for step in range(3):
        with pytest.raises(Unavailable), watched(before=failing(step, errno.ENOSPC)):
            write_document(tmp_path / "a.json", FIELDS)
        assert step == 2 or not (tmp_path / "a.json").exists()
    assert not list(tmp_path.glob("*.part"))


def test_what_is_left_half_way_never_appears(tmp_path: Path) -> None:
    def write_half() -> None:
        with appearing(tmp_path / "a") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert not list(tmp_path.iterdir())
