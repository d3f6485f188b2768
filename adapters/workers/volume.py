"""Measures how volume changed since the session before, or records why it is not told.

Rules kept here:

1. Measured once a session is closed and its runs have ended, so that regions and repeats are known;
   what was withheld or measured before is left alone.
2. Nothing is measured without a validated claim in force for the type of station, a comparable
   earlier capture, and the face's regions in both; each that lacks is recorded with its evidence
   [REQ-IN-046 to 049, 074; DRV-16].
3. A registration that is refused, or beyond the claim's residual, withholds the volume.
4. The map is stored before the fact that names it is recorded.
"""

from typing import Final

from adapters.captured_depth import read_depth
from adapters.captured_face import mesh_reference, read_face_mesh, read_regions
from adapters.captures import Capture, locked_calibration, read_protocol
from adapters.imaging import change as changes
from adapters.imaging import measures
from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.determinism import platform_digest
from adapters.imaging.surface import surface_of
from adapters.inference.overlay import OverlayScale, draw_overlay
from adapters.pairs import (
    ViewCaptures,
    capture_facts,
    claims,
    earlier_captures,
    runs_pending,
    view_captures,
)
from adapters.volume_findings import volume_findings
from adapters.volume_regions import judged_as_before, judged_regions
from adapters.workbench import Workbench
from domain.errors import MalformedInput, NotFound, Refusal, RuleViolation
from domain.events.claim import ClaimRegistered
from domain.events.record import Record
from domain.events.volume_change import VolumeChangeMeasured
from domain.handling import load_existing, update
from domain.policies import MeasureVolumeChange
from domain.rules.attempt import VOLUME, withhold
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.claim import CLAIM, claim_for
from domain.rules.comparability import compare_captures
from domain.rules.inference import INFERENCE
from domain.rules.volume_change import VOLUME_CHANGE, record_change
from domain.values.comparability import ComparabilityVerdict
from domain.values.content import Digest
from domain.values.identifiers import AttemptId, SessionId, VolumeChangeId
from domain.values.model import Artefact
from domain.values.volume_change import RegionChange

WORKER = "volume"
_MEDIA_TYPE: Final = "image/png"
_UNIFORM: Final = 3**0.5
_LEAST_DISPARITY_PX: Final = 0.02
DISTANCE_SCALE: Final = OverlayScale(
    name="distance-map",
    label="Distance from the earlier surface, outwards positive",
    unit="mm",
    lowest=-3.0,
    highest=3.0,
    colours=((24, 20, 72), (52, 76, 140), (110, 140, 150), (214, 180, 130), (255, 240, 200)),
)


def measure_volume_change(
    bench: Workbench, step: MeasureVolumeChange, calling: Record
) -> tuple[Record, ...]:
    """Measure each view's change, or record why not; () while it is too early, or when done."""
    session = _session(bench, step)
    if session is None:
        return ()
    state, _ = load_existing(bench.log, CAPTURE_SESSION, session.stream)
    if not state.closed or runs_pending(bench, session):
        return ()
    made: list[Record] = []
    for now in view_captures(bench, session):
        if not any(output == VOLUME for output, _ in now.first.attempt.withheld):
            made += _measured(bench, now, calling)
    return tuple(made)


def _session(bench: Workbench, step: MeasureVolumeChange) -> SessionId | None:
    if isinstance(step.ended, SessionId):
        return step.ended
    run, _ = load_existing(bench.log, INFERENCE, step.ended.stream)
    return None if run.requested is None else run.requested.session


def _measured(bench: Workbench, now: ViewCaptures, calling: Record) -> tuple[Record, ...]:
    try:
        return _recorded(bench, now, calling)
    except RuleViolation as refused:
        ground = Refusal(rule=refused.rule, evidence=refused.evidence, next_step=refused.next_step)
    except MalformedInput as refused:
        ground = Refusal(
            rule="volume.depth",
            evidence=str(refused),
            next_step="Capture the view again.",
        )
    return update(
        bench.log,
        CAPTURE_SESSION,
        now.session.stream,
        lambda session: withhold(
            session, now.first.attempt.attempt, output=VOLUME, grounds=(ground,)
        ),
        bench.context(calling, WORKER, subject=now.first.subject),
    )


