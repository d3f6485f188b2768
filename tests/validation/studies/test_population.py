"""Who is measured on the simulated station, and what each case is."""

from pathlib import Path

import pytest

from adapters.studies.evaluation import evaluate
from adapters.studies.observations import Classified, Quantity, Sampled, Segmented, Withheld
from device.simulation.identity import TypologyClass
from device.simulation.rig import PREVIEW, Resolution
from domain.values.study import EVERYBODY, Factor, Statistic
from validation.studies.plans import DEPTH, PLANS, REDNESS, TONE_CLASS
from validation.studies.population import SEEN_IN_DEVELOPMENT, Population
from validation.studies.simulated import (
    MEASURE,
    depth_cases,
    redness_cases,
    skin_tone_cases,
    tone_class_cases,
)

HALF = Resolution(columns=760, rows=1014)


def silent(_text: str) -> None:
    """Say nothing."""


def test_every_case_has_a_head_of_its_own_and_knows_its_strata() -> None:
    sitters = list(Population(people=2).sitters())
    assert len(sitters) == 6 * 2 * 2
    assert len({each.name for each in sitters}) == len(sitters)
    seeds = {each.subject.identity_seed for each in sitters}
    assert len(seeds) == len(sitters)
    assert not seeds & SEEN_IN_DEVELOPMENT
    for each in sitters:
        assert each.factors().keys() == set(Factor)
        assert each.factors()[Factor.LIGHTING] == each.light
    monk = [int(each.factors()[Factor.MONK]) for each in sitters[:12:2]]
    assert monk == sorted(monk)  # classes stand from light to dark
    assert monk[0] < monk[-1]
    assert list(Population(people=2).sitters()) == sitters


def test_every_plan_that_comes_with_the_product_is_measured_out_of_the_box() -> None:
    assert {plan.output for plan in PLANS.values()} == MEASURE.keys()
    assert len({plan.name for plan in PLANS.values()}) == len(PLANS)
    asked = {limit.statistic for plan in PLANS.values() for limit in plan.limits}
    assert {Statistic.DICE, Statistic.KAPPA, Statistic.ICC_2_1, Statistic.SEM} <= asked


@pytest.mark.slow
def test_a_head_is_one_case_of_depth_and_of_tone(tmp_path: Path) -> None:
    light = Population(
        people=1, repeats=2, resolution=PREVIEW, tones=(TypologyClass.LIGHT,), cache=tmp_path
    )
    deep = depth_cases(light, silent)
    (head,) = deep.cases
    assert isinstance(head, Sampled)
    assert len(head.places) == 40
    assert all(len(place.repeats) == 2 for place in head.places)
    counted = {each.stratum: each.cases for each in evaluate(DEPTH, deep)}
    assert counted[EVERYBODY] == 1
    assert deep.origin is not None
    assert "seed 2026" in deep.origin.source

    tones = skin_tone_cases(light, silent)
    assert [type(each) for each in tones.cases] == [Quantity, Quantity]  # one for each light
    classes = tone_class_cases(light, silent)
    for each in classes.cases:
        assert isinstance(each, Classified)
        assert classes.classes[each.true] == "light"
        assert abs(each.said - each.true) <= 1
    figures = evaluate(TONE_CLASS, classes)
    assert {each.stratum for each in figures} >= {"lighting=standard", "lighting=warm"}


@pytest.mark.slow
def test_redness_overlaps_what_was_painted_and_is_withheld_on_dark_skin(tmp_path: Path) -> None:
    population = Population(
        people=1,
        repeats=2,
        resolution=HALF,
        tones=(TypologyClass.LIGHT, TypologyClass.DARK),
        cache=tmp_path,
    )
    cases = redness_cases(population, silent)
    light, dark = cases.cases
    assert isinstance(light, Segmented)
    assert 2 * light.common / (light.found + light.there) > 0.5
    assert isinstance(dark, Withheld)
    assert dark.why.startswith("model.")
    found = {(each.statistic, each.stratum): each.cases for each in evaluate(REDNESS, cases)}
    assert found[Statistic.CASES, "ita-class=dark"] == 1
