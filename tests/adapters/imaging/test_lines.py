"""Lines of known course, length, width and depth, found again."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from adapters.imaging.line_depth import line_depths
from adapters.imaging.lines import LineSettings, find_lines
from adapters.imaging.masked import Map
from adapters.imaging.pixels import Mask
from adapters.imaging.thinning import step_lengths, thinned

PIXEL_MM = 0.115
SIDE = 500
SETTINGS = LineSettings(
    scales_mm=(0.2, 0.35, 0.6, 0.9), strong=0.06, least_crests=2.5, shortest_mm=6.0
)


def valley(angle_deg: float, *, length_mm: float, spread_mm: float, depth: float) -> Map:
    """Return a straight valley through the middle; 90 degrees runs from top to bottom."""
    row, column = (np.mgrid[:SIDE, :SIDE] - SIDE / 2) * PIXEL_MM
    angle = np.radians(angle_deg)
    along = column * np.cos(angle) + row * np.sin(angle)
    across = row * np.cos(angle) - column * np.sin(angle)
    shape = depth * np.exp(-0.5 * (across / spread_mm) ** 2) * (np.abs(along) < length_mm / 2)
    return np.asarray(shape, dtype=np.float32)


def noise(spread: float) -> Map:
    return np.asarray(np.random.default_rng(8).normal(0, spread, (SIDE, SIDE)), np.float32)


def everywhere() -> Mask:
    return np.ones((SIDE, SIDE), np.bool_)


@pytest.mark.verifies("REQ-IN-156")
@pytest.mark.parametrize("angle_deg", [0.0, 17.0, 30.0, 45.0, 63.0, 90.0, 140.0])
def test_a_lines_length_contrast_and_width_are_found_in_every_direction(angle_deg: float) -> None:
    drawn = valley(angle_deg, length_mm=30.0, spread_mm=0.35, depth=0.15) + noise(0.01)
    found = find_lines(drawn, everywhere(), PIXEL_MM, SETTINGS)
    assert found.count == 1
    assert found.length_mm[0] == pytest.approx(30.0, rel=0.13)
    assert found.contrast[0] == pytest.approx(0.15, rel=0.3)
    assert found.width_mm[0] == pytest.approx(0.75, rel=0.25)


def test_noise_and_round_spots_are_no_lines() -> None:
    row, column = np.mgrid[:SIDE, :SIDE] * PIXEL_MM
    spot = 0.3 * np.exp(-0.5 * (((column - 30) ** 2 + (row - 25) ** 2) / 1.2**2))
    found = find_lines((spot + noise(0.01)).astype(np.float32), everywhere(), PIXEL_MM, SETTINGS)
    assert found.count == 0


@pytest.mark.verifies("REQ-IN-156")
def test_what_is_dark_here_and_there_is_no_line_where_contrast_is_asked_for_all_along() -> None:
    row = np.mgrid[:SIDE, :SIDE][0] * PIXEL_MM
    whole = valley(90.0, length_mm=30.0, spread_mm=0.35, depth=0.15)
    beads = np.asarray(whole * (0.35 + 0.65 * (np.sin(row * 1.3) > 0.9)), np.float32)
    looked_for = replace(SETTINGS, least_mean=0.10)
    assert find_lines(whole + noise(0.01), everywhere(), PIXEL_MM, looked_for).count == 1
    assert find_lines(beads + noise(0.01), everywhere(), PIXEL_MM, SETTINGS).count >= 1
    assert find_lines(beads + noise(0.01), everywhere(), PIXEL_MM, looked_for).count == 0


def test_no_line_is_looked_for_where_it_was_asked_not_to_be_and_the_rest_is_as_it_was() -> None:
    drawn = valley(0.0, length_mm=40.0, spread_mm=0.35, depth=0.15) + noise(0.01)
    off = everywhere()
    off[:, : SIDE // 2] = False
    whole = find_lines(drawn, everywhere(), PIXEL_MM, SETTINGS)
    half = find_lines(drawn, everywhere(), PIXEL_MM, SETTINGS, off=off)
    assert not half.labels[off].any()
    assert half.length_mm.sum() == pytest.approx(whole.length_mm.sum() / 2, rel=0.1)
    nowhere = find_lines(drawn, everywhere(), PIXEL_MM, SETTINGS, off=~everywhere())
    np.testing.assert_array_equal(nowhere.labels, whole.labels)


@pytest.mark.verifies("REQ-IN-157")
def test_the_depth_of_a_line_is_measured_with_its_uncertainty() -> None:
    line = valley(20.0, length_mm=36.0, spread_mm=0.6, depth=1.0)
    found = find_lines(0.2 * line + noise(0.005), everywhere(), PIXEL_MM, SETTINGS)
    longest = int(np.argmax(found.length_mm))
    row, column = np.mgrid[:SIDE, :SIDE] * PIXEL_MM
    bent = -((column - 28) ** 2 + (row - 28) ** 2) / (2 * 60.0)  # a cheek's curvature
    heights = (bent - 0.4 * line).astype(np.float32)
    depths = line_depths(found, heights, PIXEL_MM, scatter_mm=0.04)
    assert depths.depth_mm[longest] == pytest.approx(0.4, abs=0.05)
    assert depths.standard_uncertainty_mm[longest] == pytest.approx(0.04 * 1.4 / 6.0, rel=0.1)
    assert depths.resolved[longest]
    shallow = line_depths(found, (bent - 0.01 * line).astype(np.float32), PIXEL_MM, scatter_mm=0.1)
    assert not shallow.resolved.any()


def test_where_there_is_no_depth_no_line_has_one() -> None:
    found = find_lines(
        valley(0.0, length_mm=30.0, spread_mm=0.35, depth=0.15), everywhere(), PIXEL_MM, SETTINGS
    )
    missing = np.full((SIDE, SIDE), np.nan, np.float32)
    depths = line_depths(found, missing, PIXEL_MM, scatter_mm=0.05)
    assert np.isnan(depths.depth_mm).all()
    assert not depths.resolved.any()
    nothing = find_lines(noise(0.001), everywhere(), PIXEL_MM, SETTINGS)
    assert line_depths(nothing, missing, PIXEL_MM, scatter_mm=0.05).depth_mm.size == 0


def parts(mask: Mask) -> int:
    count, _ = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return int(count)


@settings(max_examples=60, deadline=None)
@given(arrays(np.bool_, (14, 17), elements=st.booleans()))
def test_thinning_neither_breaks_nor_joins_and_does_nothing_twice(mask: Mask) -> None:
    thin = thinned(mask)
    assert not (thin & ~mask).any()
    assert parts(thin) == parts(mask)
    assert parts(~np.pad(thin, 1)) >= 1
    assert np.array_equal(thinned(thin), thin)


def test_straight_and_diagonal_curves_have_their_length() -> None:
    straight, diagonal = np.zeros((60, 60), np.bool_), np.eye(60, dtype=np.bool_)
    straight[30, :] = True
    assert step_lengths(straight).sum() == pytest.approx(59 * 0.948)
    assert step_lengths(diagonal).sum() == pytest.approx(59 * 1.340)
