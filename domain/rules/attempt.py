"""What becomes of an attempt: its measurement, its verdict, its depth, what is withheld.

Rules kept here:

1. An attempt is measured once, by us, and judged once, by its session's protocol
   [REQ-IN-096 to 103]; a step that is taken again finds its own record and decides nothing.
2. An imported photograph is uncalibrated for ever; stereo limits never apply to it.
3. Depth comes only of an accepted stereo pair under a locked calibration [REQ-IN-123, 125, 144].
4. Volume is withheld, with every ground, unless stereo, a locked and valid calibration and a
   validated claim are all there [REQ-IN-046 to 049, 074, 122].
5. This goes on after a session has ended: what was handed in is not left unjudged.

The state is ``CaptureSession``, folded by ``domain/rules/capture_session.py``.
"""

from domain.errors import Refusal, RuleViolation
from domain.events.capture_session import (
    AttemptJudged,
    AttemptMeasured,
    AttemptUnmeasurable,
    DepthReconstructed,
    OutputWithheld,
)
from domain.values.capture import GateResult
from domain.values.capture_session import Attempt, CaptureSession
from domain.values.identifiers import AttemptId
from domain.values.protocol import ProtocolContent
from domain.values.quality import judge

VOLUME = "volume-change"
"""The permanent word of the output that says how facial volume changed."""


def record_measurement(
    session: CaptureSession, measured: AttemptMeasured
) -> tuple[AttemptMeasured, ...]:
    """Record our measurement of an attempt's stored bytes; () when it was measured before.

    Raises:
        RuleViolation: there is no such attempt, or other bytes were measured.
    """
    attempt = _attempt(session, measured.attempt)
    if attempt.measurements is not None or attempt.unmeasurable:
        return ()
    if measured.inputs != attempt.digests:
        raise RuleViolation(
            "capture.measured-bytes",
            f"{', '.join(measured.inputs)} were measured, not {', '.join(attempt.digests)}",
            "Measure the frames that were handed in, left first.",
        )
    return (measured,)


def record_unmeasurable(
    session: CaptureSession, unmeasurable: AttemptUnmeasurable
) -> tuple[AttemptUnmeasurable, ...]:
    """Record that an attempt's bytes could not be measured; () when they were, or that is known.

    Raises:
        RuleViolation: there is no such attempt.
    """
    attempt = _attempt(session, unmeasurable.attempt)
    if attempt.measurements is not None or attempt.unmeasurable:
        return ()
    return (unmeasurable,)


def judge_attempt(
    session: CaptureSession, attempt: AttemptId, *, content: ProtocolContent
) -> tuple[AttemptJudged, ...]:
    """Judge an attempt by the limits that apply to it; () when it was judged before.

    Limits for stereo apply where a stereo pair was captured, so never to an imported photograph.

    Args:
        session: The session.
        attempt: Which attempt.
        content: The session's protocol.

    Raises:
        RuleViolation: there is no such attempt, or it was not measured.
    """
    found = _attempt(session, attempt)
    if found.verdict is not None:
        return ()
    if session.protocol is None or found.measurements is None:
        raise RuleViolation(
            "capture.measured", f"attempt {attempt} was not measured", "Measure it first."
        )
    verdict = judge(found.measurements, content.limits, stereo=found.stereo)
    return (AttemptJudged(attempt=attempt, protocol=session.protocol, verdict=verdict),)


def depth_due(session: CaptureSession, attempt: AttemptId) -> bool:
    """Return whether depth is still to be reconstructed of an attempt."""
    found = session.attempts.get(attempt)
    return (
        found is not None
        and found.accepted
        and found.stereo
        and found.calibration is not None
        and found.depth is None
    )


