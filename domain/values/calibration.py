"""Calibration and illumination-calibration results, with their periods of validity.

Rules kept here:

1. A calibration record stores date, operator, target, residual error, baseline, lens
   configuration and result [REQ-IN-133 to 140]; a failed one is a record too.
2. Whether a calibration is current depends on time, which is an argument.
3. A light calibration without the reference in view measured nothing: its numbers are no numbers of
   the light, and nobody shows them as such.
"""

from dataclasses import dataclass

from domain.errors import MalformedInput
from domain.values.content import ContentReference
from domain.values.identifiers import CalibrationId, PractitionerId
from domain.values.time import DeviceTime, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationTarget:
    """The traceable physical target.

    Attributes:
        serial: Serial number of the target.
        certificate: Number of its certificate.
        kind: Such as ``charuco-9x6-15mm``.
    """

    serial: str
    certificate: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRecord:
    """The result of calibrating one stereo rig.

    Attributes:
        calibration: Identifier.
        performed_at: When, by the device's clock.
        operator: Who performed it.
        target: The traceable target used.
        reprojection_error_px: Total root-mean-square residual, pixels, at least 0.
        view_errors_px: The same for each view of the target.
        epipolar_error_px: Root-mean-square distance from the epipolar line, pixels.
        baseline_mm: Distance between the two cameras' centres.
        lens_configuration: Words and numbers that identify lenses and focus.
        temperature_c: Temperature of the rig, when known.
        parameters: The intrinsics and extrinsics as stored content.
        passed: Whether every limit was met.
        reasons: The limits missed, in words.
        valid_until: When it expires.
    """

    calibration: CalibrationId
    performed_at: DeviceTime
    operator: PractitionerId
    target: CalibrationTarget
    reprojection_error_px: float
    view_errors_px: tuple[float, ...]
    epipolar_error_px: float
    baseline_mm: float
    lens_configuration: str
    temperature_c: float | None
    parameters: ContentReference
    passed: bool
    reasons: tuple[str, ...]
    valid_until: DeviceTime

    def __post_init__(self) -> None:
        """Refuse impossible numbers and a pass with reasons against."""
        if self.reprojection_error_px < 0 or self.epipolar_error_px < 0 or self.baseline_mm <= 0:
            message = "residual errors are not negative and a baseline is longer than 0 mm"
            raise MalformedInput(message)
        if self.passed == bool(self.reasons):
            message = "a calibration passes exactly when no limit was missed"
            raise MalformedInput(message)
        if self.valid_until <= self.performed_at:
            message = "a calibration expires after it was performed"
            raise MalformedInput(message)

    def current_at(self, moment: Instant) -> bool:
        """Return whether it passed and has not expired at the moment."""
        return self.passed and moment.us < self.valid_until.us


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationView:
    """One view of the target behind a calibration.

    Attributes:
        number: Its place among the views that showed the target to both cameras, from 0.
        corners: Corners that both cameras saw.
        error_px: Root-mean-square residual of both cameras, with all views in the solution.
        yaw_deg: How the target was turned, about; above 0 with its right side farther away.
        pitch_deg: How it was tilted, about; above 0 with its lower side farther away.
        distance_mm: How far it was, about.
        used: Whether the calibration rests on it.
    """

    number: int
    corners: int
    error_px: float
    yaw_deg: float
    pitch_deg: float
    distance_mm: float
    used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LightZone:
    """State of one zone of the illumination ring.

    Attributes:
        zone: Name, such as ``left``.
        pwm: Duty cycle, 0 to 1.
        current_ma: Current in milliamperes.
        level: Measured linear level relative to the target, 1 meaning on target.
        healthy: Result of the diffuser and LED check.
    """

    zone: str
    pwm: float
    current_ma: float
    level: float
    healthy: bool

    def __post_init__(self) -> None:
        """Refuse a duty cycle outside 0 to 1."""
        if not 0 <= self.pwm <= 1 or self.current_ma < 0 or self.level < 0:
            message = f"zone {self.zone}: duty cycle 0 to 1, current and level not negative"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhiteBalance:
    """Gains applied to the linear camera channels; green is usually 1."""

    red: float
    green: float
    blue: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IlluminationRecord:
    """The result of the illumination calibration before capture [REQ-IN-086 to 090].

    Attributes:
        performed_at: When, by the device's clock.
        zones: State of every zone.
        exposure_target: Linear level aimed at, 0 to 1.
        exposure_reached: Linear level reached, 0 to 1; 0 where nothing was measured.
        cct_k: Correlated colour temperature in kelvin; 0 where nothing was measured (the nominal
            one in records of earlier stations).
        white_balance: Gains found; those the cameras are set to where nothing was measured.
        passed: Whether every limit was met.
        reasons: The limits missed, in words.
    """

    performed_at: DeviceTime
    zones: tuple[LightZone, ...]
    exposure_target: float
    exposure_reached: float
    cct_k: float
    white_balance: WhiteBalance
    passed: bool
    reasons: tuple[str, ...]

    @property
    def measured(self) -> bool:
        """Return whether the light was measured at all; a reference that is seen is never black.

        Where it was not, levels and exposure are 0 and the rest is what the station was set to.
        """
        return self.exposure_reached > 0

    def __post_init__(self) -> None:
        """Refuse a pass with reasons against."""
        if self.passed == bool(self.reasons):
            message = "an illumination calibration passes exactly when no limit was missed"
            raise MalformedInput(message)
