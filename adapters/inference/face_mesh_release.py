"""What the face mesh's release says about it; the words are part of what is signed.

Rules kept here:

1. Claims stop at what was verified: agreement with the published networks, and landmarks on
   simulated faces of every class.  What its publisher says is said to be that.
2. A change of any word or number is a new release, signed anew.
"""

from decimal import Decimal
from typing import Final

from adapters.imaging.face_networks import NAME, VERSION
from adapters.imaging.face_package import LICENCE, PACKAGE
from adapters.inference.release import (
    InputDomain,
    ModelRelease,
    OutputDescription,
    SubgroupResult,
)
from adapters.inference.skin_tone import SkinToneClass
from domain.values.content import Digest

LIMITATIONS: Final = (
    "Points are placed by looks, to about a millimetre; they start measurements and are never one.",
    "Depth of the points is a guess at the shape of a face, for its rough pose only.",
    "Hair, hands, masks and glasses are not seen as such; points are placed through them.",
    "Beyond about 60 degrees of turn faces are missed or badly fitted.",
)
CONTRAINDICATIONS: Final = (
    "Not for recognising or identifying a person.",
    "Not for measuring lengths, angles or change of a face.",
    "Not for faces that are mostly covered.",
)
_SAMPLES: Final = 41
MEDIAN_ERROR_MM: Final = {
    SkinToneClass.VERY_LIGHT: 1.5,
    SkinToneClass.LIGHT: 1.8,
    SkinToneClass.INTERMEDIATE: 1.9,
    SkinToneClass.TAN: 2.0,
    SkinToneClass.BROWN: 1.8,
    SkinToneClass.DARK: 1.6,
}


def face_mesh_release(model: Digest) -> ModelRelease:
    """Return the release of the face model with these bytes."""
    return ModelRelease(
        name=NAME,
        version=VERSION,
        model=model,
        intended_use=(
            "Finds one face and 468 points of it, so that facial regions, guidance at the station "
            "and registration of two captures know where they are."
        ),
        input_domain=InputDomain(
            description=(
                "One adult face, frontal or oblique up to 45 degrees, sRGB-encoded, at least 64 "
                "picture elements wide. Counted as skin is what lies inside the face's outline."
            ),
            skin_pixels_min=4096,
            skin_fraction_min=Decimal("0.02"),
            clipped_fraction_max=Decimal("0.50"),
            colour_residual_max_delta_e=Decimal(100),
        ),
        outputs=(
            OutputDescription(
                name="detector_boxes", meaning="where faces are, by anchor", unit="pixel"
            ),
            OutputDescription(name="detector_scores", meaning="log-odds of a face", unit="1"),
            OutputDescription(
                name="mesh_points", meaning="468 points in the cut-out face", unit="pixel"
            ),
            OutputDescription(
                name="mesh_presence", meaning="log-odds of a face in the cut-out", unit="1"
            ),
            OutputDescription(
                name="face_points_px", meaning="468 points in the picture", unit="pixel"
            ),
            OutputDescription(name="face_score", meaning="presence, 0 to 1", unit="1"),
        ),
        limitations=LIMITATIONS,
        contraindications=CONTRAINDICATIONS,
        training_data=(
            "By its publisher: the mesh on about 30,000 pictures of faces taken with phones around "
            "the world and on synthetic renderings (Kartynnik et al. 2019, arXiv 1907.06724); the "
            "detector on 66,000 pictures (Bazarevsky et al. 2019, arXiv 1907.05047). Composition "
            "by skin tone, age or sex is not published in full. Not trained or changed here."
        ),
        licence=f"{LICENCE}, from {PACKAGE}; converted to ONNX without change of any weight",
        validation=(
            "Largest difference from the original runtime 1.4e-4 on values up to 160; 0.006 pixels "
            "on average from the published pipeline on a real photograph with its own sampling. "
            "Median scatter of a landmark over five poses of a simulated face 0.6 mm. No clinical "
            "validation with people."
        ),
        subgroups=tuple(
            SubgroupResult(
                subgroup=tone.value,
                samples=_SAMPLES,
                result=(
                    f"median distance of {MEDIAN_ERROR_MM[tone]:.1f} mm from the landmarks of two "
                    "simulated faces, offsets of definition included"
                ),
            )
            for tone in SkinToneClass
        ),
    )
