"""What is known of a station, and the gates before a capture that follow from it.

Rules kept here:

1. A station captures once it is enrolled and described, and never in quarantine [REQ-IN-079].
2. A calibration counts while it is locked, current, inside the protocol's limits, made with the
   cameras and lenses now mounted, and the last field check of it passed [REQ-IN-080]. A field check
   is held against the protocol's limits here too: a station may have used others.
3. The light was calibrated, with success, not longer ago than the protocol allows [REQ-IN-086].
4. Ages are differences of two times of the same clock, the station's own; a negative one says that
   the clock was changed, and closes the gate.
5. A calibration expires as soon as either clock, the station's or ours, says so [DRV-04].
6. Every gate gives its evidence in numbers, whether it passed or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from domain.values.calibration import CalibrationRecord, IlluminationRecord
from domain.values.capture import CaptureConditions, DeviceConfiguration, Gate, GateResult
from domain.values.gates import block, let_pass
from domain.values.identifiers import CalibrationId
from domain.values.protocol import CalibrationLimits
from domain.values.time import DeviceTime, Instant, ServerTime

_RECALIBRATE = "Calibrate the station with the target and have the calibration locked."


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldErrors:
    """What a field check measured.

    Attributes:
        epipolar_px: Root-mean-square distance from the epipolar line.
        baseline_mm: Deviation from the calibrated baseline.
    """

    epipolar_px: float
    baseline_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A calibration and what became of it.

    Attributes:
        record: The calibration.
        cameras: Serial numbers of the cameras it was made with, left first.
        locked: Whether a person locked it for use.
        invalid: What was found wrong with it later; none while nothing was.
        drifted: Whether the last field check of it failed, by the station's word.
        checked: What that check measured; none before the first.
        views_recorded: Whether the views behind it were recorded.
    """

    record: CalibrationRecord
    cameras: tuple[str, ...]
    locked: bool = False
    invalid: str | None = None
    drifted: bool = False
    checked: FieldErrors | None = None
    views_recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What is known of one station.

    Attributes:
        serial: Serial number; none before enrolment.
        model: Type of station; none before enrolment.
        configuration: What runs and is mounted; none before it was reported.
        calibrations: Every calibration recorded.
        in_force: The calibration locked last.
        illumination: The last illumination calibration.
        quarantine: Why it is out of use; none while it is in use.
        noted: Highest number of a statement that was skipped or refused; 0 before.
        clock_offset_ms: The last clock offset found far from ours; 0 before.
        light_baseline: When the light field was measured that later ones are compared with; none
            before one passed, and again after service.
    """

    serial: str | None = None
    model: str | None = None
    configuration: DeviceConfiguration | None = None
    calibrations: Mapping[CalibrationId, Calibrated] = field(default_factory=dict)
    in_force: CalibrationId | None = None
    illumination: IlluminationRecord | None = None
    quarantine: str | None = None
    noted: int = 0
    clock_offset_ms: float = 0.0
    light_baseline: DeviceTime | None = None

    @property
    def cameras(self) -> tuple[str, ...]:
        """Serial numbers of the cameras now mounted, left first."""
        return (
            tuple(each.serial for each in self.configuration.cameras) if self.configuration else ()
        )


def misses(
    record: CalibrationRecord, configuration: DeviceConfiguration, limits: CalibrationLimits
) -> tuple[str, ...]:
    """Return, in words and numbers, which of the protocol's limits a calibration misses."""
    deviation_mm = abs(record.baseline_mm - configuration.baseline_mm)
    valid = timedelta(microseconds=record.valid_until.us - record.performed_at.us)
    found = []
    if record.reprojection_error_px > limits.reprojection_error_px:
        found.append(
            f"the reprojection error of {record.reprojection_error_px:g} px is above "
            f"{limits.reprojection_error_px:g} px"
        )
    if record.epipolar_error_px > limits.epipolar_error_px:
        found.append(
            f"the epipolar error of {record.epipolar_error_px:g} px is above "
            f"{limits.epipolar_error_px:g} px"
        )
    if deviation_mm > limits.baseline_tolerance_mm:
        found.append(
            f"the baseline of {record.baseline_mm:g} mm is {deviation_mm:.3f} mm from "
            f"{configuration.baseline_mm:g} mm, more than {limits.baseline_tolerance_mm:g} mm"
        )
    if valid > timedelta(days=limits.valid_days):
        found.append(
            f"it claims to be valid for {valid.days} days, more than {limits.valid_days} days"
        )
    return tuple(found)


def check_misses(found: FieldErrors, limits: CalibrationLimits) -> tuple[str, ...]:
    """Return, in words and numbers, which of the protocol's limits a field check misses.

    What is no number is within no limit.
    """
    missed = []
    if not found.epipolar_px <= limits.epipolar_error_px:
        missed.append(
            f"the last field check found an epipolar error of {found.epipolar_px:.3g} px, above "
            f"{limits.epipolar_error_px:g} px"
        )
    if not abs(found.baseline_mm) <= limits.baseline_tolerance_mm:
        missed.append(
            f"the last field check found the baseline {found.baseline_mm:+.3f} mm from the "
            f"calibrated one, more than {limits.baseline_tolerance_mm:g} mm"
        )
    return tuple(missed)


