"""Photographs of chessboards are calibrated where there are any; here they are drawn."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from domain.errors import MalformedInput
from validation.benchmarks.imaging import PARTS
from validation.benchmarks.imaging_boards import (
    FOLDER_SETTING,
    INNER_CORNERS,
    SQUARE_MM,
    chessboard_views,
    held_out_px,
    rows,
)
from validation.benchmarks.imaging_row import Extent

FOCAL_PX = 530.0
MATRIX = np.array([[FOCAL_PX, 0, 322], [0, FOCAL_PX, 238], [0, 0, 1]])
BASELINE_MM = 80.0
POSES = (
    (0.0, 0.0, 0.0),
    (0.35, 0.0, 0.05),
    (-0.35, 0.0, 0.0),
    (0.0, 0.35, 0.0),
    (0.0, -0.35, -0.05),
    (0.25, 0.25, 0.1),
    (-0.25, 0.25, -0.1),
    (0.2, -0.3, 0.2),
)
TEXELS = 20


def drawn(pose: tuple[float, float, float], camera_mm: float) -> NDArray[np.uint8]:
    """Return the board as a camera at this place along the baseline sees it."""
    across, down = INNER_CORNERS[0] + 1, INNER_CORNERS[1] + 1
    squares = np.indices((down, across)).sum(axis=0) % 2
    print_ = np.kron(squares * 205 + 25, np.ones((TEXELS, TEXELS))).astype(np.uint8)
    print_ = np.pad(print_, TEXELS, constant_values=230)
    scale = SQUARE_MM / TEXELS
    to_board = np.array([[scale, 0, -SQUARE_MM * 2], [0, scale, -SQUARE_MM * 2], [0, 0, 1]])
    turn, _ = cv2.Rodrigues(np.array(pose))
    middle = np.array([SQUARE_MM * 4, SQUARE_MM * 2.5, 0])
    shift = np.array([-camera_mm, 0.0, 480.0]) - turn @ middle
    homography = MATRIX @ np.column_stack([turn[:, 0], turn[:, 1], shift]) @ to_board
    seen = cv2.warpPerspective(
        print_, homography, (640, 480), flags=cv2.INTER_AREA, borderValue=(120.0,)
    )
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.8), np.uint8)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of drawn pairs, one picture without its partner, and intrinsics."""
    folder = tmp_path_factory.mktemp("boards")
    for number, pose in enumerate(POSES, start=1):
        cv2.imwrite(str(folder / f"left{number:02d}.jpg"), drawn(pose, -BASELINE_MM / 2))
        cv2.imwrite(str(folder / f"right{number:02d}.jpg"), drawn(pose, BASELINE_MM / 2))
    cv2.imwrite(str(folder / "left90.jpg"), drawn(POSES[0], 0.0))
    blank = np.full((480, 640), 90, np.uint8)
    cv2.imwrite(str(folder / "left91.jpg"), blank)
    cv2.imwrite(str(folder / "right91.jpg"), blank)
    stored = cv2.FileStorage(str(folder / "left_intrinsics.yml"), cv2.FILE_STORAGE_WRITE)
    stored.write("camera_matrix", MATRIX.astype(np.float64))
    stored.write("avg_reprojection_error", 0.25)
    stored.release()
    return folder


@pytest.mark.verifies("REQ-IN-126", "REQ-IN-127")
def test_pairs_that_a_calibration_had_not_seen_agree_with_it(photographs: Path) -> None:
    views, size = chessboard_views(photographs)
    assert (len(views), size) == (len(POSES), (640, 480))
    assert max(held_out_px(views, size)) < 0.5


def test_the_rows_stand_beside_what_was_published(
    photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_SETTING, str(photographs))
    told: list[str] = []
    made = rows(Extent(progress=told.append))
    found = {row.metric.removeprefix("real pairs: "): row for row in made}
    assert found["reprojection error"].measured < 0.3
    assert found["focal length from OpenCV's own"].measured < 1.0
    assert found["principal point from OpenCV's own"].measured < 6.0
    assert str(photographs) in told[0]
    (photographs / "left_intrinsics.yml").unlink()
    assert len(rows(Extent())) == 2


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    for name in ("left01.jpg", "right01.jpg"):
        (tmp_path / name).write_bytes(b"no picture")
    with pytest.raises(MalformedInput, match=r"left01\.jpg is no picture"):
        chessboard_views(tmp_path)


def test_without_photographs_there_are_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_SETTING, str(tmp_path))
    assert rows(Extent()) == ()
    assert PARTS["boards"].endswith("imaging_boards")
