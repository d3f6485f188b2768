"""The common form of findings about skin: uncertainty from stated sources, flags, what is withheld.

Rules kept here:

1. A standard uncertainty combines, as independent parts: the repeatability that the release
   states, the scale, and what the colour chart's residual does to thresholds. Expanded with
   coverage factor 2 [DRV-17].
2. A count is never more certain than half a spot.
3. Separation of melanin from blood is verified for typology angles above ``TONE_LEAST_DEG`` only.
   When the skin's angle, by its uncertainty, may lie outside, what rests on it is withheld
   [DRV-22].
4. What needs a scale is withheld without one; shares are given instead.

Source: JCGM 100:2008 (GUM), 4.3 and 5.1.2.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.skin_scale import RELATIVE_STANDARD_UNCERTAINTY
from adapters.inference.analysis import Given, Judged, WithheldMeasure
from adapters.inference.colour_uncertainty import (
    COVERAGE_FACTOR,
    RESIDUAL_LEAST_DELTA_E,
    RESIDUAL_WITHOUT_REFERENCE_DELTA_E,
    derived_uncertainties,
    mean_colour,
)
from adapters.inference.confidence import input_confidence
from adapters.inference.skin_density_graph import density_to_parts
from adapters.inference.skin_density_input import (
    REGIONS,
    has_scale,
    mask_of,
    pixel_mm2_of,
    pixel_mm_of,
)
from adapters.inference.skin_repeatability import Repeatability
from adapters.inference.skin_tone import individual_typology_angle_deg
from adapters.inference.tensors import Tensor
from domain.errors import Refusal
from domain.values.finding import Finding
from domain.values.identifiers import FindingId

TONE_LEAST_DEG: Final = 10.0
PIGMENT_TONE_LEAST_DEG: Final = -30.0

# Relative standard uncertainty of a contrast per ΔE00 that the chart leaves, and its least value:
# 1 ΔE00 at the lightness of skin is about 4 % of the light.
_CONTRAST_PER_DELTA_E: Final = 0.04
_CONTRAST_LEAST: Final = 0.05
_LEAST_COUNT: Final = 0.5

_MAKEUP_FACTOR: Final = 0.5
_FLAG_FACTORS: Final = {
    "scale-not-calibrated": 0.5,
    "regions-unknown": 0.8,
    "hair-not-held-back": 0.7,
}


def contrast_uncertainty(given: Given) -> float:
    """Return the relative standard uncertainty of a contrast, from the chart's residual."""
    residual = given.facts.colour_residual_delta_e
    if residual is None:
        residual = RESIDUAL_WITHOUT_REFERENCE_DELTA_E
    return max(_CONTRAST_LEAST, _CONTRAST_PER_DELTA_E * residual)


def density_uncertainty(given: Given, part: int) -> float:
    """Return the standard uncertainty of a separated density, from the chart's residual.

    Args:
        given: The run's input.
        part: 0 for melanin, 1 for haemoglobin, 2 for shading.
    """
    residual = given.facts.colour_residual_delta_e
    if residual is None:
        residual = RESIDUAL_WITHOUT_REFERENCE_DELTA_E
    amplified = float(np.linalg.norm(density_to_parts()[part]))
    channel = _CONTRAST_PER_DELTA_E * max(residual, RESIDUAL_LEAST_DELTA_E) / math.sqrt(3.0)
    return amplified * channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """The skin's tone, as it bounds what may be said.

    Attributes:
        ita_deg: Typology angle of well-lit skin.
        standard_uncertainty_deg: Of the angle.
    """

    ita_deg: float
    standard_uncertainty_deg: float

    @classmethod
    def of(cls, given: Given) -> "Tone":
        """Return the tone of an input."""
        lightness, red_green, yellow_blue = (float(each) for each in given.beside["tone_lab"])
        colour = mean_colour(
            lab=(lightness, red_green, yellow_blue),
            sd=(0.0, 0.0, 0.0),
            tile_sd=(0.0, 0.0, 0.0),
            tile_count=2,
            residual_delta_e=given.facts.colour_residual_delta_e,
        )
        return cls(
            ita_deg=individual_typology_angle_deg(lightness, yellow_blue),
            standard_uncertainty_deg=derived_uncertainties(colour)[0],
        )

    def above(self, least_deg: float) -> bool:
        """Return whether the angle lies above a bound by at least its standard uncertainty."""
        return self.ita_deg - self.standard_uncertainty_deg >= least_deg

    def refusal(self, least_deg: float) -> Refusal:
        """Return the ground on which an output is withheld for this tone."""
        expanded = COVERAGE_FACTOR * self.standard_uncertainty_deg
        return Refusal(
            rule="model.skin-tone",
            evidence=f"typology angle {self.ita_deg:.0f}° ± {expanded:.0f}°; verified from "
            f"{least_deg:.0f}° up",
            next_step="Judge it by eye; the picture does not tell melanin from blood here.",
        )


NO_SCALE: Final = Refusal(
    rule="model.scale",
    evidence="no depth under a locked calibration gives the skin a scale",
    next_step="Capture a stereo pair with a station whose calibration is locked and valid.",
)


