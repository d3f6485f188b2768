"""The analytic skin-colour model: an ONNX graph of published formulas, built byte for byte alike.

Rules kept here:

1. Nothing is learnt from data: every constant is a published number, and the graph can be read.
2. Only standard operators of one fixed operator set; the same version gives the same bytes.
3. What is measured is measured on skin pixels alone; maps hold NaN everywhere else.
4. Pixels are worked on as float32; statistics are summed as float64 in pixel order.

Inputs:

``image``
    (rows, columns, 3) uint8, sRGB-encoded red, green, blue.
``colour_correction``
    (3, 3) float32 that turns linear red, green, blue into corrected linear sRGB, applied to
    column vectors; the identity where no colour reference was measured.
``skin_mask``
    (rows, columns) uint8, not 0 where the pixel is skin; at least one pixel.
``lit_mask``
    (rows, columns) uint8, not 0 where light falls on the face as on the colour chart; at least one
    of the skin pixels. Release 1.0.0 has no such input, and none of the ``lit`` outputs.

Outputs:

``ita_map``, ``melanin_map``, ``erythema_map``
    (rows, columns) float32: degrees and index points; NaN off the skin.
``mean``, ``sd``
    (6,) float64 in the order of ``QUANTITIES``: mean and population standard deviation over the
    skin. The mean's angle is that of the mean colour: a mean of angles depends on the noise.
``tile_sd``
    (6,) float64, the same order: population standard deviation of the means of square tiles.
``delta_e_mean``, ``tile_delta_e_mean``
    float64, mean ΔE*ab (CIE 1976) from the mean skin colour, of pixels and of tile means.
``clipped_fraction``
    float64, 0..1, part of the skin pixels whose brightest channel is at 250 or above, or at 5 or
    below.
``pixel_count``, ``tile_count``
    int64, skin pixels; tiles that skin fills at least to a quarter (others are left out).
``lit_mean``, ``lit_sd``, ``lit_tile_sd``, ``lit_pixel_count``, ``lit_tile_count``
    The same of the well-lit skin alone.

Source: IEC 61966-2-1 (sRGB); CIE 15:2018 (CIELAB, ΔE*ab); Chardon et al. (1991), Int. J. Cosmet.
Sci. 13:191 (angle); Takiwaki (1998), Skin Pharmacol. Appl. Skin Physiol. 11:1, and Yamamoto et
al. (2008), Skin Res. Technol. 14:1 (melanin index 100·log10(1/R), erythema index
100·[log10(1/G) - log10(1/R)], on linear reflectance).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import checker, helper, numpy_helper, parser

from adapters.inference.skin_colour_nodes import text_of

NAME: Final = "skin-colour"
FIRST_VERSION: Final = "1.0.0"
VERSION: Final = "2.0.0"
QUANTITIES: Final = (
    "l_star",
    "a_star",
    "b_star",
    "ita_deg",
    "melanin_index",
    "erythema_index",
)
TILE_PX: Final = 32
TILE_FILL_PX: Final = TILE_PX * TILE_PX // 4
REFLECTANCE_FLOOR: Final = 1e-4
BRIGHT_LEVEL: Final = 250
DARK_LEVEL: Final = 5

_SRGB_LINEAR_BELOW: Final = 0.04045

# Linear sRGB to XYZ. Its row sums are the D65 white, so that equal channels have no chroma.
_SRGB_TO_XYZ: Final = np.array(
    [
        [0.4123907992659593, 0.3575843393838780, 0.1804807884018343],
        [0.2126390058715102, 0.7151686787677560, 0.0721923153607337],
        [0.0193308187155918, 0.1191947797946260, 0.9505321522496607],
    ]
)
# f(X/Xn), f(Y/Yn), f(Z/Zn) to L* + 16, a*, b*. Source: CIE 15:2018, equations 8.3 to 8.5.
_F_TO_LAB: Final = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])


def build_skin_colour_graph(version: str = VERSION) -> bytes:
    """Return the model as ONNX bytes; the same version always gives the same bytes."""
    lines = text_of(lit=version != FIRST_VERSION).splitlines()
    model = parser.parse_model("\n".join(each for each in lines if not each.startswith("  #")))
    model.producer_version = version
    model.graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in _constants().items()
    )
    helper.set_model_props(
        model,
        {
            "name": NAME,
            "version": version,
            "quantities": ",".join(QUANTITIES),
            "tile_px": str(TILE_PX),
            "training_data": "none: analytic",
        },
    )
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def decode_table() -> NDArray[np.float32]:
    """Return linear light for each sRGB code: (256,) float32, 0..1.

    Source: IEC 61966-2-1, section 5.2.
    """
    codes = [code / 255.0 for code in range(256)]
    linear = [c / 12.92 if c <= _SRGB_LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4 for c in codes]
    return np.array(linear, dtype=np.float32)


def _constants() -> dict[str, NDArray[np.generic]]:
    """Return every constant of the graph by the name the text uses."""
    white = _SRGB_TO_XYZ.sum(axis=1, keepdims=True)
    single = {
        "rgb_to_relative_xyz": (_SRGB_TO_XYZ / white).T,
        "f_to_lab": _F_TO_LAB.T,
        "lab_offset": [16.0, 0.0, 0.0],
        "lab_epsilon": (6.0 / 29.0) ** 3,
        "lab_slope": (29.0 / 6.0) ** 2 / 3.0,
        "lab_intercept": 4.0 / 29.0,
        "third": 1.0 / 3.0,
        "reflectance_floor": REFLECTANCE_FLOOR,
        "index_scale": -100.0 / math.log(10.0),
        "not_a_number": math.nan,
        "zero": 0.0,
        "nearly_zero": 1e-12,
        "fifty": 50.0,
        "pi": math.pi,
        "minus_pi": -math.pi,
        "degrees": 180.0 / math.pi,
    }
    whole = {
        "flat": [-1],
        "rows_of_three": [-1, 3],
        "down": [0],
        "across": [1],
        "tile_px": TILE_PX,
        "tile_px_less_one": TILE_PX - 1,
        **{f"column_{index}": [index] for index in (0, 1, 2, 3, 4, 6)},
    }
    return {
        "decode_table": decode_table(),
        **{name: np.array(value, dtype=np.float32) for name, value in single.items()},
        "zero_double": np.array(0.0, dtype=np.float64),
        "one_double": np.array(1.0, dtype=np.float64),
        "tile_fill_px": np.array(TILE_FILL_PX, dtype=np.float64),
        **{name: np.array(value, dtype=np.int64) for name, value in whole.items()},
        "bright_level": np.array(BRIGHT_LEVEL, dtype=np.int32),
        "dark_level": np.array(DARK_LEVEL, dtype=np.int32),
    }
