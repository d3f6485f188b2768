"""Facts about a capture station: enrolment, configuration, calibration, fitness."""

from dataclasses import dataclass

from domain.values.calibration import CalibrationRecord, CalibrationView, IlluminationRecord
from domain.values.capture import DeviceConfiguration
from domain.values.check_basis import (
    ColourBasis,
    FieldCheckBasis,
    IlluminationBasis,
    LightFieldBasis,
)
from domain.values.colour import ColourRecord
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId, DeviceId
from domain.values.light_field import LightFieldRecord
from domain.values.signature import ElectronicSignature
from domain.values.time import DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEnrolled:
    """A capture station was registered with its signing key.

    Attributes:
        device: The station.
        serial: Serial number.
        model: Type of station.
        public_key: P-256 public key, SubjectPublicKeyInfo in DER, hexadecimal.
    """

    device: DeviceId
    serial: str
    model: str
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfigurationChanged:
    """What runs or is mounted on the station changed.

    Attributes:
        configuration: The configuration from now on.
    """

    configuration: DeviceConfiguration


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRecorded:
    """The station was calibrated, with whatever result.

    Attributes:
        calibration: The result.
    """

    calibration: CalibrationRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationViewsRecorded:
    """What the views behind a calibration were, those that were left out too.

    Attributes:
        calibration: Which one.
        views: Every view that showed the target to both cameras.
        coverage: Share of an 8 x 8 grid in which corners were seen, the poorer camera.
        missing: What the guidance still asked for when no more views were taken.
        rule: Which views are left out, in words and numbers.
        corners: The corners of every view, from which the calibration can be calculated again; none
            of calibrations that kept only their result.
        platform: Digest of the computing platform's description; none likewise.
    """

    calibration: CalibrationId
    views: tuple[CalibrationView, ...]
    coverage: float
    missing: tuple[str, ...]
    rule: str
    corners: ContentReference | None
    platform: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationLocked:
    """A passed calibration was locked for use by a person's signature.

    Attributes:
        calibration: Which one.
        signature: Who locked it.
    """

    calibration: CalibrationId
    signature: ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationInvalidated:
    """A calibration was found defective after the fact.

    Attributes:
        calibration: Which one.
        reason: What was found.
    """

    calibration: CalibrationId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IlluminationCalibrated:
    """The light field was calibrated, with whatever result.

    Attributes:
        illumination: The result.
        basis: What it was calculated from; none of results that were kept alone.
    """

    illumination: IlluminationRecord
    basis: IlluminationBasis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LightFieldMeasured:
    """The light on the grey target was measured, with whatever result.

    Attributes:
        field: The result.
        basis: What it was calculated from; none of results that were kept alone.
    """

    field: LightFieldRecord
    basis: LightFieldBasis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourCalibrated:
    """The colours of a camera were calibrated with the chart, with whatever result.

    Attributes:
        colour: The result.
        basis: What it was calculated from; none of results that were kept alone.
    """

    colour: ColourRecord
    basis: ColourBasis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCheckPerformed:
    """The locked calibration was checked with the target in the holder.

    Attributes:
        performed_at: When, by the device's clock.
        calibration: Which calibration was checked.
        epipolar_error_px: Root-mean-square distance from the epipolar line.
        baseline_error_mm: Deviation from the calibrated baseline.
        passed: Whether both limits were met.
        evidence: In words.
        basis: What it was calculated from; none of results that were kept alone.
    """

    performed_at: DeviceTime
    calibration: CalibrationId
    epipolar_error_px: float
    baseline_error_mm: float
    passed: bool
    evidence: str
    basis: FieldCheckBasis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceQuarantined:
    """The station was taken out of use.

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReleased:
    """The station was put back into use.

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSequenceGapDetected:
    """The station's numbering skipped: something it signed never arrived.

    Attributes:
        expected: The number that should have come.
        received: The number that came.
    """

    expected: int
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceClockDriftDetected:
    """The station's clock was found far from ours.

    Attributes:
        offset_ms: Device clock minus server clock.
        device_sequence: The statement that showed it.
    """

    offset_ms: float
    device_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceBatchRejected:
    """Something a station delivered was refused.

    Attributes:
        device_sequences: Numbers of the statements refused.
        rule: The rule that refused.
        evidence: What was found.
    """

    device_sequences: tuple[int, ...]
    rule: str
    evidence: str


EquipmentEvent = (
    DeviceEnrolled
    | DeviceConfigurationChanged
    | CalibrationRecorded
    | CalibrationViewsRecorded
    | CalibrationLocked
    | CalibrationInvalidated
    | IlluminationCalibrated
    | LightFieldMeasured
    | ColourCalibrated
    | FieldCheckPerformed
    | DeviceQuarantined
    | DeviceReleased
    | DeviceSequenceGapDetected
    | DeviceClockDriftDetected
    | DeviceBatchRejected
)
