"""The model of what a fleet takes: its arithmetic, and that it measures."""

from dataclasses import replace

import pytest

from validation.benchmarks.capacity import Assumed, Measured, measure, need

MEASURED = Measured(
    events_per_visit=20, bytes_per_event=2_000, appends_per_s=5_000, applied_per_s=2_500
)
ASSUMED = Assumed(
    visits_a_day=28.8,
    days=100,
    pairs_a_visit=5,
    pair_mb=100,
    pair_cpu_s=2,
    peak=10,
    filled=0.5,
    cores=4,
    core_month=10,
    disk_gb_month=1,
    object_gb_month=0.1,
)


def test_one_clinic_is_reckoned_by_hand() -> None:
    found = need(MEASURED, ASSUMED, 1)

    # 28.8 visits in 28,800 s of opening hours: one in 1,000 s, ten times that at the peak.
    assert found.events_a_year == pytest.approx(28.8 * 100 * 20)
    assert found.peak_events_per_s == pytest.approx(0.2)
    assert found.database_gb == pytest.approx(57_600 * 2_000 / 1e9)
    assert found.content_tb == pytest.approx(28.8 * 100 * 5 * 0.1 / 1e3)
    assert found.record_cores == pytest.approx(0.2 * (0.0002 + 0.0004))
    assert found.imaging_cores == pytest.approx(0.01 * 5 * 2)
    assert (found.servers, found.clinics_a_server) == (1, 1)
    assert found.month == pytest.approx(40 + 0.1152 + 1_440 * 0.1)


def test_a_fleet_is_spread_over_servers_whole_clinics_each() -> None:
    found = need(MEASURED, ASSUMED, 1_000)

    # 100 cores of measuring, at two busy cores a server.
    assert found.servers == 51
    assert found.databases == found.clinics  # each its own log
    assert found.clinics_a_server == 20
    assert found.servers * found.clinics_a_server >= found.clinics


def test_slower_machines_need_more() -> None:
    slow = replace(MEASURED, appends_per_s=50, applied_per_s=25)

    assert need(slow, ASSUMED, 1_000).servers > need(MEASURED, ASSUMED, 1_000).servers


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_it_measures_what_it_reckons_with(kind: str) -> None:
    found = measure(600, kind)

    assert 5 < found.events_per_visit < 100
    assert 500 < found.bytes_per_event < 100_000
    assert found.appends_per_s > 0
    assert found.applied_per_s > 0
