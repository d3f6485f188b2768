"""Tests of which station is which and whether it may be used."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from domain.errors import RuleViolation
from domain.events.equipment import (
    CalibrationInvalidated,
    CalibrationLocked,
    CalibrationRecorded,
    DeviceBatchRejected,
    DeviceClockDriftDetected,
    DeviceConfigurationChanged,
    DeviceEnrolled,
    DeviceQuarantined,
    DeviceReleased,
    DeviceSequenceGapDetected,
    EquipmentEvent,
    FieldCheckPerformed,
    IlluminationCalibrated,
)
from domain.rules.equipment import (
    EQUIPMENT,
    accept_sequence,
    change_configuration,
    enrol_device,
    fit_for_attempt,
    fit_for_capture,
    note_clock,
    quarantine_device,
    reject_batch,
    release_device,
)
from domain.values.capture import (
    Camera,
    CaptureConditions,
    DeviceConfiguration,
    Gate,
    GateResult,
    failed,
)
from domain.values.gates import ModelLists
from domain.values.identifiers import CalibrationId
from domain.values.station import Station
from domain.values.time import DeviceTime, ServerTime
from tests.builders import (
    CALIBRATION,
    DEVICE,
    MODEL_LIST,
    a_calibration_record,
    a_configuration,
    a_digest,
    a_protocol_content,
    a_signature,
    an_illumination_record,
    conditions,
    device_time,
    later,
)
from tests.given import given

CONTENT = a_protocol_content()
MODELS = ModelLists(in_force=MODEL_LIST, opened_with=MODEL_LIST)
ENROLLED = DeviceEnrolled(device=DEVICE, serial="ST-0001", model="portal", public_key="3059")
CONFIGURED = DeviceConfigurationChanged(configuration=a_configuration())
CALIBRATED = CalibrationRecorded(calibration=a_calibration_record())
LOCKED = CalibrationLocked(calibration=CALIBRATION, signature=a_signature(a_digest()))
LIT = IlluminationCalibrated(illumination=an_illumination_record(), basis=None)
READY: tuple[EquipmentEvent, ...] = (ENROLLED, CONFIGURED, CALIBRATED, LOCKED, LIT)


def station(*events: EquipmentEvent) -> Station:
    return given(EQUIPMENT, *events).state


def a_field_check(*, passed: bool) -> FieldCheckPerformed:
    return FieldCheckPerformed(
        performed_at=device_time(-5),
        calibration=CALIBRATION,
        epipolar_error_px=0.2 if passed else 0.8,
        baseline_error_mm=0.02,
        passed=passed,
        evidence="target in the holder",
        basis=None,
    )


def blocked(gates: tuple[GateResult, ...]) -> dict[Gate, str]:
    return {each.gate: each.evidence for each in failed(gates)}


def at_capture(*events: EquipmentEvent) -> dict[Gate, str]:
    return blocked(fit_for_capture(station(*events), at=later(), content=CONTENT, models=MODELS))


@pytest.mark.verifies("REQ-IN-215")
def test_a_station_is_enrolled_with_its_own_key() -> None:
    enrol = partial(
        enrol_device, identifier=DEVICE, serial="ST-0001", model="portal", public_key="3059"
    )
    given(EQUIPMENT).when(enrol).then(ENROLLED)
    given(EQUIPMENT, ENROLLED).when(enrol).refuses("equipment.enrolled-once")


def test_a_station_without_a_key_is_not_enrolled() -> None:
    enrol = partial(
        enrol_device, identifier=DEVICE, serial="ST-0001", model="portal", public_key=""
    )
    given(EQUIPMENT).when(enrol).refuses("equipment.identity")


@pytest.mark.verifies("REQ-IN-207")
@pytest.mark.verifies("REQ-IN-191")
@pytest.mark.verifies("REQ-IN-124")
def test_a_configuration_is_recorded_when_it_changes() -> None:
    change = partial(change_configuration, configuration=a_configuration())
    given(EQUIPMENT, ENROLLED).when(change).then(CONFIGURED)
    given(EQUIPMENT, ENROLLED, CONFIGURED).when(change).then()
    given(EQUIPMENT).when(change).refuses("equipment.enrolled")


def changed_camera(position: int, **changes: str) -> DeviceConfiguration:
    cameras: list[Camera] = list(a_configuration().cameras)
    cameras[position] = replace(cameras[position], **changes)
    return replace(a_configuration(), cameras=tuple(cameras))


@pytest.mark.verifies("REQ-IN-124")
@pytest.mark.parametrize(
    "configuration",
    [
        replace(a_configuration(), cameras=a_configuration().cameras[:1]),
        replace(a_configuration(), cameras=a_configuration().cameras[::-1]),
        changed_camera(1, serial=a_configuration().cameras[0].serial),
        changed_camera(1, sensor="IMX219"),
        changed_camera(1, connector="J2"),
    ],
)
def test_cameras_that_are_no_matched_pair_are_refused(configuration: DeviceConfiguration) -> None:
    change = partial(change_configuration, configuration=configuration)
    given(EQUIPMENT, ENROLLED).when(change).refuses("equipment.matched-cameras")


@pytest.mark.verifies("REQ-IN-079")
@pytest.mark.verifies("REQ-IN-080")
def test_a_ready_station_is_fit_for_capture() -> None:
    gates = fit_for_capture(station(*READY), at=later(), content=CONTENT, models=MODELS)
    assert [each.gate for each in gates] == [
        Gate.DEVICE_IDENTITY,
        Gate.CALIBRATION,
        Gate.VERSIONS,
    ]
    assert all(each.passed for each in gates)
    assert "boot verified" in gates[0].evidence
    assert "0.12 px" in gates[1].evidence


@pytest.mark.verifies("REQ-IN-079")
def test_a_station_nobody_enrolled_is_not_fit() -> None:
    assert Gate.DEVICE_IDENTITY in at_capture()


@pytest.mark.verifies("REQ-IN-079")
def test_a_station_that_never_reported_its_configuration_is_not_fit() -> None:
    assert "configuration" in at_capture(ENROLLED)[Gate.DEVICE_IDENTITY]


@pytest.mark.verifies("REQ-IN-079")
def test_a_station_in_quarantine_is_not_fit_until_released() -> None:
    quarantined = DeviceQuarantined(reason="dropped")
    assert "dropped" in at_capture(*READY, quarantined)[Gate.DEVICE_IDENTITY]
    assert not at_capture(*READY, quarantined, DeviceReleased(reason="checked"))


@pytest.mark.verifies("REQ-IN-191")
def test_a_boot_that_was_not_verified_is_named() -> None:
    unverified = replace(a_configuration(), secure_boot=False)
    changed = DeviceConfigurationChanged(configuration=unverified)
    identity, *_ = fit_for_capture(
        station(*READY, changed), at=later(), content=CONTENT, models=MODELS
    )
    assert "boot not verified" in identity.evidence


@pytest.mark.verifies("REQ-IN-080")
@pytest.mark.parametrize(
    ("events", "evidence"),
    [
        ((ENROLLED, CONFIGURED), "no locked calibration"),
        ((ENROLLED, CONFIGURED, CALIBRATED), "no locked calibration"),
        ((*READY, CalibrationInvalidated(calibration=CALIBRATION, reason="shock")), "shock"),
        ((*READY, a_field_check(passed=False)), "field check"),
        (
            (*READY, DeviceConfigurationChanged(configuration=changed_camera(0, serial="NEW"))),
            "cameras were changed",
        ),
        (
            (
                *READY,
                DeviceConfigurationChanged(
                    configuration=replace(a_configuration(), lens_configuration="other")
                ),
            ),
            "lenses were changed",
        ),
    ],
)
def test_a_calibration_that_cannot_be_relied_on_blocks(
    events: tuple[EquipmentEvent, ...], evidence: str
) -> None:
    assert evidence in at_capture(*events)[Gate.CALIBRATION]


@pytest.mark.verifies("REQ-IN-080")
def test_a_calibration_blocks_from_the_instant_it_expires() -> None:
    ready = station(*READY)
    expiry = a_calibration_record().valid_until
    before = fit_for_capture(ready, at=ServerTime(expiry.us - 1), content=CONTENT, models=MODELS)
    assert not failed(before)
    after = fit_for_capture(ready, at=ServerTime(expiry.us), content=CONTENT, models=MODELS)
    assert "expired" in blocked(after)[Gate.CALIBRATION]


@pytest.mark.verifies("REQ-IN-080")
@pytest.mark.parametrize(
    ("epipolar_px", "baseline_mm", "evidence"),
    [
        (0.28, 0.02, "found an epipolar error of 0.28 px, above 0.15 px"),
        (0.1, -0.3, "found the baseline -0.300 mm from the calibrated one, more than 0.2 mm"),
        (float("nan"), 0.02, "epipolar error of nan px"),
        (0.15, 0.2, None),
    ],
)
def test_a_field_check_is_held_against_the_protocol_whatever_the_station_says(
    epipolar_px: float, baseline_mm: float, evidence: str | None
) -> None:
    strict = replace(
        CONTENT,
        calibration=replace(CONTENT.calibration, epipolar_error_px=0.15, baseline_tolerance_mm=0.2),
    )
    checked = replace(
        a_field_check(passed=True), epipolar_error_px=epipolar_px, baseline_error_mm=baseline_mm
    )
    ready = station(*READY, checked)
    found = blocked(fit_for_capture(ready, at=later(), content=strict, models=MODELS))
    if evidence is None:
        assert Gate.CALIBRATION not in found
    else:
        assert evidence in found[Gate.CALIBRATION]
    at_the_capture = fit_for_attempt(
        ready,
        conditions=conditions(),
        captured_at=device_time(),
        content=strict,
        models=MODELS,
    )
    assert (Gate.CALIBRATION in blocked(at_the_capture)) == (evidence is not None)


def test_a_field_check_that_passes_again_restores_the_calibration() -> None:
    assert not at_capture(*READY, a_field_check(passed=False), a_field_check(passed=True))


@pytest.mark.verifies("REQ-IN-080")
def test_a_calibration_locked_under_wider_limits_does_not_serve_a_stricter_protocol() -> None:
    limits = replace(
        CONTENT.calibration,
        reprojection_error_px=0.1,
        epipolar_error_px=0.1,
        baseline_tolerance_mm=0.001,
        valid_days=7,
    )
    strict = replace(CONTENT, calibration=limits)
    evidence = blocked(fit_for_capture(station(*READY), at=later(), content=strict, models=MODELS))[
        Gate.CALIBRATION
    ]
    for part in ("0.12 px is above 0.1 px", "0.15 px is above 0.1 px", "80.01 mm", "7 days"):
        assert part in evidence


def test_the_calibration_counts_even_if_the_station_is_not_described() -> None:
    undescribed = replace(station(*READY), configuration=None)
    gates = fit_for_capture(undescribed, at=later(), content=CONTENT, models=MODELS)
    assert "cameras were changed" in blocked(gates)[Gate.CALIBRATION]


@pytest.mark.verifies("REQ-IN-086")
def test_a_station_is_fit_for_an_attempt_with_fresh_light() -> None:
    gates = fit_for_attempt(
        station(*READY),
        conditions=conditions(),
        captured_at=device_time(5),
        content=CONTENT,
        models=MODELS,
    )
    assert [each.gate for each in gates] == [
        Gate.DEVICE_IDENTITY,
        Gate.CALIBRATION,
        Gate.ILLUMINATION,
        Gate.VERSIONS,
    ]
    assert not failed(gates)


@pytest.mark.verifies("REQ-IN-086")
@pytest.mark.parametrize(
    ("events", "minutes", "evidence"),
    [
        (READY[:-1], 5, "never calibrated"),
        (
            (
                *READY,
                IlluminationCalibrated(
                    illumination=an_illumination_record(passed=False), basis=None
                ),
            ),
            5,
            "exposure 0.30",
        ),
        (READY, 60 * 12, "12.2 hours ago"),
    ],
)
def test_light_that_cannot_be_relied_on_blocks(
    events: tuple[EquipmentEvent, ...], minutes: float, evidence: str
) -> None:
    gates = fit_for_attempt(
        station(*events),
        conditions=conditions(),
        captured_at=device_time(minutes),
        content=CONTENT,
        models=MODELS,
    )
    assert evidence in blocked(gates)[Gate.ILLUMINATION]


def a_day_off(days: int, *, light_minutes: float) -> tuple[Station, CaptureConditions, DeviceTime]:
    """Return a station whose clock is days ahead, what it says, and when it says it captured.

    Everything happened as the builders say, but its clock wrote other times.
    """
    ahead = timedelta(days=days)
    made = an_illumination_record()
    light = replace(made, performed_at=device_time(-light_minutes).plus(ahead))
    record = a_calibration_record()
    calibration = replace(
        record,
        performed_at=record.performed_at.plus(ahead),
        valid_until=record.valid_until.plus(ahead),
    )
    found = station(
        ENROLLED,
        CONFIGURED,
        CalibrationRecorded(calibration=calibration),
        LOCKED,
        IlluminationCalibrated(illumination=light, basis=None),
    )
    said = replace(conditions(), clock_offset_ms=ahead / timedelta(milliseconds=1))
    return found, said, device_time().plus(ahead)


@pytest.mark.verifies("REQ-IN-086", "DRV-04")
@pytest.mark.parametrize("days", [-1, 0, 1])
@pytest.mark.parametrize("hours", [0.1, 11.9, 12.1, 13.0, 24.0])
def test_the_age_of_the_light_is_taken_from_the_stations_own_clock(days: int, hours: float) -> None:
    found, said, captured = a_day_off(days, light_minutes=hours * 60)
    gates = fit_for_attempt(
        found, conditions=said, captured_at=captured, content=CONTENT, models=MODELS
    )
    expected = {} if hours <= 12 else {Gate.ILLUMINATION: f"calibrated {hours:.1f} hours ago"}
    assert blocked(gates).keys() == expected.keys()
    assert all(words in blocked(gates)[gate] for gate, words in expected.items())


@pytest.mark.verifies("REQ-IN-086", "DRV-04")
def test_light_calibrated_after_the_capture_by_the_same_clock_is_not_relied_on() -> None:
    found, said, captured = a_day_off(1, light_minutes=5)
    put_right = replace(said, clock_offset_ms=0.0)
    gates = fit_for_attempt(
        found,
        conditions=put_right,
        captured_at=captured.plus(-timedelta(days=1)),
        content=CONTENT,
        models=MODELS,
    )
    assert "23.9 hours after the capture" in blocked(gates)[Gate.ILLUMINATION]


@pytest.mark.verifies("REQ-IN-080", "DRV-04")
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_calibration_expires_as_soon_as_either_clock_says_so(days: int) -> None:
    found, said, _ = a_day_off(days, light_minutes=5)
    expiry = found.calibrations[CALIBRATION].record.valid_until
    ahead = timedelta(milliseconds=said.clock_offset_ms or 0.0)
    # By our clock the station's own times are ``ahead`` earlier.
    last = expiry.plus(min(ahead, timedelta()) - timedelta(microseconds=1))
    for captured, expired in ((last, False), (last.plus(timedelta(microseconds=1)), True)):
        gates = fit_for_attempt(
            found, conditions=said, captured_at=captured, content=CONTENT, models=MODELS
        )
        assert (Gate.CALIBRATION in blocked(gates)) is expired
    known = replace(found, clock_offset_ms=said.clock_offset_ms or 0.0)
    by_ours = ServerTime(last.plus(-ahead).us)
    assert not failed(fit_for_capture(known, at=by_ours, content=CONTENT, models=MODELS))
    evidence = blocked(
        fit_for_capture(known, at=by_ours.plus(timedelta(days=1)), content=CONTENT, models=MODELS)
    )
    assert "expired" in evidence[Gate.CALIBRATION]


@pytest.mark.verifies("REQ-IN-079")
def test_an_attempt_that_names_another_station_or_camera_is_blocked() -> None:
    ready = station(*READY)
    for said, evidence in (
        (replace(conditions(), device_serial="ST-0002"), "ST-0002"),
        (replace(conditions(), camera_serials=("OTHER",)), "OTHER"),
    ):
        gates = fit_for_attempt(
            ready, conditions=said, captured_at=device_time(5), content=CONTENT, models=MODELS
        )
        assert evidence in blocked(gates)[Gate.DEVICE_IDENTITY]


@pytest.mark.verifies("REQ-IN-080")
def test_an_attempt_without_a_calibration_or_with_an_unknown_one_is_blocked() -> None:
    for calibration in (None, CalibrationId.derived("another")):
        said = replace(conditions(), calibration=calibration)
        gates = fit_for_attempt(
            station(*READY),
            conditions=said,
            captured_at=device_time(5),
            content=CONTENT,
            models=MODELS,
        )
        assert Gate.CALIBRATION in blocked(gates)


@pytest.mark.verifies("DRV-05")
def test_statements_in_order_are_let_in() -> None:
    given(EQUIPMENT, ENROLLED).when(partial(accept_sequence, recorded=0, received=1)).then()
    given(EQUIPMENT, ENROLLED).when(partial(accept_sequence, recorded=7, received=8)).then()


@pytest.mark.verifies("DRV-05")
def test_a_skipped_number_is_recorded_as_a_gap_once() -> None:
    gap = DeviceSequenceGapDetected(expected=5, received=9)
    accept = partial(accept_sequence, recorded=4, received=9)
    given(EQUIPMENT, ENROLLED).when(accept).then(gap)
    given(EQUIPMENT, ENROLLED, gap).when(accept).then()


@pytest.mark.verifies("DRV-05")
@pytest.mark.parametrize("received", [3, 4])
def test_a_duplicate_or_late_number_is_refused(received: int) -> None:
    accept = partial(accept_sequence, recorded=4, received=received)
    given(EQUIPMENT, ENROLLED).when(accept).refuses("device.sequence")


@pytest.mark.verifies("DRV-05")
@pytest.mark.verifies("DRV-07")
def test_the_number_of_a_refused_statement_is_used_up() -> None:
    refusal = RuleViolation("session.open", "the session has ended", "Open a new session.")
    rejected = DeviceBatchRejected(
        device_sequences=(5, 6), rule="session.open", evidence="the session has ended"
    )
    reject = partial(reject_batch, device_sequences=(5, 6), refusal=refusal)
    given(EQUIPMENT, ENROLLED).when(reject).then(rejected)
    after = given(EQUIPMENT, ENROLLED, rejected)
    after.when(partial(accept_sequence, recorded=4, received=7)).then()
    after.when(partial(accept_sequence, recorded=4, received=6)).refuses("device.sequence")
    given(EQUIPMENT).when(reject).refuses("equipment.enrolled")
    nothing = DeviceBatchRejected(device_sequences=(), rule="device.malformed", evidence="empty")
    assert station(ENROLLED, nothing).noted == 0


@pytest.mark.verifies("DRV-04")
def test_a_clock_far_from_ours_is_recorded_once() -> None:
    note = partial(note_clock, offset_ms=3000.0, device_sequence=8, tolerance_ms=2000.0)
    drift = DeviceClockDriftDetected(offset_ms=3000.0, device_sequence=8)
    given(EQUIPMENT, ENROLLED).when(note).then(drift)
    given(EQUIPMENT, ENROLLED, drift).when(note).then()
    near = partial(note_clock, offset_ms=-500.0, device_sequence=9, tolerance_ms=2000.0)
    given(EQUIPMENT, ENROLLED, drift).when(near).then()
    on_the_bound = partial(note, offset_ms=2000.0)
    given(EQUIPMENT, ENROLLED).when(on_the_bound).then()
    little_changed = partial(note, offset_ms=5000.0)
    given(EQUIPMENT, ENROLLED, drift).when(little_changed).then()
    changed = partial(note, offset_ms=5001.0)
    given(EQUIPMENT, ENROLLED, drift).when(changed).then(
        DeviceClockDriftDetected(offset_ms=5001.0, device_sequence=8)
    )


def test_quarantine_and_release_are_recorded_with_their_reason_once() -> None:
    quarantine = partial(quarantine_device, reason="dropped")
    release = partial(release_device, reason="checked")
    quarantined = DeviceQuarantined(reason="dropped")
    given(EQUIPMENT, ENROLLED).when(quarantine).then(quarantined)
    given(EQUIPMENT, ENROLLED, quarantined).when(quarantine).then()
    given(EQUIPMENT, ENROLLED, quarantined).when(release).then(DeviceReleased(reason="checked"))
    given(EQUIPMENT, ENROLLED).when(release).then()
    given(EQUIPMENT, ENROLLED).when(partial(quarantine_device, reason=" ")).refuses(
        "equipment.reason"
    )


def test_a_fact_about_an_unknown_calibration_changes_nothing() -> None:
    assert station(ENROLLED, LOCKED) == station(ENROLLED)


OTHER = a_digest("another list")
DIGEST = a_configuration().software_digest


@pytest.mark.verifies("REQ-IN-081")
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"firmware": "9.9"}, "firmware 9.9 is not among"),
        ({"software": "9.9"}, f"station software 9.9 with the digest {DIGEST} is not among"),
        ({"model_manifest": None}, "the capture names the model list none"),
        ({"model_manifest": OTHER}, f"the capture names the model list {OTHER}, in force is"),
    ],
)
def test_a_capture_with_anything_that_is_not_approved_is_blocked(
    changed: dict[str, Any], words: str
) -> None:
    said = replace(conditions(), **changed)
    gates = fit_for_attempt(
        station(*READY),
        conditions=said,
        captured_at=device_time(5),
        content=CONTENT,
        models=MODELS,
    )
    assert words in blocked(gates)[Gate.VERSIONS]


@pytest.mark.verifies("REQ-IN-081")
def test_a_model_approved_or_suspended_since_the_opening_blocks_before_and_after_the_shutter() -> (
    None
):
    moved_on = ModelLists(in_force=OTHER, opened_with=MODEL_LIST)
    before = fit_for_capture(station(*READY), at=later(), content=CONTENT, models=moved_on)
    assert f"opened with the model list {MODEL_LIST}" in blocked(before)[Gate.VERSIONS]
    after = fit_for_attempt(
        station(*READY),
        conditions=conditions(),
        captured_at=device_time(5),
        content=CONTENT,
        models=moved_on,
    )
    assert str(OTHER) in blocked(after)[Gate.VERSIONS]
    opening = fit_for_capture(
        station(*READY), at=later(), content=CONTENT, models=ModelLists(in_force=OTHER)
    )
    assert not failed(opening)
    assert "given to the session" in opening[-1].evidence


@pytest.mark.verifies("REQ-IN-081")
@pytest.mark.parametrize(
    ("approved", "passed", "words"),
    [
        (("0.1.0",), True, f"by its version (the protocol names no digest of it; .* {DIGEST}"),
        ((f"0.1.0 {DIGEST}",), True, f"with the approved digest {DIGEST}"),
        ((f"0.1.0 {OTHER}",), False, f"with the digest {DIGEST} is not among 0.1.0 {OTHER}"),
        (("0.0.9", f"0.1.0 {OTHER}"), False, "is not among"),
        ((f"0.0.9 {DIGEST}",), False, "station software 0.1.0"),
    ],
)
def test_where_a_protocol_names_a_build_no_other_build_of_the_version_passes(
    approved: tuple[str, ...], *, passed: bool, words: str
) -> None:
    content = replace(CONTENT, software=approved)
    (gate,) = (
        each
        for each in fit_for_capture(station(*READY), at=later(), content=content, models=MODELS)
        if each.gate is Gate.VERSIONS
    )
    assert gate.passed is passed
    assert re.search(words.replace("(", "\\("), gate.evidence)


def test_what_runs_on_a_station_that_never_said_so_is_not_reported_as_approved() -> None:
    undescribed = station(ENROLLED)
    both = (
        fit_for_capture(undescribed, at=later(), content=CONTENT, models=MODELS),
        fit_for_attempt(
            undescribed,
            conditions=conditions(),
            captured_at=device_time(5),
            content=CONTENT,
            models=MODELS,
        ),
    )
    for gates in both:
        assert Gate.VERSIONS not in {each.gate for each in gates}
