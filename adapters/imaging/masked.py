"""Smoothing and shrinking of maps that hold values only on the skin.

Rules kept here:

1. What lies off the mask has no influence: values are weighted by the mask, and the weights are
   smoothed along (normalised convolution).
2. Where hardly any weight is left the result is NaN, never an extrapolation.

Source: Knutsson and Westin 1993, doi 10.1109/CVPR.1993.341081 (normalised convolution).
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import Mask

Map = NDArray[np.float32]
"""(rows, columns) float32."""

_LEAST_WEIGHT: Final = 0.05
_COARSE_SIGMA_PX: Final = 6.0


def smoothed(values: Map, mask: Mask, sigma_px: float) -> Map:
    """Return the Gaussian mean of the values under the mask; NaN far from the mask.

    Args:
        values: (rows, columns) float32; may hold NaN off the mask.
        mask: (rows, columns) bool, where values count.
        sigma_px: Standard deviation of the Gaussian, above 0. Wide ones are taken on a shrunk map,
            which changes them by under a percent.
    """
    step = max(1, int(sigma_px / _COARSE_SIGMA_PX))
    weight = mask.astype(np.float32)
    weighted = np.where(mask, values, np.float32(0)).astype(np.float32)
    if step > 1:
        rows, columns = values.shape
        size = (max(1, columns // step), max(1, rows // step))
        over, under = (
            cv2.resize(
                _blur(_shrunk(each, size), sigma_px / step),
                (columns, rows),
                interpolation=cv2.INTER_LINEAR,
            )
            for each in (weighted, weight)
        )
    else:
        over, under = _blur(weighted, sigma_px), _blur(weight, sigma_px)
    enough = under > _LEAST_WEIGHT
    mean = over / np.where(enough, under, np.float32(1))
    return np.asarray(np.where(enough, mean, np.float32(np.nan)), dtype=np.float32)


def inner(mask: Mask, margin_px: float) -> Mask:
    """Return the mask drawn back from every edge; the frame counts as an edge."""
    away = cv2.distanceTransform(
        np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    return np.asarray(away[1:-1, 1:-1] > margin_px, dtype=np.bool_)


def _shrunk(values: Map, size: tuple[int, int]) -> Map:
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _blur(values: Map, sigma_px: float) -> Map:
    return np.asarray(
        cv2.GaussianBlur(values, (0, 0), sigma_px, borderType=cv2.BORDER_CONSTANT),
        dtype=np.float32,
    )


def robust_spread(values: NDArray[np.float32]) -> float:
    """Return 1.4826 times the median distance from the median: the SD of a normal core."""
    middle = np.median(values)
    return 1.4826 * float(np.median(np.abs(values - middle)))
