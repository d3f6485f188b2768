"""What makes a calibration acceptable, and what is recorded of light and field checks.

Rules kept here:

1. A calibration is recorded whatever its result, with a traceable target [REQ-IN-133 to 140].
2. It is used only once it is locked: passed, current and inside the protocol's limits when
   somebody looked a second time, and signed for exactly what was seen [REQ-IN-046].
3. One that is found defective later stays in the record and is never used again.

The state is ``Station``, folded by ``domain/rules/equipment.py``: a calibration belongs to one
station's stream.
"""

from domain.errors import RuleViolation
from domain.events import codec
from domain.events.equipment import (
    CalibrationInvalidated,
    CalibrationLocked,
    CalibrationRecorded,
    CalibrationViewsRecorded,
    ColourCalibrated,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.calibration import CalibrationRecord
from domain.values.colour import colour_misses
from domain.values.content import Digest
from domain.values.identifiers import CalibrationId
from domain.values.light_field import field_misses
from domain.values.protocol import CalibrationLimits
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.station import Calibrated, Station, misses
from domain.values.time import Instant
from domain.values.words import said


def record_calibration(station: Station, record: CalibrationRecord) -> CalibrationRecorded:
    """Record the result of a calibration, whatever it is.

    Raises:
        RuleViolation: the station has not reported its configuration, the target is not
            traceable, or the calibration is recorded already.
    """
    if station.configuration is None:
        raise RuleViolation(
            "equipment.configuration",
            "the station has not reported what is mounted on it",
            "Report the configuration, then calibrate.",
        )
    if not (record.target.serial and record.target.certificate):
        raise RuleViolation(
            "calibration.traceable-target",
            "the target has no serial number or no certificate",
            "Calibrate with a target that has both.",
        )
    if record.calibration in station.calibrations:
        raise RuleViolation(
            "calibration.recorded-once",
            f"calibration {record.calibration} is recorded",
            "Give a new calibration a new identifier.",
        )
    return CalibrationRecorded(calibration=record)


def record_views(station: Station, views: CalibrationViewsRecorded) -> CalibrationViewsRecorded:
    """Record the views behind a calibration, once.

    Raises:
        RuleViolation: the calibration is unknown, its views are recorded, or those that were used
            are not as many as the calibration has residuals.
    """
    known = _known(station, views.calibration)
    if known.views_recorded:
        raise RuleViolation(
            "calibration.views-once",
            f"the views of calibration {views.calibration} are recorded",
            "Calibrate anew.",
        )
    used, residuals = sum(each.used for each in views.views), len(known.record.view_errors_px)
    if used != residuals:
        raise RuleViolation(
            "calibration.views-used",
            f"{used} views are said to be used, the calibration has residuals of {residuals}",
            "State the views of this calibration.",
        )
    return views


def record_colour(station: Station, stated: ColourCalibrated) -> ColourCalibrated:
    """Record the result of a colour calibration, whatever it is [REQ-IN-091, 092].

    Raises:
        RuleViolation: the chart is not traceable, the camera is not mounted, or the result does
            not follow from the numbers.
    """
    record = stated.colour
    if not (record.chart.serial and record.chart.certificate):
        raise RuleViolation(
            "colour.traceable-chart",
            "the chart has no serial number or no certificate",
            "Calibrate with a chart that has both.",
        )
    if record.camera not in station.cameras:
        raise RuleViolation(
            "colour.camera",
            f"the station has no camera {record.camera}",
            "Report the configuration, then calibrate.",
        )
    found = colour_misses(record)
    if record.passed == bool(found):
        raise RuleViolation(
            "colour.result-follows",
            f"it is said to have {'passed' if record.passed else 'failed'}: "
            f"{'; '.join(found) or 'every limit is met'}",
            "State the result that follows from the numbers.",
        )
    return stated


def calibration_digest(record: CalibrationRecord) -> Digest:
    """Return the digest that a person signs to lock a calibration: of its canonical JSON."""
    return Digest.of(canonical.encode(codec.to_plain(record)))


def lock_calibration(
    station: Station,
    calibration: CalibrationId,
    *,
    at: Instant,
    limits: CalibrationLimits,
    signing: Signing,
) -> CalibrationLocked:
    """Lock a calibration for use after looking at it a second time.

    Raises:
        RuleViolation: it did not pass, is no longer valid, misses a limit, is locked already, or
            the signature does not hold.
    """
    known = _known(station, calibration)
    if known.locked:
        raise RuleViolation(
            "calibration.locked-once",
            f"calibration {calibration} is locked",
            "Use it, or calibrate anew.",
        )
    record = known.record
    found = list(record.reasons)
    if known.invalid is not None:
        found.append(f"it was found defective: {known.invalid}")
    if at.us >= record.valid_until.us:
        found.append(f"it expired at {record.valid_until}")
    if station.configuration is not None:
        found.extend(misses(record, station.configuration, limits))
    if found:
        raise RuleViolation(
            "calibration.fit-to-lock", "; ".join(found), "Calibrate the station again."
        )
    signature = check_signing(
        signing,
        digest=calibration_digest(record),
        meanings=(Meaning.LOCKED,),
        roles=(Role.QUALITY_MANAGER,),
    )
    return CalibrationLocked(calibration=calibration, signature=signature)


def invalidate_calibration(
    station: Station, calibration: CalibrationId, *, reason: str
) -> tuple[CalibrationInvalidated, ...]:
    """Record that a calibration was found defective; () when that is recorded already.

    Raises:
        RuleViolation: the calibration is unknown, or no reason was given.
    """
    if _known(station, calibration).invalid is not None:
        return ()
    words = said(reason, rule="calibration.reason", what="reason")
    return (CalibrationInvalidated(calibration=calibration, reason=words),)


def record_illumination(station: Station, stated: IlluminationCalibrated) -> IlluminationCalibrated:
    """Record the result of an illumination calibration, whatever it is [REQ-IN-086 to 090].

    Raises:
        RuleViolation: a zone of the station was not checked.
    """
    expected = set(station.configuration.zones) if station.configuration else set()
    checked = {each.zone for each in stated.illumination.zones}
    if not checked or not expected <= checked:
        unchecked = ", ".join(sorted(expected - checked)) or "any"
        raise RuleViolation(
            "illumination.zones",
            f"light zone not checked: {unchecked}",
            "Check every zone and report it.",
        )
    return stated


def record_light_field(station: Station, stated: LightFieldMeasured) -> LightFieldMeasured:
    """Record the light on the grey target, whatever the result [REQ-IN-090].

    Raises:
        RuleViolation: the target is not traceable, a zone was not measured, it is compared with
            another baseline than the station's, or the result does not follow from the numbers.
    """
    record = stated.field
    if not (record.target.serial and record.target.certificate):
        raise RuleViolation(
            "light.traceable-target",
            "the grey target has no serial number or no certificate",
            "Measure with a target that has both.",
        )
    expected = set(station.configuration.zones) if station.configuration else set()
    unmeasured = expected - {each.zone for each in record.zones}
    if unmeasured or not record.zones:
        raise RuleViolation(
            "light.zones",
            f"light zone not measured: {', '.join(sorted(unmeasured)) or 'any'}",
            "Measure every zone and report it.",
        )
    if record.baseline != station.light_baseline:
        raise RuleViolation(
            "light.baseline",
            f"it is compared with {record.baseline or 'nothing'}, the station's baseline is "
            f"{station.light_baseline or 'not measured yet'}",
            "Compare with the station's baseline; measure a new one after service.",
        )
    found = field_misses(record)
    if record.passed == bool(found):
        raise RuleViolation(
            "light.result-follows",
            f"it is said to have {'passed' if record.passed else 'failed'}: "
            f"{'; '.join(found) or 'every limit is met'}",
            "State the result that follows from the numbers.",
        )
    return stated


def record_field_check(station: Station, check: FieldCheckPerformed) -> FieldCheckPerformed:
    """Record a check of a locked calibration with the target in the holder, whatever its result.

    What it measured is held against the limits of the protocol by the gate of every capture: a
    station that passed itself under wider ones opens nothing, and the fact is in the record.

    Raises:
        RuleViolation: the calibration is unknown or was never locked.
    """
    if not _known(station, check.calibration).locked:
        raise RuleViolation(
            "calibration.locked",
            f"calibration {check.calibration} is not locked",
            "Check the calibration in use.",
        )
    return check


def _known(station: Station, calibration: CalibrationId) -> Calibrated:
    known = station.calibrations.get(calibration)
    if known is None:
        raise RuleViolation(
            "calibration.recorded",
            f"the station has no calibration {calibration}",
            "Choose one of the station's calibrations.",
        )
    return known
