"""Upkeep at the command line: guided, said in numbers, stated, with an exit status that is true."""

from pathlib import Path

import pytest

from adapters.imaging.board_corners import decode_corners
from adapters.imaging.calibration import calibration_to_values
from adapters.imaging.view_guidance import ENOUGH_COVERAGE
from adapters.imaging.view_outliers import calibrate_from
from device.simulated_world import BOARD_POSES
from device.upkeep_words import perform
from domain.errors import MalformedInput, RuleViolation
from domain.events.equipment import (
    CalibrationRecorded,
    CalibrationViewsRecorded,
    ColourCalibrated,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.ledger import canonical
from domain.values.content import Digest
from domain.values.light_field import LightFieldRecord
from tests.builders import OPERATOR
from tests.device.test_station import Clinic, a_clinic, a_script

pytestmark = pytest.mark.slow
"""Fourteen pairs are rendered for the first test, by whichever is run first."""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clinic, list[str], int]:
    """A station that was calibrated at the command line, what was said, and the exit status."""
    folder = tmp_path_factory.mktemp("upkeep")
    clinic = a_clinic(folder / "station", a_script({}), folder / "cache")
    said: list[str] = []
    status = perform(clinic.station, "calibrate", say=said.append, operator=str(OPERATOR))
    return clinic, said, status


def stated(clinic: Clinic, kind: type) -> list[object]:
    """Return what arrived of a kind."""
    return [each for each in clinic.server.recorded.values() if isinstance(each, kind)]


def test_advice_is_given_after_each_view_until_there_is_enough(
    done: tuple[Clinic, list[str], int],
) -> None:
    _, said, _ = done
    views = [line for line in said if line.startswith("view ")]
    assert 8 <= len(views) < len(BOARD_POSES)
    assert "farther away" in views[0]
    assert views[-1].endswith("enough")


