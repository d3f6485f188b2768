"""Stereo calibration and its check in the field, with the traceable target.

Rule kept here: a result is recorded whatever it is; limits come from the protocol and the reasons
name the ones that were missed.
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
from adapters.imaging.pixels import EncodedLuma, EncodedRgb, encoded_luma
from device.ports import Cameras, Hardware, Picture, Target
from domain.errors import MalformedInput
from domain.events.equipment import FieldCheckPerformed
from domain.ledger import canonical
from domain.values.calibration import (
    CalibrationRecord,
)
from domain.values.capture import DeviceConfiguration
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId, PractitionerId
from domain.values.protocol import CalibrationLimits
from domain.values.station import misses
from domain.values.time import DeviceTime

_FEWEST_CORNERS: Final = 12

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
