"""A station's card says what its gates would say, and warns of what closes none.

The card is held against the gates themselves, over the record of a clinic.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from api.device_cards import DeviceCard, device_card, missed_in_field
from domain.events import equipment as stations
from domain.handling import load
from domain.rules import calibration, equipment
from domain.rules.equipment import EQUIPMENT, fit_for_capture
from domain.values.capture import Gate
from domain.values.gates import ModelLists
from domain.values.identifiers import CalibrationId
from domain.values.light_field import LightFieldRecord
from projections.equipment import device, devices
from projections.rows import Row
from tests.builders import (
    DEVICE,
    a_configuration,
    a_digest,
    a_light_field,
    a_protocol_content,
    an_illumination_record,
    device_time,
)
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.screens import Screens

ASKED = {Gate.DEVICE_IDENTITY, Gate.CALIBRATION}


@pytest.fixture
def clinic() -> Clinic:
    """Return a clinic with one calibrated station."""
    return a_clinic()


def card(clinic: Clinic) -> DeviceCard:
    """Return the station's card, which lists and its own page show alike."""
    screens, now = Screens(clinic), clinic.clock.now()
    row = screens(device, DEVICE)
    assert row is not None
    limits = a_protocol_content().calibration

    def shown(each: Row) -> DeviceCard:
        return device_card(
            each, now, missed=screens(lambda connection: missed_in_field(connection, each, limits))
        )

    made = shown(row)
    assert [shown(each) for each in screens(devices)] == [made]
    return made


def closed_by_the_rules(clinic: Clinic) -> set[Gate]:
    """Return which gates of the station the rules would close now."""
    state, _ = load(clinic.log, EQUIPMENT, DEVICE.stream)
    found = fit_for_capture(
        state,
        at=clinic.clock.now(),
        content=a_protocol_content(),
        models=ModelLists(in_force=a_digest("models")),
    )
    return {each.gate for each in found if each.gate in ASKED and not each.passed}


def in_force(clinic: Clinic) -> CalibrationId:
    state, _ = load(clinic.log, EQUIPMENT, DEVICE.stream)
    assert state.in_force is not None
    return state.in_force


def passed_loosely(clinic: Clinic) -> None:
    check = stations.FieldCheckPerformed(
        performed_at=device_time(),
        calibration=in_force(clinic),
        epipolar_error_px=0.35,
        baseline_error_mm=0.01,
        passed=True,
        evidence="epipolar error 0.35 px, allowed 0.5 px",
        basis=None,
    )
    clinic.station_says(check, lambda state: calibration.record_field_check(state, check))


def change_lenses(clinic: Clinic) -> None:
    mounted = replace(a_configuration(), lens_configuration="25 mm f/8")
    clinic.station_says(
        stations.DeviceConfigurationChanged(configuration=mounted),
        lambda state: equipment.change_configuration(state, mounted),
    )


def quarantine(clinic: Clinic) -> None:
    clinic.equip(partial(equipment.quarantine_device, reason="the rest came loose"))


def set_clock_ahead(clinic: Clinic) -> None:
    ahead_ms = timedelta(days=400) / timedelta(milliseconds=1)
    clinic.equip(lambda _: stations.DeviceClockDriftDetected(offset_ms=ahead_ms, device_sequence=9))


