"""Exposure of the face: clipped lights, drowned shadows, mean level, agreement of two cameras.

Rules kept here:

1. Levels are linear light, 0..1 of the sensor's range; clipping is judged on the encoded pixels,
   where the camera's limit shows.
2. A pixel is clipped when *any* channel is at its limit: a red channel that clips alone already
   changes skin colour.  It is drowned when *all* channels are at the bottom.
3. The mean level depends on skin tone, so its limits are protocol data chosen per tone; the clipped
   and drowned shares do not.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import EncodedRgb, LinearLuma, Mask, Window
from adapters.imaging.worst_part import densest_part

CLIPPED_LEVEL: Final = 254
DROWNED_LEVEL: Final = 12
"""Encoded 12 is 0.4 per cent of full scale: there, read noise exceeds the signal's steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Exposure inside a mask.

    Attributes:
        clipped_share: Share of pixels with a channel at its upper limit, 0..1.
        drowned_share: Share of pixels with all channels at the bottom, 0..1.
        mean_level: Mean linear luminance, 0..1.
        clipped_part: Where most of the clipped pixels are, in the array's own pixels; none without
            any, or where they lie scattered.
        drowned_part: The same for the drowned ones.
    """

    clipped_share: float
    drowned_share: float
    mean_level: float
    clipped_part: Window | None
    drowned_part: Window | None


def measure_exposure(encoded: EncodedRgb, luma: LinearLuma, mask: Mask) -> Exposure:
    """Return the exposure inside a mask that holds at least one pixel."""
    count = int(mask.sum())
    over, under = clipped(encoded) & mask, drowned(encoded) & mask
    clipped_count, drowned_count = int(over.sum()), int(under.sum())
    return Exposure(
        clipped_share=float(clipped_count) / count,
        drowned_share=float(drowned_count) / count,
        mean_level=float(luma[mask].astype(np.float64).mean()),
        clipped_part=densest_part(over) if clipped_count else None,
        drowned_part=densest_part(under) if drowned_count else None,
    )


def clipped(encoded: EncodedRgb) -> Mask:
    """Return where any channel is at its upper limit."""
    return np.asarray(_brightest_channel(encoded) >= CLIPPED_LEVEL)


def drowned(encoded: EncodedRgb) -> Mask:
    """Return where all channels are at the bottom."""
    return np.asarray(_brightest_channel(encoded) <= DROWNED_LEVEL)


def blank_rows(encoded: EncodedRgb) -> Mask:
    """Return which rows have only pixels that are all the same: rows that never arrived.

    A camera's row is never even, because every pixel has noise of its own.
    """
    highest = np.asarray(cv2.reduce(encoded, 1, cv2.REDUCE_MAX))
    lowest = np.asarray(cv2.reduce(encoded, 1, cv2.REDUCE_MIN))
    return np.asarray((highest == lowest).all(axis=(1, 2)))


def longest_run(rows: Mask) -> tuple[int, int]:
    """Return first row and number of the longest run of rows, the first of equal ones; or 0, 0."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8)))
    starts, lengths = ends[::2], ends[1::2] - ends[::2]
    if not len(starts):
        return 0, 0
    longest = int(np.argmax(lengths))
    return int(starts[longest]), int(lengths[longest])


def level_ratio(first: float, second: float) -> float:
    """Return the larger of two levels over the smaller, at least 1; dark levels count as 0.001."""
    low, high = sorted((max(first, 1e-3), max(second, 1e-3)))
    return high / low


def _brightest_channel(encoded: EncodedRgb) -> NDArray[np.uint8]:
    """Return the largest channel of each pixel; ``max(axis=2)`` is ten times slower."""
    red, green, blue = cv2.split(encoded)
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.uint8)
