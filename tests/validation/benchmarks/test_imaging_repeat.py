"""Repeatability: what is pooled, and that a sitting is another sitting of the same person."""

import math

import numpy as np
import pytest

from adapters.inference.skin_repeatability import Spread
from device.simulation.scene import Subject
from validation.benchmarks.imaging_repeat import (
    Said,
    differences_told,
    grain,
    relative_sd,
    sitting,
    upper_factor,
)


def test_people_differ_without_adding_to_what_varies_within_them() -> None:
    assert relative_sd([[10.0, 12.0], [110.0, 112.0]]) == pytest.approx(np.sqrt(2.0) / 61.0)
    assert relative_sd([[5.0, 5.0, 5.0]]) == 0.0
    assert math.isnan(relative_sd([[0.0, 0.0]]))


def test_a_grain_is_what_comes_and_goes_at_once() -> None:
    rng = np.random.default_rng(5)
    people = [list(3.0 * rng.poisson(mean, 400)) for mean in (2.0, 40.0)]
    assert grain(people) == pytest.approx(3.0, rel=0.1)
    assert Spread(grain=3.0).standard(120.0) == pytest.approx(3.0 * math.sqrt(40.5))
    assert math.isnan(grain([[0.0, 0.0]]))


def test_few_people_may_show_too_small_a_spread() -> None:
    assert upper_factor(18) == pytest.approx(1.385, abs=0.001)  # χ²(18) exceeds 9.390 in 95 %
    assert upper_factor(1800) == pytest.approx(1.0, abs=0.05)


def test_a_difference_is_told_beyond_the_uncertainty_of_both() -> None:
    said = [Said(value=each, expanded=3.0) for each in (10.0, 14.0, 14.5)]
    assert differences_told([said]) == [False, True, False]
    assert differences_told([[Said(value=1.0, expanded=None), said[0]]]) == []


def test_a_person_sits_down_anew_each_time_and_the_same_way_in_every_run() -> None:
    subject = Subject(identity_seed=7501)
    times = [sitting(subject, number) for number in range(4)]
    assert len({each.distance_mm for each in times}) == len(times)
    assert times[2] == sitting(subject, 2)
    assert all(each.subject == subject for each in times)
    assert all(0.8 < zone.drive <= 1.0 for each in times for zone in each.light.zones.values())
