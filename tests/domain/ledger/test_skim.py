"""Skimming reads the same as decoding, and nothing that is not laid out like an entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger.entry import Entry, decode_entry, encode_entry, statement_of
from domain.ledger.skim import (
    Columns,
    is_laid_out,
    places_to_look_at,
    skim,
    skim_page,
    skim_signed,
    stream_begins,
)
from tests.domain.ledger.logs import clinic_log
from tests.domain.ledger.strategies import entries


@given(entries())
def test_an_entry_is_skimmed_to_what_it_decodes_to(entry: Entry) -> None:
    seen = skim(encode_entry(entry))
    assert seen.seq == entry.header.seq
    assert seen.stream.decode() == entry.header.stream
    assert seen.version == entry.header.version
    assert seen.previous == entry.previous
    assert seen.content_digest == entry.content_digest
    assert seen.signature_size == len(entry.device_signature or b"")


@given(entries(), st.data())
def test_a_cut_or_lengthened_entry_is_not_skimmed(entry: Entry, data: st.DataObject) -> None:
    written = encode_entry(entry)
    with pytest.raises(MalformedInput):
        skim(written[: data.draw(st.integers(0, len(written) - 1))])
    with pytest.raises(MalformedInput, match="laid out"):
        skim(written + b"\0")


@given(entries(), st.integers(0, 40), st.integers(1, 255))
def test_an_entry_with_another_tag_or_layout_is_not_skimmed(
    entry: Entry, place: int, change: int
) -> None:
    written = bytearray(encode_entry(entry))
    written[place] ^= change
    try:
        seen = skim(bytes(written))
    except MalformedInput:
        return
    assert seen != skim(encode_entry(entry))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_not_skimmed(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        skim(data)


@given(st.lists(entries(), min_size=1, max_size=5))
def test_a_page_is_skimmed_to_what_its_entries_are(page: list[Entry]) -> None:
    written = [encode_entry(entry) for entry in page]
    columns = skim_page(written)
    alone = [skim(entry) for entry in written]
    assert columns is None or columns == Columns(
        *(tuple(column) for column in zip(*(each[:5] for each in alone), strict=True))
    )


def test_a_page_of_entries_as_they_are_recorded_is_skimmed_at_once() -> None:
    assert skim_page([record.entry for record in clinic_log().records]) is not None


@given(st.lists(entries(), min_size=1, max_size=3), st.data())
def test_a_page_with_an_entry_that_is_none_is_left_to_be_looked_at_one_by_one(
    page: list[Entry], data: st.DataObject
) -> None:
    written = [encode_entry(entry) for entry in page]
    at = data.draw(st.integers(0, len(written) - 1))
    spoiled = bytearray(written[at])
    place = data.draw(st.integers(0, len(spoiled) - 1))
    spoiled[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.sampled_from([len(spoiled), place]))
    written[at] = bytes(spoiled[:cut])
    columns = skim_page(written)
    if not is_laid_out(written[at]):
        assert columns is None
    elif columns is not None:
        assert columns.seqs[at] == skim(written[at]).seq


@given(entries())
def test_a_signed_entry_is_skimmed_to_what_its_device_signed(entry: Entry) -> None:
    written = encode_entry(entry)
    signed = skim_signed(written)
    if entry.device_signature is None:
        assert signed is None
        return
    assert signed is not None
    header = entry.header
    assert signed.statement == statement_of(header)
    assert signed.signature == entry.device_signature
    assert (signed.seq, signed.name) == (header.seq, header.name)
    assert (signed.device, signed.device_sequence) == (header.device, header.device_sequence)


@given(entries(), st.data())
def test_what_is_skimmed_as_signed_was_signed(entry: Entry, data: st.DataObject) -> None:
    spoiled = bytearray(encode_entry(entry))
    spoiled[data.draw(st.integers(0, len(spoiled) - 1))] ^= data.draw(st.integers(1, 255))
    written = bytes(spoiled)
    try:
        decoded = decode_entry(written)
    except MalformedInput:
        return
    signed = skim_signed(written)
    assert (signed and signed.signature) == decoded.device_signature


def signed_entry() -> bytes:
    """Return an entry that a device signed."""
    found = (record.entry for record in clinic_log().records if skim_signed(record.entry))
    return bytes(next(found))


def test_an_entry_of_another_tag_is_not_skimmed_for_its_signature() -> None:
    entry = signed_entry()
    with pytest.raises(MalformedInput, match="not laid out"):
        skim_signed(b"X" + entry[1:])


def test_a_signed_entry_that_ends_within_its_first_lengths_is_named() -> None:
    with pytest.raises(MalformedInput, match="ends too early"):
        skim_signed(signed_entry()[:20])


def test_nobody_signed_an_entry_whose_numbers_have_another_length() -> None:
    entry = bytearray(signed_entry())
    seq_at = entry.index(b"\n") + 1 + 4  # after the tag's line and the header's length
    assert entry[seq_at : seq_at + 4] == (8).to_bytes(4, "big")
    entry[seq_at : seq_at + 4] = (7).to_bytes(4, "big")
    with pytest.raises(MalformedInput, match="needs device"):
        skim_signed(bytes(entry))


@given(st.lists(entries(), max_size=4), st.binary(max_size=60))
def test_what_may_have_to_be_looked_at_is_never_passed_over(
    page: list[Entry], garbage: bytes
) -> None:
    written = [*(encode_entry(entry) for entry in page), garbage]
    places = places_to_look_at(written, b"device-")
    assert places == [
        place
        for place, entry in enumerate(written)
        if not is_laid_out(entry) or skim(entry).signature_size or stream_begins(entry, b"device-")
    ]
