"""What a station is made of, the conditions of a capture, and the gates before it.

Rules kept here:

1. Conditions are what the device says it did [REQ-IN-107 to 121]; they are claims.
2. A gate result names the gate, its evidence and the next step, whether it passed or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.values.calibration import LightZone, WhiteBalance
from domain.values.content import Digest
from domain.values.identifiers import CalibrationId, StreamName
from domain.values.time import DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera of a station.

    Attributes:
        serial: Serial number.
        position: ``left`` or ``right`` from the camera's own point of view.
        connector: Where it is plugged in, such as ``J1``.
        sensor: Sensor class, such as ``IMX477``.
    """

    serial: str
    position: str
    connector: str
    sensor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """How both cameras are set, locked for the whole capture.

    Attributes:
        exposure_us: Exposure time in microseconds.
        gain: Sensor gain as a factor, 1 for none.
        white_balance: Gains of the linear channels.
    """

    exposure_us: float
    gain: float
    white_balance: WhiteBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfiguration:
    """What runs and is mounted on a station.

    Attributes:
        firmware: Firmware version.
        software: Version of the station software.
        software_digest: Digest of the station software as installed.
        cameras: Cameras, left first.
        lens_configuration: Words and numbers that identify lenses and focus.
        baseline_mm: Nominal distance between the cameras.
        zones: Names of the light zones.
        secure_boot: Whether the boot was measured and verified.
        key_storage: Where the signing key lives, such as ``secure-element`` or ``file``.
        polarisation: Whether polarising filters are mounted.
    """

    firmware: str
    software: str
    software_digest: Digest
    cameras: tuple[Camera, ...]
    lens_configuration: str
    baseline_mm: float
    zones: tuple[str, ...]
    secure_boot: bool
    key_storage: str
    polarisation: bool


class Gate(StrEnum):
    """The gates before every capture [REQ-IN-077 to 091]."""

    CONSENT = "consent"
    OPERATOR = "operator"
    DEVICE_IDENTITY = "device-identity"
    CALIBRATION = "calibration"
    VERSIONS = "versions"
    PROTOCOL = "protocol"
    FIXTURE = "fixture"
    DISTANCE = "distance"
    ALIGNMENT = "alignment"
    BASELINE = "baseline"
    ILLUMINATION = "illumination"
    COLOUR_REFERENCE = "colour-reference"


SERVER_GATES = (
    Gate.CONSENT,
    Gate.OPERATOR,
    Gate.DEVICE_IDENTITY,
    Gate.CALIBRATION,
    Gate.VERSIONS,
    Gate.PROTOCOL,
)
STATION_GATES = (
    Gate.FIXTURE,
    Gate.DISTANCE,
    Gate.ALIGNMENT,
    Gate.BASELINE,
    Gate.ILLUMINATION,
    Gate.COLOUR_REFERENCE,
)


IMPORT_GATES = (Gate.CONSENT, Gate.OPERATOR, Gate.PROTOCOL)
"""Where photographs are imported, no other gate applies: there is no station to ask about."""
CAPTURE_GATES = (*SERVER_GATES, *STATION_GATES)
"""All of them are open in the very look that opens the shutter."""


class Stage(StrEnum):
    """Where a capture was blocked."""

    OPENING = "opening"
    STATION = "station"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """Whether one gate let the capture pass, and why.

    Attributes:
        gate: Which gate.
        passed: Whether it passed.
        evidence: What was found, with number and limit where there is one.
        next_step: What to do when it did not pass; empty when it did.
    """

    gate: Gate
    passed: bool
    evidence: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAt:
    """The version of another stream on which a decision rests."""

    stream: StreamName
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedStatement:
    """A statement of a station, word for word, so that its signature can still be checked.

    Attributes:
        schema: Version of the event's name that was stated.
        sequence: The station's number of it.
        made_at: When it was signed, by the station's clock.
        salt: 32 bytes, hexadecimal.
        payload: The canonical JSON that was signed through its commitment. Source: RFC 8785.
        signature: Of the statement, hexadecimal.
    """

    schema: int
    sequence: int
    made_at: DeviceTime
    salt: str
    payload: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What the operator asked and saw before the capture.

    Attributes:
        hair_back: Hair is held back.
        glasses_off: No glasses.
        makeup: ``none``, ``light`` or ``full``.
        neutral_expression: Expression is neutral.
        rest_cleaned: The chin and forehead rest was cleaned.
    """

    hair_back: bool
    glasses_off: bool
    makeup: str
    neutral_expression: bool
    rest_cleaned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureConditions:
    """What the device says about one capture; claims, not measurements.

    Attributes:
        device_serial: Serial number of the station.
        camera_serials: Serial numbers of the cameras used, left first.
        firmware: Firmware version.
        software: Station software version.
        model_manifest: Digest of the approved-release list the station was given.
        calibration: The locked calibration in use; none for an uncalibrated rig.
        distance_mm: Camera-to-face distance.
        exposure_us: Exposure time in microseconds.
        gain: Sensor gain as a factor.
        white_balance: Gains applied.
        cct_k: Correlated colour temperature in kelvin.
        zones: State of every light zone.
        temperature_c: Temperature, when available.
        fixture_engaged: Chin and forehead rest in use.
        polarised: Polarised capture on or off [REQ-IN-056].
        colour_reference: ``in-view``, or the reason why none was feasible.
        colour_reference_passed: The station's own preview check of the chart.
        clock_offset_ms: Last known offset of the device's clock, when known.
        clock_uncertainty_ms: Half the round trip of that estimate, when known.
    """

    device_serial: str
    camera_serials: tuple[str, ...]
    firmware: str
    software: str
    model_manifest: Digest | None
    calibration: CalibrationId | None
    distance_mm: float
    exposure_us: float
    gain: float
    white_balance: WhiteBalance
    cct_k: float
    zones: tuple[LightZone, ...]
    temperature_c: float | None
    fixture_engaged: bool
    polarised: bool
    colour_reference: str
    colour_reference_passed: bool
    clock_offset_ms: float | None
    clock_uncertainty_ms: float | None


def failed(gates: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """Return the gates that did not pass."""
    return tuple(each for each in gates if not each.passed)


def missing(gates: Iterable[GateResult], required: Iterable[Gate]) -> tuple[Gate, ...]:
    """Return the required gates that nobody reported on."""
    reported = {each.gate for each in gates}
    return tuple(gate for gate in required if gate not in reported)
