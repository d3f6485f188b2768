"""The skin-colour model's nodes in ONNX's own text form, release by release.

Rules kept here:

1. What was released stays: its text gives the same bytes for ever.
2. Statistics are one text, written once for all skin and once for well-lit skin, whose names begin
   with ``lit_``.

The model's constants are in ``skin_colour_graph``.
"""

from typing import Final

_FIRST_HEAD: Final = """
<ir_version: 9, opset_import: ["" : 18], producer_name: "vultus">
skin_colour (
  uint8[rows, columns, 3] image, float[3, 3] colour_correction, uint8[rows, columns] skin_mask
) => (
  float[rows, columns] ita_map, float[rows, columns] melanin_map,
  float[rows, columns] erythema_map, double[6] mean, double[6] sd, double[6] tile_sd,
  double delta_e_mean, double tile_delta_e_mean, double clipped_fraction,
  int64 pixel_count, int64 tile_count
) {
"""

_HEAD: Final = """
<ir_version: 9, opset_import: ["" : 18], producer_name: "vultus">
skin_colour (
  uint8[rows, columns, 3] image, float[3, 3] colour_correction, uint8[rows, columns] skin_mask,
  uint8[rows, columns] lit_mask
) => (
  float[rows, columns] ita_map, float[rows, columns] melanin_map,
  float[rows, columns] erythema_map, double[6] mean, double[6] sd, double[6] tile_sd,
  double delta_e_mean, double tile_delta_e_mean, double clipped_fraction,
  int64 pixel_count, int64 tile_count,
  double[6] lit_mean, double[6] lit_sd, double[6] lit_tile_sd,
  int64 lit_pixel_count, int64 lit_tile_count
) {
"""

_COLOURS: Final = """\
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
"""

_MEANS: Final = """\
  {of}pixel_mean = ReduceMean <keepdims = 0> ({of}quantities, down)
  {of}difference = Sub ({of}quantities, {of}pixel_mean)
  {of}square = Mul ({of}difference, {of}difference)
  {of}variance = ReduceMean <keepdims = 0> ({of}square, down)
  {of}sd = Sqrt ({of}variance)
  {of}mean_colour = Slice ({of}pixel_mean, column_0, column_3)
  {of}mean_l = Gather <axis = 0> ({of}pixel_mean, column_0)
  {of}mean_b = Gather <axis = 0> ({of}pixel_mean, column_2)
  {of}mean_l_float = Cast <to = 1> ({of}mean_l)
  {of}mean_b_float = Cast <to = 1> ({of}mean_b)
  {of}mean_height = Sub ({of}mean_l_float, fifty)
  {of}mean_b_is_zero = Equal ({of}mean_b_float, zero)
  {of}mean_width = Where ({of}mean_b_is_zero, nearly_zero, {of}mean_b_float)
  {of}mean_ratio = Div ({of}mean_height, {of}mean_width)
  {of}mean_half_turn_angle = Atan ({of}mean_ratio)
  {of}mean_is_low = Less ({of}mean_height, zero)
  {of}mean_turn = Where ({of}mean_is_low, minus_pi, pi)
  {of}mean_turned = Add ({of}mean_half_turn_angle, {of}mean_turn)
  {of}mean_is_left = Less ({of}mean_width, zero)
  {of}mean_radians = Where ({of}mean_is_left, {of}mean_turned, {of}mean_half_turn_angle)
  {of}mean_ita_float = Mul ({of}mean_radians, degrees)
  {of}mean_ita = Cast <to = 11> ({of}mean_ita_float)
  {of}mean_indices = Slice ({of}pixel_mean, column_4, column_6)
  {of}mean = Concat <axis = 0> ({of}mean_colour, {of}mean_ita, {of}mean_indices)
"""

_SPREAD: Final = """\
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
"""

