"""One picture on its own: measured on the face, or in the middle when there is none."""

import numpy as np

from adapters.imaging.looks import as_region, as_window, look_at
from adapters.imaging.pixels import Window
from tests.adapters.imaging.scenes import Scene, image_of, render

GOOD = Scene()


def test_the_face_is_what_is_measured() -> None:
    found = look_at(image_of(render(GOOD)), "left", ignored=None, white=None)
    assert found.face is not None
    assert found.window == found.face.window
    assert found.region.frame == "left"
    assert found.focus is not None
    assert found.blank_rows == 0


def test_without_a_face_the_middle_is_measured() -> None:
    grey = np.full((300, 200, 3), 128, np.uint8)
    found = look_at(image_of(grey), "single", ignored=None, white=None)
    assert found.face is None
    assert found.window == Window(left=60, top=90, width=80, height=120)
    assert found.focus is None
    assert found.exposure.mean_level > 0.2


def test_a_blue_cast_hides_the_face_until_the_light_is_known() -> None:
    white = np.array([0.45, 0.9, 2.2])
    cast = render(Scene(cast=(0.45, 0.9, 2.2), gain=0.4))
    assert look_at(image_of(cast), "left", ignored=None, white=None).face is None
    found = look_at(image_of(cast), "left", ignored=None, white=white)
    plain = look_at(image_of(render(GOOD)), "left", ignored=None, white=None)
    assert found.face is not None
    assert abs(found.window.left - plain.window.left) < 12


def test_rows_that_never_arrived_are_counted() -> None:
    picture = render(GOOD).copy()
    picture[-300:] = 0
    found = look_at(image_of(picture), "left", ignored=None, white=None)
    assert found.blank_rows == 300 / GOOD.height


def test_noise_in_the_dark_is_not_sharp() -> None:
    dark = np.random.default_rng(3).integers(0, 8, (300, 200, 3), dtype=np.uint8)
    found = look_at(image_of(dark), "single", ignored=None, white=None)
    assert found.exposure.drowned_share == 1
    assert found.focus is None


def test_windows_and_regions_are_the_same_rectangle() -> None:
    window = Window(left=3, top=4, width=5, height=6)
    assert as_window(as_region(window, "left")) == window
