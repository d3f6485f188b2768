"""Where the face is: follows the head, and nothing but the head."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from adapters.imaging.alignment import FacePlace, locate_face
from adapters.imaging.pixels import LinearRgb, Window
from tests.adapters.imaging.scenes import DARK_SKIN, DISTANCE_MM, Scene, linear_of, render

GOOD = Scene()
BACK = DISTANCE_MM + 85.0


def place_of(scene: Scene, side: str = "left") -> FacePlace:
    """Return where the face is in one picture."""
    found = locate_face(linear_of(render(scene, side)))
    assert found is not None
    return found


@pytest.mark.verifies("REQ-IN-098")
def test_the_centre_follows_the_head_by_the_right_amount() -> None:
    start = place_of(GOOD)
    # 20 mm at about 500 mm from a camera of this focal length.
    expected = 20 * GOOD.focal_px / (BACK - 20)
    right = place_of(replace(GOOD, position_mm=(20.0, 0.0, BACK)))
    down = place_of(replace(GOOD, position_mm=(0.0, 20.0, BACK)))
    assert (right.offset_x - start.offset_x) * GOOD.width == pytest.approx(expected, rel=0.1)
    assert (down.offset_y - start.offset_y) * GOOD.height == pytest.approx(expected, rel=0.1)
    assert abs(down.offset_x - start.offset_x) * GOOD.width < 4


@pytest.mark.verifies("REQ-IN-098")
@pytest.mark.parametrize("roll_deg", [-10.0, -4.0, 0.0, 3.0, 8.0])
def test_roll_is_measured_within_half_a_degree(roll_deg: float) -> None:
    scene = replace(GOOD, roll_deg=roll_deg)
    found = (place_of(scene).roll_deg + place_of(scene, "right").roll_deg) / 2
    assert found == pytest.approx(roll_deg, abs=0.5)


def test_a_face_seen_straight_on_is_most_symmetric() -> None:
    straight = place_of(replace(GOOD, yaw_deg=5.0))
    assert straight.symmetry > 0.93
    assert abs(straight.turn) < 0.04
    for yaw_deg in (0.0, 10.0, -5.0):
        assert place_of(replace(GOOD, yaw_deg=yaw_deg)).symmetry < straight.symmetry - 0.08


def test_light_skin_focus_and_colour_cast_hardly_move_the_place() -> None:
    start = place_of(GOOD)
    for other in (
        replace(GOOD, gain=0.1),
        replace(GOOD, gain=1.8),
        replace(GOOD, skin=DARK_SKIN),
        replace(GOOD, skin=DARK_SKIN, gain=0.4),
        replace(GOOD, light_across=0.5),
        replace(GOOD, defocus_px=4.0),
        replace(GOOD, cast=(1.2, 1.0, 0.8)),
        replace(GOOD, cast=(0.8, 1.0, 1.2)),
        replace(GOOD, noise=4.0),
    ):
        found = place_of(other)
        assert found.offset_x == pytest.approx(start.offset_x, abs=0.01)
        assert found.offset_y == pytest.approx(start.offset_y, abs=0.01)
        assert found.roll_deg == pytest.approx(start.roll_deg, abs=0.6)


def test_the_window_grows_as_the_head_comes_nearer() -> None:
    far = place_of(replace(GOOD, position_mm=(0.0, 0.0, BACK + 80)))
    near = place_of(replace(GOOD, position_mm=(0.0, 0.0, BACK - 40)))
    assert near.window.width > 1.2 * far.window.width


def test_an_empty_dark_or_grey_picture_has_no_face() -> None:
    noise = np.random.default_rng(4).normal(0.01, 0.002, (500, 400, 3)).astype(np.float32)
    assert locate_face(LinearRgb(np.abs(noise))) is None
    assert locate_face(LinearRgb(np.zeros((500, 400, 3), np.float32))) is None
    assert locate_face(LinearRgb(np.full((500, 400, 3), 0.4, np.float32))) is None


def test_a_small_reddish_thing_is_no_face_and_an_ignored_one_is_not_seen() -> None:
    picture = render(GOOD).copy()
    reddish = Window(left=16, top=720, width=96, height=72)
    picture[reddish.rows, reddish.columns] = (230, 120, 60)
    with_thing = locate_face(linear_of(picture), ignored=reddish)
    start = place_of(GOOD)
    assert with_thing is not None
    assert with_thing.window == start.window
    alone = np.full_like(picture, 25)
    alone[reddish.rows, reddish.columns] = (230, 120, 60)
    assert locate_face(linear_of(alone)) is None


def test_a_neck_is_left_out() -> None:
    picture = render(GOOD).copy()
    start = place_of(GOOD)
    centre_x = round(start.window.centre[0])
    neck = picture.copy()
    cv2.rectangle(neck, (centre_x - 120, 600), (centre_x + 120, 811), (190, 150, 130), cv2.FILLED)
    keep = picture.max(axis=2) > 60
    neck[keep] = picture[keep]
    found = locate_face(linear_of(neck))
    assert found is not None
    assert found.offset_x == pytest.approx(start.offset_x, abs=0.01)
    assert found.window.height <= 1.25 * start.window.height
