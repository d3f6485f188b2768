"""Disparity to a fraction of a pixel: one step of least-squares matching for every cell at once.

Rules kept here:

1. The other picture is carried to this one by the disparities known so far; what still differs in a
   window around each cell is explained by a plane of disparity (offset and two slants) and by gain
   and offset of brightness.
2. Every sum over a window is a separable filter, and the five normal equations of all cells are
   solved together: gain and offset are eliminated first, then the two slants.
3. What was known before counts as one more observation, weighted by its variance, so that a window
   without texture keeps the coarser answer instead of matching noise.
4. Texture counts as far as both pictures show it: noise is independent between them and drops out
   of the product of their gradients, so that a flat window reports a large variance.
5. Gloss lies elsewhere for each viewer and would be read as shape. With ``ramp``, brightness may
   differ by a plane over the window too, which takes most of a highlight's flank away; what is
   left of texture alone counts, so that smooth gloss reports a large variance.
6. Nothing is decided here about trust.  Without ``ramp`` numbers never change: old records are
   made again with it.

Source: Gruen 1985, South African Journal of Photogrammetry 14(3), equations 8 to 14 (least-squares
matching with radiometric parameters); Foerstner 1982, ISPRS Archives 24(3) (its precision).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]

MOST_STEP_PX: Final = 1.5
"""Farthest one step may move; beyond it the linear model means nothing."""

_BAND_ROWS: Final = 192
_REACH: Final = 2.6
_SLANT_RIDGE: Final = 0.5
_SMALLEST_VARIANCE: Final = 0.02
_NOISE_VARIANCE: Final = 4.0
_STRETCH: Final = (0.3, 3.0)
_GRAIN: Final = 4.3
"""How many pixels of a demosaiced picture share one pixel's noise."""