@pytest.mark.verifies("REQ-IN-079", "REQ-IN-080")
@pytest.mark.parametrize(
    ("happens", "gate", "evidence"),
    [
        (lambda each: each.invalidate(in_force(each)), Gate.CALIBRATION, "the target was bent"),
        (
            lambda each: each.check_in_field(in_force(each), passed=False),
            Gate.CALIBRATION,
            "0.8 px is above 0.30 px",
        ),
        (passed_loosely, Gate.CALIBRATION, "epipolar error of 0.35 px, above 0.3 px"),
        (change_lenses, Gate.CALIBRATION, "lenses were changed"),
        (lambda each: each.clock.advance(timedelta(days=400)), Gate.CALIBRATION, "has expired"),
        (set_clock_ahead, Gate.CALIBRATION, "by the station's own clock"),
        (quarantine, Gate.DEVICE_IDENTITY, "the rest came loose"),
    ],
)
def test_a_gate_that_the_rules_close_is_named_with_evidence_and_next_step(
    clinic: Clinic, happens: Callable[[Clinic], None], gate: Gate, evidence: str
) -> None:
    happens(clinic)
    found = card(clinic)
    assert closed_by_the_rules(clinic) == {gate}
    (closed,) = found.closed
    assert closed.gate == gate
    assert evidence in closed.evidence
    assert closed.next_step
    assert found.state == ("quarantined" if gate is Gate.DEVICE_IDENTITY else "attention")
    assert closed.evidence in found.reasons


def test_a_station_with_nothing_against_it_is_ready_and_has_nothing_to_say(clinic: Clinic) -> None:
    clinic.light_field()
    clinic.colour()
    found = card(clinic)
    assert closed_by_the_rules(clinic) == set()
    assert (found.state, found.closed, found.reasons) == ("ready", [], [])


@pytest.mark.verifies("REQ-IN-092")
def test_a_failed_colour_calibration_is_warned_of_and_closes_nothing(clinic: Clinic) -> None:
    clinic.colour(passed=False)
    found = card(clinic)
    assert (found.state, found.closed) == ("ready", [])
    (warning,) = found.reasons
    assert warning.startswith("The last colour calibration failed: ")
    assert "dE00 is above" in warning
    assert "Calibrate the colours with the chart" in warning
    clinic.colour()
    assert card(clinic).reasons == []


@pytest.mark.verifies("REQ-IN-092")
def test_a_colour_calibration_is_overdue_by_the_clock_that_dated_it(clinic: Clinic) -> None:
    clinic.colour()
    set_clock_ahead(clinic)
    warnings = [each for each in card(clinic).reasons if each.startswith("The colour calibration")]
    assert len(warnings) == 1
    assert "expired on" in warnings[0]


def test_colours_of_a_camera_that_is_gone_are_warned_of(clinic: Clinic) -> None:
    clinic.colour()
    mounted = a_configuration()
    left, right = mounted.cameras
    changed = replace(mounted, cameras=(replace(left, serial="NEW-1"), right))
    clinic.station_says(
        stations.DeviceConfigurationChanged(configuration=changed),
        lambda state: equipment.change_configuration(state, changed),
    )
    found = card(clinic)
    assert any(f"camera {left.serial}, not mounted now" in each for each in found.reasons)


@pytest.mark.verifies("REQ-IN-090")
def test_a_failed_light_field_is_warned_of_and_closes_nothing(clinic: Clinic) -> None:
    made: LightFieldRecord = a_light_field(passed=False)
    measured = stations.LightFieldMeasured(field=made, basis=None)
    clinic.station_says(measured, lambda state: calibration.record_light_field(state, measured))
    found = card(clinic)
    assert (found.state, found.closed) == ("ready", [])
    (warning,) = found.reasons
    assert warning.startswith(f"The last light field failed: {made.reasons[0]}")
    assert "measure the grey target again" in warning


@pytest.mark.verifies("REQ-IN-086")
def test_a_failed_light_calibration_is_said_before_the_first_capture_is_refused(
    clinic: Clinic,
) -> None:
    made = an_illumination_record(passed=False)
    lit = stations.IlluminationCalibrated(illumination=made, basis=None)
    clinic.station_says(lit, lambda state: calibration.record_illumination(state, lit))
    found = card(clinic)
    assert found.state == "ready"
    assert any(made.reasons[0] in each and "refused" in each for each in found.reasons)


def test_what_ends_within_three_days_is_said_before(clinic: Clinic) -> None:
    clinic.clock.advance(timedelta(days=25))
    assert card(clinic).reasons == []
    clinic.clock.advance(timedelta(days=2))
    assert card(clinic).reasons == ["The calibration expires within three days."]
    assert card(clinic).state == "ready"
