"""From one stored picture to what the skin-colour model is given, and what is known of it.

Rules kept here:

1. The same picture gives the same tensors: nothing else goes in, so a run can be repeated.
2. Colours are corrected by the chart in the picture itself; without a chart they stay as they are,
   and the facts say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from adapters.imaging.decode import DecodedImage
from adapters.inference.release import InputFacts
from adapters.inference.skin_mask import METHOD, find_skin
from adapters.inference.tensors import Tensor
from adapters.inference.well_lit import METHOD as LIT_METHOD
from adapters.inference.well_lit import well_lit

FIRST_PREPROCESSING: Final = f"skin-colour-input/1 {METHOD} colour-chart/1"
PREPROCESSING: Final = f"skin-colour-input/2 {METHOD} {LIT_METHOD} colour-chart/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinColourInput:
    """What the model is given.

    Attributes:
        tensors: By name: ``image``, ``colour_correction``, ``skin_mask`` and, but for release
            1.0.0, ``lit_mask``.
        facts: What is known of them.
    """

    tensors: Mapping[str, Tensor] = field(repr=False)
    facts: InputFacts


def skin_colour_input(
    image: DecodedImage,
    *,
    colour_residual_max_delta_e: float,
    makeup: str | None,
    neutral_expression: bool,
    lit: bool = True,
) -> SkinColourInput:
    """Return what the model is given of a picture.

    Args:
        image: The picture.
        colour_residual_max_delta_e: Mean residual up to which a chart counts as passed.
        makeup: Declared make-up: ``none``, ``light`` or ``full``; none when not asked.
        neutral_expression: Whether the expression was declared neutral.
        lit: Whether the model tells well-lit skin from other; release 1.0.0 does not.

    Raises:
        MalformedInput: the picture is too small.
    """
    chart = measure_chart(image.linear, image.encoded)
    skin = find_skin(image.encoded)
    residual = None if chart is None else float(np.nanmean(chart.after))
    correction = _correction(chart)
    tensors: dict[str, Tensor] = {
        "image": image.encoded,
        "colour_correction": correction,
        "skin_mask": skin.mask,
    }
    if lit:
        light = well_lit(image.linear, skin.mask.astype(np.bool_), correction)
        tensors["lit_mask"] = light.astype(np.uint8)
    return SkinColourInput(
        tensors=tensors,
        facts=InputFacts(
            pixel_count=image.width * image.height,
            skin_pixel_count=skin.skin_pixel_count,
            clipped_fraction=skin.clipped_fraction,
            colour_reference_passed=None
            if residual is None
            else residual <= colour_residual_max_delta_e,
            colour_residual_delta_e=residual,
            makeup=makeup,
            neutral_expression=neutral_expression,
        ),
    )


def _correction(chart: ChartMeasurement | None) -> NDArray[np.float32]:
    """Return the matrix from measured to corrected linear colour, (3, 3) float32."""
    matrix = np.eye(3) if chart is None else chart.correction
    return np.asarray(matrix, dtype=np.float32)
