"""Tests of what stands exactly on a limit of a calibration or of the light."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.values.calibration import CalibrationRecord
from domain.values.protocol import CalibrationLimits
from domain.values.station import Station, illumination_gate, misses
from domain.values.time import DeviceTime
from tests.builders import (
    a_calibration_record,
    a_configuration,
    a_protocol_content,
    an_illumination_record,
)

LIMITS = CalibrationLimits(
    reprojection_error_px=0.25,
    epipolar_error_px=0.25,
    baseline_tolerance_mm=0.25,
    valid_days=30,
    illumination_valid_hours=12,
)
STARTED = a_calibration_record().performed_at
ON_EVERY_BOUND = replace(
    a_calibration_record(),
    reprojection_error_px=0.25,
    epipolar_error_px=0.25,
    baseline_mm=80.25,
    valid_until=STARTED.plus(timedelta(days=30)),
)


@pytest.mark.verifies("REQ-IN-080")
def test_a_calibration_on_every_bound_misses_none() -> None:
    assert misses(ON_EVERY_BOUND, a_configuration(), LIMITS) == ()


@pytest.mark.verifies("REQ-IN-080")
@pytest.mark.parametrize(
    ("record", "word"),
    [
        (replace(ON_EVERY_BOUND, reprojection_error_px=0.2501), "reprojection"),
        (replace(ON_EVERY_BOUND, epipolar_error_px=0.2501), "epipolar"),
        (replace(ON_EVERY_BOUND, baseline_mm=80.2501), "baseline"),
        (replace(ON_EVERY_BOUND, baseline_mm=79.7499), "baseline"),
        (
            replace(ON_EVERY_BOUND, valid_until=DeviceTime(ON_EVERY_BOUND.valid_until.us + 1)),
            "days",
        ),
    ],
)
def test_a_calibration_just_beyond_a_bound_misses_that_one(
    record: CalibrationRecord, word: str
) -> None:
    (missed,) = misses(record, a_configuration(), LIMITS)
    assert word in missed


@pytest.mark.verifies("REQ-IN-086")
def test_light_is_relied_on_up_to_the_very_end_of_its_hours() -> None:
    lit = Station(illumination=an_illumination_record())
    limits = a_protocol_content().calibration
    end = an_illumination_record().performed_at.plus(timedelta(hours=12))
    assert illumination_gate(lit, at=end, limits=limits).passed
    assert not illumination_gate(lit, at=DeviceTime(end.us + 1), limits=limits).passed
