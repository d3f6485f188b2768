"""Light on the grey target: drift of level and of pattern are told apart, misses are named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.values.light_field import ZoneDrift, ZoneField, field_misses
from tests.builders import a_light_field, a_zone_field, device_time

levels = st.lists(st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3), min_size=3, max_size=3)


def a_field(given_levels: list[list[float]], factor: float = 1.0) -> ZoneField:
    return ZoneField(
        zone="left", levels=tuple(tuple(level * factor for level in row) for row in given_levels)
    )


@given(levels, st.floats(0.1, 10.0))
def test_leds_that_fade_change_the_level_and_not_the_pattern(
    before: list[list[float]], factor: float
) -> None:
    level, pattern = a_field(before, factor).drift_from(a_field(before))
    assert level == pytest.approx(factor - 1, abs=1e-9)
    assert pattern == pytest.approx(0, abs=1e-9)


def test_a_diffuser_with_a_spot_changes_the_pattern_most() -> None:
    even = [[0.5] * 3] * 3
    spotted = [[0.5] * 3, [0.5, 0.4, 0.5], [0.5] * 3]
    level, pattern = a_field(spotted).drift_from(a_field(even))
    assert level == pytest.approx(-0.1 / 4.5)
    assert pattern == pytest.approx(1 - 0.8 / (1 - 0.1 / 4.5))


def test_fields_of_other_parts_and_without_light_are_refused() -> None:
    with pytest.raises(MalformedInput, match="same parts"):
        a_field([[0.5, 0.5]]).drift_from(a_field([[0.5], [0.5]]))
    nothing: tuple[list[list[float]], ...] = ([[0.0]], [[]], [])
    for dark in nothing:
        with pytest.raises(MalformedInput, match="above 0"):
            a_field(dark)


@pytest.mark.verifies("REQ-IN-090")
def test_every_limit_that_is_missed_is_named_with_its_numbers() -> None:
    assert field_misses(a_light_field()) == ()
    assert field_misses(a_light_field(baseline=device_time(-90))) == ()
    worse = replace(
        a_light_field(baseline=device_time(-90)),
        together=ZoneField(zone="all", levels=((0.5, 0.2),)),
        drift=(
            ZoneDrift(zone="left", level=-0.2, pattern=0.01),
            ZoneDrift(zone="right", level=0.02, pattern=0.08),
        ),
        cct_k=5900.0,
        duv=-0.012,
    )
    assert field_misses(worse) == (
        "the darkest part has 0.40 of the lightest, allowed is 0.6",
        "zone left: its light changed by -20.0%, allowed is 10%",
        "zone right: its field changed by 8.0% in a part, allowed is 5%; look at the diffuser",
        "the colour temperature changed by +300 K, allowed is 200 K",
        "the light is -0.0120 from white, allowed is 0.01",
    )


def test_a_pass_with_reasons_against_is_refused() -> None:
    with pytest.raises(MalformedInput):
        replace(a_light_field(), passed=False)
    assert a_zone_field("left").uniformity == pytest.approx(0.95)
