"""A change of volume in words and numbers for a practitioner's review.

Rules kept here:

1. A number is told only of a change beyond what can be detected, with unit, interval, coverage and
   detectable change [REQ-IN-158, 160]; below it the words say that none can be detected, and
   neither a number nor a direction is told [DRV-16].
2. Every region is reviewed by itself [REQ-IN-159].
3. What a claim was shown on goes with every finding; wording is descriptive.
"""

from typing import Final

from domain.values.claim import ClaimContent
from domain.values.finding import Finding
from domain.values.identifiers import FindingId, VolumeChangeId
from domain.values.volume_change import Alignment, ChangeVerdict, RegionChange

CATEGORY: Final = "volume"
_LIMITS: Final = (
    "Change of the surface between two captures; it does not say what lies beneath it.",
    "Expression, posture, hydration and swelling move the surface as well.",
    "Taken against the upper face: what changed there is seen as change elsewhere.",
    "Over the part of the region that both captures measured; the rest is not estimated.",
    "Each region is judged by itself: of twenty without change, one would be called changed.",
)


def volume_findings(
    change: VolumeChangeId,
    regions: tuple[RegionChange, ...],
    *,
    alignment: Alignment,
    claim: ClaimContent,
    flags: tuple[str, ...],
) -> tuple[Finding, ...]:
    """Return a finding for each region.

    Args:
        change: The measurement; findings derive their identifiers from it.
        regions: What was found.
        alignment: How the faces were laid over one another.
        claim: The claim under which it is reported.
        flags: What limits the depth of either capture.
    """
    return tuple(
        _finding(change, each, alignment=alignment, claim=claim, flags=flags) for each in regions
    )


def _finding(
    change: VolumeChangeId,
    found: RegionChange,
    *,
    alignment: Alignment,
    claim: ClaimContent,
    flags: tuple[str, ...],
) -> Finding:
    code = f"volume-change-{found.region}"
    told = found.verdict in {ChangeVerdict.INCREASE, ChangeVerdict.DECREASE}
    return Finding(
        finding=FindingId.derived(change, code),
        category=CATEGORY,
        code=code,
        label=f"Volume change, {_words(found)}",
        value=found.change if told else None,
        unit=found.unit if told else None,
        uncertainty=found.uncertainty.expanded if told else None,
        coverage_factor=found.uncertainty.coverage_factor if told else None,
        text=_text(found),
        confidence=min(found.coverage, alignment.inlier_share, alignment.overlap),
        quality_flags=flags,
        limitations=(*((claim.label,) if claim.label else ()), *_LIMITS),
        needs_confirmation=True,
    )


def _words(found: RegionChange) -> str:
    name, _, side = str(found.region).rpartition("-")
    return f"{side} {name}" if side in {"left", "right"} else str(found.region)


def _text(found: RegionChange) -> str:
    detectable = f"{found.minimum_detectable_change:.2f} {found.unit}"
    covered = f"{found.coverage:.0%} of the region measured"
    match found.verdict:
        case ChangeVerdict.WITHHELD:
            return f"Withheld: {found.reason}."
        case ChangeVerdict.NONE_DETECTABLE:
            return (
                f"No change can be detected: one below {detectable} cannot be told from none "
                f"(95 %); {covered}."
            )
        case _:
            way = "more" if found.verdict is ChangeVerdict.INCREASE else "less"
            return (
                f"The surface encloses {way} volume than before; changes from {detectable} on can "
                f"be told from none (95 %); {covered}."
            )
