"""The calibration on real photographs: chessboard pairs of a real stereo rig, where they are found.

Rules kept here:

1. The photographs are those of the Debian package ``opencv-doc`` (13 pairs of 640 x 480 pixels and
   the intrinsics that OpenCV's own program found on the left ones; Apache-2.0 and BSD-3-Clause);
   ``FOLDER_SETTING`` names their folder. They are read, never kept; where there are none, there
   are no rows.
2. Nobody knows the truth of that rig, so what is asked is whether pairs that a calibration had not
   seen agree with it, and how far it is from what another program found.
3. They show a plain chessboard: the corner detector of the product, for ChArUco, is not in it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibrate import MINIMUM_VIEWS, BoardView, epipolar_distances_px
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.view_outliers import SiftedCalibration, calibrate_from
from domain.errors import MalformedInput
from validation.benchmarks.imaging_row import Extent, Row

FOLDER_SETTING: Final = "VULTUS_BOARD_PHOTOGRAPHS"
USUAL_FOLDER: Final = "/usr/share/doc/opencv-doc/examples/data"
INNER_CORNERS: Final = (9, 6)
SQUARE_MM: Final = 25.0
_FLAGS: Final = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_ACCURACY

Floats = NDArray[np.float64]
Size = tuple[int, int]


def rows(extent: Extent) -> tuple[Row, ...]:
    """Return how well the real pairs are calibrated; () where there are none."""
    folder = Path(os.environ.get(FOLDER_SETTING, USUAL_FOLDER))
    extent.progress(f"real chessboards in {folder}")
    views, size = chessboard_views(folder)
    if len(views) <= MINIMUM_VIEWS:
        return ()
    found = calibrate_from(views, size)
    unseen = held_out_px(views, size)
    return (
        Row(
            metric="real pairs: reprojection error",
            measured=found.calibration.reprojection_rms_px,
            unit="px",
            remark=f"{len(views)} pairs, {len(found.left_out)} left out",
        ),
        Row(
            metric="real pairs: epipolar distance of a pair not seen, median",
            measured=float(np.median(unseen)),
            unit="px",
            remark=f"largest {max(unseen):.2f} px",
        ),
        *_beside_published(found, folder),
    )


def chessboard_views(folder: Path) -> tuple[list[BoardView], Size]:
    """Return the pairs ``left01.jpg``, ``right01.jpg``, … that show the board to both cameras."""
    fix_arithmetic()
    across, down = INNER_CORNERS
    board = np.zeros((across * down, 3), np.float32)
    board[:, :2] = np.mgrid[0:across, 0:down].T.reshape(-1, 2) * SQUARE_MM
    views, size = [], (0, 0)
    for left in sorted(folder.glob("left[0-9][0-9].jpg")):
        right = left.with_name(left.name.replace("left", "right"))
        if not right.exists():
            continue
        pair = [_grey(path) for path in (left, right)]
        seen = [cv2.findChessboardCornersSB(each, INNER_CORNERS, flags=_FLAGS) for each in pair]
        if not all(found for found, _ in seen):
            continue
        size = (pair[0].shape[1], pair[0].shape[0])
        left_px, right_px = (np.asarray(each, np.float32).reshape(-1, 2) for _, each in seen)
        views.append(BoardView(board_mm=board, left_px=left_px, right_px=right_px))
    return views, size


def _grey(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise MalformedInput(f"{path.name} is no picture")
    return np.asarray(picture, np.uint8)


def held_out_px(views: Sequence[BoardView], size: Size) -> list[float]:
    """Return each pair's epipolar distance by a calibration from all the others, pixels."""
    found = []
    for number, view in enumerate(views):
        others = [each for place, each in enumerate(views) if place != number]
        known = calibrate_from(others, size).calibration
        distances = epipolar_distances_px(known, view.left_px, view.right_px)
        found.append(float(np.sqrt((distances**2).mean())))
    return found


def _beside_published(found: SiftedCalibration, folder: Path) -> tuple[Row, ...]:
    path = folder / "left_intrinsics.yml"
    if not path.exists():
        return ()
    stored = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    theirs = np.asarray(stored.getNode("camera_matrix").mat(), np.float64)
    error_px = float(stored.getNode("avg_reprojection_error").real())
    stored.release()
    ours = found.calibration.left.matrix
    off = float(abs(ours[0, 0] / theirs[0, 0] - 1))
    middle_px = float(np.hypot(*(ours[:2, 2] - theirs[:2, 2])))
    remark = f"theirs has {error_px:.2f} px on the left pictures, ours "
    remark += f"{found.calibration.left_rms_px:.2f} px"
    return (
        Row(
            metric="real pairs: focal length from OpenCV's own",
            measured=off * 100,
            unit="%",
            remark=remark,
        ),
        Row(
            metric="real pairs: principal point from OpenCV's own",
            measured=middle_px,
            unit="px",
        ),
    )
