"""Takes in what stations deliver: signed statements, one after the other, each once.

Rules kept here:

1. A statement's bytes are stored as the station signed them; nothing is encoded again.
2. The same statement delivered again answers what became of it before.
3. What is refused is recorded with its number, so that the refusal and the order are both kept.
4. Statements of one station are taken one at a time.
5. A number stands for one statement. Another one under the same number is refused, whatever became
   of the first.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from weakref import WeakKeyDictionary

from adapters.eventlog.log import RecordLog
from adapters.keys.signing import verify_p256
from api.attempt_reception import StatedCapture, record_capture
from api.statements import Statement
from api.station_reception import StatedOfStation, record_of_station
from api.wiring import System
from domain.errors import (
    MalformedInput,
    NotFound,
    RuleViolation,
    SignatureInvalid,
    UnknownEvent,
)
from domain.events import equipment
from domain.events.codec import decode
from domain.events.names import Event
from domain.events.record import Record
from domain.handling import Context, load_existing, update
from domain.ledger import canonical
from domain.ledger.entry import commitment, decode_entry, device_statement
from domain.rules import equipment as stations
from domain.rules.equipment import EQUIPMENT
from domain.values.actor import Actor
from domain.values.identifiers import DeviceId
from domain.values.time import DeviceTime
from projections.equipment import last_sequence

CLOCK_TOLERANCE_MS = 5_000.0
LONGEST_EVIDENCE = 500
_TURNS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_KEYS: WeakKeyDictionary[RecordLog, dict[DeviceId, str]] = WeakKeyDictionary()
"""Keys of stations that were seen: a station keeps the key it was enrolled with for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A statement that is in the record, now or since an earlier delivery."""

    sequence: int
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A statement that a rule refused; the refusal is in the record."""

    sequence: int
    rule: str
    evidence: str
    next_step: str


@dataclass(slots=True, kw_only=True)
class Turn:
    """One station's turn to deliver.

    Attributes:
        system: What stands behind the service.
        device: The station.
        last: Highest number under which something of it is recorded; 0 before.
    """

    system: System
    device: DeviceId
    last: int


@contextmanager
def turn(system: System, device: DeviceId) -> Iterator[Turn]:
    """Give a station its turn, as soon as no other delivery of it is being taken in."""
    with _TURNS[str(device)]:
        yield Turn(system=system, device=device, last=recorded_sequence(system, device))


def receive(turn: Turn, statement: Statement) -> Taken | Refused:
    """Take in one statement.

    Raises:
        NotFound: the station is not enrolled.
        Unavailable: nothing was recorded; deliver again.
    """
    system, device = turn.system, turn.device
    number = statement.attestation.sequence
    context = replace(_context(turn, number), attestation=statement.attestation)
    before = system.log.recorded(str(context.actor), context.idempotency_key or "")
    if before:
        return _answered_again(system, statement, before, context)
    try:
        event = _read(system, statement)
        gaps = _in_order(turn, number)
        if gaps:
            plain = replace(context, idempotency_key=None, attestation=None)
            update(system.log, EQUIPMENT, device.stream, lambda _: gaps, plain)
        records = _record(system, statement, event, context)
    except RuleViolation as violation:
        return _refuse(system, device, number, violation, context)
    except (MalformedInput, UnknownEvent, SignatureInvalid, NotFound) as error:
        return _refuse(system, device, number, _refusal(error), context)
    outcome = _answered(number, records)
    if isinstance(outcome, Taken):
        turn.last = max(turn.last, number)
    return outcome


def refuse_unreadable(turn: Turn, number: int, error: MalformedInput) -> Refused | Taken:
    """Refuse what came under a number and is no statement at all; told the same when repeated.

    Raises:
        Unavailable: nothing was recorded; deliver again.
    """
    context = _context(turn, number)
    before = turn.system.log.recorded(str(context.actor), context.idempotency_key or "")
    if before and isinstance(before[-1].event, equipment.DeviceBatchRejected):
        return _answered(number, before)
    if before:
        context = replace(context, idempotency_key=f"unreadable-{number}")
    return _refuse(turn.system, turn.device, number, _refusal(error), context)


