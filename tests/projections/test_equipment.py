"""Stations: what is mounted, which calibration is in force, and what somebody should know."""

from functools import partial

import pytest

from domain.events import equipment as stations
from domain.rules import equipment
from domain.values.identifiers import DeviceId
from projections.equipment import calibration_in_force, device, devices, last_sequence
from projections.rows import Row
from tests.builders import DEVICE, QUALITY_MANAGER, SERIALS, a_configuration
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.screens import Screens
from tests.projections.visits import a_visit


@pytest.fixture
def clinic() -> Clinic:
    """Return a clinic with one calibrated station."""
    return a_clinic()


@pytest.fixture
def screens(clinic: Clinic) -> Screens:
    """Return its screens."""
    return Screens(clinic)


def station(screens: Screens) -> Row:
    """Return the station as it is shown."""
    found = screens(device, DEVICE)
    assert found is not None
    return found


def test_a_station_shows_what_runs_and_is_mounted(clinic: Clinic, screens: Screens) -> None:
    found = station(screens)
    assert (found["serial"], found["model"], found["public_key"]) == (
        "ST-0001",
        "Portal M1",
        "00ff",
    )
    assert found["configuration"]["firmware"] == a_configuration().firmware
    assert [each["serial"] for each in found["configuration"]["cameras"]] == list(SERIALS)
    assert (found["quarantine"], found["clock_offset_ms"]) == (None, None)
    assert found["version"] == 5
    assert [row["device"] for row in screens(devices)] == [DEVICE]
    assert screens(device, DeviceId.derived("unknown")) is None


@pytest.mark.verifies("REQ-IN-203")
def test_calibrations_are_kept_newest_first_with_what_became_of_each(
    clinic: Clinic, screens: Screens
) -> None:
    (first,) = station(screens)["calibrations"]
    assert (first["record"]["passed"], first["locked_by"]) == (True, QUALITY_MANAGER)
    assert first["cameras"] == list(SERIALS)
    failed, waiting = clinic.calibrate(passed=False), clinic.calibrate()
    rows = station(screens)["calibrations"]
    assert [row["calibration"] for row in rows] == [
        waiting.calibration,
        failed.calibration,
        first["calibration"],
    ]
    assert [row["record"]["passed"] for row in rows] == [True, False, True]
    assert [row["locked_at"] is not None for row in rows] == [False, False, True]
    assert rows[1]["record"]["reasons"] == ["reprojection error 0.90 px is above 0.30 px"]


@pytest.mark.verifies("REQ-IN-137")
def test_a_calibration_has_its_views_and_those_left_out(clinic: Clinic, screens: Screens) -> None:
    made = clinic.calibrate()
    clinic.views(made.calibration)
    newest, first = station(screens)["calibrations"]
    assert [view["used"] for view in newest["views"]["views"]] == [True, True, False]
    assert first["views"] is None


@pytest.mark.verifies("REQ-IN-088", "REQ-IN-090")
def test_light_on_the_grey_target_is_kept(clinic: Clinic, screens: Screens) -> None:
    clinic.light_field()
    (row,) = station(screens)["light_fields"]
    assert (row["record"]["cct_k"], row["record"]["baseline"]) == (5590.0, None)


@pytest.mark.verifies("REQ-IN-092")
def test_colour_calibrations_are_kept_newest_first(clinic: Clinic, screens: Screens) -> None:
    clinic.colour()
    clinic.colour(passed=False)
    rows = station(screens)["colour"]
    assert [row["record"]["passed"] for row in rows] == [False, True]
    assert rows[0]["record"]["chart"]["certificate"] == "CERT-7"
    assert len(rows[0]["record"]["patches"]) == 24


def test_the_calibration_in_force_is_the_one_locked_last(clinic: Clinic, screens: Screens) -> None:
    first, second = clinic.calibrate().calibration, clinic.calibrate().calibration
    clinic.lock(second)
    clinic.lock(first)
    found = screens(calibration_in_force, DEVICE)
    assert found is not None
    assert found["calibration"] == first
    assert station(screens)["calibration"] == found
    assert screens(devices)[0]["calibration"] == found
    assert screens(calibration_in_force, DeviceId.derived("unknown")) is None


