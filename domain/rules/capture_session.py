"""Opening a session, handing in attempts, closing.

Rules kept here:

1. A capture is refused with every gate and its evidence; ``domain/rules/refused_capture.py``
   decides what is recorded of that [DRV-07].
2. An attempt is kept whether good or bad [REQ-IN-200 to 202].
3. Consent and operator are asked again for every attempt: once withdrawn, nothing more is taken
   in; whoever signed out captures nothing more.
4. A session ends complete, with every required view accepted, or is abandoned with a reason.

``domain/rules/attempt.py`` decides what becomes of the attempts.
"""

from dataclasses import replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.capture_session import (
    AttemptJudged,
    AttemptMeasured,
    AttemptSubmitted,
    AttemptUnmeasurable,
    CaptureBlocked,
    CaptureSessionEvent,
    DepthReconstructed,
    OutputWithheld,
    PhotographImported,
    PreconditionsChecked,
    SessionAbandoned,
    SessionClosed,
    SessionOpened,
    SurfaceReconstructed,
)
from domain.events.refused_capture import (
    AttemptRefused,
    CaptureFailed,
    CaptureGivenUp,
    PhotographRefused,
)
from domain.values.capture import Gate, GateResult
from domain.values.capture_session import Attempt, CaptureSession, is_stereo_pair
from domain.values.consent import Coverage
from domain.values.content import CaptureView, FrameRole
from domain.values.gates import (
    Operator,
    consent_gate,
    must_be_open,
    operator_gate,
    session_station_gate,
    station_gates,
    unreported,
)
from domain.values.identifiers import AttemptId, DeviceId, SessionId
from domain.values.protocol import ProtocolContent, ViewRequirement
from domain.values.words import said

RECEIPT_GATES = (
    Gate.CONSENT,
    Gate.OPERATOR,
    Gate.VERSIONS,
    Gate.DEVICE_IDENTITY,
    Gate.CALIBRATION,
    Gate.ILLUMINATION,
)
"""What the server checks, again, when an attempt arrives."""
BESIDE_CLOSING = (DepthReconstructed, SurfaceReconstructed, OutputWithheld)
"""What analysis adds to a session without changing what closing it depends on or shows."""


def evolve(session: CaptureSession, event: CaptureSessionEvent) -> CaptureSession:
    """Return the session after the event; history is never refused."""
    match event:
        case SessionOpened():
            return _opened(session, event)
        case PreconditionsChecked() | CaptureBlocked():
            return session
        case CaptureFailed() | CaptureGivenUp() | AttemptRefused() | PhotographRefused():
            return session
        case AttemptSubmitted() | PhotographImported():
            attempt = _arrived(event)
            return replace(session, attempts={**session.attempts, attempt.attempt: attempt})
        case SessionClosed():
            return replace(session, closed=True)
        case SessionAbandoned():
            return replace(session, abandoned=True)
        case _:
            before = session.attempts.get(event.attempt)
            if before is None:
                return session
            after = _evolve_attempt(before, event)
            return replace(session, attempts={**session.attempts, event.attempt: after})


CAPTURE_SESSION = Aggregate(kind=SessionId.kind, initial=CaptureSession(), evolve=evolve)


def open_session(
    session: CaptureSession, opened: SessionOpened, checked: PreconditionsChecked | CaptureBlocked
) -> tuple[SessionOpened, PreconditionsChecked] | CaptureBlocked:
    """Open a session if every gate passed; otherwise record the refusal.

    Args:
        session: The session.
        opened: What it would be opened with.
        checked: What ``check_preconditions`` found.

    Raises:
        RuleViolation: the session was opened before.
    """
    if session.session is not None:
        raise RuleViolation(
            "session.opened-once",
            "the session was opened before",
            "Go on with it, or open a new one.",
        )
    if isinstance(checked, CaptureBlocked):
        return checked
    return opened, checked


def submit_attempt(
    session: CaptureSession,
    submitted: AttemptSubmitted,
    *,
    device: DeviceId,
    content: ProtocolContent,
    consent: Coverage,
    operator: Operator,
    device_gates: tuple[GateResult, ...],
) -> AttemptSubmitted:
    """Take in what the station handed in.

    Args:
        session: The session.
        submitted: What the station says.
        device: The station that signed it.
        content: The session's protocol.
        consent: Whether consent covers the session's purpose now.
        operator: What is known of the session's operator when it was captured.
        device_gates: The station's gates for this capture, from ``fit_for_attempt``.

    Raises:
        GatesClosed: a gate is not open; with every gate and its evidence.
        RuleViolation: the session is not open, the attempt was handed in before, the protocol has
            no such view, or the frames do not fit it.
    """
    _must_accept(session, submitted.attempt)
    requirement = _requirement(content, submitted.view)
    _must_fit(submitted, requirement)
    found = (consent_gate(consent), operator_gate(operator), *device_gates)
    gates = (
        *found,
        *unreported(found, RECEIPT_GATES),
        *session_station_gate(captured=device, opened=session.device),
        *station_gates(submitted.gates, submitted.conditions, content),
    )
    must_be_open(gates)
    return submitted


