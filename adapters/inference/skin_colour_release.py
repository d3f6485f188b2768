"""What the skin-colour model's release says about it; the words are part of what is signed.

Rules kept here:

1. Claims stop at what was verified: agreement of the graph with its formulas, class by class.
2. A change of any word or number is a new release, signed anew.
"""

from decimal import Decimal

from adapters.inference.release import (
    InputDomain,
    ModelRelease,
    OutputDescription,
    SubgroupResult,
)
from adapters.inference.skin_colour_graph import NAME, TILE_PX, VERSION
from adapters.inference.skin_tone import SkinToneClass
from domain.values.content import Digest

SUBGROUP_SAMPLES = 2000
SUBGROUP_ANGLE_LIMIT_DEG = 0.02
SUBGROUP_INDEX_LIMIT = 0.01

FIRST_LIMITATIONS = (
    "Describes colour as photographed under the station's light; it is not a diagnosis.",
    "Colours are relative to a D65 white and compare only between captures of one station.",
    (
        "The face's own shading is part of the mean: on simulated heads the angle reads 6 to 13 "
        "degrees darker than evenly lit skin. Make-up, tanning products, facial hair and gloss "
        "change it, too."
    ),
    "Melanin and erythema index are optical densities of camera channels, not concentrations.",
    f"Unevenness is measured on tiles of {TILE_PX} px and compares only at one image scale.",
    "Fitzpatrick skin type is a reaction to the sun and cannot be seen in a picture.",
)
LIMITATIONS = (
    *FIRST_LIMITATIONS[:2],
    (
        "Told from the skin in the light that falls on the chart: a face in uneven light reads too "
        "dark. Make-up, tanning products, facial hair and gloss change it, too."
    ),
    *FIRST_LIMITATIONS[3:],
)
"""What tone and indices cannot say; release 1.0.0 said the other."""

CONTRAINDICATIONS = (
    "Not for the diagnosis or exclusion of any disease.",
    "Not for choosing laser or light energy without the practitioner's own skin typing.",
    "Not for faces with make-up or tanning products on the measured skin.",
)


def skin_colour_release(model: Digest) -> ModelRelease:
    """Return the release of the skin-colour model with these bytes."""
    return ModelRelease(
        name=NAME,
        version=VERSION,
        model=model,
        intended_use=(
            "Clinical decision support: describes facial skin colour, its unevenness and the "
            "melanin and erythema index for a practitioner's review."
        ),
        input_domain=InputDomain(
            description=(
                "Frontal or oblique face of an adult, sRGB-encoded, diffuse light, colour chart "
                "measured, clean skin, neutral expression."
            ),
            skin_pixels_min=4096,
            skin_fraction_min=Decimal("0.05"),
            clipped_fraction_max=Decimal("0.10"),
            colour_residual_max_delta_e=Decimal("4.0"),
        ),
        outputs=(
            OutputDescription(name="mean", meaning="mean of each quantity", unit="see quantities"),
            OutputDescription(name="sd", meaning="spread over the skin", unit="see quantities"),
            OutputDescription(name="tile_sd", meaning="spread of tiles", unit="see quantities"),
            OutputDescription(
                name="quantities: l_star, a_star, b_star", meaning="CIELAB, D65", unit="1"
            ),
            OutputDescription(
                name="quantities: ita_deg", meaning="individual typology angle", unit="degree"
            ),
            OutputDescription(
                name="quantities: melanin_index, erythema_index",
                meaning="100 times optical density and its difference",
                unit="1",
            ),
            OutputDescription(name="ita_map", meaning="angle of each pixel", unit="degree"),
            OutputDescription(name="melanin_map", meaning="melanin index of pixels", unit="1"),
            OutputDescription(name="erythema_map", meaning="erythema index of pixels", unit="1"),
            OutputDescription(name="delta_e_mean", meaning="colour spread of pixels", unit="ΔE*ab"),
            OutputDescription(
                name="tile_delta_e_mean", meaning="colour spread of tiles", unit="ΔE*ab"
            ),
            OutputDescription(name="clipped_fraction", meaning="pixels out of range", unit="1"),
            OutputDescription(
                name="lit_mean, lit_sd, lit_tile_sd, lit_pixel_count, lit_tile_count",
                meaning="the same of well-lit skin; tone and indices are told from it",
                unit="see quantities",
            ),
            OutputDescription(name="pixel_count", meaning="skin pixels", unit="pixel"),
            OutputDescription(name="tile_count", meaning="tiles with enough skin", unit="tile"),
        ),
        limitations=LIMITATIONS,
        contraindications=CONTRAINDICATIONS,
        training_data="none: analytic",
        licence="the product's own work; formulas published and free of licence",
        validation=(
            "Technical verification only: the graph against an independent double-precision "
            "computation of the published formulas. No clinical validation with people."
        ),
        subgroups=tuple(
            SubgroupResult(
                subgroup=tone.value,
                samples=SUBGROUP_SAMPLES,
                result=(
                    f"angle within {SUBGROUP_ANGLE_LIMIT_DEG} degree, indices within "
                    f"{SUBGROUP_INDEX_LIMIT} of the reference; not tested on people"
                ),
            )
            for tone in SkinToneClass
        ),
    )
