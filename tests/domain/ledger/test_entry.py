"""Entries: one encoding each, and every bit of it counts."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger.encoding import U64_MAX, lp
from domain.ledger.entry import (
    ENTRY_TAG,
    NO_PREVIOUS,
    BlobAddress,
    Entry,
    Header,
    associated_data,
    commitment,
    decode_entry,
    decode_header,
    device_statement,
    encode_entry,
    encode_header,
    statement_of,
)
from domain.ledger.merkle import leaf_hash
from tests.domain.ledger.strategies import entries, header_at, headers

HEADER = header_at(0, "capture-session-1", 1)
ENTRY = Entry(header=HEADER, previous=NO_PREVIOUS, content_digest=bytes(32))
SIGNABLE = replace(HEADER, device="d", device_sequence=0, device_time_us=0)


@given(headers)
def test_a_header_is_read_back_as_it_was_written(header: Header) -> None:
    assert decode_header(encode_header(header)) == header


@given(entries())
def test_an_entry_is_read_back_as_it_was_written(entry: Entry) -> None:
    assert decode_entry(encode_entry(entry)) == entry


@pytest.mark.verifies("REQ-IN-002")
@given(entries(), st.data())
def test_a_flipped_bit_changes_the_leaf_hash_and_never_reads_as_the_same_entry(
    entry: Entry, data: st.DataObject
) -> None:
    written = encode_entry(entry)
    place = data.draw(st.integers(0, len(written) * 8 - 1))
    flipped = bytearray(written)
    flipped[place // 8] ^= 1 << place % 8
    assert leaf_hash(bytes(flipped)) != leaf_hash(written)
    try:
        read = decode_entry(bytes(flipped))
    except MalformedInput:
        return
    assert read != entry
    assert encode_entry(read) == bytes(flipped)


def test_every_single_flipped_bit_of_an_entry_is_caught() -> None:
    written = encode_entry(replace(ENTRY, header=SIGNABLE, device_signature=b"\x30"))
    seen = {leaf_hash(written)}
    for place in range(len(written) * 8):
        flipped = bytearray(written)
        flipped[place // 8] ^= 1 << place % 8
        seen.add(leaf_hash(bytes(flipped)))
    assert len(seen) == len(written) * 8 + 1


@given(entries(), st.data())
def test_a_cut_or_lengthened_entry_is_refused(entry: Entry, data: st.DataObject) -> None:
    written = encode_entry(entry)
    cut = data.draw(st.integers(0, len(written) - 1))
    with pytest.raises(MalformedInput):
        decode_entry(written[:cut])
    with pytest.raises(MalformedInput):
        decode_entry(written + b"\x00")


def test_an_entry_with_another_tag_is_refused() -> None:
    written = encode_entry(ENTRY).replace(b"/v1", b"/v2")
    with pytest.raises(MalformedInput, match="tag"):
        decode_entry(written)


def test_absent_and_zero_are_told_apart() -> None:
    absent = replace(HEADER, causation=None)
    zero = replace(HEADER, causation=0)
    assert decode_header(encode_header(absent)).causation is None
    assert decode_header(encode_header(zero)).causation == 0


@pytest.mark.parametrize(
    "change",
    [
        {"seq": -1},
        {"seq": U64_MAX + 1},
        {"version": 0},
        {"schema": 0},
        {"committed_at_us": -1},
        {"received_at_us": -1},
        {"device_time_us": U64_MAX + 1},
        {"causation": -1},
        {"device": "d", "device_sequence": -1},
        {"stream": ""},
        {"idempotency_key": ""},
        {"name": "Sitzung eröffnet"},
        {"actor": "line\nbreak"},
        {"correlation": "x" * 256},
        {"device_sequence": 1},
        {"algorithm": "none"},
        {"nonce": bytes(11)},
        {"commitment": bytes(31)},
    ],
)
def test_a_header_without_meaning_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        replace(HEADER, **change)


def test_a_header_whose_blobs_are_cut_is_refused() -> None:
    whole = encode_header(HEADER)
    assert whole.endswith(lp(b""))
    with pytest.raises(MalformedInput, match="64 bytes each"):
        decode_header(whole[:-4] + lp(bytes(63)))


@pytest.mark.parametrize(("name", "digest"), [(31, 32), (32, 33)])
def test_a_blob_address_is_two_digests(name: int, digest: int) -> None:
    with pytest.raises(MalformedInput, match="two times 32"):
        BlobAddress(name=bytes(name), stored_digest=bytes(digest))


@pytest.mark.parametrize(
    "change",
    [
        {"previous": bytes(31)},
        {"content_digest": bytes(33)},
        {"previous": b"\x01" * 32},
        {"header": replace(HEADER, version=2)},
        {"device_signature": b"\x30"},
        {"header": SIGNABLE, "device_signature": b""},
        {"header": SIGNABLE, "device_signature": bytes(256)},
        {"header": replace(SIGNABLE, device_time_us=None), "device_signature": b"\x30"},
        {"header": replace(SIGNABLE, device_sequence=None), "device_signature": b"\x30"},
    ],
)
def test_an_entry_whose_parts_contradict_one_another_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        replace(ENTRY, **change)


def test_a_commitment_is_the_digest_of_tag_salt_and_payload() -> None:
    salt = bytes(range(32))
    expected = sha256(b"vultus/commitment/v1\n" + salt + b"{}").digest()
    assert commitment(salt, b"{}") == expected
    with pytest.raises(MalformedInput, match="32 bytes"):
        commitment(b"short", b"{}")


def test_the_associated_data_are_six_fields_in_order() -> None:
    data = associated_data(
        stream="s", version=2, name="N", schema=3, key_id="k", commitment=b"c" * 32
    )
    assert data == b"".join(
        (
            lp(b"s"),
            lp((2).to_bytes(8, "big")),
            lp(b"N"),
            lp((3).to_bytes(8, "big")),
            lp(b"k"),
            lp(b"c" * 32),
        )
    )


def test_the_device_statement_is_a_tag_and_seven_fields_in_order() -> None:
    header = replace(SIGNABLE, device_sequence=7, device_time_us=8)
    expected = b"".join(
        (
            b"vultus/device-statement/v1\n",
            lp(b"capture-session-1"),
            lp(b"SessionOpened"),
            lp((1).to_bytes(8, "big")),
            lp(b"d"),
            lp((7).to_bytes(8, "big")),
            lp((8).to_bytes(8, "big")),
            lp(HEADER.commitment),
        )
    )
    assert statement_of(header) == expected
    assert (
        device_statement(
            stream="capture-session-1",
            name="SessionOpened",
            schema=1,
            device="d",
            device_sequence=7,
            device_time_us=8,
            commitment=HEADER.commitment,
        )
        == expected
    )


def test_there_is_no_device_statement_without_a_device() -> None:
    with pytest.raises(MalformedInput, match="needs device"):
        statement_of(HEADER)


def test_the_tag_of_an_entry_is_permanent() -> None:
    assert encode_entry(ENTRY).startswith(b"vultus/record/v1\n")
    assert ENTRY_TAG == b"vultus/record/v1\n"
