"""A power cut while content is stored: what counts is the order of syncing, so that is checked.

What was not synced may be lost or kept, in any combination: a name may survive its content, a
folder's entry may be lost although the file was synced.
"""

from pathlib import Path

import pytest

from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.keys.master_key import create_master_key_file
from domain.values.content import Digest
from tests.faults.failing_disk import Step, watched
from tests.faults.killed import CONTENT, KEY, blob_keys


def check_order(steps: list[Step], *, lasting: Path) -> None:
    """Check that no named file lacks content, and that at the end every lasting name is durable."""
    unsynced_content: set[Path] = set()
    unsynced_names: set[Path] = set()
    for step in steps:
        if step.call == "write":
            unsynced_content.add(step.path)
        elif step.call == "fsync":
            unsynced_content.discard(step.path)
            unsynced_names -= {name for name in unsynced_names if name.parent == step.path}
        elif step.call == "link":
            assert step.other not in unsynced_content, "the name might survive its content"
            unsynced_names.add(step.path)
        elif step.call == "mkdir":
            unsynced_names.add(step.path)
    assert not [name for name in unsynced_names if name == lasting or name in lasting.parents]
    assert any(step.call == "link" and step.path == lasting for step in steps)


@pytest.mark.parametrize("announced", [False, True])
def test_content_and_all_folders_above_it_are_durable_when_the_call_returns(
    tmp_path: Path, *, announced: bool
) -> None:
    with watched() as disk:
        store = FilesystemBlobStore(tmp_path / "blobs", blob_keys())
        expected = Digest.of(CONTENT) if announced else None
        blob = store.put([CONTENT], key=KEY, expected=expected, limit_bytes=len(CONTENT))
    name = blob.name.hex()
    lasting = tmp_path / "blobs" / name[:2] / name[2:4] / name
    assert lasting.is_file()
    check_order(disk.steps, lasting=lasting)


def test_content_that_another_writer_named_is_durable_too(tmp_path: Path) -> None:
    first = FilesystemBlobStore(tmp_path, blob_keys())
    name = first.put([CONTENT], key=KEY, expected=None, limit_bytes=len(CONTENT)).name.hex()
    second = FilesystemBlobStore(tmp_path, blob_keys())
    with watched() as disk:
        second.put([CONTENT], key=KEY, expected=None, limit_bytes=len(CONTENT))
    synced = {step.path for step in disk.steps if step.call == "fsync"}
    assert {tmp_path, tmp_path / name[:2], tmp_path / name[:2] / name[2:4]} <= synced


def test_a_purged_name_is_durably_gone_when_the_call_returns(tmp_path: Path) -> None:
    store = FilesystemBlobStore(tmp_path, blob_keys())
    blob = store.put([CONTENT], key=KEY, expected=None, limit_bytes=len(CONTENT))
    with watched() as disk:
        store.purge([blob.name])
    name = blob.name.hex()
    folder = tmp_path / name[:2] / name[2:4]
    assert [(step.call, step.path) for step in disk.steps] == [
        ("unlink", folder / name),
        ("open", folder),
        ("fsync", folder),
    ]


def test_the_check_itself_finds_a_missing_sync(tmp_path: Path) -> None:
    with watched() as disk:
        create_master_key_file(tmp_path / "folder" / "master.key")
    lasting = tmp_path / "folder" / "master.key"
    check_order(disk.steps, lasting=lasting)
    for left_out in (at for at, step in enumerate(disk.steps) if step.call == "fsync"):
        with pytest.raises(AssertionError):
            check_order(disk.steps[:left_out] + disk.steps[left_out + 1 :], lasting=lasting)
