"""Wrapped keys and derived keys, against published vectors and every kind of change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.keys.wrapping import AesWrappingKey, hkdf, unwrap_record, wrap_record
from domain.errors import DigestMismatch, MalformedInput, RuleViolation

WRAPPING = AesWrappingKey("test/1", bytes(range(32)))
AT_HAND = {WRAPPING.identity: WRAPPING}
KEY = bytes(range(100, 132))


@pytest.mark.parametrize(
    ("key", "salt", "info", "derived"),
    [
        (
            "0b" * 22,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            bytes(range(0x50)).hex(),
            bytes(range(0x60, 0xB0)).hex(),
            bytes(range(0xB0, 0x100)).hex(),
            (
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                "cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
        ),
        (
            "0b" * 22,
            "",
            "",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
    ids=["A.1", "A.2", "A.3"],
)
def test_derivation_agrees_with_rfc_5869(key: str, salt: str, info: str, derived: str) -> None:
    expected = bytes.fromhex(derived)
    material = bytes.fromhex(key), bytes.fromhex(info)
    assert hkdf(*material, salt=bytes.fromhex(salt), size=len(expected)) == expected


def test_a_record_gives_the_key_back() -> None:
    record = wrap_record(KEY, name="subject:x", by=WRAPPING)
    assert KEY not in record
    assert unwrap_record(record, name="subject:x", by=AT_HAND) == KEY


def test_wrapping_the_same_key_twice_shows_no_likeness() -> None:
    first, second = (wrap_record(KEY, name="subject:x", by=WRAPPING) for _ in range(2))
    assert first[-48:] != second[-48:]


def test_the_whole_record_is_as_written_down() -> None:
    record = wrap_record(KEY, name="subject:x", by=WRAPPING)
    header = (
        b"vultus/wrapped-key/v1\n"
        b"\x00\x00\x00\x09subject:x"
        b"\x00\x00\x00\x07A256GCM"
        b"\x00\x00\x00\x06test/1"
    )
    assert record[: len(header) + 4] == header + b"\x00\x00\x00\x3c"
    assert WRAPPING.unwrap(record[-60:], header) == KEY


@settings(deadline=None)
@given(bit=st.integers(min_value=0))
def test_any_changed_bit_of_a_record_is_found(bit: int) -> None:
    record = bytearray(wrap_record(KEY, name="subject:x", by=WRAPPING))
    bit %= 8 * len(record)
    record[bit // 8] ^= 1 << bit % 8
    # A changed name of the wrapping key reads as the name of another one.
    with pytest.raises((DigestMismatch, RuleViolation)):
        unwrap_record(bytes(record), name="subject:x", by=AT_HAND)


def test_a_record_that_ends_early_or_late_is_refused() -> None:
    record = wrap_record(KEY, name="subject:x", by=WRAPPING)
    for damaged in (*(record[:length] for length in range(len(record))), record + b"\0"):
        with pytest.raises(DigestMismatch):
            unwrap_record(damaged, name="subject:x", by=AT_HAND)


def test_a_record_cannot_stand_for_another_key() -> None:
    record = wrap_record(KEY, name="subject:x", by=WRAPPING)
    with pytest.raises(DigestMismatch):
        unwrap_record(record, name="subject:y", by=AT_HAND)
    renamed = record.replace(b"subject:x", b"subject:y")
    with pytest.raises(DigestMismatch):
        unwrap_record(renamed, name="subject:y", by=AT_HAND)


def test_a_record_of_a_wrapping_key_that_is_not_at_hand_says_which() -> None:
    record = wrap_record(KEY, name="subject:x", by=WRAPPING)
    with pytest.raises(RuleViolation, match="test/1") as refusal:
        unwrap_record(record, name="subject:x", by={})
    assert refusal.value.rule == "keys.wrapping-key"


def test_another_key_under_the_same_identity_unwraps_nothing() -> None:
    record = wrap_record(KEY, name="subject:x", by=WRAPPING)
    impostor = AesWrappingKey("test/1", bytes(32))
    with pytest.raises(DigestMismatch):
        unwrap_record(record, name="subject:x", by={"test/1": impostor})


def test_records_of_older_versions_stay_readable_after_renewal() -> None:
    newer = AesWrappingKey("test/2", bytes(range(1, 33)))
    at_hand = {**AT_HAND, "test/2": newer}
    for by in (WRAPPING, newer):
        record = wrap_record(KEY, name="subject:x", by=by)
        assert unwrap_record(record, name="subject:x", by=at_hand) == KEY


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(MalformedInput):
        AesWrappingKey("test/1", bytes(size))
    with pytest.raises(MalformedInput):
        wrap_record(bytes(size), name="subject:x", by=WRAPPING)
