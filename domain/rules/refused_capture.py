"""What is recorded of captures that were refused, failed or were given up.

Rules kept here:

1. A refused capture is a recorded fact with every gate and its evidence [DRV-07].
2. A station reports on the sessions it captures, and only what happened before anything was
   handed in.
3. Of what was captured and then refused, everything is kept but the picture: which attempt, which
   bytes by digest, under which conditions, and what the station signed.

The state is ``CaptureSession``, folded by ``domain/rules/capture_session.py``.
"""

from domain.errors import RuleViolation
from domain.events.capture_session import AttemptSubmitted, CaptureBlocked
from domain.events.refused_capture import (
    AttemptRefused,
    CaptureFailed,
    CaptureGivenUp,
    PhotographRefused,
)
from domain.values.capture import ReadAt, SignedStatement, Stage, failed
from domain.values.capture_session import CaptureSession
from domain.values.content import CaptureView, Digest
from domain.values.gates import GatesClosed
from domain.values.identifiers import AttemptId, DeviceId
from domain.values.words import said


def report_block(
    session: CaptureSession, blocked: CaptureBlocked, *, device: DeviceId
) -> CaptureBlocked:
    """Record that the station refused a capture before the shutter [DRV-07].

    Raises:
        RuleViolation: the session is not open, is another station's, or nothing was refused.
    """
    _must_be_the_stations(session, device)
    if blocked.stage is not Stage.STATION or not failed(blocked.gates):
        raise RuleViolation(
            "capture.block",
            f"{len(failed(blocked.gates))} gates failed at stage {blocked.stage}",
            "Report the station's gates, at least one of which did not pass.",
        )
    return blocked


def report_failure(
    session: CaptureSession, failure: CaptureFailed, *, device: DeviceId
) -> CaptureFailed:
    """Record that nothing was captured although every gate was open [DRV-07].

    Raises:
        RuleViolation: the session is not open, is another station's, a gate was closed, or there
            is no evidence.
    """
    _must_be_the_stations(session, device)
    if failed(failure.gates):
        raise RuleViolation(
            "capture.failure",
            f"{len(failed(failure.gates))} gates were closed",
            "Report a capture that a gate refused as blocked.",
        )
    said(failure.evidence, rule="capture.failure", what="evidence")
    return failure


def report_giving_up(
    session: CaptureSession, given_up: CaptureGivenUp, *, device: DeviceId
) -> CaptureGivenUp:
    """Record that the station asked for help instead of trying on [DRV-07].

    Raises:
        RuleViolation: the session is not open, is another station's, or nothing was tried.
    """
    _must_be_the_stations(session, device)
    if given_up.tries < 1:
        raise RuleViolation(
            "capture.given-up", "nothing was tried", "Report what was tried and not accepted."
        )
    return given_up


def refuse_attempt(
    submitted: AttemptSubmitted,
    refusal: RuleViolation,
    *,
    statement: SignedStatement,
    based_on: tuple[ReadAt, ...],
) -> AttemptRefused:
    """Record what a station handed in and a rule refused [DRV-07].

    Args:
        submitted: What the station says.
        refusal: Why it is not taken in.
        statement: What it signed, word for word.
        based_on: The streams and versions that were read.
    """
    return AttemptRefused(
        attempt=submitted.attempt,
        view=submitted.view,
        frames=tuple(each.content.digest for each in submitted.frames),
        captured_at=submitted.captured_at,
        gates=refusal.gates if isinstance(refusal, GatesClosed) else (),
        rule=refusal.rule,
        evidence=refusal.evidence,
        next_step=refusal.next_step,
        based_on=based_on,
        statement=statement,
    )


def refuse_photograph(
    session: CaptureSession,
    *,
    attempt: AttemptId,
    view: CaptureView,
    source: str,
    content: Digest,
    size_bytes: int,
    refusal: RuleViolation,
    based_on: tuple[ReadAt, ...],
) -> PhotographRefused:
    """Record that a photograph from elsewhere was refused [DRV-07].

    Args:
        session: The session.
        attempt: The attempt it would have stood for.
        view: The pose.
        source: Where it came from, in words.
        content: Digest of the bytes that came.
        size_bytes: How many.
        refusal: Why they are not taken in.
        based_on: The streams and versions that were read.

    Raises:
        RuleViolation: the session is not open.
    """
    session.must_be_open()
    return PhotographRefused(
        attempt=attempt,
        view=view,
        source=source,
        content=content,
        size_bytes=size_bytes,
        gates=refusal.gates if isinstance(refusal, GatesClosed) else (),
        rule=refusal.rule,
        evidence=refusal.evidence,
        next_step=refusal.next_step,
        based_on=based_on,
    )


def _must_be_the_stations(session: CaptureSession, device: DeviceId) -> None:
    session.must_be_open()
    if device != session.device:
        raise RuleViolation(
            "capture.station",
            "the session is captured with another station",
            "Report on sessions of this station.",
        )
