"""Reconstructs depth of an accepted stereo pair under its locked calibration.

Rules kept here:

1. Only an accepted stereo pair whose calibration may be relied on gives depth [REQ-IN-123, 125,
   144]; where the calibration may not, or the pair does not fit it, the depth map is withheld
   with the evidence.
2. The record names algorithm, settings, platform and every input by digest, so that it can be made
   again.
3. Completeness is the share of the face with trusted depth, as the attempt was measured.
4. What limits reliability is flagged on the depth map itself: texture, hair, occlusion, expression,
   make-up, gloss, alignment [REQ-IN-145 to 151]. The bounds here only flag; what decides about a
   capture stands in its protocol.
"""

from typing import Final

from adapters.captures import (
    Capture,
    locked_calibration,
    read_capture,
    read_gate,
    read_parameters,
    read_picture,
)
from adapters.imaging import depth as maps
from adapters.imaging import measures
from adapters.imaging.determinism import platform_digest
from adapters.workbench import Workbench
from domain.errors import MalformedInput, Refusal
from domain.events.capture_session import DepthReconstructed
from domain.events.record import Record
from domain.handling import update
from domain.policies import ReconstructDepth
from domain.rules import attempt as attempts
from domain.rules.capture_session import CAPTURE_SESSION
from domain.values.capture import GateResult
from domain.values.content import Digest

WORKER = "depth"
DEPTH_MAP: Final = "depth-map"
"""The permanent word of this output where it is withheld."""

CALIBRATION_RULE: Final = "depth.locked-calibration"
PAIR_RULE: Final = "depth.pair"
_MEDIA_TYPE: Final = "image/png"

_FEWEST_MATCHES: Final = 0.6
_LEAST_COMPLETE: Final = 0.8
_MOST_GLOSS: Final = 0.002
_MOST_ROLL_DEG: Final = 5.0
_MOST_OFFSET_PERCENT: Final = 10.0


def reconstruct_depth(
    bench: Workbench, step: ReconstructDepth, calling: Record
) -> tuple[Record, ...]:
    """Reconstruct depth and record it, or why not; () when there is nothing left to do."""
    capture = read_capture(bench, step.session, step.attempt)
    if not attempts.depth_due(capture.session, step.attempt):
        return ()
    if any(output == DEPTH_MAP for output, _ in capture.attempt.withheld):
        return ()
    gate = read_gate(bench, capture)
    calibrated = locked_calibration(bench, capture)
    if gate is None or not gate.passed or calibrated is None:
        return _withheld(bench, step, calling, capture, _uncalibrated(gate))
    left, right = (read_picture(bench, frame, key=capture.key) for frame in capture.attempt.frames)
    try:
        depth = maps.reconstruct(left, right, read_parameters(bench, calibrated))
    except MalformedInput as refused:
        return _withheld(bench, step, calling, capture, _unmatched(refused))
    content, stored = bench.keep(maps.encode_depth(depth), key=capture.key, media_type=_MEDIA_TYPE)
    share = _measured(capture, measures.DEPTH_COMPLETENESS)
    made = DepthReconstructed(
        attempt=step.attempt,
        calibration=calibrated.record.calibration,
        depth=content,
        algorithm=depth.method,
        settings=maps.settings_of(depth.method),
        inputs=(*capture.attempt.digests, calibrated.record.parameters.digest),
        completeness=float(depth.valid.mean()) if share is None else share,
        quality_flags=_flags(capture),
        platform=Digest(platform_digest()),
    )
    return update(
        bench.log,
        CAPTURE_SESSION,
        step.session.stream,
        lambda session: attempts.record_depth(session, made, calibration=gate),
        bench.context(calling, WORKER, subject=capture.subject, blobs=(stored,)),
    )


def _withheld(
    bench: Workbench, step: ReconstructDepth, calling: Record, capture: Capture, ground: Refusal
) -> tuple[Record, ...]:
    return update(
        bench.log,
        CAPTURE_SESSION,
        step.session.stream,
        lambda session: attempts.withhold(
            session, step.attempt, output=DEPTH_MAP, grounds=(ground,)
        ),
        bench.context(calling, WORKER, subject=capture.subject),
    )


def _uncalibrated(gate: GateResult | None) -> Refusal:
    return Refusal(
        rule=CALIBRATION_RULE,
        evidence="no locked calibration stands behind this capture"
        if gate is None
        else gate.evidence,
        next_step="Capture with a station whose calibration is locked and valid.",
    )


def _unmatched(refused: MalformedInput) -> Refusal:
    return Refusal(
        rule=PAIR_RULE,
        evidence=str(refused),
        next_step="Capture the view again; if it repeats, do the field check with the target.",
    )


def _measured(capture: Capture, measure: measures.Measure) -> float | None:
    found = capture.attempt.measurements or ()
    return next((each.value for each in found if each.name == measure.name), None)


def _flags(capture: Capture) -> tuple[str, ...]:
    """Return what limits the reliability of depth here, by permanent words.

    What could not be measured counts as a limit.
    """
    prompts = capture.opened.prompts
    matches = _measured(capture, measures.STEREO_CORRESPONDENCE)
    share = _measured(capture, measures.DEPTH_COMPLETENESS)
    gloss = _measured(capture, measures.CLIPPED_SHARE)
    raised = {
        "little-texture": matches is None or matches < _FEWEST_MATCHES,
        "hair-not-held-back": not prompts.hair_back,
        "face-partly-occluded": not prompts.glasses_off or share is None or share < _LEAST_COMPLETE,
        "expression-not-neutral": not prompts.neutral_expression,
        "makeup-present": prompts.makeup != "none",
        "specular-reflection": gloss is None or gloss > _MOST_GLOSS,
        "poor-alignment": not _aligned(capture),
    }
    return tuple(flag for flag, is_raised in raised.items() if is_raised)


def _aligned(capture: Capture) -> bool:
    bounds = (
        (measures.FACE_ROLL, _MOST_ROLL_DEG),
        (measures.FACE_OFFSET_ACROSS, _MOST_OFFSET_PERCENT),
        (measures.FACE_OFFSET_DOWN, _MOST_OFFSET_PERCENT),
    )
    found = ((_measured(capture, measure), most) for measure, most in bounds)
    return all(value is not None and abs(value) <= most for value, most in found)