def _recorded(bench: Workbench, now: ViewCaptures, calling: Record) -> tuple[Record, ...]:
    subject = now.first.subject
    facts = capture_facts(bench, now.first)
    claim = claim_for(
        claims(bench),
        output=VOLUME,
        algorithm=changes.METHOD,
        device_model=facts.device_model,
    )
    if claim is None:
        raise RuleViolation(
            "volume.validated-claim",
            f"no claim about volume change is in force for stations of type {facts.device_model}",
            "Complete the validation; until then volume stays withheld.",
        )
    before = earlier_captures(bench, subject, now)
    if before is None:
        raise RuleViolation(
            "volume.earlier-capture",
            "there is no earlier capture of this view with depth",
            "Capture the view again at the next visit; this one is what it will be compared with.",
        )
    verdict = compare_captures(capture_facts(bench, before.first), facts, claim.content.pair)
    if not verdict.comparable:
        raise RuleViolation(
            "volume.comparable",
            "; ".join(str(each) for each in verdict.against),
            "Capture again as the first time.",
        )
    found = _compared(bench, before, now, claim)
    return _kept(bench, calling, (before, now), claim=claim, verdict=verdict, found=found)


def measured_again(
    bench: Workbench, measured: VolumeChangeMeasured
) -> tuple[changes.MeasuredChange, tuple[RegionChange, ...], tuple[Digest, ...]]:
    """Return a recorded change measured again under its claim, its regions, and what went in.

    Raises:
        NotFound: a capture or the claim is not there.
        RuleViolation: depth or regions of a capture are not recorded.
        MalformedInput: the captures cannot be compared.
    """
    registered = load_existing(bench.log, CLAIM, measured.claim.stream)[0].registered
    if registered is None:
        message = f"nothing was registered under {measured.claim}"
        raise NotFound(message)
    before = _view_of(bench, measured.earlier_session, measured.earlier_attempt)
    now = _view_of(bench, measured.session, measured.attempt)
    found = _compared(bench, before, now, registered)
    judged = judged_as_before(found, registered.content, measured)
    return found, judged, _inputs(bench, before, now)


def _view_of(bench: Workbench, session: SessionId, attempt: AttemptId) -> ViewCaptures:
    for each in view_captures(bench, session):
        if each.first.attempt.attempt == attempt:
            return each
    message = f"attempt {attempt} is not the one of its view that is compared"
    raise NotFound(message)


def settings_of(found: changes.MeasuredChange) -> tuple[str, ...]:
    """Return the settings of a change as ``name=value``."""
    return f"correlation_px={found.alike.sum_px:g}", f"spacing_px={found.fit.spacing_px}"


def _compared(
    bench: Workbench, before: ViewCaptures, now: ViewCaptures, claim: ClaimRegistered
) -> changes.MeasuredChange:
    earlier, later = _face(bench, before.first), _face(bench, now.first)
    repeats = tuple(
        (face, _face(bench, repeat))
        for captures, face in ((before, earlier), (now, later))
        for repeat in captures.repeats
    )
    return changes.measure_change(
        earlier,
        later,
        geometry=_geometry(bench, before.first, now.first),
        studied_sd_mm3={
            each.region: each.test_retest_sd * 1000.0 for each in claim.content.regions
        },
        repeats=repeats,
    )