@pytest.mark.verifies("REQ-IN-126", "REQ-IN-127", "REQ-IN-137", "REQ-IN-140")
def test_every_view_is_printed_and_stated_with_its_residual(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, said, _ = done
    (recorded,) = stated(clinic, CalibrationRecorded)
    (views,) = stated(clinic, CalibrationViewsRecorded)
    assert isinstance(recorded, CalibrationRecorded)
    assert isinstance(views, CalibrationViewsRecorded)
    assert views.calibration == recorded.calibration.calibration
    assert sum(each.used for each in views.views) == len(recorded.calibration.view_errors_px)
    assert views.missing == ()
    assert views.coverage >= ENOUGH_COVERAGE
    for view in views.views:
        assert any(f"view {view.number + 1}: {view.error_px:.3f} px" in line for line in said)
    assert {round(view.yaw_deg / 10) for view in views.views} >= {-2, 0, 2}


@pytest.mark.verifies("DRV-20")
def test_the_calibration_follows_again_from_the_corners_that_were_delivered(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    (recorded,) = stated(clinic, CalibrationRecorded)
    (views,) = stated(clinic, CalibrationViewsRecorded)
    assert isinstance(recorded, CalibrationRecorded)
    assert isinstance(views, CalibrationViewsRecorded)
    assert views.corners is not None
    taken, size = decode_corners(clinic.server.content[views.corners.digest])
    again = calibrate_from(taken, size).calibration
    assert Digest.of(canonical.encode(calibration_to_values(again))) == (
        recorded.calibration.parameters.digest
    )


@pytest.mark.verifies("REQ-IN-086", "REQ-IN-087", "REQ-IN-088", "REQ-IN-090")
def test_the_light_is_said_zone_by_zone(done: tuple[Clinic, list[str], int]) -> None:
    clinic, said, _ = done
    assert len(stated(clinic, IlluminationCalibrated)) == 1
    assert sum("mA, healthy" in line for line in said) == 4


@pytest.mark.verifies("REQ-IN-088", "REQ-IN-089", "REQ-IN-090")
def test_the_light_on_the_grey_target_drifts_only_against_the_baseline(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, said, _ = done
    assert any("grey target: passed, this is the baseline" in line for line in said)
    again: list[str] = []
    assert perform(clinic.station, "light", say=again.append) == 0
    first, second = stated(clinic, LightFieldMeasured)
    assert isinstance(first, LightFieldMeasured)
    assert isinstance(second, LightFieldMeasured)
    assert first.field.drift == ()
    assert second.field.baseline == first.field.performed_at
    assert max(abs(each.level) for each in second.field.drift) < 0.01
    assert max(each.pattern for each in second.field.drift) < 0.01
    assert second.field.cct_k == pytest.approx(5600, abs=30)
    assert perform(clinic.station, "light", say=again.append, new_baseline=True) == 0
    assert "this is the baseline" in "".join(again)


@pytest.mark.verifies("REQ-IN-091", "REQ-IN-092")
def test_the_colours_are_stated_with_chart_and_limits(done: tuple[Clinic, list[str], int]) -> None:
    clinic, said, status = done
    (event,) = stated(clinic, ColourCalibrated)
    assert isinstance(event, ColourCalibrated)
    colour = event.colour
    assert colour.chart.serial
    assert colour.chart.certificate
    assert colour.passed, colour.reasons
    assert colour.mean_after < colour.mean_before
    assert len(colour.patches) == 24
    assert any("held out" in line for line in said)
    assert status == 0
    assert said[-1] == "delivered"


def test_the_field_check_says_whether_the_rig_moved(done: tuple[Clinic, list[str], int]) -> None:
    clinic, _, _ = done
    said: list[str] = []
    with pytest.raises(RuleViolation, match="does not hold a locked calibration"):
        perform(clinic.station, "check", say=said.append)
    (recorded,) = stated(clinic, CalibrationRecorded)
    assert isinstance(recorded, CalibrationRecorded)
    record = recorded.calibration
    clinic.server.calibration = (record.calibration, record.parameters.digest)
    perform(clinic.station, "check", say=said.append)
    clinic.simulated.play(a_script({"faults": ["rig drift"]}))
    assert perform(clinic.station, "check", say=said.append) == 1
    checks = stated(clinic, FieldCheckPerformed)
    assert len(checks) == 2
    assert any("failed" in line for line in said)
    assert any("corners: epipolar error" in line for line in said)


def test_what_is_no_upkeep_is_refused(done: tuple[Clinic, list[str], int]) -> None:
    with pytest.raises(MalformedInput, match="no upkeep"):
        perform(done[0].station, "polish", say=lambda _: None)


def test_colours_are_not_calibrated_in_light_that_never_was(tmp_path: Path) -> None:
    clinic = a_clinic(tmp_path / "station", a_script({}), tmp_path / "cache")
    said: list[str] = []
    assert perform(clinic.station, "colour", say=said.append) == 1
    assert "colour.light" in said[0]
    assert not stated(clinic, ColourCalibrated)


@pytest.mark.verifies("REQ-IN-090")
def test_light_that_became_uneven_is_found_zone_by_zone(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    clinic.simulated.play(a_script({"faults": ["uneven light"]}))
    said: list[str] = []
    assert perform(clinic.station, "light", say=said.append) == 1
    field = stated(clinic, LightFieldMeasured)[-1]
    assert isinstance(field, LightFieldMeasured)
    assert not field.field.passed
    assert "its light changed by" in "".join(said)


def test_a_dead_zone_is_named_and_the_grey_target_is_not_measured(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    clinic.simulated.play(a_script({"faults": ["light zone out"]}))
    said: list[str] = []
    assert perform(clinic.station, "light", say=said.append) == 1
    assert any("grey target: not measured: light.zone: zone left" in line for line in said)


@pytest.fixture(scope="module")
def lit(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """A station whose light field has a baseline, and nothing else."""
    folder = tmp_path_factory.mktemp("light")
    clinic = a_clinic(folder / "station", a_script({}), folder / "cache")
    assert perform(clinic.station, "light", say=lambda _: None) == 0
    return clinic


def light_field_with(clinic: Clinic, *faults: object) -> tuple[LightFieldRecord, str, int]:
    """Return the light field that is stated with these faults, what was said, and the status."""
    clinic.simulated.play(a_script({"faults": list(faults)}))
    said: list[str] = []
    status = perform(clinic.station, "light", say=said.append)
    event = stated(clinic, LightFieldMeasured)[-1]
    assert isinstance(event, LightFieldMeasured)
    return event.field, "\n".join(said), status


@pytest.mark.verifies("REQ-IN-090")
def test_a_loose_diffuser_is_found_as_a_diffuser_and_its_leds_are_not_blamed(lit: Clinic) -> None:
    field, said, status = light_field_with(lit, "diffuser loose")
    limits, drift = field.limits, {each.zone: each for each in field.drift}
    assert status == 1
    assert not field.passed
    assert drift["left"].pattern > limits.pattern_drift
    assert abs(drift["left"].level) < limits.level_drift / 5
    for zone in drift.keys() - {"left"}:
        assert drift[zone].pattern < limits.pattern_drift / 5
        assert abs(drift[zone].level) < limits.level_drift / 5
    (reason,) = field.reasons
    assert reason.startswith("zone left: its field changed by")
    assert reason.endswith("look at the diffuser")
    assert reason in said


@pytest.mark.verifies("REQ-IN-090")
def test_leds_that_faded_are_found_as_level_and_the_diffuser_is_not_blamed(lit: Clinic) -> None:
    faded = {"fault": "light zone out", "severity": 0.2}
    field, said, status = light_field_with(lit, faded)
    limits, drift = field.limits, {each.zone: each for each in field.drift}
    assert status == 1
    assert drift["left"].level == pytest.approx(-0.2, abs=0.02)
    assert drift["left"].pattern < limits.pattern_drift / 5
    (reason,) = field.reasons
    assert reason.startswith("zone left: its light changed by -20")
    assert reason in said
    assert "diffuser" not in "".join(field.reasons)


@pytest.mark.verifies("REQ-IN-090")
def test_a_loose_diffuser_over_faded_leds_is_found_as_both(lit: Clinic) -> None:
    field, _, status = light_field_with(
        lit, "diffuser loose", {"fault": "light zone out", "severity": 0.2}
    )
    assert status == 1
    level, pattern = field.reasons
    assert level.startswith("zone left: its light changed by")
    assert pattern.startswith("zone left: its field changed by")


@pytest.mark.verifies("REQ-IN-090")
def test_a_zone_that_burns_warm_is_found_as_colour_and_not_as_level(lit: Clinic) -> None:
    field, said, status = light_field_with(lit, "light zone too warm")
    assert status == 1
    assert field.baseline_cct_k is not None
    assert -600 < field.cct_k - field.baseline_cct_k < -field.limits.cct_drift_k
    assert max(abs(each.level) for each in field.drift) < field.limits.level_drift / 5
    assert max(each.pattern for each in field.drift) < field.limits.pattern_drift / 5
    (reason,) = field.reasons
    assert reason.startswith("the colour temperature changed by -")
    assert reason in said


def test_a_diffuser_that_sits_again_passes(lit: Clinic) -> None:
    assert light_field_with(lit, "diffuser loose")[2] == 1
    field, said, status = light_field_with(lit)
    assert status == 0, said
    assert field.passed
    assert field.baseline is not None
