"""How much each skin measure varies when the same face is captured again.

Rules kept here:

1. Figures are of captures of one simulated person who sat down again, depth measured from the
   pair: the upper limit at 95 % by ``./vultus benchmark imaging --only repeat --settling``, rounded
   up. The same command without ``--settling`` holds what findings state against other people.
   Nothing states less than its estimate did: repeats are of rigid faces, of one size of picture.
2. What is counted, and lengths and areas of what is counted, varies as counts do: by the square
   root, beside a share of the value. A share alone would state too little of a few.
3. A release states the figures that it was signed with; those of before were set by judgement, and
   said so.

Known gap: a rigid face. Expression, warmth, blood and a person's own day are not in any figure.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How one measure varies between captures.

    Attributes:
        relative: Standard deviation as a share of the value.
        grain: What comes or goes at once, in the unit of the measure; of what is counted.
    """

    relative: float = 0.0
    grain: float = 0.0

    def at_least(self, other: "Spread") -> "Spread":
        """Return what states no less than this and the other."""
        return Spread(
            relative=max(self.relative, other.relative), grain=max(self.grain, other.grain)
        )

    def standard(self, value: float) -> float:
        """Return the standard deviation at a value of 0 or more, in its unit.

        A count of n grains has the variance n + 1/2 of a Poisson mean under Jeffreys' prior, so
        that something is stated also where nothing was found.
        """
        return math.hypot(self.relative * value, math.sqrt(self.grain * (value + self.grain / 2.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatability:
    """What a release states of repeats.

    Attributes:
        spreads: How each measure varies, by its permanent word.
        words: Where the figures come from, a limitation of every finding.
    """

    spreads: Mapping[str, Spread]
    words: str


ESTIMATED: Final = Repeatability(
    words=(
        "Verified on simulated faces only; repeatability is an estimate, not yet measured, and "
        "living skin varies more."
    ),
    spreads=MappingProxyType(
        {
            "melanin-density": Spread(relative=0.02),
            "haemoglobin-density": Spread(relative=0.04),
            "brown-spots": Spread(relative=0.06),
            "brown-spot-area": Spread(relative=0.06),
            "brown-spot-share": Spread(relative=0.06),
            "redness-area": Spread(relative=0.10),
            "redness-share": Spread(relative=0.10),
            "hyperpigmentation-area": Spread(relative=0.10),
            "hyperpigmentation-share": Spread(relative=0.10),
            "dyschromia": Spread(relative=0.05),
            "malar-pattern": Spread(relative=0.10),
            "centrofacial-pattern": Spread(relative=0.10),
            "pattern-symmetry": Spread(relative=0.10),
            "pores": Spread(relative=0.04),
            "pore-density": Spread(relative=0.04),
            "roughness": Spread(relative=0.03),
            "relief-roughness": Spread(relative=0.10),
            "relief-slope": Spread(relative=0.10),
            "fine-line-length": Spread(relative=0.08),
            "wrinkle-length": Spread(relative=0.08),
            "wrinkle-depth": Spread(relative=0.10),
            "texture-gradient": Spread(relative=0.05),
            "dark-comedone-like": Spread(relative=0.15),
            "light-comedone-like": Spread(relative=0.15),
            "inflammatory-like": Spread(relative=0.15),
        }
    ),
)
REPEATED: Final[Mapping[str, Spread]] = MappingProxyType(
    {
        "melanin-density": Spread(relative=0.0026),
        "haemoglobin-density": Spread(relative=0.0054),
        "brown-spots": Spread(grain=0.50),
        "brown-spot-area": Spread(grain=3.6),
        "brown-spot-share": Spread(grain=0.024),
        "redness-area": Spread(grain=4.6),
        "redness-share": Spread(grain=0.014),
        "hyperpigmentation-area": Spread(grain=3.4),
        "hyperpigmentation-share": Spread(grain=0.029),
        "dyschromia": Spread(relative=0.026),
        "malar-pattern": Spread(grain=0.068),
        "centrofacial-pattern": Spread(grain=0.0088),
        "pattern-symmetry": Spread(grain=0.087),
        "pores": Spread(grain=2.7),
        "pore-density": Spread(relative=0.014),
        "roughness": Spread(relative=0.0082),
        "fine-line-length": Spread(grain=16.0),
        "wrinkle-length": Spread(grain=6.5),
        "wrinkle-depth": Spread(relative=0.19),
        "texture-gradient": Spread(relative=0.035),
        "dark-comedone-like": Spread(grain=0.068),
        "light-comedone-like": Spread(grain=0.94),
        "inflammatory-like": Spread(grain=1.1),
    }
)
"""What repeats showed, at most. Relief was withheld in all of them: no depth map resolved it."""

MEASURED: Final = Repeatability(
    words=(
        "Verified on simulated faces only; repeatability is at least what those showed that sat "
        "down again, and living skin varies more."
    ),
    spreads=MappingProxyType(
        {
            code: estimate.at_least(REPEATED.get(code, estimate))
            for code, estimate in ESTIMATED.spreads.items()
        }
    ),
)
