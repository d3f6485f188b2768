"""How the head is held and what the face does, against exact projections and a smiling face."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.canonical_face import canonical_face
from adapters.imaging.depth import DepthMap
from adapters.imaging.face_geometry import (
    eye_line_deg,
    face_points_mm,
    measure_expression,
    pose_from_depth,
    pose_from_picture,
)
from adapters.imaging.face_mesh import FaceMesh, find_face_mesh
from adapters.imaging.pixels import EncodedRgb
from tests.adapters.imaging.photographs import photograph

CAMERA = CameraIntrinsics(
    width_px=760,
    height_px=1014,
    focal_x_px=1935.5,
    focal_y_px=1935.5,
    centre_x_px=381.0,
    centre_y_px=505.0,
    distortion=(-0.06, 0.04, 0.0003, -0.0002, 0.0),
)
FLIP = np.diag([1.0, -1.0, -1.0])


def head_rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """Return head axes (left, up, out) to camera axes for a head held so."""
    turns = []
    for axis, angle_deg in ((1, yaw_deg), (0, -pitch_deg), (2, -roll_deg)):
        vector = np.zeros(3)
        vector[axis] = np.radians(angle_deg)
        turns.append(np.asarray(cv2.Rodrigues(vector)[0], np.float64))
    return FLIP @ turns[0] @ turns[1] @ turns[2]


def seen(
    rotation: NDArray[np.float64], *, scale: float = 1.0, distance_mm: float = 480.0
) -> tuple[FaceMesh, NDArray[np.float64]]:
    """Return the canonical face as the camera sees it, and its points in camera axes."""
    places = scale * canonical_face().points_mm @ rotation.T + [5.0, -8.0, distance_mm]
    pixels, _ = cv2.projectPoints(
        places, np.zeros(3), np.zeros(3), CAMERA.matrix, CAMERA.distortion_vector
    )
    points = np.column_stack([np.asarray(pixels, np.float64).reshape(-1, 2), places[:, 2]])
    return FaceMesh(points_px=points, score=1.0), places


def depth_of(mesh: FaceMesh, places: NDArray[np.float64]) -> DepthMap:
    """Return a depth map that knows the mesh's own places and nothing else."""
    depth = np.full((CAMERA.height_px, CAMERA.width_px), np.nan, np.float32)
    columns, rows = np.floor(mesh.points_px[:, :2] + 0.5).astype(int).T
    depth[rows, columns] = places[:, 2]
    return DepthMap(depth_mm=depth, valid=np.isfinite(depth), step=1, method="test")


ANGLES = st.tuples(st.floats(-35, 35), st.floats(-25, 25), st.floats(-30, 30))


@settings(max_examples=40, deadline=None)
@given(angles=ANGLES, distance_mm=st.floats(400, 600))
def test_the_pose_of_the_average_head_is_found_exactly(
    angles: tuple[float, float, float], distance_mm: float
) -> None:
    mesh, places = seen(head_rotation(*angles), distance_mm=distance_mm)
    pose = pose_from_picture(mesh, CAMERA)
    assert pose is not None
    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx(angles, abs=0.05)
    assert pose.distance_mm == pytest.approx(float(np.linalg.norm(places[168])), abs=0.2)


@settings(max_examples=40, deadline=None)
@given(angles=ANGLES, scale=st.floats(0.8, 1.0))
def test_with_depth_the_pose_is_found_at_any_size(
    angles: tuple[float, float, float], scale: float
) -> None:
    mesh, places = seen(head_rotation(*angles), scale=scale)
    pose = pose_from_depth(mesh, depth_of(mesh, places), CAMERA)
    assert pose is not None
    # Two points may share a pixel, which then knows the depth of one of them.
    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx(angles, abs=0.3)
    assert pose.scale == pytest.approx(scale, rel=0.01)
    assert pose.distance_mm == pytest.approx(float(np.linalg.norm(places[168])), abs=0.5)