_TILES: Final = """\
  # Means of square tiles, counted from the image's top left corner.
  {of}column_count = Gather <axis = 0> (plane_shape, column_1)
  {of}pixel_row = Div ({of}skin_index, {of}column_count)
  {of}pixel_column = Mod ({of}skin_index, {of}column_count)
  {of}tile_row = Div ({of}pixel_row, tile_px)
  {of}tile_column = Div ({of}pixel_column, tile_px)
  {of}shape_raised = Add (plane_shape, tile_px_less_one)
  {of}tile_shape = Div ({of}shape_raised, tile_px)
  {of}tiles_across = Gather <axis = 0> ({of}tile_shape, column_1)
  {of}tile_row_start = Mul ({of}tile_row, {of}tiles_across)
  {of}tile_index = Add ({of}tile_row_start, {of}tile_column)
  {of}tile_place = Unsqueeze ({of}tile_index, across)
  {of}tiles = ReduceProd <keepdims = 1> ({of}tile_shape, down)
  {of}sums_shape = Concat <axis = 0> ({of}tiles, column_6)
  {of}counts_shape = Concat <axis = 0> ({of}tiles, column_1)
  {of}no_sums = Expand (zero_double, {of}sums_shape)
  {of}no_counts = Expand (zero_double, {of}counts_shape)
  {of}ones_shape = Concat <axis = 0> ({of}pixel_count_row, column_1)
  {of}ones = Expand (one_double, {of}ones_shape)
  {of}sums = ScatterND <reduction = "add"> ({of}no_sums, {of}tile_place, {of}quantities)
  {of}counts = ScatterND <reduction = "add"> ({of}no_counts, {of}tile_place, {of}ones)
  {of}counts_flat = Reshape ({of}counts, flat)
  {of}is_filled = GreaterOrEqual ({of}counts_flat, tile_fill_px)
  {of}filled_sums = Compress <axis = 0> ({of}sums, {of}is_filled)
  {of}filled_counts = Compress <axis = 0> ({of}counts, {of}is_filled)
  {of}tile_means = Div ({of}filled_sums, {of}filled_counts)
  {of}tile_count_row = Shape <start = 0, end = 1> ({of}tile_means)
  {of}tile_count = Squeeze ({of}tile_count_row, down)
  {of}tile_centre = ReduceMean <keepdims = 0> ({of}tile_means, down)
  {of}tile_difference = Sub ({of}tile_means, {of}tile_centre)
  {of}tile_square = Mul ({of}tile_difference, {of}tile_difference)
  {of}tile_variance = ReduceMean <keepdims = 0> ({of}tile_square, down)
  {of}tile_sd = Sqrt ({of}tile_variance)
"""

_TILE_SPREAD: Final = """\
  tile_colours = Slice (tile_means, column_0, column_3, across)
  tile_colour_offsets = Sub (tile_colours, mean_colour)
  tile_delta_e = ReduceL2 <keepdims = 0> (tile_colour_offsets, across)
  tile_delta_e_mean = ReduceMean <keepdims = 0> (tile_delta_e, down)
"""

_LIT: Final = """\
  # The well-lit ones among the skin pixels.
  lit_flat = Reshape (lit_mask, flat)
  lit_codes = Gather <axis = 0> (lit_flat, skin_index)
  is_lit = Cast <to = 9> (lit_codes)
  lit_skin_index = Compress <axis = 0> (skin_index, is_lit)
  lit_quantities = Compress <axis = 0> (quantities, is_lit)
  lit_pixel_count_row = Shape (lit_skin_index)
  lit_pixel_count = Squeeze (lit_pixel_count_row, down)
"""


def text_of(*, lit: bool) -> str:
    """Return the model's text: of the newest release, or of the first, which knew no light."""
    of_skin = (_MEANS.format(of=""), _SPREAD, _TILES.format(of=""), _TILE_SPREAD)
    if not lit:
        return "".join((_FIRST_HEAD, _COLOURS, *of_skin, "}"))
    of_lit = (_LIT, _MEANS.format(of="lit_"), _TILES.format(of="lit_"))
    return "".join((_HEAD, _COLOURS, *of_skin, *of_lit, "}"))
