"""Stereo calibration, field check and illumination calibration, and the records they make.

Rules kept here:

1. A result is recorded whatever it is; limits come from the protocol and the reasons name them.
2. Light is measured on a neutral patch of the colour reference in its holder: all zones together,
   then each alone against what it gave when new. Without a reference in view nothing passes.
3. The exposure time is adjusted towards the target, but only within a factor: a lamp that lost half
   its light is a fault, not a setting.

Source: CIE 15:2018, equations 4.2 to 4.4 (daylight of a colour temperature).
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibrate import (
    TargetBoard,
    calibrate_stereo,
    detect_corners,
    epipolar_distances_px,
)
from adapters.imaging.calibration import StereoCalibration, calibration_to_values
from adapters.imaging.colour import colour_temperature_k, linear_to_xyz, xyz_to_linear
from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from adapters.imaging.pixels import EncodedLuma, EncodedRgb, encoded_luma
from device.ports import Cameras, CameraSettings, Hardware, Picture, Target
from device.preview import as_decoded
from domain.errors import MalformedInput, RuleViolation
from domain.events.equipment import FieldCheckPerformed
from domain.ledger import canonical
from domain.values.calibration import (
    CalibrationRecord,
    IlluminationRecord,
    LightZone,
    WhiteBalance,
)
from domain.values.capture import DeviceConfiguration
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId, PractitionerId
from domain.values.protocol import CalibrationLimits
from domain.values.station import misses
from domain.values.time import DeviceTime

EXPOSURE_TOLERANCE: Final = 0.10
LARGEST_EXPOSURE_CHANGE: Final = 1.35
ZONE_TOLERANCE: Final = 0.15
CCT_TOLERANCE_K: Final = 400.0
NEUTRAL_PATCH: Final = 19
_EXPOSURE_TRIES: Final = 3
_PATCH_SHARE: Final = 0.25
_FEWEST_CORNERS: Final = 12
_LUMINANCE: Final = np.array([0.2126390, 0.7151687, 0.0721923])
_WARM_K: Final = 7000.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A stereo calibration with the bytes of its parameters."""

    record: CalibrationRecord
    parameters: bytes


def calibrate(
    hardware: Hardware,
    board: TargetBoard,
    *,
    identifier: CalibrationId,
    operator: PractitionerId,
    configuration: DeviceConfiguration,
    limits: CalibrationLimits,
    at: DeviceTime,
) -> Calibrated:
    """Show the target in every pose to both cameras and find the geometry of the rig.

    Args:
        hardware: The station's.
        board: The target's print, from its certificate.
        identifier: A fresh identifier.
        operator: Who performs it.
        configuration: What is mounted.
        limits: The protocol's.
        at: Now, by the station's clock.

    Raises:
        MalformedInput: too few poses show the target to both cameras.
        Unavailable: a camera does not answer.
    """
    pairs = _target_pairs(hardware.cameras, hardware.target)
    found = calibrate_stereo(pairs, board)
    parameters = canonical.encode(calibration_to_values(found))
    record = CalibrationRecord(
        calibration=identifier,
        performed_at=at,
        operator=operator,
        target=hardware.target.target,
        reprojection_error_px=found.reprojection_rms_px,
        view_errors_px=found.view_rms_px,
        epipolar_error_px=found.epipolar_rms_px,
        baseline_mm=found.baseline_mm,
        lens_configuration=configuration.lens_configuration,
        temperature_c=hardware.thermometer.temperature_c(),
        parameters=ContentReference(
            digest=Digest.of(parameters), size_bytes=len(parameters), media_type="application/json"
        ),
        passed=True,
        reasons=(),
        valid_until=at.plus(timedelta(days=limits.valid_days)),
    )
    reasons = misses(record, configuration, limits)
    return Calibrated(
        record=replace(record, passed=not reasons, reasons=reasons), parameters=parameters
    )


def check_in_field(
    hardware: Hardware,
    board: TargetBoard,
    known: StereoCalibration,
    *,
    calibration: CalibrationId,
    limits: CalibrationLimits,
    at: DeviceTime,
) -> FieldCheckPerformed:
    """Check the locked calibration with the target in one pose [REQ-IN-085].

    Raises:
        MalformedInput: the target is not seen by both cameras, or has another picture size.
        Unavailable: a camera does not answer.
    """
    hardware.target.present(0)
    try:
        pair = hardware.cameras.shoot()
    finally:
        hardware.target.away()
    left, right = _luma(pair.left), _luma(pair.right)
    known.require_size(width=left.shape[1], height=left.shape[0])
    numbers, left_px, right_px = _common(left, right, board)
    epipolar_px = float(np.sqrt((epipolar_distances_px(known, left_px, right_px) ** 2).mean()))
    baseline_error_mm = _baseline_error_mm(known, numbers, left_px, right_px, board)
    passed = (
        epipolar_px <= limits.epipolar_error_px
        and abs(baseline_error_mm) <= limits.baseline_tolerance_mm
    )
    return FieldCheckPerformed(
        performed_at=at,
        calibration=calibration,
        epipolar_error_px=epipolar_px,
        baseline_error_mm=baseline_error_mm,
        passed=passed,
        evidence=f"{len(numbers)} corners: epipolar error {epipolar_px:.3f} px, allowed "
        f"{limits.epipolar_error_px:g} px; baseline error {baseline_error_mm:.3f} mm, allowed "
        f"{limits.baseline_tolerance_mm:g} mm",
    )


