"""Two sets of figures are the same, or the first that differs is named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.study import Statistic, StudyFigure
from domain.values.study_figures import TOLERANCE, first_difference
from tests.domain.values.test_study import counted, figure

BIAS = figure(Statistic.BIAS, "ita-class=dark", 0.25, ends=(-0.5, 1.0))
FOUND = (*counted(dark=20), figure(value=1.5), BIAS)


def words(*stated: StudyFigure, tolerance: float = 0.0) -> str:
    difference = first_difference(stated, FOUND, tolerance=tolerance)
    return "" if difference is None else str(difference)


def test_the_same_figures_in_another_order_do_not_differ() -> None:
    assert first_difference(FOUND, FOUND) is None
    assert first_difference(FOUND[::-1], FOUND) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": 0.2}, "bias of ita-class=dark: stated 0.2, found 0.25"),
        ({"lower": -0.4}, "bias of ita-class=dark, lower: stated -0.4, found -0.5"),
        ({"upper": None}, "bias of ita-class=dark, upper: stated none, found 1.0"),
        ({"unit": "mm"}, "bias of ita-class=dark, unit: stated mm, found deg"),
        ({"cases": 21}, "bias of ita-class=dark, cases: stated 21, found 20"),
        ({"stratum": "ita-class=light"}, "bias of ita-class=dark: stated none, found 0.25"),
    ],
)
def test_what_differs_is_named(changed: dict[str, object], said: str) -> None:
    stated = (*FOUND[:-1], replace(BIAS, **changed))  # type: ignore[arg-type]
    assert words(*stated) == said
    assert words(*stated, tolerance=TOLERANCE) == said


def test_the_first_that_differs_is_named() -> None:
    assert words(replace(BIAS, value=0.0)).startswith("cases of all: stated none")


def test_a_figure_too_many_or_twice_is_named() -> None:
    assert words(*FOUND, figure(Statistic.SD, value=0.5)) == "sd of all: stated 0.5, found none"
    assert words(*FOUND, BIAS) == "bias of ita-class=dark: stated twice, found once"


@given(st.floats(-1e6, 1e6), st.floats(-0.9, 0.9))
def test_within_the_tolerance_nothing_differs_and_beyond_it_something_does(
    value: float, share: float
) -> None:
    found = (figure(value=value),)
    room = TOLERANCE * max(1.0, abs(value))
    near = (figure(value=value + share * room),)
    far = (figure(value=value + 3 * room),)
    assert first_difference(near, found, tolerance=TOLERANCE) is None
    assert first_difference(far, found, tolerance=TOLERANCE) is not None
    assert (first_difference(near, found) is None) is (near == found)
