"""Upkeep at the command line: guided, said in numbers, stated, with an exit status that is true."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.imaging.board_corners import decode_corners
from adapters.imaging.calibrate_colour import colour_record
from adapters.imaging.calibrate_light import illumination_record
from adapters.imaging.calibration import calibration_to_values
from adapters.imaging.light_field import light_field_record
from adapters.imaging.measured_pictures import Pictures, read_pictures
from adapters.imaging.view_guidance import ENOUGH_COVERAGE
from adapters.imaging.view_outliers import calibrate_from
from device.settings import DEFAULT_COLOUR_LIMITS, DEFAULT_FIELD_LIMITS
from device.simulated_world import BOARD_POSES
from device.upkeep_words import perform
from domain.errors import MalformedInput, RuleViolation, Unavailable
from domain.events.equipment import (
    CalibrationRecorded,
    CalibrationViewsRecorded,
    ColourCalibrated,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.ledger import canonical
from domain.values.check_basis import MeasuredPicture
from domain.values.content import Digest
from domain.values.light_field import LightFieldRecord
from domain.values.protocol import ProtocolContent
from tests.builders import OPERATOR, a_protocol_content, device_time
from tests.device.server import busy
from tests.device.test_station import Clinic, a_clinic, a_script

pytestmark = pytest.mark.slow
"""Fourteen pairs are rendered for the first test, by whichever is run first."""


def a_protocol(*, valid_days: int = 30, epipolar_error_px: float = 0.3) -> ProtocolContent:
    """Return a protocol with these limits of a calibration."""
    content = a_protocol_content()
    limits = replace(
        content.calibration, valid_days=valid_days, epipolar_error_px=epipolar_error_px
    )
    return replace(content, calibration=limits)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clinic, list[str], int]:
    """A station that was calibrated at the command line, what was said, and the exit status."""
    folder = tmp_path_factory.mktemp("upkeep")
    clinic = a_clinic(folder / "station", a_script({}), folder / "cache")
    clinic.server.protocol = a_protocol(valid_days=14)
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


def read(clinic: Clinic, pictures: Iterable[MeasuredPicture]) -> Pictures:
    """Return kept pictures as the server was given them."""
    return read_pictures((each, clinic.server.content[each.content.digest]) for each in pictures)


@pytest.mark.verifies("DRV-20")
def test_light_and_colours_follow_again_from_the_pictures_that_were_delivered(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    light = stated(clinic, IlluminationCalibrated)[0]
    field = stated(clinic, LightFieldMeasured)[0]
    (colour,) = stated(clinic, ColourCalibrated)
    assert isinstance(light, IlluminationCalibrated)
    assert isinstance(field, LightFieldMeasured)
    assert isinstance(colour, ColourCalibrated)
    assert light.basis is not None
    assert field.basis is not None
    assert colour.basis is not None
    assert light.illumination == illumination_record(
        read(clinic, light.basis.pictures),
        light.basis,
        currents_ma={each.zone: each.current_ma for each in light.illumination.zones},
        performed_at=light.illumination.performed_at,
    )
    assert field.field == light_field_record(
        read(clinic, field.basis.pictures),
        field.basis,
        target=field.field.target,
        baseline=None,
        limits=field.field.limits,
        performed_at=field.field.performed_at,
    )
    assert colour.colour == colour_record(
        read(clinic, colour.basis.pictures),
        chart=colour.colour.chart,
        camera=colour.colour.camera,
        limits=colour.colour.limits,
        performed_at=colour.colour.performed_at,
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


def light(clinic: Clinic, *, new_baseline: bool = False) -> tuple[int, str]:
    """Calibrate the light a minute later; return the exit status and what was said."""
    clinic.clock.advance(timedelta(minutes=1))
    said: list[str] = []
    status = perform(clinic.station, "light", say=said.append, new_baseline=new_baseline)
    return status, "\n".join(said)


def fields(clinic: Clinic) -> list[LightFieldRecord]:
    """Return the light fields that were recorded."""
    found = clinic.server.recorded.values()
    return [each.field for each in found if isinstance(each, LightFieldMeasured)]


@pytest.mark.verifies("REQ-IN-088", "REQ-IN-089", "REQ-IN-090")
def test_a_new_baseline_without_service_is_not_measured_and_spoils_no_later_field(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    before = fields(clinic)
    status, said = light(clinic, new_baseline=True)
    assert status == 1
    assert "grey target: not measured: light.baseline: " in said
    assert "only service ends it. Have the station taken out of use" in said
    assert fields(clinic) == before
    assert light(clinic)[0] == 0
    assert fields(clinic)[-1].baseline == before[0].performed_at


@pytest.mark.verifies("REQ-IN-088", "REQ-IN-089", "REQ-IN-090")
@pytest.mark.parametrize("asked", [False, True])
def test_the_first_light_after_service_is_the_new_baseline(
    done: tuple[Clinic, list[str], int], *, asked: bool
) -> None:
    clinic, _, _ = done
    clinic.server.serve()
    status, said = light(clinic, new_baseline=asked)
    assert status == 0
    assert "this is the baseline once it is recorded" in said
    first = fields(clinic)[-1]
    assert first.baseline is None
    assert light(clinic)[0] == 0
    assert fields(clinic)[-1].baseline == first.performed_at
    assert not clinic.server.refused


def test_no_light_field_is_measured_while_nobody_says_what_it_is_compared_with(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    before = fields(clinic)
    clinic.server.trouble.extend([busy] * 50)
    status, said = light(clinic)
    assert status == 1
    assert "grey target: not measured: the server does not say which baseline holds" in said
    assert "kept, not delivered yet: the server cannot now" in said
    clinic.server.trouble.clear()
    clinic.deliver()
    assert fields(clinic) == before


def test_no_light_field_is_measured_while_another_waits_that_may_be_the_baseline(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    clinic.server.serve()
    clinic.station.measure_light_field(limits=DEFAULT_FIELD_LIMITS)
    with pytest.raises(Unavailable, match="waits for delivery"):
        clinic.station.measure_light_field(limits=DEFAULT_FIELD_LIMITS)
    assert light(clinic)[0] == 0
    assert fields(clinic)[-1].baseline == fields(clinic)[-2].performed_at


def test_a_baseline_that_the_station_does_not_hold_is_said(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    known = clinic.server.known
    clinic.server.known = replace(known, light_baseline=device_time(-500))
    status, said = light(clinic)
    clinic.server.known = known
    assert status == 1
    assert "which it does not hold any more. Have the station taken out of use" in said


@pytest.mark.parametrize("early", [False, True])
def test_what_the_service_refuses_is_said_and_is_no_success(
    done: tuple[Clinic, list[str], int], *, early: bool
) -> None:
    clinic, _, _ = done
    before = len(stated(clinic, ColourCalibrated))
    no = {"rule": "colour.camera", "evidence": "it has no such camera", "next_step": "Report it."}
    clinic.server.refuse = lambda event: no if isinstance(event, ColourCalibrated) else None
    said: list[str] = []
    if early:
        clinic.station.calibrate_colour(limits=DEFAULT_COLOUR_LIMITS)
        assert perform(clinic.station, "light", say=said.append) == 1
    else:
        assert perform(clinic.station, "colour", say=said.append) == 1
        assert "delivered" not in said
    clinic.server.refuse = lambda _: None
    (at,) = (at for at, line in enumerate(said) if line.startswith("refused by the service"))
    assert "ColourCalibrated, statement " in said[at]
    assert said[at].endswith(": colour.camera")
    assert said[at + 1] == "  it has no such camera. Report it."
    assert len(stated(clinic, ColourCalibrated)) == before


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
    clinic.server.protocol = a_protocol(epipolar_error_px=0.5)
    assert perform(clinic.station, "check", say=said.append) == 0
    assert "allowed 0.5 px" in said[-2]
    clinic.server.protocol = a_protocol(epipolar_error_px=0.01)
    assert perform(clinic.station, "check", say=said.append) == 1
    assert "allowed 0.01 px" in said[-2]
    clinic.server.protocol = a_protocol(epipolar_error_px=0.5)
    clinic.simulated.play(a_script({"faults": ["rig drift"]}))
    assert perform(clinic.station, "check", say=said.append) == 1
    clinic.simulated.play(a_script({}))
    checks = stated(clinic, FieldCheckPerformed)
    assert len(checks) == 3
    assert any("failed" in line for line in said)
    assert any("corners: epipolar error" in line for line in said)


def test_a_calibration_is_held_against_the_protocol_in_force_without_a_session(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, said, _ = done
    assert "limits: of the protocol Standard face 1.0" in said
    (recorded,) = stated(clinic, CalibrationRecorded)
    assert isinstance(recorded, CalibrationRecorded)
    record = recorded.calibration
    assert record.valid_until == record.performed_at.plus(timedelta(days=14))


def test_limits_that_were_named_last_serve_while_the_server_is_away(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    (recorded,) = stated(clinic, CalibrationRecorded)
    assert isinstance(recorded, CalibrationRecorded)
    record = recorded.calibration
    clinic.server.calibration = (record.calibration, record.parameters.digest)
    clinic.server.protocol = a_protocol(epipolar_error_px=0.5)
    clinic.station.ask_now()
    clinic.server.trouble.extend([busy] * 50)
    said: list[str] = []
    assert perform(clinic.station, "check", say=said.append) == 0
    assert "limits: of the protocol Standard face 1.0, as named last, because the server" in said[0]
    clinic.server.trouble.clear()
    clinic.server.protocol = None
    perform(clinic.station, "check", say=said.append)
    assert "limits: the station's own, because the server names no approved protocol" in said
    assert "allowed 0.3 px" in said[-2]


def test_what_is_no_upkeep_is_refused(done: tuple[Clinic, list[str], int]) -> None:
    with pytest.raises(MalformedInput, match="no upkeep"):
        perform(done[0].station, "polish", say=lambda _: None)


def test_colours_are_not_calibrated_in_light_that_never_was(tmp_path: Path) -> None:
    clinic = a_clinic(tmp_path / "station", a_script({}), tmp_path / "cache")
    said: list[str] = []
    assert perform(clinic.station, "colour", say=said.append) == 1
    assert "colour.light" in said[0]
    assert not stated(clinic, ColourCalibrated)


@pytest.mark.verifies("REQ-IN-086", "REQ-IN-088")
def test_without_the_chart_in_view_no_number_of_the_light_is_said_or_stated(
    done: tuple[Clinic, list[str], int],
) -> None:
    clinic, _, _ = done
    clinic.simulated.play(a_script({"faults": ["colour chart missing"]}))
    said: list[str] = []
    assert perform(clinic.station, "light", say=said.append) == 1
    clinic.simulated.play(a_script({}))
    about = [line for line in said if line.startswith(("light", "  zone")) and "field" not in line]
    assert about[0] == "light: failed, not measured"
    assert [line.split(", ")[0] for line in about[1:]] == [
        f"  zone {zone}: not measured" for zone in ("left", "right", "top", "bottom")
    ]
    assert "  the colour reference is not in view, so the light cannot be measured" in said
    event = stated(clinic, IlluminationCalibrated)[-1]
    assert isinstance(event, IlluminationCalibrated)
    assert not event.illumination.measured
    assert event.illumination.cct_k == 0.0
    assert perform(clinic.station, "light", say=said.append) == 0


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