def _kept(
    bench: Workbench,
    calling: Record,
    pair: tuple[ViewCaptures, ViewCaptures],
    *,
    claim: ClaimRegistered,
    verdict: ComparabilityVerdict,
    found: changes.MeasuredChange,
) -> tuple[Record, ...]:
    before, now = pair
    identifier = VolumeChangeId.derived(
        before.first.attempt.attempt, now.first.attempt.attempt, claim.claim
    )
    subject = now.first.subject
    regions = judged_regions(found, claim.content)
    overlay = draw_overlay(found.shown_mm, DISTANCE_SCALE)
    content, stored = bench.keep(overlay.png, key=now.first.key, media_type=_MEDIA_TYPE)
    calibrations = tuple(
        each.first.attempt.calibration
        for each in pair
        if each.first.attempt.calibration is not None
    )
    measured = VolumeChangeMeasured(
        change=identifier,
        subject=subject,
        earlier_session=before.session,
        earlier_attempt=before.first.attempt.attempt,
        session=now.session,
        attempt=now.first.attempt.attempt,
        view=now.first.attempt.view,
        claim=claim.claim,
        calibrations=calibrations,
        comparability=verdict,
        alignment=found.alignment,
        regions=regions,
        findings=volume_findings(
            identifier,
            regions,
            alignment=found.alignment,
            claim=claim.content,
            flags=_flags(bench, before.first, now.first),
        ),
        artefacts=(Artefact(name=DISTANCE_SCALE.name, content=content, legend=overlay.legend),),
        algorithm=changes.METHOD,
        settings=settings_of(found),
        inputs=_inputs(bench, before, now),
        platform=Digest(platform_digest()),
    )
    return update(
        bench.log,
        VOLUME_CHANGE,
        identifier.stream,
        lambda state: record_change(state, measured, claim=claim.content),
        bench.context(calling, WORKER, subject=subject, blobs=(stored,)),
    )


def _face(bench: Workbench, capture: Capture) -> changes.Face:
    """Return an attempt's face with depth and regions.

    Raises:
        RuleViolation: its depth or its regions are not recorded.
    """
    captured, mesh = read_depth(bench, capture), read_face_mesh(bench, capture)
    if captured is None or mesh is None:
        raise RuleViolation(
            "volume.face-regions",
            "depth and facial regions are not both recorded of both captures",
            "Have the face model approved, then capture again.",
        )
    step = captured.map.step
    frame = capture.attempt.frames[0]
    masks = read_regions(bench, capture, rows=frame.height_px, columns=frame.width_px)
    rows, columns = captured.map.depth_mm.shape
    first = step // 2
    return changes.Face(
        surface=surface_of(captured.map, captured.calibration.left),
        regions={
            region: mask[first::step, first::step][:rows, :columns]
            for region, mask in masks.items()
        },
        landmarks_px=(mesh.points_px[:, :2] - (step - 1) / 2) / step,
    )


def _geometry(bench: Workbench, before: Capture, now: Capture) -> changes.Geometry:
    """Return how surely the rig is known: by its calibration's residual and both self-checks."""
    captured = read_depth(bench, before)
    if captured is None:  # the face was read of it before
        raise TypeError("the earlier capture has no depth")
    calibration: StereoCalibration = captured.calibration
    residuals = [
        each.value
        for capture in (before, now)
        for each in capture.attempt.measurements or ()
        if each.name == measures.EPIPOLAR_RESIDUAL.name
    ]
    tolerance_mm = read_protocol(bench, now.opened.protocol).calibration.baseline_tolerance_mm
    return changes.Geometry(
        calibration=calibration,
        disparity_px=max(calibration.reprojection_rms_px, *residuals, _LEAST_DISPARITY_PX),
        baseline_mm=tolerance_mm / _UNIFORM,
    )


def _flags(bench: Workbench, before: Capture, now: Capture) -> tuple[str, ...]:
    """Return what limits the depth of either capture, each once, the earlier one's first."""
    found = (read_depth(bench, each) for each in (before, now))
    flags = (flag for each in found if each is not None for flag in each.quality_flags)
    return tuple(dict.fromkeys(flags))


def _inputs(bench: Workbench, before: ViewCaptures, now: ViewCaptures) -> tuple[Digest, ...]:
    pair = (before.first, now.first)
    captures = (*pair, *before.repeats, *now.repeats)
    calibrated = [locked_calibration(bench, each) for each in pair]
    depths = [each.attempt.depth.digest for each in captures if each.attempt.depth is not None]
    meshes = [mesh_reference(bench, each) for each in captures]
    read = [read_depth(bench, each) for each in captures]
    told = [each.uncertainty.digest for each in read if each is not None and each.uncertainty]
    return (
        *depths[:2],
        *(each.record.parameters.digest for each in calibrated if each is not None),
        *(each for each in meshes if each is not None),
        *depths[2:],
        *told,
    )
