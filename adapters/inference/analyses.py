"""Which steps surround the released models of each name.

Rules kept here:

1. A release that states a slot is surrounded by the steps that were written once for all of those.
   Any other whose name is not listed has no steps in this build, and is not run; its run fails
   with that reason, on the record.
2. The newest release of a name has the steps listed for the name; an earlier one keeps its own.
3. The order is the order in which runs are called for: the face mesh comes first, because the
   others are given the facial regions that follow from it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adapters.inference import (
    skin_chromophores,
    skin_congestion,
    skin_pigmentation,
    skin_texture,
)
from adapters.inference.analysis import Analysis, Steps
from adapters.inference.face_mesh_analysis import FaceMeshAnalysis
from adapters.inference.release import ModelRelease
from adapters.inference.skin_chromophores import SkinChromophores
from adapters.inference.skin_colour import FirstSkinColour, SkinColour
from adapters.inference.skin_colour_graph import FIRST_VERSION, NAME
from adapters.inference.skin_congestion import SkinCongestion
from adapters.inference.skin_pigmentation import SkinPigmentation
from adapters.inference.skin_texture import SkinTexture
from adapters.inference.slotted_analysis import SlottedAnalysis
from domain.errors import MalformedInput

_ALL: Final[tuple[Analysis, ...]] = (
    FaceMeshAnalysis(),
    SkinColour(),
    SkinChromophores(),
    SkinPigmentation(),
    SkinTexture(),
    SkinCongestion(),
)
ANALYSES: Final[Mapping[str, Analysis]] = MappingProxyType({each.name: each for each in _ALL})
EARLIER: Final[Mapping[tuple[str, str], Steps]] = MappingProxyType(
    {
        (NAME, FIRST_VERSION): FirstSkinColour(),
        **{
            (each.NAME, version): steps
            for each in (skin_chromophores, skin_pigmentation, skin_texture, skin_congestion)
            for version, steps in each.EARLIER.items()
        },
    }
)
"""Steps around earlier releases, by name and version."""


def steps_of(release: ModelRelease) -> Steps:
    """Return the steps around a release.

    Raises:
        MalformedInput: this build has none.
    """
    if release.slot is not None:
        return SlottedAnalysis(release, release.slot)
    return EARLIER.get((release.name, release.version)) or analysis_of(release.name)


def analysis_of(name: str) -> Analysis:
    """Return the analysis of a name that this build makes itself.

    Raises:
        MalformedInput: this build has none.
    """
    found = ANALYSES.get(name)
    if found is None:
        raise MalformedInput(f"this build has no steps around models named {name!r}")
    return found
