"""Reconstructs depth of an accepted stereo pair under its locked calibration.

Rules kept here:

1. Only an accepted stereo pair whose calibration may be relied on gives depth [REQ-IN-123, 125,
   144]; where the calibration may not, or the pair does not fit it, the depth map is withheld
   with the evidence.
2. The record names algorithm, settings, platform and every input by digest, so that it can be made
   again.
3. Completeness is the share of the face with trusted depth; the face is where the attempt was
   measured. The surface with its uncertainty is recorded after the depth it belongs to.
4. What limits reliability is flagged on the depth map itself: texture, hair, occlusion, expression,
   make-up, gloss, alignment [REQ-IN-145 to 151]. The bounds here only flag; what decides about a
   capture stands in its protocol.
"""

from typing import Final

import numpy as np

from adapters.captures import (
    Capture,
    geometry_refused,
    locked_calibration,
    read_capture,
    read_gate,
    read_parameters,
    read_picture,
)
from adapters.imaging import depth as maps
from adapters.imaging import measures, reliability
from adapters.imaging.depth_completeness import measure_completeness
from adapters.imaging.depth_mesh import STEEPEST, Mesh, mesh_of
from adapters.imaging.determinism import platform_digest
from adapters.imaging.looks import as_window
from adapters.imaging.mesh_files import PLY_TYPE, ply_bytes
from adapters.workbench import Workbench
from domain.errors import MalformedInput, Refusal
from domain.events.capture_session import DepthReconstructed, SurfaceReconstructed
from domain.events.record import Record, StoredBlob
from domain.handling import update
from domain.policies import ReconstructDepth
from domain.rules import attempt as attempts
from domain.rules import surface as surfaces
from domain.rules.capture_session import CAPTURE_SESSION
from domain.values.content import Digest
from domain.values.station import Calibrated

WORKER = "depth"
DEPTH_MAP: Final = "depth-map"
"""The permanent word of this output where it is withheld."""

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
    before = capture.attempt.depth
    interrupted = before is not None and capture.attempt.surface is None
    if not interrupted and not attempts.depth_due(capture.session, step.attempt):
        return ()
    if any(output == DEPTH_MAP for output, _ in capture.attempt.withheld):
        return ()
    gate = read_gate(bench, capture)
    calibrated = locked_calibration(bench, capture)
    if gate is None or not gate.passed or calibrated is None:
        return _withheld(bench, step, calling, capture, geometry_refused(gate))
    left, right = (read_picture(bench, frame, key=capture.key) for frame in capture.attempt.frames)
    parameters = read_parameters(bench, calibrated)
    try:
        depth = maps.reconstruct(left, right, parameters)
        mesh = mesh_of(depth, parameters, left.encoded)
    except MalformedInput as refused:
        return _withheld(bench, step, calling, capture, _unmatched(refused))
    of_depth, of_surface, kept = _stored(bench, step, capture, calibrated, (depth, mesh))
    if before is not None and before.digest != of_surface.depth:
        return ()  # recorded by an older method, which makes no surface
    recorded = update(
        bench.log,
        CAPTURE_SESSION,
        step.session.stream,
        lambda session: attempts.record_depth(session, of_depth, calibration=gate),
        bench.context(calling, WORKER, subject=capture.subject, blobs=kept[:1]),
    )
    # A crash here leaves depth without its surface; the step is taken again and finds that.
    return (
        *recorded,
        *update(
            bench.log,
            CAPTURE_SESSION,
            step.session.stream,
            lambda session: surfaces.record_surface(session, of_surface),
            bench.context(calling, WORKER, subject=capture.subject, blobs=kept[1:]),
        ),
    )


def _stored(
    bench: Workbench,
    step: ReconstructDepth,
    capture: Capture,
    calibrated: Calibrated,
    made: tuple[maps.DepthMap, Mesh],
) -> tuple[DepthReconstructed, SurfaceReconstructed, tuple[StoredBlob, ...]]:
    """Store depth, uncertainty and mesh, and return the facts that name them."""
    depth, mesh = made
    stored = [
        bench.keep(content, key=capture.key, media_type=media_type)
        for content, media_type in (
            (maps.encode_depth(depth), _MEDIA_TYPE),
            (maps.encode_sigma(depth), _MEDIA_TYPE),
            (ply_bytes(mesh), PLY_TYPE),
        )
    ]
    (content, uncertainty, surface), blobs = zip(*stored, strict=True)
    inputs = (*capture.attempt.digests, calibrated.record.parameters.digest)
    settings, share = maps.settings_of(depth.method), _share_of_face(capture, depth)
    of_depth = DepthReconstructed(
        attempt=step.attempt,
        calibration=calibrated.record.calibration,
        depth=content,
        algorithm=depth.method,
        settings=settings,
        inputs=inputs,
        completeness=share,
        quality_flags=_flags(capture),
        platform=Digest(platform_digest()),
    )
    of_surface = SurfaceReconstructed(
        attempt=step.attempt,
        depth=content.digest,
        uncertainty=uncertainty,
        mesh=surface,
        algorithm=depth.method,
        settings=(*settings, f"mesh_step_px={mesh.step_px}", f"mesh_steepest={STEEPEST:g}"),
        inputs=inputs,
        completeness=share,
        sigma_median_mm=float(np.nanmedian(depth.sigma_mm)),
        platform=of_depth.platform,
    )
    return of_depth, of_surface, blobs


def _share_of_face(capture: Capture, depth: maps.DepthMap) -> float:
    """Return the share of the face, where the attempt was measured, that has depth."""
    found = capture.attempt.measurements or ()
    # Of the words with the whole face as their region, the one that every attempt has.
    region = next((each.region for each in found if each.name == measures.FACE_FOUND.name), None)
    if region is None:
        return float(depth.valid.mean())
    return measure_completeness(depth, as_window(region)).share


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
    seen = reliability.detected(capture.attempt.measurements or ())
    said = tuple(flag for flag, is_raised in raised.items() if is_raised)
    return (*said, *(flag for flag in seen if flag not in said))


def _aligned(capture: Capture) -> bool:
    bounds = (
        (measures.FACE_ROLL, _MOST_ROLL_DEG),
        (measures.FACE_OFFSET_ACROSS, _MOST_OFFSET_PERCENT),
        (measures.FACE_OFFSET_DOWN, _MOST_OFFSET_PERCENT),
    )
    found = ((_measured(capture, measure), most) for measure, most in bounds)
    return all(value is not None and abs(value) <= most for value, most in found)
