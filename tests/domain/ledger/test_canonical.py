"""Canonical JSON against the vectors of RFC 8785, and for every value hypothesis can find."""

import json
import math
import struct
from collections.abc import Iterator
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.canonical import JsonInput, JsonValue
from tests.domain.ledger.vectors import load

VECTORS = load("rfc8785")

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-canonical.MAX_SAFE_INTEGER, canonical.MAX_SAFE_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"))
)
values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=5)
    ),
    max_leaves=20,
)


def number(ieee: str) -> float:
    """Return the double with these sixteen hexadecimal digits."""
    (value,) = struct.unpack(">d", bytes.fromhex(ieee))
    return cast("float", value)


def sequence() -> Iterator[float]:
    """Yield the published sequence of doubles: given ones, consecutive ones, random ones."""
    yield from map(number, VECTORS["sequence_start"])
    for offset in range(2000):
        yield number(f"{0x0010000000000000 + offset:016x}")
    block = bytes(32)
    while True:
        block = sha256(block).digest()
        for value in struct.unpack("<4d", block):
            if value != 0 and math.isfinite(value):
                yield value


@pytest.mark.parametrize("case", VECTORS["documents"], ids=lambda case: str(case["name"]))
def test_a_published_document_gets_its_published_bytes(case: dict[str, str]) -> None:
    value = canonical.parse(bytes.fromhex(case["input"]))
    assert canonical.encode(value).hex() == case["output"]


@pytest.mark.parametrize("case", VECTORS["numbers"], ids=lambda case: str(case["ieee"]))
def test_a_published_number_gets_its_published_text(case: dict[str, str | None]) -> None:
    value = number(str(case["ieee"]))
    if case["text"] is None:
        with pytest.raises(MalformedInput, match="not a JSON number"):
            canonical.format_number(value)
    else:
        assert canonical.encode(value).decode() == case["text"]


@pytest.mark.parametrize("lines", [1000, 10_000, 100_000])
def test_the_published_sequence_of_doubles_gets_its_published_digest(lines: int) -> None:
    digest = sha256()
    for value in islice(sequence(), lines):
        (bits,) = struct.unpack(">Q", struct.pack(">d", value))
        digest.update(f"{bits:x},{canonical.format_number(value)}\n".encode())
    assert digest.hexdigest() == VECTORS["sequence_digests"][str(lines)]


@given(values)
def test_a_value_is_read_back_as_it_was(value: JsonValue) -> None:
    assert canonical.parse_canonical(canonical.encode(value)) == value


@given(values)
def test_canonical_bytes_are_json_to_everyone_else(value: JsonValue) -> None:
    assert json.loads(canonical.encode(value), parse_int=float) == value


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.none(), min_size=2))
def test_keys_are_ordered_by_their_utf16_code_units(value: dict[str, JsonValue]) -> None:
    keys = list(json.loads(canonical.encode(value)))
    assert keys == sorted(value, key=lambda key: key.encode("utf-16-be"))


def test_keys_beyond_the_basic_plane_come_before_those_at_its_end() -> None:
    assert canonical.encode({"\ufb33": 1, "\U0001f602": 2}) == (
        '{"\U0001f602":2,"\ufb33":1}'.encode()
    )


def test_tuples_are_written_as_arrays_and_empty_containers_without_space() -> None:
    assert canonical.encode((1, [], {}, "x")) == b'[1,[],{},"x"]'


class Word(StrEnum):
    """A text subclass."""

    A = "a"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (math.nan, "not a JSON number"),
        (math.inf, "not a JSON number"),
        (-math.inf, "not a JSON number"),
        (1 << 53, "beyond"),
        (-(1 << 53), "beyond"),
        ("\ud800", "surrogate"),
        ({"\udfff": 1}, "surrogate"),
        ({1: "x"}, "key is int"),
        (b"bytes", "bytes is not"),
        ({1, 2}, "set is not"),
        (Word.A, "Word is not"),
    ],
)
def test_what_is_not_plain_json_is_refused(value: object, reason: str) -> None:
    with pytest.raises(MalformedInput, match=reason):
        canonical.encode(cast("JsonInput", value))


def test_nesting_is_limited_writing_and_reading() -> None:
    value: Any = 1
    for _ in range(canonical.MAX_DEPTH):
        value = [value]
    assert canonical.parse(canonical.encode(value)) == value
    with pytest.raises(MalformedInput, match="deeper"):
        canonical.encode([value])
    with pytest.raises(MalformedInput, match="deeper"):
        canonical.parse(b"[" * 65 + b"]" * 65)
    with pytest.raises(MalformedInput, match="too deeply"):
        canonical.parse(b"[" * 100_000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a":1,"a":2}', "same key twice"),
        (b'{"a":{"b":1,"b":1}}', "same key twice"),
        (b"[NaN]", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"1e400", "too large"),
        (b"9007199254740993", "no double prints as it"),
        (b"1" * 400, "too many digits"),
        (b"-" + b"1" * 30, "too many digits"),
        (b'"\xff"', "not UTF-8"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\ud800":1}', "surrogate"),
        (b"{'a':1}", "not JSON"),
        (b"", "not JSON"),
        (b"1 2", "not JSON"),
        (b"\xef\xbb\xbf1", "not JSON"),
    ],
)
def test_a_text_that_others_could_read_differently_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedInput, match=reason):
        canonical.parse(data)


def test_a_large_double_in_its_canonical_form_is_read() -> None:
    assert canonical.parse_canonical(b"295147905179352830000") == 2.9514790517935283e20


def test_text_beyond_ascii_is_read() -> None:
    assert canonical.parse_canonical('"é"'.encode()) == "é"


@pytest.mark.parametrize("data", [b'{"b":1,"a":2}', b"[1, 2]", b"1.0", b"1e2", b'"\\u0041"', b"-0"])
def test_json_that_is_not_canonical_is_told_apart(data: bytes) -> None:
    canonical.parse(data)
    with pytest.raises(MalformedInput, match="not in its canonical form"):
        canonical.parse_canonical(data)
