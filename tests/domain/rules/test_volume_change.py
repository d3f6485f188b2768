"""Tests of what may be said about a change of volume."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.errors import MalformedInput
from domain.events.volume_change import VolumeChangeRepeated
from domain.rules.volume_change import (
    VOLUME_CHANGE,
    judge_region,
    record_change,
    record_repeat,
    withhold_unseen,
)
from domain.values.facial_region import FacialRegion
from domain.values.volume_change import ChangeVerdict
from tests.builders import a_digest
from tests.claim_builders import (
    LIMITS,
    UNCERTAINTY,
    a_change,
    a_claim,
    a_region_change,
)
from tests.given import given

CLAIM = a_claim()
CHANGE = a_change(a_region_change())
REPEATED = VolumeChangeRepeated(
    outcome="identical", evidence="every byte", platform=a_digest("platform")
)
record = partial(record_change, claim=CLAIM)
judge = partial(judge_region, LIMITS, CLAIM, uncertainty=UNCERTAINTY, area_mm2=1200.0)


@pytest.mark.verifies("DRV-16")
def test_a_pair_is_recorded_once() -> None:
    given(VOLUME_CHANGE).when(partial(record, measured=CHANGE)).then(CHANGE)
    given(VOLUME_CHANGE, CHANGE).when(partial(record, measured=CHANGE)).then()


@pytest.mark.verifies("DRV-16")
@pytest.mark.parametrize(
    ("measured", "rule"),
    [
        (a_change(a_region_change(), distance_mm=480.0), "volume.comparable"),
        (a_change(a_region_change(), residual_mm=0.31), "volume.registration-residual"),
        (a_change(), "volume.regions"),
        (a_change(replace(a_region_change(), region=FacialRegion.CHIN)), "volume.regions"),
        (replace(CHANGE, findings=()), "volume.findings"),
    ],
)
def test_what_a_claim_does_not_bear_is_refused(measured: Any, rule: str) -> None:  # noqa: ANN401
    given(VOLUME_CHANGE).when(partial(record, measured=measured)).refuses(rule)


def test_a_repeat_stands_beside_what_was_measured() -> None:
    repeat = partial(record_repeat, repeated=REPEATED)
    given(VOLUME_CHANGE).when(repeat).refuses("volume.measured")
    when = given(VOLUME_CHANGE, CHANGE, REPEATED)
    when.when(repeat).then(REPEATED)
    assert when.state.measured == CHANGE
    assert when.state.repeats == (REPEATED,)


@pytest.mark.verifies("REQ-IN-142")
@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (0.21, ChangeVerdict.INCREASE),
        (-0.21, ChangeVerdict.DECREASE),
        (0.2, ChangeVerdict.NONE_DETECTABLE),
        (-0.2, ChangeVerdict.NONE_DETECTABLE),
        (0.0, ChangeVerdict.NONE_DETECTABLE),
    ],
)
def test_no_direction_is_said_below_the_detectable_change(
    change: float, verdict: ChangeVerdict
) -> None:
    assert judge(change=change, coverage=0.9, repeats_apart=None).verdict is verdict


@pytest.mark.verifies("REQ-IN-142")
def test_an_uncertain_pair_raises_what_can_be_detected() -> None:
    vague = replace(UNCERTAINTY, expanded=0.5)
    judged = judge_region(
        LIMITS,
        CLAIM,
        change=0.45,
        uncertainty=vague,
        coverage=0.9,
        area_mm2=1200.0,
        repeats_apart=None,
    )
    assert judged.verdict is ChangeVerdict.NONE_DETECTABLE
    assert judged.minimum_detectable_change == pytest.approx(0.49)


def test_a_region_that_was_hardly_seen_is_withheld_with_the_share() -> None:
    judged = judge(change=0.5, coverage=0.69, repeats_apart=None)
    assert judged.verdict is ChangeVerdict.WITHHELD
    assert judged.reason == "69% of the region was measured in both captures, 70% are needed"


@pytest.mark.verifies("REQ-IN-142", "DRV-16")
def test_a_region_that_was_not_seen_is_withheld_with_no_more_than_the_claims_own_numbers() -> None:
    unseen = withhold_unseen(LIMITS, CLAIM)
    assert (unseen.region, unseen.unit) == (LIMITS.region, CLAIM.unit)
    assert unseen.verdict is ChangeVerdict.WITHHELD
    assert unseen.reason == "no part of the region was seen in the earlier capture"
    assert (unseen.change, unseen.coverage, unseen.area_mm2) == (0.0, 0.0, 0.0)
    assert unseen.uncertainty.expanded == 2 * LIMITS.test_retest_sd
    assert unseen.minimum_detectable_change == LIMITS.minimum_detectable_change
    measured = a_change(unseen)
    given(VOLUME_CHANGE).when(partial(record, measured=measured)).then(measured)


@pytest.mark.verifies("REQ-IN-143")
def test_a_region_whose_repeats_disagree_is_withheld() -> None:
    assert judge(change=0.5, coverage=0.9, repeats_apart=0.25).verdict is ChangeVerdict.INCREASE
    judged = judge(change=0.5, coverage=0.9, repeats_apart=0.26)
    assert judged.verdict is ChangeVerdict.WITHHELD
    assert "0.260 cm³ apart" in judged.reason


@pytest.mark.verifies("REQ-IN-160")
@pytest.mark.parametrize(
    "change",
    [
        {"change": float("nan")},
        {"coverage": 1.1},
        {"verdict": ChangeVerdict.WITHHELD},
        {"verdict": ChangeVerdict.DECREASE},
        {"change": 0.15},
    ],
)
def test_numbers_that_do_not_bear_their_verdict_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        replace(a_region_change(), **change)


@pytest.mark.verifies("DRV-17")
@pytest.mark.parametrize(
    "change",
    [
        {"depth_noise": -0.1},
        {"registration": float("inf")},
        {"expanded": 0.0},
        {"coverage_factor": 0.0},
    ],
)
def test_uncertainties_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        replace(UNCERTAINTY, **change)
