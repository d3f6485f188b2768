"""What the releases of the analytic skin models have in common; the words are what is signed.

Rules kept here:

1. Claims stop at what was verified on the simulated station; no word says anything about people.
2. A change of any word or number is a new release, signed anew.
"""

from decimal import Decimal
from typing import Final

from adapters.inference.release import (
    InputDomain,
    ModelRelease,
    OutputDescription,
    SubgroupResult,
)
from adapters.inference.skin_repeatability import MEASURED
from adapters.inference.skin_tone import SkinToneClass
from domain.values.content import Digest

DESCRIBES: Final = (
    "Describes skin as photographed under the station's light; it is not a diagnosis."
)
CONTRAINDICATIONS: Final = (
    "Not for the diagnosis or exclusion of any disease.",
    "Not for choosing laser or light energy.",
    "Not for faces with make-up or tanning products on the measured skin.",
)


def skin_release(
    *,
    name: str,
    version: str,
    model: Digest,
    intended_use: str,
    outputs: tuple[OutputDescription, ...],
    limitations: tuple[str, ...],
    results: tuple[tuple[SkinToneClass, int, str], ...],
) -> ModelRelease:
    """Return the release of one analytic skin model.

    Args:
        name: Its name.
        version: Its version.
        model: Digest of its bytes.
        intended_use: What its outputs are for.
        outputs: Outputs of the model and of the steps after it.
        limitations: What they cannot say; where repeatability comes from is added.
        results: For each skin tone class: how many simulated faces, and what was found.
    """
    return ModelRelease(
        name=name,
        version=version,
        model=model,
        intended_use=f"Clinical decision support: {intended_use}",
        input_domain=InputDomain(
            description=(
                "Frontal or oblique face of an adult, sRGB-encoded, diffuse light, colour chart "
                "measured, clean skin without make-up, hair held back, neutral expression; scale "
                "from depth under a locked calibration."
            ),
            skin_pixels_min=4096,
            skin_fraction_min=Decimal("0.05"),
            clipped_fraction_max=Decimal("0.10"),
            colour_residual_max_delta_e=Decimal("4.0"),
        ),
        outputs=outputs,
        limitations=(*limitations, MEASURED.words),
        contraindications=CONTRAINDICATIONS,
        training_data="none: analytic",
        licence="the product's own work; formulas published and free of licence",
        validation=(
            "Technical verification on the simulated station with known truth, on identities that "
            "were not used in development. No clinical validation with people."
        ),
        subgroups=tuple(
            SubgroupResult(subgroup=tone.value, samples=samples, result=result)
            for tone, samples, result in results
        ),
    )
