"""Intraclass correlation against the published example, and against what it must do."""

import numpy as np
import pytest

from adapters.studies.intraclass import icc_2_1, icc_3_1, mean_squares
from domain.errors import MalformedInput

# Shrout and Fleiss 1979, table 2: six targets, four judges.
TABLE = ((9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7))


def test_the_published_analysis_of_variance() -> None:
    found = mean_squares(TABLE)
    assert round(found.between, 2) == 11.24
    assert round(found.within, 2) == 6.26
    assert round(found.rater, 2) == 32.49
    assert round(found.residual, 2) == 1.02


def test_the_published_coefficients() -> None:
    assert round(icc_2_1(TABLE).value, 2) == 0.29
    assert round(icc_3_1(TABLE).value, 2) == 0.71


# Intervals of the same table as other software publishes them: R, psych::ICC (Revelle).
def test_the_published_intervals() -> None:
    two, three = icc_2_1(TABLE), icc_3_1(TABLE)
    assert (two.lower, two.upper) == pytest.approx((0.019, 0.761), abs=0.0006)
    assert (three.lower, three.upper) == pytest.approx((0.342, 0.946), abs=0.0006)


def test_a_bias_between_raters_lowers_agreement_and_not_consistency() -> None:
    shifted = np.asarray(TABLE, float) + np.array([0, 10, 20, 30])
    assert icc_3_1(shifted).value == pytest.approx(icc_3_1(TABLE).value)
    assert icc_2_1(shifted).value < icc_2_1(TABLE).value


def test_raters_who_agree_wholly_correlate_wholly() -> None:
    table = np.repeat(np.arange(5.0)[:, None], 3, axis=1)
    for coefficient in (icc_2_1, icc_3_1):
        found = coefficient(table)
        assert (found.lower, found.value, found.upper) == (1, 1, 1)


def test_the_interval_holds_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        subjects = rng.normal(0, 3.0, (20, 1))
        raters = rng.normal(0, 1.0, (1, 12))
        found = icc_3_1(subjects + raters + rng.normal(0, 1.0, (20, 12)))
        held += found.lower <= 0.9 <= found.upper
    assert 0.91 < held / 300 < 0.985


@pytest.mark.parametrize(
    "table", [[[1, 2]], [[1], [2]], [1, 2], [[1, 2], [3, float("inf")]], np.ones((3, 3))]
)
def test_a_table_that_says_nothing_is_refused(table: object) -> None:
    with pytest.raises(MalformedInput, match=r"study\.table"):
        icc_2_1(table)  # type: ignore[arg-type]
