"""Skin tone classes by individual typology angle, and what they may suggest.

Rules kept here:

1. The measured angle comes first; a class is only its place on a published scale.
2. A skin type is a person's reaction to the sun, which no picture shows: what is derived from the
   angle is a suggestion, and a practitioner confirms or replaces it [DRV-21].

Source: Chardon, Cretois, Hourseau (1991), Int. J. Cosmet. Sci. 13:191 (angle and first classes);
Del Bino, Bernerd (2013), Br. J. Dermatol. 169 s3:33 (the six classes and their limits).
"""

import math
from enum import StrEnum

from domain.errors import MalformedInput


class SkinToneClass(StrEnum):
    """The six classes, lightest first."""

    VERY_LIGHT = "very light"
    LIGHT = "light"
    INTERMEDIATE = "intermediate"
    TAN = "tan"
    BROWN = "brown"
    DARK = "dark"


# Each class holds angles above its limit and up to the limit before it, in degrees.
LOWER_LIMITS_DEG: tuple[tuple[SkinToneClass, float], ...] = (
    (SkinToneClass.VERY_LIGHT, 55.0),
    (SkinToneClass.LIGHT, 41.0),
    (SkinToneClass.INTERMEDIATE, 28.0),
    (SkinToneClass.TAN, 10.0),
    (SkinToneClass.BROWN, -30.0),
    (SkinToneClass.DARK, -math.inf),
)

_SUGGESTED_TYPES = {
    SkinToneClass.VERY_LIGHT: "I",
    SkinToneClass.LIGHT: "II",
    SkinToneClass.INTERMEDIATE: "III",
    SkinToneClass.TAN: "IV",
    SkinToneClass.BROWN: "V",
    SkinToneClass.DARK: "VI",
}


def individual_typology_angle_deg(l_star: float, b_star: float) -> float:
    """Return the angle of a colour in degrees, -180 to 180.

    Source: Chardon et al. (1991), ITA° = arctan((L* - 50) / b*) · 180 / π; the two-argument
    arctangent equals it for every b* above 0 and stays defined elsewhere.
    """
    return math.degrees(math.atan2(l_star - 50.0, b_star))


def classify(ita_deg: float) -> SkinToneClass:
    """Return the class that the angle falls in.

    Raises:
        MalformedInput: the angle is not a number.
    """
    for tone, lower_limit_deg in LOWER_LIMITS_DEG:
        if ita_deg > lower_limit_deg:
            return tone
    raise MalformedInput("a skin tone class needs an angle that is a finite number")


def class_probabilities(ita_deg: float, standard_uncertainty_deg: float) -> dict[str, float]:
    """Return how probable each class is when the angle's error is normal; the sum is 1.

    Raises:
        MalformedInput: the uncertainty is not above 0.
    """
    if not standard_uncertainty_deg > 0 or not math.isfinite(ita_deg):
        raise MalformedInput("an angle's uncertainty is a number above 0")
    probabilities: dict[str, float] = {}
    above = 0.0
    for tone, lower_limit_deg in LOWER_LIMITS_DEG:
        z = (ita_deg - lower_limit_deg) / standard_uncertainty_deg
        exceeds = 0.5 * math.erfc(-z / math.sqrt(2.0))
        probabilities[tone.value] = exceeds - above
        above = exceeds
    return probabilities


def suggested_skin_type(tone: SkinToneClass) -> str:
    """Return the Fitzpatrick skin type, I to VI, that the class suggests for confirmation.

    Images agree with experts on this scale less well than experts agree with one another.

    Source: Groh et al. (2022), arXiv 2207.02942.
    """
    return _SUGGESTED_TYPES[tone]
