"""Exposure: clipping, drowning and level follow the light, and only the light."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging.exposure import Exposure, clipped, drowned, level_ratio, measure_exposure
from adapters.imaging.pixels import EncodedRgb, ellipse_mask, linear_luma
from tests.adapters.imaging.photographs import photograph
from tests.adapters.imaging.scenes import Scene, face_window, linear_of, render

GOOD = Scene()


def exposure_of(scene: Scene) -> Exposure:
    """Return the exposure of a drawn face."""
    picture = render(scene)
    mask = ellipse_mask(face_window(scene), width=scene.width, height=scene.height)
    return measure_exposure(EncodedRgb(picture), linear_luma(linear_of(picture)), mask)


@pytest.mark.verifies("REQ-IN-097")
def test_the_level_follows_the_gain_exactly_and_the_shares_follow_it() -> None:
    good = exposure_of(GOOD)
    assert good.clipped_share == 0
    assert exposure_of(replace(GOOD, gain=0.5)).mean_level == pytest.approx(
        good.mean_level / 2, rel=0.01
    )
    clipping = [exposure_of(replace(GOOD, gain=gain)).clipped_share for gain in (1.5, 2.0, 2.5)]
    assert clipping == sorted(clipping)
    assert clipping[-1] > 0.5
    drowning = [exposure_of(replace(GOOD, gain=gain)).drowned_share for gain in (1, 0.02, 0.005)]
    assert drowning == sorted(drowning)
    assert drowning[-1] > 0.8


def test_defocus_and_pose_hardly_move_exposure() -> None:
    good = exposure_of(GOOD)
    for other in (replace(GOOD, defocus_px=3.0), replace(GOOD, roll_deg=5.0)):
        found = exposure_of(other)
        assert found.mean_level == pytest.approx(good.mean_level, rel=0.03)
        assert found.clipped_share < 0.001


def test_glare_is_clipping() -> None:
    assert exposure_of(replace(GOOD, glare=0.4)).clipped_share > 0.02


def test_one_channel_clips_alone_but_drowns_only_with_the_others() -> None:
    pixels = np.array([[[255, 100, 50], [254, 0, 0], [12, 12, 12], [13, 0, 0]]], np.uint8)
    assert clipped(EncodedRgb(pixels)).tolist() == [[True, True, False, False]]
    assert drowned(EncodedRgb(pixels)).tolist() == [[False, False, True, False]]


def test_the_ratio_is_symmetric_and_finite() -> None:
    assert level_ratio(0.2, 0.3) == level_ratio(0.3, 0.2) == pytest.approx(1.5)
    assert level_ratio(0.0, 0.0) == 1.0
    assert level_ratio(0.0, 0.5) == pytest.approx(500)


def test_a_real_face_is_well_exposed() -> None:
    picture = photograph("astronaut.png")
    mask = np.zeros(picture.shape[:2], np.bool_)
    mask[60:210, 170:280] = True
    found = measure_exposure(EncodedRgb(picture), linear_luma(linear_of(picture)), mask)
    assert 0.15 < found.mean_level < 0.6
    assert found.clipped_share < 0.02
