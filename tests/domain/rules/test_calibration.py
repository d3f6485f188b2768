"""Tests of what makes a calibration acceptable."""

from dataclasses import replace
from functools import partial

import pytest

from domain.events.equipment import (
    CalibrationInvalidated,
    CalibrationLocked,
    CalibrationRecorded,
    CalibrationViewsRecorded,
    ColourCalibrated,
    DeviceConfigurationChanged,
    DeviceEnrolled,
    DeviceQuarantined,
    DeviceReleased,
    EquipmentEvent,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.rules.calibration import (
    calibration_digest,
    invalidate_calibration,
    lock_calibration,
    record_calibration,
    record_colour,
    record_field_check,
    record_illumination,
    record_light_field,
    record_views,
)
from domain.rules.equipment import EQUIPMENT
from domain.values.actor import Role
from domain.values.calibration import CalibrationRecord, IlluminationRecord
from domain.values.colour import ColourRecord
from domain.values.identifiers import CalibrationId
from domain.values.light_field import LightFieldRecord
from domain.values.signature import Meaning
from domain.values.signing import Signing
from tests.builders import (
    CALIBRATION,
    DEVICE,
    QUALITY_MANAGER,
    a_calibration_record,
    a_colour_record,
    a_configuration,
    a_digest,
    a_light_field,
    a_protocol_content,
    a_signature,
    a_signing,
    an_illumination_record,
    device_time,
    later,
)
from tests.event_builders import a_views_event
from tests.given import given

LIMITS = a_protocol_content().calibration
ENROLLED = DeviceEnrolled(device=DEVICE, serial="ST-0001", model="portal", public_key="3059")
CONFIGURED = DeviceConfigurationChanged(configuration=a_configuration())
CALIBRATED = CalibrationRecorded(calibration=a_calibration_record())
BEFORE: tuple[EquipmentEvent, ...] = (ENROLLED, CONFIGURED)


def a_lock(record: CalibrationRecord) -> Signing:
    return a_signing(
        a_signature(
            calibration_digest(record), signer=QUALITY_MANAGER, meaning=Meaning.LOCKED, minutes=-20
        ),
        Role.QUALITY_MANAGER,
    )


SIGNING = a_lock(a_calibration_record())
LOCKED = CalibrationLocked(calibration=CALIBRATION, signature=SIGNING.signature)
lock = partial(
    lock_calibration, calibration=CALIBRATION, at=later(), limits=LIMITS, signing=SIGNING
)


@pytest.mark.verifies("REQ-IN-133")
@pytest.mark.verifies("REQ-IN-134")
@pytest.mark.verifies("REQ-IN-135")
@pytest.mark.verifies("REQ-IN-136")
@pytest.mark.verifies("REQ-IN-137")
@pytest.mark.verifies("REQ-IN-138")
@pytest.mark.verifies("REQ-IN-139")
@pytest.mark.verifies("REQ-IN-140")
@pytest.mark.verifies("REQ-IN-203")
@pytest.mark.parametrize("passed", [True, False])
def test_a_calibration_is_recorded_whatever_its_result(*, passed: bool) -> None:
    record = a_calibration_record(passed=passed)
    given(EQUIPMENT, *BEFORE).when(partial(record_calibration, record=record)).then(
        CalibrationRecorded(calibration=record)
    )


@pytest.mark.verifies("REQ-IN-133")
@pytest.mark.parametrize("lacking", ["serial", "certificate"])
def test_a_target_that_is_not_traceable_is_refused(lacking: str) -> None:
    record = a_calibration_record()
    record = replace(record, target=replace(record.target, **{lacking: ""}))
    given(EQUIPMENT, *BEFORE).when(partial(record_calibration, record=record)).refuses(
        "calibration.traceable-target"
    )


def test_a_calibration_is_recorded_once_and_only_of_a_described_station() -> None:
    record = partial(record_calibration, record=a_calibration_record())
    given(EQUIPMENT, *BEFORE, CALIBRATED).when(record).refuses("calibration.recorded-once")
    given(EQUIPMENT, ENROLLED).when(record).refuses("equipment.configuration")


@pytest.mark.verifies("REQ-IN-046")
@pytest.mark.verifies("REQ-IN-203")
@pytest.mark.verifies("DRV-12")
def test_a_calibration_that_passed_is_locked_by_signature() -> None:
    given(EQUIPMENT, *BEFORE, CALIBRATED).when(lock).then(LOCKED)


@pytest.mark.verifies("REQ-IN-080")
def test_a_calibration_that_failed_is_not_locked() -> None:
    record = a_calibration_record(passed=False)
    refused = (
        given(EQUIPMENT, *BEFORE, CalibrationRecorded(calibration=record))
        .when(partial(lock, signing=a_lock(record)))
        .refuses("calibration.fit-to-lock")
    )
    assert "0.90 px is above 0.30 px" in refused.evidence


@pytest.mark.verifies("REQ-IN-080")
@pytest.mark.parametrize(
    ("record", "evidence"),
    [
        (replace(a_calibration_record(), valid_until=device_time(-1)), "expired"),
        (replace(a_calibration_record(), reprojection_error_px=0.31), "0.31 px is above 0.3 px"),
        (replace(a_calibration_record(), epipolar_error_px=0.31), "epipolar error of 0.31 px"),
        (replace(a_calibration_record(), baseline_mm=80.21), "0.210 mm from 80 mm"),
        (replace(a_calibration_record(), valid_until=device_time(60 * 24 * 40)), "40 days"),
    ],
)
def test_the_second_look_refuses_what_misses_a_limit(
    record: CalibrationRecord, evidence: str
) -> None:
    refused = (
        given(EQUIPMENT, *BEFORE, CalibrationRecorded(calibration=record))
        .when(partial(lock, signing=a_lock(record)))
        .refuses("calibration.fit-to-lock")
    )
    assert evidence in refused.evidence


def test_a_defective_calibration_is_not_locked() -> None:
    defective = CalibrationInvalidated(calibration=CALIBRATION, reason="shock")
    refused = (
        given(EQUIPMENT, *BEFORE, CALIBRATED, defective)
        .when(lock)
        .refuses("calibration.fit-to-lock")
    )
    assert "shock" in refused.evidence


@pytest.mark.verifies("REQ-IN-080")
def test_a_calibration_is_not_locked_at_the_instant_it_expires() -> None:
    expiry = a_calibration_record().valid_until
    calibrated = given(EQUIPMENT, *BEFORE, CALIBRATED)
    calibrated.when(partial(lock, at=expiry)).refuses("calibration.fit-to-lock")
    calibrated.when(partial(lock, at=replace(expiry, us=expiry.us - 1))).then(LOCKED)


def test_a_calibration_is_locked_once() -> None:
    given(EQUIPMENT, *BEFORE, CALIBRATED, LOCKED).when(lock).refuses("calibration.locked-once")


def test_an_unknown_calibration_is_not_locked() -> None:
    another = partial(lock, calibration=CalibrationId.derived("another"))
    given(EQUIPMENT, *BEFORE, CALIBRATED).when(another).refuses("calibration.recorded")


@pytest.mark.verifies("DRV-12")
@pytest.mark.parametrize(
    ("signing", "rule"),
    [
        (replace(SIGNING, reauthenticated=False), "signature.fresh"),
        (replace(SIGNING, roles=frozenset({Role.OPERATOR})), "signature.role"),
        (
            replace(SIGNING, signature=replace(SIGNING.signature, digest=a_digest("other"))),
            "signature.digest",
        ),
        (
            replace(SIGNING, signature=replace(SIGNING.signature, meaning=Meaning.APPROVED)),
            "signature.meaning",
        ),
    ],
)
def test_a_lock_needs_a_signature_that_holds(signing: Signing, rule: str) -> None:
    given(EQUIPMENT, *BEFORE, CALIBRATED).when(partial(lock, signing=signing)).refuses(rule)


def test_a_second_look_at_an_undescribed_station_has_no_baseline_to_compare() -> None:
    given(EQUIPMENT, ENROLLED, CALIBRATED).when(lock).then(LOCKED)


@pytest.mark.verifies("DRV-13")
@pytest.mark.verifies("REQ-IN-203")
def test_a_calibration_is_found_defective_once_with_a_reason() -> None:
    invalidate = partial(invalidate_calibration, calibration=CALIBRATION, reason="shock")
    event = CalibrationInvalidated(calibration=CALIBRATION, reason="shock")
    given(EQUIPMENT, *BEFORE, CALIBRATED, LOCKED).when(invalidate).then(event)
    given(EQUIPMENT, *BEFORE, CALIBRATED, LOCKED, event).when(invalidate).then()
    given(EQUIPMENT, *BEFORE, CALIBRATED).when(partial(invalidate, reason="")).refuses(
        "calibration.reason"
    )


@pytest.mark.verifies("REQ-IN-086")
@pytest.mark.verifies("REQ-IN-087")
@pytest.mark.verifies("REQ-IN-088")
@pytest.mark.verifies("REQ-IN-089")
@pytest.mark.verifies("REQ-IN-090")
@pytest.mark.parametrize("passed", [True, False])
def test_the_light_is_recorded_zone_by_zone_whatever_the_result(*, passed: bool) -> None:
    record = an_illumination_record(passed=passed)
    given(EQUIPMENT, *BEFORE).when(partial(record_illumination, stated=light_of(record))).then(
        IlluminationCalibrated(illumination=record, basis=None)
    )
    assert all(zone.current_ma and zone.pwm and zone.healthy for zone in record.zones)
    assert record.cct_k
    assert record.white_balance.green


def light_of(record: IlluminationRecord) -> IlluminationCalibrated:
    return IlluminationCalibrated(illumination=record, basis=None)


@pytest.mark.verifies("REQ-IN-090")
def test_a_zone_that_was_not_checked_is_refused() -> None:
    record = an_illumination_record()
    half = partial(record_illumination, stated=light_of(replace(record, zones=record.zones[:1])))
    refused = given(EQUIPMENT, *BEFORE).when(half).refuses("illumination.zones")
    assert "right" in refused.evidence
    none = partial(record_illumination, stated=light_of(replace(record, zones=())))
    given(EQUIPMENT).when(none).refuses("illumination.zones")


@pytest.mark.verifies("REQ-IN-085")
def test_only_a_locked_calibration_is_checked_in_the_field() -> None:
    check = FieldCheckPerformed(
        performed_at=device_time(),
        calibration=CALIBRATION,
        epipolar_error_px=0.2,
        baseline_error_mm=0.02,
        passed=True,
        evidence="target in the holder",
        basis=None,
    )
    record = partial(record_field_check, check=check)
    given(EQUIPMENT, *BEFORE, CALIBRATED, LOCKED).when(record).then(check)
    given(EQUIPMENT, *BEFORE, CALIBRATED).when(record).refuses("calibration.locked")


def views(event: CalibrationViewsRecorded) -> partial[CalibrationViewsRecorded]:
    return partial(record_views, views=event)


@pytest.mark.verifies("REQ-IN-137")
def test_the_views_behind_a_calibration_are_recorded_with_those_left_out() -> None:
    event = a_views_event(left_out=1)
    given(EQUIPMENT, *BEFORE, CALIBRATED).when(views(event)).then(event)


def test_views_are_recorded_once_and_only_of_a_known_calibration() -> None:
    event = a_views_event()
    given(EQUIPMENT, *BEFORE, CALIBRATED, event).when(views(event)).refuses(
        "calibration.views-once"
    )
    given(EQUIPMENT, *BEFORE).when(views(event)).refuses("calibration.recorded")
    given(EQUIPMENT, *BEFORE, event, CALIBRATED).when(views(event)).then(event)


def test_views_that_are_not_those_of_the_calibration_are_refused() -> None:
    event = a_views_event()
    fewer = replace(event, views=event.views[1:])
    refused = given(EQUIPMENT, *BEFORE, CALIBRATED).when(views(fewer))
    assert "1 views" in refused.refuses("calibration.views-used").evidence


def colour(record: ColourRecord) -> partial[ColourCalibrated]:
    return partial(record_colour, stated=ColourCalibrated(colour=record, basis=None))


@pytest.mark.verifies("REQ-IN-091")
@pytest.mark.verifies("REQ-IN-092")
@pytest.mark.parametrize("passed", [True, False])
def test_colours_are_recorded_patch_by_patch_whatever_the_result(*, passed: bool) -> None:
    record = a_colour_record(passed=passed)
    event = ColourCalibrated(colour=record, basis=None)
    given(EQUIPMENT, *BEFORE).when(colour(record)).then(event)
    given(EQUIPMENT, *BEFORE, event).when(colour(record)).then(event)


@pytest.mark.verifies("REQ-IN-092")
@pytest.mark.parametrize("lacking", ["serial", "certificate"])
def test_a_chart_that_is_not_traceable_is_refused(lacking: str) -> None:
    record = a_colour_record()
    record = replace(record, chart=replace(record.chart, **{lacking: ""}))
    given(EQUIPMENT, *BEFORE).when(colour(record)).refuses("colour.traceable-chart")


def test_colours_of_a_camera_that_is_not_mounted_are_refused() -> None:
    other = replace(a_colour_record(), camera="CAM-X")
    given(EQUIPMENT, *BEFORE).when(colour(other)).refuses("colour.camera")
    given(EQUIPMENT, ENROLLED).when(colour(a_colour_record())).refuses("colour.camera")


def test_a_result_that_does_not_follow_from_the_numbers_is_refused() -> None:
    for record in (
        replace(a_colour_record(), worst_after=4.5),
        replace(a_colour_record(passed=False), worst_after=2.5),
    ):
        given(EQUIPMENT, *BEFORE).when(colour(record)).refuses("colour.result-follows")


def light(record: LightFieldRecord) -> partial[LightFieldMeasured]:
    return partial(record_light_field, stated=LightFieldMeasured(field=record, basis=None))


FIRST = a_light_field()
LATER = replace(a_light_field(baseline=FIRST.performed_at), performed_at=device_time(-5))
BASELINE = LightFieldMeasured(field=FIRST, basis=None)


@pytest.mark.verifies("REQ-IN-090")
def test_the_first_light_field_that_passed_is_the_baseline_of_all_later_ones() -> None:
    given(EQUIPMENT, *BEFORE).when(light(FIRST)).then(BASELINE)
    given(EQUIPMENT, *BEFORE, BASELINE).when(light(LATER)).then(
        LightFieldMeasured(field=LATER, basis=None)
    )
    again = LightFieldMeasured(field=LATER, basis=None)
    given(EQUIPMENT, *BEFORE, BASELINE, again).when(light(LATER)).then(again)


@pytest.mark.verifies("REQ-IN-090")
def test_a_light_field_is_recorded_whatever_its_result() -> None:
    failed = a_light_field(passed=False, baseline=FIRST.performed_at)
    event = LightFieldMeasured(field=failed, basis=None)
    given(EQUIPMENT, *BEFORE, BASELINE).when(light(failed)).then(event)
    dim = a_light_field(passed=False)
    given(EQUIPMENT, *BEFORE, LightFieldMeasured(field=dim, basis=None)).when(light(FIRST)).then(
        BASELINE
    )


def test_another_baseline_than_the_stations_is_refused() -> None:
    given(EQUIPMENT, *BEFORE).when(light(LATER)).refuses("light.baseline")
    given(EQUIPMENT, *BEFORE, BASELINE).when(light(FIRST)).refuses("light.baseline")


def test_after_service_there_is_a_new_baseline() -> None:
    out, back = DeviceQuarantined(reason="a dead lamp"), DeviceReleased(reason="replaced")
    serviced = given(EQUIPMENT, *BEFORE, BASELINE, out, back)
    serviced.when(light(LATER)).refuses("light.baseline")
    serviced.when(light(FIRST)).then(BASELINE)


def test_light_fields_that_cannot_be_are_refused() -> None:
    for lacking in ("serial", "certificate"):
        target = replace(FIRST.target, **{lacking: ""})
        given(EQUIPMENT, *BEFORE).when(light(replace(FIRST, target=target))).refuses(
            "light.traceable-target"
        )
    half = replace(FIRST, zones=FIRST.zones[:1])
    refused = given(EQUIPMENT, *BEFORE).when(light(half)).refuses("light.zones")
    assert "right" in refused.evidence
    given(EQUIPMENT).when(light(replace(FIRST, zones=()))).refuses("light.zones")
    untrue = replace(FIRST, duv=0.02)
    given(EQUIPMENT, *BEFORE).when(light(untrue)).refuses("light.result-follows")
    pessimist = replace(FIRST, passed=False, reasons=("I do not like it",))
    given(EQUIPMENT, *BEFORE).when(light(pessimist)).refuses("light.result-follows")
