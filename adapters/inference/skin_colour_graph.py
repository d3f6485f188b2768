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

NAME: Final = "skin-colour"
VERSION: Final = "1.0.0"
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

# The model itself, in ONNX's own text form. Constants are the rows of `_constants`.
_MODEL: Final = """
<ir_version: 9, opset_import: ["" : 18], producer_name: "vultus">
skin_colour (
  uint8[rows, columns, 3] image, float[3, 3] colour_correction, uint8[rows, columns] skin_mask
) => (
  float[rows, columns] ita_map, float[rows, columns] melanin_map,
  float[rows, columns] erythema_map, double[6] mean, double[6] sd, double[6] tile_sd,
  double delta_e_mean, double tile_delta_e_mean, double clipped_fraction,
  int64 pixel_count, int64 tile_count
) {
  # The skin pixels, in row order, as one list.
  mask_flat = Reshape (skin_mask, flat)
  skin_flags = Cast <to = 9> (mask_flat)
  skin_places = NonZero (skin_flags)
  skin_index = Reshape (skin_places, flat)
  image_rows = Reshape (image, rows_of_three)
  skin_codes = Gather <axis = 0> (image_rows, skin_index)
  pixel_count_row = Shape (skin_index)
  pixel_count = Squeeze (pixel_count_row, down)

  # sRGB codes to corrected linear light to CIELAB.
  code_index = Cast <to = 6> (skin_codes)
  linear = Gather <axis = 0> (decode_table, code_index)
  correction_columns = Transpose <perm = [1, 0]> (colour_correction)
  corrected = MatMul (linear, correction_columns)
  relative_xyz = MatMul (corrected, rgb_to_relative_xyz)
  above_epsilon = Max (relative_xyz, lab_epsilon)
  cube_root = Pow (above_epsilon, third)
  slope_part = Mul (relative_xyz, lab_slope)
  straight_part = Add (slope_part, lab_intercept)
  is_curved = Greater (relative_xyz, lab_epsilon)
  f = Where (is_curved, cube_root, straight_part)
  lab_raised = MatMul (f, f_to_lab)
  lab = Sub (lab_raised, lab_offset)

  # Typology angle: the two-argument arctangent of (L* - 50, b*), in degrees.
  l_star = Gather <axis = 1> (lab, column_0)
  b_star = Gather <axis = 1> (lab, column_2)
  height = Sub (l_star, fifty)
  b_is_zero = Equal (b_star, zero)
  width = Where (b_is_zero, nearly_zero, b_star)
  ratio = Div (height, width)
  half_turn_angle = Atan (ratio)
  is_low = Less (height, zero)
  turn = Where (is_low, minus_pi, pi)
  turned = Add (half_turn_angle, turn)
  is_left = Less (width, zero)
  ita_radians = Where (is_left, turned, half_turn_angle)
  ita = Mul (ita_radians, degrees)

  # Melanin and erythema index.
  reflectance = Max (corrected, reflectance_floor)
  log_reflectance = Log (reflectance)
  density = Mul (log_reflectance, index_scale)
  melanin = Gather <axis = 1> (density, column_0)
  green_density = Gather <axis = 1> (density, column_1)
  erythema = Sub (green_density, melanin)

  # Maps: every result back where its pixel was.
  plane_shape = Shape (skin_mask)
  plane_size = Size (skin_mask)
  plane_size_row = Reshape (plane_size, flat)
  nowhere = Expand (not_a_number, plane_size_row)
  ita_values = Reshape (ita, flat)
  ita_flat = ScatterElements <axis = 0> (nowhere, skin_index, ita_values)
  ita_map = Reshape (ita_flat, plane_shape)
  melanin_values = Reshape (melanin, flat)
  melanin_flat = ScatterElements <axis = 0> (nowhere, skin_index, melanin_values)
  melanin_map = Reshape (melanin_flat, plane_shape)
  erythema_values = Reshape (erythema, flat)
  erythema_flat = ScatterElements <axis = 0> (nowhere, skin_index, erythema_values)
  erythema_map = Reshape (erythema_flat, plane_shape)

  # Statistics of the skin pixels, in double precision.
  quantities_float = Concat <axis = 1> (lab, ita, melanin, erythema)
  quantities = Cast <to = 11> (quantities_float)
  pixel_mean = ReduceMean <keepdims = 0> (quantities, down)
  difference = Sub (quantities, pixel_mean)
  square = Mul (difference, difference)
  variance = ReduceMean <keepdims = 0> (square, down)
  sd = Sqrt (variance)
  mean_colour = Slice (pixel_mean, column_0, column_3)
  mean_l = Gather <axis = 0> (pixel_mean, column_0)
  mean_b = Gather <axis = 0> (pixel_mean, column_2)
  mean_l_float = Cast <to = 1> (mean_l)
  mean_b_float = Cast <to = 1> (mean_b)
  mean_height = Sub (mean_l_float, fifty)
  mean_b_is_zero = Equal (mean_b_float, zero)
  mean_width = Where (mean_b_is_zero, nearly_zero, mean_b_float)
  mean_ratio = Div (mean_height, mean_width)
  mean_half_turn_angle = Atan (mean_ratio)
  mean_is_low = Less (mean_height, zero)
  mean_turn = Where (mean_is_low, minus_pi, pi)
  mean_turned = Add (mean_half_turn_angle, mean_turn)
  mean_is_left = Less (mean_width, zero)
  mean_radians = Where (mean_is_left, mean_turned, mean_half_turn_angle)
  mean_ita_float = Mul (mean_radians, degrees)
  mean_ita = Cast <to = 11> (mean_ita_float)
  mean_indices = Slice (pixel_mean, column_4, column_6)
  mean = Concat <axis = 0> (mean_colour, mean_ita, mean_indices)
  colours = Slice (quantities, column_0, column_3, across)
  colour_offsets = Sub (colours, mean_colour)
  delta_e = ReduceL2 <keepdims = 0> (colour_offsets, across)
  delta_e_mean = ReduceMean <keepdims = 0> (delta_e, down)
  brightest = ReduceMax <keepdims = 0> (code_index, across)
  is_too_bright = GreaterOrEqual (brightest, bright_level)
  is_too_dark = LessOrEqual (brightest, dark_level)
  is_clipped = Or (is_too_bright, is_too_dark)
  clipped = Cast <to = 11> (is_clipped)
  clipped_fraction = ReduceMean <keepdims = 0> (clipped, down)

  # Means of square tiles, counted from the image's top left corner.
  column_count = Gather <axis = 0> (plane_shape, column_1)
  pixel_row = Div (skin_index, column_count)
  pixel_column = Mod (skin_index, column_count)
  tile_row = Div (pixel_row, tile_px)
  tile_column = Div (pixel_column, tile_px)
  shape_raised = Add (plane_shape, tile_px_less_one)
  tile_shape = Div (shape_raised, tile_px)
  tiles_across = Gather <axis = 0> (tile_shape, column_1)
  tile_row_start = Mul (tile_row, tiles_across)
  tile_index = Add (tile_row_start, tile_column)
  tile_place = Unsqueeze (tile_index, across)
  tiles = ReduceProd <keepdims = 1> (tile_shape, down)
  sums_shape = Concat <axis = 0> (tiles, column_6)
  counts_shape = Concat <axis = 0> (tiles, column_1)
  no_sums = Expand (zero_double, sums_shape)
  no_counts = Expand (zero_double, counts_shape)
  ones_shape = Concat <axis = 0> (pixel_count_row, column_1)
  ones = Expand (one_double, ones_shape)
  sums = ScatterND <reduction = "add"> (no_sums, tile_place, quantities)
  counts = ScatterND <reduction = "add"> (no_counts, tile_place, ones)
  counts_flat = Reshape (counts, flat)
  is_filled = GreaterOrEqual (counts_flat, tile_fill_px)
  filled_sums = Compress <axis = 0> (sums, is_filled)
  filled_counts = Compress <axis = 0> (counts, is_filled)
  tile_means = Div (filled_sums, filled_counts)
  tile_count_row = Shape <start = 0, end = 1> (tile_means)
  tile_count = Squeeze (tile_count_row, down)
  tile_centre = ReduceMean <keepdims = 0> (tile_means, down)
  tile_difference = Sub (tile_means, tile_centre)
  tile_square = Mul (tile_difference, tile_difference)
  tile_variance = ReduceMean <keepdims = 0> (tile_square, down)
  tile_sd = Sqrt (tile_variance)
  tile_colours = Slice (tile_means, column_0, column_3, across)
  tile_colour_offsets = Sub (tile_colours, mean_colour)
  tile_delta_e = ReduceL2 <keepdims = 0> (tile_colour_offsets, across)
  tile_delta_e_mean = ReduceMean <keepdims = 0> (tile_delta_e, down)
}
"""


def build_skin_colour_graph() -> bytes:
    """Return the model as ONNX bytes; the same version always gives the same bytes."""
    text = "\n".join(line for line in _MODEL.splitlines() if not line.lstrip().startswith("#"))
    model = parser.parse_model(text)
    model.producer_version = VERSION
    model.graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in _constants().items()
    )
    helper.set_model_props(
        model,
        {
            "name": NAME,
            "version": VERSION,
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
