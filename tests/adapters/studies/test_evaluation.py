"""From cases to figures, whole and by stratum."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.studies.evaluation import count_overlap, evaluate
from adapters.studies.observations import Cases, Classified, Quantity, Segmented
from domain.errors import MalformedInput
from domain.values.study import EVERYBODY, Factor, Statistic, StudyFigure, judge_study
from tests.domain.values.test_study import PLAN

RNG = np.random.default_rng(4)


def quantities(bias: dict[str, float], *, of_each: int = 20, repeats: int = 3) -> Cases:
    return Cases(
        cases=tuple(
            Quantity(
                case=f"{tone}-{number}",
                factors={Factor.ITA_CLASS: tone},
                repeats=tuple(float(number + error + RNG.normal(0, 0.5)) for _ in range(repeats)),
                reference=float(number),
            )
            for tone, error in bias.items()
            for number in range(of_each)
        )
    )


def by_place(figures: tuple[StudyFigure, ...]) -> dict[tuple[Statistic, str], StudyFigure]:
    return {(each.statistic, each.stratum): each for each in figures}


@pytest.mark.verifies("REQ-IN-173")
def test_a_bias_of_one_stratum_is_found_there() -> None:
    found = by_place(evaluate(PLAN, quantities({"dark": 2.0, "light": 0.0})))
    assert found[Statistic.BIAS, "ita-class=dark"].value == pytest.approx(2.0, abs=0.4)
    assert found[Statistic.BIAS, "ita-class=light"].value == pytest.approx(0.0, abs=0.4)
    assert found[Statistic.BIAS, EVERYBODY].value == pytest.approx(1.0, abs=0.4)
    assert found[Statistic.TEM, EVERYBODY].value == pytest.approx(0.5, abs=0.15)
    assert found[Statistic.ICC_2_1, EVERYBODY].value > 0.9
    outcomes = {each.stratum: each.met for each in judge_study(PLAN, tuple(found.values()))}
    assert outcomes["ita-class=light"]
    assert not outcomes["ita-class=dark"]


@pytest.mark.verifies("REQ-IN-173")
def test_a_class_of_skin_with_too_few_cases_keeps_a_study_from_passing() -> None:
    light = quantities({"light": 0.0}, of_each=10).cases
    dark = quantities({"dark": 30.0}, of_each=2).cases
    plan = replace(PLAN, limits=PLAN.limits[1:])  # unbiased in each class
    outcomes = judge_study(plan, evaluate(plan, Cases(cases=(*light, *dark))))
    found = {each.stratum: each for each in outcomes}
    assert found["ita-class=light"].met
    assert not found["ita-class=dark"].met
    assert "not measured" in found["ita-class=dark"].evidence


def test_the_order_of_cases_changes_nothing() -> None:
    cases = quantities({"dark": 1.0, "light": 0.0})
    turned = replace(cases, cases=cases.cases[::-1])
    assert evaluate(PLAN, cases) == evaluate(PLAN, turned)


def test_too_few_cases_and_unequal_repeats_leave_figures_out() -> None:
    few = evaluate(PLAN, quantities({"dark": 0.0}, of_each=2))
    assert [(each.statistic, each.stratum, each.cases) for each in few] == [
        (Statistic.CASES, EVERYBODY, 2),
        (Statistic.CASES, "ita-class=dark", 2),
    ]
    once = by_place(evaluate(PLAN, quantities({"dark": 0.0}, repeats=1)))
    assert (Statistic.BIAS, EVERYBODY) in once
    assert (Statistic.TEM, EVERYBODY) not in once
    cases = quantities({"dark": 0.0}).cases
    first = cases[0]
    assert isinstance(first, Quantity)
    unequal = Cases(cases=(replace(first, repeats=first.repeats[:2]), *cases[1:]))
    assert (Statistic.ICC_2_1, EVERYBODY) not in by_place(evaluate(PLAN, unequal))
    alone = Cases(
        cases=tuple(replace(each, reference=None) for each in cases if isinstance(each, Quantity))
    )
    assert (Statistic.BIAS, EVERYBODY) not in by_place(evaluate(PLAN, alone))


def test_repeats_that_never_differ_have_no_correlation() -> None:
    same = Cases(
        cases=tuple(
            Quantity(case=str(number), factors={}, repeats=(1.0, 1.0), reference=1.0)
            for number in range(5)
        )
    )
    found = by_place(evaluate(PLAN, same))
    assert found[Statistic.TEM, EVERYBODY].value == 0
    assert (Statistic.ICC_2_1, EVERYBODY) not in found


def test_classes_give_kappa_and_two_of_them_detection() -> None:
    true = [0, 0, 0, 1, 1, 1, 1, 0]
    said = [0, 0, 1, 1, 1, 1, 0, 0]
    cases = Cases(
        classes=("no", "yes"),
        cases=tuple(
            Classified(case=str(number), factors={}, said=s, true=t)
            for number, (s, t) in enumerate(zip(said, true, strict=True))
        ),
    )
    found = by_place(evaluate(PLAN, cases))
    assert found[Statistic.SENSITIVITY, EVERYBODY].value == 0.75
    assert found[Statistic.SPECIFICITY, EVERYBODY].value == 0.75
    assert found[Statistic.KAPPA, EVERYBODY].value == pytest.approx(0.5)
    assert found[Statistic.SENSITIVITY, EVERYBODY].cases == 4
    positive = replace(
        cases,
        cases=tuple(each for each in cases.cases if each.true),  # type: ignore[union-attr]
    )
    only = by_place(evaluate(PLAN, positive))
    assert (Statistic.SPECIFICITY, EVERYBODY) not in only
    three = replace(cases, classes=("no", "some", "much"))
    assert (Statistic.SENSITIVITY, EVERYBODY) not in by_place(evaluate(PLAN, three))


def test_masks_give_mean_overlaps() -> None:
    mask = np.zeros((10, 10), np.bool_)
    mask[:5] = True
    half = np.zeros_like(mask)
    half[:5, :5] = True
    cases = Cases(
        cases=(
            *(count_overlap(str(number), {}, half, mask) for number in range(3)),
            Segmented(case="empty", factors={}, found=0, there=0, common=0),
        )
    )
    found = by_place(evaluate(PLAN, cases))
    assert found[Statistic.DICE, EVERYBODY].value == pytest.approx(2 / 3)
    assert found[Statistic.JACCARD, EVERYBODY].value == pytest.approx(1 / 2)
    assert found[Statistic.DICE, EVERYBODY].cases == 3
    with pytest.raises(MalformedInput, match=r"study\.masks"):
        count_overlap("a", {}, half, mask[:5])
