"""What a calibration still lacks while its views are taken, in words for whoever holds the target.

Rules kept here:

1. Enough is: ``ENOUGH_VIEWS`` views, corners in ``ENOUGH_COVERAGE`` of an 8 x 8 grid over both
   pictures, one view tilted to each of four sides by ``TILT_DEG``, and distances that differ by
   ``DISTANCE_SPREAD``. Views that all look alike fit anything: a lens is known only where corners
   were, and a focal length only from tilted views.
2. Tilts are estimated with the focal length the station's lens was made for, because the real one
   is what the calibration will find; a tilt that is off by a tenth changes no advice.
3. Advice is a function of the views alone, and says one thing to do next.

Source: Zhang 2000, section 5 (tilt and number of views); Sun and Cooperstock 2006,
doi 10.1007/s00138-006-0014-6 (spread of views over the picture).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibrate import GRID, BoardView, covered_cells

ENOUGH_VIEWS: Final = 8
ENOUGH_COVERAGE: Final = 0.75
TILT_DEG: Final = 8.0
DISTANCE_SPREAD: Final = 0.06
LENS_FOCAL_HEIGHTS: Final = 12.0 / 6.287
"""Focal length in picture heights: 12 mm before 6.287 mm of sensor held upright."""

_ROWS: Final = (("top", slice(0, 3)), ("middle", slice(3, 5)), ("bottom", slice(5, GRID)))
_COLUMNS: Final = (("left", slice(0, 3)), ("centre", slice(3, 5)), ("right", slice(5, GRID)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewPose:
    """How the board was held, as the left camera saw it.

    Attributes:
        yaw_deg: Above 0 where the right edge of the picture shows the farther side of the board.
        pitch_deg: Above 0 where the lower edge of the picture shows the farther side.
        distance_mm: From the camera to the middle of the corners seen.
    """

    yaw_deg: float
    pitch_deg: float
    distance_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What was reached, and what is missing.

    Attributes:
        views: How many views count.
        coverage: Share of the grid in which corners were seen, the poorer camera, 0 to 1.
        missing: What is missing, in words, the most useful first; () when there is enough.
    """

    views: int
    coverage: float
    missing: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Return whether the session may end."""
        return not self.missing

    @property
    def words(self) -> str:
        """Return one line: how far it is, and what to do next."""
        reached = f"{self.views} views, {self.coverage:.0%} of the picture"
        return f"{reached}: enough" if self.enough else f"{reached}. {self.missing[0]}"


def guide(views: Sequence[BoardView], size: tuple[int, int]) -> Guidance:
    """Return what the views taken so far lack.

    Args:
        views: Those that show the board to both cameras, in any order.
        size: Of the pictures, width and height in pixels.
    """
    cells = [
        covered_cells([view.left_px for view in views], size),
        covered_cells([view.right_px for view in views], size),
    ]
    poorer = min(cells, key=lambda each: int(each.sum()))
    coverage = float(poorer.mean())
    poses = [view_pose(view, size) for view in views]
    missing = _missing_tilts(poses)
    if coverage < ENOUGH_COVERAGE:
        missing.append(
            f"Hold the target in the {emptiest_part(cells[0] & cells[1])} of the picture."
        )
    missing.extend(_missing_distance(poses))
    if len(views) < ENOUGH_VIEWS:
        missing.append(f"Take {ENOUGH_VIEWS - len(views)} more, each from another side.")
    return Guidance(views=len(views), coverage=coverage, missing=tuple(missing))


def view_pose(view: BoardView, size: tuple[int, int]) -> ViewPose:
    """Return how the board was held, by the focal length the lens was made for.

    Args:
        view: At least 12 corners.
        size: Of the pictures, width and height in pixels.
    """
    focal_px = LENS_FOCAL_HEIGHTS * max(size)
    matrix = np.array([[focal_px, 0.0, size[0] / 2], [0.0, focal_px, size[1] / 2], [0.0, 0.0, 1.0]])
    _, turn, shift = cv2.solvePnP(
        view.board_mm.astype(np.float64),
        view.left_px.astype(np.float64),
        matrix,
        np.zeros(5),
        flags=cv2.SOLVEPNP_ITERATIVE,
    )
    rotation = np.asarray(cv2.Rodrigues(turn)[0], np.float64)
    middle = rotation @ view.board_mm.mean(axis=0).astype(np.float64) + np.asarray(shift).reshape(3)
    normal = rotation[:, 2] * (1.0 if rotation[2, 2] > 0 else -1.0)
    # Where the normal points away from the camera, depth grows against its sideways part.
    return ViewPose(
        yaw_deg=float(np.degrees(np.arctan2(-normal[0], normal[2]))),
        pitch_deg=float(np.degrees(np.arctan2(-normal[1], normal[2]))),
        distance_mm=float(middle[2]),
    )


def emptiest_part(cells: NDArray[np.bool_]) -> str:
    """Return which ninth of the picture has the smallest share of covered cells, in words."""
    shares = {
        (row, column): float(cells[down, across].mean())
        for row, down in _ROWS
        for column, across in _COLUMNS
    }
    row, column = min(shares, key=lambda part: shares[part])
    if row == "middle":
        return "middle" if column == "centre" else f"{column} half"
    return row if column == "centre" else f"{row} {column}"


def _missing_tilts(poses: Sequence[ViewPose]) -> list[str]:
    """Return the sides to which no view was tilted yet."""
    yaws, pitches = [pose.yaw_deg for pose in poses], [pose.pitch_deg for pose in poses]
    wanted = (
        (max(yaws, default=0.0), "right"),
        (-min(yaws, default=0.0), "left"),
        (max(pitches, default=0.0), "lower"),
        (-min(pitches, default=0.0), "upper"),
    )
    return [
        f"Tilt the target by about 20 degrees, its {side} side in the picture farther away."
        for reached, side in wanted
        if reached < TILT_DEG
    ]


def _missing_distance(poses: Sequence[ViewPose]) -> list[str]:
    distances = [pose.distance_mm for pose in poses]
    if not distances:
        return []
    spread = (max(distances) - min(distances)) / float(np.mean(distances))
    if spread >= DISTANCE_SPREAD:
        return []
    return [
        f"Hold the target nearer or farther: {spread:.0%} of {DISTANCE_SPREAD:.0%} spread so far."
    ]
