"""Surfaces of depth maps: where the exact surface is, cut where there is none."""

import numpy as np
import pytest

from adapters.imaging.depth import METHOD, DepthMap
from adapters.imaging.depth_mesh import Mesh, mesh_of, points_of
from adapters.imaging.pixels import EncodedRgb
from domain.errors import MalformedInput
from tests.adapters.imaging.scenes import Floats, Scene, calibration

SCENE = Scene(width=160, height=208)
RIG = calibration(SCENE)
PICTURE = EncodedRgb(
    np.stack(np.broadcast_arrays(np.arange(160), np.arange(208)[:, None], 7), -1).astype(np.uint8)
)


def depth_of(depth_mm: Floats) -> DepthMap:
    """Return a depth map that is sure to a hundredth."""
    valid = np.isfinite(depth_mm)
    return DepthMap(
        depth_mm=depth_mm.astype(np.float32),
        valid=valid,
        step=2,
        method=METHOD,
        sigma_mm=np.where(valid, 0.01, np.nan).astype(np.float32),
    )


def plane(across: float = 0.0) -> Floats:
    """Return a plane at 450 mm that leans, in millimetres of depth per cell."""
    return np.broadcast_to(450 + across * (np.arange(80) - 39.5), (104, 80)).copy()


def mesh(depth_mm: Floats, stride: int = 1) -> Mesh:
    """Return the mesh of a depth map."""
    return mesh_of(depth_of(depth_mm), RIG, PICTURE, stride=stride)


def test_points_lie_on_the_rays_of_their_pixels() -> None:
    points = points_of(depth_of(plane()), RIG)
    camera = RIG.left
    seen = points[50, 20] @ camera.matrix.T / points[50, 20, 2]
    assert seen[:2] == pytest.approx([20 * 2 + 0.5, 50 * 2 + 0.5], abs=1e-3)


@pytest.mark.verifies("REQ-IN-129")
def test_every_valid_cell_is_spanned_and_faces_the_camera() -> None:
    made = mesh(plane())
    assert len(made.points_mm) == 104 * 80
    assert len(made.triangles) == 2 * 103 * 79
    assert made.normals == pytest.approx(np.tile([0, 0, -1], (104 * 80, 1)), abs=1e-5)
    corners = made.points_mm[made.triangles].astype(float)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (faces[:, 2] < 0).all()
    assert made.sigma_mm == pytest.approx(np.full(104 * 80, 0.01))


def test_the_area_of_a_plane_is_that_of_its_pixels() -> None:
    made = mesh(plane())
    corners = made.points_mm[made.triangles].astype(float)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    cell_mm = 2 * 450 / SCENE.focal_px
    area = np.linalg.norm(faces, axis=1).sum() / 2
    assert area == pytest.approx(103 * 79 * cell_mm**2, rel=1e-4)


def test_a_jump_in_depth_is_cut_and_holes_stay_open() -> None:
    stepped = plane()
    stepped[:, 40:] += 30
    assert len(mesh(stepped).triangles) == 2 * 103 * (79 - 1)
    holed = plane()
    holed[50, 30] = np.nan
    made = mesh(holed)
    assert len(made.points_mm) == 104 * 80 - 1
    assert len(made.triangles) == 2 * 103 * 79 - 6


def test_a_stride_keeps_every_second_vertex_and_says_its_step() -> None:
    made = mesh(plane(), stride=2)
    assert made.step_px == 4
    assert len(made.points_mm) == 52 * 40


def test_texture_and_colours_belong_to_the_vertex() -> None:
    made = mesh(plane())
    one = 50 * 80 + 20
    assert made.texture[one] == pytest.approx([41 / 160, 1 - 101 / 208], abs=1e-6)
    assert made.colours[one].astype(int) == pytest.approx([40, 100, 7], abs=1)


def test_what_has_no_surface_is_refused() -> None:
    nothing = np.full((104, 80), np.nan)
    with pytest.raises(MalformedInput, match=r"mesh\.surface"):
        mesh(nothing)
    with pytest.raises(MalformedInput, match=r"mesh\.stride"):
        mesh(plane(), stride=0)
    with pytest.raises(MalformedInput, match=r"calibration\.size"):
        mesh_of(depth_of(plane()), RIG, EncodedRgb(PICTURE[:100]))
