"""Stereo calibration and its check in the field, with the traceable target.

Rule kept here: a result is recorded whatever it is; limits come from the protocol and the reasons
name the ones that were missed.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from adapters.imaging.board_corners import MEDIA_TYPE, encode_corners
from adapters.imaging.calibrate import TargetBoard, common_view, require_views
from adapters.imaging.calibration import StereoCalibration, calibration_to_values
from adapters.imaging.determinism import platform_digest
from adapters.imaging.field_check import METHOD, field_check, require_view
from adapters.imaging.view_outliers import SiftedCalibration, calibrate_from
from device.board_views import BoardViews, Tell, luma_pair, take_views
from device.ports import Hardware
from domain.events.equipment import CalibrationViewsRecorded, FieldCheckPerformed
from domain.ledger import canonical
from domain.values.calibration import CalibrationRecord, CalibrationView
from domain.values.capture import DeviceConfiguration
from domain.values.check_basis import FieldCheckBasis
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId, PractitionerId
from domain.values.protocol import CalibrationLimits
from domain.values.station import misses
from domain.values.time import DeviceTime


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
) -> tuple[FieldCheckPerformed, bytes]:
    """Check the locked calibration with the target in one pose [REQ-IN-085].

    Returns:
        The check, and the bytes of the corners it rests on.

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
    size = left.shape[1], left.shape[0]
    known.require_size(width=size[0], height=size[1])
    view = require_view(common_view((left, right), board))
    corners = encode_corners([view], size)
    basis = FieldCheckBasis(
        method=METHOD,
        platform=Digest(platform_digest()),
        corners=_reference(corners),
        limits=limits,
    )
    check = field_check(known, view, basis, calibration=calibration, performed_at=at)
    return check, corners


def _views(
    identifier: CalibrationId, taken: BoardViews, sifted: SiftedCalibration, corners: bytes
) -> CalibrationViewsRecorded:
    """Return what is recorded of the views, used and left out."""
    return CalibrationViewsRecorded(
        calibration=identifier,
        coverage=sifted.calibration.coverage,
        missing=taken.guidance.missing,
        rule=sifted.rule,
        corners=_reference(corners),
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


def _reference(corners: bytes) -> ContentReference:
    return ContentReference(
        digest=Digest.of(corners), size_bytes=len(corners), media_type=MEDIA_TYPE
    )
