"""Calibration: a known rig is recovered from pictures of the board; too little is refused."""

from functools import cache

import numpy as np
import pytest

from adapters.imaging.calibrate import (
    TargetBoard,
    calibrate_stereo,
    detect_corners,
    epipolar_distances_px,
)
from adapters.imaging.calibration import StereoCalibration, calibration_to_bytes
from adapters.imaging.pixels import EncodedLuma
from domain.errors import MalformedInput
from tests.adapters.imaging.drawings import TARGET, board_pair, board_rig
from tests.adapters.imaging.photographs import photograph

RIG = board_rig()
POSES = (
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ((20.0, 0.0, 5.0), (10.0, 10.0, 0.0)),
    ((-20.0, 5.0, 0.0), (-10.0, 0.0, 10.0)),
    ((0.0, 22.0, 0.0), (0.0, 20.0, -15.0)),
    ((5.0, -22.0, -5.0), (10.0, -20.0, 0.0)),
    ((15.0, 15.0, 10.0), (-15.0, 15.0, 20.0)),
    ((-15.0, -15.0, -10.0), (15.0, -15.0, -20.0)),
    ((18.0, -12.0, 0.0), (0.0, 25.0, 10.0)),
)


@cache
def pairs() -> tuple[tuple[EncodedLuma, EncodedLuma], ...]:
    """Return the pictures of all poses."""
    return tuple(board_pair(RIG, pose, shift) for pose, shift in POSES)


@cache
def calibrated() -> StereoCalibration:
    """Return the calibration from all poses."""
    return calibrate_stereo(pairs(), TARGET)


@pytest.mark.verifies("REQ-IN-126")
def test_both_cameras_are_recovered() -> None:
    found = calibrated()
    for mine, true in ((found.left, RIG.left), (found.right, RIG.right)):
        assert mine.focal_x_px == pytest.approx(true.focal_x_px, rel=2e-3)
        assert mine.focal_y_px == pytest.approx(true.focal_y_px, rel=2e-3)
        assert mine.centre_x_px == pytest.approx(true.centre_x_px, abs=2)
        assert mine.centre_y_px == pytest.approx(true.centre_y_px, abs=2)
        assert mine.distortion[0] == pytest.approx(true.distortion[0], abs=0.02)


@pytest.mark.verifies("REQ-IN-127", "REQ-IN-138")
def test_the_pose_between_the_cameras_is_recovered() -> None:
    found = calibrated()
    assert found.baseline_mm == pytest.approx(80, abs=0.1)
    off = found.rotation_matrix @ RIG.rotation_matrix.T
    assert np.degrees(np.arccos(np.clip((np.trace(off) - 1) / 2, -1, 1))) < 0.05


def test_residuals_and_coverage_are_reported_per_view_and_in_total() -> None:
    found = calibrated()
    assert len(found.view_rms_px) == len(POSES)
    assert 0 < max(found.view_rms_px) < 0.12
    assert found.reprojection_rms_px == pytest.approx(
        float(np.sqrt(np.mean(np.square(found.view_rms_px)))), rel=0.05
    )
    assert found.epipolar_rms_px < 0.1
    assert 0.5 < found.coverage <= 1


def test_the_same_pictures_give_the_same_bytes() -> None:
    again = calibrate_stereo(pairs(), TARGET)
    assert calibration_to_bytes(again) == calibration_to_bytes(calibrated())


def test_a_disturbed_rig_shows_in_the_epipolar_distance() -> None:
    numbers, left = detect_corners(pairs()[0][0], TARGET)
    others, right = detect_corners(pairs()[0][1], TARGET)
    common, first, second = np.intersect1d(numbers, others, return_indices=True)
    assert len(common) > 50
    still = epipolar_distances_px(calibrated(), left[first], right[second])
    moved = epipolar_distances_px(
        calibrated(), left[first], right[second] + np.array([0, 1], np.float32)
    )
    assert np.median(still) < 0.1
    assert np.median(moved) == pytest.approx(1, abs=0.1)


def test_too_few_views_are_refused() -> None:
    with pytest.raises(MalformedInput, match=r"calibration\.views: 5 of 5"):
        calibrate_stereo(pairs()[:5], TARGET)
    with pytest.raises(MalformedInput, match=r"calibration\.views: 0 of 0"):
        calibrate_stereo([], TARGET)


def test_pictures_without_the_board_do_not_count() -> None:
    blank = EncodedLuma(np.full((608, 456), 90, np.uint8))
    numbers, corners = detect_corners(blank, TARGET)
    assert len(numbers) == len(corners) == 0
    with pytest.raises(MalformedInput, match=r"calibration\.views: 5 of 7"):
        calibrate_stereo([*pairs()[:5], (blank, blank), (pairs()[6][0], blank)], TARGET)


def test_a_real_chessboard_without_markers_is_not_the_target() -> None:
    board = EncodedLuma(np.ascontiguousarray(photograph("chessboard_GRAY.png")[..., 0]))
    assert len(detect_corners(board, TARGET)[0]) == 0


def test_pictures_of_two_sizes_are_refused() -> None:
    small = EncodedLuma(np.zeros((60, 45), np.uint8))
    with pytest.raises(MalformedInput, match=r"calibration\.size"):
        calibrate_stereo([*pairs(), (small, small)], TARGET)


@pytest.mark.parametrize(
    "board",
    [
        {"columns": 2, "rows": 5, "square_mm": 10, "marker_mm": 7},
        {"columns": 5, "rows": 5, "square_mm": 10, "marker_mm": 10},
        {"columns": 5, "rows": 5, "square_mm": 10, "marker_mm": 7, "dictionary": "setFlags"},
    ],
)
def test_boards_that_cannot_be_printed_are_refused(board: dict[str, int]) -> None:
    with pytest.raises(MalformedInput, match=r"calibration\.board"):
        TargetBoard(**board)  # type: ignore[arg-type]
