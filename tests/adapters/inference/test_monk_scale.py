"""The Monk scale: published swatches, nearest by CIEDE2000."""

import numpy as np
import pytest

from adapters.imaging.colour import linear_to_lab_d65, srgb_to_linear
from adapters.inference.monk_scale import SWATCHES_SRGB, monk_note, monk_tone

# Monk 2019, as hexadecimal sRGB, lightest first.
PUBLISHED = [
    "f6ede4",
    "f3e7db",
    "f7ead0",
    "eadaba",
    "d7bd96",
    "a07e56",
    "825c43",
    "604134",
    "3a312a",
    "292420",
]


def lab_of(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    found = linear_to_lab_d65(srgb_to_linear(np.array(colour) / 255.0))
    return float(found[0]), float(found[1]), float(found[2])


@pytest.mark.verifies("DRV-21")
def test_the_swatches_are_the_published_ones_and_each_is_nearest_to_itself() -> None:
    assert ["".join(f"{each:02x}" for each in swatch) for swatch in SWATCHES_SRGB] == PUBLISHED
    for number, swatch in enumerate(SWATCHES_SRGB, start=1):
        found = monk_tone(lab_of(swatch))
        assert found.tone == number
        assert found.delta_e == pytest.approx(0, abs=1e-9)
        assert found.second != number


def test_a_colour_between_two_swatches_is_said_to_be_so() -> None:
    first, second = (np.array(lab_of(SWATCHES_SRGB[each])) for each in (5, 6))
    lightness, red_green, yellow_blue = (first + second) / 2
    between = monk_tone((float(lightness), float(red_green), float(yellow_blue)))
    assert {between.tone, between.second} == {6, 7}
    assert between.probability(3.0) < 0.7
    clear = monk_tone(lab_of(SWATCHES_SRGB[5]))
    assert clear.probability(3.0) > 0.95
    assert monk_note(clear).startswith("Monk 6: 0.0 ΔE00 from the measured colour; next is Monk")
