"""Read of an entry only what chain and tree need, several times faster than decoding it.

Rules kept here:

1. What is read here is read from the same places as by ``decode_entry``; an entry that decodes is
   skimmed to the same values.
2. The reverse does not hold: an entry may skim and not decode. The tree covers every byte either
   way; whoever wants to use the rest of the header decodes it.

Source: ``SPECIFICATION.md``, section 2.
"""

import struct
from typing import Final, NamedTuple

from domain.errors import MalformedInput
from domain.ledger.encoding import DIGEST_SIZE
from domain.ledger.entry import ENTRY_TAG

_NUMBER_SIZE: Final = 8
_TAG_SIZE: Final = len(ENTRY_TAG)
_START: Final = struct.Struct(f">{_TAG_SIZE}sIIQI")  # tag, header length, seq field, stream length
_STREAM_AT: Final = _START.size
_HEADER_AT: Final = _TAG_SIZE + 4
_NUMBER: Final = struct.Struct(">IQ")
_END: Final = struct.Struct(f">{DIGEST_SIZE}s{DIGEST_SIZE}sI")


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
