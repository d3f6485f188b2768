"""How well an input served its model, as a number between 0 and 1.

Rule kept here: the weakest part decides. Skin found against the amount that satisfies, chart
residual against its limit, clipping against its limit. It is no probability of
health or disease, and not of the result being right.
"""

from typing import Final

from adapters.inference.release import InputDomain, InputFacts

SATISFYING_SKIN_PIXELS: Final = 50_000
CONFIDENCE_WITHOUT_REFERENCE: Final = 0.3


def input_confidence(facts: InputFacts, domain: InputDomain) -> float:
    """Return how well the input served, 0..1."""
    amount = min(1.0, facts.skin_pixel_count / SATISFYING_SKIN_PIXELS)
    clipping = max(0.0, 1.0 - facts.clipped_fraction / float(domain.clipped_fraction_max))
    residual = facts.colour_residual_delta_e
    if residual is None or not facts.colour_reference_passed:
        colour = CONFIDENCE_WITHOUT_REFERENCE
    else:
        colour = max(0.0, 1.0 - residual / (2.0 * float(domain.colour_residual_max_delta_e)))
    return min(amount, clipping, colour)
