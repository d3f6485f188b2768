"""Rectification: rows agree, distances come back, sides are told apart."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging.pixels import EncodedLuma
from adapters.imaging.rectification import rectify
from domain.errors import MalformedInput
from tests.adapters.imaging.drawings import board_rig
from tests.adapters.imaging.scenes import Scene, calibration

RIG = board_rig()
RNG = np.random.default_rng(6)


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.25])
def test_a_point_lies_on_the_same_row_at_the_disparity_of_its_distance(scale: float) -> None:
    rig = rectify(RIG, scale=scale)
    in_left = RNG.uniform([-50, -70, 400], [50, 70, 520], (40, 3))
    in_right = in_left @ RIG.rotation_matrix.T + RIG.translation_vector
    left = in_left @ rig.left_rotation.T
    right = in_right @ rig.right_rotation.T
    left_px = rig.focal_px * left[:, :2] / left[:, 2:] + rig.left_centre_px
    right_px = rig.focal_px * right[:, :2] / right[:, 2:] + rig.right_centre_px
    assert left_px[:, 1] == pytest.approx(right_px[:, 1], abs=1e-6)
    disparity = left_px[:, 0] - right_px[:, 0]
    distance = rig.distance_mm(disparity)
    assert distance == pytest.approx(left[:, 2], rel=1e-6)
    assert rig.left_depth_mm(left_px, distance) == pytest.approx(in_left[:, 2], rel=1e-6)
    assert rig.disparity_px(float(left[0, 2])) == pytest.approx(disparity[0], abs=1e-6)
    middle = left - np.array([RIG.baseline_mm / 2, 0, 0])
    assert rig.points_mm(left_px, distance) == pytest.approx(middle, rel=1e-6, abs=1e-6)


def test_disparity_is_small_where_the_two_axes_meet() -> None:
    rig = rectify(calibration(Scene()), scale=1.0)
    assert abs(rig.disparity_px(450.0)) < 0.01 * rig.width


def test_a_disparity_beyond_infinity_is_no_distance() -> None:
    rig = rectify(RIG, scale=1.0)
    assert np.isnan(rig.distance_mm(np.array([rig.infinity_px - 1]))).all()


def test_exchanged_cameras_are_refused() -> None:
    turned = replace(
        RIG,
        rotation=tuple(tuple(row) for row in RIG.rotation_matrix.T.tolist()),
        translation_mm=tuple((-RIG.rotation_matrix.T @ RIG.translation_vector).tolist()),
    )
    with pytest.raises(MalformedInput, match=r"calibration\.sides"):
        rectify(turned, scale=1.0)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(MalformedInput, match=r"calibration\.size"):
        rectify(RIG, scale=0.5).left_picture(EncodedLuma(np.zeros((10, 10), np.uint8)))
