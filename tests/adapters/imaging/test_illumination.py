"""Light: uneven light shows with its side, and exposure does not."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging.alignment import locate_face
from adapters.imaging.illumination import (
    FaceLight,
    measure_face_light,
    measure_flat_field,
    ratio,
    unevenness,
)
from adapters.imaging.pixels import LinearLuma, LinearRgb, Window, ellipse_mask, linear_luma
from domain.errors import MalformedInput
from tests.adapters.imaging.scenes import DARK_SKIN, Scene, face_window, linear_of, render

GOOD = Scene()
FIELD = Window(left=0, top=0, width=120, height=90)


def light_of(scene: Scene, side: str = "left") -> FaceLight:
    """Return the light on a drawn face."""
    window = face_window(scene)
    mask = ellipse_mask(window, width=scene.width, height=scene.height)
    found = measure_face_light(linear_luma(linear_of(render(scene, side))), mask, window)
    assert found is not None
    return found


@pytest.mark.verifies("REQ-IN-100")
def test_light_from_one_side_shows_with_its_side() -> None:
    steps = [
        light_of(replace(GOOD, light_across=tilt)).right_over_left for tilt in (-0.4, -0.1, 0.4)
    ]
    assert steps == sorted(steps)
    assert steps[2] - steps[0] > 0.7


@pytest.mark.verifies("REQ-IN-100")
def test_light_from_above_or_below_shows_with_its_side() -> None:
    steps = [light_of(replace(GOOD, light_down=tilt)).bottom_over_top for tilt in (-0.4, 0, 0.4)]
    assert steps == sorted(steps)
    assert steps[2] - steps[0] > 0.5


def test_two_cameras_cancel_each_others_foreshortening() -> None:
    both = []
    for side in ("left", "right"):
        image = linear_of(render(GOOD, side))
        face = locate_face(image)
        assert face is not None
        mask = face.mask(width=GOOD.width, height=GOOD.height)
        light = measure_face_light(linear_luma(image), mask, face.window)
        assert light is not None
        both.append(light.right_over_left)
    assert abs(both[0]) > 0.02
    assert ratio(both) < 1.04


def test_gain_skin_and_focus_hardly_move_the_ratios() -> None:
    good = light_of(GOOD)
    for other in (
        replace(GOOD, gain=0.2),
        replace(GOOD, skin=DARK_SKIN),
        replace(GOOD, defocus_px=3.0),
        replace(GOOD, noise=3.0),
    ):
        found = light_of(other)
        assert found.right_over_left == pytest.approx(good.right_over_left, abs=0.02)
        assert found.bottom_over_top == pytest.approx(good.bottom_over_top, abs=0.02)
        assert found.spread == pytest.approx(good.spread, abs=0.05)


@pytest.mark.verifies("REQ-IN-090")
def test_light_on_an_even_target_is_smooth_and_a_face_is_not() -> None:
    across, down = np.meshgrid(np.linspace(-1, 1, 240), np.linspace(-1, 1, 180))
    oblique = 0.2 * (1 + 0.5 * across - 0.2 * down**2 + 0.1 * across * down)
    noise = np.random.default_rng(5).normal(0, 0.01, oblique.shape)
    assert unevenness(LinearLuma((oblique + noise).astype(np.float32))) < 0.01
    assert unevenness(linear_luma(linear_of(render(GOOD, "left")))) > 0.2
    assert unevenness(LinearLuma(np.zeros((180, 240), np.float32))) == float("inf")


def test_a_ratio_is_at_least_one_and_averages_logarithms() -> None:
    assert ratio([0.2, -0.2]) == 1.0
    assert ratio([-np.log(2)]) == pytest.approx(2)


def test_a_zone_without_pixels_gives_nothing() -> None:
    luma = linear_luma(LinearRgb(np.ones((90, 120, 3), np.float32)))
    assert measure_face_light(luma, np.zeros((90, 120), np.bool_), FIELD) is None


def field(tilt: float = 0.0, tint: tuple[float, float, float] = (1, 1, 1)) -> LinearRgb:
    """Return a flat field that falls off to the right."""
    ramp = 0.4 * (1 - tilt * np.linspace(0, 1, 120))
    return LinearRgb(
        (ramp[None, :, None] * np.array(tint) * np.ones((90, 1, 1))).astype(np.float32)
    )


@pytest.mark.verifies("REQ-IN-086", "REQ-IN-090")
def test_a_flat_field_reports_level_zones_and_uniformity() -> None:
    even = measure_flat_field(field(), FIELD)
    assert even.mean_level == pytest.approx(0.4, abs=1e-6)
    assert even.uniformity == pytest.approx(1.0)
    uneven = measure_flat_field(field(0.3), FIELD)
    assert uneven.uniformity < 0.83
    assert uneven.zone_levels[0][0] > uneven.zone_levels[0][2]


@pytest.mark.verifies("REQ-IN-089")
def test_a_flat_field_reports_the_colour_of_the_light() -> None:
    found = measure_flat_field(field(tint=(1.2, 1, 0.7)), FIELD)
    assert found.white == pytest.approx((1.2, 1, 0.7), rel=1e-5)


def test_a_black_or_tiny_field_is_refused() -> None:
    with pytest.raises(MalformedInput, match=r"illumination\.flat_field"):
        measure_flat_field(LinearRgb(np.zeros((90, 120, 3), np.float32)), FIELD)
    with pytest.raises(MalformedInput, match=r"illumination\.flat_field"):
        measure_flat_field(field(), Window(left=0, top=0, width=6, height=6))
    with pytest.raises(MalformedInput, match=r"image\.window"):
        measure_flat_field(field(), Window(left=0, top=0, width=121, height=6))
