"""Pores, texture, patterns and scale of drawn skin."""

import numpy as np
import pytest

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.depth import DepthMap
from adapters.imaging.masked import Map
from adapters.imaging.pixels import Mask
from adapters.imaging.skin_patterns import (
    middle_column,
    raised_areas,
    symmetry,
    unevenness,
)
from adapters.imaging.skin_scale import skin_scale
from adapters.imaging.skin_texture import (
    find_pores,
    relief,
    relief_slope,
    texture_contrast,
    texture_gradient,
)

PORE_PIXEL_MM = 0.058
SIDE = 400


def everywhere() -> Mask:
    return np.ones((SIDE, SIDE), np.bool_)


def dotted(places: list[tuple[int, int]], *, contrast: float, spread_mm: float) -> Map:
    row, column = np.mgrid[:SIDE, :SIDE]
    values = np.random.default_rng(2).normal(0.5, 0.003, (SIDE, SIDE))
    for x, y in places:
        square = ((column - x) ** 2 + (row - y) ** 2) * PORE_PIXEL_MM**2
        values += contrast * np.exp(-0.5 * square / spread_mm**2)
    return values.astype(np.float32)


@pytest.mark.verifies("REQ-IN-154")
def test_pores_are_found_where_they_were_drawn_and_nowhere_else() -> None:
    places = [(x, y) for x in range(30, SIDE, 45) for y in range(40, SIDE, 50)]
    drawn = dotted(places, contrast=0.10, spread_mm=0.13)
    found = find_pores(drawn, everywhere(), PORE_PIXEL_MM)
    assert found.count == len(places)
    off = np.abs(found.centre_px[:, None, :] - np.array(places)[None, :, :]).max(axis=2).min(axis=1)
    assert off.max() <= 1


def test_lines_and_faint_dots_are_no_pores() -> None:
    row = np.mgrid[:SIDE, :SIDE][0] * PORE_PIXEL_MM
    line = (0.5 + 0.1 * np.exp(-0.5 * ((row - 10) / 0.12) ** 2)).astype(np.float32)
    assert find_pores(line, everywhere(), PORE_PIXEL_MM).count == 0
    faint = dotted([(200, 200)], contrast=0.02, spread_mm=0.13)
    assert find_pores(faint, everywhere(), PORE_PIXEL_MM).count == 0


@pytest.mark.verifies("REQ-IN-155", "REQ-IN-157")
def test_texture_contrast_follows_amplitude_and_its_gradient_the_way_it_changes() -> None:
    row, column = np.mgrid[:SIDE, :SIDE] * 0.115
    wave = np.sin(2 * np.pi * row / 1.6) * np.sin(2 * np.pi * column / 1.6)
    weak, strong = (
        texture_contrast((0.5 + height * wave).astype(np.float32), everywhere(), 0.115)
        for height in (0.02, 0.04)
    )
    middle = np.s_[150:250, 150:250]
    assert np.median(strong[middle]) == pytest.approx(2 * np.median(weak[middle]), rel=0.02)
    rising = (0.5 + wave * (0.01 + 0.001 * column)).astype(np.float32)
    steep = texture_gradient(texture_contrast(rising, everywhere(), 0.115), everywhere(), 0.115)
    even = texture_gradient(strong, everywhere(), 0.115)
    assert np.median(steep[middle]) > 10 * np.median(even[middle])


def test_relief_keeps_skin_and_drops_the_form_of_the_face() -> None:
    row, column = np.mgrid[:SIDE, :SIDE] * 0.23
    form = 450 + ((row - 45) ** 2 + (column - 45) ** 2) / 120
    bumps = 0.05 * np.sin(2 * np.pi * row / 3.0)
    depth = DepthMap(
        depth_mm=(form + bumps).astype(np.float32),
        valid=everywhere(),
        step=2,
        method="drawn",
    )
    heights = relief(depth, everywhere(), 0.23)
    middle = np.s_[150:250, 150:250]
    assert 0.02 < heights[middle].std() < 0.04
    assert np.median(relief_slope(heights, 0.23)[middle]) > 0.02
    depth.depth_mm[:] = form.astype(np.float32)
    assert np.abs(relief(depth, everywhere(), 0.23)[middle]).max() < 0.02


