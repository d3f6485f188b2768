"""Skimming reads the same as decoding, and nothing that is not laid out like an entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger.entry import Entry, encode_entry
from domain.ledger.skim import skim
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
