"""Depth tells a face from a picture, and what stands before one side."""

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.canonical_face import canonical_face
from adapters.imaging.depth import DepthMap
from adapters.imaging.face_mesh import FaceMesh
from adapters.imaging.face_relief import measure_relief
from adapters.imaging.pixels import Window

COLUMNS, ROWS, FOCAL, AWAY = 400, 500, 1000.0, 450.0
CAMERA = CameraIntrinsics(
    width_px=COLUMNS,
    height_px=ROWS,
    focal_x_px=FOCAL,
    focal_y_px=FOCAL,
    centre_x_px=(COLUMNS - 1) / 2,
    centre_y_px=(ROWS - 1) / 2,
    distortion=(0.0, 0.0, 0.0, 0.0, 0.0),
)
FACE = Window(left=60, top=70, width=280, height=360)


def depth_map(depth: NDArray[np.float64]) -> DepthMap:
    """Return a map in which everything is trusted."""
    return DepthMap(
        depth_mm=depth.astype(np.float32),
        valid=np.ones(depth.shape, np.bool_),
        step=1,
        method="drawn/1",
    )


def grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x to the right and y down of each pixel, millimetres at the face."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float64)
    return (x - (COLUMNS - 1) / 2) * AWAY / FOCAL, (y - (ROWS - 1) / 2) * AWAY / FOCAL


def head() -> NDArray[np.float64]:
    """Return the depth of an egg with a nose."""
    x, y = grid()
    egg = 80.0 * np.sqrt(np.clip(1.0 - (x / 78) ** 2 - (y / 115) ** 2, 0.02, 1.0))
    nose = 22.0 * np.exp(-((x / 9) ** 2) - ((y / 22) ** 2))
    return np.asarray(AWAY + 80.0 - egg - nose)


def mesh() -> FaceMesh:
    """Return the average face where the egg is, as the mesh would find it."""
    points = canonical_face().points_mm - canonical_face().points_mm.mean(axis=0)
    pixels = np.empty((len(points), 3))
    pixels[:, 0] = (COLUMNS - 1) / 2 + 0.8 * points[:, 0] * FOCAL / AWAY
    pixels[:, 1] = (ROWS - 1) / 2 - 0.8 * points[:, 1] * FOCAL / AWAY
    pixels[:, 2] = 0.0
    return FaceMesh(points_px=pixels, score=1.0)


@pytest.mark.parametrize("bend", [0.0, 0.004])
def test_a_print_has_no_relief_flat_or_bent(bend: float) -> None:
    x, y = grid()
    paper = AWAY + 0.1 * x - 0.05 * y + bend * x * x
    found = measure_relief(depth_map(np.asarray(paper)), CAMERA, FACE, None)
    assert found is not None
    assert found.relief_mm < 0.5


def test_a_head_has_relief_and_two_like_sides() -> None:
    found = measure_relief(depth_map(head()), CAMERA, FACE, mesh())
    assert found is not None
    assert found.relief_mm > 2.0
    assert found.uneven_share is not None
    assert found.uneven_share < 0.02


def test_what_covers_one_cheek_makes_the_sides_differ() -> None:
    x, y = grid()
    depth = head()
    covered = (x < -12) & (y > 5)
    depth[covered] -= 18.0
    found = measure_relief(depth_map(depth), CAMERA, FACE, mesh())
    assert found is not None
    assert found.uneven_share is not None
    assert found.uneven_share > 0.1


def test_with_too_little_depth_nothing_is_said() -> None:
    nothing = depth_map(head())
    empty = DepthMap(
        depth_mm=nothing.depth_mm,
        valid=np.zeros((ROWS, COLUMNS), np.bool_),
        step=1,
        method="drawn/1",
    )
    assert measure_relief(empty, CAMERA, FACE, mesh()) is None
