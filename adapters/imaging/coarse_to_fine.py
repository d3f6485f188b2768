"""Disparity of a rectified pair from the whole picture's size down to a fraction of a pixel.

Rules kept here:

1. Semi-global matching finds the search range and the shape on pictures of at most 600 pixels; each
   finer level only improves what it was given, and the finest works on stored pixels in cells of
   two by two.
2. The same is done twice, as the left and as the right picture sees it, each a function of its own
   inputs, so that the order in which two threads finish changes nothing.
3. What a coarser level found is carried down with its variance, widened by what a level may miss.
4. At the finest level a narrow and a wide window are weighed against each other: where both agree
   the wide one is less noisy, where they differ the surface bends and the narrow one is right.
5. Where semi-global matching trusted nothing nearby, nothing is trusted: least squares alone would
   bridge the edges of depth.

Source: Hirschmueller 2008, doi 10.1109/TPAMI.2007.1166; Gruen 1985 (see ``least_squares``);
Lepski 1991, doi 10.1137/1135065 (choosing between two widths by their difference).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from adapters.imaging.least_squares import Estimate, Grid, refine
from adapters.imaging.pixels import EncodedLuma, Mask
from adapters.imaging.semi_global import match

CELL: Final = 2
"""Stored pixels per disparity, both ways."""

LARGEST_COARSE_PX: Final = 600
NARROW: Final = 3.0
WIDE: Final = 6.0

_COARSEST_SIGMA: Final = (2.0, 2.5)
_STEPS: Final = 3
_FINEST_STEPS: Final = 2
_FOUND_PX: Final = 0.5
_BRIDGED_PX: Final = 3.0
_MISSED_PX: Final = 0.4
_NEARBY: Final = 5
_LEAST_LIKENESS: Final = 0.5
_FARTHEST_MOVED_PX: Final = 20.0
"""Beyond it a step is no more wrong than at it, and does not condemn everything around."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """What one picture of the pair knows.

    Attributes:
        disparity: (rows, columns) float32, pixels of the stored picture, a cell each; left column
            less right column.
        variance: (rows, columns) float32, squared pixels.
        near_match: (rows, columns) bool, where semi-global matching trusted something nearby and
            the windows look alike.
        moved: (rows, columns) float32, how far the finest level moved what the coarser ones had
            told of the cells around, root mean square, pixels of the stored picture.
    """

    disparity: Grid
    variance: Grid
    near_match: Mask
    moved: Grid


def match_sides(
    left: Grid, right: Grid, *, lowest_px: float, highest_px: float, ramp: bool
) -> tuple[Side, Side]:
    """Return what either picture of a rectified pair knows.

    Args:
        left: (rows, columns) float32, grey levels 0..255.
        right: The same size.
        lowest_px: Smallest disparity looked for.
        highest_px: Largest disparity looked for.
        ramp: Whether brightness may slope over a window (see ``least_squares``).
    """
    pyramids = _pyramid(left), _pyramid(right)
    span = (lowest_px, highest_px)
    with ThreadPoolExecutor(max_workers=2) as pool:
        seen_left = pool.submit(_side, pyramids[0], pyramids[1], span, 1.0, ramp=ramp)
        seen_right = pool.submit(_side, pyramids[1], pyramids[0], span, -1.0, ramp=ramp)
        return seen_left.result(), seen_right.result()


def levels_of(rows: int, columns: int) -> int:
    """Return how often pictures of this size are halved before they are searched."""
    halved = 1
    while max(rows, columns) / 2**halved > LARGEST_COARSE_PX:
        halved += 1
    return halved


def _pyramid(picture: Grid) -> list[Grid]:
    """Return the picture at full size and at each half of it, the finest first."""
    rows, columns = picture.shape
    halvings = levels_of(rows, columns)
    whole = 2**halvings
    padded = cv2.copyMakeBorder(
        picture, 0, -rows % whole, 0, -columns % whole, cv2.BORDER_REPLICATE
    )
    levels = [np.asarray(padded, np.float32)]
    for _ in range(halvings):
        size = (levels[-1].shape[1] // 2, levels[-1].shape[0] // 2)
        levels.append(np.asarray(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA)))
    return levels


def _side(
    this: list[Grid], other: list[Grid], span: tuple[float, float], sign: float, *, ramp: bool
) -> Side:
    coarsest = len(this) - 1
    found = _searched(this[coarsest], other[coarsest], span, coarsest, sign)
    known = ~np.isnan(found)
    estimate = Estimate(
        disparity=bridged(found),
        variance=np.where(known, _FOUND_PX**2, _BRIDGED_PX**2).astype(np.float32),
        likeness=np.ones(found.shape, np.float32),
    )
    for level in range(coarsest, -1, -1):
        if level < coarsest:
            estimate = _carried_down(estimate, this[max(level, 1)].shape)
        told = estimate.disparity
        above = coarsest - level
        estimate = _improved(
            (this[level], other[level]), estimate, above=above, level=level, sign=sign, ramp=ramp
        )
    near = cv2.dilate(known.astype(np.uint8), np.ones((_NEARBY, _NEARBY), np.uint8))
    rows, columns = estimate.disparity.shape
    nearby = cv2.resize(near, (columns, rows), interpolation=cv2.INTER_NEAREST)
    return Side(
        disparity=estimate.disparity,
        variance=estimate.variance,
        near_match=np.asarray((nearby > 0) & (estimate.likeness > _LEAST_LIKENESS)),
        moved=_moved(told, estimate.disparity),
    )


def _moved(told: Grid, found: Grid) -> Grid:
    """Return the root mean square of the steps around every cell."""
    steps = np.minimum(np.abs(found - told), np.float32(_FARTHEST_MOVED_PX))
    return np.asarray(np.sqrt(cv2.GaussianBlur(steps**2, (0, 0), WIDE)), np.float32)


def _searched(this: Grid, other: Grid, span: tuple[float, float], level: int, sign: float) -> Grid:
    """Return whole-picture disparities at the coarsest level, NaN where not trusted."""
    lowest, highest = (edge / 2**level for edge in span)
    pictures = [
        EncodedLuma(np.clip(np.rint(each), 0, 255).astype(np.uint8)) for each in (this, other)
    ]
    if sign > 0:
        return match(*pictures, lowest=lowest, highest=highest).astype(np.float32)
    return -match(*pictures, lowest=-highest, highest=-lowest).astype(np.float32)


def _carried_down(estimate: Estimate, shape: tuple[int, ...]) -> Estimate:
    """Return a level's result in the pixels of the next finer one."""
    disparity, variance = (
        cv2.resize(each, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        if each.shape != shape
        else each
        for each in (estimate.disparity, estimate.variance)
    )
    return Estimate(
        disparity=np.asarray(disparity * 2, np.float32),
        variance=np.asarray(variance * 4 + np.float32(_MISSED_PX**2), np.float32),
        likeness=estimate.likeness,
    )


def _improved(
    pictures: tuple[Grid, Grid],
    before: Estimate,
    *,
    above: int,
    level: int,
    sign: float,
    ramp: bool,
) -> Estimate:
    """Return the result of one level; the finest also tries the wide window."""
    this, other = pictures
    sigma = _COARSEST_SIGMA[above] if above < len(_COARSEST_SIGMA) and level else NARROW
    estimate = before
    for _ in range(_STEPS if level else _FINEST_STEPS):
        estimate = refine(
            this, other, estimate.disparity, before, sign=sign, sigma=sigma, ramp=ramp
        )
    if level:
        return estimate
    wide = refine(this, other, estimate.disparity, before, sign=sign, sigma=WIDE, ramp=ramp)
    return _weighed(estimate, wide)


def _weighed(narrow: Estimate, wide: Estimate) -> Estimate:
    """Return the narrow and the wide window's results by their expected squared errors.

    A window of Gaussian weights is off by its squared width times the bend of the surface, so that
    the local mean difference of the two tells the error of each.
    """
    ratio = (WIDE / NARROW) ** 2
    bend = cv2.GaussianBlur(wide.disparity - narrow.disparity, (0, 0), WIDE) ** 2
    of_wide = wide.variance + np.float32((ratio / (ratio - 1)) ** 2) * bend
    of_narrow = narrow.variance + np.float32(1 / (ratio - 1) ** 2) * bend
    share = 1 / (1 + (of_wide / of_narrow) ** 4)
    return replace(
        narrow,
        disparity=np.asarray(share * wide.disparity + (1 - share) * narrow.disparity),
        variance=np.asarray(share * of_wide + (1 - share) * of_narrow),
    )


def bridged(disparity: Grid) -> Grid:
    """Return disparities with gaps filled from around them, coarser the farther from an edge."""
    known = ~np.isnan(disparity)
    sums, shares = np.where(known, disparity, 0).astype(np.float32), known.astype(np.float32)
    stack = [(sums, shares)]
    while max(stack[-1][0].shape) > 1:
        size = ((sums.shape[1] + 1) // 2, (sums.shape[0] + 1) // 2)
        sums = np.asarray(cv2.resize(sums, size, interpolation=cv2.INTER_AREA))
        shares = np.asarray(cv2.resize(shares, size, interpolation=cv2.INTER_AREA))
        stack.append((sums, shares))
    filled = stack[-1][0] / np.maximum(stack[-1][1], np.float32(1e-6))
    for sums, shares in reversed(stack[:-1]):
        size = (sums.shape[1], sums.shape[0])
        around = cv2.resize(filled, size, interpolation=cv2.INTER_LINEAR)
        filled = np.where(shares > 0, sums / np.maximum(shares, np.float32(1e-6)), around)
    return np.asarray(filled, np.float32)
