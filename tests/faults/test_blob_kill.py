"""A process that is killed while it stores or purges content, at every step in turn."""

import os
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.blobs.filesystem import ABANDONED_AFTER_S, FilesystemBlobStore
from domain.errors import NotFound
from domain.values.content import Digest
from tests.faults.killed import CONTENT, KEY, blob_keys

ROOT = Path(__file__).parents[2]


def killed(act: str, folder: Path) -> list[Path]:
    """Kill an act at every step and return the folders it left; the last attempt was let live."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed", act, str(folder)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return [folder / str(number) for number in range(int(done.stdout) + 1)]


def _is_stored(store: FilesystemBlobStore) -> bool:
    """Return whether the content is there; fail if it is there in part."""
    digest = Digest.of(CONTENT)
    try:
        blob = store.find(digest, key=KEY)
    except NotFound:
        return False
    assert b"".join(store.read(digest, key=KEY)) == CONTENT
    assert sha256(b"".join(store.stored(blob.name))).digest() == blob.stored_digest
    return True


def _age(folder: Path) -> int:
    """Let the unfinished files grow old and return how many there are."""
    unfinished = list((folder / "incoming").iterdir())
    for path in unfinished:
        os.utime(path, (time.time() - ABANDONED_AFTER_S - 60,) * 2)
    return len(unfinished)


@pytest.mark.parametrize("act", ["put_announced", "put_unannounced"])
def test_content_is_whole_or_absent_wherever_the_writer_was_killed(
    tmp_path: Path, act: str
) -> None:
    folders = killed(act, tmp_path)
    assert len(folders) > 20
    stored, unfinished = [], 0
    for folder in folders:
        stored.append(_is_stored(FilesystemBlobStore(folder, blob_keys())))
        unfinished += _age(folder)
        store = FilesystemBlobStore(folder, blob_keys())
        assert _age(folder) == 0, "an abandoned file was not swept"
        again = store.put([CONTENT], key=KEY, expected=None, limit_bytes=len(CONTENT))
        assert _is_stored(store)
        assert len([path for path in folder.rglob("*") if path.is_file()]) == 1
        assert store.purge([again.name]) == 1
    # Absent until it was named, and there from then on: no step makes it come and go.
    assert stored == sorted(stored)
    assert not stored[0]
    assert stored[-1]
    assert unfinished


def test_content_is_whole_or_gone_wherever_the_purge_was_killed(tmp_path: Path) -> None:
    folders = killed("purge", tmp_path)
    stored = [_is_stored(FilesystemBlobStore(folder, blob_keys())) for folder in folders]
    assert stored == sorted(stored, reverse=True)
    assert {False, True} == set(stored)
