"""What a study of a measurement lays down before it is run, and what came of it.

Rules kept here:

1. Limits are part of the plan, so they stand before the first case is measured.
2. Evidence about pictures and evidence about depth are different kinds and never add up
   [REQ-IN-179, 180].
3. Which limits were met follows from figures and limits alone; a limit without its figure, or with
   too few cases behind it, is not met.
4. The figures count the cases of every stratum, also where nothing else could be worked out: a
   level with too few cases for any figure is asked like every other, and was not measured.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.errors import MalformedInput
from domain.values.claim import EvidenceSource

EVERYBODY: Final = "all"
"""The stratum of every case."""

_EACH_LEVEL: Final = "=*"


class Factor(StrEnum):
    """By what cases are divided into strata [REQ-IN-173 to 177]."""

    ITA_CLASS = "ita-class"
    MONK = "monk"
    AGE_BAND = "age-band"
    LIGHTING = "lighting"
    REGION = "region"
    DEVICE = "device"


class Statistic(StrEnum):
    """A figure of a study; its meaning and source stand with the code that works it out."""

    BIAS = "bias"
    SD = "sd"
    RMS = "rms"
    LOWER_LIMIT = "lower-limit-of-agreement"
    UPPER_LIMIT = "upper-limit-of-agreement"
    TEM = "technical-error"
    SEM = "standard-error-of-measurement"
    MDC95 = "minimal-detectable-change-95"
    ICC_2_1 = "icc-2-1"
    ICC_3_1 = "icc-3-1"
    DICE = "dice"
    JACCARD = "jaccard"
    KAPPA = "weighted-kappa"
    SENSITIVITY = "sensitivity"
    SPECIFICITY = "specificity"
    CASES = "cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLimit:
    """What a figure must reach.

    Attributes:
        statistic: Which figure.
        stratum: ``all``, or a factor and its level such as ``ita-class=dark``; ``ita-class=*``
            holds for each level that has cases, and is not met where a case has no level.
        minimum: Smallest acceptable value, or none.
        maximum: Largest acceptable value, or none.
        whole_interval: Whether the whole 95 % interval must lie within, not only the figure.
    """

    statistic: Statistic
    stratum: str
    minimum: float | None
    maximum: float | None
    whole_interval: bool

    def __post_init__(self) -> None:
        """Refuse a limit that limits nothing or contradicts itself."""
        if self.minimum is None and self.maximum is None:
            message = f"{self.statistic}: a limit has a minimum, a maximum or both"
            raise MalformedInput(message)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            message = f"{self.statistic}: the minimum lies above the maximum"
            raise MalformedInput(message)
        factor, _, level = self.stratum.partition("=")
        if self.stratum != EVERYBODY and (factor not in set(Factor) or not level):
            message = f"{self.stratum}: a stratum is {EVERYBODY}, or a factor and its level"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """Everything fixed before the first case.

    Attributes:
        name: Such as ``Skin tone on the simulated station``.
        version: Version of the plan.
        evidence: Pictures or depth.
        output: Permanent word of what is studied, such as ``ita``.
        unit: Unit of measurements and limits; ``1`` for classes and overlaps.
        method: Algorithm and version studied.
        population: Who or what the cases are, in words; also what they are not.
        reference: What the truth is and where it comes from, in words.
        strata: The factors by which results are divided.
        fewest_cases: Fewest cases behind a figure that a limit may rest on.
        limits: What must be reached.
    """

    name: str
    version: str
    evidence: EvidenceSource
    output: str
    unit: str
    method: str
    population: str
    reference: str
    strata: tuple[Factor, ...]
    fewest_cases: int
    limits: tuple[StudyLimit, ...]

    def __post_init__(self) -> None:
        """Refuse a plan that could not fail, or that divides by what it does not name."""
        if not self.limits:
            raise MalformedInput("study.limits: a plan without limits proves nothing")
        if self.fewest_cases < 2:  # noqa: PLR2004 - one case has no spread
            raise MalformedInput("study.cases: a figure rests on two cases at least")
        for limit in self.limits:
            factor = limit.stratum.partition("=")[0]
            if limit.stratum != EVERYBODY and factor not in self.strata:
                message = f"{limit.stratum}: the plan does not divide by {factor}"
                raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFigure:
    """One figure of one stratum, with its 95 % interval where there is one.

    Attributes:
        statistic: Which figure.
        stratum: Which cases.
        value: The figure.
        lower: Lower end of the interval, or none.
        upper: Upper end, or none.
        unit: Unit of all three.
        cases: Number of cases behind it.
    """

    statistic: Statistic
    stratum: str
    value: float
    lower: float | None
    upper: float | None
    unit: str
    cases: int

    def __post_init__(self) -> None:
        """Refuse numbers that are none."""
        if not all(math.isfinite(each) for each in (self.value, self.lower, self.upper) if each):
            message = f"{self.statistic}: a figure is a finite number"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOutcome:
    """Whether one limit was met in one stratum.

    Attributes:
        limit: Number of the limit in the plan, from 0.
        stratum: Where it was asked.
        met: Whether it was met.
        evidence: What was found, in words.
    """

    limit: int
    stratum: str
    met: bool
    evidence: str


def asks_each_level(plan: StudyPlan) -> bool:
    """Return whether some limit of the plan holds for each level that has cases."""
    return any(limit.stratum.endswith(_EACH_LEVEL) for limit in plan.limits)


def counted_cases(figures: Iterable[StudyFigure], stratum: str = EVERYBODY) -> int | None:
    """Return how many cases the figures say a stratum has, or none where they do not say."""
    return next(
        (f.cases for f in figures if (f.statistic, f.stratum) == (Statistic.CASES, stratum)), None
    )


def judge_study(plan: StudyPlan, figures: Iterable[StudyFigure]) -> tuple[LimitOutcome, ...]:
    """Return for every limit, in every stratum it holds for, whether the figures meet it."""
    found = tuple(figures)
    return tuple(
        _outcome(number, limit, stratum, found, plan)
        for number, limit in enumerate(plan.limits)
        for stratum in _strata(limit, found)
    )


def _strata(limit: StudyLimit, figures: tuple[StudyFigure, ...]) -> tuple[str, ...]:
    if not limit.stratum.endswith(_EACH_LEVEL):
        return (limit.stratum,)
    levels = _levels(limit, figures)
    if _placed(levels, figures) != counted_cases(figures):
        return (*levels, limit.stratum)  # some cases are in no level, so no level asks for them
    return levels or (limit.stratum,)


def _levels(limit: StudyLimit, figures: tuple[StudyFigure, ...]) -> tuple[str, ...]:
    factor = limit.stratum.removesuffix(_EACH_LEVEL)
    return tuple(sorted({f.stratum for f in figures if f.stratum.startswith(f"{factor}=")}))


def _placed(levels: tuple[str, ...], figures: tuple[StudyFigure, ...]) -> int:
    return sum(counted_cases(figures, level) or 0 for level in levels)


def _outcome(
    number: int,
    limit: StudyLimit,
    stratum: str,
    figures: tuple[StudyFigure, ...],
    plan: StudyPlan,
) -> LimitOutcome:
    def outcome(evidence: str, *, met: bool) -> LimitOutcome:
        return LimitOutcome(limit=number, stratum=stratum, met=met, evidence=evidence)

    figure = next(
        (f for f in figures if (f.statistic, f.stratum) == (limit.statistic, stratum)), None
    )
    if figure is None:
        return outcome(f"not measured: {_why_no_figure(limit, stratum, figures)}", met=False)
    if figure.unit not in (plan.unit, "1"):
        return outcome(
            f"not measured: the figure is in {figure.unit}, the limit in {plan.unit}", met=False
        )
    if figure.cases < plan.fewest_cases:
        return outcome(
            f"not measured: {figure.cases} cases are fewer than {plan.fewest_cases}", met=False
        )
    lower = upper = figure.value
    if limit.whole_interval:
        if figure.lower is None or figure.upper is None:
            return outcome("not measured: the figure has no interval", met=False)
        lower, upper = figure.lower, figure.upper
    met = (limit.minimum is None or lower >= limit.minimum) and (
        limit.maximum is None or upper <= limit.maximum
    )
    shown = f"{figure.value:.4g}"
    if figure.lower is not None and figure.upper is not None:
        shown += f" (95 % {figure.lower:.4g} to {figure.upper:.4g})"
    unit = "" if figure.unit == "1" else f" {figure.unit}"
    return outcome(f"{shown}{unit} of {figure.cases} cases", met=met)


def _why_no_figure(limit: StudyLimit, stratum: str, figures: tuple[StudyFigure, ...]) -> str:
    if stratum.endswith(_EACH_LEVEL):
        whole = counted_cases(figures)
        if whole is None:
            return "the figures do not say how many cases each level has"
        return f"{_placed(_levels(limit, figures), figures)} of {whole} cases have a level"
    count = counted_cases(figures, stratum)
    of = "" if count is None else f"; cases of the stratum: {count}"
    return f"there is no such figure{of}"
