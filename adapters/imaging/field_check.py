"""The check of a locked calibration, calculated from the corners of one view of the target.

Rules kept here:

1. Two numbers are measured: how far corners lie from their epipolar lines, and how far the baseline
   must have changed for the target to have its printed size.
2. Verdict and words follow from the two and the limits that the check states.

Source: Hartley and Zisserman 2004, sections 11.1.3 and 12.2 (epipolar distance, triangulation).
"""

from typing import Final

import cv2
import numpy as np

from adapters.imaging.calibrate import MINIMUM_CORNERS, BoardView, epipolar_distances_px
from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.refusal import malformed
from domain.events.equipment import FieldCheckPerformed
from domain.values.check_basis import FieldCheckBasis
from domain.values.identifiers import CalibrationId
from domain.values.station import FieldErrors, check_misses
from domain.values.time import DeviceTime

METHOD: Final = "field-check/1"


def require_view(view: BoardView | None) -> BoardView:
    """Return the view of the target, or refuse that there is none.

    Raises:
        MalformedInput: both cameras see too few common corners.
    """
    if view is None or len(view.board_mm) < MINIMUM_CORNERS:
        raise malformed(
            "calibration.field-check",
            f"both cameras see fewer than {MINIMUM_CORNERS} common corners of the target",
            "Put the target into its holder",
        )
    return view


def field_check(
    known: StereoCalibration,
    view: BoardView,
    basis: FieldCheckBasis,
    *,
    calibration: CalibrationId,
    performed_at: DeviceTime,
) -> FieldCheckPerformed:
    """Return the check of a calibration with one view of the target [REQ-IN-085].

    Args:
        known: The calibration's parameters.
        view: The corners that both cameras saw.
        basis: What the check states of its basis, with the limits it is held against.
        calibration: Which calibration is checked.
        performed_at: When, by the station's clock.

    Raises:
        MalformedInput: there are too few corners, or they lie on one point.
    """
    fix_arithmetic()
    require_view(view)
    distances = epipolar_distances_px(known, view.left_px, view.right_px)
    errors = FieldErrors(
        epipolar_px=float(np.sqrt((distances**2).mean())),
        baseline_mm=_baseline_error_mm(known, view),
    )
    limits = basis.limits
    return FieldCheckPerformed(
        performed_at=performed_at,
        calibration=calibration,
        epipolar_error_px=errors.epipolar_px,
        baseline_error_mm=errors.baseline_mm,
        passed=not check_misses(errors, limits),
        evidence=f"{len(view.board_mm)} corners: epipolar error {errors.epipolar_px:.3f} px, "
        f"allowed {limits.epipolar_error_px:g} px; baseline error {errors.baseline_mm:.3f} mm, "
        f"allowed {limits.baseline_tolerance_mm:g} mm",
        basis=basis,
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
    if not seen_size > 0:
        raise malformed(
            "calibration.field-check", "all corners lie on one point", "Repeat the field check"
        )
    return known.baseline_mm * (true_size / seen_size - 1.0)
