"""Length-prefixed fields and their strict reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger.encoding import (
    U64_MAX,
    Reader,
    digest_text,
    lp,
    lp_optional_text,
    lp_optional_u64,
    lp_text,
    lp_u64,
    parse_digest,
    split_fields,
    to_u64,
    u64,
)


class Enormous(bytes):
    """Bytes that claim a length no length prefix can state."""

    def __len__(self) -> int:
        return 1 << 32


def test_an_integer_takes_eight_big_endian_bytes() -> None:
    assert u64(0x0102030405060708) == bytes([1, 2, 3, 4, 5, 6, 7, 8])
    assert lp_u64(1) == bytes([0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1])


@pytest.mark.parametrize("value", [-1, U64_MAX + 1])
def test_an_integer_outside_64_bits_is_refused(value: int) -> None:
    with pytest.raises(MalformedInput):
        u64(value)
    with pytest.raises(MalformedInput):
        lp_u64(value)


def test_a_field_longer_than_its_prefix_can_say_is_refused() -> None:
    with pytest.raises(MalformedInput, match="32-bit"):
        lp(Enormous())


def test_a_text_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(MalformedInput, match="surrogate"):
        lp_text("\ud800")


@given(st.lists(st.binary(max_size=40)))
def test_fields_are_read_back_as_they_were_written(fields: list[bytes]) -> None:
    reader = Reader(b"".join(map(lp, fields)))
    assert [reader.field() for _ in fields] == fields
    reader.finish()


@given(st.lists(st.binary(max_size=8), min_size=1), st.lists(st.binary(max_size=8), min_size=1))
def test_different_lists_of_fields_never_share_an_encoding(
    first: list[bytes], second: list[bytes]
) -> None:
    same = b"".join(map(lp, first)) == b"".join(map(lp, second))
    assert same == (first == second)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_text_is_read_back(text: str) -> None:
    reader = Reader(lp_text(text))
    assert reader.text_field() == text
    reader.finish()


@given(st.integers(0, U64_MAX))
def test_an_integer_is_read_back(number: int) -> None:
    (field,) = split_fields(lp_u64(number), 1)
    assert to_u64(field) == number


def test_an_absent_field_is_empty() -> None:
    assert lp_optional_u64(None) == lp_optional_text(None) == lp(b"")
    assert lp_optional_u64(0) == lp_u64(0)
    assert lp_optional_text("a") == lp_text("a")


@given(st.lists(st.binary(max_size=20)), st.data())
def test_fields_are_split_only_where_they_fit_exactly(
    fields: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(map(lp, fields))
    assert split_fields(whole, len(fields)) == fields
    with pytest.raises(MalformedInput):
        split_fields(whole, len(fields) + 1)
    with pytest.raises(MalformedInput):
        split_fields(whole + b"\0", len(fields))
    if whole:
        with pytest.raises(MalformedInput):
            split_fields(whole[: data.draw(st.integers(0, len(whole) - 1))], len(fields))


@given(st.binary(max_size=20), st.data())
def test_bytes_that_end_early_are_refused(field: bytes, data: st.DataObject) -> None:
    whole = lp(field)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MalformedInput, match="too early"):
        Reader(whole[:cut]).field()


def test_bytes_left_over_are_refused() -> None:
    with pytest.raises(MalformedInput, match="2 bytes are left over"):
        Reader(b"ab").finish()


def test_an_integer_field_of_another_length_is_refused() -> None:
    for field in (b"", b"1234", bytes(9)):
        with pytest.raises(MalformedInput, match="instead of 8"):
            to_u64(field)


def test_a_required_text_that_is_absent_is_refused() -> None:
    with pytest.raises(MalformedInput, match="text field is absent"):
        Reader(lp(b"")).text_field()


def test_a_text_field_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(MalformedInput, match="UTF-8"):
        Reader(lp(b"\xff")).text_field()


@given(st.binary(min_size=32, max_size=32))
def test_a_digest_is_read_back_from_its_text(digest: bytes) -> None:
    assert parse_digest(digest_text(digest)) == digest


@pytest.mark.parametrize(
    "text", ["", "sha256:", "sha256:" + "A" * 64, "sha512:" + "a" * 64, "sha256:" + "a" * 64 + "\n"]
)
def test_a_text_that_is_not_exactly_a_digest_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput, match="64 lower-case"):
        parse_digest(text)
