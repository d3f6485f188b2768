"""Draft → sealed record, and stored row → record.

Rules kept here:

1. An event is encoded once. Those bytes are committed to, encrypted and stored; the payload a
   device signed is stored byte for byte as the device made it.
2. Sealing needs neither the writer's lock nor the place in the log: the ciphertext is bound to
   stream, version, name, schema, key and commitment, and to nothing that is decided later.
3. What was sealed is opened only if key, bound data and commitment all agree; where the key was
   destroyed, ``Shredded`` stands in its place and everything else is still checked.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol, runtime_checkable

from adapters.eventlog.payload import read_payload, write_payload
from adapters.eventlog.rows import Checked, Row, check_row
from domain.errors import ContentErased, DigestMismatch, IntegrityFailure, MalformedInput, NotFound
from domain.events.codec import decode
from domain.events.names import Event
from domain.events.record import Attestation, Draft, Record, Shredded
from domain.ledger import canonical, layout
from domain.ledger.encoding import DIGEST_SIZE
from domain.ledger.entry import BLOB_SIZE, NONCE_SIZE, SALT_SIZE, commitment
from domain.ports import KeyRing, Randomness
from domain.values.actor import Actor
from domain.values.identifiers import DeviceId, StreamName
from domain.values.time import DeviceTime, ServerTime

STORABLE_MAX = (1 << 63) - 1
"""The largest integer that both databases store."""


class Sealed(NamedTuple):
    """A draft made ready to be recorded: what its row will hold, and its entry in parts.

    Attributes:
        stream: The stream.
        version: Place in the stream.
        name: The event's permanent name.
        schema: Version of the payload's schema.
        actor: Who caused it.
        device: The station that made it, if one did.
        device_sequence: The station's own count.
        correlation: What it belongs together with.
        causation: Seq of the record that led to it.
        idempotency_key: The caller's key.
        key_id: The data key the content is encrypted under.
        naming: The header's fields 2 to 5.
        circumstances: The header's fields from the 7th on.
        ending: Content digest and device signature.
        ciphertext: The encrypted salt and payload.
    """

    stream: str
    version: int
    name: str
    schema: int
    actor: str
    device: str | None
    device_sequence: int | None
    correlation: str
    causation: int | None
    idempotency_key: str | None
    key_id: str
    naming: bytes
    circumstances: bytes
    ending: bytes
    ciphertext: bytes


@runtime_checkable
class _Momentary(Protocol):
    """A key ring that can look each key up once for everything that is done in one go."""

    def momentary(self) -> KeyRing: ...


def in_one_go(keys: KeyRing, count: int) -> KeyRing:
    """Return keys for so many contents that are sealed or opened in one go."""
    return keys.momentary() if count > 1 and isinstance(keys, _Momentary) else keys


def seal(drafts: Sequence[Draft], *, keys: KeyRing, randomness: Randomness) -> list[Sealed]:
    """Encode, commit to and encrypt drafts.

    Raises:
        MalformedInput: the attestation's payload is not the event, or the event has no encoding.
        ContentErased: a data key is destroyed.
        NotFound: there is no such data key.
    """
    keys = in_one_go(keys, len(drafts))
    salts = randomness.token(SALT_SIZE * len(drafts))
    nonces = randomness.token(NONCE_SIZE * len(drafts))
    return [
        _seal(
            draft,
            salts[place * SALT_SIZE : (place + 1) * SALT_SIZE],
            nonces[place * NONCE_SIZE : (place + 1) * NONCE_SIZE],
            keys,
        )
        for place, draft in enumerate(drafts)
    ]


def _seal(draft: Draft, salt: bytes, nonce: bytes, keys: KeyRing) -> Sealed:
    name, schema, payload = write_payload(draft.event)
    attestation, received_at = draft.attestation, draft.received_at
    stream, version, key_id = str(draft.stream), draft.expected_version + 1, draft.key
    actor, correlation, causation = str(draft.actor), draft.correlation, draft.causation
    device = device_sequence = device_time_us = None
    signature = b""
    if attestation is not None:
        if (attestation.schema, attestation.payload) != (schema, payload):
            _check_attested(attestation, name, draft.event)
        # What was signed names its version: an older one stays what it is.
        schema = attestation.schema
        salt, payload, signature = attestation.salt, attestation.payload, attestation.signature
        device, device_sequence = str(attestation.device), attestation.sequence
        device_time_us = attestation.device_time.us
        if not signature:
            raise MalformedInput("a device signature is empty or too long")
    if max(version, device_sequence or 0, causation or 0) > STORABLE_MAX:
        raise MalformedInput("a number of the draft is larger than any database stores")
    committed_to = commitment(salt, payload)
    naming = layout.naming(stream, version, name, schema)
    circumstances = layout.circumstances(
        layout.origin(
            actor, device, device_sequence, correlation, causation, draft.idempotency_key, key_id
        ),
        received_at_us=None if received_at is None else received_at.us,
        device_time_us=device_time_us,
        nonce=nonce,
        commitment=committed_to,
        blobs=b"".join([blob.name + blob.stored_digest for blob in draft.blobs]),
    )
    bound = layout.bound(naming, key_id, committed_to)
    ciphertext = keys.seal(key_id, nonce, salt + payload, bound)
    return Sealed(
        stream,
        version,
        name,
        schema,
        actor,
        device,
        device_sequence,
        correlation,
        causation,
        draft.idempotency_key,
        key_id,
        naming,
        circumstances,
        layout.ending(sha256(ciphertext).digest(), signature),
        ciphertext,
    )


def recorded(draft: Draft, row: Row, committed_at: ServerTime) -> Record:
    """Return the record that a draft has become in this row, committed at this time."""
    attestation = draft.attestation
    return Record(
        seq=row.position - 1,
        stream=draft.stream,
        version=row.version,
        name=row.name,
        schema=row.schema,
        event=draft.event,
        key=draft.key,
        actor=draft.actor,
        committed_at=committed_at,
        received_at=draft.received_at,
        device=None if attestation is None else attestation.device,
        device_sequence=None if attestation is None else attestation.sequence,
        device_time=None if attestation is None else attestation.device_time,
        correlation=draft.correlation,
        causation=draft.causation,
        idempotency_key=draft.idempotency_key,
        blobs=tuple([(blob.name, blob.stored_digest) for blob in draft.blobs]),
        leaf=row.leaf,
    )


def unseal(row: Row, checked: Checked, keys: KeyRing) -> Record:
    """Return the record that a checked row stores.

    Args:
        row: The row.
        checked: What ``check_row`` returned for it.
        keys: Data keys.

    Raises:
        DigestMismatch: something stored is not what was recorded.
        UnknownEvent: this build knows no such event.
        IntegrityFailure: the data key is missing although nobody destroyed it.
    """
    try:
        return _record(row, checked.said, _event(row, checked, keys))
    except MalformedInput as error:
        message = f"record {row.seq} does not fit what its event and header must be: {error}"
        raise IntegrityFailure(message) from error


def opened(row: Row, keys: KeyRing) -> tuple[bytes, bytes]:
    """Return salt and payload of a row, for whoever may disclose them.

    Raises:
        ContentErased: the data key is destroyed.
        DigestMismatch: something stored is not what was recorded.
    """
    return _opened(row, check_row(row), keys)


def _check_attested(attestation: Attestation, name: str, event: Event) -> None:
    """Refuse a device's payload that does not say what the event says, in its canonical form."""
    if decode(name, attestation.schema, canonical.parse_canonical(attestation.payload)) != event:
        raise MalformedInput("the payload a device signed is not the event to be recorded")


