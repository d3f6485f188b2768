"""What the colours of each overlay mean, and which findings each one shows.

Rules kept here:

1. A permanent word has one legend for ever, as its overlay has one set of colours for ever.
2. An overlay that shows no finding, such as shading, has no legend here: it is for looking only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters.inference.overlay import (
    ERYTHEMA_SCALE,
    HAEMOGLOBIN_DENSITY_SCALE,
    ITA_SCALE,
    MELANIN_DENSITY_SCALE,
    MELANIN_SCALE,
    TEXTURE_SCALE,
    OverlayScale,
)
from adapters.inference.skin_congestion import COLOURS as CONGESTION_COLOURS
from adapters.inference.skin_pigmentation_report import (
    BROWN_COLOUR,
    RAISED_COLOUR,
    RED_COLOUR,
)
from adapters.inference.skin_texture_report import FINE_COLOUR, PORE_COLOUR, WRINKLE_COLOUR

Colour = tuple[int, int, int]
"""sRGB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """What the colours of one overlay mean.

    Attributes:
        colours: From the lowest value to the highest, or one for each kind of mark.
        scale: Whether the colours are a scale of values.
        codes: The findings that the overlay shows.
    """

    colours: tuple[Colour, ...]
    scale: bool
    codes: frozenset[str]


def _scale(scale: OverlayScale, *codes: str) -> tuple[str, Legend]:
    return scale.name, Legend(colours=scale.colours, scale=True, codes=frozenset(codes))


def _marks(name: str, colours: tuple[Colour, ...], *codes: str) -> tuple[str, Legend]:
    return name, Legend(colours=colours, scale=False, codes=frozenset((name, *codes)))


LEGENDS: Final[Mapping[str, Legend]] = MappingProxyType(
    dict(
        (
            _scale(ITA_SCALE, "ita", "ita-class"),
            _scale(MELANIN_SCALE, "melanin-index"),
            _scale(ERYTHEMA_SCALE, "erythema-index"),
            _scale(MELANIN_DENSITY_SCALE, "melanin-density"),
            _scale(HAEMOGLOBIN_DENSITY_SCALE, "haemoglobin-density"),
            _marks("brown-spots", (BROWN_COLOUR,), "brown-spot-share", "brown-spot-area"),
            _marks("redness", (RED_COLOUR,), "redness-share", "redness-area"),
            _marks(
                "hyperpigmentation",
                (RAISED_COLOUR,),
                "hyperpigmentation-share",
                "hyperpigmentation-area",
                "malar-pattern",
                "centrofacial-pattern",
                "pattern-symmetry",
                "melasma-like-pattern",
            ),
            _marks("pores", (PORE_COLOUR,), "pore-density"),
            _marks(
                "lines",
                (FINE_COLOUR, WRINKLE_COLOUR),
                "fine-line-length",
                "wrinkle-length",
                "wrinkle-depth",
            ),
            _scale(TEXTURE_SCALE, "roughness", "texture-gradient"),
            *(_marks(code, (colour,)) for code, colour in CONGESTION_COLOURS.items()),
        )
    )
)
"""By the permanent word of the overlay."""
