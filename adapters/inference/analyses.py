"""Which steps surround the released models of each name.

Rule kept here: a release whose name is not listed has no steps in this build, and is not run; its
run fails with that reason, on the record.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adapters.inference.analysis import Analysis
from adapters.inference.skin_chromophores import SkinChromophores
from adapters.inference.skin_colour import SkinColour
from adapters.inference.skin_congestion import SkinCongestion
from adapters.inference.skin_pigmentation import SkinPigmentation
from adapters.inference.skin_texture import SkinTexture
from domain.errors import MalformedInput

_ALL: Final[tuple[Analysis, ...]] = (
    SkinColour(),
    SkinChromophores(),
    SkinPigmentation(),
    SkinTexture(),
    SkinCongestion(),
)
ANALYSES: Final[Mapping[str, Analysis]] = MappingProxyType({each.name: each for each in _ALL})


def analysis_of(name: str) -> Analysis:
    """Return the steps around releases of a name.

    Raises:
        MalformedInput: this build has none.
    """
    found = ANALYSES.get(name)
    if found is None:
        raise MalformedInput(f"this build has no steps around models named {name!r}")
    return found
