"""Takes in what stations deliver: signed statements, one after the other, each once.

Rules kept here:

1. A statement's bytes are stored as the station signed them; nothing is encoded again.
2. The same statement delivered again answers what became of it before.
3. What is refused is recorded with its number, so that the refusal and the order are both kept.
4. Statements of one station are taken one at a time.
"""

import threading
from collections import defaultdict
from dataclasses import dataclass, replace

from adapters.keys.signing import verify_p256
from api.attempt_reception import record_capture
from api.statements import Statement, stored_content
from api.wiring import System
from domain.errors import (
    MalformedInput,
    NotFound,
    RuleViolation,
    SignatureInvalid,
    UnknownEvent,
)
from domain.events import capture_session as captures
from domain.events import equipment
from domain.events.codec import decode
from domain.events.names import Event
from domain.events.record import Record
from domain.handling import Context, load_existing, update
from domain.ledger import canonical
from domain.ledger.entry import commitment, device_statement
from domain.rules import calibration as calibrations
from domain.rules import equipment as stations
from domain.rules.equipment import EQUIPMENT
from domain.values.actor import Actor
from domain.values.identifiers import DeviceId
from domain.values.station import Station
from domain.values.time import DeviceTime
from projections.equipment import last_sequence

CLOCK_TOLERANCE_MS = 5_000.0
_TURNS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A statement that is in the record, now or since an earlier delivery."""

    record: Record
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A statement that a rule refused; the refusal is in the record."""

    sequence: int
    rule: str
    evidence: str
    next_step: str


def receive(system: System, statement: Statement) -> Taken | Refused:
    """Take in one statement.

    Raises:
        NotFound: the station is not enrolled.
        Unavailable: nothing was recorded; deliver again.
    """
    device = statement.attestation.device
    with _TURNS[str(device)]:
        context = _context(system, statement)
        before = system.log.recorded(str(context.actor), context.idempotency_key or "")
        if before:
            return _answered(statement, before)
        try:
            event = _read(system, statement)
            gaps = _in_order(system, statement)
            if gaps:
                plain = replace(context, idempotency_key=None, attestation=None)
                update(system.log, EQUIPMENT, device.stream, lambda _: gaps, plain)
            records = _record(system, statement, event, context)
        except RuleViolation as violation:
            return _refuse(system, statement, violation, context)
        except (MalformedInput, UnknownEvent, SignatureInvalid, NotFound) as error:
            refusal = RuleViolation(
                f"device.{_SLUGS[type(error)]}",
                str(error),
                "Keep the statement aside and have the station looked at.",
            )
            return _refuse(system, statement, refusal, context)
        return _answered(statement, records)


_SLUGS: dict[type[Exception], str] = {
    MalformedInput: "malformed",
    UnknownEvent: "unknown-event",
    SignatureInvalid: "signature",
    NotFound: "missing-content",
}


def note_clock(system: System, device: DeviceId, clock: DeviceTime, sequence: int) -> None:
    """Record that a station's clock is far from ours, once per change [DRV-04]."""
    now = system.clock.now()
    offset_ms = (clock.us - now.us) / 1000

    update(
        system.log,
        EQUIPMENT,
        device.stream,
        lambda station: stations.note_clock(
            station,
            offset_ms=offset_ms,
            device_sequence=sequence,
            tolerance_ms=CLOCK_TOLERANCE_MS,
        ),
        system.context(Actor.service("reception")),
    )


def public_key(system: System, device: DeviceId) -> str:
    """Return the key a station was enrolled with, hexadecimal.

    Raises:
        NotFound: the station is not enrolled.
    """
    for record in system.log.stream(device.stream):
        if isinstance(record.event, equipment.DeviceEnrolled):
            return record.event.public_key
    message = "the station is not enrolled"
    raise NotFound(message)


def recorded_sequence(system: System, device: DeviceId) -> int:
    """Return the highest number under which something of this station is recorded; 0 before."""
    system.runner.catch_up()
    with system.reads.connect() as connection:
        return last_sequence(connection, device)


