"""Dark lines in the skin: where they run, how long and how wide they are.

Rules kept here:

1. Sizes are millimetres. The scale of the strongest response is the line's width.
2. A line is a valley: strongly curved across and hardly curved along. Round dark spots are none.
3. A line is followed from where it stands out strongly, against the skin's own grain, on through
   places half as strong (hysteresis); pieces shorter than stated are left out.
4. Length is counted along the thinned crest, from pixel to pixel.

Source: Ng, Yap, Costen and Li 2015, doi 10.1371/journal.pone.0126486 (hybrid Hessian filter:
several scales, ridge by eigenvalues of the Hessian); Lindeberg 1998, doi 10.1023/A:1008097225773
(scale of a ridge).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.masked import Map, inner, smoothed
from adapters.imaging.pixels import Mask
from adapters.imaging.thinning import step_lengths, thinned

_ROUND: Final = 0.5
_WEAK: Final = 0.5
_ACROSS: Final = ((1, 0), (1, 1), (0, 1), (-1, 1))
"""Steps (column, row) across a line, for normals at 0, 45, 90 and 135 degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """What counts as a line.

    Attributes:
        scales_mm: Half-widths looked for, ascending.
        strong: Least contrast somewhere on a line, in the map's unit.
        least_crests: The same in multiples of the map's median crest, if that is more.
        shortest_mm: Shortest line.
        least_mean: Least contrast on average along a line, in the map's unit: grain that happens to
            lie in a row is dark here and there, a line all along.
    """

    scales_mm: tuple[float, ...]
    strong: float
    least_crests: float
    shortest_mm: float
    least_mean: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """The lines of one map.

    Attributes:
        labels: (rows, columns) int32, 1.. on the middle of each line, 0 elsewhere.
        length_mm: (n,) float64.
        width_mm: (n,) float64, twice the half-width of the strongest response, mean along the line.
        contrast: (n,) float64, mean along the line.
        normal_deg: (rows, columns) float32, direction across the line, 0 along the rows.
    """

    labels: NDArray[np.int32]
    length_mm: NDArray[np.float64]
    width_mm: NDArray[np.float64]
    contrast: NDArray[np.float64]
    normal_deg: Map

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.length_mm)


def find_lines(
    values: Map,
    mask: Mask,
    pixel_mm: float,
    settings: LineSettings,
    *,
    rim_mm: float = 0.0,
    off: Mask | None = None,
) -> Lines:
    """Return the dark lines of a map of optical density.

    Args:
        values: (rows, columns) float32, higher where it is darker; may hold NaN off the mask.
        mask: (rows, columns) bool, where values count.
        pixel_mm: Length of a pixel on the skin.
        settings: What counts as a line.
        rim_mm: Lines are looked for this far from the mask's rim: it is steep there, and its shade
            looks like a line along it.
        off: (rows, columns) bool, where values count and no line is looked for.
    """
    inside = inner(mask, max(rim_mm / pixel_mm, 2.0))
    if off is not None:
        inside &= ~off
    strength, normal_deg, width_mm = _ridges(values, mask, pixel_mm, settings.scales_mm)
    crest = _crest(strength, normal_deg) & inside
    grain = float(np.median(strength[crest])) if crest.any() else 0.0
    strong = max(settings.strong, settings.least_crests * grain)
    thin = thinned(crest & (strength >= _WEAK * strong))
    _, labels = cv2.connectedComponents(thin.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    labels = np.asarray(labels, np.int32)
    count = int(labels.max()) + 1
    at = np.flatnonzero(labels)
    which = np.asarray(labels.flat[at], dtype=np.intp)
    steps = step_lengths(thin).flat[at]
    length = np.asarray(
        np.bincount(which, weights=steps * pixel_mm, minlength=count), dtype=np.float64
    )
    size = np.maximum(np.bincount(which, minlength=count), 1)
    contrast, width = (
        np.bincount(which, weights=each.flat[at].astype(np.float64), minlength=count) / size
        for each in (strength, width_mm)
    )
    peak = np.zeros(count)
    np.maximum.at(peak, which, strength.flat[at].astype(np.float64))
    good = (length >= settings.shortest_mm) & (peak >= strong) & (contrast >= settings.least_mean)
    good[0] = False
    number = np.where(good, np.cumsum(good), 0)
    return Lines(
        labels=np.asarray(number[labels], dtype=np.int32),
        length_mm=length[good],
        width_mm=width[good],
        contrast=contrast[good],
        normal_deg=normal_deg,
    )


def _ridges(
    values: Map, mask: Mask, pixel_mm: float, scales_mm: tuple[float, ...]
) -> tuple[Map, Map, Map]:
    """Return the strongest valley of all scales: contrast, direction across, and width."""
    best = np.zeros(values.shape, np.float32)
    contrast = np.zeros(values.shape, np.float32)
    normal = np.zeros(values.shape, np.float32)
    width = np.zeros(values.shape, np.float32)
    for scale in scales_mm:
        sigma = max(scale / pixel_mm, 0.7)
        blurred = smoothed(values, mask, sigma)
        inside = np.isfinite(blurred)
        flat = np.where(inside, blurred, np.float32(0)).astype(np.float32)
        xx, yy, xy = (
            np.asarray(cv2.Sobel(flat, cv2.CV_32F, *order, ksize=3, scale=size), np.float32)
            for order, size in (((2, 0), 1 / 4), ((0, 2), 1 / 4), ((1, 1), 1 / 4))
        )
        middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        across, along = middle - half, middle + half  # a dark line is a crest of density
        # A ridge of Gaussian profile and this half-width answers with its height.
        answer = -across * np.float32(2.83 * sigma * sigma)
        line_like = inside & (across < 0) & (np.abs(along) < _ROUND * np.abs(across))
        answer = np.where(line_like, answer, np.float32(0)).astype(np.float32)
        direction = np.degrees(np.arctan2(across - xx, xy)).astype(np.float32)
        # Lindeberg's gamma of 3/4: a ridge answers most at its own half-width.
        weighed = answer / np.float32(np.sqrt(sigma))
        stronger = weighed > best
        best = np.where(stronger, weighed, best)
        contrast = np.where(stronger, answer, contrast)
        normal = np.where(stronger, direction, normal)
        width = np.where(stronger, np.float32(2.0 * sigma * pixel_mm), width)
    return contrast, np.asarray(np.mod(normal, 180.0), np.float32), width


def _crest(strength: Map, normal_deg: Map) -> Mask:
    """Return where the strength is the greatest across the line."""
    sector = np.asarray(np.rint(normal_deg / 45.0), dtype=np.int64) % 4
    crest = np.zeros(strength.shape, np.bool_)
    padded = np.pad(strength, 1)
    rows, columns = strength.shape
    for index, (right, down) in enumerate(_ACROSS):
        ahead = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        behind = padded[1 - down : 1 - down + rows, 1 - right : 1 - right + columns]
        crest |= (sector == index) & (strength > behind) & (strength >= ahead)
    return np.asarray(crest & (strength > 0))