@pytest.mark.verifies("REQ-IN-163", "REQ-IN-164")
def test_raised_areas_and_their_symmetry_are_those_that_were_drawn() -> None:
    row, column = np.mgrid[:SIDE, :SIDE]
    values = np.random.default_rng(4).normal(0.5, 0.01, (SIDE, SIDE)).astype(np.float32)
    left = np.hypot(row - 200, column - 120) < 30
    right = np.hypot(row - 200, column - 279) < 30
    one, both = values + 0.2 * left, values + 0.2 * (left | right)
    mask = everywhere()
    for raised, alike in ((one, 0.0), (both, 1.0)):
        areas = raised_areas(raised.astype(np.float32), mask, 0.2, 0.12)
        assert symmetry(areas, mask, 199.5, 0.2) == pytest.approx(alike, abs=0.02)
    found = raised_areas(one.astype(np.float32), mask, 0.2, 0.12)
    assert np.count_nonzero(found) == pytest.approx(np.count_nonzero(left), rel=0.15)
    assert symmetry(np.zeros_like(mask), mask, 199.5, 0.2) is None
    assert not raised_areas(values, np.zeros_like(mask), 0.2, 0.12).any()
    assert middle_column(left, right) == pytest.approx(199.5, abs=0.5)
    assert middle_column(left, np.zeros_like(mask)) is None


@pytest.mark.verifies("REQ-IN-165")
def test_unevenness_is_the_spread_between_areas_and_not_of_pixels() -> None:
    row, column = np.mgrid[:SIDE, :SIDE]
    noise = np.random.default_rng(4).normal(0, 0.05, (SIDE, SIDE))
    patches = 0.05 * np.sign(np.sin(row / 30) * np.sin(column / 30))
    even, varied = (
        unevenness((0.5 + each).astype(np.float32), everywhere(), 0.2)
        for each in (noise, noise + patches)
    )
    assert even < 0.01
    assert varied > 0.03
    assert unevenness(noise.astype(np.float32), ~everywhere(), 0.2) == 0.0


CAMERA = CameraIntrinsics(
    width_px=800,
    height_px=800,
    focal_x_px=2000.0,
    focal_y_px=2000.0,
    centre_x_px=399.5,
    centre_y_px=399.5,
    distortion=(0.0, 0.0, 0.0, 0.0, 0.0),
)


def plane(tilt_deg: float) -> DepthMap:
    """Return the depth of a plane through 450 mm, tilted about the vertical."""
    column = (np.mgrid[:SIDE, :SIDE][1] * 2 + 0.5 - 399.5) / 2000.0
    depth = 450.0 / (1.0 - column * np.tan(np.radians(tilt_deg)))
    return DepthMap(depth_mm=depth.astype(np.float32), valid=everywhere(), step=2, method="drawn")


@pytest.mark.parametrize("tilt_deg", [0.0, 30.0, 50.0])
def test_a_pixel_shows_the_area_that_slope_and_distance_give_it(tilt_deg: float) -> None:
    mask = np.ones((800, 800), np.bool_)
    found = skin_scale(plane(tilt_deg), CAMERA, mask)
    assert found is not None
    expected = (450.0 / 2000.0) ** 2 / np.cos(np.radians(tilt_deg))
    assert found.pixel_mm2[400, 400] == pytest.approx(expected, rel=0.01)
    assert found.gentle[400, 400]
    assert found.covered == 1.0


def test_steep_skin_is_left_out_and_missing_depth_is_carried_over_or_refused() -> None:
    mask = np.ones((800, 800), np.bool_)
    steep = skin_scale(plane(70.0), CAMERA, mask)
    assert steep is not None
    assert not steep.gentle[400, 400]
    holed = plane(0.0)
    holed.valid[100:120, 100:120] = False
    found = skin_scale(holed, CAMERA, mask)
    assert found is not None
    assert found.pixel_mm2[220, 220] == pytest.approx((450.0 / 2000.0) ** 2, rel=0.01)
    holed.valid[:300] = False
    assert skin_scale(holed, CAMERA, mask) is None
