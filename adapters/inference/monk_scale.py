"""The Monk skin tone scale: ten published swatches, and which is nearest to a measured colour.

Rules kept here:

1. Nearest is by CIEDE2000; how far away it is and which comes second is always said.
2. The scale describes appearance for fairness and comparison. It is no skin type and no finding of
   health.

Source: Monk 2019, The Monk Skin Tone Scale, published with its sRGB values at skintone.google.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapters.imaging.colour import delta_e_2000, linear_to_lab_d65, srgb_to_linear

SWATCHES_SRGB: Final = (
    (0xF6, 0xED, 0xE4),
    (0xF3, 0xE7, 0xDB),
    (0xF7, 0xEA, 0xD0),
    (0xEA, 0xDA, 0xBA),
    (0xD7, 0xBD, 0x96),
    (0xA0, 0x7E, 0x56),
    (0x82, 0x5C, 0x43),
    (0x60, 0x41, 0x34),
    (0x3A, 0x31, 0x2A),
    (0x29, 0x24, 0x20),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonkTone:
    """Which swatch is nearest.

    Attributes:
        tone: 1 (lightest) to 10.
        delta_e: CIEDE2000 to it.
        second: The next nearest.
        second_delta_e: CIEDE2000 to that.
    """

    tone: int
    delta_e: float
    second: int
    second_delta_e: float

    def probability(self, radius_delta_e: float) -> float:
        """Return how probable it is that the nearest swatch is nearest to the true colour, 0..1.

        Args:
            radius_delta_e: Standard uncertainty of the colour, above 0.
        """
        margin = self.second_delta_e - self.delta_e
        return 0.5 * math.erfc(-margin / (2.0 * radius_delta_e))


def monk_tone(lab: tuple[float, float, float]) -> MonkTone:
    """Return the nearest swatch to a CIELAB (D65) colour."""
    swatches = linear_to_lab_d65(srgb_to_linear(np.array(SWATCHES_SRGB) / 255.0))
    distances = delta_e_2000(np.array(lab), swatches)
    first, second = (int(each) for each in np.argsort(distances, kind="stable")[:2])
    return MonkTone(
        tone=first + 1,
        delta_e=float(distances[first]),
        second=second + 1,
        second_delta_e=float(distances[second]),
    )


def monk_note(tone: MonkTone) -> str:
    """Return the result in words."""
    return (
        f"Monk {tone.tone}: {tone.delta_e:.1f} ΔE00 from the measured colour; next is Monk "
        f"{tone.second}, {tone.second_delta_e:.1f} ΔE00."
    )
