"""What the left and the right picture know, joined on the left picture's cells.

Rules kept here:

1. A depth needs both pictures: what the left one found must be what the right one found at the
   matched place, within what their uncertainties allow; the occluded is never filled in.
2. Each counts by its precision, so that the side that sees a slanted cheek more squarely leads.
3. A cell whose surroundings are mostly not trusted is not trusted either: on wet lips, where gloss
   moves with the viewer, single cells pass every other test by chance.
4. Where the finest level moved what coarser ones had told by much, the two contradict each other:
   gloss shifts the coarse answer, and what little texture is left cannot bring it back. The cells
   around are not trusted. This, not their stated uncertainty, tells wrong depth on lips.
5. Both sides look at the same noise, so that joining them is not counted as two measurements.

Source: Egnal and Wildes 2002, doi 10.1109/TPAMI.2002.1023808 (left-right checking).
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from adapters.imaging.coarse_to_fine import CELL, Side
from adapters.imaging.least_squares import Grid
from adapters.imaging.pixels import Mask

MOST_APART_PX: Final = 1.0
FLOOR_PX: Final = 0.02
"""What rectification and interpolation add to every disparity."""

LEAST_AROUND: Final = 0.5
"""Share of the cells around a trusted one that must be trusted, too."""

_AROUND: Final = 15
_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far a depth is trusted; both in pixels of the stored picture.

    Attributes:
        most_sigma_px: Largest stated uncertainty.
        most_moved_px: How far the finest level may have moved the left picture's answer.
    """

    most_sigma_px: float
    most_moved_px: float


BEFORE_GLOSS: Final = Trust(most_sigma_px=0.7, most_moved_px=math.inf)
"""What was trusted before gloss was looked for."""

TRUST: Final = Trust(most_sigma_px=1.0, most_moved_px=0.9)
"""What is trusted; set on development heads, so that as much depth is left as before (see decision
0032)."""


def fuse(left: Side, right: Side, trust: Trust) -> tuple[Grid, Grid, Mask]:
    """Return disparity, 1 sigma (both in pixels of the stored picture) and trust, left cells."""
    found, variance, near = _seen_from_left(left, right)
    apart = np.abs(left.disparity - found)
    share = variance / (variance + left.variance)
    disparity = share * left.disparity + (1 - share) * found
    sigma = share * np.sqrt(left.variance) + (1 - share) * np.sqrt(variance)
    sigma = np.sqrt(sigma**2 + np.float32(FLOOR_PX**2))
    trusted = (apart < MOST_APART_PX) & (sigma < trust.most_sigma_px) & (left.near_match | near)
    trusted &= left.moved < trust.most_moved_px
    around = cv2.blur(trusted.astype(np.float32), (_AROUND, _AROUND))
    return np.asarray(disparity), np.asarray(sigma), np.asarray(trusted & (around >= LEAST_AROUND))


def _seen_from_left(left: Side, right: Side) -> tuple[Grid, Grid, Mask]:
    """Return the right picture's disparity, variance and nearness of a match on left cells."""
    rows, columns = left.disparity.shape
    grid = np.arange(columns, dtype=np.float32)[None, :]
    down = np.ascontiguousarray(
        np.broadcast_to(np.arange(rows, dtype=np.float32)[:, None], (rows, columns))
    )

    def read(field: Grid, across: Grid, method: int = cv2.INTER_LINEAR) -> Grid:
        return np.asarray(
            cv2.remap(field, across, down, method, borderMode=cv2.BORDER_CONSTANT, borderValue=1e4)
        )

    there = np.asarray(grid - left.disparity / CELL, np.float32)
    found = read(right.disparity, there)
    for _ in range(_ROUNDS):
        # The matched place moves with the answer; half steps converge on every visible slope.
        step = np.clip(grid - found / CELL - there, -1, 1)
        there = np.asarray(there + np.float32(0.5) * step, np.float32)
        found = read(right.disparity, there)
    near = read(right.near_match.astype(np.float32), there, cv2.INTER_NEAREST)
    return found, read(right.variance, there), np.asarray(near == 1)
