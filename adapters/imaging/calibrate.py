"""Pictures of a ChArUco board to the geometry of the stereo rig.

Rules kept here:

1. A view counts when both cameras see enough of the same corners; fewer than ``MINIMUM_VIEWS`` such
   views is a refusal, never a poor calibration.
2. Each camera is calibrated alone first, then both together from there; the criteria and flags
   are fixed, so the same pictures give the same numbers.
3. Nothing is judged here: residuals and coverage are reported, limits belong to the protocol.

Source: Zhang 2000, doi 10.1109/34.888718; OpenCV 5 ``objdetect`` and ``calib``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.pixels import EncodedLuma
from adapters.imaging.refusal import malformed

Floats = NDArray[np.float64]
Points = NDArray[np.float32]

MINIMUM_VIEWS: Final = 6
MINIMUM_CORNERS: Final = 12
GRID: Final = 8

_CRITERIA: Final = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 200, 1e-10)
_FLAGS: Final = cv2.CALIB_FIX_K3


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetBoard:
    """A ChArUco board: chessboard with markers in its white squares.

    Attributes:
        columns: Squares across.
        rows: Squares down.
        square_mm: Side of a square, from the target's certificate.
        marker_mm: Side of a marker.
        dictionary: Name of OpenCV's predefined marker dictionary.
    """

    columns: int
    rows: int
    square_mm: float
    marker_mm: float
    dictionary: str = "DICT_5X5_100"

    def __post_init__(self) -> None:
        """Refuse boards that cannot be printed."""
        known = hasattr(cv2.aruco, self.dictionary) and self.dictionary.startswith("DICT_")
        sizes = 0 < self.marker_mm < self.square_mm
        if not known or not sizes or min(self.columns, self.rows) < 3:  # noqa: PLR2004 - squares
            raise malformed(
                "calibration.board",
                f"{self.columns}x{self.rows} squares of {self.square_mm} mm with "
                f"{self.marker_mm} mm markers from {self.dictionary} is no ChArUco board",
                "Copy the numbers from the target's certificate",
            )

    def board(self) -> cv2.aruco.CharucoBoard:
        """Return the board as OpenCV knows it."""
        number: int = getattr(cv2.aruco, self.dictionary)
        dictionary = cv2.aruco.getPredefinedDictionary(number)
        return cv2.aruco.CharucoBoard(
            (self.columns, self.rows), self.square_mm, self.marker_mm, dictionary
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoardView:
    """The corners that both cameras saw of the board in one pose.

    Attributes:
        board_mm: Where they are on the board, (n, 3) float32.
        left_px: Where the left camera saw them, (n, 2) float32.
        right_px: Where the right camera saw them, (n, 2) float32.
    """

    board_mm: Points
    left_px: Points
    right_px: Points


def detect_corners(picture: EncodedLuma, target: TargetBoard) -> tuple[NDArray[np.int32], Points]:
    """Return the board corners seen in a picture: (n,) numbers and (n, 2) float32 pixels."""
    fix_arithmetic()
    found = cv2.aruco.CharucoDetector(target.board()).detectBoard(picture)
    if len(found[1] if found[1] is not None else ()) == 0:
        return np.zeros(0, np.int32), np.zeros((0, 2), np.float32)
    numbers = np.asarray(found[1], np.int32).reshape(-1)
    order = np.argsort(numbers, kind="stable")
    return numbers[order], np.asarray(found[0], np.float32).reshape(-1, 2)[order]


def calibrate_stereo(
    pairs: Sequence[tuple[EncodedLuma, EncodedLuma]], target: TargetBoard
) -> StereoCalibration:
    """Return the rig's geometry from simultaneous left and right pictures of the board.

    Raises:
        MalformedInput: pictures differ in size, or too few views show the board to both cameras.
    """
    fix_arithmetic()
    sizes = {picture.shape for pair in pairs for picture in pair}
    if len(sizes) > 1:
        raise malformed(
            "calibration.size",
            f"the pictures have {len(sizes)} different sizes",
            "Take all pictures of one calibration at the same size",
        )
    views = [view for pair in pairs if (view := common_view(pair, target)) is not None]
    require_views(views, of=len(pairs))
    height, width = next(iter(sizes))
    return solve_views(views, (width, height))


def require_views(views: Sequence[BoardView], *, of: int) -> None:
    """Refuse too few views.

    Args:
        views: Those that show the board to both cameras.
        of: How many were taken.

    Raises:
        MalformedInput: fewer than ``MINIMUM_VIEWS`` are left.
    """
    if len(views) < MINIMUM_VIEWS:
        raise malformed(
            "calibration.views",
            f"{len(views)} of {of} views show both cameras {MINIMUM_CORNERS} common "
            f"corners; {MINIMUM_VIEWS} are needed",
            "Take more pictures with the whole target in both cameras",
        )


def common_view(pair: tuple[EncodedLuma, EncodedLuma], target: TargetBoard) -> BoardView | None:
    """Return the corners that both cameras saw, or nothing when they are too few."""
    left_numbers, left_px = detect_corners(pair[0], target)
    right_numbers, right_px = detect_corners(pair[1], target)
    common, in_left, in_right = np.intersect1d(
        left_numbers, right_numbers, assume_unique=True, return_indices=True
    )
    if len(common) < MINIMUM_CORNERS:
        return None
    corners_mm = np.asarray(target.board().getChessboardCorners(), np.float32).reshape(-1, 3)
    return BoardView(
        board_mm=corners_mm[common], left_px=left_px[in_left], right_px=right_px[in_right]
    )


def solve_views(views: Sequence[BoardView], size: tuple[int, int]) -> StereoCalibration:
    """Calibrate each camera alone, then both together.

    Args:
        views: At least ``MINIMUM_VIEWS``.
        size: Of the pictures, width and height in pixels.
    """
    fix_arithmetic()
    board = [view.board_mm for view in views]
    left = [view.left_px for view in views]
    right = [view.right_px for view in views]
    left_rms, left_matrix, left_lens = _one_camera(board, left, size)
    right_rms, right_matrix, right_lens = _one_camera(board, right, size)
    solution = cv2.stereoCalibrateExtended(
        board,
        left,
        right,
        left_matrix,
        left_lens,
        right_matrix,
        right_lens,
        size,
        np.eye(3),
        np.zeros((3, 1)),
        flags=_FLAGS | cv2.CALIB_USE_INTRINSIC_GUESS,
        criteria=_CRITERIA,
    )
    rms, new_left, new_left_lens, new_right, new_right_lens, turn, shift = solution[:7]
    view_errors = np.asarray(solution[-1], dtype=np.float64)
    calibration = StereoCalibration(
        left=_intrinsics(new_left, new_left_lens, size),
        right=_intrinsics(new_right, new_right_lens, size),
        rotation=tuple(tuple(float(value) for value in row) for row in np.asarray(turn)),
        translation_mm=tuple(float(value) for value in np.asarray(shift).reshape(3)),
        reprojection_rms_px=float(rms),
        left_rms_px=left_rms,
        right_rms_px=right_rms,
        epipolar_rms_px=0.0,
        view_rms_px=tuple(float(np.sqrt((row**2).mean())) for row in view_errors),
        coverage=min(coverage(left, size), coverage(right, size)),
    )
    return _with_epipolar_error(calibration, np.concatenate(left), np.concatenate(right))


def _one_camera(
    board: list[Points], seen: list[Points], size: tuple[int, int]
) -> tuple[float, Floats, Floats]:
    """Return residual, camera matrix and distortion of one camera."""
    rms, matrix, lens, _, _ = cv2.calibrateCamera(
        board, seen, size, np.eye(3), np.zeros(5), flags=_FLAGS, criteria=_CRITERIA
    )
    return float(rms), np.asarray(matrix, np.float64), np.asarray(lens, np.float64)


def _intrinsics(matrix: object, lens: object, size: tuple[int, int]) -> CameraIntrinsics:
    """Return the camera from OpenCV's matrices."""
    values = np.asarray(matrix, dtype=np.float64)
    coefficients = np.asarray(lens, dtype=np.float64).reshape(-1)[:5]
    return CameraIntrinsics(
        width_px=size[0],
        height_px=size[1],
        focal_x_px=float(values[0, 0]),
        focal_y_px=float(values[1, 1]),
        centre_x_px=float(values[0, 2]),
        centre_y_px=float(values[1, 2]),
        distortion=tuple(float(value) for value in coefficients),
    )


