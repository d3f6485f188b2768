"""Sealed streams: the bytes as written down, and every change to them found."""

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.blobs.sealed_stream import CHUNK_SIZE, HEADER_SIZE, TAG_SIZE, seal, unseal
from domain.errors import DigestMismatch

KEY = bytes(range(32))
SIZE = 16  # of a chunk here, so that little content has many chunks

contents = st.binary(min_size=1, max_size=6 * SIZE)


def _seal(content: bytes) -> bytes:
    return b"".join(seal(KEY, [content], chunk_size=SIZE))


def _unseal(stored: bytes, key: bytes = KEY) -> bytes:
    return b"".join(unseal(key, BytesIO(stored)))


def _chunks(stored: bytes) -> list[bytes]:
    step = SIZE + TAG_SIZE
    return [stored[at : at + step] for at in range(HEADER_SIZE, len(stored), step)]


@given(content=contents, cuts=st.lists(st.integers(0, 6 * SIZE), max_size=8))
def test_content_comes_back_and_its_pieces_leave_no_trace(content: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    pieces = [content[start:end] for start, end in pairwise(edges)]
    stored = b"".join(seal(KEY, pieces, chunk_size=SIZE))
    assert stored == _seal(content)
    assert _unseal(stored) == content
    assert len(_chunks(stored)) == -(-len(content) // SIZE)


@given(content=contents)
def test_the_stored_bytes_are_as_written_down(content: bytes) -> None:
    header = b"vultus/sealed-stream/v1\n" + SIZE.to_bytes(4, "big")
    plain = [content[at : at + SIZE] for at in range(0, len(content), SIZE)]
    sealed = [
        AESGCM(KEY).encrypt(
            number.to_bytes(11, "big") + bytes([number == len(plain) - 1]), chunk, header
        )
        for number, chunk in enumerate(plain)
    ]
    assert _seal(content) == header + b"".join(sealed)


def test_the_chunk_size_of_the_format_never_changes() -> None:
    stored = b"".join(seal(KEY, [bytes(CHUNK_SIZE + 1)]))
    assert stored[:HEADER_SIZE] == b"vultus/sealed-stream/v1\n\x00\x10\x00\x00"
    assert len(stored) == HEADER_SIZE + CHUNK_SIZE + 1 + 2 * TAG_SIZE
    assert _unseal(stored) == bytes(CHUNK_SIZE + 1)


@given(content=contents, bit=st.integers(min_value=0))
def test_any_changed_bit_is_found(content: bytes, bit: int) -> None:
    stored = bytearray(_seal(content))
    bit %= 8 * len(stored)
    stored[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DigestMismatch):
        _unseal(bytes(stored))


@given(content=contents, length=st.integers(min_value=0))
def test_an_end_that_comes_early_is_found(content: bytes, length: int) -> None:
    stored = _seal(content)
    with pytest.raises(DigestMismatch):
        _unseal(stored[: length % len(stored)])


@given(content=contents, added=st.binary(min_size=1, max_size=3 * (SIZE + TAG_SIZE)))
def test_bytes_that_were_added_are_found(content: bytes, added: bytes) -> None:
    with pytest.raises(DigestMismatch):
        _unseal(_seal(content) + added)


@given(content=contents, order=st.lists(st.integers(0, 5), max_size=8))
def test_chunks_that_are_missing_moved_or_doubled_are_found(
    content: bytes, order: list[int]
) -> None:
    stored = _seal(content)
    chunks = _chunks(stored)
    rearranged = [chunks[at % len(chunks)] for at in order]
    assume(rearranged != chunks)
    with pytest.raises(DigestMismatch):
        _unseal(stored[:HEADER_SIZE] + b"".join(rearranged))


@given(first=contents, second=contents)
def test_chunks_of_other_content_under_another_key_are_found(first: bytes, second: bytes) -> None:
    stored = _seal(first)
    with pytest.raises(DigestMismatch):
        _unseal(stored, key=bytes(32))
    other = b"".join(seal(bytes(32), [second], chunk_size=SIZE))
    with pytest.raises(DigestMismatch):
        _unseal(_chunks(other)[0].join([stored[:HEADER_SIZE], *_chunks(stored)[1:]]))


@given(size=st.integers(0, (1 << 32) - 1))
def test_another_chunk_size_in_the_header_is_refused(size: int) -> None:
    assume(size != SIZE)
    stored = _seal(b"content")
    with pytest.raises(DigestMismatch):
        _unseal(stored[: HEADER_SIZE - 4] + size.to_bytes(4, "big") + stored[HEADER_SIZE:])


def test_a_header_cannot_make_the_reader_take_more_than_a_chunk_at_a_time() -> None:
    asked: list[int] = []

    class Stored(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size or 0)
            return super().read(size)

    stored = _seal(b"content")
    greedy = stored[: HEADER_SIZE - 4] + b"\xff\xff\xff\xff" + stored[HEADER_SIZE:]
    with pytest.raises(DigestMismatch):
        list(unseal(KEY, Stored(greedy)))
    assert max(asked) <= CHUNK_SIZE + TAG_SIZE


def test_an_empty_last_chunk_is_refused_even_when_it_was_sealed() -> None:
    with pytest.raises(DigestMismatch):
        _unseal(_seal(b""))


def test_pieces_before_a_damaged_chunk_are_given_out_and_none_after() -> None:
    stored = bytearray(_seal(bytes(range(3 * SIZE))))
    stored[HEADER_SIZE + SIZE + TAG_SIZE] ^= 1
    pieces = unseal(KEY, BytesIO(stored))
    assert next(pieces) == bytes(range(SIZE))
    with pytest.raises(DigestMismatch, match="chunk 1"):
        next(pieces)
    assert list(pieces) == []


def test_content_is_sealed_as_it_comes_in() -> None:
    given_out = 0

    def slowly() -> Iterator[bytes]:
        nonlocal given_out
        for _ in range(4):
            given_out += 1
            yield bytes(SIZE)

    stored = seal(KEY, slowly(), chunk_size=SIZE)
    assert len(next(stored)) == HEADER_SIZE
    assert given_out == 0
    assert len(next(stored)) == SIZE + TAG_SIZE
    assert given_out == 2
