"""The result of the colour calibration with the 24-patch chart.

Rules kept here:

1. The limits it was held against are part of it, and it passed exactly when each was met: whoever
   reads it needs no other record to see why.
2. Differences are given for every patch, before and after the correction, and for patches that the
   correction had not seen; a patch that could not be measured has none.
3. Colour is calibrated for one camera: the one whose picture is measured.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from domain.errors import MalformedInput
from domain.values.calibration import CalibrationTarget
from domain.values.time import DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourLimits:
    """What a colour calibration must reach; CIEDE2000.

    Attributes:
        mean: Largest mean difference after the correction.
        worst: Largest difference of any patch after the correction.
        held_out_mean: Largest mean difference of patches that the correction had not seen.
        least_patches: Fewest patches that must be measurable.
        valid_days: Days until it is due again.
    """

    mean: float
    worst: float
    held_out_mean: float
    least_patches: int
    valid_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchColour:
    """One patch of the chart; CIEDE2000 under D50.

    Attributes:
        patch: Its number in the order of the reference, from 0.
        before: Difference with one common factor only; none where it could not be measured.
        after: Difference after the correction.
        held_out: Difference after a correction found from all other patches.
        repeatability: Standard deviation over the repeated pictures, from their own mean.
    """

    patch: int
    before: float | None
    after: float | None
    held_out: float | None
    repeatability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourRecord:
    """The result of calibrating the colours of one camera.

    Attributes:
        performed_at: When, by the device's clock.
        chart: The chart, with serial number and certificate.
        camera: Serial number of the camera.
        method: How colours are corrected, with its version, such as ``linear/1``.
        alternatives: Mean held-out difference of every method tried, in the order of ``tried``.
        tried: The methods tried.
        correction: Three rows, from the method's terms to linear sRGB.
        patches: Every patch of the chart.
        pictures: How many were averaged.
        mean_before: Mean difference before.
        mean_after: Mean difference after.
        worst_after: Largest difference after.
        held_out_mean: Mean difference of patches the correction had not seen.
        limits: What it was held against.
        passed: Whether every limit was met.
        reasons: The limits missed, in words.
        valid_until: When it is due again.
    """

    performed_at: DeviceTime
    chart: CalibrationTarget
    camera: str
    method: str
    tried: tuple[str, ...]
    alternatives: tuple[float, ...]
    correction: tuple[tuple[float, ...], ...]
    patches: tuple[PatchColour, ...]
    pictures: int
    mean_before: float
    mean_after: float
    worst_after: float
    held_out_mean: float
    limits: ColourLimits
    passed: bool
    reasons: tuple[str, ...]
    valid_until: DeviceTime

    def __post_init__(self) -> None:
        """Refuse impossible numbers and a pass with reasons against."""
        numbers = (self.mean_before, self.mean_after, self.worst_after, self.held_out_mean)
        if not all(math.isfinite(each) and each >= 0 for each in numbers):
            raise MalformedInput("colour differences are numbers, and not negative")
        if self.passed == bool(self.reasons):
            raise MalformedInput("a colour calibration passes exactly when no limit was missed")
        if self.valid_until <= self.performed_at:
            raise MalformedInput("a colour calibration is due again after it was performed")


def colour_misses(record: ColourRecord) -> tuple[str, ...]:
    """Return, in words and numbers, which of its limits a colour calibration misses."""
    limits = record.limits
    measured = sum(each.after is not None for each in record.patches)
    valid = timedelta(microseconds=record.valid_until.us - record.performed_at.us)
    found = [
        f"the {what} of {value:.2f} dE00 is above {limit:g}"
        for what, value, limit in (
            ("mean difference after correction", record.mean_after, limits.mean),
            ("largest difference after correction", record.worst_after, limits.worst),
            ("mean difference of held-out patches", record.held_out_mean, limits.held_out_mean),
        )
        if value > limit
    ]
    if measured < limits.least_patches:
        found.append(f"{measured} patches could be measured, fewer than {limits.least_patches}")
    if valid > timedelta(days=limits.valid_days):
        found.append(f"it claims to be valid for {valid.days} days, more than {limits.valid_days}")
    return tuple(found)
