"""Spots on the skin: small areas that stand out of their surroundings in one map.

Rules kept here:

1. Sizes are millimetres; a map without a scale has no spots, only shares.
2. A spot stands out by a stated contrast and by a stated multiple of the map's own noise, whichever
   is more; its outline lies at half its height, so that one spot has one area in any light.
3. Lines, edges and what is cut off by the mask are no spots.
4. The surroundings are taken without the spots themselves, in a second pass.

Source: the outline at half height follows Lindeberg 1998, doi 10.1023/A:1008045108935 (blobs by
scale), with Gaussian differences standing for the Laplacian.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.masked import Map, robust_spread, smoothed
from adapters.imaging.pixels import Mask

_LOW: Final = 0.5
_CORE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotSettings:
    """What counts as a spot.

    Attributes:
        fine_mm: Smoothing of the map, standard deviation.
        surroundings_mm: Size of the surroundings, standard deviation.
        least_contrast: Least height above the surroundings, in the map's unit.
        least_noise: Least height in multiples of the map's noise.
        smallest_mm2: Smallest area.
        largest_mm2: Largest area.
        longest: Largest ratio of length to width.
    """

    fine_mm: float
    surroundings_mm: float
    least_contrast: float
    least_noise: float
    smallest_mm2: float
    largest_mm2: float
    longest: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spots:
    """The spots of one map.

    Attributes:
        labels: (rows, columns) int32, 1.. for each spot, 0 elsewhere.
        area_mm2: (n,) float64.
        contrast: (n,) float64, greatest height above the surroundings.
        centre_px: (n, 2) float64, column and row.
        threshold: Height from which on a spot counts here.
        noise: Robust spread of the map's heights.
    """

    labels: NDArray[np.int32]
    area_mm2: NDArray[np.float64]
    contrast: NDArray[np.float64]
    centre_px: NDArray[np.float64]
    threshold: float
    noise: float

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.area_mm2)

    @property
    def mask(self) -> Mask:
        """(rows, columns) bool, where there is a spot."""
        return np.asarray(self.labels > 0)


def find_spots(
    values: Map,
    mask: Mask,
    pixel_mm2: Map,
    settings: SpotSettings,
    *,
    threshold: float | None = None,
) -> Spots:
    """Return the spots of a map.

    Args:
        values: (rows, columns) float32, higher where spots are; may hold NaN off the mask.
        mask: (rows, columns) bool, where spots are looked for.
        pixel_mm2: (rows, columns) float32, skin area behind each pixel.
        settings: What counts as a spot.
        threshold: Height to use instead of the settings', to see how much depends on it.
    """
    if not mask.any():
        return _none(mask.shape)
    pixel_mm = float(np.sqrt(np.median(pixel_mm2[mask])))
    height = heights(values, mask, settings, pixel_mm)
    inside = mask & np.isfinite(height)
    if not inside.any():
        return _none(mask.shape)
    noise = robust_spread(height[inside])
    least = max(settings.least_contrast, settings.least_noise * noise)
    if threshold is not None:
        least = threshold
    height = np.where(inside, height, np.float32(-1.0)).astype(np.float32)
    labels, peaks = _components(height, _LOW * least)
    keep = peaks >= least
    core = height > np.maximum(_CORE * peaks, _LOW * least)[labels]
    labels = np.where(core & keep[labels], labels, 0)
    # Halving can cut a chain of spots apart; each piece is judged for itself.
    _, parts = cv2.connectedComponents(
        (labels > 0).astype(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )
    spots = _shapes(np.asarray(parts, np.int32), height, mask, pixel_mm2)
    good = (
        (spots.area_mm2 >= settings.smallest_mm2)
        & (spots.area_mm2 <= settings.largest_mm2)
        & (spots.longer <= settings.longest)
        & (spots.peak >= least)
        & ~spots.cut
    )
    good[0] = False
    number = np.where(good, np.cumsum(good), 0)
    return Spots(
        labels=np.asarray(number[parts], dtype=np.int32),
        area_mm2=spots.area_mm2[good],
        contrast=spots.peak[good],
        centre_px=spots.centre_px[good],
        threshold=least,
        noise=noise,
    )


def heights(values: Map, mask: Mask, settings: SpotSettings, pixel_mm: float) -> Map:
    """Return how far each place stands above its surroundings: (rows, columns) float32."""
    fine = smoothed(values, mask, max(settings.fine_mm / pixel_mm, 0.5))
    wide_px = settings.surroundings_mm / pixel_mm
    first = fine - smoothed(values, mask, wide_px)
    inside = mask & np.isfinite(first)
    if not inside.any():
        return first
    raised = inside & (first > 2.0 * robust_spread(first[inside]))
    level = smoothed(values, mask & ~raised, wide_px)
    return np.asarray(np.where(np.isfinite(level), fine - level, first), dtype=np.float32)


def _components(height: Map, level: float) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return connected areas above a level, and the peak of each (index 0 is the background)."""
    count, labels = cv2.connectedComponents(
        (height > level).astype(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )
    peaks = np.full(count, -np.inf)
    at = np.flatnonzero(labels)
    which = np.asarray(labels.flat[at], dtype=np.intp)
    np.maximum.at(peaks, which, height.flat[at].astype(np.float64))
    return np.asarray(labels, np.int32), peaks


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shapes:
    """Size and shape of every labelled area; index 0 is the background."""

    area_mm2: NDArray[np.float64]
    longer: NDArray[np.float64]
    peak: NDArray[np.float64]
    centre_px: NDArray[np.float64]
    cut: NDArray[np.bool_]


def _shapes(labels: NDArray[np.int32], height: Map, mask: Mask, pixel_mm2: Map) -> _Shapes:
    count = int(labels.max()) + 1
    row, column = np.nonzero(labels)
    which = labels[row, column]
    size = np.maximum(_sums(which, np.ones(len(which)), count), 1)
    x, y = (_sums(which, each.astype(np.float64), count) / size for each in (column, row))
    dx, dy = column - x[which], row - y[which]
    # A pixel has a spread of its own: 1/12 each way.
    xx, yy, xy = (
        _sums(which, each, count) / size for each in (dx * dx + 1 / 12, dy * dy + 1 / 12, dx * dy)
    )
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    peak = np.full(count, -np.inf)
    np.maximum.at(peak, which.astype(np.intp), height[row, column].astype(np.float64))
    edge = cv2.dilate((~mask).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)
    cut = np.zeros(count, np.bool_)
    cut[np.unique(labels[edge])] = True
    return _Shapes(
        area_mm2=_sums(which, pixel_mm2[row, column].astype(np.float64), count),
        longer=np.sqrt((middle + half) / np.maximum(middle - half, 1e-9)),
        peak=peak,
        centre_px=np.stack([x, y], axis=1),
        cut=cut,
    )


def _sums(which: NDArray[np.int32], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.asarray(np.bincount(which, weights=values, minlength=count), dtype=np.float64)


def _none(shape: tuple[int, ...]) -> Spots:
    return Spots(
        labels=np.zeros(shape, np.int32),
        area_mm2=np.zeros(0),
        contrast=np.zeros(0),
        centre_px=np.zeros((0, 2)),
        threshold=0.0,
        noise=0.0,
    )
