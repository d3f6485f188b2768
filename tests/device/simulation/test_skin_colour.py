"""Skin colours stay in their class and answer to melanin and blood as skin does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.simulation.colorimetry import linear_to_lab, typology_angle_deg
from device.simulation.identity import TypologyClass
from device.simulation.skin_colour import (
    BLOOD_FRACTION,
    TYPOLOGY_LIMITS_DEG,
    melanin_of,
    paint,
    reflectance,
    skin_linear,
)

_MELANIN = st.floats(0.002, 0.45)
_BLOOD = st.floats(0.003, 0.12)


@pytest.mark.parametrize("typology", list(TypologyClass))
def test_each_class_has_a_colour_well_inside_its_limits(typology: TypologyClass) -> None:
    colour = skin_linear(np.array(melanin_of(typology)), np.array(BLOOD_FRACTION))
    low, high = TYPOLOGY_LIMITS_DEG[typology]
    assert low + 3 < float(typology_angle_deg(colour)) < high - 3


@pytest.mark.parametrize("typology", list(TypologyClass))
def test_each_class_has_a_lightness_and_yellowness_seen_in_people(typology: TypologyClass) -> None:
    colour = skin_linear(np.array(melanin_of(typology)), np.array(BLOOD_FRACTION))
    lightness, redness, yellowness = linear_to_lab(colour)
    assert 28 < lightness < 76
    assert 7 < redness < 18
    assert 9 < yellowness < 26


@given(melanin=st.floats(0.002, 0.12), blood=st.floats(0.003, 0.05))
def test_more_melanin_is_darker_and_more_blood_is_redder(melanin: float, blood: float) -> None:
    here = linear_to_lab(skin_linear(np.array(melanin), np.array(blood)))
    darker = linear_to_lab(skin_linear(np.array(melanin * 1.2), np.array(blood)))
    redder = linear_to_lab(skin_linear(np.array(melanin), np.array(blood * 1.2)))
    assert darker[0] < here[0]
    assert redder[1] > here[1]


@given(melanin=_MELANIN, blood=_BLOOD)
def test_reflectance_is_a_share_of_the_light(melanin: float, blood: float) -> None:
    spectrum = reflectance(np.array(melanin), np.array(blood))
    assert spectrum.shape == (31,)
    assert 0 < spectrum.min() <= spectrum.max() < 1


def test_blood_shows_its_double_band_in_light_skin() -> None:
    spectrum = reflectance(np.array(0.01), np.array(0.05))
    at_540, at_560, at_580 = spectrum[14], spectrum[16], spectrum[18]
    assert at_560 > at_540
    assert at_560 > at_580


@given(melanin=_MELANIN, blood=_BLOOD)
def test_painting_from_the_table_is_close_to_the_model(melanin: float, blood: float) -> None:
    one = np.ones((1, 1), np.float32)
    painted = paint(one * np.float32(melanin), one * np.float32(blood))[0, 0]
    exact = skin_linear(np.array(melanin), np.array(blood))
    np.testing.assert_allclose(painted, exact, atol=4e-3)
