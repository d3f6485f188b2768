"""Where a measurement is worst: the smallest rectangle that shows somebody what to change.

Rules kept here:

1. A part is told only where it stands out.  Where a failure lies all over, or in many small places,
   nothing is returned: then the whole that was measured is the honest region.
2. Nothing here is a measurement: values stay those of the whole.
3. The same pixels give the same part; of parts that are equally bad the first counts, by rows.
"""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import Mask, Window

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

CELLS: Final = 48
"""Cells along the longer side of a mask; patches are found among cells."""

TILES: Final = 4
"""Tiles along each side of a window; a tile is large enough to judge what edges or matches say."""

_DENSE: Final = 0.5
_EDGE: Final = 0.1
_LEAST_HELD: Final = 0.2
_FEWEST_JUDGED: Final = 4
_USUAL: Final = 0.25


def densest_part(failing: Mask) -> Window | None:
    """Return the box around the patch that holds most of what fails, in the mask's own pixels.

    Cells count that fail at least half as much as the worst one; of the patches that they form, the
    one with the most failing pixels is returned, without its empty borders.  Nothing is returned
    when it holds less than a fifth of them.

    Args:
        failing: (rows, columns) bool; which pixels fail.
    """
    rows, columns = failing.shape
    cell = max(1, -(-max(rows, columns) // CELLS))
    shares = _cell_shares(failing, cell)
    peak = float(shares.max())
    if peak <= 0:
        return None
    dense = (shares >= _DENSE * peak).astype(np.uint8)
    _, labels = cv2.connectedComponents(dense, connectivity=8)
    held = np.bincount(labels.ravel(), weights=shares.ravel() * dense.ravel())
    best = int(np.argmax(held))
    if held[best] < _LEAST_HELD * float(shares.sum()):
        return None
    # A patch ends within cells: those around it belong to it as far as they fail.
    around = cv2.dilate((labels == best).astype(np.uint8), np.ones((3, 3), np.uint8))
    patch = (around > 0) & (shares >= _EDGE * peak)
    down, across = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
    left, top = int(across[0]) * cell, int(down[0]) * cell
    right, bottom = (int(across[-1]) + 1) * cell, (int(down[-1]) + 1) * cell
    return _tightened(
        failing,
        Window(
            left=left,
            top=top,
            width=min(right, columns) - left,
            height=min(bottom, rows) - top,
        ),
    )


def tile_of(rows: NDArray[np.float64], columns: NDArray[np.float64], window: Window) -> Places:
    """Return the number of each place's tile, by rows, 0..TILES^2 - 1; the nearest when outside."""
    down = np.floor((rows - window.top) * TILES / window.height)
    across = np.floor((columns - window.left) * TILES / window.width)
    down, across = (np.clip(each, 0, TILES - 1).astype(np.intp) for each in (down, across))
    return np.asarray(down * TILES + across, np.intp)


def by_tile(tiles: Places, values: Floats, of: Callable[[Floats], float], *, fewest: int) -> Floats:
    """Return one number of the values in each tile: (TILES, TILES), NaN where they are too few.

    Args:
        tiles: (n,) the tile of each value.
        values: (n,) what was found there.
        of: What is told of a tile's values, such as their median.
        fewest: How many values a tile needs to be judged.
    """
    found = np.full(TILES * TILES, np.nan)
    for tile in range(TILES * TILES):
        here = values[tiles == tile]
        if len(here) >= fewest:
            found[tile] = float(of(here))
    return found.reshape(TILES, TILES)


def against_usual(values: Floats) -> Floats:
    """Return how much larger the value of each tile is than that of the better quarter of them."""
    judged = values[~np.isnan(values)]
    return values - float(np.quantile(judged, _USUAL)) if len(judged) else values


def against_mirror(values: Floats) -> Floats:
    """Return how much larger the value of each tile is than that of its mirror image's tile.

    A face is alike on both sides, but not above and below.
    """
    return np.asarray(values - values[:, ::-1], np.float64)


def worst_part(badness: Floats, window: Window, *, least: float) -> Window | None:
    """Return the box around the worst tile and its neighbours that are at least half as bad.

    Args:
        badness: (TILES, TILES) beyond what is usual, larger is worse, NaN where not judged.
        window: What the tiles divide.
        least: How bad the worst tile has to be.

    Returns:
        Whole tiles, or nothing when fewer than four can be judged or none is bad enough.
    """
    known = ~np.isnan(badness)
    if int(known.sum()) < _FEWEST_JUDGED:
        return None
    worst = int(np.nanargmax(badness))
    if badness.flat[worst] < least:
        return None
    bad = np.where(known, badness, -np.inf) >= badness.flat[worst] / 2
    _, labels = cv2.connectedComponents(bad.astype(np.uint8), connectivity=4)
    part = labels == labels.flat[worst]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return window.divided(
        TILES,
        rows=slice(int(rows[0]), int(rows[-1]) + 1),
        columns=slice(int(columns[0]), int(columns[-1]) + 1),
    )


def _cell_shares(failing: Mask, cell: int) -> Floats:
    """Return the share of each cell that fails; cells at the end are filled up with what passes."""
    rows, columns = failing.shape
    down, across = -(-rows // cell), -(-columns // cell)
    whole = cv2.copyMakeBorder(
        np.ascontiguousarray(failing).view(np.uint8) * np.uint8(255),
        0,
        down * cell - rows,
        0,
        across * cell - columns,
        cv2.BORDER_CONSTANT,
        value=[0],
    )
    small = cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float64).reshape(down, across) / 255


def _tightened(failing: Mask, box: Window) -> Window:
    """Return the box without rows and columns in which nothing fails."""
    part = failing[box.rows, box.columns]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return Window(
        left=box.left + int(columns[0]),
        top=box.top + int(rows[0]),
        width=int(columns[-1] - columns[0]) + 1,
        height=int(rows[-1] - rows[0]) + 1,
    )