@dataclass(slots=True)
class Findings:
    """Collects what is said about one run.

    Attributes:
        category: Of every finding.
        given: The run's input.
        judged: How the input was judged.
        limits: Limitations of every finding, beside where its repeatability comes from.
        repeatability: What the release states of repeats.
    """

    category: str
    given: Given
    judged: Judged
    limits: tuple[str, ...]
    repeatability: Repeatability
    made: list[Finding] = field(default_factory=list)
    withheld: list[WithheldMeasure] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        """How well the input served, 0..1."""
        level = input_confidence(self.given.facts, self.judged.domain)
        if self.given.facts.makeup not in {None, "none"}:
            level *= _MAKEUP_FACTOR
        for flag in self.given.flags:
            level *= _FLAG_FACTORS.get(flag, 1.0)
        return level

    def quantity(
        self,
        code: str,
        label: str,
        value: float,
        unit: str,
        *,
        parts: tuple[float, ...] = (),
        text: str | None = None,
        limits: tuple[str, ...] = (),
        trust: float = 1.0,
    ) -> None:
        """Add a number.

        Args:
            code: Permanent word; also names its repeatability.
            label: The words shown.
            value: The number.
            unit: Its unit.
            parts: Standard uncertainties beside repeatability, in the unit.
            text: Words beside the number.
            limits: Limitations of this number alone.
            trust: Share of what is found that was there, in verification; lowers confidence.
        """
        standard = math.hypot(self.repeatability.spreads[code].standard(value), *parts)
        self.made.append(
            self._finding(
                code,
                label,
                value=value,
                unit=unit,
                uncertainty=COVERAGE_FACTOR * standard,
                text=text,
                limits=limits,
                trust=trust,
            )
        )

    def count(
        self,
        code: str,
        label: str,
        unit: str,
        counts: Tensor,
        *,
        text: str | None = None,
        trust: float = 1.0,
    ) -> None:
        """Add a count; ``counts`` holds it at the threshold, below it and above it."""
        at, lower, higher = (float(each) for each in counts)
        shift = abs(lower - higher) / 2.0
        self.quantity(code, label, at, unit, parts=(shift, _LEAST_COUNT), text=text, trust=trust)

    def words(self, code: str, label: str, text: str, *, limits: tuple[str, ...] = ()) -> None:
        """Add a note."""
        self.made.append(self._finding(code, label, text=text, limits=limits))

    def withhold(self, output: str, ground: Refusal) -> None:
        """Say that an output is not given."""
        self.withheld.append(WithheldMeasure(output=f"{self.category}: {output}", ground=ground))

    def _finding(
        self,
        code: str,
        label: str,
        *,
        limits: tuple[str, ...],
        value: float | None = None,
        unit: str | None = None,
        uncertainty: float | None = None,
        text: str | None = None,
        trust: float = 1.0,
    ) -> Finding:
        return Finding(
            finding=FindingId.derived(self.judged.inference, code),
            category=self.category,
            code=code,
            label=label,
            value=value,
            unit=unit,
            uncertainty=uncertainty,
            coverage_factor=None if uncertainty is None else COVERAGE_FACTOR,
            text=text,
            confidence=round(min(max(self.confidence * trust, 0.0), 1.0), 3),
            quality_flags=(*self.judged.verdict.flags, *self.given.flags),
            limitations=(*limits, *self.limits, self.repeatability.words),
            needs_confirmation=False,
        )


def area_parts(area_mm2: float, areas: Tensor) -> tuple[float, ...]:
    """Return the standard uncertainties of an area: its scale, and its threshold.

    Args:
        area_mm2: The area.
        areas: (3,) float64, the area at the threshold, below it and above it.
    """
    lower, higher = float(areas[1]), float(areas[2])
    return (2.0 * RELATIVE_STANDARD_UNCERTAINTY * area_mm2, abs(lower - higher) / 2.0)


def looked_at_mm2(given: Given) -> float:
    """Return the skin area that was looked at, mm²; nominal without a scale."""
    mask = mask_of(given.beside)
    return float(pixel_mm2_of(given.beside)[mask].sum(dtype=np.float64))


def scaled(given: Given) -> bool:
    """Return whether sizes may be reported."""
    return has_scale(given.beside)


def too_coarse(given: Given, largest_mm: float) -> Refusal:
    """Return the ground on which an output is withheld for a picture of too large pixels."""
    return Refusal(
        rule="model.resolution",
        evidence=f"a pixel shows {pixel_mm_of(given.beside):.3f} mm of skin, at most "
        f"{largest_mm:.2f} mm is needed",
        next_step="Capture at full resolution and at the protocol's distance.",
    )


def by_region(regions: Tensor, places_px: NDArray[np.float64]) -> str:
    """Return how many places lie in each region, in words; empty when regions are unknown.

    Args:
        regions: (rows, columns) uint8, the region of each pixel.
        places_px: (n, 2) float64, column and row.
    """
    if not np.any(regions):
        return ""
    column, row = (np.rint(places_px[:, each]).astype(np.intp) for each in (0, 1))
    numbers = np.asarray(regions)[row, column]
    counts: Mapping[str, int] = {
        region.value.replace("-", " "): int(np.count_nonzero(numbers == number))
        for number, region in enumerate(REGIONS, start=1)
    }
    said = [f"{name} {count}" for name, count in counts.items() if count]
    return ", ".join(said)
