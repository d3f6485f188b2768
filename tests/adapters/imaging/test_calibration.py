"""The locked geometry: its stored form, its refusals, its mathematics."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.imaging.calibration import (
    StereoCalibration,
    calibration_from_bytes,
    calibration_from_values,
    calibration_to_bytes,
    calibration_to_values,
)
from domain.errors import MalformedInput
from tests.adapters.imaging.drawings import board_rig
from tests.adapters.imaging.scenes import rotation

RIG = board_rig()


@given(
    st.tuples(*[st.floats(-20, 20)] * 3),
    st.tuples(st.floats(-200, -20), st.floats(-5, 5), st.floats(-5, 5)),
    st.floats(0, 3),
    st.lists(st.floats(0, 2), max_size=5),
)
def test_every_calibration_comes_back_bit_for_bit(
    angles: tuple[float, float, float],
    shift: tuple[float, float, float],
    rms: float,
    views: list[float],
) -> None:
    geometry = StereoCalibration.of_geometry(
        left=RIG.left,
        right=RIG.right,
        rotation=rotation(*angles),
        translation_mm=np.array(shift),
    )
    calibration = replace(geometry, reprojection_rms_px=rms, view_rms_px=tuple(views))
    content = calibration_to_bytes(calibration)
    assert calibration_from_bytes(content) == calibration
    assert calibration_to_bytes(calibration_from_bytes(content)) == content


@pytest.mark.verifies("REQ-IN-138")
def test_the_stored_form_is_plain_json_and_states_the_baseline() -> None:
    values = json.loads(calibration_to_bytes(RIG))
    assert values == calibration_to_values(RIG)
    assert values["baseline_mm"] == pytest.approx(80.0)
    assert len(values["rotation"]) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "another/1"),
        ("rotation", [[1, 0, 0], [0, 1, 0], [0, 0, 2]]),
        ("rotation", [[1, 0], [0, 1]]),
        ("translation_mm", [0, 0, 0]),
        ("translation_mm", "far"),
        ("reprojection_rms_px", -1),
        ("reprojection_rms_px", True),
        ("coverage", 2),
        ("left", None),
        ("left", {"width_px": 0}),
    ],
)
def test_impossible_values_are_refused(name: str, value: object) -> None:
    values = dict(calibration_to_values(RIG)) | {name: value}
    with pytest.raises(MalformedInput, match=r"calibration\.values"):
        calibration_from_values(values)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"nonsense"])
def test_bytes_that_are_no_calibration_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput, match=r"calibration\.values"):
        calibration_from_bytes(content)


def test_impossible_cameras_are_refused() -> None:
    for change in ({"focal_x_px": 0.0}, {"distortion": (0.0,)}, {"centre_x_px": float("nan")}):
        with pytest.raises(MalformedInput, match=r"calibration\.values"):
            replace(RIG.left, **change)


def test_the_fundamental_matrix_joins_the_two_views_of_a_point() -> None:
    points = np.random.default_rng(2).uniform([-60, -80, 380], [60, 80, 560], (50, 3))
    left = points @ RIG.left.matrix.T
    right = (points @ RIG.rotation_matrix.T + RIG.translation_vector) @ RIG.right.matrix.T
    left, right = left / left[:, 2:], right / right[:, 2:]
    residual = np.einsum("ni,ij,nj->n", right, RIG.fundamental, left)
    assert np.abs(residual).max() < 1e-9


def test_pictures_of_another_size_are_refused() -> None:
    RIG.require_size(width=456, height=608)
    with pytest.raises(MalformedInput, match=r"calibration\.size"):
        RIG.require_size(width=608, height=456)
