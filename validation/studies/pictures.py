"""What studies measure on one stored picture, by the functions that measure a clinic's.

Rules kept here:

1. Bytes go in, one number comes out; nothing of the picture is kept.
"""

from functools import cache
from typing import Final

from adapters.imaging.decode import decode
from adapters.inference.onnx_model import ReleasedModel
from adapters.inference.skin_colour_graph import build_skin_colour_graph
from adapters.inference.skin_colour_input import PREPROCESSING, skin_colour_input
from adapters.inference.skin_colour_outputs import SkinColourOutputs
from domain.values.content import Digest

_RESIDUAL: Final = 4.0


@cache
def _skin_colour() -> ReleasedModel:
    graph = build_skin_colour_graph()
    return ReleasedModel.load(graph, expected=Digest.of(graph))


def typology_angle_deg(picture: bytes) -> float:
    """Return the individual typology angle of the skin in a picture, degrees.

    Raises:
        MalformedInput: the picture cannot be decoded, or shows no skin.
    """
    given = skin_colour_input(
        decode(picture),
        colour_residual_max_delta_e=_RESIDUAL,
        makeup="none",
        neutral_expression=True,
    )
    run = _skin_colour().run(given.tensors, preprocessing=PREPROCESSING)
    return SkinColourOutputs.read(run.outputs).tone.mean["ita_deg"]