_SLUGS: dict[type[Exception], str] = {
    MalformedInput: "malformed",
    UnknownEvent: "unknown-event",
    SignatureInvalid: "signature",
    NotFound: "missing",
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
    known = _KEYS.setdefault(system.log, {})
    if device in known:
        return known[device]
    enrolled = system.log.first(device.stream)
    if enrolled is None or not isinstance(enrolled.event, equipment.DeviceEnrolled):
        message = "the station is not enrolled"
        raise NotFound(message)
    known[device] = enrolled.event.public_key
    return known[device]


def recorded_sequence(system: System, device: DeviceId) -> int:
    """Return the highest number under which something of this station is recorded; 0 before."""
    system.runner.catch_up()
    with system.reads.connect() as connection:
        return last_sequence(connection, device)


def _context(turn: Turn, number: int) -> Context:
    actor = Actor.device(turn.device)
    return turn.system.context(actor, idempotency_key=f"statement-{number}")


def _read(system: System, statement: Statement) -> Event:
    """Check the signature and return the event that was signed."""
    made = statement.attestation
    verify_p256(public_key(system, made.device), made.signature, _signed(statement))
    return decode(statement.name, made.schema, canonical.parse_canonical(made.payload))


def _in_order(turn: Turn, number: int) -> tuple[equipment.DeviceSequenceGapDetected, ...]:
    station, _ = load_existing(turn.system.log, EQUIPMENT, turn.device.stream)
    return stations.accept_sequence(station, recorded=turn.last, received=number)


def _record(
    system: System, statement: Statement, event: Event, context: Context
) -> tuple[Record, ...]:
    if isinstance(event, StatedCapture):
        return record_capture(system, statement, event, context)
    if isinstance(event, StatedOfStation):
        return record_of_station(system, statement, event, context)
    raise RuleViolation(
        "device.event",
        f"a station does not state {statement.name}",
        "Deliver what the station itself did or measured.",
    )


def _signed(statement: Statement) -> bytes:
    made = statement.attestation
    return device_statement(
        stream=statement.stream,
        name=statement.name,
        schema=made.schema,
        device=made.device,
        device_sequence=made.sequence,
        device_time_us=made.device_time.us,
        commitment=commitment(made.salt, made.payload),
    )


def _refusal(error: Exception) -> RuleViolation:
    return RuleViolation(
        f"device.{_SLUGS[type(error)]}",
        str(error)[:LONGEST_EVIDENCE],
        "Keep the statement aside and have the station looked at.",
    )


def _refuse(
    system: System, device: DeviceId, sequence: int, refusal: RuleViolation, context: Context
) -> Taken | Refused:
    ours = replace(context, attestation=None, blobs=(), subject=None)
    records = update(
        system.log,
        EQUIPMENT,
        device.stream,
        lambda station: stations.reject_batch(
            station, device_sequences=(sequence,), refusal=refusal
        ),
        ours,
    )
    return _answered(sequence, records, refusal.next_step)


def _answered_again(
    system: System, statement: Statement, before: tuple[Record, ...], context: Context
) -> Taken | Refused:
    """Answer what became of a number, unless another statement came under it."""
    made = statement.attestation
    if before[-1].device_sequence is None or _same(system, statement, before[-1]):
        return _answered(made.sequence, before)
    refusal = RuleViolation(
        "device.number-once",
        f"number {made.sequence} stands for another statement",
        "Keep the statement aside and have the station looked at.",
    )
    signed = sha256(_signed(statement)).hexdigest()
    other = replace(context, idempotency_key=f"other-{made.sequence}-{signed[:32]}")
    return _refuse(system, made.device, made.sequence, refusal, other)


def _same(system: System, statement: Statement, record: Record) -> bool:
    made = statement.attestation
    (sealed,) = system.log.sealed_after(record.seq - 1, limit=1)
    header = decode_entry(sealed.entry).header
    return (
        header.stream,
        header.name,
        header.schema,
        header.device_time_us,
        header.commitment,
    ) == (
        statement.stream,
        statement.name,
        made.schema,
        made.device_time.us,
        commitment(made.salt, made.payload),
    )


def _answered(
    sequence: int,
    records: tuple[Record, ...],
    next_step: str = "It was refused for good; keep the statement aside.",
) -> Taken | Refused:
    last = records[-1]
    if isinstance(last.event, equipment.DeviceBatchRejected):
        return Refused(
            sequence=sequence,
            rule=last.event.rule,
            evidence=last.event.evidence,
            next_step=next_step,
        )
    return Taken(sequence=sequence, record=last)