def calibrate_light(
    hardware: Hardware, settings: CameraSettings, *, at: DeviceTime
) -> tuple[IlluminationRecord, CameraSettings]:
    """Measure the light and set the exposure [REQ-IN-086 to 090].

    Args:
        hardware: The station's.
        settings: What the cameras were built to be set to.
        at: Now, by the station's clock.

    Returns:
        The result, and how the cameras are set and locked from now on.

    Raises:
        Unavailable: camera or light driver do not answer.
        RuleViolation: a camera does not keep a setting.
    """
    lights = hardware.lights
    target = sum(lights.reference_level(zone) for zone in lights.zones)
    try:
        every = dict.fromkeys(lights.zones, 1.0)
        lights.burn(every)
        held, chart = _expose(hardware.cameras, settings, target)
        if chart is None:
            return _unseen(hardware, settings, target, at), held
        reached = patch_level(hardware.cameras.preview(), chart)
        zones = tuple(_zone(hardware, zone, chart, held, settings) for zone in lights.zones)
    finally:
        lights.burn(dict.fromkeys(lights.zones, 1.0))
    cct_k = _light_temperature_k(chart, lights.cct_k)
    reasons = _light_reasons(zones, reached, target, cct_k, lights.cct_k)
    red, green, blue = chart.white_balance
    balance = held.white_balance
    record = IlluminationRecord(
        performed_at=at,
        zones=zones,
        exposure_target=target,
        exposure_reached=reached,
        cct_k=cct_k,
        white_balance=WhiteBalance(
            red=balance.red * red, green=balance.green * green, blue=balance.blue * blue
        ),
        passed=not reasons,
        reasons=reasons,
    )
    return record, held


def patch_level(picture: Picture, chart: ChartMeasurement) -> float:
    """Return the linear luminance of the neutral patch in the chart's place, 0 to 1."""
    linear = as_decoded(picture).linear
    x, y = chart.place.centres_px[NEUTRAL_PATCH]
    reach = max(1, round(chart.place.pitch_px * _PATCH_SHARE))
    row, column = round(float(y)), round(float(x))
    part = linear[
        max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
    ]
    return float(part.reshape(-1, 3).astype(np.float64).mean(axis=0) @ _LUMINANCE)


def find_reference(picture: Picture) -> ChartMeasurement | None:
    """Return where the colour reference is and what it shows, or none."""
    decoded = as_decoded(picture)
    return measure_chart(decoded.linear, decoded.encoded)


def _target_pairs(cameras: Cameras, target: Target) -> list[tuple[EncodedLuma, EncodedLuma]]:
    pairs: list[tuple[EncodedLuma, EncodedLuma]] = []
    try:
        while target.present(len(pairs)):
            pair = cameras.shoot()
            pairs.append((_luma(pair.left), _luma(pair.right)))
    finally:
        target.away()
    return pairs


def _luma(picture: Picture) -> EncodedLuma:
    return encoded_luma(EncodedRgb(picture))


