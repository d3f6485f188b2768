"""The recorded event: what stands in the log beside the event itself.

Rules kept here:

1. Everything here is pseudonymous: it survives erasure.
2. An event whose key is destroyed is read as ``Shredded``; its place and proofs remain.
3. A draft becomes a record only in the log, which alone gives place and commit time.
"""

from dataclasses import dataclass

from domain.events.names import Event
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import DeviceId, StreamName
from domain.values.time import DeviceTime, ServerTime


@dataclass(frozen=True, slots=True)
class Shredded:
    """Stands where an event's content was erased.

    Attributes:
        name: The event's permanent name.
    """

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """Where content lies encrypted, and what its stored bytes are.

    Attributes:
        content: Digest of the plain content; known only while the key exists.
        name: 32 bytes; the stored file's name, derived from key and content.
        stored_digest: 32 bytes; SHA-256 of the stored, encrypted bytes.
        size_bytes: Size of the plain content.
    """

    content: Digest
    name: bytes
    stored_digest: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A device's signed statement about one event.

    Attributes:
        device: The station.
        schema: The version of the event's name that it signed, which may be older than ours.
        sequence: The station's own number of the statement, rising by one.
        device_time: What its clock said when it signed.
        salt: 32 random bytes made by the station.
        payload: The canonical payload bytes as the station encoded them; stored as they are.
        signature: ECDSA P-256 with SHA-256 over the device statement, DER.
    """

    device: DeviceId
    schema: int
    sequence: int
    device_time: DeviceTime
    salt: bytes
    payload: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event about to be recorded.

    Attributes:
        stream: The stream it belongs to.
        expected_version: Version of the stream it was decided on; 0 for a new stream.
        event: The event.
        key: Identifier of the data key that protects it.
        actor: Who caused it.
        correlation: Identifier shared by everything that belongs to one piece of work.
        causation: Sequence number of the record that called for it, when one did.
        idempotency_key: The caller's key; at most one append per actor and key.
        received_at: When it reached us, when it came from outside.
        blobs: Content it depends on, already durable.
        attestation: The device's statement, when a device made it.
    """

    stream: StreamName
    expected_version: int
    event: Event
    key: str
    actor: Actor
    correlation: str
    causation: int | None = None
    idempotency_key: str | None = None
    received_at: ServerTime | None = None
    blobs: tuple[StoredBlob, ...] = ()
    attestation: Attestation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An event in its place in the log, opened for reading.

    Attributes:
        seq: Place in the whole log, 0-based, gapless.
        stream: The stream.
        version: Place in the stream, 1-based, gapless.
        name: The event's permanent name as written.
        schema: The version of the name as written.
        event: The event, or ``Shredded``.
        key: Identifier of the data key that protects it.
        actor: Who caused it.
        committed_at: When the log took it.
        received_at: When it reached us, when it came from outside.
        device: The station that signed it, when one did.
        device_sequence: The station's number of the statement.
        device_time: What the station's clock said.
        correlation: Identifier shared by everything that belongs to one piece of work.
        causation: Sequence number of the record that called for it.
        idempotency_key: The caller's key.
        blobs: (name, stored digest) of each content it depends on.
        leaf: 32 bytes; the record's leaf hash.
    """

    seq: int
    stream: StreamName
    version: int
    name: str
    schema: int
    event: Event | Shredded
    key: str
    actor: Actor
    committed_at: ServerTime
    received_at: ServerTime | None
    device: DeviceId | None
    device_sequence: int | None
    device_time: DeviceTime | None
    correlation: str
    causation: int | None
    idempotency_key: str | None
    blobs: tuple[tuple[bytes, bytes], ...]
    leaf: bytes
