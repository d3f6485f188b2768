"""What may be said of every region of a claim after two captures were compared.

Rules kept here:

1. Every region of the claim is told, also one that the earlier capture does not show.
2. A record made before unseen regions were told is silent about them, and so is its repeat.
"""

from adapters.imaging.change import MeasuredChange
from adapters.imaging.volume import CUBIC_MM_PER_CUBIC_CM
from domain.events.volume_change import VolumeChangeMeasured
from domain.rules.volume_change import judge_region, withhold_unseen
from domain.values.claim import ClaimContent, RegionLimits
from domain.values.volume_change import RegionChange


def judged_regions(found: MeasuredChange, claim: ClaimContent) -> tuple[RegionChange, ...]:
    """Return what may be said about every region of the claim, seen or not."""
    return tuple(_judged(found, claim, limits) for limits in claim.regions)


def judged_as_before(
    found: MeasuredChange, claim: ClaimContent, measured: VolumeChangeMeasured
) -> tuple[RegionChange, ...]:
    """Return what may be said about the regions that were seen, or that a record tells."""
    told = found.regions.keys() | {each.region for each in measured.regions}
    return tuple(each for each in judged_regions(found, claim) if each.region in told)


def _judged(found: MeasuredChange, claim: ClaimContent, limits: RegionLimits) -> RegionChange:
    each = found.regions.get(limits.region)
    if each is None:
        return withhold_unseen(limits, claim)
    return judge_region(
        limits,
        claim,
        change=each.volume.change_mm3 / CUBIC_MM_PER_CUBIC_CM,
        uncertainty=each.uncertainty,
        coverage=each.volume.coverage,
        area_mm2=each.volume.area_mm2,
        repeats_apart=each.repeats_apart_cm3,
    )
