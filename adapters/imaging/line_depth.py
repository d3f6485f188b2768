"""How deep lines in the skin are, where a depth map resolves it.

Rules kept here:

1. Depth of a line is how far its middle lies below both its flanks, averaged along the line. The
   bend of the face is taken out by a second pair of flanks, twice as far.
2. Its uncertainty follows from the depth map's own scatter on smooth skin, and from how many
   independent places the line has; neighbouring depth pixels are not independent.
3. A line whose depth is not above twice that uncertainty is not resolved, and gets no depth.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.lines import Lines
from adapters.imaging.masked import Map

INDEPENDENT_MM: Final = 1.0
"""Depth values nearer than this share their matching window."""

RESOLVED_AT: Final = 2.0
_FLANK_MM: Final = 2.5
_FAR_FLANK_MM: Final = 5.0
_SPREAD_OF_ONE: Final = 1.40
"""Spread of one depth, (4 near - far) / 3 - middle, in spreads of a single height."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineDepths:
    """Depths of lines, in the order of the lines.

    Attributes:
        depth_mm: (n,) float64; NaN where the depth map has no values along the line.
        standard_uncertainty_mm: (n,) float64.
    """

    depth_mm: NDArray[np.float64]
    standard_uncertainty_mm: NDArray[np.float64]

    @property
    def resolved(self) -> NDArray[np.bool_]:
        """(n,) bool, which depths stand clearly above their uncertainty."""
        known = np.nan_to_num(self.depth_mm, nan=0.0)
        return np.asarray(known > RESOLVED_AT * self.standard_uncertainty_mm)


def line_depths(lines: Lines, heights_mm: Map, pixel_mm: float, *, scatter_mm: float) -> LineDepths:
    """Return the depth of each line.

    Args:
        lines: The lines.
        heights_mm: (rows, columns) float32 on the lines' grid, height of the skin towards the
            viewer; NaN where there is none.
        pixel_mm: Length of a pixel on the skin.
        scatter_mm: Spread of heights on smooth skin.
    """
    row, column = np.nonzero(lines.labels)
    which = lines.labels[row, column]
    angle = np.radians(lines.normal_deg[row, column].astype(np.float64))
    near, far = (
        sum(
            _sampled(
                heights_mm,
                column + sign * away_mm / pixel_mm * np.cos(angle),
                row + sign * away_mm / pixel_mm * np.sin(angle),
            )
            for sign in (-1.0, 1.0)
        )
        / 2.0
        for away_mm in (_FLANK_MM, _FAR_FLANK_MM)
    )
    here = heights_mm[row, column].astype(np.float64)
    # A bend adds its square of the distance to both flanks; this combination is free of it.
    below = (4.0 * near - far) / 3.0 - here
    known = np.isfinite(below)
    count = lines.count + 1
    size = np.bincount(which[known], minlength=count)[1:]
    total = np.bincount(which[known], weights=below[known], minlength=count)[1:]
    independent = np.maximum(lines.length_mm / INDEPENDENT_MM, 1.0)
    return LineDepths(
        depth_mm=np.where(size > 0, total / np.maximum(size, 1), np.nan),
        standard_uncertainty_mm=_SPREAD_OF_ONE * scatter_mm / np.sqrt(independent),
    )


def _sampled(
    heights_mm: Map, column: NDArray[np.float64], row: NDArray[np.float64]
) -> NDArray[np.float64]:
    if not column.size:
        return np.zeros(0)
    sampled = cv2.remap(
        heights_mm,
        column.astype(np.float32)[:, None],
        row.astype(np.float32)[:, None],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(sampled[:, 0], dtype=np.float64)
