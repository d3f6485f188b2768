"""Entries written from values, and checked against values, without an object for each in between.

Rules kept here:

1. The bytes are those of ``encode_entry``; what ``decode_entry`` refuses is refused here.
2. An entry is written in two steps, because its place is known last: everything that can be known
   before is made into bytes before, and placing is one more copy.
3. A stored entry is checked by writing again what is known of it and comparing bytes; only what
   is not known is read from it.

Source: ``SPECIFICATION.md``, sections 2 and 3.
"""

import struct
from typing import Final, NamedTuple

from domain.errors import MalformedInput
from domain.ledger.encoding import DIGEST_SIZE, lp, lp_header_text
from domain.ledger.entry import (
    ALGORITHM,
    BLOB_SIZE,
    ENTRY_TAG,
    NO_PREVIOUS,
    NONCE_SIZE,
    SIGNATURE_MAX,
)

_NUMBER_SIZE: Final = 8
_NUMBER: Final = struct.Struct(">IQ").pack
_START: Final = struct.Struct(f">{len(ENTRY_TAG)}sIIQ")
_LENGTH: Final = struct.Struct(">I").unpack_from
_NUMBER_FIELD: Final = struct.Struct(">IQ").unpack_from
_SECRETS: Final = struct.Struct(f">I{NONCE_SIZE}sI{DIGEST_SIZE}sI")
_END: Final = struct.Struct(f">{DIGEST_SIZE}s{DIGEST_SIZE}sI")
_ABSENT: Final = bytes(4)
_LENGTH_SIZE: Final = 4
_PLACE_SIZE: Final = 24  # the fields seq and committed_at
_ALGORITHM_FIELD: Final = lp(ALGORITHM.encode())
_text_field: Final = lp_header_text
_text_field_once: Final = lp_header_text.__wrapped__  # for texts that do not come again


class Unknown(NamedTuple):
    """What an entry says beyond what is known of it.

    Attributes:
        received_at_us: When the service received the request.
        device_time_us: What the device's clock said.
        nonce: 12 bytes.
        commitment: 32 bytes.
        blobs: Name and stored digest of each blob, 64 bytes each, one after the other.
        content_digest: SHA-256 of the ciphertext.
        signature: The device's signature; empty if there is none.
    """

    received_at_us: int | None
    device_time_us: int | None
    nonce: bytes
    commitment: bytes
    blobs: bytes
    content_digest: bytes
    signature: bytes


def naming(stream: str, version: int, name: str, schema: int) -> bytes:
    """Return the header's fields 2 to 5: which event of which stream.

    Raises:
        MalformedInput: a value has no encoding or no meaning.
    """
    if version < 1 or schema < 1:
        raise MalformedInput("a header number is out of range")
    try:
        return b"".join(
            (
                _text_field(stream),
                _NUMBER(_NUMBER_SIZE, version),
                _text_field(name),
                _NUMBER(_NUMBER_SIZE, schema),
            )
        )
    except struct.error as error:
        raise MalformedInput("a header number is out of range") from error


def origin(  # noqa: PLR0917 - the header's own order; names would be looked up at every record
    actor: str,
    device: str | None,
    device_sequence: int | None,
    correlation: str,
    causation: int | None,
    idempotency_key: str | None,
    key_id: str,
) -> bytes:
    """Return the header's fields 9 to 16: from whom and why, and under which key.

    Raises:
        MalformedInput: a value has no encoding or no meaning.
    """
    if device is None and device_sequence is not None:
        raise MalformedInput("a header has a device sequence and no device")
    return b"".join(
        (
            _text_field(actor),
            _ABSENT if device is None else _text_field(device),
            _ABSENT if device_sequence is None else _number(device_sequence),
            _text_field(correlation),
            _ABSENT if causation is None else _number(causation),
            _ABSENT if idempotency_key is None else _text_field_once(idempotency_key),
            _text_field(key_id),
            _ALGORITHM_FIELD,
        )
    )


def circumstances(
    origin: bytes,
    *,
    received_at_us: int | None,
    device_time_us: int | None,
    nonce: bytes,
    commitment: bytes,
    blobs: bytes,
) -> bytes:
    """Return the header's fields from the 7th on, given fields 9 to 16.

    Raises:
        MalformedInput: a value has no encoding or no meaning.
    """
    if len(nonce) != NONCE_SIZE or len(commitment) != DIGEST_SIZE:
        raise MalformedInput("a header's nonce or commitment has the wrong length")
    if len(blobs) % BLOB_SIZE:
        raise MalformedInput(f"the blobs of a header take {BLOB_SIZE} bytes each")
    return b"".join(
        (
            _ABSENT if received_at_us is None else _number(received_at_us),
            _ABSENT if device_time_us is None else _number(device_time_us),
            origin,
            _SECRETS.pack(NONCE_SIZE, nonce, DIGEST_SIZE, commitment, len(blobs)),
            blobs,
        )
    )