def record_depth(
    session: CaptureSession, depth: DepthReconstructed, *, calibration: GateResult
) -> tuple[DepthReconstructed, ...]:
    """Record depth reconstructed of an attempt; () when it was recorded before.

    Args:
        session: The session.
        depth: The depth.
        calibration: Whether the attempt's calibration may be relied on, from ``calibration_gate``.

    Raises:
        RuleViolation: the attempt is no accepted stereo pair, its calibration does not hold, other
            bytes or another calibration were used, or the completeness is impossible.
    """
    attempt = _attempt(session, depth.attempt)
    if attempt.depth is not None:
        return ()
    if not attempt.accepted or not attempt.stereo:
        raise RuleViolation(
            "depth.accepted-stereo",
            f"attempt {depth.attempt} is not an accepted stereo pair",
            "Reconstruct depth of accepted stereo pairs only.",
        )
    if depth.calibration != attempt.calibration or not calibration.passed:
        raise RuleViolation(
            "depth.locked-calibration",
            f"attempt {depth.attempt} was captured with {attempt.calibration}; depth was made with "
            f"{depth.calibration}: {calibration.evidence}",
            "Use the locked calibration of the capture.",
        )
    if depth.inputs[: len(attempt.frames)] != attempt.digests:
        raise RuleViolation(
            "depth.inputs",
            "depth was not made of the frames that were handed in",
            "Name left and right first among the inputs.",
        )
    if not 0 <= depth.completeness <= 1:
        raise RuleViolation(
            "depth.completeness",
            f"a completeness of {depth.completeness:g} is not a share",
            "State it between 0 and 1.",
        )
    return (depth,)


def withhold(
    session: CaptureSession, attempt: AttemptId, *, output: str, grounds: tuple[Refusal, ...]
) -> tuple[OutputWithheld, ...]:
    """Record each ground on which an output is not produced, unless it is recorded already.

    Raises:
        RuleViolation: there is no such attempt.
    """
    known = _attempt(session, attempt).withheld
    return tuple(
        OutputWithheld(
            attempt=attempt,
            output=output,
            rule=each.rule,
            evidence=each.evidence,
            next_step=each.next_step,
        )
        for each in grounds
        if (output, each.rule) not in known
    )


def volume_withheld(
    session: CaptureSession,
    attempt: AttemptId,
    *,
    calibration: GateResult | None,
    claim_validated: bool,
) -> tuple[OutputWithheld, ...]:
    """Record every ground on which volume is withheld; () when there is none, or all are known.

    Args:
        session: The session.
        attempt: Which attempt.
        calibration: Whether the attempt's calibration may be relied on, from ``calibration_gate``;
            none when the attempt names none.
        claim_validated: Whether accuracy, repeatability and clinical validation of volume are
            recorded.

    Raises:
        RuleViolation: there is no such attempt.
    """
    found = _attempt(session, attempt)
    grounds = []
    if not found.stereo:
        source = "an imported photograph" if found.imported else "a single frame"
        grounds.append(
            Refusal(
                rule="volume.stereo",
                evidence=f"{source} holds colour only, no calibrated depth",
                next_step="Capture a calibrated stereo pair.",
            )
        )
    if found.calibration is None or calibration is None:
        grounds.append(
            Refusal(
                rule="volume.locked-calibration",
                evidence="no locked calibration stands behind this capture",
                next_step="Capture with a station whose calibration is locked.",
            )
        )
    elif not calibration.passed:
        grounds.append(
            Refusal(
                rule="volume.valid-calibration",
                evidence=calibration.evidence,
                next_step=calibration.next_step,
            )
        )
    if not claim_validated:
        grounds.append(
            Refusal(
                rule="volume.validated-claim",
                evidence="no validated accuracy, repeatability and study of volume change covers "
                "this capture",
                next_step="Complete the validation; until then volume stays withheld.",
            )
        )
    return withhold(session, attempt, output=VOLUME, grounds=tuple(grounds))


def _attempt(session: CaptureSession, attempt: AttemptId) -> Attempt:
    found = session.attempts.get(attempt)
    if found is None:
        raise RuleViolation(
            "capture.attempt",
            f"the session has no attempt {attempt}",
            "Choose one of the session's attempts.",
        )
    return found
