"""Content as files: named as specified, sealed at every moment, swept after a crash."""

import hashlib
import hmac
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.blobs.filesystem import ABANDONED_AFTER_S, FilesystemBlobStore
from adapters.blobs.sealed_stream import CHUNK_SIZE
from adapters.memory import MemoryKeyRing, SeededRandomness
from domain.errors import DigestMismatch
from domain.values.content import Digest
from tests.adapters.keys.rings import subject_key

KEY = subject_key("filesystem")
CONTENT = b"a face, pixel by pixel"


@pytest.fixture
def keys() -> MemoryKeyRing:
    """Return keys, one of them created."""
    ring = MemoryKeyRing(SeededRandomness("filesystem"))
    ring.create(KEY)
    return ring


@pytest.fixture
def store(tmp_path: Path, keys: MemoryKeyRing) -> FilesystemBlobStore:
    """Return an empty store."""
    return FilesystemBlobStore(tmp_path, keys)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_files_are_named_as_specified(
    tmp_path: Path, keys: MemoryKeyRing, store: FilesystemBlobStore
) -> None:
    blob = store.put([CONTENT], key=KEY, expected=None, limit_bytes=100)
    # RFC 5869 by hand: no salt, so the first key is 32 zero bytes; one block of output.
    extracted = hmac.digest(bytes(32), keys._keys[KEY], "sha256")
    info = b"vultus/blob-name/v1" + hashlib.sha256(CONTENT).digest()
    assert blob.name == hmac.digest(extracted, info + b"\x01", "sha256")
    name = blob.name.hex()
    (file,) = _files(tmp_path)
    assert file == tmp_path / name[:2] / name[2:4] / name
    assert hashlib.sha256(file.read_bytes()).digest() == blob.stored_digest


def test_files_are_for_reading_by_their_owner_alone(
    tmp_path: Path, store: FilesystemBlobStore
) -> None:
    before = os.umask(0)
    try:
        store.put([CONTENT], key=KEY, expected=None, limit_bytes=100)
    finally:
        os.umask(before)
    (file,) = _files(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o400
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.verifies("REQ-IN-186", "REQ-IN-187")
@pytest.mark.parametrize("announced", [False, True])
def test_content_is_never_on_disk_in_clear(
    tmp_path: Path, store: FilesystemBlobStore, *, announced: bool
) -> None:
    row = b"one row of an image, 32 bytes: !"
    looked = 0

    def look() -> None:
        nonlocal looked
        for file in _files(tmp_path):
            assert row[:12] not in file.read_bytes()
            looked += 1

    def content() -> Iterator[bytes]:
        for _ in range(3):
            yield row * (CHUNK_SIZE // len(row))
            look()

    expected = Digest.of(row * (CHUNK_SIZE // len(row)) * 3) if announced else None
    store.put(content(), key=KEY, expected=expected, limit_bytes=3 * CHUNK_SIZE)
    look()
    assert looked >= 4


def test_only_the_named_file_remains(tmp_path: Path, store: FilesystemBlobStore) -> None:
    for expected in (None, Digest.of(CONTENT)):
        blob = store.put([CONTENT], key=KEY, expected=expected, limit_bytes=100)
        assert [file.name for file in _files(tmp_path)] == [blob.name.hex()]
    with pytest.raises(DigestMismatch):
        store.put([b"other"], key=KEY, expected=Digest.of(CONTENT), limit_bytes=100)
    assert len(_files(tmp_path)) == 1


def test_stores_in_one_folder_see_each_other(
    tmp_path: Path, keys: MemoryKeyRing, store: FilesystemBlobStore
) -> None:
    other = FilesystemBlobStore(tmp_path, keys)
    blob = store.put([CONTENT], key=KEY, expected=None, limit_bytes=100)
    assert other.put([CONTENT], key=KEY, expected=None, limit_bytes=100) == blob
    assert b"".join(other.read(blob.content, key=KEY)) == CONTENT
    assert other.purge([blob.name]) == 1
    assert store.put([CONTENT], key=KEY, expected=None, limit_bytes=100) == blob


def test_abandoned_files_are_swept_and_fresh_ones_are_not(
    tmp_path: Path, keys: MemoryKeyRing, store: FilesystemBlobStore
) -> None:
    blob = store.put([CONTENT], key=KEY, expected=None, limit_bytes=100)
    abandoned, fresh = tmp_path / "incoming" / "a.part", tmp_path / "incoming" / "b.part"
    for path, age_s in ((abandoned, ABANDONED_AFTER_S + 60), (fresh, ABANDONED_AFTER_S - 60)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age_s,) * 2)
    FilesystemBlobStore(tmp_path, keys)
    assert {file.name for file in _files(tmp_path)} == {blob.name.hex(), "b.part"}


def test_a_reader_that_stops_early_lets_go_of_the_file(store: FilesystemBlobStore) -> None:
    blob = store.put([bytes(CHUNK_SIZE + 1)], key=KEY, expected=None, limit_bytes=CHUNK_SIZE + 1)
    open_files = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
    before = len(list(open_files.iterdir()))
    readers = [store.read(blob.content, key=KEY), store.stored(blob.name)]
    for reader in readers:
        next(reader)
    del readers, reader
    never_begun = store.read(blob.content, key=KEY)
    assert len(list(open_files.iterdir())) == before
    del never_begun


def test_a_damaged_file_is_refused_and_not_repaired(
    tmp_path: Path, store: FilesystemBlobStore
) -> None:
    blob = store.put([CONTENT], key=KEY, expected=None, limit_bytes=100)
    (file,) = _files(tmp_path)
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    damaged = file.read_bytes()
    for expected in (None, blob.content):
        with pytest.raises(DigestMismatch, match="damaged"):
            store.put([CONTENT], key=KEY, expected=expected, limit_bytes=100)
    assert file.read_bytes() == damaged
    assert b"".join(store.stored(blob.name)) == damaged
