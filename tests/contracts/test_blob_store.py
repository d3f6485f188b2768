"""What every blob store promises, in memory, on disk or in S3-compatible storage."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.blobs.bucket import connect, open_blobs
from adapters.blobs.copying import Copyable
from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.blobs.location import Bucket
from adapters.blobs.memory import MemoryBlobStore
from adapters.blobs.object_store import PART_SIZE, WINDOW_SIZE
from adapters.blobs.sealed_stream import CHUNK_SIZE
from adapters.memory import MemoryKeyRing, SeededRandomness
from domain.errors import ContentErased, DigestMismatch, MalformedInput, NotFound, Unavailable
from domain.events.record import StoredBlob
from domain.ports import BlobStore, KeyRing
from domain.values.content import Digest
from tests.adapters.keys.rings import subject_key
from tests.environment.object_store import StorageServer

KEY = subject_key("blob store")
LIMIT = 3 * CHUNK_SIZE
LARGE = SeededRandomness("large").token(2 * CHUNK_SIZE + 4321)


class Store(BlobStore, Copyable, Protocol):
    """What every adapter is: the port, and what moves content between stores."""


class Told:
    """Is told of content before it is stored, and may refuse it."""

    def __init__(self) -> None:
        """Refuse nothing."""
        self.noted: list[tuple[str, bytes]] = []
        self.renewed: list[bytes] = []
        self.before: Callable[[bytes], None] = lambda _: None

    def note(self, key: str, name: bytes) -> None:
        """Note content."""
        self.before(name)
        self.noted.append((key, name))

    def renew(self, name: bytes) -> None:
        """Renew what was noted."""
        self.renewed.append(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A store under test, its keys, who is told of content, and a way to damage what it holds."""

    store: Store
    keys: KeyRing
    told: Told
    damage: Callable[[bytes, Callable[[bytes], bytes]], None]

    def put(self, content: bytes, *, key: str = KEY) -> bytes:
        """Store content and return its name."""
        return self.store.put([content], key=key, expected=None, limit_bytes=LIMIT).name

    def read(self, content: bytes, *, key: str = KEY) -> bytes:
        """Read content back."""
        return b"".join(self.store.read(Digest.of(content), key=key))


