"""The plans that come with the product: studies on the simulated station, runnable out of the box.

Rules kept here:

1. A limit comes from what the output is used for or from published systems, never from a result.
2. Every plan says in its population that no person was measured; nothing here is a clinical claim.
   Over pictures of people a plan becomes another one (``labelled_plan.py``).

Sources of limits: Chardon 1991 (the narrowest class of the typology angle is 13° wide, so an error
below half of it keeps neighbours apart); de Menezes 2010, doi 10.1016/j.joms.2009.09.054, and the
published accuracy of VECTRA H1, 0.44 mm, and 3dMDface, 0.52 mm within-system (surfaces).
"""

from typing import Final

from domain.values.claim import EvidenceSource
from domain.values.study import (
    EVERYBODY,
    Factor,
    Statistic,
    StudyLimit,
    StudyPlan,
)

STATION: Final = "on the simulated station"
"""How the name of a plan says where its cases are measured."""

HEADS: Final = (
    "generated heads before the simulated station, six classes of skin colour; no person was "
    "measured, and nothing here is a clinical claim"
)
_EACH_TONE: Final = f"{Factor.ITA_CLASS}=*"


def _at_most(
    statistic: Statistic, most: float, stratum: str = EVERYBODY, *, whole: bool = False
) -> StudyLimit:
    return StudyLimit(
        statistic=statistic, stratum=stratum, minimum=None, maximum=most, whole_interval=whole
    )


def _within(statistic: Statistic, most: float, stratum: str) -> StudyLimit:
    return StudyLimit(
        statistic=statistic, stratum=stratum, minimum=-most, maximum=most, whole_interval=True
    )


SKIN_TONE: Final = StudyPlan(
    name=f"Skin tone {STATION}",
    version="2.0",
    evidence=EvidenceSource.RGB,
    output="ita",
    unit="deg",
    method="skin-colour 2.0.0",
    population=HEADS,
    reference="typology angle of the class's own colour, from the simulation's spectra",
    strata=(Factor.ITA_CLASS, Factor.AGE_BAND, Factor.LIGHTING),
    fewest_cases=6,
    limits=(
        _at_most(Statistic.RMS, 6.5),
        _within(Statistic.BIAS, 6.5, _EACH_TONE),
        _within(Statistic.BIAS, 6.5, f"{Factor.LIGHTING}=*"),
        _at_most(Statistic.SEM, 1.0, whole=True),
        StudyLimit(
            statistic=Statistic.ICC_2_1,
            stratum=EVERYBODY,
            minimum=0.9,
            maximum=None,
            whole_interval=True,
        ),
    ),
)

DEPTH: Final = StudyPlan(
    name=f"Depth of the face {STATION}",
    version="1.0",
    evidence=EvidenceSource.DEPTH,
    output="depth-map",
    unit="mm",
    method="stereo depth of the stored pair under the locked calibration",
    population=HEADS,
    reference="exact depth of the same pixels, from the simulation's geometry",
    strata=(Factor.ITA_CLASS, Factor.AGE_BAND),
    fewest_cases=50,
    limits=(
        _at_most(Statistic.RMS, 0.5),
        _at_most(Statistic.RMS, 0.75, _EACH_TONE),
        _within(Statistic.BIAS, 0.2, EVERYBODY),
        _at_most(Statistic.SEM, 0.3, whole=True),
    ),
)

PLANS: Final = {"skin-tone": SKIN_TONE, "depth": DEPTH}
"""Each plan by its name on the command line."""