def import_photograph(
    session: CaptureSession,
    imported: PhotographImported,
    *,
    content: ProtocolContent,
    consent: Coverage,
) -> PhotographImported:
    """Take in a photograph from elsewhere.

    Raises:
        GatesClosed: consent does not cover it.
        RuleViolation: the session is not open, the attempt was handed in before, the protocol has
            no such view, the photograph claims a camera of a station, or has no source.
    """
    _must_accept(session, imported.attempt)
    _requirement(content, imported.view)
    said(imported.source, rule="capture.source", what="source")
    if imported.frame.role is not FrameRole.SINGLE or imported.frame.camera_serial is not None:
        raise RuleViolation(
            "capture.imported",
            "an imported photograph is a single frame of no station's camera",
            "Import it without camera serial number; it stays uncalibrated.",
        )
    must_be_open((consent_gate(consent),))
    return imported


def close_session(session: CaptureSession, *, content: ProtocolContent) -> SessionClosed:
    """End a session whose required views are all accepted [REQ-IN-093, 094].

    Raises:
        RuleViolation: it is not open, attempts await their verdict, or views are missing.
    """
    session.must_be_open()
    pending = sum(each.pending for each in session.attempts.values())
    if pending:
        raise RuleViolation(
            "session.judged",
            f"{pending} of {len(session.attempts)} attempts await their verdict",
            "Wait a moment and close again.",
        )
    lacking = [each.view for each in content.views if session.lacks(each)]
    if lacking:
        raise RuleViolation(
            "session.complete",
            f"no accepted capture of {', '.join(lacking)}: "
            f"{len(lacking)} of {len(content.views)} required views",
            "Capture what is missing, or abandon the session with a reason.",
        )
    return SessionClosed(accepted=session.accepted)


def abandon_session(session: CaptureSession, *, reason: str) -> SessionAbandoned:
    """End a session without a complete set of views [DRV-07].

    Raises:
        RuleViolation: it is not open, or no reason was given.
    """
    session.must_be_open()
    return SessionAbandoned(reason=said(reason, rule="session.reason", what="reason"))


def _opened(session: CaptureSession, event: SessionOpened) -> CaptureSession:
    return replace(
        session,
        session=event.session,
        subject=event.subject,
        operator=event.operator,
        device=event.device,
        protocol=event.protocol,
        model_list=event.model_manifest,
    )


def _arrived(event: AttemptSubmitted | PhotographImported) -> Attempt:
    if isinstance(event, PhotographImported):
        return Attempt(
            attempt=event.attempt,
            view=event.view,
            frames=(event.frame,),
            calibration=None,
            imported=True,
        )
    return Attempt(
        attempt=event.attempt,
        view=event.view,
        frames=event.frames,
        calibration=event.conditions.calibration,
        imported=False,
    )


def _evolve_attempt(
    attempt: Attempt,
    event: AttemptMeasured
    | AttemptUnmeasurable
    | AttemptJudged
    | DepthReconstructed
    | SurfaceReconstructed
    | OutputWithheld,
) -> Attempt:
    match event:
        case AttemptMeasured():
            return replace(attempt, measurements=event.measurements)
        case AttemptUnmeasurable():
            return replace(attempt, unmeasurable=True)
        case AttemptJudged():
            return replace(attempt, verdict=event.verdict)
        case DepthReconstructed():
            return replace(attempt, depth=event.depth)
        case SurfaceReconstructed():
            return replace(attempt, surface=event.mesh)
        case OutputWithheld():
            withheld = attempt.withheld | {(event.output, event.rule)}
            return replace(attempt, withheld=withheld)
        case _:
            assert_never(event)


def _must_accept(session: CaptureSession, attempt: AttemptId) -> None:
    session.must_be_open()
    if attempt in session.attempts:
        raise RuleViolation(
            "capture.attempt-once",
            f"attempt {attempt} was handed in before",
            "Give every attempt an identifier of its own.",
        )


def _requirement(content: ProtocolContent, view: CaptureView) -> ViewRequirement:
    for requirement in content.views:
        if requirement.view == view:
            return requirement
    raise RuleViolation(
        "capture.view",
        f"{content.name} {content.version} has no view {view}",
        f"Capture one of: {', '.join(each.view for each in content.views)}.",
    )


def _must_fit(submitted: AttemptSubmitted, requirement: ViewRequirement) -> None:
    frames = submitted.frames
    single = tuple(each.role for each in frames) == (FrameRole.SINGLE,)
    serials = {each.camera_serial for each in frames}
    if not (is_stereo_pair(frames) or (single and not requirement.stereo)):
        needed = "a stereo pair" if requirement.stereo else "one frame or a stereo pair"
        raise RuleViolation(
            "capture.frames",
            f"{requirement.view} needs {needed}; {len(frames)} frames of {len(serials)} cameras "
            f"and {len({each.content.digest for each in frames})} contents came",
            "Hand in left and right from two cameras.",
        )
    if not serials <= set(submitted.conditions.camera_serials):
        raise RuleViolation(
            "capture.cameras",
            "a frame comes from a camera that the conditions do not name",
            "Name the cameras that captured.",
        )
