"""A disk that is full, read-only or broken while keys are made, used or destroyed."""

import errno
import fcntl
from pathlib import Path

import pytest

from adapters.keys.master_key import load_master_key_file
from adapters.keys.signing import P256Signer
from domain.errors import ContentErased, NotFound, Unavailable
from tests.adapters.keys.rings import open_ring, subject_key
from tests.faults.failing_disk import Step, failing, watched
from tests.faults.test_blob_power_cut import check_order

ERRORS = (errno.ENOSPC, errno.EROFS, errno.EIO)
KEY = subject_key("disk")


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.__getitem__)
def test_a_key_that_could_not_be_made_can_be_made_later(tmp_path: Path, error: int) -> None:
    with open_ring(tmp_path) as ring:
        with watched() as disk:
            ring.create(subject_key("counted"))
        named = [step.call for step in disk.steps].index("link")
        for at in range(len(disk.steps)):
            key = subject_key(at)
            with watched(before=failing(at, error)), pytest.raises(Unavailable):
                ring.create(key)
            if at <= named:
                with pytest.raises(NotFound):
                    ring.derive(key, b"")
            ring.create(key)
            assert ring.derive(key, b"")


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.__getitem__)
def test_a_destruction_that_failed_is_finished_by_asking_again(tmp_path: Path, error: int) -> None:
    with open_ring(tmp_path) as ring:
        ring.create(subject_key("counted"))
        with watched() as disk:
            ring.destroy(subject_key("counted"))
        named = [step.call for step in disk.steps].index("link")
        for at in range(len(disk.steps)):
            key = subject_key(at)
            ring.create(key)
            ring.derive(key, b"")
            with watched(before=failing(at, error)), pytest.raises(Unavailable):
                ring.destroy(key)
            if at > named:  # the tombstone is there, so the key is refused at once
                with pytest.raises(ContentErased):
                    ring.derive(key, b"")
            ring.destroy(key)
            with pytest.raises(ContentErased):
                ring.create(key)
        assert ring.living() == ()


def test_a_key_ring_on_a_failing_disk_does_not_open_and_opens_later(tmp_path: Path) -> None:
    open_ring(tmp_path / "counted").close()
    at = 0
    while True:
        folder = tmp_path / str(at)
        folder.mkdir()
        (folder / "master.key").hardlink_to(tmp_path / "counted" / "master.key")
        with watched(before=failing(at, errno.EIO)) as disk:
            try:
                open_ring(folder).close()
            except Unavailable:
                pass
            else:
                break
        assert len(disk.steps) > at
        with open_ring(folder) as ring:
            ring.create(KEY)
        at += 1
    assert at > 20


def test_files_change_under_the_lock_that_all_processes_share(tmp_path: Path) -> None:
    with open_ring(tmp_path) as ring:
        tried: list[bool] = []

        def try_the_lock(_: int) -> None:
            if disk.steps[-1].call not in {"link", "unlink"}:
                return
            with (tmp_path / "keys" / "lock").open("a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    tried.append(True)
                else:
                    tried.append(False)

        with watched(before=try_the_lock) as disk:
            ring.create(KEY)
            ring.destroy(KEY)
        assert tried
        assert all(tried)


def test_a_key_that_another_process_made_is_durable_once_create_returns(tmp_path: Path) -> None:
    with open_ring(tmp_path) as first, open_ring(tmp_path) as second:
        first.create(KEY)
        with watched() as disk:
            second.create(KEY)
    assert Step("fsync", tmp_path / "keys" / "subject") in disk.steps


def test_keys_and_all_folders_above_them_are_durable_when_the_call_returns(tmp_path: Path) -> None:
    with watched() as disk:
        ring = open_ring(tmp_path / "installation")
        ring.create(KEY)
        master = tmp_path / "installation" / "master.key"
        signing = tmp_path / "station" / "device.key"
        P256Signer.create(signing, name="device", master=load_master_key_file(master))
        ring.close()
    folder = tmp_path / "installation" / "keys"
    for lasting in (
        master,
        signing,
        folder / "wrapping" / "1.key",
        folder / "subject" / f"{KEY.removeprefix('subject:')}.key",
    ):
        check_order(disk.steps, lasting=lasting)
