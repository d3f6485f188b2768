"""Draft → sealed record, and stored row → record.

Rules kept here:

1. An event is encoded once. Those bytes are committed to, encrypted and stored; the payload a
   device signed is stored byte for byte as the device made it.
2. Sealing needs neither the writer's lock nor the place in the log: the ciphertext is bound to
   stream, version, name, schema, key and commitment, and to nothing that is decided later.
3. What was sealed is opened only if key, bound data and commitment all agree; where the key was
   destroyed, ``Shredded`` stands in its place and everything else is still checked.
"""

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from adapters.eventlog.rows import Row, check_row
from domain.errors import ContentErased, DigestMismatch, IntegrityFailure, MalformedInput, NotFound
from domain.events.codec import decode, encode
from domain.events.names import Event
from domain.events.record import Attestation, Draft, Record, Shredded
from domain.ledger import canonical
from domain.ledger.entry import (
    NONCE_SIZE,
    SALT_SIZE,
    BlobAddress,
    Entry,
    Header,
    associated_data,
    commitment,
)
from domain.ports import KeyRing, Randomness
from domain.values.actor import Actor
from domain.values.identifiers import DeviceId, StreamName
from domain.values.time import DeviceTime, ServerTime

STORABLE_MAX = (1 << 63) - 1
"""The largest integer that both databases store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A draft made ready to be recorded.

    Attributes:
        header: Complete but for seq and commit time, which are 0 until the log gives them.
        ciphertext: The encrypted salt and payload.
        content_digest: SHA-256 of the ciphertext.
        signature: The device's signature, if a device made it.
    """

    header: Header
    ciphertext: bytes
    content_digest: bytes
    signature: bytes | None


def seal(draft: Draft, *, keys: KeyRing, randomness: Randomness) -> Sealed:
    """Encode, commit to and encrypt a draft.

    Raises:
        MalformedInput: the attestation's payload is not the event, or the event has no encoding.
        ContentErased: the data key is destroyed.
        NotFound: there is no such data key.
    """
    name, schema, plain = encode(draft.event)
    attestation = draft.attestation
    if attestation is None:
        salt, payload = randomness.token(SALT_SIZE), canonical.encode(plain)
    else:
        salt, payload = attestation.salt, _attested(attestation, name, schema, draft.event)
    header = Header(
        seq=0,
        stream=draft.stream,
        version=draft.expected_version + 1,
        name=name,
        schema=schema,
        committed_at_us=0,
        received_at_us=None if draft.received_at is None else draft.received_at.us,
        device_time_us=None if attestation is None else attestation.device_time.us,
        actor=str(draft.actor),
        device=None if attestation is None else str(attestation.device),
        device_sequence=None if attestation is None else attestation.sequence,
        correlation=draft.correlation,
        causation=draft.causation,
        idempotency_key=draft.idempotency_key,
        key_id=draft.key,
        nonce=randomness.token(NONCE_SIZE),
        commitment=commitment(salt, payload),
        blobs=tuple(
            BlobAddress(name=blob.name, stored_digest=blob.stored_digest) for blob in draft.blobs
        ),
    )
    if max(header.version, header.device_sequence or 0, header.causation or 0) > STORABLE_MAX:
        raise MalformedInput("a number of the draft is larger than any database stores")
    ciphertext = keys.seal(draft.key, header.nonce, salt + payload, _bound_to(header))
    return Sealed(
        header=header,
        ciphertext=ciphertext,
        content_digest=sha256(ciphertext).digest(),
        signature=None if attestation is None else attestation.signature,
    )


