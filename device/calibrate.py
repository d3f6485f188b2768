"""Stereo calibration and its check in the field, with the traceable target.

Rule kept here: a result is recorded whatever it is; limits come from the protocol and the reasons
name the ones that were missed.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.board_corners import MEDIA_TYPE, encode_corners
from adapters.imaging.calibrate import (
    MINIMUM_CORNERS,
    BoardView,
    TargetBoard,
    common_view,
    epipolar_distances_px,
    require_views,
)
from adapters.imaging.calibration import StereoCalibration, calibration_to_values
from adapters.imaging.determinism import platform_digest
from adapters.imaging.view_outliers import SiftedCalibration, calibrate_from
from device.board_views import BoardViews, Tell, luma_pair, take_views
from device.ports import Hardware
from domain.errors import MalformedInput
from domain.events.equipment import CalibrationViewsRecorded, FieldCheckPerformed
from domain.ledger import canonical
from domain.values.calibration import CalibrationRecord, CalibrationView
from domain.values.capture import DeviceConfiguration
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId, PractitionerId
from domain.values.protocol import CalibrationLimits
from domain.values.station import FieldErrors, check_misses, misses
from domain.values.time import DeviceTime

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A stereo calibration with the bytes of its parameters and every view behind it.

    Attributes:
        record: The result.
        parameters: The bytes of its geometry.
        views: Every view behind it.
        corners: The bytes of their corners.
    """

    record: CalibrationRecord
    parameters: bytes
    views: CalibrationViewsRecorded
    corners: bytes


def calibrate(
    hardware: Hardware,
    board: TargetBoard,
    *,
    identifier: CalibrationId,
    operator: PractitionerId,
    configuration: DeviceConfiguration,
    limits: CalibrationLimits,
    at: DeviceTime,
    tell: Tell | None = None,
) -> Calibrated:
    """Show the target to both cameras until there is enough and find the geometry of the rig.

    Args:
        hardware: The station's.
        board: The target's print, from its certificate.
        identifier: A fresh identifier.
        operator: Who performs it.
        configuration: What is mounted.
        limits: The protocol's.
        at: Now, by the station's clock.
        tell: Takes advice after each view; by default the station's panel.

    Raises:
        MalformedInput: too few poses show the target to both cameras.
        Unavailable: a camera does not answer.
    """
    taken = take_views(hardware, board, tell=tell or hardware.panel.show)
    require_views(taken.views, of=taken.taken)
    sifted = calibrate_from(taken.views, taken.size)
    found = sifted.calibration
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
    corners = encode_corners(taken.views, taken.size)
    return Calibrated(
        record=replace(record, passed=not reasons, reasons=reasons),
        parameters=parameters,
        views=_views(identifier, taken, sifted, corners),
        corners=corners,
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
    left, right = luma_pair(pair)
    known.require_size(width=left.shape[1], height=left.shape[0])
    view = common_view((left, right), board)
    if view is None:
        raise MalformedInput(
            f"calibration.field-check: both cameras see fewer than {MINIMUM_CORNERS} common "
            "corners of the target. Put the target into its holder."
        )
    distances = epipolar_distances_px(known, view.left_px, view.right_px)
    epipolar_px = float(np.sqrt((distances**2).mean()))
    baseline_error_mm = _baseline_error_mm(known, view)
    errors = FieldErrors(epipolar_px=epipolar_px, baseline_mm=baseline_error_mm)
    return FieldCheckPerformed(
        performed_at=at,
        calibration=calibration,
        epipolar_error_px=epipolar_px,
        baseline_error_mm=baseline_error_mm,
        passed=not check_misses(errors, limits),
        evidence=f"{len(view.board_mm)} corners: epipolar error {epipolar_px:.3f} px, allowed "
        f"{limits.epipolar_error_px:g} px; baseline error {baseline_error_mm:.3f} mm, allowed "
        f"{limits.baseline_tolerance_mm:g} mm",
    )


def _views(
    identifier: CalibrationId, taken: BoardViews, sifted: SiftedCalibration, corners: bytes
) -> CalibrationViewsRecorded:
    """Return what is recorded of the views, used and left out."""
    return CalibrationViewsRecorded(
        calibration=identifier,
        coverage=sifted.calibration.coverage,
        missing=taken.guidance.missing,
        rule=sifted.rule,
        corners=ContentReference(
            digest=Digest.of(corners), size_bytes=len(corners), media_type=MEDIA_TYPE
        ),
        platform=Digest(platform_digest()),
        views=tuple(
            CalibrationView(
                number=number,
                corners=len(view.board_mm),
                error_px=sifted.view_errors_px[number],
                yaw_deg=pose.yaw_deg,
                pitch_deg=pose.pitch_deg,
                distance_mm=pose.distance_mm,
                used=number not in sifted.left_out,
            )
            for number, (view, pose) in enumerate(zip(taken.views, taken.poses, strict=True))
        ),
    )


def _baseline_error_mm(known: StereoCalibration, view: BoardView) -> float:
    """Return how far the baseline must have changed for the target to have its printed size."""
    straight = [
        np.asarray(
            cv2.undistortPoints(
                seen.astype(np.float64).reshape(-1, 1, 2), camera.matrix, camera.distortion_vector
            ),
            np.float64,
        ).reshape(-1, 2)
        for seen, camera in ((view.left_px, known.left), (view.right_px, known.right))
    ]
    first = np.eye(3, 4)
    second = np.column_stack([known.rotation_matrix, known.translation_vector])
    lifted = np.asarray(
        cv2.triangulatePoints(first, second, straight[0].T, straight[1].T), np.float64
    )
    points = (lifted[:3] / lifted[3]).T
    seen_size, true_size = (
        float(np.linalg.norm(each - each.mean(axis=0), axis=1).sum())
        for each in (points, view.board_mm.astype(np.float64))
    )
    return known.baseline_mm * (true_size / seen_size - 1.0)
