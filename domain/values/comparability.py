"""Whether two captures may be compared: what is known of each, and every difference found.

Rules kept here:

1. A difference names both values, the limit and whether it lies within, in words and numbers
   [DRV-15].
2. A verdict follows from its differences: comparable exactly when each lies within its limit.
3. What is not known of a capture is a difference that lies outside: nothing is assumed equal.
"""

import math
from dataclasses import dataclass

from domain.errors import MalformedInput
from domain.values.identifiers import CalibrationId, ProtocolId
from domain.values.time import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLimits:
    """How far two captures may differ and still be compared.

    Attributes:
        distance_mm: Largest difference of the distance from camera to face.
        pose_deg: Largest difference of turn, tilt and roll of the head, each.
        exposure_ratio: Largest ratio of exposure time times gain, at least 1.
        cct_k: Largest difference of the light's colour temperature, kelvin.
        days: Most days between the two.
    """

    distance_mm: float
    pose_deg: float
    exposure_ratio: float
    cct_k: float
    days: float

    def __post_init__(self) -> None:
        """Refuse limits that nothing meets."""
        bounds = (self.distance_mm, self.pose_deg, self.cct_k, self.days)
        if not all(0 < each < math.inf for each in bounds) or not (
            1 <= self.exposure_ratio < math.inf
        ):
            message = "limits of a pair are above 0, a ratio is at least 1"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFacts:
    """What decides whether a capture compares with another.

    Attributes:
        taken_at: When.
        device_serial: The station; none for an imported photograph.
        device_model: Type of station.
        cameras: Serial numbers of the cameras, left first.
        lens_configuration: Words and numbers that identify lenses and focus.
        calibration: The calibration used.
        calibration_target: Serial number of the target it was made with.
        calibration_holds: Whether the calibration may be relied on.
        protocol: The protocol version followed.
        protocol_words: Its name and version.
        view: The capture view.
        polarised: Polarised capture.
        distance_mm: Distance from camera to face.
        turn_deg: Turn of the head.
        tilt_deg: Tilt of the head.
        roll_deg: Roll of the head.
        exposure_us: Exposure time times gain, microseconds.
        cct_k: Colour temperature of the light, kelvin.
        neutral_expression: Whether the operator saw a neutral expression.
        makeup: ``none``, ``light`` or ``full``.
    """

    taken_at: Instant
    device_serial: str | None
    device_model: str | None
    cameras: tuple[str, ...]
    lens_configuration: str | None
    calibration: CalibrationId | None
    calibration_target: str | None
    calibration_holds: bool
    protocol: ProtocolId
    protocol_words: str
    view: str
    polarised: bool | None
    distance_mm: float | None
    turn_deg: float | None
    tilt_deg: float | None
    roll_deg: float | None
    exposure_us: float | None
    cct_k: float | None
    neutral_expression: bool
    makeup: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One way in which two captures were compared.

    Attributes:
        what: Permanent word, such as ``distance``.
        earlier: The earlier capture's value, in words or as a number with its unit.
        later: The later capture's.
        limit: What would still be alike.
        within: Whether they are alike.
    """

    what: str
    earlier: str
    later: str
    limit: str
    within: bool

    def __str__(self) -> str:
        return f"{self.what}: {self.earlier} then, {self.later} now ({self.limit})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparabilityVerdict:
    """Whether two captures may be compared, with everything that was looked at.

    Attributes:
        comparable: True exactly when every difference lies within its limit.
        differences: One for each thing compared, in a fixed order.
    """

    comparable: bool
    differences: tuple[Difference, ...]

    def __post_init__(self) -> None:
        """Refuse a verdict that contradicts its differences."""
        if self.comparable != all(each.within for each in self.differences):
            message = "captures compare exactly when each difference lies within its limit"
            raise MalformedInput(message)

    @property
    def against(self) -> tuple[Difference, ...]:
        """What keeps the two from being compared."""
        return tuple(each for each in self.differences if not each.within)
