"""The side the light comes from, on heads in closed form with exact depth."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.imaging.alignment import locate_face
from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.depth import DepthMap
from adapters.imaging.light_direction import light_across_deg
from adapters.imaging.pixels import LinearRgb, Window
from tests.adapters.imaging.scenes import (
    DARK_SKIN,
    Scene,
    calibration,
    linear_of,
    render,
    true_depth_mm,
)

Floats = NDArray[np.float64]

COLUMNS, ROWS, FOCAL = 400, 520, 1000.0
AXES_MM = np.array([72.0, 105.0, 85.0])
MIDDLE_MM = np.array([0.0, 0.0, 535.0])
CAMERA = CameraIntrinsics(
    width_px=COLUMNS,
    height_px=ROWS,
    focal_x_px=FOCAL,
    focal_y_px=FOCAL,
    centre_x_px=(COLUMNS - 1) / 2,
    centre_y_px=(ROWS - 1) / 2,
    distortion=(0.0, 0.0, 0.0, 0.0, 0.0),
)
FACE = Window(left=50, top=40, width=300, height=440)
GOOD = Scene()


def rig(verged_deg: float = 0.0) -> StereoCalibration:
    """Return a rig whose cameras look towards each other by an angle, together."""
    turn = np.asarray(cv2.Rodrigues(np.radians([0.0, verged_deg, 0.0]))[0], np.float64)
    return StereoCalibration.of_geometry(
        left=CAMERA, right=CAMERA, rotation=turn, translation_mm=np.array([-80.0, 0.0, 0.0])
    )


def lit_head(
    light: Floats, *, ambient: float = 0.0, tone: float = 0.4
) -> tuple[LinearRgb, DepthMap]:
    """Return picture and depth of a matt egg under one light, left camera axes."""
    x, y = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
    rays = np.stack(
        [
            (x - CAMERA.centre_x_px) / FOCAL,
            (y - CAMERA.centre_y_px) / FOCAL,
            np.ones_like(x, float),
        ],
        axis=-1,
    )
    start, along = -MIDDLE_MM / AXES_MM, rays / AXES_MM
    a, b = np.einsum("...i,...i->...", along, along), along @ start
    under = b * b - a * (start @ start - 1.0)
    seen = under > 0
    depth = np.where(seen, (-b - np.sqrt(np.maximum(under, 0.0))) / a, np.nan)
    normals = (rays * depth[..., None] - MIDDLE_MM) / AXES_MM**2
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    level = np.where(seen, np.clip(normals @ light, 0.0, None) + ambient, 0.0)
    picture = np.repeat((tone * np.nan_to_num(level))[..., None], 3, axis=-1)
    found = DepthMap(depth_mm=depth.astype(np.float32), valid=seen, step=1, method="drawn/1")
    return LinearRgb(picture.astype(np.float32)), found


def from_side(degrees: float) -> Floats:
    """Return a light to the picture's right by an angle."""
    return np.array([np.sin(np.radians(degrees)), 0.0, -np.cos(np.radians(degrees))])


def across(
    picture: LinearRgb, depth: DepthMap, calibrated: StereoCalibration | None = None
) -> float:
    """Return what is measured, which must be there."""
    found = light_across_deg(picture, depth, calibrated or rig(), FACE)
    assert found is not None
    return found


@pytest.mark.verifies("REQ-IN-100")
@pytest.mark.parametrize("degrees", [-12.0, -3.0, 0.0, 1.0, 8.0])
@pytest.mark.parametrize("ambient", [0.0, 0.3])
def test_the_angle_of_one_light_is_found_beside_light_from_all_sides(
    degrees: float, ambient: float
) -> None:
    assert across(*lit_head(from_side(degrees), ambient=ambient)) == pytest.approx(degrees, abs=0.4)


def test_tone_and_exposure_change_nothing() -> None:
    light, dark = (across(*lit_head(from_side(4.0), tone=tone)) for tone in (0.7, 0.02))
    assert light == pytest.approx(dark, abs=0.01)


def test_light_from_above_is_not_light_from_the_side() -> None:
    assert across(*lit_head(np.array([0.0, -0.3, -0.95]))) == pytest.approx(0.0, abs=0.3)


def test_what_is_no_skin_is_left_out() -> None:
    picture, depth = lit_head(from_side(3.0))
    spoiled = picture.copy()
    spoiled[170:185, 110:180] *= 0.1
    spoiled[300:330, 240:280] = 1.0
    assert across(LinearRgb(spoiled), depth) == pytest.approx(3.0, abs=0.5)


def test_the_axis_is_midway_between_the_cameras() -> None:
    picture, depth = lit_head(from_side(0.0))
    one, other = (across(picture, depth, rig(angle)) for angle in (10.0, -10.0))
    assert abs(one) == pytest.approx(5.0, abs=0.4)
    assert one == pytest.approx(-other, abs=0.4)


@pytest.mark.verifies("REQ-IN-084", "REQ-IN-100")
@pytest.mark.parametrize("yaw_deg", [-4.0, 0.0, 4.0])
@pytest.mark.parametrize("skin", [GOOD.skin, DARK_SKIN])
def test_a_turned_head_does_not_turn_the_light(
    yaw_deg: float, skin: tuple[float, float, float]
) -> None:
    # The drawn nose is lit as if it were not there, which costs most of the bound.
    assert abs(drawn(replace(GOOD, yaw_deg=yaw_deg, skin=skin))) < 1.0


def test_a_drawn_light_from_one_side_is_told() -> None:
    assert drawn(replace(GOOD, light_across=0.3)) > 3.0
    assert drawn(replace(GOOD, light_across=-0.3)) < -3.0


def test_too_little_depth_gives_nothing() -> None:
    picture, depth = lit_head(from_side(3.0))
    nothing = replace(depth, valid=np.zeros_like(depth.valid))
    little = depth.valid.copy()
    little[:, 130:] = False
    assert light_across_deg(picture, nothing, rig(), FACE) is None
    assert light_across_deg(picture, replace(depth, valid=little), rig(), FACE) is None
    speck = Window(left=200, top=200, width=3, height=3)
    assert light_across_deg(picture, depth, rig(), speck) is None


def test_light_from_behind_gives_nothing() -> None:
    picture, depth = lit_head(from_side(0.0))
    turned = LinearRgb(np.float32(0.5) - picture)
    assert light_across_deg(turned, depth, rig(), FACE) is None


def drawn(scene: Scene) -> float:
    """Return the direction on the drawn face of ``scenes.py`` with its exact depth."""
    picture = linear_of(render(scene))
    face = locate_face(picture)
    assert face is not None
    exact = true_depth_mm(scene)[::2, ::2].astype(np.float32)
    depth = DepthMap(depth_mm=exact, valid=np.isfinite(exact), step=2, method="truth/1")
    found = light_across_deg(picture, depth, calibration(scene), face.window)
    assert found is not None
    return found
