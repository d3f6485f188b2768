"""Captures repeat byte for byte, and their truth describes them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from device.simulation import station
from device.simulation.identity import SessionChange
from device.simulation.parts import PartId
from device.simulation.scene import HeadPose, Scene
from device.simulation.station import SimulatedCapture, capture, preview
from tests.device.simulation.stage import NEUTRAL, SCENE, SETTINGS, SMALL, SUBJECT


def test_pictures_are_upright_rgb_of_the_asked_size(taken: SimulatedCapture) -> None:
    for picture in (taken.left, taken.right):
        assert picture.image.shape == (SMALL.rows, SMALL.columns, 3)
        assert picture.image.dtype == np.uint8
        assert picture.linear.dtype == np.float32
    x, y = (round(v) for v in taken.truth.landmarks["malar left"].left_px)
    red, green, blue = taken.left.image[y, x].astype(int)
    assert red > green > blue, "skin"
    assert taken.truth.landmarks["trichion"].left_px[1] < taken.truth.landmarks["menton"].left_px[1]


def test_the_same_scene_and_seed_give_the_same_bytes(cache: Path, taken: SimulatedCapture) -> None:
    again = capture(SCENE, SETTINGS, seed=1, cache=cache)
    np.testing.assert_array_equal(again.left.image, taken.left.image)
    np.testing.assert_array_equal(again.right.image, taken.right.image)


def test_a_kept_view_and_a_new_one_give_the_same_bytes(
    cache: Path, taken: SimulatedCapture, tmp_path: Path
) -> None:
    station.forget_views()
    kept = capture(SCENE, SETTINGS, seed=1, cache=cache)
    station.forget_views()
    rendered = capture(SCENE, SETTINGS, seed=1, cache=tmp_path / "elsewhere")
    for other in (kept, rendered):
        np.testing.assert_array_equal(other.left.image, taken.left.image)
        np.testing.assert_array_equal(other.depth_mm, taken.depth_mm)


def test_another_seed_is_only_other_noise(cache: Path, taken: SimulatedCapture) -> None:
    other = capture(SCENE, SETTINGS, seed=2, cache=cache)
    assert (other.left.image != taken.left.image).any()
    skin = taken.part == PartId.SKIN
    difference = np.abs(other.left.linear - taken.left.linear)[skin]
    assert 0 < float(difference.mean()) < 0.03
    np.testing.assert_array_equal(other.depth_mm, taken.depth_mm)


def test_landmarks_seen_from_the_front_are_visible_in_both_pictures(
    taken: SimulatedCapture,
) -> None:
    for name in ("pronasale", "glabella", "pogonion", "pupil left", "pupil right", "malar left"):
        mark = taken.truth.landmarks[name]
        assert mark.visible_left, name
        assert mark.visible_right, name


def test_a_turned_head_hides_its_far_side(cache: Path) -> None:
    scene = replace(SCENE, pose=HeadPose(yaw_deg=60))
    marks = capture(scene, SETTINGS, cache=cache).truth.landmarks
    assert not marks["exocanthion left"].visible_left
    assert marks["malar right"].visible_left


def test_the_stated_distance_is_where_the_pupils_are(taken: SimulatedCapture) -> None:
    left, right = (taken.truth.landmarks[f"pupil {side}"].rig_mm for side in ("left", "right"))
    assert taken.truth.distance_mm == 450.0
    assert abs((left[2] + right[2]) / 2 - 450.0) < 0.2


def test_a_second_session_differs_in_the_cheek_and_nowhere_else(
    cache: Path, taken: SimulatedCapture
) -> None:
    change = SessionChange(cheek_volume_cm3=2.0)
    later = capture(
        replace(SCENE, subject=replace(SUBJECT, change=change)), SETTINGS, seed=1, cache=cache
    )
    assert later.truth.cheek_volume_cm3 == 2.0
    nearer = taken.depth_mm - later.depth_mm
    both = (taken.part == PartId.SKIN) & (later.part == PartId.SKIN)
    rows, columns = np.nonzero(both & (np.abs(nearer) > 0.5))
    cheek = np.array(taken.truth.landmarks["malar left"].left_px)
    away = np.hypot(columns - cheek[0], rows - cheek[1] - 25)
    assert len(rows) > 200
    assert np.percentile(away, 98) < 65
    assert float(nearer[both].max()) > 3.0


def test_a_preview_shows_the_same_scene_as_the_capture(
    cache: Path, taken: SimulatedCapture
) -> None:
    quick = preview(SCENE, SETTINGS, seed=1, cache=cache)
    difference = np.abs(quick.linear - taken.left.linear)
    assert float(np.median(difference)) < 0.01
    assert quick.image.shape == taken.left.image.shape


def test_an_empty_chair_has_no_head_and_still_a_chart(cache: Path) -> None:
    empty = capture(Scene(subject=None, light=NEUTRAL), SETTINGS, cache=cache)
    assert empty.truth.head_pose is None
    assert not empty.truth.landmarks
    assert set(np.unique(empty.part)) == {PartId.NOTHING, PartId.CARD}
