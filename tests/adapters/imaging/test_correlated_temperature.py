"""Ohno's correlated colour temperature against values computed elsewhere, and its inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.imaging.colour import D65_XYZ, colour_temperature_k
from adapters.imaging.correlated_temperature import (
    correlated_temperature,
    planckian_locus,
)
from domain.errors import MalformedInput


def xyz_of(u: float, v: float) -> NDArray[np.float64]:
    """Return XYZ with Y = 1 of CIE 1960 u, v."""
    x, y = 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)
    return np.array([x / y, 1.0, (1 - x - y) / y])


@pytest.mark.parametrize(
    ("uv", "kelvin", "duv"),
    [
        # Colour 0.4.6, uv_to_CCT_Ohno2013 and CCT_to_uv_Ohno2013.
        ((0.1978, 0.3122), 6507.4748, 0.0032233),
        ((0.25056899684062794, 0.34758993070237004), 3000.0, 0.0),
        ((0.23078380012660735, 0.3261530330607715), 4000.0, -0.01),
        ((0.20441672748564121, 0.3302502462612964), 5000.0, 0.01),
        ((0.18580889787489605, 0.2954242077706142), 10000.0, 0.005),
    ],
)
def test_temperature_and_distance_agree_with_values_computed_elsewhere(
    uv: tuple[float, float], kelvin: float, duv: float
) -> None:
    found = correlated_temperature(xyz_of(*uv))
    assert found.kelvin == pytest.approx(kelvin, rel=2e-4)
    assert found.duv == pytest.approx(duv, abs=2e-5)


def test_standard_illuminants_have_their_published_temperatures() -> None:
    # CIE 15:2018: A 2856 K on the locus; D65 about 6504 K, Duv 0.0032.
    tungsten = correlated_temperature(np.array([1.09850, 1.0, 0.35585]))
    assert tungsten.kelvin == pytest.approx(2856, abs=2)
    assert tungsten.duv == pytest.approx(0, abs=1e-4)
    daylight = correlated_temperature(D65_XYZ)
    assert daylight.kelvin == pytest.approx(6504, abs=3)
    assert daylight.duv == pytest.approx(0.0032, abs=1e-4)
    assert daylight.kelvin == pytest.approx(colour_temperature_k(D65_XYZ), abs=5)


@given(st.floats(1050, 19000))
def test_a_planckian_radiator_is_found_at_its_own_temperature(kelvin: float) -> None:
    kelvins, locus = planckian_locus()
    u, v = (float(np.interp(kelvin, kelvins, locus[:, each])) for each in (0, 1))
    found = correlated_temperature(xyz_of(u, v))
    assert found.kelvin == pytest.approx(kelvin, rel=5e-4)
    assert abs(found.duv) < 1e-4


@pytest.mark.parametrize(
    "xyz", [[0.0, 0.0, 0.0], [np.nan, 1.0, 1.0], [0.2, 0.1, 1.0], [0.41, 0.21, 0.02]]
)
def test_what_is_no_white_has_no_temperature(xyz: list[float]) -> None:
    with pytest.raises(MalformedInput, match=r"colour\.temperature"):
        correlated_temperature(np.array(xyz))
