"""Tests of the verdict that follows from measurements and limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.values.quality import Limit, QualityMeasurement, QualityVerdict, Region, judge
from tests.builders import a_measurement

FOCUS = Limit(name="focus", minimum=50.0, maximum=90.0, unit="1", advice="Hold still.")
DEPTH = Limit(
    name="depth", minimum=0.85, maximum=None, unit="1", advice="Move hair.", stereo_only=True
)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "acceptable"),
    [(49.999, False), (50.0, True), (70.0, True), (90.0, True), (90.001, False)],
)
def test_a_value_on_the_bound_is_acceptable(value: float, *, acceptable: bool) -> None:
    verdict = judge((a_measurement("focus", value),), (FOCUS,), stereo=False)
    assert verdict.acceptable is acceptable


@given(value=numbers, bounds=st.tuples(numbers, numbers).map(sorted))
def test_a_verdict_follows_from_the_numbers_alone(value: float, bounds: list[float]) -> None:
    low, high = bounds
    limit = Limit(name="focus", minimum=low, maximum=high, unit="1", advice="")
    verdict = judge((a_measurement("focus", value),), (limit,), stereo=False)
    assert verdict.acceptable == (low <= value <= high)
    assert [each.value for each in verdict.reasons] == ([] if verdict.acceptable else [value])


def test_a_limit_nobody_measured_or_measured_in_another_unit_is_missed() -> None:
    for measurements in ((), (a_measurement("focus", 70.0, "px"),), (a_measurement("other"),)):
        (reason,) = judge(measurements, (FOCUS,), stereo=False).reasons
        assert (reason.name, reason.value, reason.advice) == ("focus", None, "Hold still.")


def test_a_stereo_limit_applies_to_stereo_only() -> None:
    assert judge((), (DEPTH,), stereo=False).acceptable
    assert not judge((), (DEPTH,), stereo=True).acceptable


def test_every_missed_limit_is_a_reason_with_the_region_that_failed() -> None:
    region = Region(frame="left", x_px=10, y_px=20, width_px=30, height_px=40)
    blurred = QualityMeasurement(
        name="focus", value=10.0, unit="1", method="focus/1", region=region
    )
    verdict = judge((blurred,), (FOCUS, DEPTH), stereo=True)
    assert [each.name for each in verdict.reasons] == ["focus", "depth"]
    assert [each.region for each in verdict.reasons] == [region, None]


@pytest.mark.parametrize(
    ("minimum", "maximum"), [(None, None), (2.0, 1.0), (math.nan, 1.0), (1.0, math.nan)]
)
def test_a_limit_that_limits_nothing_is_refused(
    minimum: float | None, maximum: float | None
) -> None:
    with pytest.raises(MalformedInput):
        Limit(name="focus", minimum=minimum, maximum=maximum, unit="1", advice="")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_measurement_is_a_finite_number(value: float) -> None:
    with pytest.raises(MalformedInput):
        a_measurement("focus", value)


def test_the_smallest_region_is_one_pixel_in_the_corner() -> None:
    assert Region(frame="left", x_px=0, y_px=0, width_px=1, height_px=1).frame == "left"


def test_a_verdict_does_not_contradict_its_reasons() -> None:
    missed = judge((), (FOCUS,), stereo=False)
    with pytest.raises(MalformedInput):
        QualityVerdict(acceptable=True, reasons=missed.reasons)
    with pytest.raises(MalformedInput):
        QualityVerdict(acceptable=False, reasons=())
