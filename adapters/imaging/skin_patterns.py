"""Larger patterns of skin colour: raised areas, unevenness, and how they lie on the two sides.

Rules kept here:

1. An area is raised against the face's own middle, by a fixed step in the map's unit, so that one
   step means the same in every picture.
2. Unevenness is a robust spread between areas of a stated size; lips, lids or a few spots do not
   decide it.
3. The two sides are compared by mirroring about the middle of the face; only skin seen on both
   sides counts.
"""

from typing import Final

import cv2
import numpy as np

from adapters.imaging.masked import Map, robust_spread, smoothed
from adapters.imaging.pixels import Mask

AREA_MM: Final = 1.0
"""Smoothing before an area is called raised, standard deviation."""

UNEVEN_MM: Final = 2.0
_MIRROR_TOLERANCE_MM: Final = 4.0
_SMALLEST_MM2: Final = 4.0


def raised_areas(values: Map, mask: Mask, pixel_mm: float, step: float) -> Mask:
    """Return where the values exceed the median by a step: (rows, columns) bool.

    Args:
        values: (rows, columns) float32; may hold NaN off the mask.
        mask: (rows, columns) bool, what is looked at.
        pixel_mm: Length of a pixel.
        step: How far above the median, in the map's unit.
    """
    soft = smoothed(values, mask, AREA_MM / pixel_mm)
    known = mask & np.isfinite(soft)
    if not known.any():
        return known
    raised = known & (soft > np.float32(np.median(soft[known]) + step))
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(
        raised.astype(np.uint8), connectivity=4
    )
    large = statistics[:, cv2.CC_STAT_AREA] * pixel_mm**2 >= _SMALLEST_MM2
    large[0] = False
    return np.asarray(large[labels]) if count > 1 else raised


def unevenness(values: Map, mask: Mask, pixel_mm: float) -> float:
    """Return the robust spread between areas of ``UNEVEN_MM``, in the map's unit."""
    soft = smoothed(values, mask, UNEVEN_MM / pixel_mm)
    known = mask & np.isfinite(soft)
    return robust_spread(soft[known]) if known.any() else 0.0


def middle_column(left: Mask, right: Mask) -> float | None:
    """Return the column midway between two mirrored regions; none when one is empty."""
    columns = [np.flatnonzero(each.any(axis=0)) for each in (left, right)]
    if not all(each.size for each in columns):
        return None
    centres = [
        float(np.average(np.arange(each.shape[1]), weights=each.sum(axis=0)))
        for each in (left, right)
    ]
    return sum(centres) / 2.0


def symmetry(areas: Mask, mask: Mask, middle: float, pixel_mm: float) -> float | None:
    """Return how far areas lie on both sides alike, 0..1 (Dice); none without areas.

    Args:
        areas: (rows, columns) bool.
        mask: (rows, columns) bool, what is looked at.
        middle: Column of the middle of the face.
        pixel_mm: Length of a pixel.
    """
    columns = areas.shape[1]
    place = np.rint(2.0 * middle - np.arange(columns)).astype(np.intp)
    inside = (place >= 0) & (place < columns)
    source = np.where(inside, place, 0)
    both = mask & mask[:, source] & inside
    here, there = areas & both, areas[:, source] & both
    if not here.any():
        return None
    side = 2 * max(1, round(_MIRROR_TOLERANCE_MM / pixel_mm)) + 1
    disc = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
    near = np.asarray(cv2.dilate(there.astype(np.uint8), disc), dtype=np.bool_)
    # Mirroring twice is the identity, so one direction stands for both.
    return float(np.count_nonzero(here & near) / np.count_nonzero(here))
