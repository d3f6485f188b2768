"""Heights and normals as maps: true to the surface, blank where there is none, read by others."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from adapters.imaging.depth_mesh import points_of
from adapters.imaging.height_map import (
    ReferencePlane,
    height_map,
    height_png,
    normal_png,
    normals_of,
    reference_plane,
)
from domain.errors import MalformedInput
from tests.adapters.imaging.scenes import Floats
from tests.adapters.imaging.test_depth_mesh import RIG, depth_of, plane

SOURCE = "sha256:" + "7a" * 32


def bumped() -> Floats:
    """Return a leaning plane with a bump of 3 mm and a hole beside it."""
    found = plane(across=0.3)
    found[50:54, 40:44] -= 3
    found[20, 30] = np.nan
    return found


def texts(content: bytes) -> dict[str, str]:
    """Return what a PNG says, as another library reads it."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        return {str(name): str(text) for name, text in picture.info.items()}


def levels(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Return the levels of a PNG, red first."""
    found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert found.dtype == np.uint16
    return found[..., ::-1] if found.ndim == 3 else found  # type: ignore[return-value]


@given(
    across=st.floats(-0.6, 0.6),
    down=st.floats(-0.6, 0.6),
    away=st.floats(320, 620),
)
def test_a_plane_is_its_own_reference_and_lies_at_height_nothing(
    across: float, down: float, away: float
) -> None:
    normal = np.array([across, down, -1]) / np.linalg.norm([across, down, 1])
    rays = points_of(depth_of(plane()), RIG).astype(float) / 450
    exact = depth_of(-away * abs(normal[2]) / (rays @ normal))
    found, heights = height_map(exact, RIG)
    assert found.normal == pytest.approx(normal.tolist(), abs=1e-5)
    assert float(np.abs(heights).max()) < 1e-3
    assert found == reference_plane(exact, RIG)
    normals = normals_of(exact, RIG)[1:-1, 1:-1]
    assert float(np.abs(normals - normal).max()) < 1e-3


def test_heights_are_towards_the_camera_from_the_plane_that_fits_best() -> None:
    found, heights = height_map(depth_of(bumped()), RIG)
    assert float(heights[52, 42]) == pytest.approx(3, abs=1.0)
    assert abs(float(np.nanmedian(heights))) < 0.1
    assert np.isnan(heights[20, 30])
    point = points_of(depth_of(bumped()), RIG)[52, 42].astype(float)
    by_hand = float(np.dot(point - np.array(found.point_mm), np.array(found.normal)))
    assert float(heights[52, 42]) == pytest.approx(by_hand, abs=1e-4)


@pytest.mark.verifies("REQ-IN-129")
def test_the_height_map_says_its_unit_scale_and_plane_and_is_blank_where_nothing_is_known() -> None:
    depth = depth_of(bumped())
    content = height_png(depth, RIG, source=SOURCE)
    said, found = texts(content), levels(content)
    assert said["Unit"] == "millimetre"
    assert said["Scale"] == "height = (level - 32768) * 0.01; level 0: no depth"
    assert said["Source"] == f"depth map {SOURCE}"
    assert said["Cell"] == "2 x 2 pixels of the stored left picture"
    told = ReferencePlane(point_mm=_three(said["Plane point"]), normal=_three(said["Plane normal"]))
    assert np.array_equal(found > 0, depth.valid)
    points = points_of(depth, RIG).astype(float)
    by_hand = (points - np.array(told.point_mm)) @ np.array(told.normal)
    read = (found.astype(float) - 32768) * 0.01
    assert read[depth.valid] == pytest.approx(by_hand[depth.valid], abs=0.006)
    assert content == height_png(depth_of(bumped()), RIG, source=SOURCE)


def test_a_height_beyond_the_form_is_untold() -> None:
    far = plane()
    far[:2, :2] = 450 + 400
    found = levels(height_png(depth_of(far), RIG, source=SOURCE))
    assert (found[:2, :2] == 0).all()
    assert (found[2:, 2:] > 0).all()


def test_normals_of_cells_follow_the_slope() -> None:
    leaning = depth_of(plane(across=0.5))
    normals = normals_of(leaning, RIG)
    points = points_of(leaning, RIG).astype(float)
    along = points[50, 60] - points[50, 20]
    along /= np.linalg.norm(along)
    assert abs(float(normals[50, 40] @ along)) < 0.02
    assert normals[50, 40, 2] < 0
    assert np.isnan(normals[0]).all()


def test_there_is_no_normal_in_a_hole_beside_it_or_across_a_jump() -> None:
    broken = plane()
    broken[50, 30] = np.nan
    broken[:, 60:] += 30
    normals = normals_of(depth_of(broken), RIG)
    known = np.asarray(np.isfinite(normals).all(axis=-1))
    assert not known[50, 29:32].any()
    assert not known[49:52, 30].any()
    assert not known[:, 59:61].any()
    assert known[1:-1, 1:29].all()


@pytest.mark.verifies("REQ-IN-129")
def test_the_map_of_normals_reads_back_as_unit_vectors_in_the_axes_it_names() -> None:
    depth = depth_of(bumped())
    content = normal_png(depth, RIG, source=SOURCE)
    said, found = texts(content), levels(content)
    assert said["Axes"] == "x right, y down, z away, left camera, millimetres"
    assert said["Scale"].startswith("component = (level - 32768) / 32767")
    normals = normals_of(depth, RIG)
    known = np.asarray(np.isfinite(normals).all(axis=-1))
    assert np.array_equal((found > 0).all(axis=-1), known)
    assert not found[~known].any()
    read = (found.astype(float) - 32768) / 32767
    assert read[known] == pytest.approx(normals[known], abs=2e-5)
    assert content == normal_png(depth, RIG, source=SOURCE)


def test_without_a_surface_there_is_no_plane() -> None:
    line, nothing = np.full((104, 80), np.nan), np.full((104, 80), np.nan)
    line[50] = 450
    for empty in (line, nothing):
        with pytest.raises(MalformedInput, match=r"height\.plane"):
            height_png(depth_of(empty), RIG, source=SOURCE)


def _three(text: str) -> tuple[float, float, float]:
    x, y, z = (float(each) for each in text.split())
    return x, y, z
