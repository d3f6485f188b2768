"""What the demonstration claims about change of volume: shown on simulated heads only.

Rules kept here:

1. The claim covers the simulated type of station and no other, and says so with every result.
2. No limit is below what was measured; the study lies beside this module and is named by digest.
"""

from pathlib import Path
from typing import Final

from adapters.imaging.change import METHOD
from domain.rules.attempt import VOLUME
from domain.values.claim import (
    ClaimContent,
    ClaimScope,
    EvidenceSource,
    RegionLimits,
    StudyEvidence,
)
from domain.values.comparability import PairLimits
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion

STUDY: Final = Path(__file__).parent / "volume-study.md"
STATION_MODEL: Final = "VP-1, simulated"
"""A type of its own: what is shown in simulation must not cover a station that is built."""


def volume_claim() -> ClaimContent:
    """Return what is claimed, with the study behind it."""
    return ClaimContent(
        output=VOLUME,
        algorithm=METHOD,
        unit="cm³",
        scope=ClaimScope(
            device_models=(STATION_MODEL,),
            population="Two simulated heads, light and dark skin; no people",
            simulated=True,
        ),
        accuracy_target=0.05,
        accuracy_words=(
            "Mean error of each region against the exact change of the same pixels, on simulated "
            "heads with 0, 0.5 and 1 cm³ added to the left cheek"
        ),
        regions=(
            _limits(FacialRegion.PERIORBITAL_LEFT, bias=0.022),
            _limits(FacialRegion.PERIORBITAL_RIGHT, bias=0.008),
            _limits(FacialRegion.CHEEK_LEFT, bias=-0.032, spread=0.09, detectable=0.18),
            _limits(FacialRegion.CHEEK_RIGHT, bias=0.048, spread=0.09, detectable=0.18),
            _limits(FacialRegion.NASOLABIAL_LEFT, bias=-0.010),
            _limits(FacialRegion.NASOLABIAL_RIGHT, bias=0.018),
            _limits(FacialRegion.PERIORAL, bias=0.038),
            _limits(FacialRegion.CHIN, bias=0.027),
        ),
        least_coverage=0.6,
        largest_residual_mm=0.2,
        # About as far as the study's captures lay apart.
        pair=PairLimits(distance_mm=5.0, pose_deg=3.0, exposure_ratio=1.1, cct_k=200.0, days=366.0),
        evidence=(
            StudyEvidence(
                source=EvidenceSource.DEPTH,
                study=Digest.of(STUDY.read_bytes()),
                subjects=2,
                captures=10,
                summary=(
                    "Fourteen pairs of simulated captures, light and dark skin alike; root mean "
                    "square error up to 0.082 cm³ (cheeks), 0.052 cm³ (all else)"
                ),
            ),
        ),
    )


def _limits(
    region: FacialRegion, *, bias: float, spread: float = 0.07, detectable: float = 0.14
) -> RegionLimits:
    return RegionLimits(
        region=region,
        minimum_detectable_change=detectable,
        repeatability_limit=detectable,
        bias=bias,
        test_retest_sd=spread,
    )
