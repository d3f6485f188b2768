"""Where the 24-patch colour reference is in a picture.

Rules kept here:

1. What is found is a pattern of patches; whether it is the chart, its colours say
   (``colour_chart.py``).
2. A chart hangs in a holder, and the camera before it stands still: from frame to frame its patches
   are followed, which takes a tenth of the time of a search. A place is never taken for granted:
   the patches have to be there again.

Source: OpenCV 5 ``mcc`` (Ernst et al. 2013, without its optional network).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import EncodedRgb, Window

Floats = NDArray[np.float64]

COLUMNS: Final = 6
ROWS: Final = 4
FEWEST_PATCHES: Final = 12
_SEARCH_SIDE: Final = 1000
_MARGIN: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartPlace:
    """Where the chart is.

    Attributes:
        centres_px: Patch centres in the order of the reference, (24, 2) float64, column and row.
        pitch_px: Mean distance of neighbouring centres.
        rotation_deg: Direction of the chart's rows, -180..180, clockwise, 0 when upright.
        window: Bounding box with its frame.
    """

    centres_px: Floats
    pitch_px: float
    rotation_deg: float
    window: Window

    def patches_window(self, numbers: Sequence[int]) -> Window | None:
        """Return the box around patches, given by their numbers, inside the chart's window.

        Nothing is returned for no patches, or for such that lie outside the picture.
        """
        if not len(numbers):
            return None
        centres, half = self.centres_px[list(numbers)], self.pitch_px / 2
        low = np.maximum(np.floor(centres.min(axis=0) - half), 0).astype(int)
        high = np.ceil(centres.max(axis=0) + half).astype(int) + 1
        if (high <= low).any():
            return None
        return Window(
            left=int(low[0]),
            top=int(low[1]),
            width=int(high[0] - low[0]),
            height=int(high[1] - low[1]),
        ).within(self.window)


def find_chart(encoded: EncodedRgb, *, expected: Window | None = None) -> ChartPlace | None:
    """Return where the chart is, or nothing."""
    height, width = encoded.shape[:2]
    if expected is None:
        search = Window(left=0, top=0, width=width, height=height)
    else:
        expected.require_inside(width=width, height=height)
        search = expected
    part = np.ascontiguousarray(encoded[search.rows, search.columns, ::-1])
    scale = min(1.0, _SEARCH_SIDE / max(part.shape[:2]))
    if scale < 1:
        part = np.asarray(
            cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    detector = cv2.mcc.CCheckerDetector.create()
    detector.setUseDnnModel(False)
    detector.setColorChartType(cv2.mcc.MCC24)
    if not detector.process(part):
        return None
    quads = np.asarray(detector.getBestColorChecker().getColorCharts(), np.float64)
    centres = quads.reshape(COLUMNS * ROWS, 4, 2).mean(axis=1)
    centres = (centres + 0.5) / scale - 0.5 + [search.left, search.top]
    refined = _refined(encoded, centres)
    return None if refined is None else _place(refined, width=width, height=height)


def follow_chart(encoded: EncodedRgb, last: ChartPlace) -> ChartPlace | None:
    """Return where the chart is now, near where it was; nothing when its patches are not there.

    Args:
        encoded: The picture, of the size of the one before.
        last: Where the chart was in that.
    """
    height, width = encoded.shape[:2]
    refined = _refined(encoded, last.centres_px)
    return None if refined is None else _place(refined, width=width, height=height)


def _grid() -> Floats:
    """Return the chart coordinates of the patch centres, in pitches: (24, 2) float64."""
    rows, columns = np.divmod(np.arange(COLUMNS * ROWS), COLUMNS)
    return np.stack([columns, rows], axis=1).astype(np.float64)


def _project(homography: Floats, points: Floats) -> Floats:
    """Return chart coordinates as pixels."""
    lifted = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(lifted[:, :2] / lifted[:, 2:], dtype=np.float64)


def _pitch(centres: Floats) -> float:
    """Return the mean distance between neighbouring patches of a row."""
    grid = centres.reshape(ROWS, COLUMNS, 2)
    return float(np.linalg.norm(np.diff(grid, axis=1), axis=2).mean())


def _refined(encoded: EncodedRgb, centres: Floats) -> Floats | None:
    """Return patch centres fitted to the patches' own areas; the detector is off by a tenth."""
    pitch = _pitch(centres)
    if pitch < 4:  # noqa: PLR2004 - pixels; smaller patches cannot be measured
        return None
    found = [_patch_middle(encoded, centre, pitch) for centre in centres]
    seen = [number for number, middle in enumerate(found) if middle is not None]
    if len(seen) < FEWEST_PATCHES:
        return None
    pixels = np.array([found[number] for number in seen], dtype=np.float64)
    homography = np.asarray(cv2.findHomography(_grid()[seen], pixels, cv2.LMEDS)[0])
    if homography.shape != (3, 3):
        return None
    return _project(homography.astype(np.float64), _grid())


def _patch_middle(encoded: EncodedRgb, centre: Floats, pitch: float) -> Floats | None:
    """Return the middle of the evenly coloured area around a point, or nothing."""
    reach = round(pitch * _MARGIN)
    column, row = (round(float(value)) for value in centre)
    top, left = row - reach, column - reach
    if min(top, left) < 0:
        return None
    part = encoded[top : row + reach + 1, left : column + reach + 1].astype(np.int16)
    if part.shape[:2] != (2 * reach + 1, 2 * reach + 1):
        return None
    inner = max(1, round(pitch * 0.15))
    core = part[reach - inner : reach + inner + 1, reach - inner : reach + inner + 1]
    colour = np.median(core.reshape(-1, 3), axis=0)
    spread = float(np.abs(core - colour).max(axis=2).mean())
    alike = (np.abs(part - colour).max(axis=2) < max(10.0, 4 * spread)).astype(np.uint8)
    _, labels, stats, middles = cv2.connectedComponentsWithStats(alike, connectivity=4)
    label = int(labels[reach, reach])
    area = float(stats[label, cv2.CC_STAT_AREA]) / pitch**2
    if label == 0 or not 0.4 < area < 1.0:  # noqa: PLR2004 - of the pitch squared
        return None
    return np.asarray(middles[label] + np.array([left, top]), np.float64)


def _place(centres: Floats, *, width: int, height: int) -> ChartPlace | None:
    """Return the place with its frame, or nothing when it leaves the picture."""
    across = centres.reshape(ROWS, COLUMNS, 2)[:, -1] - centres.reshape(ROWS, COLUMNS, 2)[:, 0]
    direction = across.mean(axis=0)
    homography, _ = cv2.findHomography(_grid(), centres)
    corners = np.array([[-0.8, -0.8], [5.8, -0.8], [5.8, 3.8], [-0.8, 3.8]])
    outline = _project(np.asarray(homography, np.float64), corners)
    low = np.floor(outline.min(axis=0)).astype(int)
    high = np.ceil(outline.max(axis=0)).astype(int)
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(width, int(high[0]) + 1), min(height, int(high[1]) + 1)
    if right <= left or bottom <= top:
        return None
    return ChartPlace(
        centres_px=centres,
        pitch_px=_pitch(centres),
        rotation_deg=float(np.degrees(np.arctan2(direction[1], direction[0]))),
        window=Window(left=left, top=top, width=right - left, height=bottom - top),
    )