def coverage(seen: Sequence[Points], size: tuple[int, int]) -> float:
    """Return the share of grid cells of the picture in which a corner was seen."""
    return float(covered_cells(seen, size).mean())


def covered_cells(seen: Sequence[Points], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the cells of the picture in which a corner was seen: (8, 8) bool, rows from the top.

    Args:
        seen: Corners of one camera, (n, 2) pixels for each view.
        size: Of the picture, width and height in pixels.
    """
    cells = np.zeros((GRID, GRID), np.bool_)
    for corners in seen:
        found = np.floor(corners * GRID / np.array(size)).astype(int)
        inside = ((found >= 0) & (found < GRID)).all(axis=1)
        cells[found[inside, 1], found[inside, 0]] = True
    return cells


def _with_epipolar_error(
    calibration: StereoCalibration, left_px: Points, right_px: Points
) -> StereoCalibration:
    """Return the calibration with its corners' distance from their epipolar lines filled in."""
    error = float(np.sqrt((epipolar_distances_px(calibration, left_px, right_px) ** 2).mean()))
    return replace(calibration, epipolar_rms_px=error)


def epipolar_distances_px(
    calibration: StereoCalibration, left_px: Points, right_px: Points
) -> Floats:
    """Return each pair's distance from its epipolar lines, mean of both pictures: (n,) float64.

    Source: Hartley and Zisserman 2004, section 11.1.3 (symmetric epipolar distance).
    """
    left = _homogeneous(left_px, calibration.left)
    right = _homogeneous(right_px, calibration.right)
    matrix = calibration.fundamental
    lines_right, lines_left = left @ matrix.T, right @ matrix
    residual = np.abs((right * lines_right).sum(1))
    return np.asarray(
        residual * (1 / np.hypot(*lines_right[:, :2].T) + 1 / np.hypot(*lines_left[:, :2].T)) / 2,
        dtype=np.float64,
    )


def _homogeneous(points_px: Points, camera: CameraIntrinsics) -> Floats:
    """Return undistorted pixels with a third coordinate of 1: (n, 3) float64."""
    straight = cv2.undistortPoints(
        np.asarray(points_px, np.float64).reshape(-1, 1, 2),
        camera.matrix,
        camera.distortion_vector,
        P=camera.matrix,
    )
    flat = np.asarray(straight, np.float64).reshape(-1, 2)
    return np.column_stack([flat, np.ones(len(flat))])
