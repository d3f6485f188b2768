"""Scenes: how heads are held, and what is refused."""

import numpy as np
import pytest

from device.simulation.faults import Fault, FaultState
from device.simulation.scene import CHART_PLACE_MM, HeadPose, Scene
from domain.errors import MalformedInput


def _direction(scene: Scene, head: tuple[float, float, float]) -> np.ndarray:
    return np.asarray(scene.head_pose()[:3, :3] @ np.array(head))


def test_a_head_held_straight_looks_into_the_rig_from_its_distance() -> None:
    scene = Scene(distance_mm=470.0)
    np.testing.assert_allclose(_direction(scene, (0, 0, 1)), [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(_direction(scene, (1, 0, 0)), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(scene.head_pose()[:3, 3], [0, -22, 470.0], atol=1e-9)


def test_positive_yaw_pitch_and_roll_are_left_up_and_left_ear_down() -> None:
    assert _direction(Scene(pose=HeadPose(yaw_deg=20)), (0, 0, 1))[0] > 0.3
    assert _direction(Scene(pose=HeadPose(pitch_deg=20)), (0, 0, 1))[1] < -0.3
    assert _direction(Scene(pose=HeadPose(roll_deg=20)), (1, 0, 0))[1] > 0.3


def test_a_head_rolls_to_either_side_from_how_it_is_held() -> None:
    held = HeadPose(roll_deg=1.5)
    for fault, roll_deg in ((Fault.HEAD_ROLLED_LEFT, 10.5), (Fault.HEAD_ROLLED_RIGHT, -7.5)):
        rolled = Scene(pose=held, faults=(FaultState(fault=fault),))
        np.testing.assert_allclose(
            rolled.head_pose(), Scene(pose=HeadPose(roll_deg=roll_deg)).head_pose(), atol=1e-9
        )


def test_the_head_turns_about_the_neck() -> None:
    neck = np.array([0.0, -60.0, -90.0])
    still, turned = Scene().head_pose(), Scene(pose=HeadPose(yaw_deg=25)).head_pose()
    there = turned[:3, :3] @ neck + turned[:3, 3]
    np.testing.assert_allclose(there, still[:3, :3] @ neck + still[:3, 3], atol=1e-9)


def test_the_chart_hangs_where_it_always_does_however_the_head_moves() -> None:
    placed = Scene(pose=HeadPose(yaw_deg=25, right_mm=10), distance_mm=480).card()
    assert placed is not None
    np.testing.assert_array_equal(placed[1][:3, 3], CHART_PLACE_MM)


def test_the_late_camera_sees_a_head_that_moved() -> None:
    late = Scene(faults=(FaultState(fault=Fault.UNSYNCHRONISED),))
    assert np.abs(late.head_pose(late=True) - late.head_pose()).max() > 0.5
    np.testing.assert_array_equal(Scene().head_pose(late=True), Scene().head_pose())


def test_impossible_scenes_are_refused() -> None:
    with pytest.raises(MalformedInput):
        Scene(distance_mm=100.0)
    with pytest.raises(MalformedInput):
        HeadPose(yaw_deg=120.0)
