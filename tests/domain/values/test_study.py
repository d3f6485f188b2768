"""Study plans, figures, and what follows from them."""

from dataclasses import replace

import pytest

from domain.errors import MalformedInput
from domain.values.claim import EvidenceSource
from domain.values.study import (
    EVERYBODY,
    Factor,
    Statistic,
    StudyFigure,
    StudyLimit,
    StudyPlan,
    asks_each_level,
    counted_cases,
    judge_study,
)

AT_MOST_TWO = StudyLimit(
    statistic=Statistic.RMS, stratum=EVERYBODY, minimum=None, maximum=2.0, whole_interval=False
)
UNBIASED = StudyLimit(
    statistic=Statistic.BIAS, stratum="ita-class=*", minimum=-1.0, maximum=1.0, whole_interval=True
)
PLAN = StudyPlan(
    name="Skin tone",
    version="1.0",
    evidence=EvidenceSource.RGB,
    output="ita",
    unit="deg",
    method="skin-colour/1",
    population="simulated heads",
    reference="the simulation's own colour",
    strata=(Factor.ITA_CLASS,),
    fewest_cases=5,
    limits=(AT_MOST_TWO, UNBIASED),
)


def figure(
    statistic: Statistic = Statistic.RMS,
    stratum: str = EVERYBODY,
    value: float = 1.0,
    *,
    ends: tuple[float, float] | None = None,
    cases: int = 20,
    unit: str = "deg",
) -> StudyFigure:
    lower, upper = ends or (None, None)
    return StudyFigure(
        statistic=statistic,
        stratum=stratum,
        value=value,
        lower=lower,
        upper=upper,
        unit=unit,
        cases=cases,
    )


def counted(**levels: int) -> tuple[StudyFigure, ...]:
    """Return how many cases each class of skin has, and all of them together."""
    strata = {EVERYBODY: sum(levels.values())} | {
        f"ita-class={level}": count for level, count in levels.items()
    }
    return tuple(
        figure(Statistic.CASES, stratum, float(count), cases=count, unit="1")
        for stratum, count in strata.items()
    )


def met(*figures: StudyFigure, plan: StudyPlan = PLAN) -> dict[tuple[int, str], bool]:
    return {(each.limit, each.stratum): each.met for each in judge_study(plan, figures)}


def test_every_limit_is_asked_in_every_stratum_it_names() -> None:
    light = figure(Statistic.BIAS, "ita-class=light", 0.2, ends=(-0.5, 0.9))
    dark = figure(Statistic.BIAS, "ita-class=dark", 0.2, ends=(-0.5, 1.1))
    assert met(*counted(light=20, dark=20), figure(value=1.9), light, dark) == {
        (0, EVERYBODY): True,
        (1, "ita-class=dark"): False,
        (1, "ita-class=light"): True,
    }


def test_a_level_with_cases_and_without_a_figure_is_not_measured() -> None:
    plan = replace(PLAN, limits=(UNBIASED,))
    light = figure(Statistic.BIAS, "ita-class=light", 0.2, ends=(-0.5, 0.9))
    dark, bright = judge_study(plan, (*counted(light=20, dark=2), light))
    assert (dark.stratum, dark.met) == ("ita-class=dark", False)
    assert dark.evidence == "not measured: there is no such figure; cases of the stratum: 2"
    assert (bright.stratum, bright.met) == ("ita-class=light", True)


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ((), "not measured: the figures do not say how many cases each level has"),
        (
            (figure(Statistic.CASES, value=22.0, cases=22, unit="1"), counted(light=20)[1]),
            "not measured: 20 of 22 cases have a level",
        ),
    ],
)
def test_cases_in_no_level_are_asked_for(figures: tuple[StudyFigure, ...], why: str) -> None:
    light = figure(Statistic.BIAS, "ita-class=light", 0.2, ends=(-0.5, 0.9))
    outcomes = judge_study(replace(PLAN, limits=(UNBIASED,)), (*figures, light))
    assert [(each.stratum, each.met) for each in outcomes] == [
        ("ita-class=light", True),
        ("ita-class=*", False),
    ]
    assert outcomes[-1].evidence == why


def test_cases_are_counted_by_stratum_where_figures_say_so() -> None:
    figures = counted(light=20, dark=2)
    assert counted_cases(figures) == 22
    assert counted_cases(figures, "ita-class=dark") == 2
    assert counted_cases((figure(),)) is None
    assert asks_each_level(PLAN)
    assert not asks_each_level(replace(PLAN, limits=(AT_MOST_TWO,)))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (figure(value=2.1), "2.1 deg of 20 cases"),
        (figure(cases=4), "4 cases are fewer than 5"),
        (figure(unit="mm"), "in mm"),
        (figure(Statistic.SD), "no such figure"),
    ],
)
def test_a_limit_is_not_met_by_too_much_too_few_another_unit_or_nothing(
    found: StudyFigure, why: str
) -> None:
    (outcome,) = judge_study(replace(PLAN, limits=(AT_MOST_TWO,)), (found,))
    assert not outcome.met
    assert why in outcome.evidence
    assert ("not measured: " in outcome.evidence) is (why != "2.1 deg of 20 cases")


def test_a_limit_on_the_whole_interval_needs_one() -> None:
    plan = replace(PLAN, limits=(UNBIASED,))
    dark = figure(Statistic.BIAS, "ita-class=dark", 0.0)
    outcomes = judge_study(plan, (*counted(dark=20), dark))
    assert [each.evidence for each in outcomes] == ["not measured: the figure has no interval"]
    assert [each.stratum for each in judge_study(plan, ())] == ["ita-class=*"]
    assert not any(each.met for each in judge_study(plan, ()))


def test_a_figure_without_unit_of_its_own_is_a_share() -> None:
    floor = StudyLimit(
        statistic=Statistic.ICC_2_1,
        stratum=EVERYBODY,
        minimum=0.9,
        maximum=None,
        whole_interval=False,
    )
    (outcome,) = judge_study(
        replace(PLAN, limits=(floor,)), (figure(Statistic.ICC_2_1, value=0.95, unit="1"),)
    )
    assert outcome.met


@pytest.mark.parametrize(
    "changed",
    [
        {"minimum": None, "maximum": None},
        {"minimum": 2.0, "maximum": 1.0},
        {"stratum": "colour=red"},
        {"stratum": "region="},
    ],
)
def test_a_limit_that_limits_nothing_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(MalformedInput):
        replace(AT_MOST_TWO, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("changed", [{"limits": ()}, {"fewest_cases": 1}, {"strata": ()}])
def test_a_plan_that_could_not_fail_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(MalformedInput):
        replace(PLAN, **changed)  # type: ignore[arg-type]


def test_a_figure_is_a_finite_number() -> None:
    with pytest.raises(MalformedInput):
        figure(value=float("nan"))
    assert figure(value=0.0, ends=(0.0, 0.0)).lower == 0
