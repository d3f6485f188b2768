"""The content of an acquisition protocol: capture views, gates and limits as data.

Rules kept here:

1. Every number that decides about a capture stands in the protocol, not in code.
2. Content is immutable; a change is a new version with its own approval.
"""

from dataclasses import dataclass

from domain.errors import MalformedInput
from domain.values.content import CaptureView
from domain.values.quality import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRequirement:
    """One required capture view.

    Attributes:
        view: The pose.
        stereo: Whether a calibrated stereo pair is required.
        instruction: Words for the operator.
    """

    view: CaptureView
    stereo: bool
    instruction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationLimits:
    """What a calibration must reach before it may be locked.

    Attributes:
        reprojection_error_px: Largest total residual.
        epipolar_error_px: Largest distance from the epipolar line.
        baseline_tolerance_mm: Largest deviation from the nominal baseline.
        valid_days: Days until it expires.
        illumination_valid_hours: Hours until an illumination calibration must be repeated.
    """

    reprojection_error_px: float
    epipolar_error_px: float
    baseline_tolerance_mm: float
    valid_days: int
    illumination_valid_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolContent:
    """Everything an acquisition protocol lays down.

    Attributes:
        name: Such as ``Standard face``.
        version: Version in words, such as ``1.0``.
        intended_use: What captures under this protocol are for.
        views: Required capture views, in order.
        station_limits: Limits of the station's gates before the shutter.
        limits: Limits of the quality verdict on the stored bytes.
        calibration: What a calibration must reach.
        firmware: Firmware versions approved for capture.
        software: Station software approved for capture; each a version, such as ``0.1.0``, or a
            version and the digest of the only build approved of it, ``0.1.0 sha256:…``.
        references: Published workflow references it was benchmarked against [REQ-IN-027].
    """

    name: str
    version: str
    intended_use: str
    views: tuple[ViewRequirement, ...]
    station_limits: tuple[Limit, ...]
    limits: tuple[Limit, ...]
    calibration: CalibrationLimits
    firmware: tuple[str, ...]
    software: tuple[str, ...]
    references: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a protocol that captures nothing or limits one thing twice."""
        views = [each.view for each in self.views]
        if not views or len(set(views)) != len(views):
            message = "a protocol names at least one capture view, each once"
            raise MalformedInput(message)
        for limits in (self.limits, self.station_limits):
            names = [each.name for each in limits]
            if len(set(names)) != len(names):
                message = "a protocol limits each measurement once"
                raise MalformedInput(message)