_ACROSS: Final = np.array([-1.0, -2.0, 0.0, 2.0, 1.0]) / 8
_DOWN: Final = np.array([1.0, 2.0, 1.0]) / 4
_CENTRAL: Final = np.array([-0.5, 0.0, 0.5])
_ONE: Final = np.array([1.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """Disparities and how well they are known.

    Attributes:
        disparity: (rows, columns) float32, pixels: column here less column in the other picture,
            the left one first.
        variance: (rows, columns) float32, squared pixels.
        likeness: (rows, columns) float32, up to 1: share of a window's contrast that its match
            explains, beyond what noise alone would leave.
    """

    disparity: Grid
    variance: Grid
    likeness: Grid


def refine(
    this: Grid,
    other: Grid,
    disparity: Grid,
    before: Estimate,
    *,
    sign: float,
    sigma: float,
    ramp: bool,
) -> Estimate:
    """Return one Gauss-Newton step from ``disparity``.

    Args:
        this: (rows, columns) float32, grey levels; the picture whose cells are matched.
        other: The picture they are found in.
        disparity: (rows / b, columns / b) float32, where the step starts, pixels of the pictures;
            one cell is ``b`` x ``b`` pixels, and with ``b`` above 1 the pictures are as stored.
        before: What is known of these cells from elsewhere.
        sign: 1 for the left picture, -1 for the right one.
        sigma: Standard deviation of a window's Gaussian weights, cells.
        ramp: Whether brightness may differ by a plane over the window, not by an offset alone.
    """
    rows = disparity.shape[0]
    cell = this.shape[0] // rows
    margin = int(np.ceil(_REACH * sigma)) + 2
    parts: list[Estimate] = []
    for top in range(0, rows, _BAND_ROWS):
        first, last = max(0, top - margin), min(rows, top + _BAND_ROWS + margin)
        kept = slice(top - first, min(rows, top + _BAND_ROWS) - first)
        pixels = slice(first * cell, last * cell)
        found = _step(
            (this[pixels], other[pixels]),
            disparity[first:last],
            (before.disparity[first:last], before.variance[first:last]),
            sign=sign,
            sigma=sigma,
            ramp=ramp,
        )
        parts.append(Estimate(**{name: part[kept] for name, part in found.items()}))
    return Estimate(
        disparity=np.concatenate([each.disparity for each in parts]),
        variance=np.concatenate([each.variance for each in parts]),
        likeness=np.concatenate([each.likeness for each in parts]),
    )


class _Windows:
    """Weighted means over the window of every cell, of products of fields."""

    def __init__(self, fields: dict[str, Grid], *, sigma: float, cell: int) -> None:
        self._fields, self._cell = fields, cell
        self._products: dict[str, Grid] = {}
        self._means: dict[tuple[str, int, int], Grid] = {}
        radius = int(np.ceil(_REACH * sigma))
        place = np.arange(-radius, radius + 1) / sigma
        weight = np.exp(-0.5 * place**2)
        weight /= weight.sum()
        self.kernels = weight, weight * place, weight * place**2

    def mean(self, names: str, across: int = 0, down: int = 0) -> Grid:
        """Return the mean of a product of fields times powers of the place in the window."""
        if names not in self._products:
            self._products[names] = self._product(names)
        asked = names, across, down
        if asked not in self._means:
            self._means[asked] = self.of(self._products[names], across, down)
        return self._means[asked]

    def of(self, field: Grid, across: int = 0, down: int = 0) -> Grid:
        """Return the mean of a field of cells times powers of the place in the window."""
        return _filtered(field, self.kernels[across], self.kernels[down])

    def _product(self, names: str) -> Grid:
        product = self._fields[names[0]]
        for name in names[1:]:
            product = product * self._fields[name]
        if self._cell > 1:
            size = (product.shape[1] // self._cell, product.shape[0] // self._cell)
            product = np.asarray(cv2.resize(product, size, interpolation=cv2.INTER_AREA))
        return product

    def moments(self, names: str) -> list[Grid]:
        """Return the means of a product alone, times column and times row."""
        return [self.mean(names), self.mean(names, 1, 0), self.mean(names, 0, 1)]


class _Brightness:
    """What the difference in brightness of a window takes away from means of products.

    That is an offset, and with ``ramp`` a plane; the places of a window are centred and of equal
    spread both ways, so that the parts of a plane are independent of one another.
    """

    def __init__(self, windows: _Windows, *, ramp: bool) -> None:
        self._windows, self._ramp = windows, ramp
        self._per_spread = np.float32(1 / windows.kernels[2].sum())

    def parts(self, name: str, across: int = 0, down: int = 0) -> list[Grid]:
        """Return a field's parts, times powers of the place: mean, and of a plane the slopes."""
        first = self._windows.mean(name, across, down)
        if not self._ramp:
            return [first]
        return [
            first,
            self._windows.mean(name, across + 1, down),
            self._windows.mean(name, across, down + 1),
        ]

    def less(self, product: Grid, one: list[Grid], two: list[Grid]) -> Grid:
        """Return the mean of a product without what the brightness explains."""
        rest = product - one[0] * two[0]
        if self._ramp:
            rest = rest - (one[1] * two[1] + one[2] * two[2]) * self._per_spread
        return rest


def _step(
    pictures: tuple[Grid, Grid],
    disparity: Grid,
    before: tuple[Grid, Grid],
    *,
    sign: float,
    sigma: float,
    ramp: bool,
) -> dict[str, Grid]:
    fields = _linearised(*pictures, disparity, sign=sign)
    cell = pictures[0].shape[0] // disparity.shape[0]
    w = _Windows(fields, sigma=sigma, cell=cell)
    light = _Brightness(w, ramp=ramp)
    count = np.float32(4 * np.pi * sigma**2 * (cell**2 / _GRAIN if cell > 1 else 1))
    level, apart, target = light.parts("m"), light.parts("e"), light.parts("t")
    spread = light.less(w.mean("mm"), level, level)
    spread = (np.maximum(spread, 0) if ramp else spread) + np.float32(0.05)
    common = light.less(w.mean("me"), level, apart)
    unlike = light.less(w.mean("ee"), apart, apart)
    rest = np.maximum(unlike - common**2 / spread, 0) + np.float32(_SMALLEST_VARIANCE)
    # Brightness and gain are eliminated from the three columns of the plane and from the target.
    mean = [light.parts("g"), light.parts("g", 1, 0), light.parts("g", 0, 1)]
    gain, right = w.moments("gm"), w.moments("gt")
    gain = [light.less(gain[k], mean[k], level) for k in range(3)]
    share = light.less(w.mean("tm"), target, level) / spread
    b0, b1, b2 = (light.less(right[k], mean[k], target) - gain[k] * share for k in range(3))

    def normal(i: int, j: int, across: int, down: int) -> Grid:
        product = light.less(w.mean("gg", across, down), mean[i], mean[j])
        return np.asarray(product - gain[i] * gain[j] / spread)

    s00 = normal(0, 0, 0, 0)
    s01, s02, s12 = normal(0, 1, 1, 0), normal(0, 2, 0, 1), normal(1, 2, 1, 1)
    s11 = normal(1, 1, 2, 0) + np.float32(_SLANT_RIDGE)
    s22 = normal(2, 2, 0, 2) + np.float32(_SLANT_RIDGE)
    unit = np.float32(_SLANT_RIDGE / w.kernels[2].sum())
    b1 += unit * w.of(disparity, 1, 0)
    b2 += unit * w.of(disparity, 0, 1)
    known, variance = before
    held = rest / (variance * count)
    determinant = s11 * s22 - s12**2
    p1 = (s01 * s22 - s02 * s12) / determinant
    p2 = (s02 * s11 - s01 * s12) / determinant
    hold = np.maximum(s00 - p1 * s01 - p2 * s02, 0)
    found = (b0 + held * known - p1 * b1 - p2 * b2) / (hold + held)
    texture, shared = w.mean("gg"), w.mean("ab")
    if ramp:
        smooth = texture - light.less(texture, mean[0], mean[0])
        texture, shared = texture - smooth, shared - smooth
    real = np.clip(shared / np.maximum(texture, 1e-6), 0, 1)
    contrast = np.maximum(spread + 2 * common + unlike, 1e-3)
    return {
        "disparity": disparity + np.clip(found - disparity, -MOST_STEP_PX, MOST_STEP_PX),
        "variance": 1 / (hold * real * count / rest + 1 / variance),
        "likeness": 1 - np.maximum(rest - np.float32(_NOISE_VARIANCE), 0) / contrast,
    }


def _linearised(this: Grid, other: Grid, disparity: Grid, *, sign: float) -> dict[str, Grid]:
    """Return the fields of the linear model, (rows, columns) of the pictures.

    ``m`` the other picture carried here, ``e`` what differs, ``g`` the change per pixel of
    disparity, ``t`` what the plane has to explain, ``a`` and ``b`` the change in each picture.
    """
    rows, columns = this.shape
    dense = disparity
    if disparity.shape != this.shape:
        dense = np.asarray(cv2.resize(disparity, (columns, rows), interpolation=cv2.INTER_LINEAR))
    side = np.float32(sign)
    across = np.arange(columns, dtype=np.float32)[None, :] - side * dense
    down = np.broadcast_to(np.arange(rows, dtype=np.float32)[:, None], this.shape)
    moved = cv2.remap(
        other, across, np.ascontiguousarray(down), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    difference = this - moved
    # The carried picture is stretched by the slope of the disparity; its gradient is not.
    factor = side / np.clip(1 - side * _filtered(dense, _CENTRAL, _ONE), *_STRETCH)
    here = _filtered(this, _ACROSS, _DOWN) * factor
    there = _filtered(np.asarray(moved, np.float32), _ACROSS, _DOWN) * factor
    slope = (here + there) * np.float32(0.5)
    # A common level is taken off, or squares of grey levels would use up the digits of a float32.
    level = cv2.blur((this + moved) * np.float32(0.5), (31, 31))
    fields = {
        "m": moved - level,
        "e": difference,
        "g": slope,
        "t": slope * dense - difference,
        "a": here,
        "b": there,
    }
    return {name: np.asarray(field, np.float32) for name, field in fields.items()}


def _filtered(field: Grid, across: NDArray[np.float64], down: NDArray[np.float64]) -> Grid:
    return np.asarray(
        cv2.sepFilter2D(field, cv2.CV_32F, across, down, borderType=cv2.BORDER_REPLICATE)
    )
