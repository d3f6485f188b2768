"""The entry: what the log publishes of each record, and the statements hashed and signed with it.

Rules kept here:

1. The entry says nothing about its content: that is encrypted, and named here by the digest of
   the ciphertext and by a salted commitment. The entry survives erasure unchanged.
2. Every entry has exactly one encoding; decoding and encoding again gives the same bytes.
3. Header texts are printable ASCII: identifiers and permanent words, never prose, never names.
4. A device signature stands only where the header names device, sequence and device time, for
   the signed statement consists of them.

Source: ``SPECIFICATION.md``, sections 2 and 3.
"""

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from domain.errors import MalformedInput
from domain.ledger.encoding import (
    DIGEST_SIZE,
    HEADER_TEXT_MAX,
    U64_MAX,
    lp,
    lp_header_text,
    lp_optional_text,
    lp_optional_u64,
    lp_text,
    lp_u64,
    split_fields,
    to_u64,
)

ENTRY_TAG: Final = b"vultus/record/v1\n"
COMMITMENT_TAG: Final = b"vultus/commitment/v1\n"
DEVICE_STATEMENT_TAG: Final = b"vultus/device-statement/v1\n"

ALGORITHM: Final = "A256GCM"
NONCE_SIZE: Final = 12
SALT_SIZE: Final = 32
TEXT_MAX: Final = HEADER_TEXT_MAX
SIGNATURE_MAX: Final = 255
NO_PREVIOUS: Final = bytes(DIGEST_SIZE)

