"""Content copied to another place and back: the same, as far as it got, and only what is whole."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.blobs.bucket import open_blobs
from adapters.blobs.copying import Copied, Named, copy_contents, named_contents
from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.blobs.memory import MemoryBlobStore
from adapters.memory import MemoryKeyRing, SeededRandomness
from domain.errors import NotFound, Unavailable
from domain.ledger.export import StoredRecord
from tests.adapters.keys.rings import subject_key
from tests.domain.ledger.logs import LogMaker
from tests.environment.object_store import BUCKET, StorageServer

KEYS = [subject_key(f"copying {number}") for number in range(3)]
CHANCE = SeededRandomness("copying")


@pytest.fixture
def keys() -> MemoryKeyRing:
    """Return three data keys."""
    ring = MemoryKeyRing(CHANCE)
    for key in KEYS:
        ring.create(key)
    return ring


def _fill(store: FilesystemBlobStore | MemoryBlobStore) -> list[Named]:
    found = []
    for number in range(7):
        key = KEYS[number % 3]
        content = SeededRandomness(f"content {number}").token(1 << (10 + 2 * number))
        blob = store.put([content], key=key, expected=None, limit_bytes=1 << 24)
        found.append(Named(name=blob.name, stored_digest=blob.stored_digest, key=key))
    return found


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _copied(copied: int, already_there: int = 0, erased: int = 0) -> Copied:
    return Copied(copied=copied, already_there=already_there, erased=erased, missing=(), damaged=())


@pytest.mark.verifies("REQ-IN-544")
def test_content_comes_back_from_a_bucket_as_it_went(
    rclone_server: StorageServer, keys: MemoryKeyRing, tmp_path: Path
) -> None:
    here = FilesystemBlobStore(tmp_path / "here", keys)
    bucket = rclone_server.fresh()
    there = open_blobs(bucket, keys)
    back = FilesystemBlobStore(tmp_path / "back", keys)
    contents = _fill(here)
    steps: list[int] = []
    done = copy_contents(contents, here, there, destroyed=keys.destroyed, progress=steps.append)
    assert done == _copied(7)
    assert done.complete
    assert steps == [1, 2, 3, 4, 5, 6, 7]
    assert copy_contents(contents, there, back, destroyed=keys.destroyed) == _copied(7)
    objects = rclone_server.folder / "objects" / BUCKET / bucket.prefix
    assert _files(tmp_path / "here") == _files(objects) == _files(tmp_path / "back")


class _Failing:
    """A target whose storage fails after so many contents."""

    def __init__(self, store: MemoryBlobStore, left: int) -> None:
        self._store = store
        self._left = left

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield what is stored."""
        return self._store.stored(name)

    def keep(self, name: bytes, stored: Iterable[bytes], *, stored_digest: bytes) -> bool:
        """Store, or fail."""
        if not self._left:
            raise Unavailable("the storage is away")
        self._left -= 1
        return self._store.keep(name, stored, stored_digest=stored_digest)


def test_a_copy_that_was_interrupted_goes_on_where_it_was(keys: MemoryKeyRing) -> None:
    here, there = MemoryBlobStore(keys), MemoryBlobStore(keys)
    contents = _fill(here)
    with pytest.raises(Unavailable):
        copy_contents(contents, here, _Failing(there, 3), destroyed=keys.destroyed)
    assert copy_contents(contents, here, there, destroyed=keys.destroyed) == _copied(4, 3)
    assert there._stored == here._stored


def test_what_is_missing_or_damaged_is_told_and_the_rest_is_copied(keys: MemoryKeyRing) -> None:
    here, there = MemoryBlobStore(keys), MemoryBlobStore(keys)
    contents = _fill(here)
    missing, damaged, damaged_there = (each.name for each in contents[1:4])
    copy_contents(contents[3:4], here, there, destroyed=keys.destroyed)
    here.purge([missing])
    here._stored[damaged] = here._stored[damaged][:-1]
    there._stored[damaged_there] += b"?"
    done = copy_contents(contents, here, there, destroyed=keys.destroyed)
    assert not done.complete
    assert (done.copied, done.missing) == (4, (missing.hex(),))
    assert done.damaged == (damaged.hex(), damaged_there.hex())
    for name in (missing, damaged):
        with pytest.raises(NotFound):
            there.stored(name)


class _Log:
    """A log that gives few records at a time."""

    def __init__(self, records: list[StoredRecord]) -> None:
        self._records = records

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return records as stored."""
        return tuple(self._records[seq + 1 : seq + 1 + min(limit, 2)])


def test_every_content_that_the_record_names_is_named_once_with_its_key() -> None:
    log = LogMaker()
    stream = "capture-session-0198c0de-0000-7000-8000-000000000001"
    for blobs in ([], [b"left", b"right"], [b"left"], [], [b"depth"]):
        log.add(stream, blobs=blobs, key_id=KEYS[1])
    found = named_contents(_Log(log.records))
    assert [sha256(log.blobs[each.name]).digest() for each in found] == [
        each.stored_digest for each in found
    ]
    assert [log.blobs[each.name] for each in found] == [
        b"stored left",
        b"stored right",
        b"stored depth",
    ]
    assert {each.key for each in found} == {KEYS[1]}
    assert not named_contents(_Log([]))


def test_erased_content_is_not_looked_for(keys: MemoryKeyRing) -> None:
    here, there = MemoryBlobStore(keys), MemoryBlobStore(keys)
    contents = _fill(here)
    keys.destroy(KEYS[0])
    here.purge([each.name for each in contents if each.key == KEYS[0]])
    done = copy_contents(contents, here, there, destroyed=keys.destroyed)
    assert done == _copied(4, erased=3)
