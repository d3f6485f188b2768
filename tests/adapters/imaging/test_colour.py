"""Colour arithmetic against published numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.imaging import colour
from domain.errors import MalformedInput

VECTORS = Path(__file__).parents[2] / "vectors" / "colour" / "ciede2000.csv"
LAB = st.tuples(st.floats(0, 100), st.floats(-100, 100), st.floats(-100, 100)).map(np.array)


def test_all_34_published_pairs_have_their_published_difference() -> None:
    pairs = np.loadtxt(VECTORS, delimiter=",")
    assert pairs.shape == (34, 7)
    found = colour.delta_e_2000(pairs[:, :3], pairs[:, 3:6])
    assert np.abs(found - pairs[:, 6]).max() <= 5e-5


@given(LAB, LAB)
def test_a_colour_difference_is_symmetric_and_not_negative(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> None:
    there, back = colour.delta_e_2000(first, second), colour.delta_e_2000(second, first)
    assert there >= 0
    assert there == pytest.approx(back, abs=1e-9)
    assert colour.delta_e_2000(first, first) == 0


def test_the_matrix_is_the_published_one() -> None:
    # IEC 61966-2-1 prints four decimals.
    printed = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    assert np.abs(colour.SRGB_TO_XYZ - printed).max() < 1e-4


def test_white_is_exactly_neutral_under_both_whites() -> None:
    white = np.ones(3)
    assert colour.linear_to_lab_d65(white) == pytest.approx([100, 0, 0], abs=1e-9)
    # D65 from chromaticities and D50 from ASTM E308 are rounded by their standards.
    assert colour.linear_to_lab_d50(white) == pytest.approx([100, 0, 0], abs=1e-9)


def test_primaries_have_their_published_lab_values() -> None:
    # Lindbloom, sRGB primaries relative to D65, printed to three decimals of XYZ.
    found = colour.linear_to_lab_d65(np.eye(3))
    expected = [[53.24, 80.09, 67.20], [87.74, -86.18, 83.18], [32.30, 79.20, -107.86]]
    assert np.abs(found - expected).max() < 0.02


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).map(np.array))
def test_every_conversion_comes_back(linear: NDArray[np.float64]) -> None:
    assert colour.srgb_to_linear(colour.linear_to_srgb(linear)) == pytest.approx(linear, abs=1e-6)
    assert colour.xyz_to_linear(colour.linear_to_xyz(linear)) == pytest.approx(linear, abs=1e-12)
    lab = colour.linear_to_lab_d50(linear)
    assert colour.lab_d50_to_linear(lab) == pytest.approx(linear, abs=1e-9)


def test_the_transfer_curve_meets_the_standard_at_mid_grey() -> None:
    assert colour.srgb_to_linear(np.array(0.5)) == pytest.approx(0.21404114, abs=1e-8)
    assert colour.linear_to_srgb(np.array(0.18)) == pytest.approx(0.46135613, abs=1e-8)


def test_daylight_has_the_published_colour_temperature() -> None:
    assert colour.colour_temperature_k(colour.D65_XYZ) == pytest.approx(6505, abs=1)
    illuminant_a = np.array([1.09850, 1.0, 0.35585])
    assert colour.colour_temperature_k(illuminant_a) == pytest.approx(2856, abs=3)


def test_a_colour_far_from_white_has_no_temperature() -> None:
    with pytest.raises(MalformedInput, match=r"colour\.temperature"):
        colour.colour_temperature_k(colour.linear_to_xyz(np.array([0.0, 0.0, 1.0])))
    with pytest.raises(MalformedInput, match=r"colour\.temperature"):
        colour.colour_temperature_k(np.zeros(3))


def test_the_typology_angle_orders_skin_from_dark_to_light() -> None:
    skins = np.array([[30.0, 12, 15], [45, 14, 18], [60, 14, 18], [70, 12, 15]])
    angles = colour.typology_angle_deg(skins)
    assert list(angles) == sorted(angles)
    assert angles[2] == pytest.approx(np.degrees(np.arctan(10 / 18)))
