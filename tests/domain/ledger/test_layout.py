"""Entries written from values are those written from objects, and checked as strictly."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger import layout
from domain.ledger.encoding import U64_MAX
from domain.ledger.entry import (
    ALGORITHM,
    Entry,
    Header,
    associated_data,
    decode_entry,
    encode_entry,
)
from tests.domain.ledger.strategies import entries

KNOWN = ("actor", "device", "device_sequence", "correlation", "causation", "idempotency_key")


def naming_of(header: Header) -> bytes:
    """Return fields 2 to 5."""
    return layout.naming(header.stream, header.version, header.name, header.schema)


def origin_of(header: Header) -> bytes:
    """Return fields 9 to 16."""
    known: dict[str, Any] = {name: getattr(header, name) for name in KNOWN}
    return layout.origin(**known, key_id=header.key_id)


def blobs_of(header: Header) -> bytes:
    """Return the bytes of the last field."""
    return b"".join(each.name + each.stored_digest for each in header.blobs)


def written(entry: Entry) -> bytes:
    """Write an entry from values."""
    header = entry.header
    circumstances = layout.circumstances(
        origin_of(header),
        received_at_us=header.received_at_us,
        device_time_us=header.device_time_us,
        nonce=header.nonce,
        commitment=header.commitment,
        blobs=blobs_of(header),
    )
    return layout.place(
        naming_of(header),
        circumstances,
        layout.ending(entry.content_digest, entry.device_signature or b""),
        seq=header.seq,
        committed_at_us=header.committed_at_us,
        previous=entry.previous,
    )


def checked(entry: Entry, data: bytes) -> layout.Unknown:
    """Check bytes against what is known of an entry."""
    header = entry.header
    return layout.check_entry(
        data,
        naming_of(header),
        origin_of(header),
        seq=header.seq,
        committed_at_us=header.committed_at_us,
        previous=entry.previous,
    )


@given(entries())
def test_an_entry_written_from_values_has_the_bytes_of_the_entry(entry: Entry) -> None:
    header = entry.header
    assert written(entry) == encode_entry(entry)
    assert layout.bound(naming_of(header), header.key_id, header.commitment) == associated_data(
        stream=header.stream,
        version=header.version,
        name=header.name,
        schema=header.schema,
        key_id=header.key_id,
        commitment=header.commitment,
    )


@given(entries())
def test_what_is_not_known_of_an_entry_is_read_from_it(entry: Entry) -> None:
    header = entry.header
    assert checked(entry, encode_entry(entry)) == layout.Unknown(
        header.received_at_us,
        header.device_time_us,
        header.nonce,
        header.commitment,
        blobs_of(header),
        entry.content_digest,
        entry.device_signature or b"",
    )


@pytest.mark.verifies("REQ-IN-002")
@given(entries(), st.data())
def test_a_flipped_bit_is_refused_or_read_as_what_it_says(
    entry: Entry, data: st.DataObject
) -> None:
    right = encode_entry(entry)
    place = data.draw(st.integers(0, len(right) * 8 - 1))
    flipped = bytearray(right)
    flipped[place // 8] ^= 1 << place % 8
    try:
        read = checked(entry, bytes(flipped))
    except MalformedInput:
        return
    # What it accepts, the full decoder reads as the same, with everything known as it was.
    decoded = decode_entry(bytes(flipped))
    assert written(decoded) == bytes(flipped)
    assert checked(decoded, bytes(flipped)) == read
    assert read != checked(entry, right)
    for name in ("seq", "stream", "version", "name", "schema", "committed_at_us", "key_id", *KNOWN):
        assert getattr(decoded.header, name) == getattr(entry.header, name)
    assert decoded.previous == entry.previous


@given(entries(), st.data())
def test_a_cut_or_lengthened_entry_is_refused(entry: Entry, data: st.DataObject) -> None:
    right = encode_entry(entry)
    with pytest.raises(MalformedInput):
        checked(entry, right[: data.draw(st.integers(0, len(right) - 1))])
    with pytest.raises(MalformedInput):
        checked(entry, right + b"\x00")


@given(entries(), entries())
def test_another_entry_than_the_known_one_is_refused(one: Entry, other: Entry) -> None:
    if one != other and origin_of(one.header) != origin_of(other.header):
        with pytest.raises(MalformedInput):
            checked(one, encode_entry(other))


NAMING: dict[str, Any] = {"stream": "s", "version": 1, "name": "n", "schema": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"stream": ""},
        {"stream": "x" * 256},
        {"name": "é"},
        {"version": 0},
        {"version": U64_MAX + 1},
        {"schema": 0},
        {"schema": -1},
    ],
)
def test_an_event_without_a_proper_name_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        layout.naming(**(NAMING | change))


ORIGIN: dict[str, Any] = dict.fromkeys(KNOWN) | {"actor": "a", "correlation": "c", "key_id": "k"}


@pytest.mark.parametrize(
    "change",
    [
        {"actor": ""},
        {"device": ""},
        {"device_sequence": 1},
        {"device": "d", "device_sequence": -1},
        {"correlation": "\n"},
        {"causation": -1},
        {"causation": U64_MAX + 1},
        {"idempotency_key": ""},
        {"key_id": "ü"},
    ],
)
def test_an_origin_without_meaning_is_refused(change: dict[str, Any]) -> None:
    assert layout.origin(**ORIGIN).endswith(ALGORITHM.encode())
    with pytest.raises(MalformedInput):
        layout.origin(**(ORIGIN | change))


@pytest.mark.parametrize(
    "change",
    [
        {"received_at_us": -1},
        {"device_time_us": U64_MAX + 1},
        {"nonce": bytes(11)},
        {"commitment": bytes(33)},
        {"blobs": bytes(63)},
    ],
)
def test_circumstances_without_meaning_are_refused(change: dict[str, Any]) -> None:
    good = {
        "received_at_us": None,
        "device_time_us": None,
        "nonce": bytes(12),
        "commitment": bytes(32),
        "blobs": b"",
    }
    layout.circumstances(b"", **good)  # type: ignore[arg-type]
    with pytest.raises(MalformedInput):
        layout.circumstances(b"", **(good | change))


def test_parts_that_contradict_one_another_are_refused() -> None:
    with pytest.raises(MalformedInput, match="too long"):
        layout.ending(bytes(32), bytes(256))
    some = bytes([1]) * 32
    unsigned = layout.Unknown(None, None, bytes(12), bytes(32), b"", bytes(32), b"")
    signed = unsigned._replace(signature=b"s", device_time_us=0)
    layout.check_meaning(1, bytes(32), unsigned, None)
    layout.check_meaning(2, some, signed, 0)
    for version, previous in ((1, some), (2, bytes(32))):
        with pytest.raises(MalformedInput, match="first"):
            layout.check_meaning(version, previous, unsigned, None)
    for said, sequence in ((signed, None), (signed._replace(device_time_us=None), 0)):
        with pytest.raises(MalformedInput, match="signature"):
            layout.check_meaning(2, some, said, sequence)
