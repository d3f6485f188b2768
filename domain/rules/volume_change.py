"""Recording how volume changed, and what it takes.

Rules kept here:

1. A change is recorded once for each pair of captures, under a validated claim that covers the
   station, of a comparable pair, with a registration within the claim's limit
   [REQ-IN-046 to 049, 074; DRV-16].
2. A region's verdict follows from its numbers and the claim alone: withheld below the coverage or
   beyond the repeatability, no direction below what can be detected. A region of the claim that
   was not seen at all is withheld as well; it does not go missing.
3. A repeat is recorded beside the result; it never replaces it.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.volume_change import (
    VolumeChangeEvent,
    VolumeChangeMeasured,
    VolumeChangeRepeated,
)
from domain.values.claim import ClaimContent, RegionLimits
from domain.values.identifiers import VolumeChangeId
from domain.values.volume_change import ChangeVerdict, RegionChange, Uncertainty

FACTOR_95 = 1.96
COVERAGE_FACTOR = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeChange:
    """One measurement of a pair.

    Attributes:
        measured: What was found; none before.
        repeats: What repeats gave.
    """

    measured: VolumeChangeMeasured | None = None
    repeats: tuple[VolumeChangeRepeated, ...] = ()


def evolve(change: VolumeChange, event: VolumeChangeEvent) -> VolumeChange:
    """Return the measurement after the event; history is never refused."""
    match event:
        case VolumeChangeMeasured():
            return replace(change, measured=event)
        case VolumeChangeRepeated():
            return replace(change, repeats=(*change.repeats, event))
        case _:
            assert_never(event)


VOLUME_CHANGE = Aggregate(kind=VolumeChangeId.kind, initial=VolumeChange(), evolve=evolve)


def judge_region(
    limits: RegionLimits,
    content: ClaimContent,
    *,
    change: float,
    uncertainty: Uncertainty,
    coverage: float,
    area_mm2: float,
    repeats_apart: float | None,
) -> RegionChange:
    """Return what may be said about one region.

    Args:
        limits: What the claim says of the region.
        content: The claim.
        change: The change measured, in the claim's unit.
        uncertainty: How uncertain it is.
        coverage: Share of the region measured.
        area_mm2: Area measured.
        repeats_apart: Largest difference between repeats of one visit; none without repeats.
    """
    standard = uncertainty.expanded / uncertainty.coverage_factor
    detectable = max(limits.minimum_detectable_change, FACTOR_95 * standard)
    reason = ""
    if coverage < content.least_coverage:
        reason = (
            f"{coverage:.0%} of the region was measured in both captures, "
            f"{content.least_coverage:.0%} are needed"
        )
    elif repeats_apart is not None and repeats_apart > limits.repeatability_limit:
        reason = (
            f"repeats of one visit lie {repeats_apart:.3f} {content.unit} apart, "
            f"more than {limits.repeatability_limit:.3f} {content.unit}"
        )
    if reason:
        verdict = ChangeVerdict.WITHHELD
    elif abs(change) <= max(detectable, uncertainty.expanded):
        verdict = ChangeVerdict.NONE_DETECTABLE
    else:
        verdict = ChangeVerdict.INCREASE if change > 0 else ChangeVerdict.DECREASE
    return RegionChange(
        region=limits.region,
        change=change,
        unit=content.unit,
        uncertainty=uncertainty,
        minimum_detectable_change=detectable,
        coverage=coverage,
        area_mm2=area_mm2,
        verdict=verdict,
        reason=reason,
    )


def withhold_unseen(limits: RegionLimits, content: ClaimContent) -> RegionChange:
    """Return that nothing may be said about a region of which the earlier capture shows nothing.

    Its uncertainty is what the claim's study found between repeats: nothing of this pair is in it.

    Args:
        limits: What the claim says of the region.
        content: The claim.
    """
    return RegionChange(
        region=limits.region,
        change=0.0,
        unit=content.unit,
        uncertainty=Uncertainty(
            depth_noise=0.0,
            registration=0.0,
            calibration=0.0,
            repeatability=limits.test_retest_sd,
            expanded=COVERAGE_FACTOR * limits.test_retest_sd,
            coverage_factor=COVERAGE_FACTOR,
        ),
        minimum_detectable_change=limits.minimum_detectable_change,
        coverage=0.0,
        area_mm2=0.0,
        verdict=ChangeVerdict.WITHHELD,
        reason="no part of the region was seen in the earlier capture",
    )


def record_change(
    change: VolumeChange, measured: VolumeChangeMeasured, *, claim: ClaimContent
) -> tuple[VolumeChangeMeasured, ...]:
    """Record a measurement; () when this pair was measured before.

    Args:
        change: The measurement so far.
        measured: What was found.
        claim: The claim under which it is reported, in force and in scope.

    Raises:
        RuleViolation: the pair does not compare, the registration is beyond the claim, a region
            is none of the claim's, or findings are missing.
    """
    if change.measured is not None:
        return ()
    against = measured.comparability.against
    if against:
        raise RuleViolation(
            "volume.comparable",
            "; ".join(str(each) for each in against),
            "Capture again as the first time.",
        )
    residual_mm = measured.alignment.residual_mm
    if residual_mm > claim.largest_residual_mm:
        raise RuleViolation(
            "volume.registration-residual",
            f"the stable face differs by {residual_mm:.3f} mm, "
            f"{claim.largest_residual_mm:g} mm are allowed",
            "Capture again with the same, neutral expression.",
        )
    strange = sorted(
        each.region for each in measured.regions if claim.limits_of(each.region) is None
    )
    if strange:
        raise RuleViolation(
            "volume.regions",
            f"the claim says nothing of {', '.join(strange)}",
            "Report the claim's regions only.",
        )
    if not measured.regions:
        raise RuleViolation(
            "volume.regions",
            "none of the claim's regions was judged",
            "Judge each of them; withhold the ones that were not seen.",
        )
    if len(measured.findings) != len(measured.regions):
        raise RuleViolation(
            "volume.findings",
            f"{len(measured.regions)} regions have {len(measured.findings)} findings",
            "Lay every region before the practitioner.",
        )
    return (measured,)


def record_repeat(change: VolumeChange, *, repeated: VolumeChangeRepeated) -> VolumeChangeRepeated:
    """Record what a repeat gave.

    Raises:
        RuleViolation: nothing was measured.
    """
    if change.measured is None:
        raise RuleViolation(
            "volume.measured", "nothing was measured here", "Choose a recorded measurement."
        )
    return repeated
