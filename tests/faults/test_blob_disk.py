"""A disk that is full, read-only or broken while content is stored, read or purged."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.blobs.filesystem import FilesystemBlobStore
from domain.errors import NotFound, Unavailable
from domain.values.content import Digest
from tests.faults.failing_disk import Step, failing, watched
from tests.faults.killed import CONTENT, KEY, blob_keys

ERRORS = (errno.ENOSPC, errno.EROFS, errno.EIO)
DIGEST = Digest.of(CONTENT)


def _put(store: FilesystemBlobStore, expected: Digest | None) -> bytes:
    return store.put([CONTENT], key=KEY, expected=expected, limit_bytes=len(CONTENT)).name


def _steps_of_put(folder: Path, expected: Digest | None) -> list[Step]:
    store = FilesystemBlobStore(folder, blob_keys())
    with watched() as disk:
        _put(store, expected)
    return disk.steps


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.__getitem__)
@pytest.mark.parametrize("announced", [False, True])
def test_a_disk_that_fails_at_any_step_keeps_nothing(
    tmp_path: Path, error: int, *, announced: bool
) -> None:
    expected = DIGEST if announced else None
    steps = _steps_of_put(tmp_path / "counted", expected)
    calls = [step.call for step in steps]
    assert {"open", "write", "fsync", "link", "unlink", "mkdir"} == set(calls)
    named = calls.index("link")
    for at in range(len(calls)):
        folder = tmp_path / str(at)
        store = FilesystemBlobStore(folder, blob_keys())
        with watched(before=failing(at, error)), pytest.raises(Unavailable):
            _put(store, expected)
        files = [path for path in folder.rglob("*") if path.is_file()]
        if at <= named:
            with pytest.raises(NotFound):
                store.find(DIGEST, key=KEY)
            # Where even removing the unfinished file fails, the sweep removes it later.
            assert len(files) == (1 if calls[at] == "unlink" else 0)
        else:  # it has its name, which is never taken back: it is whole, and may be put again
            assert store.find(DIGEST, key=KEY).content == DIGEST
        _put(store, expected)
        assert b"".join(store.read(DIGEST, key=KEY)) == CONTENT


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.__getitem__)
def test_a_purge_on_a_failing_disk_can_be_repeated(tmp_path: Path, error: int) -> None:
    store = FilesystemBlobStore(tmp_path, blob_keys())
    name = _put(store, None)
    for at in range(2):
        with watched(before=failing(at, error)), pytest.raises(Unavailable):
            store.purge([name])
    with watched() as disk:
        assert store.purge([name]) == 0
    assert disk.steps[-1].call == "fsync"  # what the failed purge removed is durable now


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.__getitem__)
def test_a_store_on_a_failing_disk_does_not_open(tmp_path: Path, error: int) -> None:
    with watched() as disk:
        FilesystemBlobStore(tmp_path / "counted", blob_keys())
    for at in range(len(disk.steps)):
        with watched(before=failing(at, error)), pytest.raises(Unavailable):
            FilesystemBlobStore(tmp_path / str(at), blob_keys())
        FilesystemBlobStore(tmp_path / str(at), blob_keys())


def test_a_disk_that_cannot_be_read_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FilesystemBlobStore(tmp_path, blob_keys())
    name = _put(store, None)

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "open", broken)
    for call in (
        lambda: store.find(DIGEST, key=KEY),
        lambda: store.read(DIGEST, key=KEY),
        lambda: store.stored(name),
    ):
        with pytest.raises(Unavailable, match="reading content failed"):
            call()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 2 MiB of its own, where this machine lets us mount one."""
    with suppress(FileNotFoundError):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)],  # noqa: S607 - the system's
            check=False,
            capture_output=True,
        )
        if done.returncode == 0:
            yield tmp_path
            subprocess.run(["umount", str(tmp_path)], check=True)  # noqa: S607 - the same
            return
    pytest.skip("mounting takes rights that this user lacks")


def test_a_full_disk_keeps_nothing_and_takes_content_again_once_there_is_room(
    small_disk: Path,
) -> None:
    store = FilesystemBlobStore(small_disk, blob_keys())
    (small_disk / "filler").write_bytes(bytes(1 << 20))
    used = os.statvfs(small_disk).f_bfree
    for expected in (None, DIGEST):
        with pytest.raises(Unavailable, match="No space left"):
            _put(store, expected)
        with pytest.raises(NotFound):
            store.find(DIGEST, key=KEY)
        assert os.statvfs(small_disk).f_bfree == used
    (small_disk / "filler").unlink()
    _put(store, DIGEST)
    assert b"".join(store.read(DIGEST, key=KEY)) == CONTENT


def test_a_read_only_disk_is_read_and_takes_nothing(small_disk: Path) -> None:
    store = FilesystemBlobStore(small_disk, blob_keys())
    name = _put(store, DIGEST)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: S607 - the system's
    with pytest.raises(Unavailable, match="Read-only"):
        _put(store, None)
    with pytest.raises(Unavailable, match="Read-only"):
        store.purge([name])
    assert b"".join(store.read(DIGEST, key=KEY)) == CONTENT
