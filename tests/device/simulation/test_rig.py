"""Cameras project, un-project and stand where the design says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.simulation.rig import (
    DEMO,
    FULL,
    PREVIEW,
    Resolution,
    RigDrift,
    stereo_rig,
    turn,
)
from domain.errors import MalformedInput


@given(x=st.floats(-75, 75), y=st.floats(-105, 105), z=st.floats(380, 560))
def test_the_ray_behind_a_projected_point_leads_to_the_point(x: float, y: float, z: float) -> None:
    point = np.array([x, y, z])
    for camera in (stereo_rig(DEMO).left, stereo_rig(DEMO).right):
        ray = camera.rays(camera.project(point)[None, :])[0]
        there = camera.to_rig(ray * camera.to_camera(point)[2])
        np.testing.assert_allclose(there, point, atol=1e-5)


def test_the_baseline_and_the_point_of_vergence_are_as_designed() -> None:
    rig = stereo_rig(FULL)
    rotation, translation = rig.right_from_left()
    assert np.linalg.norm(translation) == pytest.approx(80.0)
    assert np.degrees(np.arccos((np.trace(rotation) - 1) / 2)) == pytest.approx(10.16, abs=0.01)
    for camera in (rig.left, rig.right):
        ahead = camera.to_camera(np.array([0.0, 0.0, 450.0]))
        np.testing.assert_allclose(ahead[:2], 0.0, atol=1e-9)


def test_the_full_camera_has_the_designed_focal_length() -> None:
    assert stereo_rig(FULL).left.focal_px == pytest.approx(7742.0)
    assert (FULL.columns, FULL.rows) == (3040, 4056)


def test_resolutions_see_the_same_field() -> None:
    point = np.array([40.0, -60.0, 450.0])
    demo = (stereo_rig(DEMO).left.project(point) + 0.5) / [DEMO.columns, DEMO.rows]
    full = (stereo_rig(FULL).left.project(point) + 0.5) / [FULL.columns, FULL.rows]
    np.testing.assert_allclose(demo, full, atol=1e-6)


def test_drift_moves_only_the_right_camera() -> None:
    still, moved = stereo_rig(PREVIEW), stereo_rig(PREVIEW, RigDrift(pitch_deg=0.1))
    point = np.array([10.0, 5.0, 450.0])
    np.testing.assert_array_equal(still.left.project(point), moved.left.project(point))
    shift = moved.right.project(point) - still.right.project(point)
    expected = np.tan(np.radians(0.1)) * still.right.focal_px
    assert abs(float(shift[1])) == pytest.approx(expected, rel=0.05)


def test_turns_are_rotations() -> None:
    rotation = turn(12.0, -7.0, 3.0)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


@pytest.mark.parametrize(("columns", "rows"), [(63, 480), (480, 9000), (481, 640)])
def test_sizes_no_camera_has_are_refused(columns: int, rows: int) -> None:
    with pytest.raises(MalformedInput):
        Resolution(columns=columns, rows=rows)
