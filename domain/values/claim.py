"""What has been validated about one output: for which stations, how well, region by region.

Rules kept here:

1. A claim holds accuracy target, minimum detectable change, repeatability limit, bias and
   test-retest spread for each region, in one unit [REQ-IN-141 to 143].
2. What was shown on simulated heads only is labelled so and is never a clinical claim.
3. Evidence from colour pictures and from depth are separate entries; neither stands for the other.
4. A minimum detectable change below what the spread allows is refused: 1.96 times the standard
   deviation of null changes.

Source: Bland and Altman 1986, doi 10.1016/S0140-6736(86)90837-8 (1.96 standard deviations of
differences); ISO 5725-6:1994, 4.1.4 (repeatability limit).
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import MalformedInput
from domain.values.comparability import PairLimits
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion

SIMULATED_LABEL = "validated on simulated heads only, not for clinical use"
"""The words that go with every result under a claim shown on simulated heads."""

FACTOR_95 = 1.96
_ROUNDING = 0.99


class EvidenceSource(StrEnum):
    """What a study measured with; evidence of one source never stands for the other."""

    RGB = "rgb"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEvidence:
    """One study behind a claim.

    Attributes:
        source: What it measured with.
        study: Digest of the study's signed record or report.
        subjects: How many people, or simulated heads, took part.
        captures: How many captures were measured.
        summary: Design and result in words, the subgroups among them.
    """

    source: EvidenceSource
    study: Digest
    subjects: int
    captures: int
    summary: str

    def __post_init__(self) -> None:
        """Refuse a study of nobody."""
        if self.subjects < 1 or self.captures < 1:
            message = "a study has at least one subject and one capture"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionLimits:
    """What was found for one region of the face, in the claim's unit.

    Attributes:
        region: The region.
        minimum_detectable_change: Smallest change told from none with 95 % certainty.
        repeatability_limit: Largest acceptable difference between repeats of one visit.
        bias: Mean error found.
        test_retest_sd: Standard deviation of the change measured between repeats, where none was.
    """

    region: FacialRegion
    minimum_detectable_change: float
    repeatability_limit: float
    bias: float
    test_retest_sd: float

    def __post_init__(self) -> None:
        """Refuse numbers that contradict one another."""
        numbers = (
            self.minimum_detectable_change,
            self.repeatability_limit,
            self.bias,
            self.test_retest_sd,
        )
        if not all(math.isfinite(number) for number in numbers):
            message = f"{self.region}: limits are finite numbers"
            raise MalformedInput(message)
        if self.minimum_detectable_change <= 0 or self.test_retest_sd <= 0:
            message = f"{self.region}: detectable change and spread are above 0"
            raise MalformedInput(message)
        least = _ROUNDING * FACTOR_95 * self.test_retest_sd
        if min(self.minimum_detectable_change, self.repeatability_limit) < least:
            message = f"{self.region}: a limit lies below {FACTOR_95} times the spread of repeats"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimScope:
    """For what a claim was shown.

    Attributes:
        device_models: Types of station, as they were enrolled.
        population: Who was measured, in words: ages, skin tones, what was excluded.
        simulated: Whether only simulated heads were measured.
    """

    device_models: tuple[str, ...]
    population: str
    simulated: bool

    def __post_init__(self) -> None:
        """Refuse a scope without stations or people."""
        if not self.device_models or not all(self.device_models) or not self.population.strip():
            message = "a scope names types of station and the population measured"
            raise MalformedInput(message)

    def covers(self, device_model: str | None) -> bool:
        """Return whether a type of station lies in the scope."""
        return device_model in self.device_models


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimContent:
    """Everything that one claim says; immutable, a change is a new claim.

    Attributes:
        output: Permanent word of the output, such as ``volume-change``.
        algorithm: Algorithm and version that was validated.
        unit: Unit of every number of the regions.
        scope: For what it was shown.
        accuracy_target: Largest bias that the study was allowed, fixed before it.
        accuracy_words: How that target was reached, in words.
        regions: What was found for each region.
        least_coverage: Share of a region that must have been measured, 0 to 1.
        largest_residual_mm: Largest registration residual under which it holds.
        pair: How far two captures may differ and still be compared.
        evidence: The studies.
    """

    output: str
    algorithm: str
    unit: str
    scope: ClaimScope
    accuracy_target: float
    accuracy_words: str
    regions: tuple[RegionLimits, ...]
    least_coverage: float
    largest_residual_mm: float
    pair: PairLimits
    evidence: tuple[StudyEvidence, ...]

    def __post_init__(self) -> None:
        """Refuse a claim about nothing, or about one region twice."""
        if not (self.output and self.algorithm and self.unit):
            message = "a claim names output, algorithm and unit"
            raise MalformedInput(message)
        named = [each.region for each in self.regions]
        if not named or len(set(named)) != len(named):
            message = "a claim names at least one region, each once"
            raise MalformedInput(message)
        if not 0 < self.least_coverage <= 1:
            message = "a coverage is a share above 0"
            raise MalformedInput(message)
        if not (0 < self.accuracy_target < math.inf and 0 < self.largest_residual_mm < math.inf):
            message = "accuracy target and registration residual are above 0"
            raise MalformedInput(message)

    @property
    def label(self) -> str:
        """What goes with every result under this claim; empty when nothing has to."""
        return SIMULATED_LABEL if self.scope.simulated else ""

    @property
    def contraindications(self) -> tuple[str, ...]:
        """When a result must not be relied on, each in a sentence: outside what was shown."""
        pair = self.pair
        found = (
            f"Not for stations other than {' or '.join(self.scope.device_models)}.",
            f"Not for people unlike those it was shown on: {self.scope.population}.",
            f"Not where less than {self.least_coverage:.0%} of a region was measured.",
            f"Not where the upper faces lie more than {self.largest_residual_mm:g} mm apart.",
            f"Not for captures that differ by more than {pair.distance_mm:g} mm in distance.",
            f"Not for captures that differ by more than {pair.pose_deg:g}° in pose.",
            f"Not for captures that differ by more than {pair.exposure_ratio:g} times in exposure.",
            f"Not for captures that differ by more than {pair.cct_k:g} K in the light's colour.",
            f"Not for captures made more than {pair.days:g} days apart.",
        )
        return ("Not for clinical use.", *found) if self.scope.simulated else found

    def limits_of(self, region: FacialRegion) -> RegionLimits | None:
        """Return what was found for a region, or none."""
        return next((each for each in self.regions if each.region is region), None)
