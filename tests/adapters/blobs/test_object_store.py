"""Content in object storage: as on disk, sealed at every moment, written once, little in memory."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import obstore
import pytest

from adapters.blobs.bucket import Ability, connect, open_blobs, try_out
from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.blobs.location import Bucket
from adapters.blobs.object_store import HELD_IN_MEMORY, PART_SIZE, ObjectBlobStore
from adapters.blobs.sealed_stream import CHUNK_SIZE
from adapters.memory import MemoryKeyRing, SeededRandomness
from domain.errors import DigestMismatch, NotFound
from domain.values.content import Digest
from tests.adapters.blobs.reluctant_storage import reluctant
from tests.adapters.keys.rings import subject_key
from tests.environment.object_store import BUCKET, StorageServer

KEY = subject_key("object store")
CONTENT = b"a face, pixel by pixel"
LARGE = SeededRandomness("large object").token(PART_SIZE + CHUNK_SIZE)
LIMIT = 32 << 20


@pytest.fixture
def keys() -> MemoryKeyRing:
    """Return keys, one of them created."""
    ring = MemoryKeyRing(SeededRandomness("object store"))
    ring.create(KEY)
    return ring


def _open(bucket: Bucket, keys: MemoryKeyRing, staging: Path | None = None) -> ObjectBlobStore:
    store = open_blobs(bucket, keys, staging=staging)
    assert isinstance(store, ObjectBlobStore)
    return store


@pytest.mark.verifies("REQ-IN-544")
def test_objects_are_named_and_written_as_files_are(
    rclone_server: StorageServer, keys: MemoryKeyRing, tmp_path: Path
) -> None:
    bucket = rclone_server.fresh()
    for store in (_open(bucket, keys), FilesystemBlobStore(tmp_path, keys)):
        for content in (CONTENT, LARGE):
            store.put([content], key=KEY, expected=None, limit_bytes=LIMIT)
    objects = rclone_server.folder / "objects" / BUCKET / bucket.prefix
    assert _files(objects) == _files(tmp_path)
    assert len(_files(tmp_path)) == 2


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_a_bucket_can_do_is_seen_and_the_probe_removed(
    rclone_server: StorageServer, moto_server: StorageServer
) -> None:
    ability = Ability(refuses_to_overwrite=False, mode="create", ranges=False, versions=False)
    assert try_out(rclone_server.fresh()) == ability
    bucket = moto_server.fresh()
    assert try_out(bucket) == replace(ability, refuses_to_overwrite=True, ranges=True)
    assert not obstore.list(connect(bucket)).collect()


def test_a_bucket_that_keeps_versions_is_known_by_it(moto_server: StorageServer) -> None:
    bucket = replace(moto_server.fresh(), name="versioned-bucket")
    url = f"{bucket.endpoint}/{bucket.name}"
    httpx.put(url).raise_for_status()
    status = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    httpx.put(f"{url}?versioning", content=status).raise_for_status()
    assert try_out(bucket).versions


def test_storage_that_knows_no_conditions_is_written_to_without(
    rclone_server: StorageServer, keys: MemoryKeyRing
) -> None:
    with reluctant(rclone_server.bucket.endpoint) as endpoint:
        bucket = replace(rclone_server.fresh(), endpoint=endpoint)
        assert try_out(bucket).mode == "overwrite"
        store = _open(bucket, keys)
        blob = store.put([CONTENT], key=KEY, expected=None, limit_bytes=LIMIT)
        assert store.put([CONTENT], key=KEY, expected=None, limit_bytes=LIMIT) == blob
        assert store.find(blob.content, key=KEY) == blob


@pytest.mark.parametrize("content", [CONTENT, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("server", ["rclone_server", "moto_server"])
def test_writers_of_the_same_content_do_not_disturb_each_other(
    server: str, content: bytes, keys: MemoryKeyRing, request: pytest.FixtureRequest
) -> None:
    found: StorageServer = request.getfixturevalue(server)
    store = _open(found.fresh(), keys)

    def overtaken() -> Iterator[bytes]:
        yield content[:10]
        store.put([content], key=KEY, expected=None, limit_bytes=LIMIT)
        yield content[10:]

    slow = store.put(overtaken(), key=KEY, expected=Digest.of(content), limit_bytes=LIMIT)
    assert store.find(slow.content, key=KEY) == slow
    store.purge([slow.name])
    results: list[object] = []

    def put() -> None:
        results.append(store.put([content], key=KEY, expected=None, limit_bytes=LIMIT))

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [slow] * 4
    assert b"".join(store.read(slow.content, key=KEY)) == content


def test_what_appeared_meanwhile_and_is_something_else_is_not_written_over(
    moto_server: StorageServer, keys: MemoryKeyRing
) -> None:
    bucket = moto_server.fresh()
    store = _open(bucket, keys)
    name = store.put([CONTENT], key=KEY, expected=None, limit_bytes=LIMIT).name
    store.purge([name])
    path = f"{name.hex()[:2]}/{name.hex()[2:4]}/{name.hex()}"

    def overtaken() -> Iterator[bytes]:
        obstore.put(connect(bucket), path, b"something else")
        yield CONTENT

    with pytest.raises(DigestMismatch, match="damaged"):
        store.put(overtaken(), key=KEY, expected=Digest.of(CONTENT), limit_bytes=LIMIT)
    assert b"".join(store.stored(name)) == b"something else"


def test_parts_of_content_that_failed_are_given_up(
    moto_server: StorageServer, keys: MemoryKeyRing
) -> None:
    bucket = moto_server.fresh()
    store = _open(bucket, keys)

    def broken() -> Iterator[bytes]:
        yield LARGE
        yield LARGE
        raise FileNotFoundError("the sender's own trouble")

    with pytest.raises(FileNotFoundError, match="own trouble"):
        store.put(broken(), key=KEY, expected=Digest.of(LARGE), limit_bytes=LIMIT)
    with pytest.raises(DigestMismatch):
        store.put([LARGE, b"more"], key=KEY, expected=Digest.of(LARGE), limit_bytes=LIMIT)
    with pytest.raises(NotFound):
        store.find(Digest.of(LARGE), key=KEY)
    uploads = httpx.get(f"{bucket.endpoint}/{bucket.name}?uploads").raise_for_status()
    assert bucket.prefix not in uploads.text
    assert not obstore.list(connect(bucket)).collect()


@pytest.mark.verifies("REQ-IN-186", "REQ-IN-187")
def test_content_that_waits_for_its_name_is_never_on_disk_in_clear(
    rclone_server: StorageServer, keys: MemoryKeyRing, tmp_path: Path
) -> None:
    row = b"one row of an image, 32 bytes: !"
    looked = 0

    def content() -> Iterator[bytes]:
        nonlocal looked
        for _ in range(HELD_IN_MEMORY // CHUNK_SIZE + 2):
            yield row * (CHUNK_SIZE // len(row))
            for spooled in _unnamed_files(tmp_path):
                assert len(spooled) > HELD_IN_MEMORY
                assert row[:12] not in spooled
                looked += 1

    _open(rclone_server.fresh(), keys, tmp_path).put(
        content(), key=KEY, expected=None, limit_bytes=LIMIT
    )
    assert looked
    assert not list(tmp_path.iterdir())


def _unnamed_files(folder: Path) -> Iterator[bytes]:
    """Yield what is in the files of a folder that this process has open."""
    for link in Path("/proc/self/fd").iterdir():
        try:
            ours = str(link.readlink()).startswith(str(folder))
        except FileNotFoundError:  # closed meanwhile
            continue
        if ours:
            descriptor = int(link.name)
            yield os.pread(descriptor, os.fstat(descriptor).st_size, 0)


@pytest.mark.parametrize("announced", ["announced", "unannounced"])
def test_memory_does_not_grow_with_the_content(
    rclone_server: StorageServer, announced: str, tmp_path: Path
) -> None:
    bucket = rclone_server.fresh()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.adapters.blobs.large_content"),
            *(bucket.endpoint, bucket.prefix, str(bucket.credentials), str(tmp_path), announced),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    size_mb, grown_mb = map(float, done.stdout.split())
    assert size_mb == 112
    assert grown_mb < 72


def test_nothing_in_the_environment_turns_storage_elsewhere_or_leaves_requests_unsigned(
    rclone_server: StorageServer, keys: MemoryKeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = "http://127.0.0.1:9"
    for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, elsewhere)
    for name in ("AWS_SKIP_SIGNATURE", "AWS_UNSIGNED_PAYLOAD", "AWS_ALLOW_HTTP"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("AWS_BUCKET", "another-bucket")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    store = _open(rclone_server.fresh(), keys)
    blob = store.put([CONTENT], key=KEY, expected=None, limit_bytes=LIMIT)
    assert store.find(blob.content, key=KEY) == blob


def test_the_platforms_credentials_serve_where_no_file_is_named(
    rclone_server: StorageServer, keys: MemoryKeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = replace(rclone_server.fresh(), credentials=None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test-key-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret-of-no-value")
    blob = _open(bucket, keys).put([CONTENT], key=KEY, expected=None, limit_bytes=LIMIT)
    assert blob.content == Digest.of(CONTENT)
