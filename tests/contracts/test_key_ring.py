"""What every key ring promises, in memory or on disk."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory import MemoryKeyRing, SeededRandomness
from domain.errors import ContentErased, DigestMismatch, NotFound
from domain.ports import KeyRing
from tests.adapters.keys.rings import CLINIC_KEY, open_ring, subject_key

NONCE = bytes(range(12))
USES: dict[str, Callable[[KeyRing, str], object]] = {
    "seal": lambda ring, key: ring.seal(key, NONCE, b"content", b""),
    "open": lambda ring, key: ring.open(key, NONCE, bytes(32), b""),
    "derive": lambda ring, key: ring.derive(key, b"purpose"),
}


@pytest.fixture(params=["memory", "file", "momentary"], scope="module")
def ring(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KeyRing]:
    """Return a key ring that the tests of this module share; each uses keys of its own."""
    if request.param == "memory":
        yield MemoryKeyRing(SeededRandomness("key ring"))
        return
    with open_ring(tmp_path_factory.mktemp("ring")) as opened:
        yield opened if request.param == "file" else opened.momentary()


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300),
    associated=st.binary(max_size=60),
    nonce=st.binary(min_size=12, max_size=12),
)
def test_what_was_sealed_opens_again(
    ring: KeyRing, content: bytes, associated: bytes, nonce: bytes
) -> None:
    key = subject_key("round trip")
    ring.create(key)
    sealed = ring.seal(key, nonce, content, associated)
    assert len(sealed) == len(content) + 16
    assert ring.open(key, nonce, sealed, associated) == content


@settings(max_examples=60, deadline=None)
@given(content=st.binary(min_size=1, max_size=40), data=st.data())
def test_any_changed_bit_is_found(ring: KeyRing, content: bytes, data: st.DataObject) -> None:
    key = subject_key("flips")
    ring.create(key)
    parts = [NONCE, ring.seal(key, NONCE, content, b"header"), b"header"]
    which = data.draw(st.integers(0, 2))
    bit = data.draw(st.integers(0, 8 * len(parts[which]) - 1))
    changed = bytearray(parts[which])
    changed[bit // 8] ^= 1 << bit % 8
    parts[which] = bytes(changed)
    with pytest.raises(DigestMismatch):
        ring.open(key, *parts)


def test_sealed_bytes_that_end_early_are_refused(ring: KeyRing) -> None:
    key = subject_key("short")
    ring.create(key)
    sealed = ring.seal(key, NONCE, b"content", b"")
    for length in range(len(sealed)):
        with pytest.raises(DigestMismatch):
            ring.open(key, NONCE, sealed[:length], b"")


@pytest.mark.verifies("DRV-09")
def test_every_subject_and_the_clinic_have_keys_of_their_own(ring: KeyRing) -> None:
    keys = [CLINIC_KEY, *(subject_key(("own", each)) for each in range(4))]
    for key in keys:
        ring.create(key)
    for key in keys:
        sealed = ring.seal(key, NONCE, b"content", b"")
        for other in set(keys) - {key}:
            with pytest.raises(DigestMismatch):
                ring.open(other, NONCE, sealed, b"")
    assert len({ring.derive(key, b"purpose") for key in keys}) == len(keys)


def test_creating_a_key_again_changes_nothing(ring: KeyRing) -> None:
    key = subject_key("again")
    ring.create(key)
    before = ring.derive(key, b"purpose")
    ring.create(key)
    assert ring.derive(key, b"purpose") == before


def test_what_is_derived_depends_on_the_purpose_alone(ring: KeyRing) -> None:
    key = subject_key("derive")
    ring.create(key)
    derived = {purpose: ring.derive(key, purpose) for purpose in (b"", b"a", b"b", b"a\0")}
    assert {len(value) for value in derived.values()} == {32}
    assert len(set(derived.values())) == len(derived)
    assert all(ring.derive(key, purpose) == value for purpose, value in derived.items())


@pytest.mark.parametrize("use", USES)
def test_a_key_that_never_was_is_not_found(ring: KeyRing, use: str) -> None:
    with pytest.raises(NotFound):
        USES[use](ring, subject_key("never"))
    assert not ring.destroyed(subject_key("never"))


@pytest.mark.verifies("DRV-10")
def test_a_destroyed_key_opens_nothing_and_never_comes_back(ring: KeyRing) -> None:
    key, neighbour = subject_key("destroyed"), subject_key("neighbour")
    for each in (key, neighbour):
        ring.create(each)
    sealed = ring.seal(key, NONCE, b"content", b"")
    kept = ring.seal(neighbour, NONCE, b"content", b"")
    for _ in range(2):  # destroying it again changes nothing
        ring.destroy(key)
        assert ring.destroyed(key)
        with pytest.raises(ContentErased):
            ring.create(key)
        with pytest.raises(ContentErased):
            ring.open(key, NONCE, sealed, b"")
        for use in USES.values():
            with pytest.raises(ContentErased):
                use(ring, key)
    assert ring.open(neighbour, NONCE, kept, b"") == b"content"
    assert not ring.destroyed(neighbour)


def test_a_key_destroyed_before_it_was_created_can_never_be(ring: KeyRing) -> None:
    key = subject_key("unborn")
    ring.destroy(key)
    assert ring.destroyed(key)
    with pytest.raises(ContentErased):
        ring.create(key)


def test_threads_that_create_one_key_get_the_same(ring: KeyRing) -> None:
    key = subject_key("threads")

    def create_and_derive(_: int) -> bytes:
        ring.create(key)
        return ring.derive(key, b"purpose")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(create_and_derive, range(32)))) == 1
