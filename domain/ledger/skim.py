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
from domain.ledger.encoding import DIGEST_SIZE
from domain.ledger.entry import DEVICE_STATEMENT_TAG, ENTRY_TAG

_NUMBER_SIZE: Final = 8
_TAG_SIZE: Final = len(ENTRY_TAG)
_START: Final = struct.Struct(f">{_TAG_SIZE}sIIQI")  # tag, header length, seq field, stream length
STREAM_AT: Final = _START.size
"""Where in an entry the name of its stream begins."""
_HEADER_AT: Final = _TAG_SIZE + 4
_NUMBER: Final = struct.Struct(">IQ")
_END: Final = struct.Struct(f">{DIGEST_SIZE}s{DIGEST_SIZE}sI")
_LENGTH: Final = struct.Struct(">I")
_UNSIGNED: Final = bytes(_LENGTH.size)
_STREAM_MAX: Final = 255
_STREAM_SIZE_AT: Final = STREAM_AT - 1  # its last byte, for streams of up to _STREAM_MAX bytes
_STARTS: Final = tuple(
    struct.Struct(f">{_TAG_SIZE}sIIQI{size}sIQ").unpack_from for size in range(_STREAM_MAX + 1)
)
_AROUND: Final = _HEADER_AT + _END.size  # bytes of an entry without header and signature
_NUMBER_LENGTH: Final = struct.Struct(">IQI")  # an integer's field, length of the next field
_TWO_NUMBERS: Final = struct.Struct(">IQIQI")
_FIELDS_BETWEEN: Final = 6  # correlation to nonce
_COMMITMENT: Final = struct.Struct(f">I{DIGEST_SIZE}sI")  # and the length of the blobs


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
        version_at = STREAM_AT + stream_size
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
    stream = entry[STREAM_AT:version_at]
    return Skimmed(seq, stream, version, previous, content_digest, signature_size)


def is_laid_out(entry: bytes) -> bool:
    """Say whether bytes are laid out like an entry."""
    try:
        skim(entry)
    except MalformedInput:
        return False
    return True


def stream_begins(entry: bytes, prefix: bytes) -> bool:
    """Say whether the name of an entry's stream begins with these bytes."""
    return entry.startswith(prefix, STREAM_AT)


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
        or STREAM_AT + max(sizes) + _NUMBER.size > _HEADER_AT + min(headers)
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


def places_to_look_at(entries: Sequence[bytes], stream_prefix: bytes) -> list[int]:
    """Return where in a page stand entries that a device signed, or of streams so named.

    An entry that is not laid out like one is among them.
    """
    length_of = _LENGTH.unpack_from
    return [
        place
        for place, entry in enumerate(entries)
        if not (
            entry.endswith(_UNSIGNED)
            and entry.startswith(ENTRY_TAG)
            and length_of(entry, _TAG_SIZE)[0] + _AROUND == len(entry)
        )
        or entry.startswith(stream_prefix, STREAM_AT)
    ]


def skim_signed(entry: bytes) -> Signed | None:
    """Read what a device signed and its signature; None where no device signed.

    The fields of the statement stand in the header as they stand in the statement, so they are
    cut out and not decoded.

    Raises:
        MalformedInput: the bytes are not laid out like an entry, or nobody can have signed it.
    """
    length_of, number_of = _LENGTH.unpack_from, _NUMBER_LENGTH.unpack_from
    try:
        tag, header_size, seq_size, seq, stream_size = _START.unpack_from(entry)
        end = _HEADER_AT + header_size
        signature_size = length_of(entry, end + 2 * DIGEST_SIZE)[0]
        if tag != ENTRY_TAG or end + _END.size + signature_size != len(entry):
            raise MalformedInput("the bytes are not laid out like an entry")
        if not signature_size:
            return None
        version_at = STREAM_AT + stream_size
        version_size, _, name_size = number_of(entry, version_at)
        name_at = version_at + _NUMBER.size
        schema_at = name_at + 4 + name_size
        schema_size, _, committed_size, _, received_size = _TWO_NUMBERS.unpack_from(
            entry, schema_at
        )
        time_at = schema_at + _TWO_NUMBERS.size + received_size
        time_size, _, actor_size = number_of(entry, time_at)
        actor_at = time_at + _NUMBER.size
        device_at = actor_at + 4 + actor_size
        sequence_at = device_at + 4 + length_of(entry, device_at)[0]
        sequence_size, sequence, _ = number_of(entry, sequence_at)
        after = at = sequence_at + _NUMBER.size
        for _ in range(_FIELDS_BETWEEN):
            at += 4 + length_of(entry, at)[0]
        commitment_size, _, blobs_size = _COMMITMENT.unpack_from(entry, at)
    except struct.error as error:
        raise MalformedInput("an entry ends too early") from error
    if (
        not seq_size
        == version_size
        == schema_size
        == committed_size
        == time_size
        == sequence_size
        == _NUMBER_SIZE
        or sequence_at == device_at + 4
        or commitment_size != DIGEST_SIZE
        or at + _COMMITMENT.size + blobs_size != end
    ):
        raise MalformedInput("a device signature needs device, device sequence and device time")
    return Signed(
        seq,
        entry[name_at + 4 : schema_at].decode("ascii", "backslashreplace"),
        entry[device_at + 4 : sequence_at].decode("ascii", "backslashreplace"),
        sequence,
        b"".join(
            (
                DEVICE_STATEMENT_TAG,
                entry[STREAM_AT - 4 : version_at],
                entry[name_at : schema_at + _NUMBER.size],
                entry[device_at:after],
                entry[time_at:actor_at],
                entry[at : at + 4 + DIGEST_SIZE],
            )
        ),
        entry[end + _END.size :],
    )