def _common(
    left: EncodedLuma, right: EncodedLuma, board: TargetBoard
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    left_numbers, left_px = detect_corners(left, board)
    right_numbers, right_px = detect_corners(right, board)
    common, in_left, in_right = np.intersect1d(
        left_numbers, right_numbers, assume_unique=True, return_indices=True
    )
    if len(common) < _FEWEST_CORNERS:
        raise MalformedInput(
            f"calibration.field-check: both cameras see {len(common)} corners of the target, "
            f"{_FEWEST_CORNERS} are needed. Put the target into its holder."
        )
    return common, left_px[in_left], right_px[in_right]


def _baseline_error_mm(
    known: StereoCalibration,
    numbers: NDArray[np.int32],
    left_px: NDArray[np.float32],
    right_px: NDArray[np.float32],
    board: TargetBoard,
) -> float:
    """Return how far the baseline must have changed for the target to have its printed size."""
    straight = [
        np.asarray(
            cv2.undistortPoints(
                seen.astype(np.float64).reshape(-1, 1, 2), camera.matrix, camera.distortion_vector
            ),
            np.float64,
        ).reshape(-1, 2)
        for seen, camera in ((left_px, known.left), (right_px, known.right))
    ]
    first = np.eye(3, 4)
    second = np.column_stack([known.rotation_matrix, known.translation_vector])
    lifted = np.asarray(
        cv2.triangulatePoints(first, second, straight[0].T, straight[1].T), np.float64
    )
    points = (lifted[:3] / lifted[3]).T
    printed = np.asarray(board.board().getChessboardCorners(), np.float64).reshape(-1, 3)[numbers]
    seen_size, true_size = (
        float(np.linalg.norm(each - each.mean(axis=0), axis=1).sum()) for each in (points, printed)
    )
    return known.baseline_mm * (true_size / seen_size - 1.0)


def _expose(
    cameras: Cameras, settings: CameraSettings, target: float
) -> tuple[CameraSettings, ChartMeasurement | None]:
    """Bring the exposure near the target; return the settings held and the reference seen."""
    held, chart = cameras.lock(settings), None
    for _ in range(_EXPOSURE_TRIES):
        picture = cameras.preview()
        chart = find_reference(picture)
        if chart is None:
            return held, None
        level = patch_level(picture, chart)
        if level <= 0 or abs(level / target - 1.0) <= EXPOSURE_TOLERANCE / 2:
            break
        factor = np.clip(
            held.exposure_us * target / level / settings.exposure_us,
            1.0 / LARGEST_EXPOSURE_CHANGE,
            LARGEST_EXPOSURE_CHANGE,
        )
        held = cameras.lock(replace(held, exposure_us=settings.exposure_us * float(factor)))
    return held, chart


def _zone(
    hardware: Hardware,
    zone: str,
    chart: ChartMeasurement,
    held: CameraSettings,
    settings: CameraSettings,
) -> LightZone:
    """Measure one zone burning alone, at the exposure it was measured with when new."""
    hardware.lights.burn({zone: 1.0})
    measured = patch_level(hardware.cameras.preview(), chart)
    level = measured * settings.exposure_us / held.exposure_us
    relative = level / hardware.lights.reference_level(zone)
    return LightZone(
        zone=zone,
        pwm=1.0,
        current_ma=hardware.lights.current_ma(zone),
        level=relative,
        healthy=abs(relative - 1.0) <= ZONE_TOLERANCE,
    )


def _light_reasons(
    zones: tuple[LightZone, ...], reached: float, target: float, cct_k: float, nominal_k: float
) -> tuple[str, ...]:
    reasons = [
        f"zone {each.zone} gives {each.level:.2f} of its light when new, allowed is "
        f"{1 - ZONE_TOLERANCE:.2f} to {1 + ZONE_TOLERANCE:.2f}"
        for each in zones
        if not each.healthy
    ]
    if abs(reached / target - 1.0) > EXPOSURE_TOLERANCE:
        reasons.append(f"exposure {reached:.3f} is not near the target {target:.3f}")
    if abs(cct_k - nominal_k) > CCT_TOLERANCE_K:
        reasons.append(f"colour temperature {cct_k:.0f} K is not near {nominal_k:.0f} K")
    return tuple(reasons)


def _unseen(
    hardware: Hardware, settings: CameraSettings, target: float, at: DeviceTime
) -> IlluminationRecord:
    """Return the failed result of a calibration without a reference in view."""
    zones = tuple(
        LightZone(
            zone=zone,
            pwm=1.0,
            current_ma=hardware.lights.current_ma(zone),
            level=0.0,
            healthy=False,
        )
        for zone in hardware.lights.zones
    )
    return IlluminationRecord(
        performed_at=at,
        zones=zones,
        exposure_target=target,
        exposure_reached=0.0,
        cct_k=hardware.lights.cct_k,
        white_balance=settings.white_balance,
        passed=False,
        reasons=("the colour reference is not in view, so the light cannot be measured",),
    )


def _light_temperature_k(chart: ChartMeasurement, nominal_k: float) -> float:
    """Return the light's colour temperature, given the one the cameras take for white."""
    white = xyz_to_linear(_daylight_xyz(nominal_k))
    seen = np.asarray(linear_to_xyz(np.asarray(white * chart.white, np.float64)), np.float64)
    return colour_temperature_k(seen)


def _daylight_xyz(kelvin: float) -> Floats:
    """Return XYZ of daylight, Y = 1.

    Raises:
        RuleViolation: daylight is not defined at this temperature.
    """
    if not 4000.0 <= kelvin <= 25000.0:  # noqa: PLR2004 - CIE 15
        raise RuleViolation(
            "illumination.temperature",
            f"{kelvin:g} K is outside 4000 to 25000 K",
            "Set the temperature the lights were made for.",
        )
    if kelvin <= _WARM_K:
        x = -4.6070e9 / kelvin**3 + 2.9678e6 / kelvin**2 + 0.09911e3 / kelvin + 0.244063
    else:
        x = -2.0064e9 / kelvin**3 + 1.9018e6 / kelvin**2 + 0.24748e3 / kelvin + 0.237040
    y = -3.000 * x**2 + 2.870 * x - 0.275
    return np.array([x / y, 1.0, (1.0 - x - y) / y])
