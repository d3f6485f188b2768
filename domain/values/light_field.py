"""How evenly the light falls on the grey target, zone by zone, and how far it has drifted.

Rules kept here:

1. Drift is against one baseline, the first field that passed since the station was put into use:
   against yesterday, a lamp that fades slowly never drifts.
2. Two things drift apart: the level of a zone (its LEDs) and its pattern once the level is taken
   out (its diffuser).
3. The limits it was held against are part of it, and it passed exactly when each was met.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from domain.errors import MalformedInput
from domain.values.calibration import CalibrationTarget, WhiteBalance
from domain.values.time import DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class LightFieldLimits:
    """What a light field must reach.

    Attributes:
        uniformity: Least share of the darkest part in the lightest, all zones burning.
        level_drift: Largest change of a zone's level, as a share.
        pattern_drift: Largest change of a part of a zone's field against its mean, as a share.
        cct_drift_k: Largest change of colour temperature in kelvin.
        duv: Largest distance from the locus of whites, CIE 1960 u, v.
    """

    uniformity: float
    level_drift: float
    pattern_drift: float
    cct_drift_k: float
    duv: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneField:
    """One zone, or all together, on the grey target.

    Attributes:
        zone: Name; ``all`` for all together.
        levels: Median linear level of each part of the target, rows from the top, above 0, at the
            exposure the cameras were built for.
    """

    zone: str
    levels: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        """Refuse fields without light."""
        if not all(level > 0 for level in self._each()) or not self.levels or not self.levels[0]:
            raise MalformedInput(f"zone {self.zone}: a light field has levels above 0")

    @property
    def level(self) -> float:
        """Return the mean level."""
        return sum(self._each()) / sum(1 for _ in self._each())

    @property
    def uniformity(self) -> float:
        """Return the share of the darkest part in the lightest, above 0 to 1."""
        return min(self._each()) / max(self._each())

    def drift_from(self, before: "ZoneField") -> tuple[float, float]:
        """Return the change of level and the largest change of pattern, as shares.

        Raises:
            MalformedInput: the two have not the same parts.
        """
        if [len(row) for row in self.levels] != [len(row) for row in before.levels]:
            raise MalformedInput(f"zone {self.zone}: the two fields have not the same parts")
        pairs = zip(self._each(), before._each(), strict=True)  # noqa: SLF001 - its own kind
        pattern = max(abs(now / self.level / (then / before.level) - 1) for now, then in pairs)
        return self.level / before.level - 1, pattern

    def _each(self) -> Iterator[float]:
        return chain.from_iterable(self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDrift:
    """How far one zone is from the baseline.

    Attributes:
        zone: Name.
        level: Change of level as a share, below 0 for less light: its LEDs.
        pattern: Largest change of a part against the mean, as a share: its diffuser.
    """

    zone: str
    level: float
    pattern: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LightFieldRecord:
    """The light on the grey target, measured.

    Attributes:
        performed_at: When, by the device's clock.
        target: The grey target, with serial number and certificate.
        zones: Every zone alone.
        together: All zones.
        cct_k: Correlated colour temperature by Ohno's method, kelvin.
        duv: Distance from the locus of whites; above 0 greenish, below 0 pinkish.
        quick_cct_k: The same by McCamy's formula, as on screens.
        white_balance: Gains that make the target neutral.
        baseline: When the baseline was measured; none for the baseline itself.
        baseline_cct_k: Its colour temperature; none for the baseline itself.
        drift: Of every zone; () for the baseline itself.
        limits: What it was held against.
        passed: Whether every limit was met.
        reasons: The limits missed, in words.
    """

    performed_at: DeviceTime
    target: CalibrationTarget
    zones: tuple[ZoneField, ...]
    together: ZoneField
    cct_k: float
    duv: float
    quick_cct_k: float
    white_balance: WhiteBalance
    baseline: DeviceTime | None
    baseline_cct_k: float | None
    drift: tuple[ZoneDrift, ...]
    limits: LightFieldLimits
    passed: bool
    reasons: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a pass with reasons against."""
        if self.passed == bool(self.reasons):
            raise MalformedInput("a light field passes exactly when no limit was missed")


def field_misses(record: LightFieldRecord) -> tuple[str, ...]:
    """Return, in words and numbers, which of its limits a light field misses."""
    limits, found = record.limits, []
    if record.together.uniformity < limits.uniformity:
        found.append(
            f"the darkest part has {record.together.uniformity:.2f} of the lightest, allowed is "
            f"{limits.uniformity:g}"
        )
    for each in record.drift:
        if abs(each.level) > limits.level_drift:
            found.append(
                f"zone {each.zone}: its light changed by {each.level:+.1%}, allowed is "
                f"{limits.level_drift:.0%}"
            )
        if each.pattern > limits.pattern_drift:
            found.append(
                f"zone {each.zone}: its field changed by {each.pattern:.1%} in a part, allowed is "
                f"{limits.pattern_drift:.0%}; look at the diffuser"
            )
    if record.baseline_cct_k is not None:
        change_k = record.cct_k - record.baseline_cct_k
        if abs(change_k) > limits.cct_drift_k:
            found.append(
                f"the colour temperature changed by {change_k:+.0f} K, allowed is "
                f"{limits.cct_drift_k:g} K"
            )
    if abs(record.duv) > limits.duv:
        found.append(f"the light is {record.duv:+.4f} from white, allowed is {limits.duv:g}")
    return tuple(found)
