"""Runs of records: whatever is missing, doubled or moved is named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ChainBroken
from domain.ledger.chain import EMPTY_STREAM, LogChecker, StreamChecker, StreamHead
from domain.ledger.entry import NO_PREVIOUS, Entry, encode_entry
from domain.ledger.merkle import leaf_hash
from tests.domain.ledger.strategies import header_at

Link = tuple[Entry, bytes]


def chained(streams: list[int]) -> list[Link]:
    """Return a log in which the n-th record belongs to the n-th stream number."""
    heads: dict[str, StreamHead] = {}
    links: list[Link] = []
    for seq, number in enumerate(streams):
        stream = f"stream-{number}"
        head = heads.get(stream, EMPTY_STREAM)
        entry = Entry(
            header=header_at(seq, stream, head.version + 1),
            previous=head.leaf,
            content_digest=bytes(32),
        )
        leaf = leaf_hash(encode_entry(entry))
        heads[stream] = StreamHead(version=head.version + 1, leaf=leaf)
        links.append((entry, leaf))
    return links


def check(links: list[Link]) -> LogChecker:
    """Run the links through a checker of the whole log."""
    checker = LogChecker()
    for entry, leaf in links:
        checker.take(entry, leaf)
    return checker


@given(st.lists(st.integers(0, 4)))
def test_a_log_as_it_was_written_passes(streams: list[int]) -> None:
    links = chained(streams)
    checker = check(links)
    assert checker.next_seq == len(links)
    for number in range(5):
        assert checker.head(f"stream-{number}").version == streams.count(number)


@pytest.mark.verifies("REQ-IN-002", "DRV-02")
@given(st.lists(st.integers(0, 2), min_size=2), st.data())
def test_a_log_with_a_record_left_out_is_refused(streams: list[int], data: st.DataObject) -> None:
    links = chained(streams)
    place = data.draw(st.integers(0, len(links) - 2))
    with pytest.raises(ChainBroken, match=f"record {place + 1} stands where record {place}"):
        check(links[:place] + links[place + 1 :])


@pytest.mark.verifies("REQ-IN-002")
@given(st.lists(st.integers(0, 2), min_size=1), st.data())
def test_a_log_with_a_record_doubled_is_refused(streams: list[int], data: st.DataObject) -> None:
    links = chained(streams)
    place = data.draw(st.integers(0, len(links) - 1))
    with pytest.raises(ChainBroken, match=f"record {place} stands where"):
        check(links[: place + 1] + links[place:])


@pytest.mark.verifies("REQ-IN-002")
@given(st.lists(st.integers(0, 2), min_size=2), st.data())
def test_a_log_with_two_records_swapped_is_refused(streams: list[int], data: st.DataObject) -> None:
    links = chained(streams)
    first = data.draw(st.integers(0, len(links) - 2))
    second = data.draw(st.integers(first + 1, len(links) - 1))
    links[first], links[second] = links[second], links[first]
    with pytest.raises(ChainBroken, match=f"record {second} stands where record {first} belongs"):
        check(links)


def test_a_stream_with_a_version_left_out_is_refused() -> None:
    (first, leaf), (second, _), (third, _) = chained([0, 0, 0])
    checker = StreamChecker("stream-0")
    checker.take(first, leaf)
    with pytest.raises(ChainBroken, match="version 3 of stream-0, but version 2 comes next"):
        checker.take(third, leaf)
    checker.take(second, leaf_hash(encode_entry(second)))
    assert checker.head.version == 2


def test_a_record_that_carries_another_previous_hash_is_refused() -> None:
    (first, leaf), (second, second_leaf) = chained([0, 0])
    checker = StreamChecker("stream-0")
    checker.take(first, leaf)
    with pytest.raises(ChainBroken, match="does not carry the hash of the version before it"):
        checker.take(replace(second, previous=b"\x01" * 32), second_leaf)


def test_a_record_of_another_stream_is_refused() -> None:
    ((entry, leaf),) = chained([1])
    with pytest.raises(ChainBroken, match="belongs to stream-1, not stream-0"):
        StreamChecker("stream-0").take(entry, leaf)


def test_a_run_can_start_from_a_known_head() -> None:
    (_, leaf), (second, second_leaf) = chained([0, 0])
    checker = StreamChecker("stream-0", StreamHead(version=1, leaf=leaf))
    checker.take(second, second_leaf)
    assert checker.head == StreamHead(version=2, leaf=second_leaf)


def test_an_empty_stream_has_no_previous_hash() -> None:
    assert StreamHead(version=0, leaf=NO_PREVIOUS) == EMPTY_STREAM
