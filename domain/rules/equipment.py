"""Which station is which, what it consists of, and whether it may be used at all.

Rules kept here:

1. A station is enrolled once, with a signing key of its own [REQ-IN-215].
2. Its configuration names two matched cameras and where they are plugged in [REQ-IN-124, 207].
3. Its statements are numbered: one that skips is recorded as a gap, one that does not rise is
   refused [DRV-05].
4. A station in quarantine captures nothing; ``domain/rules/calibration.py`` has the rest of what
   makes it fit for capture.
"""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.equipment import (
    CalibrationInvalidated,
    CalibrationLocked,
    CalibrationRecorded,
    CalibrationViewsRecorded,
    ColourCalibrated,
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
    LightFieldMeasured,
)
from domain.values.capture import CaptureConditions, DeviceConfiguration, GateResult
from domain.values.gates import ModelLists, Running, versions_gate
from domain.values.identifiers import CalibrationId, DeviceId
from domain.values.protocol import ProtocolContent
from domain.values.station import (
    Calibrated,
    FieldErrors,
    Station,
    calibration_gate,
    identity_gate,
    illumination_gate,
)
from domain.values.time import DeviceTime, ServerTime, by_our_clock
from domain.values.words import said

CONNECTORS = {"J1", "J3"}
"""Where the two matched cameras are plugged in [REQ-IN-124]."""


def evolve(station: Station, event: EquipmentEvent) -> Station:
    """Return the station after the event; history is never refused."""
    match event:
        case DeviceEnrolled():
            return replace(station, serial=event.serial, model=event.model)
        case DeviceConfigurationChanged():
            return replace(station, configuration=event.configuration)
        case CalibrationRecorded():
            made = Calibrated(record=event.calibration, cameras=station.cameras)
            return _with(station, event.calibration.calibration, made)
        case (
            CalibrationLocked()
            | CalibrationInvalidated()
            | CalibrationViewsRecorded()
            | FieldCheckPerformed()
        ):
            return _evolve_calibration(station, event)
        case ColourCalibrated():
            # Nothing is decided by it: every capture carries its own chart, and is judged by that.
            return station
        case IlluminationCalibrated() | LightFieldMeasured():
            return _evolve_light(station, event)
        case DeviceQuarantined() | DeviceReleased():
            return _evolve_service(station, event)
        case DeviceSequenceGapDetected():
            return replace(station, noted=max(station.noted, event.received - 1))
        case DeviceBatchRejected():
            return replace(station, noted=max(station.noted, *event.device_sequences, 0))
        case DeviceClockDriftDetected():
            return replace(station, clock_offset_ms=event.offset_ms)
        case _:
            assert_never(event)


EQUIPMENT = Aggregate(kind=DeviceId.kind, initial=Station(), evolve=evolve, grows=True)


def fit_for_capture(
    station: Station, *, at: ServerTime, content: ProtocolContent, models: ModelLists
) -> tuple[GateResult, ...]:
    """Return the gates of a station before a session and before its captures [REQ-IN-079 to 081].

    Args:
        station: The station.
        at: Now, by our clock; what the station's says follows from the offset last found.
        content: The protocol.
        models: The lists of approved model releases.
    """
    by_its_own = at.plus(timedelta(milliseconds=station.clock_offset_ms))
    limits = content.calibration
    fit = (
        identity_gate(station),
        calibration_gate(station, station.in_force, at=by_its_own, limits=limits, by_ours=at),
    )
    held = station.configuration
    if held is None:
        return fit
    running = Running(
        firmware=held.firmware, software=held.software, software_digest=held.software_digest
    )
    return (*fit, versions_gate(running, content=content, models=models))


def fit_for_attempt(
    station: Station,
    *,
    conditions: CaptureConditions,
    captured_at: DeviceTime,
    content: ProtocolContent,
    models: ModelLists,
) -> tuple[GateResult, ...]:
    """Return the gates of a station for one capture: identity, calibration, light, versions.

    Args:
        station: The station.
        conditions: What it says about the capture.
        captured_at: When it captured, by its own clock.
        content: The protocol.
        models: The lists of approved model releases.

    Raises:
        MalformedInput: the offset it claims leads to no calendar.
    """
    by_ours = by_our_clock(captured_at, conditions.clock_offset_ms)
    limits = content.calibration
    fit = (
        identity_gate(station, conditions),
        calibration_gate(
            station, conditions.calibration, at=captured_at, limits=limits, by_ours=by_ours
        ),
        illumination_gate(station, at=captured_at, limits=limits),
    )
    held = station.configuration
    if held is None:
        return fit
    running = Running(
        firmware=conditions.firmware,
        software=conditions.software,
        software_digest=held.software_digest,
    )
    named = (conditions.model_manifest,)
    return (*fit, versions_gate(running, content=content, models=models, named=named))


def enrol_device(
    station: Station, *, identifier: DeviceId, serial: str, model: str, public_key: str
) -> DeviceEnrolled:
    """Register a station with its own signing key [REQ-IN-215].

    Raises:
        RuleViolation: it is enrolled already, or something that identifies it is missing.
    """
    if station.serial is not None:
        raise RuleViolation(
            "equipment.enrolled-once",
            f"the station is enrolled with serial number {station.serial}",
            "Enrol a new key under a new identifier.",
        )
    if not (serial and model and public_key):
        raise RuleViolation(
            "equipment.identity",
            "serial number, model or public key is missing",
            "Read them from the station and enrol again.",
        )
    return DeviceEnrolled(device=identifier, serial=serial, model=model, public_key=public_key)


