"""Cases that are handed in: few enough, and those of the plan."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.studies import submitted
from adapters.studies.case_file import decode_cases, encode_cases
from adapters.studies.evaluation import evaluate
from adapters.studies.observations import (
    Case,
    Cases,
    Classified,
    Measured,
    Place,
    Quantity,
    Sampled,
    Segmented,
    Withheld,
)
from adapters.studies.submitted import read_submitted, require_bounded, require_of_plan
from domain.errors import MalformedInput, RuleViolation
from domain.values.claim import EvidenceSource
from domain.values.study import EVERYBODY, Factor, Statistic, StudyLimit
from domain.values.study_figures import first_difference
from tests.domain.values.test_study import PLAN

DARK = {Factor.ITA_CLASS: "dark"}
MEASURED = Measured(output=PLAN.output, unit=PLAN.unit, method=PLAN.method, evidence=PLAN.evidence)


def quantity(case: str = "a", factors: Mapping[Factor, str] = DARK, value: float = 1.0) -> Quantity:
    return Quantity(case=case, factors=factors, repeats=(value, 2.0), reference=None)


def of(*cases: Case, measured: Measured | None = None, classes: tuple[str, ...] = ()) -> Cases:
    return Cases(cases=cases, measured=measured, classes=classes)


def limit(statistic: Statistic) -> StudyLimit:
    return StudyLimit(
        statistic=statistic, stratum=EVERYBODY, minimum=0.5, maximum=None, whole_interval=False
    )


def test_cases_of_the_plan_are_read_as_they_were_written() -> None:
    for measured in (None, MEASURED):
        cases = of(quantity("a"), quantity("b"), measured=measured)
        assert read_submitted(encode_cases(cases), PLAN) == cases


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"output": "ita-class"}, "output of the cases is ita-class, that of the plan ita"),
        ({"unit": "rad"}, "unit of the cases is rad, that of the plan deg"),
        ({"method": "skin-colour/2"}, "method of the cases is skin-colour/2"),
        ({"evidence": EvidenceSource.DEPTH}, "evidence of the cases is depth"),
    ],
)
def test_what_was_not_measured_as_the_plan_says_is_refused(
    changed: dict[str, str], said: str
) -> None:
    cases = of(quantity(), measured=replace(MEASURED, **changed))  # type: ignore[arg-type]
    with pytest.raises(RuleViolation, match=said) as refused:
        require_of_plan(PLAN, cases)
    assert refused.value.rule == "study.measured"


MASK = Segmented(case="a", factors=DARK, found=2, there=2, common=1)
HEAD = Sampled(case="a", factors=DARK, places=(Place(repeats=(1.0,), reference=1.0),))
SAID = Classified(case="a", factors=DARK, said=0, true=1)


@pytest.mark.parametrize(
    ("case", "classes", "statistic", "fits"),
    [
        (MASK, (), Statistic.DICE, True),
        (MASK, (), Statistic.RMS, False),
        (HEAD, (), Statistic.RMS, True),
        (HEAD, (), Statistic.ICC_2_1, False),
        (quantity(), (), Statistic.ICC_2_1, True),
        (quantity(), (), Statistic.KAPPA, False),
        (SAID, ("no", "yes"), Statistic.SENSITIVITY, True),
        (SAID, ("no", "some", "much"), Statistic.SENSITIVITY, False),
        (SAID, ("no", "some", "much"), Statistic.KAPPA, True),
        (MASK, (), Statistic.CASES, True),
        (Withheld(case="a", factors=DARK, why="too dark"), (), Statistic.DICE, True),
    ],
)
def test_cases_of_which_no_limit_can_be_asked_are_refused(
    case: Case, classes: tuple[str, ...], statistic: Statistic, *, fits: bool
) -> None:
    plan = replace(PLAN, limits=(limit(statistic),))
    if fits:
        require_of_plan(plan, of(case, classes=classes))
        return
    with pytest.raises(RuleViolation, match=f"none of {statistic} can be worked out") as refused:
        require_of_plan(plan, of(case, classes=classes))
    assert refused.value.rule == "study.kind"


def test_a_division_that_no_case_has_a_level_of_is_refused() -> None:
    plan = replace(PLAN, strata=(Factor.ITA_CLASS, Factor.LIGHTING))
    with pytest.raises(RuleViolation, match="divides by lighting, and no case says") as refused:
        require_of_plan(plan, of(quantity()))
    assert refused.value.rule == "study.strata"
    limits = (*PLAN.limits, replace(limit(Statistic.SD), stratum="lighting=dim"))
    require_of_plan(replace(plan, limits=limits), of(quantity()))  # the limit is not met
    some = quantity("b", DARK | {Factor.LIGHTING: "dim"})
    require_of_plan(plan, of(quantity(), some))


def test_a_case_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(RuleViolation, match="a stands there 2 times") as refused:
        require_of_plan(PLAN, of(quantity(), quantity("b"), quantity(value=3.0)))
    assert refused.value.rule == "study.case-once"


def test_what_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitted, "MOST_BYTES", 10)
    with pytest.raises(MalformedInput, match=r"study\.size: the cases are 11 bytes, at most 10"):
        read_submitted(b"no cases at", PLAN)


@pytest.mark.parametrize(
    ("most", "said"),
    [
        ({"MOST_CASES": 1}, "2 cases are more than 1"),
        ({"MOST_VALUES": 5}, "6 measurements are more than 5"),
        ({"MOST_LEVELS": 1}, "2 levels of ita-class are more than 1"),
        ({"MOST_CLASSES": 1}, "2 classes are more than 1"),
        ({"LONGEST_WORD": 4}, "5 characters of one word are more than 4"),
        ({"LARGEST_VALUE": 2.5}, "b holds a value beyond 2.5"),
    ],
)
def test_more_than_is_worked_out_in_a_request_is_refused(
    monkeypatch: pytest.MonkeyPatch, most: dict[str, float], said: str
) -> None:
    other = quantity("b", {Factor.ITA_CLASS: "light"}, -3.0)
    cases = of(quantity(), other, classes=("no", "yes"))
    require_bounded(cases)
    for name, value in most.items():
        monkeypatch.setattr(submitted, name, value)
    with pytest.raises(MalformedInput, match=f"study.size: {said}"):
        require_bounded(cases)


def test_places_and_their_references_are_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    head = replace(HEAD, places=(*HEAD.places, Place(repeats=(1.0,), reference=-5.0)))
    monkeypatch.setattr(submitted, "MOST_VALUES", 3)
    with pytest.raises(MalformedInput, match="4 measurements are more than 3"):
        require_bounded(of(head))
    monkeypatch.undo()
    monkeypatch.setattr(submitted, "LARGEST_VALUE", 4.0)
    with pytest.raises(MalformedInput, match="a holds a value beyond 4"):
        require_bounded(of(head))
    require_bounded(of(MASK))


values = st.floats(-submitted.LARGEST_VALUE, submitted.LARGEST_VALUE) | st.sampled_from(
    [0.0, 1.0, 1e-160, 5e-324, -1e9, 1e9]
)


@given(
    st.integers(2, 3).flatmap(
        lambda repeats: st.lists(
            st.tuples(st.tuples(*[values] * repeats), st.none() | values), min_size=1, max_size=6
        )
    )
)
def test_whatever_is_within_the_bounds_is_worked_out(
    drawn: list[tuple[tuple[float, ...], float | None]],
) -> None:
    quantities = of(
        *(
            Quantity(case=str(number), factors=DARK, repeats=repeats, reference=reference)
            for number, (repeats, reference) in enumerate(drawn)
        )
    )
    heads = of(
        *(
            Sampled(
                case=str(number),
                factors=DARK,
                places=(Place(repeats=repeats, reference=reference or 0.0),) * 2,
            )
            for number, (repeats, reference) in enumerate(drawn)
        )
    )
    for cases in (quantities, heads):
        require_bounded(cases)
        figures = evaluate(PLAN, cases)
        assert figures[0].cases == len(drawn)
        assert first_difference(evaluate(PLAN, decode_cases(encode_cases(cases))), figures) is None