def test_a_defective_calibration_stays_in_force_and_blocks_as_the_rules_have_it(
    clinic: Clinic, screens: Screens
) -> None:
    defective = clinic.calibrate().calibration
    clinic.lock(defective)
    clinic.invalidate(defective, "the target was bent")
    found = screens(calibration_in_force, DEVICE)
    assert found is not None
    assert (found["calibration"], found["invalidated_because"]) == (
        defective,
        "the target was bent",
    )
    visit = a_visit(clinic)
    visit.open()
    visit.hand_in()
    assert visit.state.attempts == {}, "the rules take nothing with it, and no older one instead"


def test_a_failed_field_check_shows_as_drift_until_one_passes(
    clinic: Clinic, screens: Screens
) -> None:
    (which,) = (row["calibration"] for row in station(screens)["calibrations"])
    clinic.check_in_field(which, passed=False)
    found = station(screens)
    assert found["calibration"]["drift"] == "0.8 px is above 0.30 px"
    assert [row["record"]["passed"] for row in found["field_checks"]] == [False]
    clinic.check_in_field(which, passed=True)
    found = station(screens)
    assert found["calibration"]["drift"] is None
    assert [row["record"]["passed"] for row in found["field_checks"]] == [True, False]


def test_a_station_says_when_its_light_was_calibrated_by_its_own_clock(
    clinic: Clinic, screens: Screens
) -> None:
    clinic.light()
    newest, first = station(screens)["illumination"]
    assert newest["record"]["cct_k"] == 5600.0
    assert newest["at"] > first["at"]
    assert newest["at"] < str(clinic.clock.now())


def test_quarantine_release_and_everything_else_to_know_are_incidents(
    clinic: Clinic, screens: Screens
) -> None:
    clinic.equip(partial(equipment.quarantine_device, reason="the rest came loose"))
    assert station(screens)["quarantine"] == "the rest came loose"
    clinic.equip(partial(equipment.release_device, reason="it was fastened"))
    assert station(screens)["quarantine"] is None
    clinic.equip(
        lambda _: (
            stations.DeviceSequenceGapDetected(expected=7, received=9),
            stations.DeviceClockDriftDetected(offset_ms=-9300.0, device_sequence=9),
            stations.DeviceBatchRejected(
                device_sequences=(10,), rule="capture.frames", evidence="one frame came"
            ),
        )
    )
    clinic.invalidate(station(screens)["calibration"]["calibration"], "the target was bent")
    found = station(screens)
    assert [(each["kind"], each["detail"]) for each in found["incidents"]] == [
        ("calibration", "the target was bent"),
        ("refused", "one frame came"),
        ("clock", "The station's clock is -9.3 s from ours."),
        ("gap", "Number 7 was due, 9 came."),
        ("released", "it was fastened"),
        ("quarantined", "the rest came loose"),
    ]
    assert found["incidents"][1]["title"] == "Delivery refused: capture.frames"
    assert found["clock_offset_ms"] == -9300.0
    assert [(row["expected"], row["received"]) for row in found["gaps"]] == [(7, 9)]


@pytest.mark.verifies("DRV-05")
def test_the_last_number_and_sight_of_a_station_come_from_all_it_signed(
    clinic: Clinic, screens: Screens
) -> None:
    assert screens(last_sequence, DEVICE) == clinic.sequence == 3
    visit = a_visit(clinic)
    visit.open()
    before = station(screens)
    visit.hand_in()
    found = station(screens)
    assert (found["last_sequence"], screens(last_sequence, DEVICE)) == (4, 4)
    assert found["last_seen_at"] > before["last_seen_at"]
    assert found["version"] == before["version"]
    assert screens(last_sequence, DeviceId.derived("unknown")) == 0
