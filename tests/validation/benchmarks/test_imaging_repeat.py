"""Repeatability: what is pooled, and that a sitting is another sitting of the same person."""

import numpy as np
import pytest

from device.simulation.scene import Subject
from validation.benchmarks.imaging_repeat import relative_sd, sitting


def test_people_differ_without_adding_to_what_varies_within_them() -> None:
    assert relative_sd([[10.0, 12.0], [110.0, 112.0]]) == pytest.approx(np.sqrt(2.0) / 61.0)
    assert relative_sd([[5.0, 5.0, 5.0]]) == 0.0
    assert relative_sd([]) is None
    assert relative_sd([[0.0, 0.0]]) is None


def test_a_person_sits_down_anew_each_time_and_the_same_way_in_every_run() -> None:
    subject = Subject(identity_seed=7501)
    times = [sitting(subject, number) for number in range(4)]
    assert len({each.distance_mm for each in times}) == len(times)
    assert times[2] == sitting(subject, 2)
    assert all(each.subject == subject for each in times)
    assert all(0.8 < zone.drive <= 1.0 for each in times for zone in each.light.zones.values())
