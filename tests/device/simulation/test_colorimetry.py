"""Colour of spectra and lights against published values."""

import numpy as np
import pytest

from adapters.imaging.colour import lab_d50_to_linear as measured_side_conversion
from device.simulation.card import CHART_LAB_D50
from device.simulation.colorimetry import (
    WAVELENGTHS_NM,
    lab_d50_to_linear,
    linear_to_lab,
    reflectance_to_linear,
    typology_angle_deg,
    white_light,
)


def test_a_perfect_white_is_one_in_every_channel() -> None:
    white = reflectance_to_linear(np.ones_like(WAVELENGTHS_NM))
    np.testing.assert_allclose(white, 1.0, atol=1e-6)
    np.testing.assert_allclose(linear_to_lab(white), [100.0, 0.0, 0.0], atol=1e-3)


def test_a_long_pass_reflectance_is_red_and_a_short_pass_blue() -> None:
    red = reflectance_to_linear((WAVELENGTHS_NM > 610).astype(float))
    blue = reflectance_to_linear((WAVELENGTHS_NM < 470).astype(float))
    assert red[0] > 5 * abs(red[2])
    assert blue[2] > 5 * abs(blue[1])


@pytest.mark.parametrize("kelvin", [2700.0, 4000.0, 5600.0, 6504.0, 9000.0])
def test_white_light_has_luminance_one_and_the_asked_temperature(kelvin: float) -> None:
    light = white_light(kelvin)
    assert float(light @ [0.2126729, 0.7151522, 0.0721750]) == pytest.approx(1.0, abs=1e-6)
    x, y, z = np.linalg.inv(np.linalg.inv(_RGB_TO_XYZ)) @ light
    n = (x / (x + y + z) - 0.3320) / (0.1858 - y / (x + y + z))
    mccamy = 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33
    assert mccamy == pytest.approx(kelvin, rel=0.02)


def test_daylight_at_6504_kelvin_is_neutral() -> None:
    np.testing.assert_allclose(white_light(6504.0), 1.0, atol=0.002)


def test_chart_colours_agree_with_the_measuring_side() -> None:
    ours, theirs = lab_d50_to_linear(CHART_LAB_D50), measured_side_conversion(CHART_LAB_D50)
    np.testing.assert_allclose(ours, theirs, atol=1.5e-3)


def test_the_typology_angle_is_that_of_the_published_formula() -> None:
    grey = np.full(3, 0.5)
    lab = linear_to_lab(grey)
    expected = np.degrees(np.arctan2(lab[0] - 50, lab[2]))
    assert float(typology_angle_deg(grey)) == pytest.approx(expected)


_RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
