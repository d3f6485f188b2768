"""Fine structure of skin: pores, the contrast of its texture, and how that changes over the face.

Rules kept here:

1. Sizes are millimetres on the skin; each measure states the pixel it needs at least.
2. Texture contrast is the spread of optical density between 0.15 and 1 mm, so that neither sensor
   noise nor the form of the face counts as texture.
3. Relief is measured only where a depth map was; a relief that is not clearly above the depth's own
   uncertainty is no relief.

Sources: Lindeberg 1998, doi 10.1023/A:1008045108935 (blobs by scale; Gaussian differences stand for
the Laplacian); ISO 21920-2:2021 (Rq, root-mean-square height; here of a surface band).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.depth import DepthMap
from adapters.imaging.masked import Map, smoothed
from adapters.imaging.pixels import Mask

PORE_LARGEST_PIXEL_MM: Final = 0.08
TEXTURE_LARGEST_PIXEL_MM: Final = 0.16
PORE_CONTRAST: Final = 0.025
PORE_SCALES_MM: Final = (0.10, 0.30)
TEXTURE_BAND_MM: Final = (0.15, 1.0)
RELIEF_BAND_MM: Final = (0.3, 1.0)

_WINDOW_MM: Final = 3.0
_GRADIENT_MM: Final = 4.0
_LARGEST_STAND_OUT: Final = 0.35
"""A dark dot of more contrast is a hair or a mole and no pore."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pores:
    """Dark dots of a pore's size.

    Attributes:
        centre_px: (n, 2) int32, column and row.
        contrast: (n,) float64, optical density above the surroundings.
    """

    centre_px: NDArray[np.int32]
    contrast: NDArray[np.float64]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.contrast)


def find_pores(
    density: Map, mask: Mask, pixel_mm: float, *, threshold: float = PORE_CONTRAST
) -> Pores:
    """Return dark dots of a pore's size.

    Args:
        density: (rows, columns) float32, optical density of luminance; may hold NaN off the mask.
        mask: (rows, columns) bool, where pores are looked for.
        pixel_mm: Length of a pixel on the skin, at most ``PORE_LARGEST_PIXEL_MM``.
        threshold: Least contrast.
    """
    fine, wide = PORE_SCALES_MM
    height = _band(density, mask, pixel_mm, fine, wide)
    filled = np.where(mask & np.isfinite(height), height, np.float32(-1)).astype(np.float32)
    around = np.asarray(cv2.dilate(filled, np.ones((5, 5), np.uint8)), dtype=np.float32)
    dots = (filled >= around) & (filled >= threshold) & (filled <= _LARGEST_STAND_OUT)
    row, column = np.nonzero(dots & ~_on_ridges(filled, threshold))
    return Pores(
        centre_px=np.stack([column, row], axis=1).astype(np.int32),
        contrast=filled[row, column].astype(np.float64),
    )


def _on_ridges(height: Map, threshold: float) -> Mask:
    """Return where the surroundings fall off to two sides only: lines and strands."""
    xx, yy, xy = (
        np.asarray(cv2.Sobel(height, cv2.CV_32F, *order, ksize=3, scale=1 / 4), np.float32)
        for order in ((2, 0), (0, 2), (1, 1))
    )
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    across, along = middle - half, middle + half
    line = along > 0.15 * across  # both are below 0 on a dot
    return np.asarray(line & (height >= threshold))


def texture_contrast(density: Map, mask: Mask, pixel_mm: float) -> Map:
    """Return the local spread of density in the texture's band: (rows, columns) float32, percent.

    One percent of optical density is one percent of the light.
    """
    fine, wide = TEXTURE_BAND_MM
    band = _band(density, mask, pixel_mm, fine, wide)
    known = mask & np.isfinite(band)
    power = smoothed(np.square(band), known, _WINDOW_MM / pixel_mm)
    spread = 100.0 * np.sqrt(np.maximum(power, 0))
    return np.asarray(np.where(known, spread, np.float32(np.nan)), dtype=np.float32)


def texture_gradient(contrast: Map, mask: Mask, pixel_mm: float) -> Map:
    """Return how fast the texture contrast changes: (rows, columns) float32, percent per cm."""
    soft = smoothed(contrast, mask & np.isfinite(contrast), _GRADIENT_MM / pixel_mm)
    down, across = np.gradient(soft)
    steep = np.hypot(down, across) * np.float32(10.0 / pixel_mm)
    return np.asarray(np.where(mask, steep, np.float32(np.nan)), dtype=np.float32)


def relief(depth: DepthMap, mask: Mask, pixel_mm: float) -> Map:
    """Return heights in the relief's band: (rows, columns) float32, mm, towards the viewer.

    Args:
        depth: The depth map.
        mask: (rows, columns) bool on the depth's grid.
        pixel_mm: Length of a depth pixel on the skin.
    """
    known = mask & depth.valid
    fine, wide = RELIEF_BAND_MM
    return np.asarray(-_band(depth.depth_mm, known, pixel_mm, fine, wide), dtype=np.float32)


def relief_slope(heights: Map, pixel_mm: float) -> Map:
    """Return the slope of a relief: (rows, columns) float32, mm per mm."""
    down, across = np.gradient(heights)
    return np.asarray(np.hypot(down, across) / np.float32(pixel_mm), dtype=np.float32)


def _band(values: Map, mask: Mask, pixel_mm: float, fine_mm: float, wide_mm: float) -> Map:
    fine = smoothed(values, mask, max(fine_mm / pixel_mm, 0.6))
    return np.asarray(fine - smoothed(values, mask, wide_mm / pixel_mm), dtype=np.float32)
