"""Results of colour calibrations: what cannot be is refused, what is missed is named."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import MalformedInput
from domain.values.colour import PatchColour, colour_misses
from tests.builders import a_colour_record, device_time


def test_a_record_that_meets_its_limits_misses_nothing() -> None:
    assert colour_misses(a_colour_record()) == ()


@pytest.mark.verifies("REQ-IN-092")
def test_every_limit_that_is_missed_is_named_with_its_numbers() -> None:
    record = a_colour_record()
    unseen = PatchColour(patch=0, before=None, after=None, held_out=None, repeatability=None)
    worse = replace(
        record,
        mean_after=1.6,
        worst_after=4.1,
        held_out_mean=2.25,
        patches=(unseen,) * 4 + record.patches[4:],
        valid_until=device_time(60 * 24 * 90),
    )
    assert colour_misses(worse) == (
        "the mean difference after correction of 1.60 dE00 is above 1.5",
        "the largest difference after correction of 4.10 dE00 is above 4",
        "the mean difference of held-out patches of 2.25 dE00 is above 2",
        "20 patches could be measured, fewer than 22",
        "it claims to be valid for 90 days, more than 30",
    )


@pytest.mark.parametrize(
    "impossible",
    [
        {"mean_after": -0.1},
        {"worst_after": float("nan")},
        {"held_out_mean": float("inf")},
        {"reasons": ("something",)},
        {"passed": False},
        {"valid_until": device_time(-8)},
    ],
)
def test_what_cannot_be_is_refused(impossible: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        replace(a_colour_record(), **impossible)
