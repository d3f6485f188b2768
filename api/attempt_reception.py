"""Takes in what a station captured: the gates are checked again before it is recorded.

Rules kept here:

1. A capture that fails a gate on receipt is recorded as blocked, together with the number it used
   up, in one step.
2. What is decided rests on streams, whose versions are recorded with a refusal.
"""

from dataclasses import replace

from api.sources import Sources
from api.statements import Statement, stored_content
from api.wiring import System
from domain.errors import (
    RuleViolation,
    StaleVersion,
)
from domain.events import capture_session as captures
from domain.events.record import Draft, Record
from domain.handling import TRIES, Context, drafts, load_existing
from domain.rules import equipment as stations
from domain.rules.capture_session import CAPTURE_SESSION, report_block, submit_attempt
from domain.rules.equipment import EQUIPMENT
from domain.values.capture_session import CaptureSession
from domain.values.identifiers import DeviceId, SessionId


def record_capture(
    system: System,
    statement: Statement,
    event: captures.AttemptSubmitted | captures.CaptureBlocked,
    context: Context,
) -> tuple[Record, ...]:
    """Record what a station says it captured or refused to capture.

    Raises:
        RuleViolation: a rule refuses it.
        NotFound: content it names was never delivered.
    """
    device = statement.attestation.device
    session = SessionId.of_stream(statement.stream)
    for _ in range(TRIES):
        state, version = load_existing(system.log, CAPTURE_SESSION, session.stream)
        opened = _opening(system, session)
        context = replace(context, subject=opened.subject)
        decided = _decide_capture(system, device, state, opened, event)
        if decided == event:
            blobs = stored_content(system, event, f"subject:{opened.subject}")
            made = drafts(session.stream, version, (event,), replace(context, blobs=blobs))
        else:
            # Refused at a gate on receipt: the block and the number it uses up go in together.
            ours = replace(context, attestation=None)
            made = (
                *drafts(session.stream, version, (decided,), ours),
                *_rejection(system, statement, decided, ours),
            )
        try:
            return system.log.append(made)
        except StaleVersion:
            continue
    raise StaleVersion(session.stream, version, version + 1)


def _decide_capture(
    system: System,
    device: DeviceId,
    state: CaptureSession,
    opened: captures.SessionOpened,
    event: captures.AttemptSubmitted | captures.CaptureBlocked,
) -> captures.AttemptSubmitted | captures.CaptureBlocked:
    if isinstance(event, captures.CaptureBlocked):
        return report_block(state, event, device=device)
    sources = Sources.of(system)
    content = sources.protocol(opened.protocol)
    if content is None:
        raise RuleViolation(
            "session.protocol", "the protocol was retired meanwhile", "Open a new session."
        )
    station = sources.station(device)
    gates = stations.fit_for_attempt(
        station,
        conditions=event.conditions,
        captured_at=event.captured_at,
        limits=content.calibration,
    )
    return submit_attempt(
        state,
        event,
        device=device,
        content=content,
        consent=sources.consent(opened.subject, opened.purpose),
        device_gates=gates,
        based_on=sources.based_on,
    )


def _opening(system: System, session: SessionId) -> captures.SessionOpened:
    for record in system.log.stream(session.stream):
        if isinstance(record.event, captures.SessionOpened):
            return record.event
    raise RuleViolation("session.opened", "the session was never opened", "Fetch the orders again.")


def _rejection(
    system: System,
    statement: Statement,
    blocked: captures.AttemptSubmitted | captures.CaptureBlocked,
    context: Context,
) -> tuple[Draft, ...]:
    device = statement.attestation.device
    station, version = load_existing(system.log, EQUIPMENT, device.stream)
    closed = (
        [gate.gate.value for gate in blocked.gates if not gate.passed]
        if isinstance(blocked, captures.CaptureBlocked)
        else []
    )
    refusal = RuleViolation(
        "capture.gates", f"gates that did not pass: {', '.join(closed)}", "See the session."
    )
    event = stations.reject_batch(
        station, device_sequences=(statement.attestation.sequence,), refusal=refusal
    )
    return drafts(device.stream, version, (event,), context)
