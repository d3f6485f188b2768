"""Quality measurements, the limits a protocol sets on them, and the verdict that follows.

Rules kept here:

1. A measurement is one number with its unit and the version of the method that produced it.
2. A verdict follows from measurements and limits alone; a limit without its measurement fails.
3. Limits are protocol data; this module only gives them meaning.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.errors import MalformedInput

FACE_COUNT: Final = "face_count"
"""The permanent word of how many faces are in view, which analyses rest on as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A rectangle of an image, in pixels from the top left corner, 0-based.

    Attributes:
        frame: Role of the frame, such as ``left``.
        x_px: First column.
        y_px: First row.
        width_px: Columns.
        height_px: Rows.
    """

    frame: str
    x_px: int
    y_px: int
    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        """Refuse a region without area or outside the image's quadrant."""
        if self.x_px < 0 or self.y_px < 0 or self.width_px < 1 or self.height_px < 1:
            message = "a region has a corner at or after 0 and at least one pixel"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityMeasurement:
    """One number about an image.

    Attributes:
        name: Permanent word, such as ``focus``.
        value: The number; never NaN or infinite.
        unit: Unit in words or symbols; ``1`` for a ratio.
        method: Method and version, such as ``focus/1``.
        region: The part of the image that is worst, at most all that was measured; none for the
            whole image.
    """

    name: str
    value: float
    unit: str
    method: str
    region: Region | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that are none."""
        if not math.isfinite(self.value):
            message = f"{self.name}: a measurement is a finite number"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The bound a protocol sets on one measurement.

    Attributes:
        name: The measurement's word.
        minimum: Smallest acceptable value, or none.
        maximum: Largest acceptable value, or none.
        unit: Unit of the bounds; must be the measurement's.
        advice: What to change when the limit is missed, in words for the operator.
        stereo_only: Applies only where a stereo pair was captured.
    """

    name: str
    minimum: float | None
    maximum: float | None
    unit: str
    advice: str
    stereo_only: bool = False

    def __post_init__(self) -> None:
        """Refuse a limit that limits nothing or contradicts itself."""
        if self.minimum is None and self.maximum is None:
            message = f"{self.name}: a limit has a minimum, a maximum or both"
            raise MalformedInput(message)
        if (
            self.minimum is not None
            and self.maximum is not None
            and not self.minimum <= self.maximum
        ):
            message = f"{self.name}: the minimum lies above the maximum"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one limit was missed.

    Attributes:
        name: The measurement's word.
        value: What was measured; absent when it could not be measured.
        unit: Unit of value and bound.
        minimum: The bound below, or none.
        maximum: The bound above, or none.
        advice: What to change.
        region: The part of the picture that failed, when known.
    """

    name: str
    value: float | None
    unit: str
    minimum: float | None
    maximum: float | None
    advice: str
    region: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityVerdict:
    """Acceptable or not, with every reason.

    Attributes:
        acceptable: True exactly when there is no reason against.
        reasons: One per limit missed.
    """

    acceptable: bool
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        """Refuse a verdict that contradicts its reasons."""
        if self.acceptable == bool(self.reasons):
            message = "a verdict is acceptable exactly when it has no reasons against"
            raise MalformedInput(message)


def judge(
    measurements: Iterable[QualityMeasurement], limits: Iterable[Limit], *, stereo: bool
) -> QualityVerdict:
    """Return the verdict that follows from measurements and limits.

    A measurement in another unit than its limit counts as missing: units are never guessed.
    """
    measured = {each.name: each for each in measurements}
    reasons = tuple(
        reason
        for limit in limits
        if stereo or not limit.stereo_only
        if (reason := _miss(measured.get(limit.name), limit)) is not None
    )
    return QualityVerdict(acceptable=not reasons, reasons=reasons)


def _miss(measurement: QualityMeasurement | None, limit: Limit) -> Reason | None:
    comparable = measurement is not None and measurement.unit == limit.unit
    value = measurement.value if measurement is not None and comparable else None
    if (
        value is not None
        and (limit.minimum is None or value >= limit.minimum)
        and (limit.maximum is None or value <= limit.maximum)
    ):
        return None
    return Reason(
        name=limit.name,
        value=value,
        unit=limit.unit,
        minimum=limit.minimum,
        maximum=limit.maximum,
        advice=limit.advice,
        region=measurement.region if measurement is not None else None,
    )
