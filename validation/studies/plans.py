"""The plans that come with the product: studies on the simulated station, runnable out of the box.

Rules kept here:

1. A limit comes from what the output is used for or from published systems, never from a result.
2. Every plan says in its population that no person was measured; nothing here is a clinical claim.
   Over pictures of people a plan becomes another one (``labelled_plan.py``).

Sources of limits: Chardon 1991 (the narrowest class of the typology angle is 13° wide, so an error
below half of it keeps neighbours apart); Landis and Koch 1977, doi 10.2307/2529310 (kappa above
0.8 is almost perfect agreement); Zijdenbos 1994, doi 10.1109/42.363096 (an overlap above 0.7 is
excellent agreement); de Menezes 2010, doi 10.1016/j.joms.2009.09.054, and the
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


def _at_least(
    statistic: Statistic, least: float, stratum: str = EVERYBODY, *, whole: bool = False
) -> StudyLimit:
    return StudyLimit(
        statistic=statistic, stratum=stratum, minimum=least, maximum=None, whole_interval=whole
    )


def _within(statistic: Statistic, most: float, stratum: str) -> StudyLimit:
    return StudyLimit(
        statistic=statistic, stratum=stratum, minimum=-most, maximum=most, whole_interval=True
    )


SKIN_TONE: Final = StudyPlan(
    name=f"Skin tone {STATION}",
    version="3.0",
    evidence=EvidenceSource.RGB,
    output="ita",
    unit="deg",
    method="skin-colour 2.0.0",
    population=HEADS,
    reference="typology angle of the class's own colour, from the simulation's spectra",
    strata=(Factor.ITA_CLASS, Factor.MONK, Factor.AGE_BAND, Factor.LIGHTING),
    fewest_cases=6,
    limits=(
        _at_most(Statistic.RMS, 6.5),
        _within(Statistic.BIAS, 6.5, _EACH_TONE),
        _within(Statistic.BIAS, 6.5, f"{Factor.LIGHTING}=*"),
        _at_most(Statistic.SEM, 1.0, whole=True),
        _at_least(Statistic.ICC_2_1, 0.9, whole=True),
    ),
)

TONE_CLASS: Final = StudyPlan(
    name=f"Skin tone class {STATION}",
    version="1.0",
    evidence=EvidenceSource.RGB,
    output="ita-class",
    unit="1",
    method="skin-colour 2.0.0",
    population=f"{HEADS}; each has the middle of its class, so borders are not asked",
    reference="the class whose colour the head was made of",
    strata=(Factor.AGE_BAND, Factor.LIGHTING),  # within one class of skin kappa says nothing
    fewest_cases=12,
    limits=(
        _at_least(Statistic.KAPPA, 0.8, whole=True),
        _at_least(Statistic.KAPPA, 0.8, f"{Factor.LIGHTING}=*"),
    ),
)

REDNESS: Final = StudyPlan(
    name=f"Areas of redness {STATION}",
    version="1.0",
    evidence=EvidenceSource.RGB,
    output="redness",
    unit="1",
    method="skin-pigmentation 1.2.0",
    population=f"{HEADS}; every skin has drawn patches of redness, and on brown and dark skin the "
    "release withholds redness",
    reference="where the head was painted with more blood than its middle, within what the output "
    "looks at",
    strata=(Factor.ITA_CLASS, Factor.MONK, Factor.AGE_BAND),
    fewest_cases=3,
    limits=(
        _at_least(Statistic.DICE, 0.7, whole=True),
        *(
            _at_least(Statistic.DICE, 0.7, f"{Factor.ITA_CLASS}={tone}")
            for tone in ("very-light", "light", "intermediate", "tan")
        ),
    ),
)

DEPTH: Final = StudyPlan(
    name=f"Depth of the face {STATION}",
    version="3.0",
    evidence=EvidenceSource.DEPTH,
    output="depth-map",
    unit="mm",
    method="lsm-pyramid/2",
    population=f"{HEADS}; a case is a head, measured at 40 places",
    reference="exact depth of the same pixels, from the simulation's geometry",
    strata=(Factor.ITA_CLASS, Factor.MONK, Factor.AGE_BAND),
    fewest_cases=3,
    limits=(
        _at_most(Statistic.RMS, 0.5),
        _at_most(Statistic.RMS, 0.75, _EACH_TONE),
        _within(Statistic.BIAS, 0.2, EVERYBODY),
        _at_most(Statistic.SEM, 0.3, whole=True),
    ),
)

PLANS: Final = {
    "skin-tone": SKIN_TONE,
    "tone-class": TONE_CLASS,
    "redness": REDNESS,
    "depth": DEPTH,
}
"""Each plan by its name on the command line."""
