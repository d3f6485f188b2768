"""The plots of a study's report: what is drawn is what figures say."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.studies.evaluation import evaluate
from adapters.studies.observations import (
    Cases,
    Classified,
    Origin,
    Quantity,
    Segmented,
    Withheld,
)
from domain.values.study import EVERYBODY, Factor, Statistic, StudyLimit, StudyPlan
from tests.adapters.studies.test_sampled import heads
from tests.domain.values.test_study import PLAN, UNBIASED, figure
from tests.validation.studies.test_report import CASES, rendered, text_of
from validation.studies.plots import limit_on, plots, scale, within

DICE = StudyLimit(
    statistic=Statistic.DICE, stratum=EVERYBODY, minimum=0.7, maximum=None, whole_interval=False
)
KAPPA = replace(DICE, statistic=Statistic.KAPPA)
MASKS = Cases(
    cases=(
        *(
            Segmented(
                case=f"c{n}",
                factors={Factor.ITA_CLASS: "light"},
                found=100,
                there=100,
                common=60 + 5 * n,
            )
            for n in range(6)
        ),
        Segmented(case="bare", factors={Factor.ITA_CLASS: "light"}, found=0, there=0, common=0),
        Withheld(case="dim", factors={Factor.ITA_CLASS: "dark"}, why="model.tone: too dark"),
    ),
    origin=Origin(source="a practice", labelled_by="two dermatologists", manifest=None),
)
CLASSES = Cases(
    classes=("none", "some", "much"),
    cases=tuple(
        Classified(
            case=str(n), factors={Factor.ITA_CLASS: "tan"}, said=(n % 3 if n else 2), true=n % 3
        )
        for n in range(9)
    ),
)


def drawn(plan: StudyPlan, cases: Cases) -> dict[str, Any]:
    made: list[Any] = list(plots(plan, cases, evaluate(plan, cases)))
    return {each["title"]: each for each in made}


def test_quantities_are_drawn_as_differences_and_by_stratum() -> None:
    made = drawn(PLAN, CASES)
    assert list(made) == ["Difference from the reference", "RMS by stratum", "Bias by stratum"]
    assert len(made["Difference from the reference"]["points"]) == len(CASES.cases)
    rows = {each["label"]: each for each in made["Bias by stratum"]["rows"]}
    assert list(rows) == ["everybody", "ita class: light", "ita class: dark"]  # light to dark
    assert not rows["everybody"]["limited"]
    for label in ("ita class: light", "ita class: dark"):
        row = rows[label]
        assert row["minimum"] < row["lower"] < row["value"] < row["upper"] < row["maximum"]
        assert not row["missed"]
    assert "ita class: dark 0." in made["Bias by stratum"]["alt"]
    twice = Cases(cases=tuple(replace(CASES.cases[n % 30], case=f"{n}") for n in range(1800)))
    many = drawn(PLAN, twice)["Difference from the reference"]
    assert len(many["points"]) == 900
    assert "Every 2th is drawn." in many["caption"]


def test_what_was_not_measured_has_its_row_and_what_was_missed_its_cross() -> None:
    dark = Quantity(case="d", factors={Factor.ITA_CLASS: "dark"}, repeats=(30.0,), reference=0.0)
    cases = Cases(cases=(*(c for c in CASES.cases if c.factors[Factor.ITA_CLASS] != "dark"), dark))
    strict = replace(UNBIASED, minimum=-0.01, maximum=0.01)
    made = drawn(replace(PLAN, limits=(strict,)), cases)
    rows = {each["label"]: each for each in made["Bias by stratum"]["rows"]}
    assert rows["ita class: dark"]["value"] is None
    assert rows["ita class: dark"]["cases"] == "1"
    assert rows["ita class: light"]["missed"]
    assert "ita class: dark not measured" in made["Bias by stratum"]["alt"]
    few = drawn(replace(PLAN, limits=(strict,), fewest_cases=100), cases)
    assert all(each["few"] for each in few["Bias by stratum"]["rows"] if each["value"] is not None)
    assert not any(each["missed"] for each in few["Bias by stratum"]["rows"])


def test_places_are_drawn_with_the_limits_of_their_heads() -> None:
    made = drawn(PLAN, Cases(cases=heads(4, 40, shared=0.5)))
    plot = made["Difference from the reference"]
    assert len(plot["points"]) == 160
    assert "160 places of 4 heads" in plot["alt"]
    assert "Difference from the reference" not in drawn(PLAN, Cases(cases=heads(2, 40, shared=0.5)))


def test_overlaps_are_drawn_case_by_case() -> None:
    made = drawn(replace(PLAN, unit="1", limits=(DICE,)), MASKS)
    plot = made["Overlap of each case"]
    assert [value for _, value in plot["points"]] == pytest.approx(
        [0.6, 0.65, 0.7, 0.75, 0.8, 0.85]
    )
    assert [each["label"] for each in plot["levels"]] == ["mean 0.72", "limit of the mean 0.7"]
    assert "c0 0.60" in plot["caption"]
    rows = {each["label"]: each for each in made["Dice by stratum"]["rows"]}
    assert rows["ita class: dark"]["value"] is None
    unlimited = drawn(replace(PLAN, unit="1"), MASKS)["Overlap of each case"]
    assert len(unlimited["levels"]) == 1


def test_classes_are_counted_against_the_references() -> None:
    made = drawn(replace(PLAN, unit="1", limits=(KAPPA,)), CLASSES)
    matrix = made["What was said of each class"]
    counts = [[cell["count"] for cell in row["cells"]] for row in matrix["rows"]]
    assert counts == [[2, 0, 1], [0, 3, 0], [0, 0, 3]]
    assert [row["whole"] for row in matrix["rows"]] == [3, 3, 3]
    assert "8 of 9 agree" in matrix["caption"]


@pytest.mark.parametrize(
    ("limit", "cases", "says"),
    [
        (DICE, MASKS, ("Overlap of each case", "too dark (1)", "8 (1 withheld)")),
        (KAPPA, CLASSES, ("What was said of each class", "some", "8 of 9 agree")),
    ],
)
def test_every_plot_reaches_the_report(
    limit: StudyLimit, cases: Cases, says: tuple[str, ...]
) -> None:
    shown = text_of(rendered(replace(PLAN, unit="1", limits=(limit,)), cases))
    for words in (*says, "by stratum"):
        assert words in shown


def test_the_report_says_how_many_limits_could_not_be_measured() -> None:
    each_level = replace(DICE, stratum="ita-class=*")
    shown = text_of(rendered(replace(PLAN, unit="1", limits=(each_level,)), MASKS))
    assert "1 of 2 were not met. Of these, 1 could not be measured." in shown
    assert "two dermatologists" in shown


def test_a_stratums_own_limit_goes_before_that_of_each_level() -> None:
    own = replace(UNBIASED, stratum="ita-class=dark", maximum=3.0)
    assert limit_on((UNBIASED, own), Statistic.BIAS, "ita-class=dark") is own
    assert limit_on((UNBIASED, own), Statistic.BIAS, "ita-class=light") is UNBIASED
    assert limit_on((UNBIASED, own), Statistic.BIAS, EVERYBODY) is None
    wide = figure(Statistic.BIAS, "ita-class=dark", 0.5, ends=(-1.0, 2.0))
    assert within(wide, own)
    assert not within(wide, UNBIASED)
    assert within(wide, replace(UNBIASED, whole_interval=False))
    assert within(wide, None)


@given(st.lists(st.floats(-1e6, 1e6), max_size=9))
def test_a_scale_holds_every_value_and_has_a_few_round_places(values: list[float]) -> None:
    low, high, ticks = scale(values)
    assert low < high
    assert all(low <= each <= high for each in values)
    assert 1 <= len(ticks) <= 8
    assert all(low - 1e-9 <= each <= high + 1e-9 for each in ticks)
