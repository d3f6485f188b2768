"""Spots of known place, size and contrast, found again."""

import numpy as np
import pytest

from adapters.imaging.masked import Map, inner, smoothed
from adapters.imaging.pixels import Mask
from adapters.imaging.spots import SpotSettings, find_spots

PIXEL_MM = 0.12
SETTINGS = SpotSettings(
    fine_mm=0.2,
    surroundings_mm=3.5,
    least_contrast=0.05,
    least_noise=4.5,
    smallest_mm2=0.3,
    largest_mm2=60.0,
    longest=2.5,
)
SHAPE = (320, 400)
PIXEL_MM2 = np.full(SHAPE, PIXEL_MM**2, np.float32)


def drawn(*spots: tuple[float, float, float, float], noise: float = 0.01) -> Map:
    """Return a map with a slope, noise and spots of (column mm, row mm, radius mm, height)."""
    row, column = np.mgrid[: SHAPE[0], : SHAPE[1]] * PIXEL_MM
    values = 0.5 + 0.01 * column + np.random.default_rng(5).normal(0, noise, SHAPE)
    for x, y, radius, height in spots:
        values += height * np.exp(-0.5 * (np.hypot(column - x, row - y) / radius) ** 2.6)
    return np.asarray(values, dtype=np.float32)


def everywhere() -> Mask:
    return np.ones(SHAPE, np.bool_)


@pytest.mark.verifies("REQ-IN-166")
def test_spots_are_counted_and_their_area_lies_at_half_their_height() -> None:
    truth = ((10.0, 10.0, 1.5, 0.25), (25.0, 20.0, 0.9, 0.2), (38.0, 30.0, 2.2, 0.15))
    found = find_spots(drawn(*truth), everywhere(), PIXEL_MM2, SETTINGS)
    assert found.count == len(truth)
    for (x, y, radius, _), area, centre in zip(
        truth, found.area_mm2, found.centre_px * PIXEL_MM, strict=True
    ):
        # The drawn shape is at half its height at 1.134 radii.
        assert area == pytest.approx(np.pi * (1.134 * radius) ** 2, rel=0.12)
        assert centre == pytest.approx([x, y], abs=0.15)


def test_plain_noisy_skin_has_no_spot() -> None:
    assert find_spots(drawn(noise=0.03), everywhere(), PIXEL_MM2, SETTINGS).count == 0


def test_lines_and_what_the_mask_cuts_off_are_no_spots() -> None:
    values = drawn((2.0, 20.0, 1.5, 0.3), (30.0, 20.0, 1.2, 0.3))
    values[:, 120:126] += 0.3
    mask = everywhere()
    mask[:, :16] = False
    found = find_spots(values, mask, PIXEL_MM2, SETTINGS)
    assert found.count == 1
    assert found.centre_px[0, 0] * PIXEL_MM == pytest.approx(30.0, abs=0.2)


def test_a_fixed_threshold_takes_the_place_of_the_settings() -> None:
    values = drawn((20.0, 20.0, 1.2, 0.12))
    assert find_spots(values, everywhere(), PIXEL_MM2, SETTINGS).count == 1
    assert find_spots(values, everywhere(), PIXEL_MM2, SETTINGS, threshold=0.2).count == 0


def test_no_skin_has_no_spots() -> None:
    found = find_spots(drawn(), np.zeros(SHAPE, np.bool_), PIXEL_MM2, SETTINGS)
    assert found.count == 0
    assert not found.mask.any()


def test_what_lies_off_the_mask_has_no_influence() -> None:
    values, mask = drawn(), everywhere()
    mask[:, 200:] = False
    spoilt = values.copy()
    spoilt[:, 200:] = np.nan
    for sigma in (2.0, 30.0):
        here = smoothed(values, mask, sigma)[mask]
        assert np.array_equal(here, smoothed(spoilt, mask, sigma)[mask])
        assert np.isnan(smoothed(values, mask, sigma)[:, -1]).all()


def test_the_inner_mask_draws_back_from_every_edge() -> None:
    drawn_back = inner(everywhere(), 10.0)
    assert drawn_back[10:-10, 10:-10].all()
    assert not drawn_back[:9].any()
    assert not drawn_back[:, -9:].any()
