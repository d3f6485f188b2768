"""Hypothesis strategies for headers, entries and whole logs."""

from hashlib import sha256

from hypothesis import strategies as st

from domain.ledger.encoding import U64_MAX
from domain.ledger.entry import (
    NO_PREVIOUS,
    BlobAddress,
    Entry,
    Header,
)

numbers = st.integers(0, U64_MAX)
positive = st.integers(1, U64_MAX)
texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)
digests = st.binary(min_size=32, max_size=32)


def optional(strategy: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    """Return the strategy with None added."""
    return st.none() | strategy


headers = st.builds(
    Header,
    seq=numbers,
    stream=texts,
    version=positive,
    name=texts,
    schema=positive,
    committed_at_us=numbers,
    received_at_us=optional(numbers),
    device_time_us=optional(numbers),
    actor=texts,
    device=texts,
    device_sequence=optional(numbers),
    correlation=texts,
    causation=optional(numbers),
    idempotency_key=st.none() | texts,
    key_id=texts,
    nonce=st.binary(min_size=12, max_size=12),
    commitment=digests,
    blobs=st.lists(st.builds(BlobAddress, name=digests, stored_digest=digests), max_size=3).map(
        tuple
    ),
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw an entry whose parts agree with one another."""
    header = draw(headers)
    signable = header.device_sequence is not None and header.device_time_us is not None
    return Entry(
        header=header,
        previous=NO_PREVIOUS
        if header.version == 1
        else draw(digests.filter(lambda each: each != NO_PREVIOUS)),
        content_digest=draw(digests),
        device_signature=draw(st.none() | st.binary(min_size=1, max_size=72)) if signable else None,
    )


def header_at(seq: int, stream: str, version: int) -> Header:
    """Return a plain header for a place in the log."""
    return Header(
        seq=seq,
        stream=stream,
        version=version,
        name="SessionOpened",
        schema=1,
        committed_at_us=1_772_529_240_000_000 + seq,
        actor="service:test",
        correlation="0198c0de-0000-7000-8000-000000000001",
        key_id="clinic:0198c0de-0000-7000-8000-000000000002",
        nonce=seq.to_bytes(12, "big"),
        commitment=sha256(b"payload %d" % seq).digest(),
    )
