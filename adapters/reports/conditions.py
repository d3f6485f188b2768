"""Under which conditions, with which calibration and which versions a report came about.

Rules kept here:

1. What is not known is said to be not known; nothing is filled in.
2. A capture without a locked calibration has no calibration record, and a reason instead.
"""

from dataclasses import dataclass

from adapters.reports.identity import Moment, Person
from adapters.reports.refusal import require, require_text
from domain.values.content import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone of the light.

    Attributes:
        name: Such as ``left``.
        duty_cycle: 0 to 1.
        level: Measured level relative to the target, 1 meaning on target.
        healthy: Result of the diffuser and LED check.
    """

    name: str
    duty_cycle: float
    level: float
    healthy: bool

    def __post_init__(self) -> None:
        """Refuse impossible zones."""
        require_text(self.name)
        require(0 <= self.duty_cycle <= 1 and self.level >= 0, "a zone has a duty cycle of 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourReference:
    """What the colour chart said.

    Attributes:
        description: Which chart, or why none was in view.
        passed: Whether it passed; none when there was none.
        residual_delta_e: Mean residual of its patches after correction, or none.
    """

    description: str
    passed: bool | None
    residual_delta_e: float | None

    def __post_init__(self) -> None:
        """Refuse a residual without a chart."""
        require_text(self.description)
        require(
            self.residual_delta_e is None or self.passed is not None,
            "a residual comes from a chart that was in view",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureConditions:
    """How one capture was made; none for what nobody knows, as with an imported photograph.

    Attributes:
        capture_view: The view in words.
        distance_mm: Camera-to-face distance.
        exposure_us: Exposure time.
        gain: Sensor gain as a factor.
        white_balance: Gains of red, green and blue.
        cct_k: Correlated colour temperature.
        zones: State of the light.
        temperature_c: Temperature, or none.
        fixture: Chin and forehead rest in words, such as ``engaged``.
        polarisation: In words, such as ``off``.
        colour_reference: What the colour chart said.
        declared: What was asked and answered before the capture, such as ``no make-up``.
        quality: Verdict of the quality gates in words.
        quality_flags: What the quality gates flagged.
    """

    capture_view: str
    distance_mm: float | None
    exposure_us: float | None
    gain: float | None
    white_balance: tuple[float, float, float] | None
    cct_k: float | None
    zones: tuple[Zone, ...]
    temperature_c: float | None
    fixture: str
    polarisation: str
    colour_reference: ColourReference
    declared: tuple[str, ...]
    quality: str
    quality_flags: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        require_text(self.capture_view, self.fixture, self.polarisation, self.quality)
        gains = self.white_balance or ()
        numbers = (self.distance_mm, self.exposure_us, self.gain, self.cct_k, *gains)
        require(
            all(each is None or each > 0 for each in numbers),
            "distance, exposure, gains and colour temperature are above 0",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A calibration in use.

    Attributes:
        capture_views: What was captured with it.
        identifier: Identifier of the record.
        performed_at: When.
        operator: Who performed it.
        target: Kind and serial number of the target.
        reprojection_error_px: Root-mean-square residual.
        baseline_mm: Distance between the cameras.
        lens_configuration: Lenses and focus.
        passed: Whether every limit was met.
        reasons: Limits missed.
        valid_until: When it expires.
        current_at_capture: Whether it was valid when the pictures were taken.
    """

    capture_views: tuple[str, ...]
    identifier: str
    performed_at: Moment
    operator: Person
    target: str
    reprojection_error_px: float
    baseline_mm: float
    lens_configuration: str
    passed: bool
    reasons: tuple[str, ...]
    valid_until: Moment
    current_at_capture: bool

    def __post_init__(self) -> None:
        """Refuse a pass with reasons against, and a failure without."""
        require_text(self.identifier, self.target, self.lens_configuration, *self.capture_views)
        require(bool(self.capture_views), "a calibration in use was used")
        require(self.passed != bool(self.reasons), "a calibration fails for reasons, and only then")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncalibrated:
    """There was no locked calibration; the reason takes its place.

    Attributes:
        capture_views: What was captured without one.
        reason: Why.
    """

    capture_views: tuple[str, ...]
    reason: str

    def __post_init__(self) -> None:
        """Refuse silence."""
        require_text(self.reason, *self.capture_views)
        require(bool(self.capture_views), "something was captured without a calibration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """A released model or algorithm that contributed.

    Attributes:
        name: Such as ``skin-colour``.
        version: Its version.
        digest: Digest of its bytes.
        runtime: Runtime and settings it was run with.
        training_data: Summary of training data, or why there is none.
        validation: Summary of its validation.
    """

    name: str
    version: str
    digest: Digest
    runtime: str
    training_data: str
    validation: str

    def __post_init__(self) -> None:
        """Refuse an algorithm that cannot be identified or judged."""
        require_text(self.name, self.version, self.runtime, self.training_data, self.validation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What else ran.

    Attributes:
        product: The product and its version and build.
        station_software: Software of the station.
        station_firmware: Firmware of the station.
        protocol: Acquisition protocol and version.
        device_serial: Serial number of the station.
        camera_serials: Serial numbers of its cameras.
    """

    product: str
    station_software: str
    station_firmware: str
    protocol: str
    device_serial: str
    camera_serials: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse blanks."""
        require_text(
            self.product,
            self.station_software,
            self.station_firmware,
            self.protocol,
            self.device_serial,
        )
        require(bool(self.camera_serials), "a report names the cameras")
        require_text(*self.camera_serials)