def test_angles_can_be_stated_in_other_axes() -> None:
    mesh, places = seen(head_rotation(4.0, 0.0, 0.0))
    vector = np.array([0.0, np.radians(5.0), 0.0])
    verged = np.asarray(cv2.Rodrigues(vector)[0], np.float64)
    turned = pose_from_picture(mesh, CAMERA, to_reference=verged)
    same = pose_from_depth(mesh, depth_of(mesh, places), CAMERA, to_reference=verged)
    assert turned is not None
    assert same is not None
    assert turned.yaw_deg == pytest.approx(-1.0, abs=0.05)
    assert same.yaw_deg == pytest.approx(-1.0, abs=0.1)


def test_with_too_little_depth_nothing_is_said() -> None:
    mesh, places = seen(head_rotation(0.0, 0.0, 0.0))
    depth = depth_of(mesh, places)
    nothing = replace(depth, valid=np.zeros_like(depth.valid))
    assert pose_from_depth(mesh, nothing, CAMERA) is None
    assert not np.isfinite(face_points_mm(mesh, nothing, CAMERA)).any()


def test_a_surface_of_impossible_size_has_no_pose() -> None:
    mesh, places = seen(head_rotation(0.0, 0.0, 0.0))
    depth = depth_of(mesh, places)
    far = replace(depth, depth_mm=depth.depth_mm * np.float32(2.0))
    assert pose_from_depth(mesh, far, CAMERA) is None


def test_a_point_on_the_surface_is_where_it_was_seen() -> None:
    mesh, places = seen(head_rotation(3.0, -2.0, 1.0))
    found = face_points_mm(mesh, depth_of(mesh, places), CAMERA)
    assert found[4] == pytest.approx(places[4], abs=0.05)


def test_points_outside_the_picture_are_not_known() -> None:
    mesh, places = seen(head_rotation(0.0, 0.0, 0.0))
    moved = FaceMesh(points_px=mesh.points_px + np.array([9000.0, 0.0, 0.0]), score=1.0)
    assert not np.isfinite(face_points_mm(moved, depth_of(mesh, places), CAMERA)).any()


@given(roll_deg=st.floats(-80, 80))
def test_the_line_of_the_eyes_follows_the_head(roll_deg: float) -> None:
    points = canonical_face().points_mm * [3.0, -3.0, -3.0]
    angle = np.radians(roll_deg)
    turned = points.copy()
    turned[:, 0] = np.cos(angle) * points[:, 0] - np.sin(angle) * points[:, 1]
    turned[:, 1] = np.sin(angle) * points[:, 0] + np.cos(angle) * points[:, 1]
    mesh = FaceMesh(points_px=turned, score=1.0)
    assert eye_line_deg(mesh) == pytest.approx(roll_deg, abs=1e-9)
    level = measure_expression(FaceMesh(points_px=points, score=1.0))
    tilted = measure_expression(mesh)
    assert tilted.smile == pytest.approx(level.smile, abs=1e-9)
    assert tilted.brow_raise == pytest.approx(level.brow_raise, abs=1e-9)
    assert tilted.mouth_opening == pytest.approx(level.mouth_opening, abs=1e-9)


def test_a_smile_with_teeth_is_told_from_a_still_face() -> None:
    smiling = find_face_mesh(EncodedRgb(photograph("astronaut.png")))
    assert smiling is not None
    found = measure_expression(smiling)
    still = measure_expression(
        FaceMesh(points_px=canonical_face().points_mm * [3, -3, -3], score=1)
    )
    assert found.smile > still.smile + 0.1
    assert found.mouth_width > still.mouth_width + 0.1
    assert found.mouth_opening > 0.15
    assert abs(found.smile_asymmetry) < 0.05
    assert still.brow_asymmetry == pytest.approx(0.0, abs=1e-12)


def test_one_raised_brow_is_asymmetry() -> None:
    points = canonical_face().points_mm * [3.0, -3.0, -3.0]
    still = measure_expression(FaceMesh(points_px=points, score=1.0))
    points[[105, 52, 63, 66, 107]] += [0.0, -15.0, 0.0]
    raised = measure_expression(FaceMesh(points_px=points, score=1.0))
    assert raised.brow_asymmetry > still.brow_asymmetry + 0.05
    assert raised.brow_raise > still.brow_raise + 0.03
