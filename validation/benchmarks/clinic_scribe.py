"""Writes the drafts of an invented clinic: each request's events at the versions they lead to.

Rules kept here:

1. The same seed gives the same events, identifiers and times; salts and nonces are the log's own.
2. Only streams that go on are remembered, so that memory does not grow with the record.
3. What a station states is signed with the station's own key, as a station does it.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec

from adapters.keys.signing import P256Signer
from domain.events.codec import encode
from domain.events.names import Event
from domain.events.record import Attestation, Draft, StoredBlob
from domain.handling import Context, drafts
from domain.ledger import canonical
from domain.ledger.entry import SALT_SIZE, commitment, device_statement
from domain.values.actor import Actor
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import (
    CalibrationId,
    ClinicId,
    DeviceId,
    PractitionerId,
    StreamName,
    SubjectId,
    fresh,
)
from domain.values.time import DeviceTime, ServerTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One request's drafts, recorded in one step.

    Attributes:
        at: When.
        drafts: What was decided.
        new_subject: The subject whose key must exist first, when somebody is enrolled.
        report: The report that these drafts issue, when they do.
    """

    at: ServerTime
    drafts: tuple[Draft, ...]
    new_subject: SubjectId | None = None
    report: "Issued | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A report that was issued, and whose it is.

    Attributes:
        report: The report's identifier.
        assessment: The assessment.
        session: The session.
        subject: The subject.
    """

    report: str
    assessment: str
    session: str
    subject: SubjectId


@dataclass(slots=True, kw_only=True)
class CaptureStation:
    """A station with its key, its numbers and its calibration in force.

    Attributes:
        device: The station.
        serial: Its serial number.
        signer: Signs its statements.
        sequence: The last number it used.
        calibration: The calibration locked last; none before the first.
        parameters: Digest of that calibration's parameters.
    """

    device: DeviceId
    serial: str
    signer: P256Signer
    sequence: int = 0
    calibration: CalibrationId | None = None
    parameters: Digest | None = None

    @classmethod
    def numbered(cls, number: int) -> "CaptureStation":
        """Return the station of this number, whose key follows from the number."""
        scalar = int.from_bytes(sha256(b"benchmark station %d" % number).digest(), "big") >> 1
        private = ec.derive_private_key(scalar, ec.SECP256R1())
        signer = P256Signer(private, location="benchmark")
        device = DeviceId.derived(signer.public_key().hex())
        return cls(device=device, serial=f"VP-{number + 1:04d}", signer=signer)

    @property
    def cameras(self) -> tuple[str, str]:
        """Serial numbers of its cameras, left first."""
        return f"{self.serial}-L", f"{self.serial}-R"


class Scribe:
    """Writes drafts in the order in which things happen."""

    def __init__(self, clinic: ClinicId, *, seed: int) -> None:
        """Write for this clinic; everything invented follows from the seed."""
        self.clinic = clinic
        self.chance = random.Random(seed)  # noqa: S311 - invented events, not secrets
        self.now = ServerTime.parse("2018-03-05T07:30:00.000000Z")
        self._versions: dict[str, int] = {}

    def pass_time(self, shortest_s: float, longest_s: float) -> ServerTime:
        """Move on by some time in between and return what the clock says then."""
        seconds = self.chance.uniform(shortest_s, longest_s)
        self.now = self.now.plus(timedelta(seconds=seconds))
        return self.now

    def name(self) -> str:
        """Return a fresh identifier of its time, as the product makes them."""
        return fresh(self.now.us // 1000, self.chance.randbytes(10))

    def digest(self) -> Digest:
        """Return the digest of some content that nobody has."""
        return Digest.from_raw(self.chance.randbytes(32))

    def content(self, media_type: str, size_bytes: int) -> ContentReference:
        """Return a reference to content of about this size."""
        size = int(size_bytes * self.chance.uniform(0.9, 1.1))
        return ContentReference(digest=self.digest(), size_bytes=size, media_type=media_type)

    def version(self, stream: StreamName) -> int:
        """Return the version of a stream that goes on; 0 for a new one."""
        return self._versions.get(stream, 0)

    @property
    def remembered(self) -> int:
        """Number of streams that go on."""
        return len(self._versions)

    def close(self, stream: StreamName) -> None:
        """Forget a stream to which nothing is added any more."""
        self._versions.pop(stream, None)

    def write(
        self,
        actor: Actor,
        stream: StreamName,
        events: Sequence[Event],
        *,
        subject: SubjectId | None = None,
        station: CaptureStation | None = None,
        content: Sequence[ContentReference] = (),
    ) -> Deed:
        """Return the deed of recording events in a stream.

        Args:
            actor: Who.
            stream: Where.
            events: What.
            subject: Whom it is about.
            station: The station that states it, when one does.
            content: Content it depends on; said to be stored, but only said.
        """
        version = self._versions.get(stream, 0)
        made = drafts(
            stream,
            version,
            tuple(events),
            Context(
                clinic=self.clinic,
                actor=actor,
                correlation=self.name(),
                idempotency_key=self._key(station),
                received_at=self.now,
                subject=subject,
                blobs=tuple(map(_stored, content)),
                attestation=None
                if station is None
                else self._statement(station, stream, events[0]),
            ),
        )
        self._versions[stream] = version + len(made)
        return Deed(at=self.now, drafts=made)

    def _key(self, station: CaptureStation | None) -> str:
        return self.name() if station is None else f"statement-{station.sequence + 1}"

    def _statement(self, station: CaptureStation, stream: StreamName, event: Event) -> Attestation:
        station.sequence += 1
        name, schema, plain = encode(event)
        payload, salt = canonical.encode(plain), self.chance.randbytes(SALT_SIZE)
        moment = DeviceTime(self.now.us - self.chance.randrange(50_000, 900_000))
        statement = device_statement(
            stream=stream,
            name=name,
            schema=schema,
            device=station.device,
            device_sequence=station.sequence,
            device_time_us=moment.us,
            commitment=commitment(salt, payload),
        )
        return Attestation(
            device=station.device,
            schema=schema,
            sequence=station.sequence,
            device_time=moment,
            salt=salt,
            payload=payload,
            signature=station.signer.sign(statement),
        )


def practitioner(number: int) -> PractitionerId:
    """Return who has this number among the clinic's people."""
    return PractitionerId.derived("benchmark", str(number))


def _stored(content: ContentReference) -> StoredBlob:
    raw = content.digest.raw
    return StoredBlob(
        content=content.digest,
        name=sha256(b"name" + raw).digest(),
        stored_digest=sha256(b"stored" + raw).digest(),
        size_bytes=content.size_bytes,
    )