def bound(naming: bytes, key_id: str, commitment: bytes) -> bytes:
    """Return the associated data of a ciphertext, given the header's fields 2 to 5."""
    return b"".join((naming, _text_field(key_id), b"\x00\x00\x00\x20", commitment))


def ending(content_digest: bytes, signature: bytes) -> bytes:
    """Return what follows the previous hash in an entry.

    Raises:
        MalformedInput: the signature is too long.
    """
    if len(signature) > SIGNATURE_MAX:
        raise MalformedInput("a device signature is empty or too long")
    return content_digest + lp(signature)


def place(
    naming: bytes,
    circumstances: bytes,
    ending: bytes,
    *,
    seq: int,
    committed_at_us: int,
    previous: bytes,
) -> bytes:
    """Return an entry, given its parts and its place."""
    size = _PLACE_SIZE + len(naming) + len(circumstances)
    return b"".join(
        (
            _START.pack(ENTRY_TAG, size, _NUMBER_SIZE, seq),
            naming,
            _NUMBER(_NUMBER_SIZE, committed_at_us),
            circumstances,
            previous,
            ending,
        )
    )


def check_entry(
    entry: bytes, naming: bytes, origin: bytes, *, seq: int, committed_at_us: int, previous: bytes
) -> Unknown:
    """Check that an entry says what is known of it, and return what else it says.

    Args:
        entry: The entry's bytes.
        naming: What the header's fields 2 to 5 must be.
        origin: What the header's fields 9 to 16 must be.
        seq: What its place must be.
        committed_at_us: What its commit time must be.
        previous: What the previous hash must be.

    Raises:
        MalformedInput: it says something else, or is not exactly what ``encode_entry`` writes.
    """
    try:
        at = _START.size + len(naming)
        known = _START.pack(ENTRY_TAG, _header_size(entry), _NUMBER_SIZE, seq) + naming
        known += _NUMBER(_NUMBER_SIZE, committed_at_us)
        received_at_us, at = _optional_number(entry, len(known))
        device_time_us, origin_at = _optional_number(entry, at)
        at = origin_at + len(origin)
        nonce_size, nonce, digest_size, commitment, blobs_size = _SECRETS.unpack_from(entry, at)
        at += _SECRETS.size + blobs_size
        blobs = entry[at - blobs_size : at]
        stated, content_digest, signature_size = _END.unpack_from(entry, at)
    except struct.error as error:
        raise MalformedInput("an entry ends too early") from error
    if not (
        entry.startswith(known)
        and entry.startswith(origin, origin_at)
        and nonce_size == NONCE_SIZE
        and digest_size == DIGEST_SIZE
        and not blobs_size % BLOB_SIZE
        and stated == previous
        and at == len(ENTRY_TAG) + _LENGTH_SIZE + _header_size(entry)
        and at + _END.size + signature_size == len(entry)
        and signature_size <= SIGNATURE_MAX
    ):
        raise MalformedInput("the bytes are not the entry that they should be")
    return Unknown(
        received_at_us,
        device_time_us,
        nonce,
        commitment,
        blobs,
        content_digest,
        entry[at + _END.size :],
    )


def check_meaning(version: int, previous: bytes, said: Unknown, sequence: int | None) -> None:
    """Refuse parts of an entry that contradict one another.

    Args:
        version: Place in the stream.
        previous: Previous hash.
        said: What else the entry says.
        sequence: The device's count; absent if there is none or no device.

    Raises:
        MalformedInput: they do.
    """
    if (version == 1) != (previous == NO_PREVIOUS):
        raise MalformedInput("exactly the first record of a stream has no previous hash")
    if said.signature and (sequence is None or said.device_time_us is None):
        raise MalformedInput("a device signature needs device, device sequence and device time")


def _number(value: int) -> bytes:
    try:
        return _NUMBER(_NUMBER_SIZE, value)
    except struct.error as error:
        raise MalformedInput("a header number is out of range") from error


def _header_size(entry: bytes) -> int:
    (size,) = _LENGTH(entry, len(ENTRY_TAG))
    return int(size)


def _optional_number(entry: bytes, at: int) -> tuple[int | None, int]:
    """Return a number that may be absent, and where the next field begins."""
    (size,) = _LENGTH(entry, at)
    if not size:
        return None, at + _LENGTH_SIZE
    size, value = _NUMBER_FIELD(entry, at)
    if size != _NUMBER_SIZE:
        raise MalformedInput(f"an integer field has {size} bytes instead of 8")
    return value, at + _LENGTH_SIZE + _NUMBER_SIZE
