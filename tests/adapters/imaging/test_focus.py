"""Focus: rises with defocus, and with nothing else, at any picture size."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from adapters.imaging.edge_spread import edge_spread
from adapters.imaging.focus import focus_permille
from adapters.imaging.pixels import EncodedRgb, Window, ellipse_mask, linear_luma
from tests.adapters.imaging.photographs import photograph
from tests.adapters.imaging.scenes import Scene, face_window, linear_of, render

GOOD = Scene()
FACE = Window(left=170, top=60, width=110, height=150)


def focus_of(picture: EncodedRgb, window: Window) -> float:
    """Return the focus measure inside a window's ellipse."""
    height, width = picture.shape[:2]
    found = edge_spread(
        linear_luma(linear_of(picture)), ellipse_mask(window, width=width, height=height)
    )
    assert found is not None
    return focus_permille(found, width=width, height=height)


def scene_focus(scene: Scene) -> float:
    """Return the focus measure of a drawn face."""
    return focus_of(EncodedRgb(render(scene)), face_window(scene))


@pytest.mark.verifies("REQ-IN-096")
def test_focus_rises_with_every_step_of_defocus() -> None:
    steps = [scene_focus(replace(GOOD, defocus_px=width)) for width in (0, 0.5, 1, 2, 3, 4)]
    assert all(later > 1.08 * earlier for earlier, later in pairwise(steps))


def test_motion_and_exposure_move_focus_less_than_half_a_pixel_of_defocus() -> None:
    sharp = scene_focus(GOOD)
    slight = scene_focus(replace(GOOD, defocus_px=1.0)) - sharp
    for other in (replace(GOOD, gain=0.2), replace(GOOD, motion_px=3.0)):
        assert abs(scene_focus(other) - sharp) < 0.4 * slight


def test_the_same_blur_at_half_the_pixels_reads_the_same() -> None:
    picture = render(replace(GOOD, defocus_px=3.0))
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    window = face_window(GOOD)
    small = Window(
        left=window.left // 2,
        top=window.top // 2,
        width=window.width // 2,
        height=window.height // 2,
    )
    whole = focus_of(EncodedRgb(picture), window)
    assert focus_of(EncodedRgb(np.asarray(half, np.uint8)), small) == pytest.approx(whole, rel=0.15)


def test_a_real_photograph_is_ordered_by_its_blur() -> None:
    picture = photograph("astronaut.png")
    steps = [focus_of(EncodedRgb(picture), FACE)]
    for sigma in (0.7, 1.2, 2.0, 3.0):
        blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
        steps.append(focus_of(EncodedRgb(blurred), FACE))
    assert steps == sorted(steps)
    assert steps[-1] > 2.5 * steps[0]
