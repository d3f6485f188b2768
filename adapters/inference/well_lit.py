"""Which skin lies in the light that falls on the colour chart, by how bright its surroundings are.

A face turns away from the lights towards its sides and under brow, nose and chin; the mean of all
its skin is that of its shading, too. Skin that faces the lights is among its brightest places, and
only gloss is brighter.

Rules kept here:

1. Places are chosen, not pixels: brightness is averaged over a neighbourhood first, so that spots
   and lines inside a place are neither picked out nor left out.
2. Limits are shares of the face's own skin; one rule serves every skin tone.

Known limits: half a face in shadow still has brightest places, and they may be darker than the
chart's; uneven light is for the gates to refuse. Skin whose large areas differ in pigment is
described by the lighter ones.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.pixels import LUMINANCE_WEIGHTS, Mask

METHOD: Final = "well-lit/1"

WELL_LIT_L_STAR: Final = 2.0
"""Standard uncertainty of lightness from the light on such skin; 1.2 was the most seen on simulated
heads, whose light and skin are more even than a person's."""

_PERCENT: Final = (70.0, 92.0)
_WORKING_SIDE_PX: Final = 512
_NEIGHBOURHOOD: Final = 0.02
"""Standard deviation of the average's weights, as a share of the skin's width."""


def well_lit(linear: NDArray[np.float32], skin: Mask, correction: NDArray[np.float32]) -> Mask:
    """Return the skin in the light that falls on the chart: (rows, columns) bool; none without.

    Args:
        linear: (rows, columns, 3) float32, linear red, green, blue.
        skin: (rows, columns) bool.
        correction: (3, 3) float32, from measured to corrected linear colour.
    """
    fix_arithmetic()
    if not skin.any():
        return np.zeros_like(skin)
    light = linear @ (LUMINANCE_WEIGHTS @ correction).astype(np.float32)
    small_light, small_skin = (_shrunk(each) for each in (np.where(skin, light, 0), skin))
    width_px = float(np.count_nonzero(small_skin.any(axis=0)))
    sigma = max(_NEIGHBOURHOOD * width_px, 0.5)
    share = cv2.GaussianBlur(small_skin, (0, 0), sigma)
    around = cv2.GaussianBlur(small_light, (0, 0), sigma) / np.maximum(share, np.float32(1e-6))
    mostly = small_skin > 0.5  # noqa: PLR2004 - most of the pixel
    if not mostly.any():
        return skin
    low, high = np.percentile(around[mostly], _PERCENT)
    chosen = (mostly & (around >= low) & (around <= high)).astype(np.uint8)
    rows, columns = skin.shape
    enlarged = cv2.resize(chosen, (columns, rows), interpolation=cv2.INTER_NEAREST)
    lit = skin & (np.asarray(enlarged) > 0)
    return np.asarray(lit if lit.any() else skin)


def _shrunk(plane: NDArray[np.generic]) -> NDArray[np.float32]:
    whole = plane.astype(np.float32)
    factor = _WORKING_SIDE_PX / max(plane.shape)
    if factor >= 1:
        return whole
    size = (max(1, round(plane.shape[1] * factor)), max(1, round(plane.shape[0] * factor)))
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
