"""What the invented clinic captures: attempts with conditions, measurements and depth.

Rules kept here:

1. Measurements are those that the protocol of the demonstration limits, within their limits unless
   a capture shall be rejected.
"""

from collections.abc import Sequence
from dataclasses import replace

from domain.events import capture_session as captured
from domain.rules.attempt import VOLUME
from domain.values.capture import STATION_GATES, CaptureConditions, Gate, GateResult
from domain.values.content import ColourEncoding, Digest, FrameRole, ImageReference
from domain.values.identifiers import AttemptId
from domain.values.quality import Limit, QualityMeasurement
from domain.values.time import DeviceTime
from validation.benchmarks.clinic_house import WHITE, House, light_zones
from validation.benchmarks.clinic_scribe import CaptureStation, Scribe
from validation.demonstration.protocols import STEREO_FACE

PLATFORM = Digest.of(b"benchmark platform")
VIEW = STEREO_FACE.views[0].view
RULE = "volume.validated-claim"
FRAME_BYTES = 9_000_000


def submitted(scribe: Scribe, house: House, station: CaptureStation) -> captured.AttemptSubmitted:
    """Return what a station hands in: a stereo pair of the frontal view."""
    chance = scribe.chance
    frames = tuple(
        ImageReference(
            content=scribe.content("image/png", FRAME_BYTES),
            role=role,
            camera_serial=serial,
            width_px=4056,
            height_px=3040,
            encoding=ColourEncoding.SRGB,
        )
        for role, serial in zip((FrameRole.LEFT, FrameRole.RIGHT), station.cameras, strict=True)
    )
    return captured.AttemptSubmitted(
        attempt=AttemptId(scribe.name()),
        view=VIEW,
        frames=frames,
        captured_at=DeviceTime(scribe.now.us),
        conditions=CaptureConditions(
            device_serial=station.serial,
            camera_serials=station.cameras,
            firmware=STEREO_FACE.firmware[0],
            software=STEREO_FACE.software[0],
            model_manifest=house.model_list,
            calibration=station.calibration,
            distance_mm=round(chance.uniform(440, 460), 1),
            exposure_us=8000.0,
            gain=1.0,
            white_balance=WHITE,
            cct_k=round(chance.uniform(6300, 6700), 1),
            zones=light_zones(),
            temperature_c=24.5,
            fixture_engaged=True,
            polarised=False,
            colour_reference="in-view",
            colour_reference_passed=True,
            clock_offset_ms=12.0,
            clock_uncertainty_ms=5.0,
        ),
        gates=gates(STATION_GATES),
        claims=tuple(_measured(each, chance.random()) for each in STEREO_FACE.station_limits),
    )


def measurements(scribe: Scribe, *, good: bool) -> tuple[QualityMeasurement, ...]:
    """Return what is measured of an attempt; one that is not good is out of focus."""
    chance = scribe.chance
    found = [_measured(each, chance.random()) for each in STEREO_FACE.limits]
    if not good:
        names = [each.name for each in found]
        at = names.index("focus_edge_width")
        found[at] = replace(found[at], value=1.4)
    return tuple(found)


def depth(
    scribe: Scribe,
    station: CaptureStation,
    attempt: AttemptId,
    inputs: tuple[Digest, ...],
) -> captured.DepthReconstructed:
    """Return the depth of an accepted attempt."""
    calibration, parameters = station.calibration, station.parameters
    if calibration is None or parameters is None:
        message = "a station is calibrated before it captures"
        raise ValueError(message)
    return captured.DepthReconstructed(
        attempt=attempt,
        calibration=calibration,
        depth=scribe.content("application/octet-stream", 4_000_000),
        algorithm="least-squares-matching/1",
        settings=("pyramid=3",),
        inputs=(*inputs, parameters),
        completeness=round(scribe.chance.uniform(0.9, 0.99), 3),
        quality_flags=(),
        platform=PLATFORM,
    )


def gates(required: Sequence[Gate], *, failing: Gate | None = None) -> tuple[GateResult, ...]:
    """Return a result for each gate, all passed but one."""
    return tuple(
        GateResult(
            gate=gate,
            passed=gate is not failing,
            evidence=f"{gate} was checked",
            next_step="Correct it and try again." if gate is failing else "",
        )
        for gate in required
    )


def _measured(limit: Limit, share: float) -> QualityMeasurement:
    """Return a measurement that lies within its limit, so far between its bounds."""
    if limit.minimum is None:
        value = 0.9 * share * (limit.maximum or 0.0)
    elif limit.maximum is None:
        value = limit.minimum * (1 + share / 10)
    else:
        value = limit.minimum + share * (limit.maximum - limit.minimum)
    return QualityMeasurement(
        name=limit.name, value=round(value, 6), unit=limit.unit, method=f"{limit.name}/1"
    )


def withheld(attempt: AttemptId) -> captured.OutputWithheld:
    """Return that volume is withheld of an attempt."""
    return captured.OutputWithheld(
        attempt=attempt,
        output=VOLUME,
        rule=RULE,
        evidence="no validated accuracy, repeatability and clinical study is recorded",
        next_step="Complete the validation; until then volume stays withheld.",
    )