def change_configuration(
    station: Station, configuration: DeviceConfiguration
) -> tuple[DeviceConfigurationChanged, ...]:
    """Record what runs and is mounted on a station; () when nothing changed [REQ-IN-207].

    Raises:
        RuleViolation: the station is not enrolled, or its cameras are no matched pair.
    """
    _enrolled(station)
    cameras = configuration.cameras
    if (
        tuple(each.position for each in cameras) != ("left", "right")
        or cameras[0].serial == cameras[1].serial
        or cameras[0].sensor != cameras[1].sensor
        or {each.connector for each in cameras} != CONNECTORS
    ):
        raise RuleViolation(
            "equipment.matched-cameras",
            "the cameras are no matched pair, left then right, on J1 and J3",
            "Mount two cameras of the same sensor class on J1 and J3.",
        )
    if configuration == station.configuration:
        return ()
    return (DeviceConfigurationChanged(configuration=configuration),)


def quarantine_device(station: Station, *, reason: str) -> tuple[DeviceQuarantined, ...]:
    """Take a station out of use; () when it is.

    Raises:
        RuleViolation: the station is not enrolled, or no reason was given.
    """
    _enrolled(station)
    if station.quarantine is not None:
        return ()
    return (DeviceQuarantined(reason=said(reason, rule="equipment.reason", what="reason")),)


def release_device(station: Station, *, reason: str) -> tuple[DeviceReleased, ...]:
    """Put a station back into use; () when it is.

    Raises:
        RuleViolation: no reason was given.
    """
    if station.quarantine is None:
        return ()
    return (DeviceReleased(reason=said(reason, rule="equipment.reason", what="reason")),)


def accept_sequence(
    station: Station, *, recorded: int, received: int
) -> tuple[DeviceSequenceGapDetected, ...]:
    """Let a station's next statement in; return the gap it shows, if it skipped a number.

    Args:
        station: The station.
        recorded: Highest number under which something of this station is recorded; 0 before.
        received: Number of the statement that came.

    Raises:
        RuleViolation: the number does not rise: a duplicate, or out of order.
    """
    last = max(recorded, station.noted)
    if received <= last:
        raise RuleViolation(
            "device.sequence",
            f"statement {received} came after statement {last}",
            "Deliver each statement once, in the order it was made.",
        )
    if received == last + 1:
        return ()
    return (DeviceSequenceGapDetected(expected=last + 1, received=received),)


def note_clock(
    station: Station, *, offset_ms: float, device_sequence: int, tolerance_ms: float
) -> tuple[DeviceClockDriftDetected, ...]:
    """Record that a station's clock is far from ours, unless that is known [DRV-04]."""
    known = abs(offset_ms - station.clock_offset_ms) <= tolerance_ms
    if known or abs(offset_ms) <= tolerance_ms:
        return ()
    return (DeviceClockDriftDetected(offset_ms=offset_ms, device_sequence=device_sequence),)


def reject_batch(
    station: Station, *, device_sequences: tuple[int, ...], refusal: RuleViolation
) -> DeviceBatchRejected:
    """Record that something a station delivered was refused [DRV-07].

    Raises:
        RuleViolation: the station is not enrolled.
    """
    _enrolled(station)
    return DeviceBatchRejected(
        device_sequences=device_sequences, rule=refusal.rule, evidence=refusal.evidence
    )


def _evolve_service(station: Station, event: DeviceQuarantined | DeviceReleased) -> Station:
    if isinstance(event, DeviceQuarantined):
        return replace(station, quarantine=event.reason)
    # Lamps may have been replaced: what they gave before says nothing about them.
    return replace(station, quarantine=None, light_baseline=None)


def _evolve_light(station: Station, event: IlluminationCalibrated | LightFieldMeasured) -> Station:
    if isinstance(event, IlluminationCalibrated):
        return replace(station, illumination=event.illumination)
    found = event.field
    if found.baseline is None and found.passed and station.light_baseline is None:
        return replace(station, light_baseline=found.performed_at)
    return station


def _evolve_calibration(
    station: Station,
    event: CalibrationLocked
    | CalibrationInvalidated
    | CalibrationViewsRecorded
    | FieldCheckPerformed,
) -> Station:
    known = station.calibrations.get(event.calibration)
    if known is None:
        return station
    match event:
        case CalibrationLocked():
            locked = _with(station, event.calibration, replace(known, locked=True))
            return replace(locked, in_force=event.calibration)
        case CalibrationInvalidated():
            return _with(station, event.calibration, replace(known, invalid=event.reason))
        case CalibrationViewsRecorded():
            return _with(station, event.calibration, replace(known, views_recorded=True))
        case FieldCheckPerformed():
            errors = FieldErrors(
                epipolar_px=event.epipolar_error_px, baseline_mm=event.baseline_error_mm
            )
            checked = replace(known, drifted=not event.passed, checked=errors)
            return _with(station, event.calibration, checked)
        case _:
            assert_never(event)


def _with(station: Station, calibration: CalibrationId, known: Calibrated) -> Station:
    return replace(station, calibrations={**station.calibrations, calibration: known})


def _enrolled(station: Station) -> None:
    if station.serial is None:
        raise RuleViolation(
            "equipment.enrolled", "the station is not enrolled", "Enrol the station first."
        )