def identity_gate(station: Station, conditions: CaptureConditions | None = None) -> GateResult:
    """Return whether the station is the one enrolled and may be used.

    Args:
        station: The station.
        conditions: What it says about itself at a capture; none before the first.
    """
    configuration = station.configuration
    if station.serial is None:
        return _unknown("no station is enrolled under this identifier", "Enrol the station.")
    if station.quarantine is not None:
        return _unknown(
            f"the station is in quarantine: {station.quarantine}",
            "Have the cause removed and the station released.",
        )
    if configuration is None:
        return _unknown(
            "the station has not reported its configuration", "Start the station and wait."
        )
    if conditions is not None and conditions.device_serial != station.serial:
        return _unknown(
            f"the capture names station {conditions.device_serial}, not {station.serial}",
            "Check which station is connected.",
        )
    strange = sorted(set(conditions.camera_serials) - set(station.cameras)) if conditions else []
    if strange:
        return _unknown(
            f"camera {', '.join(strange)} is not mounted on station {station.serial}",
            "Report the station's configuration again and recalibrate.",
        )
    boot = "verified" if configuration.secure_boot else "not verified"
    return let_pass(
        Gate.DEVICE_IDENTITY,
        f"station {station.serial}, boot {boot}, key in {configuration.key_storage}",
    )


def calibration_gate(
    station: Station,
    calibration: CalibrationId | None,
    *,
    at: Instant,
    limits: CalibrationLimits,
    by_ours: ServerTime | None = None,
) -> GateResult:
    """Return whether a calibration may be relied on at a moment.

    Args:
        station: The station.
        calibration: Which calibration; none for an uncalibrated rig.
        at: The moment by the station's own clock, which also dated the calibration.
        limits: The protocol's.
        by_ours: The same moment by our clock, where it is known.
    """
    known = station.calibrations.get(calibration) if calibration is not None else None
    if known is None or not known.locked:
        return block(Gate.CALIBRATION, "no locked calibration is in use", _RECALIBRATE)
    found = _against(known, station, limits)
    clocks = (("the station's", at), ("our", by_ours or at))
    late = [name for name, moment in clocks if not known.record.current_at(moment)]
    if late:
        found.append(f"it expired at {known.record.valid_until} by {late[0]} clock")
    if found:
        return block(
            Gate.CALIBRATION, f"calibration {calibration}: {'; '.join(found)}", _RECALIBRATE
        )
    record = known.record
    return let_pass(
        Gate.CALIBRATION,
        f"calibration {calibration} of {record.performed_at} with target {record.target.serial}: "
        f"residual {record.reprojection_error_px:g} px, valid until {record.valid_until}",
    )


def illumination_gate(station: Station, *, at: DeviceTime, limits: CalibrationLimits) -> GateResult:
    """Return whether the light may be relied on at a moment of the station's own clock."""
    light = station.illumination
    next_step = "Run the illumination calibration."
    if light is None:
        return block(Gate.ILLUMINATION, "the light was never calibrated", next_step)
    if not light.passed:
        return block(Gate.ILLUMINATION, "; ".join(light.reasons), next_step)
    age = timedelta(microseconds=at.us - light.performed_at.us)
    hours = age / timedelta(hours=1)
    if age < timedelta():
        return block(
            Gate.ILLUMINATION,
            f"the light was calibrated {-hours:.1f} hours after the capture by the station's own "
            "clock, so that clock was changed meanwhile",
            next_step,
        )
    if age > timedelta(hours=limits.illumination_valid_hours):
        return block(
            Gate.ILLUMINATION,
            f"the light was calibrated {hours:.1f} hours ago, more than "
            f"{limits.illumination_valid_hours} hours",
            next_step,
        )
    return let_pass(
        Gate.ILLUMINATION,
        f"calibrated {hours:.1f} hours before: exposure {light.exposure_reached:g} for "
        f"{light.exposure_target:g}, {light.cct_k:g} K",
    )


def _unknown(evidence: str, next_step: str) -> GateResult:
    return block(Gate.DEVICE_IDENTITY, evidence, next_step)


def _against(known: Calibrated, station: Station, limits: CalibrationLimits) -> list[str]:
    configuration = station.configuration
    found = [] if known.invalid is None else [f"it was found defective: {known.invalid}"]
    if known.drifted:
        found.append("the last field check failed")
    if known.checked is not None:
        found.extend(check_misses(known.checked, limits))
    if known.cameras != station.cameras:
        found.append("the cameras were changed since")
    if configuration is not None:
        if known.record.lens_configuration != configuration.lens_configuration:
            found.append("the lenses were changed since")
        found.extend(misses(known.record, configuration, limits))
    return found