def recorded(draft: Draft, row: Row) -> Record:
    """Return the record that a draft has become in this row."""
    attestation = draft.attestation
    return Record(
        seq=row.seq,
        stream=draft.stream,
        version=row.version,
        name=row.name,
        schema=row.schema,
        event=draft.event,
        key=draft.key,
        actor=draft.actor,
        committed_at=ServerTime(row.committed_at_us),
        received_at=draft.received_at,
        device=None if attestation is None else attestation.device,
        device_sequence=None if attestation is None else attestation.sequence,
        device_time=None if attestation is None else attestation.device_time,
        correlation=draft.correlation,
        causation=draft.causation,
        idempotency_key=draft.idempotency_key,
        blobs=tuple((blob.name, blob.stored_digest) for blob in draft.blobs),
        leaf=row.leaf,
    )


def unseal(row: Row, entry: Entry, keys: KeyRing) -> Record:
    """Return the record that a checked row stores.

    Args:
        row: The row.
        entry: What ``check_row`` returned for it.
        keys: Data keys.

    Raises:
        DigestMismatch: something stored is not what was recorded.
        UnknownEvent: this build knows no such event.
        IntegrityFailure: the data key is missing although nobody destroyed it.
    """
    try:
        return _record(row, entry, _event(entry, row.ciphertext, keys))
    except MalformedInput as error:
        message = f"record {row.seq} does not fit what its event and header must be: {error}"
        raise IntegrityFailure(message) from error


def opened(row: Row, keys: KeyRing) -> tuple[bytes, bytes]:
    """Return salt and payload of a row, for whoever may disclose them.

    Raises:
        ContentErased: the data key is destroyed.
        DigestMismatch: something stored is not what was recorded.
    """
    return _opened(check_row(row), row.ciphertext, keys)


def _bound_to(header: Header) -> bytes:
    """Return what a ciphertext is bound to, so that it cannot be moved to another record."""
    return associated_data(
        stream=header.stream,
        version=header.version,
        name=header.name,
        schema=header.schema,
        key_id=header.key_id,
        commitment=header.commitment,
    )


def _attested(attestation: Attestation, name: str, schema: int, event: Event) -> bytes:
    """Return the device's payload bytes, having checked that they say what the event says."""
    payload = attestation.payload
    if decode(name, schema, canonical.parse_canonical(payload)) != event:
        raise MalformedInput("the payload a device signed is not the event to be recorded")
    return payload


def _record(row: Row, entry: Entry, event: Event | Shredded) -> Record:
    header = entry.header
    return Record(
        seq=header.seq,
        stream=StreamName(header.stream),
        version=header.version,
        name=header.name,
        schema=header.schema,
        event=event,
        key=header.key_id,
        actor=Actor.parse(header.actor),
        committed_at=ServerTime(header.committed_at_us),
        received_at=None if header.received_at_us is None else ServerTime(header.received_at_us),
        device=None if header.device is None else DeviceId(header.device),
        device_sequence=header.device_sequence,
        device_time=None if header.device_time_us is None else DeviceTime(header.device_time_us),
        correlation=header.correlation,
        causation=header.causation,
        idempotency_key=header.idempotency_key,
        blobs=tuple((blob.name, blob.stored_digest) for blob in header.blobs),
        leaf=row.leaf,
    )


def _opened(entry: Entry, ciphertext: bytes, keys: KeyRing) -> tuple[bytes, bytes]:
    header = entry.header
    try:
        content = keys.open(header.key_id, header.nonce, ciphertext, _bound_to(header))
    except NotFound as error:
        message = f"the data key of record {header.seq} is missing and was never destroyed"
        raise IntegrityFailure(message) from error
    salt, payload = content[:SALT_SIZE], content[SALT_SIZE:]
    if len(salt) != SALT_SIZE or not compare_digest(commitment(salt, payload), header.commitment):
        message = f"the content of record {header.seq} is not what its header commits to"
        raise DigestMismatch(message)
    return salt, payload


def _event(entry: Entry, ciphertext: bytes, keys: KeyRing) -> Event | Shredded:
    try:
        _, payload = _opened(entry, ciphertext, keys)
    except ContentErased:
        return Shredded(entry.header.name)
    return decode(entry.header.name, entry.header.schema, canonical.parse(payload))
