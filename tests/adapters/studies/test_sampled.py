"""Heads measured at many places: the head is the case."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.studies.agreement import agreement, repeatability
from adapters.studies.evaluation import evaluate
from adapters.studies.observations import Cases, Place, Sampled
from adapters.studies.sampled import sampled_agreement, sampled_error
from domain.errors import MalformedInput
from domain.values.study import EVERYBODY, Factor, Statistic, StudyFigure
from tests.domain.values.test_study import PLAN

numbers = st.floats(-1e3, 1e3)


def heads(count: int, places: int, *, shared: float, seed: int = 5) -> tuple[Sampled, ...]:
    """Return heads whose places share an error of their own, beside 0.1 of every place's."""
    rng = np.random.default_rng(seed)
    return tuple(
        Sampled(
            case=f"head-{number}",
            factors={Factor.ITA_CLASS: ("light", "dark")[number % 2]},
            places=tuple(
                Place(
                    repeats=tuple(float(place + error + rng.normal(0, 0.1)) for _ in range(3)),
                    reference=float(place),
                )
                for place in range(places)
            ),
        )
        for number, error in enumerate(rng.normal(0, shared, count))
    )


def of(figures: tuple[StudyFigure, ...], statistic: Statistic) -> StudyFigure:
    return next(f for f in figures if (f.statistic, f.stratum) == (statistic, EVERYBODY))


def test_forty_places_of_a_head_are_one_case() -> None:
    few, many = (evaluate(PLAN, Cases(cases=heads(6, places, shared=0.5))) for places in (40, 400))
    for statistic in (Statistic.BIAS, Statistic.UPPER_LIMIT, Statistic.SEM, Statistic.CASES):
        assert of(few, statistic).cases == 6
    # Ten times as many places of the same heads say hardly more about heads.
    for figures in (few, many):
        bias = of(figures, Statistic.BIAS)
        assert bias.lower is not None
        assert bias.upper is not None
        assert bias.upper - bias.lower > 0.5
    assert of(few, Statistic.SD).value == pytest.approx(0.5, rel=0.6)
    assert of(few, Statistic.SEM).value == pytest.approx(0.1, rel=0.1)
    assert not any(each.statistic is Statistic.ICC_2_1 for each in few)


def test_the_interval_of_bias_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(400):
        bias = sampled_agreement(heads(6, 20, shared=0.5, seed=seed)).bias
        held += bias.lower <= 0 <= bias.upper
    assert 0.92 <= held / 400 <= 0.98


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=3, max_size=8))
def test_one_place_per_head_is_a_plain_quantity(drawn: list[tuple[float, float, float]]) -> None:
    cases = tuple(
        Sampled(case=str(number), factors={}, places=(Place(repeats=(a, b), reference=c),))
        for number, (a, b, c) in enumerate(drawn)
    )
    plain = agreement([each[0] for each in drawn], [each[2] for each in drawn])
    found = sampled_agreement(cases)
    for name in ("bias", "lower", "upper"):
        one, other = getattr(found, name), getattr(plain, name)
        assert (one.value, one.lower, one.upper) == pytest.approx(
            (other.value, other.lower, other.upper), rel=1e-6, abs=1e-6
        )
    assert (found.sd, found.rms) == pytest.approx((plain.sd, plain.rms), rel=1e-6, abs=1e-6)
    repeated = repeatability([list(each[:2]) for each in drawn]).sem
    error = sampled_error(cases)
    assert (error.value, error.lower, error.upper) == pytest.approx(
        (repeated.value, repeated.lower, repeated.upper), rel=1e-6, abs=1e-6
    )


def test_too_few_heads_and_captures_are_refused_or_left_out() -> None:
    with pytest.raises(MalformedInput, match=r"study\.pairs: 2 heads"):
        sampled_agreement(heads(2, 40, shared=0.5))
    once = tuple(
        Sampled(case=str(n), factors={}, places=(Place(repeats=(1.0,), reference=0.5),))
        for n in range(4)
    )
    with pytest.raises(MalformedInput, match=r"study\.repeats"):
        sampled_error(once)
    figures = evaluate(PLAN, Cases(cases=once))
    assert Statistic.BIAS in {each.statistic for each in figures}
    assert Statistic.SEM not in {each.statistic for each in figures}
    two = evaluate(PLAN, Cases(cases=heads(2, 40, shared=0.5)))
    assert {each.statistic for each in two} == {Statistic.CASES}
