"""Private files: whole or absent, never replaced, closed to others."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.keys.durable_file import (
    create_private,
    destroy_private,
    disk_errors,
    make_folder,
    make_private_folder,
    read_private,
    write_all,
)
from domain.errors import MalformedInput, RuleViolation, Unavailable


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let new files be open to everybody unless somebody says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_new_file_is_read_back_and_leaves_nothing_else(tmp_path: Path) -> None:
    assert create_private(tmp_path / "file", b"content")
    assert read_private(tmp_path / "file") == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_that_exists_is_never_replaced(tmp_path: Path) -> None:
    create_private(tmp_path / "file", b"first")
    assert not create_private(tmp_path / "file", b"second")
    assert read_private(tmp_path / "file") == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert read_private(tmp_path / "file") is None


@pytest.mark.usefixtures("open_umask")
@pytest.mark.verifies("REQ-IN-217")
def test_files_and_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "folder")
    create_private(tmp_path / "folder" / "file", b"")
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "folder" / "file").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
@pytest.mark.verifies("REQ-IN-217")
def test_a_file_open_to_others_is_refused_with_the_next_step(tmp_path: Path, mode: int) -> None:
    create_private(tmp_path / "file", b"content")
    (tmp_path / "file").chmod(mode)
    with pytest.raises(RuleViolation, match="chmod 600") as refusal:
        read_private(tmp_path / "file")
    assert refusal.value.rule == "keys.private-file"


def test_a_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o755)
    with pytest.raises(RuleViolation, match="chmod 700"):
        make_private_folder(tmp_path / "folder")


def test_links_folders_and_large_files_are_not_read(tmp_path: Path) -> None:
    create_private(tmp_path / "file", b"content")
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(OSError, match="symbolic"):
        read_private(tmp_path / "link")
    with pytest.raises(MalformedInput):
        read_private(tmp_path)
    (tmp_path / "file").write_bytes(bytes((1 << 16) + 1))
    with pytest.raises(MalformedInput):
        read_private(tmp_path / "file")


def test_missing_folders_are_made_together(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_destroyed_file_is_overwritten_before_it_is_removed(tmp_path: Path) -> None:
    create_private(tmp_path / "file", b"secret")
    (tmp_path / "same blocks").hardlink_to(tmp_path / "file")
    destroy_private(tmp_path / "file")
    destroy_private(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["same blocks"]
    assert (tmp_path / "same blocks").read_bytes() == bytes(6)


def test_a_disk_that_takes_a_few_bytes_at_a_time_gets_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:3]))
    with (tmp_path / "file").open("wb") as file:
        write_all(file.fileno(), b"content of some length")
    assert (tmp_path / "file").read_bytes() == b"content of some length"


def test_only_the_disk_is_blamed_for_what_the_disk_did() -> None:
    with pytest.raises(Unavailable, match="writing failed: no room"), disk_errors("writing"):
        raise OSError(28, "no room")
    with pytest.raises(MalformedInput), disk_errors("writing"):
        raise MalformedInput("not the disk")