@pytest.fixture(params=["memory", "filesystem", "rclone", "moto"], scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return a store that the tests of this module share; each stores content of its own."""
    keys = MemoryKeyRing(SeededRandomness("blob store"))
    keys.create(KEY)
    match request.param:
        case "memory":
            return _in_memory(keys)
        case "filesystem":
            return _in_folder(keys, tmp_path_factory.mktemp("blobs"))
        case server:
            found: StorageServer = request.getfixturevalue(f"{server}_server")
            return _in_bucket(keys, found.fresh())


def _in_memory(keys: KeyRing) -> Bench:
    told = Told()
    store = MemoryBlobStore(keys, arrivals=told)

    def damage(name: bytes, change: Callable[[bytes], bytes]) -> None:
        store._stored[name] = change(store._stored[name])

    return Bench(store=store, keys=keys, told=told, damage=damage)


def _in_folder(keys: KeyRing, folder: Path) -> Bench:
    def damage(name: bytes, change: Callable[[bytes], bytes]) -> None:
        path = next(folder.rglob(name.hex()))
        content = change(path.read_bytes())
        path.unlink()
        path.write_bytes(content)

    told = Told()
    store = FilesystemBlobStore(folder, keys, arrivals=told)
    return Bench(store=store, keys=keys, told=told, damage=damage)


def _in_bucket(keys: KeyRing, bucket: Bucket) -> Bench:
    other = connect(bucket)

    def damage(name: bytes, change: Callable[[bytes], bytes]) -> None:
        text = name.hex()
        path = f"{text[:2]}/{text[2:4]}/{text}"
        obstore.put(other, path, change(bytes(obstore.get(other, path).bytes())))

    told = Told()
    store = open_blobs(bucket, keys, arrivals=told)
    return Bench(store=store, keys=keys, told=told, damage=damage)


def _pieces(content: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    return (content[start:end] for start, end in pairwise(edges))


@settings(max_examples=40, deadline=None)
@given(
    content=st.binary(min_size=1, max_size=5000),
    cuts=st.lists(st.integers(0, 5000), max_size=6),
    announced=st.booleans(),
)
def test_content_is_read_back_however_it_was_cut(
    bench: Bench, content: bytes, cuts: list[int], *, announced: bool
) -> None:
    digest = Digest.of(content)
    put = bench.store.put(
        _pieces(content, cuts),
        key=KEY,
        expected=digest if announced else None,
        limit_bytes=len(content),
    )
    assert (put.content, put.size_bytes) == (digest, len(content))
    assert bench.read(content) == content
    assert bench.store.find(digest, key=KEY) == put
    assert sha256(b"".join(bench.store.stored(put.name))).digest() == put.stored_digest


def test_content_of_many_chunks_is_read_back_in_pieces(bench: Bench) -> None:
    for content in (LARGE, LARGE[:CHUNK_SIZE], LARGE[: CHUNK_SIZE + 1], LARGE[: 2 * CHUNK_SIZE]):
        name = bench.put(content)
        pieces = list(bench.store.read(Digest.of(content), key=KEY))
        assert b"".join(pieces) == content
        assert len(pieces) == -(-len(content) // CHUNK_SIZE)
        bench.store.purge([name])


def test_the_same_content_is_stored_once_per_key(bench: Bench) -> None:
    other = subject_key("other")
    bench.keys.create(other)
    blobs = [
        bench.store.put([b"same"], key=key, expected=expected, limit_bytes=4)
        for key in (KEY, other)
        for expected in (None, Digest.of(b"same"))
    ]
    assert blobs[0] == blobs[1] != blobs[2] == blobs[3]
    assert blobs[0].stored_digest != blobs[2].stored_digest
    assert bench.store.purge([blobs[0].name, blobs[2].name]) == 2


def test_content_that_is_not_what_was_announced_is_not_kept(bench: Bench) -> None:
    announced = Digest.of(b"announced")
    with pytest.raises(DigestMismatch):
        bench.store.put([b"something else"], key=KEY, expected=announced, limit_bytes=100)
    for digest in (announced, Digest.of(b"something else")):
        with pytest.raises(NotFound):
            bench.store.find(digest, key=KEY)


def test_announcing_stored_content_is_not_enough_to_have_it(bench: Bench) -> None:
    bench.put(b"stored already")
    with pytest.raises(DigestMismatch):
        bench.store.put([b"bluff"], key=KEY, expected=Digest.of(b"stored already"), limit_bytes=100)
    assert bench.read(b"stored already") == b"stored already"


@pytest.mark.parametrize("announced", [False, True])
def test_content_beyond_its_limit_is_refused_as_it_comes_in(
    bench: Bench, *, announced: bool
) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"12345678"

    expected = Digest.of(b"12345678" * 4) if announced else None
    with pytest.raises(MalformedInput):
        bench.store.put(endless(), key=KEY, expected=expected, limit_bytes=31)
    assert taken == 4
    with pytest.raises(NotFound):
        bench.store.find(Digest.of(b"12345678" * 4), key=KEY)


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]])
def test_empty_content_is_refused(bench: Bench, pieces: list[bytes]) -> None:
    for expected in (None, Digest.of(b"")):
        with pytest.raises(MalformedInput):
            bench.store.put(pieces, key=KEY, expected=expected, limit_bytes=10)
    with pytest.raises(NotFound):
        bench.store.find(Digest.of(b""), key=KEY)


def test_what_is_not_stored_is_not_found_by_the_call_itself(bench: Bench) -> None:
    for call in (
        lambda: bench.store.find(Digest.of(b"never"), key=KEY),
        lambda: bench.store.read(Digest.of(b"never"), key=KEY),
        lambda: bench.store.stored(bytes(32)),
        lambda: bench.store.find(Digest.of(b"never"), key=subject_key("no such key")),
    ):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(NotFound):
        bench.put(b"content", key=subject_key("no such key"))


def test_a_name_of_another_size_is_refused(bench: Bench) -> None:
    with pytest.raises(MalformedInput):
        bench.store.stored(b"../../etc")
    with pytest.raises(MalformedInput):
        bench.store.purge([b""])


def test_purged_content_is_gone_and_purging_again_is_harmless(bench: Bench) -> None:
    name, kept = bench.put(b"to be purged"), bench.put(b"to be kept")
    assert bench.store.purge([name, bytes(32)]) == 1
    assert bench.store.purge([name]) == 0
    assert bench.store.purge([]) == 0
    with pytest.raises(NotFound):
        bench.store.read(Digest.of(b"to be purged"), key=KEY)
    with pytest.raises(NotFound):
        bench.store.stored(name)
    assert bench.store.purge([kept]) == 1


@pytest.mark.verifies("DRV-10")
@pytest.mark.parametrize("announced", [False, True])
def test_content_is_told_of_before_it_is_stored_and_again_when_it_is_looked_for(
    bench: Bench, *, announced: bool
) -> None:
    digest = Digest.of(b"told of")
    stored_by_then: list[bool] = []

    def look(name: bytes) -> None:
        try:
            bench.store.stored(name)
        except NotFound:
            stored_by_then.append(False)
        else:
            stored_by_then.append(True)

    def put() -> bytes:
        expected = digest if announced else None
        return bench.store.put([b"told of"], key=KEY, expected=expected, limit_bytes=10).name

    bench.told.before = look
    try:
        name = put()
        assert put() == name  # also what is there already: it may be about to be named
    finally:
        bench.told.before = lambda _: None
    assert stored_by_then == [False, True]
    assert bench.told.noted[-2:] == [(KEY, name), (KEY, name)]
    bench.store.find(digest, key=KEY)
    assert bench.told.renewed[-1] == name
    bench.store.purge([name])


@pytest.mark.parametrize("announced", [False, True])
def test_content_that_cannot_be_told_of_is_not_stored(bench: Bench, *, announced: bool) -> None:
    names: list[bytes] = []

    def refuse(name: bytes) -> None:
        names.append(name)
        raise Unavailable("nobody can be told")

    bench.told.before = refuse
    expected = Digest.of(b"untold") if announced else None
    try:
        with pytest.raises(Unavailable):
            bench.store.put([b"untold"], key=KEY, expected=expected, limit_bytes=10)
    finally:
        bench.told.before = lambda _: None
    with pytest.raises(NotFound):
        bench.store.stored(names[0])


@pytest.mark.verifies("DRV-10")
def test_content_of_a_destroyed_key_can_be_read_by_nobody(bench: Bench) -> None:
    key = subject_key("erased")
    bench.keys.create(key)
    digest = Digest.of(LARGE)
    name = bench.put(LARGE, key=key)
    under_way = bench.store.read(digest, key=key)
    assert next(under_way) == LARGE[:CHUNK_SIZE]
    bench.keys.destroy(key)
    with pytest.raises(ContentErased):
        next(under_way)
    for call in (
        lambda: bench.store.find(digest, key=key),
        lambda: bench.store.read(digest, key=key),
        lambda: bench.put(LARGE, key=key),
    ):
        with pytest.raises(ContentErased):
            call()
    assert bench.store.purge([name]) == 1


@pytest.mark.verifies("DRV-10")
@pytest.mark.parametrize("announced", [False, True])
def test_content_whose_key_is_destroyed_while_it_comes_in_is_not_kept(
    bench: Bench, *, announced: bool
) -> None:
    key = subject_key(("late", announced, id(bench)))
    bench.keys.create(key)
    name = bench.put(b"first and last", key=key)
    bench.store.purge([name])

    def content() -> Iterator[bytes]:
        yield b"first and "
        bench.keys.destroy(key)
        yield b"last"

    expected = Digest.of(b"first and last") if announced else None
    with pytest.raises(ContentErased):
        bench.store.put(content(), key=key, expected=expected, limit_bytes=100)
    with pytest.raises(NotFound):
        bench.store.stored(name)


def test_content_for_a_destroyed_key_is_not_even_taken_in(bench: Bench) -> None:
    key = subject_key(("refused", id(bench)))
    bench.keys.destroy(key)
    content = iter([b"content"])
    with pytest.raises(ContentErased):
        bench.store.put(content, key=key, expected=None, limit_bytes=100)
    assert list(content) == [b"content"]


@settings(max_examples=40, deadline=None)
@given(bit=st.integers(0, 8 * 400 - 1))
def test_any_changed_bit_of_stored_bytes_is_found(bench: Bench, bit: int) -> None:
    content = bytes(range(200))
    name = bench.put(content)
    position = bit // 8 % len(b"".join(bench.store.stored(name)))

    def flip(stored: bytes) -> bytes:
        changed = bytearray(stored)
        changed[position] ^= 1 << bit % 8
        return bytes(changed)

    bench.damage(name, flip)
    try:
        with pytest.raises(DigestMismatch):
            bench.store.find(Digest.of(content), key=KEY)
        with pytest.raises(DigestMismatch):
            bench.read(content)
        with pytest.raises(DigestMismatch):
            bench.put(content)  # it exists, but is not what was stored, and stays so
        with pytest.raises(DigestMismatch):
            bench.read(content)
    finally:
        bench.store.purge([name])


def test_missing_doubled_and_swapped_chunks_of_stored_bytes_are_found(bench: Bench) -> None:
    name = bench.put(LARGE)
    whole = b"".join(bench.store.stored(name))
    header, sealed = len(whole) - len(LARGE) - 3 * 16, CHUNK_SIZE + 16
    first = slice(header, header + sealed)
    second = slice(header + sealed, header + 2 * sealed)
    changes: list[Callable[[bytes], bytes]] = [
        lambda stored: stored[: second.stop],
        lambda stored: stored[: first.stop] + stored[second.stop :],
        lambda stored: stored[: second.stop] + stored[second] + stored[second.stop :],
        lambda stored: stored[:header] + stored[second] + stored[first] + stored[second.stop :],
        lambda stored: stored + stored[-16:],
        lambda stored: stored[:-1],
        lambda stored: stored[:header],
        lambda _: b"",
    ]
    for change in changes:
        bench.damage(name, change)
        with pytest.raises(DigestMismatch):
            bench.read(LARGE)
        with pytest.raises(DigestMismatch):
            bench.store.find(Digest.of(LARGE), key=KEY)
        bench.damage(name, lambda _: whole)
    assert bench.read(LARGE) == LARGE
    bench.store.purge([name])


@pytest.mark.verifies("REQ-IN-186", "REQ-IN-187")
def test_stored_bytes_show_nothing_of_an_image_or_a_depth_map(bench: Bench, tmp_path: Path) -> None:
    image = b"\x89PNG\r\n\x1a\n" + b"the same row of pixels " * 400
    depth = bytes(64) * 50 + b"\x00\x00\x7f\xc0" * 500  # flat depth, then missing measurements
    for content in (image, depth):
        name = bench.put(content)
        stored = b"".join(bench.store.stored(name))
        assert not any(content[at : at + 8] in stored for at in range(len(content) - 8))
        # Repeated content leaves no pattern behind: no block of the cipher occurs twice.
        blocks = [stored[at : at + 16] for at in range(0, len(stored) - 16, 16)]
        assert len(set(blocks)) == len(blocks)
        bench.store.purge([name])


def test_sealed_bytes_of_another_store_are_kept_once_and_only_as_promised(bench: Bench) -> None:
    other = MemoryBlobStore(bench.keys)
    blob = other.put([LARGE], key=KEY, expected=None, limit_bytes=LIMIT)
    sealed = list(other.stored(blob.name))
    for wrong in ([], [b"others"], [*sealed, b"more"], [sealed[0][:-1]]):
        with pytest.raises(DigestMismatch):
            bench.store.keep(blob.name, wrong, stored_digest=blob.stored_digest)
    with pytest.raises(NotFound):
        bench.store.stored(blob.name)
    assert bench.store.keep(blob.name, sealed, stored_digest=blob.stored_digest)
    assert not bench.store.keep(blob.name, sealed, stored_digest=blob.stored_digest)
    assert bench.store.find(blob.content, key=KEY) == blob
    bench.damage(blob.name, lambda stored: stored[:-1] + bytes([stored[-1] ^ 1]))
    with pytest.raises(DigestMismatch):
        bench.store.keep(blob.name, sealed, stored_digest=blob.stored_digest)
    bench.store.purge([blob.name])


@pytest.mark.verifies("REQ-IN-544")
@pytest.mark.parametrize("announced", [False, True])
def test_content_of_many_parts_is_kept_whole_or_not_at_all(
    bench: Bench, *, announced: bool
) -> None:
    content = SeededRandomness(f"many parts {announced}").token(WINDOW_SIZE + PART_SIZE // 2)
    pieces = [content[at : at + CHUNK_SIZE] for at in range(0, len(content), CHUNK_SIZE)]
    digest = Digest.of(content)

    def broken() -> Iterator[bytes]:
        yield from pieces[:-1]
        raise ConnectionResetError("the sender went away")

    def put(given: Iterable[bytes], limit_bytes: int) -> StoredBlob:
        expected = digest if announced else None
        return bench.store.put(given, key=KEY, expected=expected, limit_bytes=limit_bytes)

    with pytest.raises(ConnectionResetError):
        put(broken(), len(content))
    with pytest.raises(MalformedInput):
        put(pieces, len(content) - 1)
    if announced:
        with pytest.raises(DigestMismatch):
            put([*pieces[:-1], b"another end"], len(content))
    with pytest.raises(NotFound):
        bench.store.find(digest, key=KEY)
    blob = put(pieces, len(content))
    assert put(pieces, len(content)) == blob == bench.store.find(digest, key=KEY)
    assert bench.read(content) == content
    assert sha256(b"".join(bench.store.stored(blob.name))).digest() == blob.stored_digest
    assert bench.store.purge([blob.name]) == 1


def test_a_failing_source_leaves_nothing_and_is_told_as_it_failed(bench: Bench) -> None:
    def broken() -> Iterator[bytes]:
        yield b"begun"
        raise ConnectionResetError("the sender went away")

    for expected in (None, Digest.of(b"begun")):
        with pytest.raises(ConnectionResetError):
            bench.store.put(broken(), key=KEY, expected=expected, limit_bytes=100)
    with pytest.raises(NotFound):
        bench.store.find(Digest.of(b"begun"), key=KEY)
