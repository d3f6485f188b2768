"""The analytic skin models: what dims the light of each pixel, as one small ONNX graph.

Rules kept here:

1. Nothing is learnt from data and nothing is fitted to the picture: the absorption vectors are
   fixed numbers of this version, so that maps of two visits compare.
2. Four releases share this arithmetic and differ in which maps they give out; the same name and
   version always give the same bytes.
3. Values stand on skin pixels alone; maps hold NaN everywhere else.

The model: light that was dimmed by melanin, haemoglobin and shading has the optical density
-ln(R, G, B) = A [melanin, haemoglobin, shading]. The columns of A are how melanin, how haemoglobin
and how shading dim red, green and blue, each relative to green; so the unit of all three maps is
optical density of green light (natural logarithm). The graph applies the fixed inverse of A.

Inputs:

``linear``
    (rows, columns, 3) float32, 0..1, linear sRGB.
``colour_correction``
    (3, 3) float32 that turns linear colour into corrected linear sRGB, on column vectors.
``skin_mask``
    (rows, columns) uint8, not 0 where the pixel is skin.

Outputs, each (rows, columns) float32: those named by ``maps``, of ``MAPS``.

Source: Tsumura, Haneishi and Miyake 1999, doi 10.1364/JOSAA.16.002169, and Tsumura et al. 2003,
doi 10.1145/882262.882344 (the model; theirs finds A in each picture, which is what rule 1 forbids).
A follows from published optics of skin at 19 to 58 degrees of typology angle: melanosomes by
Jacques 2013, doi 10.1088/0031-9155/58/11/R37, haemoglobin by Prahl 1999, the layers by Kubelka
1948; a test computes it again. Melanin index: Takiwaki 1998.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import checker, helper, numpy_helper, parser

from adapters.imaging.pixels import LUMINANCE_WEIGHTS

MELANIN_VECTOR: Final = (0.579, 1.0, 1.667)
HAEMOGLOBIN_VECTOR: Final = (0.386, 1.0, 0.906)
SHADING_VECTOR: Final = (1.0, 1.0, 1.0)
LINEAR_FLOOR: Final = 1e-3

MELANIN_MAP: Final = "melanin_map"
HAEMOGLOBIN_MAP: Final = "haemoglobin_map"
SHADING_MAP: Final = "shading_map"
RED_DENSITY_MAP: Final = "red_density_map"
LUMINANCE_DENSITY_MAP: Final = "luminance_density_map"
MAPS: Final = (
    MELANIN_MAP,
    HAEMOGLOBIN_MAP,
    SHADING_MAP,
    RED_DENSITY_MAP,
    LUMINANCE_DENSITY_MAP,
)

_HEAD: Final = """
<ir_version: 9, opset_import: ["" : 18], producer_name: "vultus">
skin_density (
  float[rows, columns, 3] linear, float[3, 3] colour_correction, uint8[rows, columns] skin_mask
) => ({results}) {{
  is_skin = Cast <to = 9> (skin_mask)
  correction_columns = Transpose <perm = [1, 0]> (colour_correction)
  corrected = MatMul (linear, correction_columns)
  {steps}
}}
"""
_DENSITY: Final = """
  lit = Max (corrected, linear_floor)
  log_light = Log (lit)
  density = Neg (log_light)
"""
_PARTED: Final = """
  parts = MatMul (density, density_to_parts)
"""
_ONE_PART: Final = """
  {name}_column = Gather <axis = 2> ({source}, place_{place})
  {name} = Where (is_skin, {name}_column, not_a_number)
"""
_LUMINANCE: Final = """
  luminances = MatMul (corrected, luminance_matrix)
  luminance = Gather <axis = 2> (luminances, place_0)
  bright = Max (luminance, linear_floor)
  log_bright = Log (bright)
  luminance_density = Neg (log_bright)
  luminance_density_map = Where (is_skin, luminance_density, not_a_number)
"""
_PLACES: Final = {
    MELANIN_MAP: ("parts", 0),
    HAEMOGLOBIN_MAP: ("parts", 1),
    SHADING_MAP: ("parts", 2),
    RED_DENSITY_MAP: ("density", 0),
}


def density_to_parts() -> NDArray[np.float64]:
    """Return the inverse of A: (3, 3) float64, optical density to melanin, haemoglobin, shading."""
    columns = np.array([MELANIN_VECTOR, HAEMOGLOBIN_VECTOR, SHADING_VECTOR]).T
    return np.asarray(np.linalg.inv(columns), dtype=np.float64)


def build_skin_density_graph(name: str, version: str, maps: tuple[str, ...]) -> bytes:
    """Return the model as ONNX bytes; the same arguments always give the same bytes.

    Args:
        name: Of the release.
        version: Of the release.
        maps: Which of ``MAPS`` it gives out, at least one.
    """
    steps = ""
    if set(maps) - {LUMINANCE_DENSITY_MAP}:
        steps += _DENSITY
    if any(_PLACES.get(each, ("", 0))[0] == "parts" for each in maps):
        steps += _PARTED
    for each in maps:
        if each == LUMINANCE_DENSITY_MAP:
            steps += _LUMINANCE
        else:
            source, place = _PLACES[each]
            steps += _ONE_PART.format(name=each, source=source, place=place)
    results = ", ".join(f"float[rows, columns] {each}" for each in maps)
    model = parser.parse_model(_HEAD.format(results=results, steps=steps))
    model.producer_version = version
    constants = _constants()
    used = {each for node in model.graph.node for each in node.input}
    model.graph.initializer.extend(
        numpy_helper.from_array(value, each) for each, value in constants.items() if each in used
    )
    helper.set_model_props(
        model, {"name": name, "version": version, "training_data": "none: analytic"}
    )
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _constants() -> dict[str, NDArray[np.generic]]:
    return {
        "linear_floor": np.array(LINEAR_FLOOR, dtype=np.float32),
        "not_a_number": np.array(np.nan, dtype=np.float32),
        "density_to_parts": density_to_parts().T.astype(np.float32),
        # Three columns alike: a product of matrices is much faster here than one with a vector.
        "luminance_matrix": np.repeat(LUMINANCE_WEIGHTS.astype(np.float32)[:, None], 3, axis=1),
        **{f"place_{each}": np.array(each, dtype=np.int64) for each in range(3)},
    }
