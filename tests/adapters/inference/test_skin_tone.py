"""Skin tone classes by typology angle."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.inference.skin_tone import (
    SkinToneClass,
    class_probabilities,
    classify,
    individual_typology_angle_deg,
    suggested_skin_type,
)
from domain.errors import MalformedInput


@pytest.mark.parametrize(
    ("limit_deg", "above", "at"),
    [
        (55.0, "very light", "light"),
        (41.0, "light", "intermediate"),
        (28.0, "intermediate", "tan"),
        (10.0, "tan", "brown"),
        (-30.0, "brown", "dark"),
    ],
)
def test_a_class_ends_at_its_published_limit(limit_deg: float, above: str, at: str) -> None:
    assert classify(math.nextafter(limit_deg, math.inf)).value == above
    assert classify(limit_deg).value == at


def test_an_angle_that_is_no_number_has_no_class() -> None:
    with pytest.raises(MalformedInput):
        classify(math.nan)


def test_the_angle_equals_the_published_formula_where_skin_is_yellowish() -> None:
    published = math.atan((65.0 - 50.0) / 15.0) * 180.0 / math.pi
    assert individual_typology_angle_deg(65.0, 15.0) == pytest.approx(published)
    assert individual_typology_angle_deg(50.0, 12.0) == 0.0
    assert individual_typology_angle_deg(30.0, 10.0) == pytest.approx(-63.43494882)


@given(st.floats(-90, 90), st.floats(0.01, 60))
def test_class_probabilities_are_probabilities(ita_deg: float, uncertainty_deg: float) -> None:
    probabilities = class_probabilities(ita_deg, uncertainty_deg)
    assert list(probabilities) == [each.value for each in SkinToneClass]
    assert all(-1e-12 <= each <= 1 for each in probabilities.values())
    assert sum(probabilities.values()) == pytest.approx(1.0)


def test_a_sure_angle_has_a_sure_class_and_one_on_a_limit_is_torn() -> None:
    assert class_probabilities(48.0, 0.5)["light"] > 0.999
    on_the_limit = class_probabilities(41.0, 1.0)
    assert on_the_limit["light"] == pytest.approx(0.5)
    assert on_the_limit["intermediate"] == pytest.approx(0.5)


def test_class_probabilities_need_an_uncertainty() -> None:
    with pytest.raises(MalformedInput):
        class_probabilities(30.0, 0.0)


def test_every_class_suggests_one_skin_type_in_order() -> None:
    assert [suggested_skin_type(each) for each in SkinToneClass] == [
        "I",
        "II",
        "III",
        "IV",
        "V",
        "VI",
    ]