def _context(system: System, statement: Statement) -> Context:
    device = statement.attestation.device
    context = system.context(
        Actor.device(device), idempotency_key=f"statement-{statement.attestation.sequence}"
    )
    return replace(context, attestation=statement.attestation)


def _read(system: System, statement: Statement) -> Event:
    """Check the signature and return the event that was signed."""
    made = statement.attestation
    signed = device_statement(
        stream=statement.stream,
        name=statement.name,
        schema=statement.schema,
        device=made.device,
        device_sequence=made.sequence,
        device_time_us=made.device_time.us,
        commitment=commitment(made.salt, made.payload),
    )
    verify_p256(public_key(system, made.device), made.signature, signed)
    return decode(statement.name, statement.schema, canonical.parse_canonical(made.payload))


def _in_order(
    system: System, statement: Statement
) -> tuple[equipment.DeviceSequenceGapDetected, ...]:
    device = statement.attestation.device
    station, _ = load_existing(system.log, EQUIPMENT, device.stream)
    return stations.accept_sequence(
        station,
        recorded=recorded_sequence(system, device),
        received=statement.attestation.sequence,
    )


def _record(
    system: System, statement: Statement, event: Event, context: Context
) -> tuple[Record, ...]:
    match event:
        case captures.AttemptSubmitted() | captures.CaptureBlocked():
            return record_capture(system, statement, event, context)
        case (
            equipment.CalibrationRecorded()
            | equipment.IlluminationCalibrated()
            | equipment.FieldCheckPerformed()
            | equipment.DeviceConfigurationChanged()
        ):
            return _record_equipment(system, statement, event, context)
        case _:
            raise RuleViolation(
                "device.event",
                f"a station does not state {statement.name}",
                "Deliver what the station itself did or measured.",
            )


def _record_equipment(
    system: System,
    statement: Statement,
    event: equipment.CalibrationRecorded
    | equipment.IlluminationCalibrated
    | equipment.FieldCheckPerformed
    | equipment.DeviceConfigurationChanged,
    context: Context,
) -> tuple[Record, ...]:
    device = statement.attestation.device
    if statement.stream != device.stream:
        raise RuleViolation(
            "device.stream", "the statement is about another station", "State your own facts."
        )
    blobs = stored_content(system, statement, system.clinic_key)

    def decide(station: Station) -> Event | tuple[Event, ...]:
        match event:
            case equipment.CalibrationRecorded():
                return calibrations.record_calibration(station, event.calibration)
            case equipment.IlluminationCalibrated():
                return calibrations.record_illumination(station, event.illumination)
            case equipment.FieldCheckPerformed():
                return calibrations.record_field_check(station, event)
            case equipment.DeviceConfigurationChanged():
                # A station states its configuration at every start; an unchanged one is stated too,
                # so that its number has a place in the record.
                stations.change_configuration(station, event.configuration)
                return event

    return update(system.log, EQUIPMENT, device.stream, decide, replace(context, blobs=blobs))


def _refuse(
    system: System, statement: Statement, refusal: RuleViolation, context: Context
) -> Refused:
    made = statement.attestation
    ours = replace(context, attestation=None, blobs=(), subject=None)
    update(
        system.log,
        EQUIPMENT,
        made.device.stream,
        lambda station: stations.reject_batch(
            station, device_sequences=(made.sequence,), refusal=refusal
        ),
        ours,
    )
    return Refused(
        sequence=made.sequence,
        rule=refusal.rule,
        evidence=refusal.evidence,
        next_step=refusal.next_step,
    )


def _answered(statement: Statement, records: tuple[Record, ...]) -> Taken | Refused:
    last = records[-1]
    if isinstance(last.event, equipment.DeviceBatchRejected):
        return Refused(
            sequence=statement.attestation.sequence,
            rule=last.event.rule,
            evidence=last.event.evidence,
            next_step="It was refused for good; keep the statement aside.",
        )
    return Taken(record=last, duplicate=False)
