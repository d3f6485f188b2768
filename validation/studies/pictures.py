"""What studies measure on one stored picture, by the functions that measure a clinic's.

Rules kept here:

1. Bytes go in, one number or one class comes out; nothing of the picture is kept.
2. Classes are told from the measured colour as the findings tell them, in the order of their scale.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from adapters.imaging.decode import decode
from adapters.inference.monk_scale import SWATCHES_SRGB, monk_tone
from adapters.inference.onnx_model import ReleasedModel
from adapters.inference.skin_colour_graph import build_skin_colour_graph
from adapters.inference.skin_colour_input import PREPROCESSING, skin_colour_input
from adapters.inference.skin_colour_outputs import SkinColourOutputs, Statistics
from adapters.inference.skin_tone import SkinToneClass, classify, suggested_skin_type
from domain.values.content import Digest

_RESIDUAL: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOutput:
    """Classes that a picture is put into.

    Attributes:
        names: The classes in the order of their scale.
        measure: From a stored picture to the name of its class.
    """

    names: tuple[str, ...]
    measure: Callable[[bytes], str]


@cache
def _skin_colour() -> ReleasedModel:
    graph = build_skin_colour_graph()
    return ReleasedModel.load(graph, expected=Digest.of(graph))


def _tone(picture: bytes) -> Statistics:
    given = skin_colour_input(
        decode(picture),
        colour_residual_max_delta_e=_RESIDUAL,
        makeup="none",
        neutral_expression=True,
    )
    run = _skin_colour().run(given.tensors, preprocessing=PREPROCESSING)
    return SkinColourOutputs.read(run.outputs).tone


def typology_angle_deg(picture: bytes) -> float:
    """Return the individual typology angle of the skin in a picture, degrees.

    Raises:
        MalformedInput: the picture cannot be decoded, or shows no skin.
    """
    return _tone(picture).mean["ita_deg"]


def typology_class(picture: bytes) -> str:
    """Return the class of skin tone by the typology angle.

    Raises:
        MalformedInput: as ``typology_angle_deg``.
    """
    return classify(typology_angle_deg(picture)).value


def monk_class(picture: bytes) -> str:
    """Return the nearest tone of the Monk scale, ``1`` to ``10``.

    Raises:
        MalformedInput: as ``typology_angle_deg``.
    """
    mean = _tone(picture).mean
    return str(monk_tone((mean["l_star"], mean["a_star"], mean["b_star"])).tone)


def fitzpatrick_class(picture: bytes) -> str:
    """Return the Fitzpatrick skin type, ``I`` to ``VI``, that the typology class suggests.

    Raises:
        MalformedInput: as ``typology_angle_deg``.
    """
    return suggested_skin_type(classify(typology_angle_deg(picture)))


NUMBERS: Final[dict[str, Callable[[bytes], float]]] = {"ita": typology_angle_deg}
"""What is a number, by the output's permanent word."""

CLASSES: Final = {
    "ita-class": ClassOutput(
        names=tuple(each.value for each in SkinToneClass), measure=typology_class
    ),
    "monk-scale": ClassOutput(
        names=tuple(str(tone + 1) for tone in range(len(SWATCHES_SRGB))), measure=monk_class
    ),
    "fitzpatrick-suggestion": ClassOutput(
        names=tuple(suggested_skin_type(each) for each in SkinToneClass), measure=fitzpatrick_class
    ),
}
"""What is a class, by the output's permanent word."""
