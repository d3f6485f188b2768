"""What stations ask and deliver: orders, content, signed statements.

Rules kept here:

1. Content comes first, then the statement that names it, so a statement never points to nothing.
2. The statements of one delivery are recorded in one step, with what was refused among them. Where
   that cannot be, each is taken in on its own, and what is wrong with one holds up no other.
3. Pictures of somebody who does not agree to being captured any more are not even stored.
4. A station is told which of the sessions it still holds something of were erased.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, ValidationError

from api.answers import Running
from api.calling_station import Caller, Station
from api.capture_gates import gates_of
from api.delivery import together
from api.protocol_in_force import protocol_in_force
from api.reception import (
    Refused,
    Taken,
    Turn,
    note_clock,
    receive,
    recorded_sequence,
    refuse_unreadable,
    turn,
)
from api.sources import Sources
from api.statements import Statement
from api.station_orders import GATES_LAST_S, Orders, calibration_in_force, limits_of, order_of
from api.wiring import System
from domain.errors import MalformedInput, RuleViolation
from domain.events.record import Attestation
from domain.values.consent import Purpose
from domain.values.content import Digest
from domain.values.identifiers import DeviceId, SessionId, StreamName, SubjectId
from domain.values.time import LATEST_US, DeviceTime
from projections import acquisition_protocol, capture_session, equipment

ROUTER = APIRouter(prefix="/device", tags=["device"])
MOST_STATEMENTS = 64
_PIECE = 1 << 20

Shape = TypeVar("Shape", bound=BaseModel)


class StoredContent(BaseModel):
    """Content that is durable now."""

    digest: str
    size_bytes: int


class Numbered(BaseModel):
    """What every statement has, however damaged."""

    device_sequence: int = Field(ge=1, le=2**53 - 1)


class StatementIn(Numbered):
    """One signed statement; binary fields in base64."""

    stream: str = Field(max_length=100)
    name: str = Field(max_length=60)
    schema_: int = Field(alias="schema", ge=1, le=1000)
    device_time_us: int = Field(ge=0, le=LATEST_US)
    salt: str = Field(max_length=64)
    payload: str = Field(max_length=4 << 20)
    signature: str = Field(max_length=200)
    blobs: list[str] = Field(default_factory=list, max_length=16)  # told, but not signed: not used


class Batch(BaseModel):
    """Statements, and the station's clock as it sends them.

    Each is read on its own, so that one that is damaged does not hold up the others.
    """

    device_clock_us: int = Field(ge=0, le=LATEST_US)
    statements: list[dict[str, object]] = Field(max_length=MOST_STATEMENTS)


class TakenOut(BaseModel):
    """Where a statement stands in the record."""

    device_sequence: int
    seq: int
    version: int
    committed_at: str


class RefusedOut(BaseModel):
    """Why a statement was refused; the refusal is in the record."""

    device_sequence: int
    rule: str
    evidence: str
    next_step: str


class Held(BaseModel):
    """Sessions of which a station still holds something that was refused."""

    sessions: list[str] = Field(max_length=64)


class ErasedOut(BaseModel):
    """Those of them whose clients were erased."""

    erased: list[str]


class BatchOut(BaseModel):
    """What became of each statement."""

    server_time: str
    latest_sequence: int
    accepted: list[TakenOut]
    refused: list[RefusedOut]


@ROUTER.get("/orders")
def orders(caller: Station, system: Running) -> Orders:
    """Return the station's open sessions with everything it needs to capture them."""
    latest = recorded_sequence(system, caller.device)
    baseline = Sources.of(system).station(caller.device).light_baseline
    in_force = protocol_in_force(system)
    with system.reads.connect() as connection:
        device = equipment.device(connection, caller.device) or {}
        sessions = [
            (row, acquisition_protocol.protocol(connection, row["protocol"]) or {})
            for row in capture_session.open_for_device(connection, caller.device)
        ]
    calibration = device.get("calibration")
    illumination = device.get("illumination") or []
    return Orders(
        server_time=str(system.clock.now()),
        device=str(caller.device),
        latest_sequence=latest,
        calibration=None if calibration is None else calibration_in_force(calibration),
        illumination_at=illumination[0]["at"] if illumination else None,
        light_baseline=None if baseline is None else str(baseline),
        limits=None if in_force is None else limits_of(in_force),
        quarantined=device.get("quarantine"),
        gates_last_s=GATES_LAST_S,
        orders=[order_of(row, protocol, gates_of(system, row)) for row, protocol in sessions],
    )


