"""One signed statement of the station: what is delivered, and what is signed.

Rules kept here:

1. The payload is encoded once; those bytes are signed, kept and delivered.
2. The signature is over a salted commitment, so it gives nothing of the payload away.

Source: ``domain/ledger/SPECIFICATION.md``, section 3 (device statements).
"""

import base64
import json
from dataclasses import dataclass
from typing import Self

from device.ports import SigningKey
from domain.errors import DigestMismatch
from domain.events.codec import encode
from domain.events.names import Event
from domain.ledger import canonical
from domain.ledger.entry import commitment, device_statement
from domain.values.content import Digest
from domain.values.identifiers import DeviceId, SessionId, StreamName
from domain.values.time import DeviceTime

Wire = dict[str, object]
"""What JSON can hold, as the server reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One event as the station signed it.

    Attributes:
        stream: The stream it belongs to.
        name: The event's permanent name.
        schema: Version of the name.
        sequence: The station's own number, rising by one.
        device_time: What its clock said when it signed.
        salt: 32 random bytes.
        payload: Canonical bytes of the event.
        signature: ECDSA P-256 with SHA-256, DER.
        content: Digests of the content it depends on, delivered before it.
    """

    stream: StreamName
    name: str
    schema: int
    sequence: int
    device_time: DeviceTime
    salt: bytes
    payload: bytes
    signature: bytes
    content: tuple[Digest, ...]

    @property
    def session(self) -> SessionId | None:
        """The capture session it is about; none for facts about the station itself."""
        if self.stream.startswith(f"{SessionId.kind}-"):
            return SessionId.of_stream(self.stream)
        return None

    def to_wire(self) -> Wire:
        """Return the form in which it is delivered; binary fields in base64."""
        return {
            "stream": str(self.stream),
            "name": self.name,
            "schema": self.schema,
            "device_sequence": self.sequence,
            "device_time_us": self.device_time.us,
            "salt": _text(self.salt),
            "payload": _text(self.payload),
            "signature": _text(self.signature),
            "blobs": [str(each) for each in self.content],
        }

    def to_bytes(self) -> bytes:
        """Return the form in which it is kept."""
        return json.dumps(self.to_wire(), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, kept: bytes) -> Self:
        """Return the statement from the form in which it is kept.

        Raises:
            DigestMismatch: the bytes are not a statement.
        """
        try:
            wire = json.loads(kept)
            return cls(
                stream=StreamName(wire["stream"]),
                name=wire["name"],
                schema=wire["schema"],
                sequence=wire["device_sequence"],
                device_time=DeviceTime(wire["device_time_us"]),
                salt=base64.b64decode(wire["salt"], validate=True),
                payload=base64.b64decode(wire["payload"], validate=True),
                signature=base64.b64decode(wire["signature"], validate=True),
                content=tuple(Digest(each) for each in wire["blobs"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DigestMismatch("a statement kept at the station was changed") from error


def sign_event(
    event: Event,
    *,
    stream: StreamName,
    device: DeviceId,
    sequence: int,
    at: DeviceTime,
    salt: bytes,
    content: tuple[Digest, ...],
    key: SigningKey,
) -> Statement:
    """Return the station's signed statement of an event.

    Args:
        event: What happened.
        stream: The stream it belongs to.
        device: The station.
        sequence: Its number, from the durable counter.
        at: Now, by the station's clock.
        salt: 32 fresh random bytes.
        content: Digests of the content it depends on.
        key: Signs.
    """
    name, schema, plain = encode(event)
    payload = canonical.encode(plain)
    signed = device_statement(
        stream=stream,
        name=name,
        schema=schema,
        device=device,
        device_sequence=sequence,
        device_time_us=at.us,
        commitment=commitment(salt, payload),
    )
    return Statement(
        stream=stream,
        name=name,
        schema=schema,
        sequence=sequence,
        device_time=at,
        salt=salt,
        payload=payload,
        signature=key.sign(signed),
        content=content,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
