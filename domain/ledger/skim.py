"""Read of an entry only what chain and tree need, several times faster than decoding it.

Rules kept here:

1. What is read here is read from the same places as by ``decode_entry``; an entry that decodes is
   skimmed to the same values.
2. The reverse does not hold: an entry may skim and not decode. The tree covers every byte either
   way; whoever wants to use the rest of the header decodes it.
3. A page of entries is skimmed column by column, so that the loop over it runs in the interpreter's
   own code; a page in which one entry is not laid out like one is left to ``skim``.

Source: ``SPECIFICATION.md``, sections 2 and 3.
"""

import struct
from collections.abc import Sequence
from operator import sub
from typing import Final, NamedTuple

from domain.errors import MalformedInput
from domain.ledger.encoding import DIGEST_SIZE, lp, split_fields, to_u64
from domain.ledger.entry import DEVICE_STATEMENT_TAG, ENTRY_TAG

_NUMBER_SIZE: Final = 8
_TAG_SIZE: Final = len(ENTRY_TAG)
_START: Final = struct.Struct(f">{_TAG_SIZE}sIIQI")  # tag, header length, seq field, stream length
_STREAM_AT: Final = _START.size
_HEADER_AT: Final = _TAG_SIZE + 4
_NUMBER: Final = struct.Struct(">IQ")
_END: Final = struct.Struct(f">{DIGEST_SIZE}s{DIGEST_SIZE}sI")
_LENGTH: Final = struct.Struct(">I")
_STREAM_MAX: Final = 255
_STREAM_SIZE_AT: Final = _STREAM_AT - 1  # its last byte, for streams of up to _STREAM_MAX bytes
_STARTS: Final = tuple(
    struct.Struct(f">{_TAG_SIZE}sIIQI{size}sIQ").unpack_from for size in range(_STREAM_MAX + 1)
)
_AROUND: Final = _HEADER_AT + _END.size  # bytes of an entry without header and signature
_HEADER_FIELDS: Final = 19
_SIGNED_FIELDS: Final = (1, 3, 4, 9, 10, 7, 17)  # places in a header, in the statement's order


class Skimmed(NamedTuple):
    """What chain and tree need of an entry.

    Attributes:
        seq: Place in the log.
        stream: Name of the stream, as its bytes.
        version: Place in the stream.
        previous: Leaf hash of the stream's previous record.
        content_digest: SHA-256 of the ciphertext.
        signature_size: Bytes of the device signature; 0 if there is none.
    """

    seq: int
    stream: bytes
    version: int
    previous: bytes
    content_digest: bytes
    signature_size: int


def skim(entry: bytes) -> Skimmed:
    """Read what chain and tree need.

    Raises:
        MalformedInput: the bytes are not laid out like an entry.
    """
    try:
        tag, header_size, seq_size, seq, stream_size = _START.unpack_from(entry)
        version_at = _STREAM_AT + stream_size
        version_size, version = _NUMBER.unpack_from(entry, version_at)
        end = _HEADER_AT + header_size
        previous, content_digest, signature_size = _END.unpack_from(entry, end)
    except struct.error as error:
        raise MalformedInput("an entry ends too early") from error
    if (
        tag != ENTRY_TAG
        or seq_size != _NUMBER_SIZE
        or version_size != _NUMBER_SIZE
        or version_at + _NUMBER.size > end
        or end + _END.size + signature_size != len(entry)
    ):
        raise MalformedInput("the bytes are not laid out like an entry")
    stream = entry[_STREAM_AT:version_at]
    return Skimmed(seq, stream, version, previous, content_digest, signature_size)


def is_laid_out(entry: bytes) -> bool:
    """Say whether bytes are laid out like an entry."""
    try:
        skim(entry)
    except MalformedInput:
        return False
    return True


class Columns(NamedTuple):
    """What chain and tree need of a page of entries, each a tuple in the page's order."""

    seqs: tuple[int, ...]
    streams: tuple[bytes, ...]
    versions: tuple[int, ...]
    previous: tuple[bytes, ...]
    content_digests: tuple[bytes, ...]


def skim_page(entries: Sequence[bytes]) -> Columns | None:
    """Read what chain and tree need of a page; None where an entry has to be looked at alone."""
    count = len(entries)
    starts = _STARTS
    end_of = _END.unpack_from
    try:
        tags, headers, seq_sizes, seqs, sizes, streams, version_sizes, versions = zip(
            *[starts[entry[_STREAM_SIZE_AT]](entry) for entry in entries], strict=True
        )
        previous, digests, signatures = zip(
            *[
                end_of(entry, _HEADER_AT + header)
                for entry, header in zip(entries, headers, strict=True)
            ],
            strict=True,
        )
    except (IndexError, struct.error, ValueError):
        return None
    around = list(map(sub, map(len, entries), headers))
    if (
        tags.count(ENTRY_TAG) != count
        or seq_sizes.count(_NUMBER_SIZE) != count
        or version_sizes.count(_NUMBER_SIZE) != count
        or sizes != tuple(map(len, streams))
        or _STREAM_AT + max(sizes) + _NUMBER.size > _HEADER_AT + min(headers)
        or (
            around != [_AROUND + size for size in signatures]
            if any(signatures)
            else around.count(_AROUND) != count
        )
    ):
        return None
    return Columns(seqs, streams, versions, previous, digests)


class Signed(NamedTuple):
    """What the check of a device signature needs of an entry.

    Attributes:
        seq: Place in the log.
        name: The event's name.
        device: The device that signed.
        device_sequence: The device's own count.
        statement: The bytes that were signed.
        signature: The signature over them.
    """

    seq: int
    name: str
    device: str
    device_sequence: int
    statement: bytes
    signature: bytes


def stream_begins(entry: bytes, prefix: bytes) -> bool:
    """Say whether the name of an entry's stream begins with these bytes."""
    return entry.startswith(prefix, _STREAM_AT)


def skim_signed(entry: bytes) -> Signed | None:
    """Read what a device signed and its signature; None where no device signed.

    Raises:
        MalformedInput: the bytes are not laid out like an entry, or nobody can have signed it.
    """
    try:
        end = _HEADER_AT + _LENGTH.unpack_from(entry, _TAG_SIZE)[0]
        signature_size = _LENGTH.unpack_from(entry, end + 2 * DIGEST_SIZE)[0]
    except struct.error as error:
        raise MalformedInput("an entry ends too early") from error
    if not entry.startswith(ENTRY_TAG) or end + _END.size + signature_size != len(entry):
        raise MalformedInput("the bytes are not laid out like an entry")
    if not signature_size:
        return None
    fields = split_fields(entry[_HEADER_AT:end], _HEADER_FIELDS)
    signed = [fields[place] for place in _SIGNED_FIELDS]
    if not all(signed):
        raise MalformedInput("a device signature needs device, device sequence and device time")
    try:
        name, device = fields[3].decode("ascii"), fields[9].decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedInput("a header text is not printable ASCII") from error
    return Signed(
        to_u64(fields[0]),
        name,
        device,
        to_u64(fields[10]),
        DEVICE_STATEMENT_TAG + b"".join(map(lp, signed)),
        entry[-signature_size:],
    )