@ROUTER.put("/blobs/{digest}", status_code=201)
def put_content(
    digest: str, caller: Station, system: Running, response: Response, session: str | None = None
) -> StoredContent:
    """Store content of a session, or of the station itself; safe to repeat."""
    expected = Digest(f"sha256:{digest}")
    if Digest.of(caller.body) != expected:
        message = "the content is not the one its address names"
        raise MalformedInput(message)
    key = system.clinic_key if session is None else _key_of_session(system, caller, session)
    pieces = _pieces(caller.body)
    limit = system.settings.upload_limit_bytes
    stored = system.blobs.put(pieces, key=key, expected=expected, limit_bytes=limit)
    response.headers["X-Vultus-Server-Time"] = str(system.clock.now())
    return StoredContent(digest=str(stored.content), size_bytes=stored.size_bytes)


@ROUTER.post("/statements")
def post_statements(caller: Station, system: Running) -> BatchOut:
    """Take in statements in the order of their numbers; what is refused does not stop the rest."""
    batch = _parsed(Batch.model_validate_json, caller.body)
    numbers = [_parsed(Numbered.model_validate, each).device_sequence for each in batch.statements]
    in_order = sorted(zip(numbers, batch.statements, strict=True), key=lambda one: one[0])
    with turn(system, caller.device) as its_turn:
        outcomes = together(its_turn, [partial(_receive, given=each) for _, each in in_order])
        latest = its_turn.last
        if batch.statements:
            note_clock(system, caller.device, DeviceTime(batch.device_clock_us), latest)
    return BatchOut(
        server_time=str(system.clock.now()),
        latest_sequence=latest,
        accepted=[_taken(each) for each in outcomes if isinstance(each, Taken)],
        refused=[_refused(each) for each in outcomes if isinstance(each, Refused)],
    )


@ROUTER.post("/erased")
def erased(caller: Station, system: Running) -> ErasedOut:
    """Say which of these sessions are of clients who were erased; nothing else is told of any."""
    held = _parsed(Held.model_validate_json, caller.body)
    found = [each for each in held.sessions if _is_erased(system, SessionId(each))]
    return ErasedOut(erased=found)


def _is_erased(system: System, session: SessionId) -> bool:
    records = system.log.stream(session.stream)
    return bool(records) and system.keys.destroyed(records[0].key)


def _receive(turn: Turn, given: dict[str, object]) -> Taken | Refused:
    number = Numbered.model_validate(given).device_sequence
    try:
        statement = _statement(turn.device, _parsed(StatementIn.model_validate, given))
    except MalformedInput as error:
        return refuse_unreadable(turn, number, error)
    return receive(turn, statement)


def _taken(outcome: Taken) -> TakenOut:
    return TakenOut(
        device_sequence=outcome.sequence,
        seq=outcome.record.seq,
        version=outcome.record.version,
        committed_at=str(outcome.record.committed_at),
    )


def _refused(outcome: Refused) -> RefusedOut:
    return RefusedOut(
        device_sequence=outcome.sequence,
        rule=outcome.rule,
        evidence=outcome.evidence,
        next_step=outcome.next_step,
    )


def _parsed(parse: Callable[[Any], Shape], given: object) -> Shape:
    try:
        return parse(given)
    except ValidationError as error:
        places = {".".join(str(part) for part in each["loc"]) for each in error.errors()}
        message = f"it does not have the expected shape at: {', '.join(sorted(places))}"
        raise MalformedInput(message) from None


def _key_of_session(system: System, caller: Caller, session: str) -> str:
    system.runner.catch_up()
    with system.reads.connect() as connection:
        row = capture_session.session(connection, SessionId(session))
    if row is None or row["device"] != caller.device:
        raise RuleViolation(
            "capture.station",
            "the session is not captured with this station",
            "Fetch the orders again.",
        )
    subject = SubjectId(row["subject"])
    coverage = Sources.of(system).consent(subject, Purpose(row["purpose"]))
    if not coverage.covered:
        raise RuleViolation(
            "capture.consent", coverage.evidence, "Capture nothing more in this session."
        )
    return f"subject:{subject}"


def _statement(device: DeviceId, each: StatementIn) -> Statement:
    return Statement(
        stream=StreamName(each.stream),
        name=each.name,
        attestation=Attestation(
            device=device,
            schema=each.schema_,
            sequence=each.device_sequence,
            device_time=DeviceTime(each.device_time_us),
            salt=_decoded(each.salt),
            payload=_decoded(each.payload),
            signature=_decoded(each.signature),
        ),
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        message = "a binary field is not base64"
        raise MalformedInput(message) from error


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
