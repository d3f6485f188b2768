"""How numbers, times and verdicts are written."""

import pytest

from adapters.reports import wording
from adapters.reports.identity import Moment
from adapters.reports.results import ComparedQuantity
from domain.values.time import Instant


@pytest.mark.verifies("DRV-17")
@pytest.mark.parametrize(
    ("value", "uncertainty", "written"),
    [
        (60.4837, 1.416, "60.5"),
        (60.4837, 0.0996, "60.48"),
        (60.4837, 0.104, "60.48"),
        (60.4837, 9.96, "60"),
        (1234.6, 118.0, "1230"),
        (-30.25, 4.07, "−30.2"),
        (-0.01, 1.4, "0.0"),
        (0.0, None, "0"),
        (451.2, None, "451"),
        (8.333, None, "8.33"),
        (0.11749, None, "0.117"),
        (79998.2, None, "79998"),
        (9.999, None, "10.0"),
    ],
)
def test_a_value_is_written_to_the_place_of_its_uncertainty(
    value: float, uncertainty: float | None, written: str
) -> None:
    assert wording.number(value, uncertainty) == written


@pytest.mark.parametrize(
    ("uncertainty", "written"), [(1.416, "± 1.4 (k = 2)"), (9.96, "± 10 (k = 2)"), (None, "")]
)
def test_an_uncertainty_has_two_significant_digits(uncertainty: float | None, written: str) -> None:
    assert wording.expanded(uncertainty, None if uncertainty is None else 2.0) == written


@pytest.mark.parametrize(
    ("offset_min", "written"),
    [
        (660, "1 January 2027, 10:30:00 UTC+11:00"),
        (-210, "31 December 2026, 20:00:00 UTC−03:30"),
        (0, "31 December 2026, 23:30:00 UTC+00:00"),
    ],
)
def test_a_time_is_the_wall_clock_with_its_offset(offset_min: int, written: str) -> None:
    instant = Instant.parse("2026-12-31T23:30:00.000000Z")
    at = Moment(instant=instant, utc_offset_min=offset_min, zone="somewhere")
    assert wording.moment(at) == written


@pytest.mark.parametrize(
    ("now", "written"),
    [
        (13.0, "+3.0 mm"),
        (7.0, "−3.0 mm"),
        (10.9, "No change that this system can detect"),
        (9.1, "No change that this system can detect"),
    ],
)
def test_a_change_is_one_only_when_it_can_be_detected(now: float, written: str) -> None:
    quantity = ComparedQuantity(
        label="Height", unit="mm", earlier=10.0, now=now, detectable_change=1.0
    )
    assert wording.change(quantity) == written