BLOB_SIZE: Final = 2 * DIGEST_SIZE
_START: Final = struct.Struct(f">{len(ENTRY_TAG)}sI")
_END: Final = struct.Struct(f">{DIGEST_SIZE}s{DIGEST_SIZE}sI")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobAddress:
    """Where one blob lies and what its stored file must hash to; needs no key to check.

    Attributes:
        name: The 32 bytes whose hexadecimal form is the stored file's name.
        stored_digest: SHA-256 of the stored, encrypted file.
    """

    name: bytes
    stored_digest: bytes

    def __post_init__(self) -> None:
        """Refuse anything but two digests."""
        if len(self.name) != DIGEST_SIZE or len(self.stored_digest) != DIGEST_SIZE:
            raise MalformedInput("a blob address consists of two times 32 bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is said in the clear about one record; all of it pseudonymous.

    Attributes:
        seq: Place in the log, from 0, gapless; the index of the Merkle leaf.
        stream: Name of the stream, ``<kind>-<uuid>``.
        version: Place in the stream, from 1, gapless.
        name: The event's permanent name.
        schema: Version of the payload's schema, from 1.
        committed_at_us: When the log took the record; microseconds since 1970, UTC.
        received_at_us: When the service received the request, if that is known.
        device_time_us: What the device's clock said, if a device made the record.
        actor: Who acted: ``practitioner:<uuid>``, ``device:<uuid>`` or ``service:<word>``.
        device: Identifier of the device that made the record, if one did.
        device_sequence: The device's own count, strictly rising per device.
        correlation: What this record belongs together with.
        causation: Seq of the record that led to this one, if a record did.
        idempotency_key: The key under which the request may be repeated, if it had one.
        key_id: The data key the content is encrypted under.
        algorithm: How it is encrypted; always ``A256GCM``.
        nonce: The 12 bytes used once with that key.
        commitment: The salted commitment to the payload (see ``commitment``).
        blobs: The blobs this record depends on.
    """

    seq: int
    stream: str
    version: int
    name: str
    schema: int
    committed_at_us: int
    received_at_us: int | None = None
    device_time_us: int | None = None
    actor: str
    device: str | None = None
    device_sequence: int | None = None
    correlation: str
    causation: int | None = None
    idempotency_key: str | None = None
    key_id: str
    algorithm: str = ALGORITHM
    nonce: bytes
    commitment: bytes
    blobs: tuple[BlobAddress, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that have no encoding or no meaning.

        Raises:
            MalformedInput: a value is out of range, empty, too long or not printable ASCII.
        """
        if not (
            0 <= self.seq <= U64_MAX
            and 1 <= self.version <= U64_MAX
            and 1 <= self.schema <= U64_MAX
            and 0 <= self.committed_at_us <= U64_MAX
            and 0 <= (self.received_at_us or 0) <= U64_MAX
            and 0 <= (self.device_time_us or 0) <= U64_MAX
            and 0 <= (self.device_sequence or 0) <= U64_MAX
            and 0 <= (self.causation or 0) <= U64_MAX
        ):
            raise MalformedInput("a header number is out of range")
        for text in (self.stream, self.name, self.actor, self.correlation, self.key_id):
            lp_header_text(text)
        for option in (self.device, self.idempotency_key):
            _ = option is None or lp_header_text(option)
        if self.device_sequence is not None and self.device is None:
            raise MalformedInput("a header has a device sequence and no device")
        if self.algorithm != ALGORITHM:
            raise MalformedInput(f"a header's algorithm is not {ALGORITHM}")
        if len(self.nonce) != NONCE_SIZE or len(self.commitment) != DIGEST_SIZE:
            raise MalformedInput("a header's nonce or commitment has the wrong length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record as the log publishes it.

    Attributes:
        header: What is said in the clear.
        previous: Leaf hash of the stream's previous record; ``NO_PREVIOUS`` at version 1.
        content_digest: SHA-256 of the ciphertext.
        device_signature: ECDSA P-256 with SHA-256 over ``statement_of(header)``, in DER.
    """

    header: Header
    previous: bytes
    content_digest: bytes
    device_signature: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse hashes of the wrong length and a signature over nothing.

        Raises:
            MalformedInput: a part is malformed, or the parts contradict one another.
        """
        if len(self.previous) != DIGEST_SIZE or len(self.content_digest) != DIGEST_SIZE:
            raise MalformedInput("an entry's hashes have 32 bytes each")
        if (self.header.version == 1) != (self.previous == NO_PREVIOUS):
            raise MalformedInput("exactly the first record of a stream has no previous hash")
        if self.device_signature is not None:
            if not 0 < len(self.device_signature) <= SIGNATURE_MAX:
                raise MalformedInput("a device signature is empty or too long")
            _signing_device(self.header)


def encode_header(header: Header) -> bytes:
    """Encode a header: every field length-prefixed, in fixed order, absent ones empty."""
    return b"".join(
        (
            lp_u64(header.seq),
            lp_text(header.stream),
            lp_u64(header.version),
            lp_text(header.name),
            lp_u64(header.schema),
            lp_u64(header.committed_at_us),
            lp_optional_u64(header.received_at_us),
            lp_optional_u64(header.device_time_us),
            lp_text(header.actor),
            lp_optional_text(header.device),
            lp_optional_u64(header.device_sequence),
            lp_text(header.correlation),
            lp_optional_u64(header.causation),
            lp_optional_text(header.idempotency_key),
            lp_text(header.key_id),
            lp_text(header.algorithm),
            lp(header.nonce),
            lp(header.commitment),
            lp(b"".join([blob.name + blob.stored_digest for blob in header.blobs])),
        )
    )


def decode_header(data: bytes) -> Header:
    """Decode a header.

    Raises:
        MalformedInput: the bytes are not exactly what ``encode_header`` writes.
    """
    (
        seq, stream, version, name, schema, committed_at, received_at, device_time, actor, device,
        device_sequence, correlation, causation, idempotency_key, key_id, algorithm, nonce,
        digest, blobs,
    ) = split_fields(data, 19)  # fmt: skip
    try:
        return Header(
            seq=to_u64(seq),
            stream=stream.decode("ascii"),
            version=to_u64(version),
            name=name.decode("ascii"),
            schema=to_u64(schema),
            committed_at_us=to_u64(committed_at),
            received_at_us=to_u64(received_at) if received_at else None,
            device_time_us=to_u64(device_time) if device_time else None,
            actor=actor.decode("ascii"),
            device=device.decode("ascii") if device else None,
            device_sequence=to_u64(device_sequence) if device_sequence else None,
            correlation=correlation.decode("ascii"),
            causation=to_u64(causation) if causation else None,
            idempotency_key=idempotency_key.decode("ascii") if idempotency_key else None,
            key_id=key_id.decode("ascii"),
            algorithm=algorithm.decode("ascii"),
            nonce=nonce,
            commitment=digest,
            blobs=_decode_blobs(blobs) if blobs else (),
        )
    except UnicodeDecodeError as error:
        raise MalformedInput("a header text is not printable ASCII") from error


def encode_entry(entry: Entry) -> bytes:
    """Encode an entry: tag, header, previous hash, content digest, device signature."""
    header, signature = lp(encode_header(entry.header)), lp(entry.device_signature or b"")
    return b"".join((ENTRY_TAG, header, entry.previous, entry.content_digest, signature))


def decode_entry(data: bytes) -> Entry:
    """Decode an entry.

    Raises:
        MalformedInput: the bytes are not exactly what ``encode_entry`` writes.
    """
    try:
        tag, size = _START.unpack_from(data)
        at = _START.size + size
        previous, content_digest, signature_size = _END.unpack_from(data, at)
    except struct.error as error:
        raise MalformedInput(f"the bytes end too early, at byte {len(data)}") from error
    if tag != ENTRY_TAG:
        raise MalformedInput("the bytes do not begin with the tag of an entry")
    if len(signature := data[at + _END.size :]) != signature_size:
        raise MalformedInput("the bytes do not end with the device signature")
    return Entry(
        header=decode_header(data[_START.size : at]),
        previous=previous,
        content_digest=content_digest,
        device_signature=signature or None,
    )


def commitment(salt: bytes, payload: bytes) -> bytes:
    """Commit to a payload: whoever is given salt and payload can check it, nobody can guess it.

    Raises:
        MalformedInput: the salt does not have 32 bytes.
    """
    if len(salt) != SALT_SIZE:
        raise MalformedInput(f"a salt has {SALT_SIZE} bytes")
    return sha256(COMMITMENT_TAG + salt + payload).digest()


def associated_data(
    *, stream: str, version: int, name: str, schema: int, key_id: str, commitment: bytes
) -> bytes:
    """Return what the ciphertext is bound to, so that it cannot be moved to another record."""
    return b"".join(
        (
            lp_text(stream),
            lp_u64(version),
            lp_text(name),
            lp_u64(schema),
            lp_text(key_id),
            lp(commitment),
        )
    )


def device_statement(
    *,
    stream: str,
    name: str,
    schema: int,
    device: str,
    device_sequence: int,
    device_time_us: int,
    commitment: bytes,
) -> bytes:
    """Return the bytes a device signs about one payload that it made."""
    return b"".join(
        (
            DEVICE_STATEMENT_TAG,
            lp_text(stream),
            lp_text(name),
            lp_u64(schema),
            lp_text(device),
            lp_u64(device_sequence),
            lp_u64(device_time_us),
            lp(commitment),
        )
    )


def statement_of(header: Header) -> bytes:
    """Return the bytes that the device signature beside this header must be over.

    Raises:
        MalformedInput: the header names no device, device sequence or device time.
    """
    device, device_sequence, device_time_us = _signing_device(header)
    return device_statement(
        stream=header.stream,
        name=header.name,
        schema=header.schema,
        device=device,
        device_sequence=device_sequence,
        device_time_us=device_time_us,
        commitment=header.commitment,
    )


def _signing_device(header: Header) -> tuple[str, int, int]:
    if header.device is None or header.device_sequence is None or header.device_time_us is None:
        raise MalformedInput("a device signature needs device, device sequence and device time")
    return header.device, header.device_sequence, header.device_time_us


def _decode_blobs(data: bytes) -> tuple[BlobAddress, ...]:
    if len(data) % BLOB_SIZE:
        raise MalformedInput(f"the blobs of a header take {BLOB_SIZE} bytes each")
    pairs = (data[at : at + BLOB_SIZE] for at in range(0, len(data), BLOB_SIZE))
    return tuple(BlobAddress(name=each[:32], stored_digest=each[32:]) for each in pairs)