def _record(row: Row, said: layout.Unknown, event: Event | Shredded) -> Record:
    received_at_us, device_time_us = said.received_at_us, said.device_time_us
    return Record(
        seq=row.position - 1,
        stream=StreamName(row.stream),
        version=row.version,
        name=row.name,
        schema=row.schema,
        event=event,
        key=row.key_id,
        actor=Actor.parse(row.actor),
        committed_at=ServerTime(row.committed_at_us),
        received_at=None if received_at_us is None else ServerTime(received_at_us),
        device=None if row.device is None else DeviceId(row.device),
        device_sequence=row.device_sequence,
        device_time=None if device_time_us is None else DeviceTime(device_time_us),
        correlation=row.correlation,
        causation=row.causation,
        idempotency_key=row.idempotency_key,
        blobs=_blobs(said.blobs) if said.blobs else (),
        leaf=row.leaf,
    )


def _blobs(stored: bytes) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(
        (stored[at : at + DIGEST_SIZE], stored[at + DIGEST_SIZE : at + BLOB_SIZE])
        for at in range(0, len(stored), BLOB_SIZE)
    )


def _opened(row: Row, checked: Checked, keys: KeyRing) -> tuple[bytes, bytes]:
    said = checked.said
    bound = layout.bound(checked.naming, row.key_id, said.commitment)
    try:
        content = keys.open(row.key_id, said.nonce, row.ciphertext, bound)
    except NotFound as error:
        message = f"the data key of record {row.seq} is missing and was never destroyed"
        raise IntegrityFailure(message) from error
    salt, payload = content[:SALT_SIZE], content[SALT_SIZE:]
    if len(salt) != SALT_SIZE or commitment(salt, payload) != said.commitment:
        message = f"the content of record {row.seq} is not what its header commits to"
        raise DigestMismatch(message)
    return salt, payload


def _event(row: Row, checked: Checked, keys: KeyRing) -> Event | Shredded:
    try:
        _, payload = _opened(row, checked, keys)
    except ContentErased:
        return Shredded(row.name)
    return read_payload(row.name, row.schema, payload)
