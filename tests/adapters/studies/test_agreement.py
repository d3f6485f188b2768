"""Agreement and repeatability, against the published worked example and a known population.

The data are those of Bland and Altman 1986, Lancet 327, table 1: peak expiratory flow in l/min by
two meters, twice each, in 17 people.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from adapters.studies.agreement import LIMITS_FACTOR, agreement, repeatability
from domain.errors import MalformedInput

WRIGHT = (
    (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427),
    (490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421),
)
MINI = (
    (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451),
    (525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443),
)


def test_the_published_limits_of_agreement() -> None:
    found = agreement(WRIGHT[0], MINI[0], factor=2)
    assert found.pairs == 17
    assert round(found.bias.value, 1) == -2.1
    assert round(found.sd, 1) == 38.8
    assert (round(found.bias.lower, 1), round(found.bias.upper, 1)) == (-22.0, 17.8)
    # The paper rounds before it adds, so its last digit may differ.
    assert found.lower.value == pytest.approx(-79.7, abs=0.1)
    assert found.upper.value == pytest.approx(75.5, abs=0.1)
    assert (found.lower.lower, found.lower.upper) == pytest.approx((-114.3, -45.1), abs=0.15)
    assert (found.upper.lower, found.upper.upper) == pytest.approx((40.9, 110.1), abs=0.2)


@pytest.mark.parametrize(("meter", "published"), [(WRIGHT, 43.2), (MINI, 56.4)])
def test_the_published_repeatability(meter: tuple[tuple[int, ...], ...], published: float) -> None:
    found = repeatability([list(each) for each in zip(*meter, strict=True)])
    assert found.cases == 17
    assert found.coefficient * 2 / LIMITS_FACTOR == pytest.approx(published, abs=0.15)


def test_errors_of_a_known_population_are_found() -> None:
    rng = np.random.default_rng(20)
    truth = rng.normal(100, 20, 4000)
    repeats = truth[:, None] + rng.normal(0, 2.0, (4000, 3))
    found = repeatability(list(repeats))
    assert found.tem == pytest.approx(2.0, rel=0.03)
    assert found.sem.lower < 2.0 < found.sem.upper
    assert found.mdc95.value == pytest.approx(1.96 * np.sqrt(2) * 2.0, rel=0.03)
    assert found.relative_tem == pytest.approx(2.0, rel=0.05)
    biased = agreement(repeats[:, 0] + 1.5, truth)
    assert biased.bias.lower < 1.5 < biased.bias.upper
    assert biased.rms == pytest.approx(2.5, rel=0.05)


def test_the_interval_of_a_deviation_holds_as_often_as_it_says() -> None:
    rng = np.random.default_rng(21)
    held = 0
    for _ in range(400):
        found = repeatability(list(rng.normal(0, 1, (8, 3))))
        held += found.sem.lower <= 1 <= found.sem.upper
    assert 0.92 < held / 400 < 0.98


@given(
    hnp.arrays(np.float64, st.integers(3, 20), elements=st.floats(-1e3, 1e3)),
    st.floats(-1e3, 1e3),
)
def test_shifting_a_measurement_shifts_its_bias_and_nothing_else(
    reference: np.ndarray, shift: float
) -> None:
    found = agreement(reference + shift, reference)
    assert found.bias.value == pytest.approx(shift, abs=1e-9)
    assert found.sd == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("measured", "reference"),
    [([1, 2], [1, 2]), ([1, 2, 3], [1, 2]), ([1, 2, float("nan")], [1, 2, 3]), ([[1]], [[1]])],
)
def test_too_few_or_broken_pairs_are_refused(measured: object, reference: object) -> None:
    with pytest.raises(MalformedInput, match="study"):
        agreement(measured, reference)  # type: ignore[arg-type]


@pytest.mark.parametrize("repeats", [[], [[1.0]], [[1.0, 2.0], [1.0]]])
def test_a_case_without_a_repeat_is_refused(repeats: list[list[float]]) -> None:
    with pytest.raises(MalformedInput, match=r"study\.repeats"):
        repeatability(repeats)  # type: ignore[arg-type]


def test_a_share_of_a_mean_of_zero_is_none() -> None:
    assert repeatability([[-1.0, 1.0], [1.0, -1.0]]).relative_tem is None
