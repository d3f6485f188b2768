"""Semi-global matching: whole-pixel disparities with a search, robust where nothing is known yet.

Rules kept here:

1. A pixel is matched when both directions agree, the match is unique, its neighbourhood agrees and
   it resembles its match; what cannot be trusted is NaN, never filled in.
2. ``half_size`` is the method "sgbm-half/1" as it was released: the search range is found in the
   pair itself at a quarter of the size, then matched at half.  Old records are made again with it,
   so its numbers never change.

Source: Hirschmueller 2008, doi 10.1109/TPAMI.2007.1166 (semi-global matching); OpenCV 5
``StereoSGBM``, three-way mode.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.pixels import EncodedLuma, Mask, locally_normalised
from adapters.imaging.rectification import Rectification, rectify

Floats = NDArray[np.float64]

_COARSE: Final = 0.25
_HALF: Final = 0.5
_BLOCK: Final = 9
_PENALTY: Final = 8
_SPECKLE_PX: Final = 200
_FEWEST_COARSE: Final = 200
_RANGE_MARGIN_PX: Final = 6
_STEEPEST_PX: Final = 4.0
_WINDOW: Final = 13
_NOISE_VARIANCE: Final = 0.5
_LEAST_LIKENESS: Final = 0.3


def half_size(
    left: EncodedLuma,
    right: EncodedLuma,
    calibration: StereoCalibration,
    *,
    nearest_mm: float,
    farthest_mm: float,
) -> tuple[Rectification, Floats]:
    """Return the rectification at half size and its disparities, NaN where not trusted.

    Raises:
        MalformedInput: the pictures have another size than the calibration.
    """
    coarse = rectify(calibration, scale=_COARSE)
    span = _search_range(coarse, left, right, nearest_mm, farthest_mm)
    fine = rectify(calibration, scale=_HALF)
    ratio = fine.scale / coarse.scale
    nearest, farthest = span if span is not None else (nearest_mm, farthest_mm)
    lowest = fine.disparity_px(farthest) - _RANGE_MARGIN_PX * ratio
    highest = fine.disparity_px(nearest) + _RANGE_MARGIN_PX * ratio
    disparity = match(
        fine.left_picture(left), fine.right_picture(right), lowest=lowest, highest=highest
    )
    return fine, disparity


def match(left: EncodedLuma, right: EncodedLuma, *, lowest: float, highest: float) -> Floats:
    """Return disparities of a rectified pair: (rows, columns) float64, NaN where not trusted.

    Args:
        left: Rectified left picture.
        right: Rectified right picture.
        lowest: Smallest disparity looked for, pixels.
        highest: Largest disparity looked for, pixels.
    """
    first = int(np.floor(lowest))
    count = max(16, int(np.ceil((highest - first) / 16)) * 16)
    # OpenCV leaves out columns whose search would leave the picture; a border keeps them.
    border = max(count + max(first, 0), 0) + _BLOCK, max(-first, 0) + _BLOCK
    matcher = cv2.StereoSGBM.create(
        minDisparity=first,
        numDisparities=count,
        blockSize=_BLOCK,
        P1=_PENALTY * _BLOCK**2,
        P2=4 * _PENALTY * _BLOCK**2,
        disp12MaxDiff=1,
        preFilterCap=31,
        uniquenessRatio=5,
        speckleWindowSize=_SPECKLE_PX,
        speckleRange=2,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )
    padded = [
        cv2.copyMakeBorder(locally_normalised(picture), 0, 0, *border, cv2.BORDER_REPLICATE)
        for picture in (left, right)
    ]
    raw = np.asarray(matcher.compute(padded[0], padded[1]))[:, border[0] : -border[1]]
    disparity = np.asarray(raw.astype(np.float32) / 16, np.float32)
    known = (raw >= first * 16) & _smooth(disparity)
    likeness = _likeness(left, right, np.where(known, disparity, 0))
    return np.where(known & (likeness >= _LEAST_LIKENESS), disparity, np.nan).astype(np.float64)


def _search_range(
    coarse: Rectification,
    left: EncodedLuma,
    right: EncodedLuma,
    nearest_mm: float,
    farthest_mm: float,
) -> tuple[float, float] | None:
    """Return the nearest and farthest distance seen at a quarter of the size, or nothing."""
    disparity = match(
        coarse.left_picture(left),
        coarse.right_picture(right),
        lowest=coarse.disparity_px(farthest_mm),
        highest=coarse.disparity_px(nearest_mm),
    )
    found = disparity[~np.isnan(disparity)]
    if found.size < _FEWEST_COARSE:
        return None
    far, near = np.quantile(found, [0.01, 0.99])
    nearest, farthest = coarse.distance_mm(np.array([near, far]))
    return float(max(nearest, nearest_mm)), float(min(farthest, farthest_mm))


def _smooth(disparity: NDArray[np.float32]) -> Mask:
    """Return where disparity changes no faster than a steep surface; outlines fall out."""
    kernel = np.ones((5, 5), np.uint8)
    largest, smallest = cv2.dilate(disparity, kernel), cv2.erode(disparity, kernel)
    return np.asarray((np.asarray(largest) - np.asarray(smallest)) <= _STEEPEST_PX)


def _likeness(
    left: EncodedLuma, right: EncodedLuma, disparity: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the correlation of each pixel's neighbourhood with its match, -1..1.

    Where only sensor noise is left (dark background, drowned shadow) it is near 0.
    """
    rows, columns = disparity.shape
    grid_x, grid_y = np.meshgrid(
        np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)
    )
    moved = cv2.remap(right, grid_x - disparity, grid_y, cv2.INTER_LINEAR)
    first, second = left.astype(np.float32), np.asarray(moved, np.float32)

    def local(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(values, (_WINDOW, _WINDOW)), np.float32)

    mean_1, mean_2 = local(first), local(second)
    variance_1 = local(first**2) - mean_1**2
    variance_2 = local(second**2) - mean_2**2
    common = local(first * second) - mean_1 * mean_2
    scale = np.sqrt(np.maximum(variance_1, 0) * np.maximum(variance_2, 0)) + _NOISE_VARIANCE
    return np.asarray(common / scale, np.float32)
