"""What a station delivers on the day of the crash drill: content, and signed statements about it.

One delivery holds what the server takes in, what a rule refuses because of a statement before it,
a capture that is refused with its evidence, and a number that never came. It goes through the
handlers that serve a station; only the request's own signature is left out, for it changes nothing.

Rules kept here:

1. A station delivers the very same statements again until it has its answer, and is told the same.
2. Content that was answered for is there and is known: a record names it, or it waits for one.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from fastapi import Response

from api.calling_station import Caller
from api.routes.device_posts import Batch, BatchOut, post_statements, put_content
from api.wiring import System
from device.statement import Statement, Wire, sign_event
from domain.errors import RecordsError
from domain.events.equipment import (
    CalibrationRecorded,
    DeviceEnrolled,
    DeviceSequenceGapDetected,
    FieldCheckPerformed,
)
from domain.events.names import Event
from domain.events.record import Record
from domain.handling import update
from domain.rules.equipment import EQUIPMENT
from domain.values.actor import Actor
from domain.values.calibration import CalibrationRecord, CalibrationTarget
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId, ClinicId, SessionId, StreamName
from domain.values.time import DeviceTime
from validation.benchmarks.clinic_capture import submitted
from validation.benchmarks.clinic_house import LENSES, TECHNICIANS, House, configured
from validation.benchmarks.clinic_scribe import CaptureStation, Scribe

PARAMETERS: Final = b'{"made_for": "the crash drill"}' * 4000
STATION: Final = CaptureStation.numbered(0)
ACTOR: Final = Actor.device(STATION.device)
LATEST: Final = 5
RECORDS: Final = {1: 1, 2: 1, 3: 1, LATEST: 2}
"""How many records a statement leads to, by its number; number 4 never comes."""

REFUSED: Final = {3: "calibration.locked", LATEST: "session.protocol"}
"""Rules that refuse a statement, by its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a station is told of a delivery.

    Attributes:
        accepted: Number, place in the log and version of each statement that was taken in.
        refused: Number, rule and evidence of each that was refused.
    """

    accepted: tuple[tuple[int, int, int], ...]
    refused: tuple[tuple[int, str, str], ...]

    @classmethod
    def of(cls, told: BatchOut) -> "Answer":
        """Return what stays the same however often the same is delivered."""
        return cls(
            accepted=tuple(
                (each.device_sequence, each.seq, each.version) for each in told.accepted
            ),
            refused=tuple(
                (each.device_sequence, each.rule, each.evidence) for each in told.refused
            ),
        )

    @property
    def plain(self) -> dict[str, Any]:
        """Return it as JSON reads it back."""
        return {
            "accepted": [list(each) for each in self.accepted],
            "refused": [list(each) for each in self.refused],
        }


def enrol(system: System, actor: Actor) -> tuple[Record, ...]:
    """Enrol the station, once."""
    enrolled = DeviceEnrolled(
        device=STATION.device,
        serial=STATION.serial,
        model="Vultus portal",
        public_key=STATION.signer.public_key().hex(),
    )
    context = system.context(actor, idempotency_key="enrol-station")
    return update(system.log, EQUIPMENT, STATION.device.stream, lambda _: enrolled, context)


def put(system: System) -> str:
    """Deliver content and return the digest that was answered."""
    name = sha256(PARAMETERS).hexdigest()
    return put_content(name, Caller(STATION.device, PARAMETERS), system, Response()).digest


def deliver(system: System, session: SessionId) -> Answer:
    """Deliver the day's statements together and return what was answered."""
    batch = Batch(
        device_clock_us=system.clock.now().us,
        statements=[dict(each) for each in _statements(session)],
    )
    caller = Caller(STATION.device, batch.model_dump_json().encode())
    return Answer.of(post_statements(caller, system))


def records_of(system: System, number: int) -> tuple[Record, ...]:
    """Return what is recorded under a number of the station."""
    return system.log.recorded(str(ACTOR), f"statement-{number}")


def missing(system: System, noted: dict[str, Any]) -> Iterator[str]:
    """Yield what a station was answered and does not hold any more."""
    if "delivered" in noted:
        try:
            found = b"".join(system.blobs.read(Digest(noted["delivered"]), key=system.clinic_key))
            place = system.blobs.find(Digest(noted["delivered"]), key=system.clinic_key)
        except RecordsError as error:
            yield f"delivered content: {type(error).__name__}: {error}"
        else:
            if found != PARAMETERS:
                yield "delivered content"
            if place.name not in system.blobs_of_key(system.clinic_key):
                yield "the note of delivered content"
    if "answered" not in noted:
        return
    lost = [number for number in RECORDS if not records_of(system, number)]
    yield from (f"the answer to statement {number}" for number in lost)
    if not lost:
        again = deliver(system, SessionId(noted["session"])).plain
        if again != noted["answered"]:
            yield f"the answer to a station: {noted['answered']} has become {again}"


def wrong(system: System) -> Iterator[str]:
    """Yield what is not as one delivery leaves it, however often it was begun."""
    counted: Counter[str] = Counter()
    gaps = 0
    for record in system.log.after(-1, limit=system.log.size()):
        gaps += isinstance(record.event, DeviceSequenceGapDetected)
        if record.actor == ACTOR and record.idempotency_key is not None:
            counted[record.idempotency_key] += 1
    expected = {f"statement-{number}": count for number, count in RECORDS.items()}
    if counted != expected:
        yield f"a delivery left {dict(counted)} records in place of {expected}"
    if gaps != 1:
        yield f"one gap in a station's numbers is recorded {gaps} times"


def _statements(session: SessionId) -> list[Wire]:
    made = _calibration()
    checked = FieldCheckPerformed(
        performed_at=made.performed_at,
        calibration=made.calibration,
        epipolar_error_px=0.2,
        baseline_error_mm=0.05,
        passed=True,
        evidence="0.20 px and 0.05 mm are within the limits",
        basis=None,
    )
    scribe = Scribe(ClinicId.derived("crash-drill"), seed=1)
    own = STATION.device.stream
    return [
        _signed(1, configured(STATION), own).to_wire(),
        _signed(2, CalibrationRecorded(calibration=made), own).to_wire(),
        _signed(3, checked, own).to_wire(),  # of a calibration that nobody locked
        _signed(LATEST, submitted(scribe, House(scribe), STATION), session.stream).to_wire(),
    ]


def _calibration() -> CalibrationRecord:
    at = Scribe(ClinicId.derived("crash-drill"), seed=1).now
    return CalibrationRecord(
        calibration=CalibrationId.derived("crash-drill"),
        performed_at=DeviceTime(at.us),
        operator=TECHNICIANS[0],
        target=CalibrationTarget(serial="T-17", certificate="BEN-17", kind="charuco-9x6-15mm"),
        reprojection_error_px=0.12,
        view_errors_px=(0.11, 0.13),
        epipolar_error_px=0.15,
        baseline_mm=80.01,
        lens_configuration=LENSES,
        temperature_c=24.5,
        parameters=ContentReference(
            digest=Digest.of(PARAMETERS), media_type="application/json", size_bytes=len(PARAMETERS)
        ),
        passed=True,
        reasons=(),
        valid_until=DeviceTime(at.plus(timedelta(days=30)).us),
    )


def _signed(number: int, event: Event, stream: StreamName) -> Statement:
    return sign_event(
        event,
        stream=stream,
        device=STATION.device,
        sequence=number,
        at=DeviceTime(Scribe(ClinicId.derived("crash-drill"), seed=1).now.us + number),
        salt=sha256(b"crash drill %d" % number).digest(),
        content=(),
        key=STATION.signer,
    )
