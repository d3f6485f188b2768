"""Takes in what a station says of a session: captures, and what it refused or gave up.

Rules kept here:

1. The gates are checked again before a capture is recorded.
2. A capture that is refused is recorded with everything but its pictures, together with the number
   it used up, in one step [DRV-07].
3. What is decided rests on streams, whose versions are recorded with a refusal.
"""

from dataclasses import replace
from typing import assert_never

from api.sources import Sources
from api.statements import Statement, stored_content
from api.wiring import System
from domain.errors import NotFound, RuleViolation, StaleVersion
from domain.events import capture_session as captures
from domain.events import refused_capture as refusals
from domain.events.names import Event
from domain.events.record import Draft, Record, StoredBlob
from domain.handling import TRIES, Context, drafts, load_existing
from domain.rules import equipment as stations
from domain.rules.capture_session import CAPTURE_SESSION, submit_attempt
from domain.rules.equipment import EQUIPMENT
from domain.rules.refused_capture import (
    refuse_attempt,
    report_block,
    report_failure,
    report_giving_up,
)
from domain.values.capture import SignedStatement
from domain.values.capture_session import CaptureSession
from domain.values.identifiers import DeviceId, SessionId
from domain.values.time import ServerTime, by_our_clock

StatedCapture = (
    captures.AttemptSubmitted
    | captures.CaptureBlocked
    | refusals.CaptureFailed
    | refusals.CaptureGivenUp
)
"""What a station states of a session."""


def record_capture(
    system: System, statement: Statement, event: StatedCapture, context: Context
) -> tuple[Record, ...]:
    """Record what a station says it captured, refused to capture, or could not.

    Raises:
        RuleViolation: a rule refuses to take it in at all.
    """
    session = SessionId.of_stream(statement.stream)
    for _ in range(TRIES):
        state, version = load_existing(system.log, CAPTURE_SESSION, session.stream)
        opened, since = _opening(system, session)
        ours = replace(context, subject=opened.subject)
        sources = Sources.of(system)
        try:
            decided, blobs = _decide(sources, statement, state, (opened, since), event)
        except (RuleViolation, NotFound) as refused:
            if not isinstance(event, captures.AttemptSubmitted):
                raise
            refusal = _worded(refused)
            kept = refuse_attempt(
                event, refusal, statement=_signed(statement), based_on=sources.based_on
            )
            plain = replace(ours, attestation=None)
            made = (
                *drafts(session.stream, version, (kept,), plain),
                *_rejection(system, statement, refusal, plain),
            )
        else:
            made = drafts(session.stream, version, (decided,), replace(ours, blobs=blobs))
        try:
            return system.log.append(made)
        except StaleVersion:
            continue
    raise StaleVersion(session.stream, version, version + 1)


def _decide(
    sources: Sources,
    statement: Statement,
    state: CaptureSession,
    opening: tuple[captures.SessionOpened, ServerTime],
    event: StatedCapture,
) -> tuple[Event, tuple[StoredBlob, ...]]:
    device = statement.attestation.device
    match event:
        case captures.CaptureBlocked():
            return report_block(state, event, device=device), ()
        case refusals.CaptureFailed():
            return report_failure(state, event, device=device), ()
        case refusals.CaptureGivenUp():
            return report_giving_up(state, event, device=device), ()
        case captures.AttemptSubmitted():
            decided = _take_in(sources, device, state, opening, event)
            key = f"subject:{opening[0].subject}"
            return decided, stored_content(sources.system, event, key)
        case _:
            assert_never(event)


def _take_in(
    sources: Sources,
    device: DeviceId,
    state: CaptureSession,
    opening: tuple[captures.SessionOpened, ServerTime],
    event: captures.AttemptSubmitted,
) -> captures.AttemptSubmitted:
    opened, since = opening
    content = sources.protocol(opened.protocol)
    if content is None:
        raise RuleViolation(
            "session.protocol", "the protocol was retired meanwhile", "Open a new session."
        )
    gates = stations.fit_for_attempt(
        sources.station(device),
        conditions=event.conditions,
        captured_at=event.captured_at,
        content=content,
        models=sources.model_lists(opened.model_manifest),
    )
    # A capture lies between the session's opening and now, whatever the station's clock says.
    by_ours = by_our_clock(event.captured_at, event.conditions.clock_offset_ms)
    moment = min(max(by_ours, since), sources.system.clock.now())
    return submit_attempt(
        state,
        event,
        device=device,
        content=content,
        consent=sources.consent(opened.subject, opened.purpose),
        operator=sources.operator(opened.operator, moment),
        device_gates=gates,
    )


def _opening(system: System, session: SessionId) -> tuple[captures.SessionOpened, ServerTime]:
    for record in system.log.stream(session.stream):
        if isinstance(record.event, captures.SessionOpened):
            return record.event, record.committed_at
    raise RuleViolation("session.opened", "the session was never opened", "Fetch the orders again.")


def _worded(refused: RuleViolation | NotFound) -> RuleViolation:
    if isinstance(refused, RuleViolation):
        return refused
    return RuleViolation("device.missing", str(refused), "Have the station looked at.")


def _signed(statement: Statement) -> SignedStatement:
    made = statement.attestation
    return SignedStatement(
        schema=made.schema,
        sequence=made.sequence,
        made_at=made.device_time,
        salt=made.salt.hex(),
        payload=made.payload.decode(),
        signature=made.signature.hex(),
    )


def _rejection(
    system: System, statement: Statement, refusal: RuleViolation, context: Context
) -> tuple[Draft, ...]:
    device = statement.attestation.device
    station, version = load_existing(system.log, EQUIPMENT, device.stream)
    event = stations.reject_batch(
        station, device_sequences=(statement.attestation.sequence,), refusal=refusal
    )
    return drafts(device.stream, version, (event,), context)
