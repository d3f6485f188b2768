"""Tests of whether two captures may be compared."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import MalformedInput
from domain.rules.comparability import compare_captures
from domain.values.comparability import ComparabilityVerdict, PairLimits
from domain.values.identifiers import CalibrationId, ProtocolId
from tests.claim_builders import PAIR_LIMITS, capture_facts

EARLIER = capture_facts()
LATER = capture_facts(minutes=60)
OTHER_CALIBRATION = CalibrationId.derived("another")


def found(later: Any) -> list[str]:  # noqa: ANN401 - facts, changed
    return [each.what for each in compare_captures(EARLIER, later, PAIR_LIMITS).against]


@pytest.mark.verifies("DRV-15")
def test_captures_that_are_alike_compare_and_everything_looked_at_is_told() -> None:
    verdict = compare_captures(EARLIER, LATER, PAIR_LIMITS)
    assert verdict.comparable
    assert verdict.against == ()
    assert [each.what for each in verdict.differences] == [
        "time",
        "view",
        "protocol",
        "device",
        "device model",
        "cameras",
        "calibration lineage",
        "distance",
        "turn",
        "tilt",
        "roll",
        "exposure",
        "light",
        "polarisation",
        "expression",
        "make-up",
    ]


@pytest.mark.verifies("DRV-15")
@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"taken_at": EARLIER.taken_at}, ["time"]),
        ({"view": "left-oblique"}, ["view"]),
        ({"protocol": ProtocolId.derived("another")}, ["protocol"]),
        ({"device_serial": "ST-2"}, ["device"]),
        ({"device_model": "VX-2"}, ["device model"]),
        ({"cameras": ("L", "X")}, ["cameras"]),
        ({"calibration": None}, ["calibration lineage"]),
        ({"calibration_holds": False}, ["calibration lineage"]),
        ({"distance_mm": 465.5}, ["distance"]),
        ({"distance_mm": None}, ["distance"]),
        ({"turn_deg": -4.5}, ["turn"]),
        ({"tilt_deg": None}, ["tilt"]),
        ({"roll_deg": 6.0}, ["roll"]),
        ({"exposure_us": 9700.0}, ["exposure"]),
        ({"exposure_us": None}, ["exposure"]),
        ({"cct_k": 5301.0}, ["light"]),
        ({"polarised": True}, ["polarisation"]),
        ({"polarised": None}, ["polarisation"]),
        ({"neutral_expression": False}, ["expression"]),
        ({"makeup": "light"}, ["make-up"]),
    ],
)
def test_each_thing_that_differs_is_named(change: dict[str, Any], what: list[str]) -> None:
    assert found(replace(LATER, **change)) == what


@pytest.mark.verifies("DRV-15")
def test_a_difference_tells_both_values_and_the_limit() -> None:
    verdict = compare_captures(EARLIER, replace(LATER, distance_mm=480.0), PAIR_LIMITS)
    assert not verdict.comparable
    (distance,) = verdict.against
    assert str(distance) == "distance: 450.0 mm then, 480.0 mm now (at most 15 mm apart)"


@pytest.mark.verifies("DRV-16")
def test_a_new_calibration_with_the_same_target_continues_the_lineage() -> None:
    assert found(replace(LATER, calibration=OTHER_CALIBRATION)) == []
    changes: list[dict[str, Any]] = [
        {"calibration_target": "T-2"},
        {"lens_configuration": "25 mm"},
    ]
    for change in changes:
        renewed = replace(LATER, calibration=OTHER_CALIBRATION, **change)
        assert found(renewed) == ["calibration lineage"]
    without_target = replace(EARLIER, calibration_target=None, lens_configuration=None)
    renewed = replace(LATER, calibration=OTHER_CALIBRATION)
    assert not compare_captures(without_target, renewed, PAIR_LIMITS).comparable


def test_what_is_known_of_neither_capture_is_not_alike() -> None:
    unknown: dict[str, Any] = {"device_serial": None, "cameras": (), "polarised": None}
    against = compare_captures(
        replace(EARLIER, **unknown), replace(LATER, **unknown), PAIR_LIMITS
    ).against
    assert [each.what for each in against] == ["device", "cameras", "polarisation"]


def test_limits_that_nothing_meets_and_verdicts_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(MalformedInput):
        PairLimits(distance_mm=0, pose_deg=5, exposure_ratio=1.2, cct_k=300, days=731)
    with pytest.raises(MalformedInput):
        PairLimits(distance_mm=15, pose_deg=5, exposure_ratio=0.9, cct_k=300, days=731)
    differences = compare_captures(EARLIER, LATER, PAIR_LIMITS).differences
    with pytest.raises(MalformedInput):
        ComparabilityVerdict(comparable=False, differences=differences)
