"""Head pose: turn, nod and distance follow the head, each alone."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging.alignment import locate_face
from adapters.imaging.depth import DepthMap
from adapters.imaging.head_pose import HeadPose, measure_head_pose
from adapters.imaging.pixels import Window
from tests.adapters.imaging.scenes import Scene, calibration, linear_of, render, true_depth_mm

GOOD = Scene()


def exact_depth(scene: Scene) -> DepthMap:
    """Return the scene's true depth as a depth map."""
    depth_mm = true_depth_mm(scene)[::2, ::2].astype(np.float32)
    return DepthMap(depth_mm=depth_mm, valid=np.isfinite(depth_mm), step=2, method="truth/1")


def pose_of(scene: Scene) -> HeadPose:
    """Return the pose measured from exact depth and the pictures' silhouettes."""
    left, right = (locate_face(linear_of(render(scene, side))) for side in ("left", "right"))
    assert left is not None
    assert right is not None
    found = measure_head_pose(
        exact_depth(scene), calibration(scene), left_face=left.window, right_face=right.window
    )
    assert found is not None
    return found


@pytest.mark.verifies("REQ-IN-084")
def test_the_turn_follows_the_nose_to_its_side() -> None:
    # Turning about y by a positive angle moves the near side to the left of the picture.
    turns = [pose_of(replace(GOOD, yaw_deg=angle)).turn_deg for angle in (-12, -4, 0, 4, 12)]
    assert turns == sorted(turns, reverse=True)
    assert turns[2] == pytest.approx(0, abs=0.7)
    assert turns[0] == pytest.approx(12, rel=0.3)
    assert turns[4] == pytest.approx(-12, rel=0.3)


@pytest.mark.verifies("REQ-IN-084")
def test_the_nod_follows_the_slope_of_the_face() -> None:
    # The drawn head is rounder than a face, so its slope answers with less than the full angle.
    nods = [pose_of(replace(GOOD, pitch_deg=angle)).nod_deg for angle in (-10, 0, 10)]
    steps = np.diff(nods)
    assert (np.sign(steps) == np.sign(steps[0])).all()
    assert (np.abs(steps) > 1.5).all()


def test_turning_and_nodding_leave_each_other_and_the_distance_alone() -> None:
    still = pose_of(GOOD)
    turned = pose_of(replace(GOOD, yaw_deg=8.0))
    nodded = pose_of(replace(GOOD, pitch_deg=8.0))
    assert turned.nod_deg == pytest.approx(still.nod_deg, abs=1)
    assert nodded.turn_deg == pytest.approx(still.turn_deg, abs=0.7)
    assert turned.distance_mm == pytest.approx(still.distance_mm, abs=2)


@pytest.mark.verifies("REQ-IN-083")
def test_the_distance_is_from_midway_between_the_cameras() -> None:
    for back_mm in (485.0, 535.0, 610.0):
        found = pose_of(replace(GOOD, position_mm=(0.0, 0.0, back_mm)))
        # Half of the inner face lies nearer than about 4 mm behind the head's front.
        assert found.distance_mm == pytest.approx(back_mm - 81, abs=4)


def test_a_head_beside_the_axis_is_not_taken_for_nearer_or_turned_far() -> None:
    found = pose_of(replace(GOOD, position_mm=(15.0, 0.0, 535.0)))
    assert found.distance_mm == pytest.approx(pose_of(GOOD).distance_mm, abs=2)
    assert abs(found.turn_deg) < 3


def test_too_little_depth_gives_no_pose() -> None:
    face = Window(left=100, top=200, width=500, height=650)
    empty = exact_depth(GOOD)
    empty = replace(empty, valid=np.zeros_like(empty.valid))
    arguments = {"left_face": face, "right_face": face}
    assert measure_head_pose(empty, calibration(GOOD), **arguments) is None
    tiny = Window(left=300, top=400, width=8, height=8)
    found = measure_head_pose(exact_depth(GOOD), calibration(GOOD), left_face=tiny, right_face=tiny)
    assert found is None
