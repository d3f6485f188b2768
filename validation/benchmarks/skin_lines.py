"""Lines as they were drawn, place by place, in a picture, and how found lines compare.

Rules kept here:

1. A drawn line is followed along the skin, and each place has the depth that the skin has there: a
   line runs out at both ends. Its deepest place says little about how much of it can be seen.
2. A place is seen where the picture shows the skin at that place and the analysis looks there. The
   place is where the skin was before it sank: the bottom of a deep line lies below it.
3. Lengths of several faces are summed before they are compared.
4. Beside each figure stands what chance would give: how much of the skin lies as near.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import Mask
from device.simulation.rig import Camera
from device.simulation.shapes import ramp
from device.simulation.wrinkles import Line

NEAR_MM: Final = 1.5
DEPTHS_MM: Final = (0.0, 0.1, 0.2, np.inf)
"""Bounds of the depths that are told apart."""

_EVERY_MM: Final = 0.25
_RUN_OUT: Final = 0.22
"""Share of a line over which it runs out at each end, as it is drawn; a test compares."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinePlaces:
    """Places along drawn lines.

    Attributes:
        place_mm: (n, 3) float64, head frame, on the skin before lines lowered it.
        depth_mm: (n,) float64, how deep the line is there.
        length_mm: (n,) float64, length that each place stands for.
    """

    place_mm: NDArray[np.float64]
    depth_mm: NDArray[np.float64]
    length_mm: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAgreement:
    """How found lines compare with drawn ones, millimetres.

    Attributes:
        drawn: Length that can be seen, for each of ``DEPTHS_MM``.
        met: Of those, what was found.
        found: Length found.
        right: Of that, what was drawn.
        near_found: Share of the skin looked at that lies near something found, times ``skin``.
        near_drawn: The same near something drawn.
        skin: Skin looked at, pixels.
    """

    drawn: tuple[float, ...] = field(default_factory=lambda: (0.0,) * (len(DEPTHS_MM) - 1))
    met: tuple[float, ...] = field(default_factory=lambda: (0.0,) * (len(DEPTHS_MM) - 1))
    found: float = 0.0
    right: float = 0.0
    near_found: float = 0.0
    near_drawn: float = 0.0
    skin: float = 0.0

    def with_another(self, other: "LineAgreement") -> "LineAgreement":
        """Return two faces as one."""
        return LineAgreement(
            drawn=tuple(a + b for a, b in zip(self.drawn, other.drawn, strict=True)),
            met=tuple(a + b for a, b in zip(self.met, other.met, strict=True)),
            found=self.found + other.found,
            right=self.right + other.right,
            near_found=self.near_found + other.near_found,
            near_drawn=self.near_drawn + other.near_drawn,
            skin=self.skin + other.skin,
        )


def line_places(lines: Sequence[Line]) -> LinePlaces:
    """Return the places along lines, evenly spaced."""
    places, depths, lengths = [np.zeros((0, 3))], [np.zeros(0)], [np.zeros(0)]
    for line in lines:
        points = np.array(line.points_mm, np.float64)
        way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        count = max(2, round(way[-1] / _EVERY_MM))
        at = (np.arange(count) + 0.5) / count
        places.append(
            np.stack([np.interp(at * way[-1], way, points[:, each]) for each in range(3)], axis=1)
        )
        depths.append(line.depth_mm * ramp(0.0, _RUN_OUT, at) * ramp(1.0, 1.0 - _RUN_OUT, at))
        lengths.append(np.full(count, way[-1] / count))
    return LinePlaces(
        place_mm=np.concatenate(places),
        depth_mm=np.concatenate(depths),
        length_mm=np.concatenate(lengths),
    )


def line_agreement(
    found: Mask,
    places: LinePlaces,
    points: NDArray[np.float32],
    pixels: NDArray[np.float64],
    *,
    looked_at: Mask,
    pixel_mm: float,
) -> LineAgreement:
    """Compare found lines with drawn ones.

    Args:
        found: (rows, columns) bool, the middle of each found line.
        places: Along drawn lines.
        points: (rows, columns, 3) float32, the place in the head frame that each pixel shows.
        pixels: (n, 2) float64, column and row of the picture where each place lies.
        looked_at: (rows, columns) bool.
        pixel_mm: Length of a pixel on the skin.
    """
    rows, columns = found.shape
    at = np.rint(pixels).astype(np.intp)
    inside = ((at >= 0) & (at < [columns, rows])).all(axis=1)
    column, row = np.where(inside, at[:, 0], 0), np.where(inside, at[:, 1], 0)
    with np.errstate(invalid="ignore"):
        shown = np.linalg.norm(points[row, column] - places.place_mm, axis=1) < NEAR_MM
    seen = inside & shown & looked_at[row, column]
    drawn = np.zeros(found.shape, np.bool_)
    drawn[row[seen], column[seen]] = True
    by_found, by_drawn = (np.asarray(_away(each, pixel_mm) < NEAR_MM) for each in (found, drawn))
    met = seen & by_found[row, column]
    bands = [
        (places.depth_mm >= low) & (places.depth_mm < high) for low, high in pairwise(DEPTHS_MM)
    ]
    return LineAgreement(
        drawn=tuple(float(places.length_mm[seen & each].sum()) for each in bands),
        met=tuple(float(places.length_mm[met & each].sum()) for each in bands),
        found=float(np.count_nonzero(found)) * pixel_mm,
        right=float(np.count_nonzero(found & by_drawn)) * pixel_mm,
        near_found=float(np.count_nonzero(by_found & looked_at)),
        near_drawn=float(np.count_nonzero(by_drawn & looked_at)),
        skin=float(np.count_nonzero(looked_at)),
    )


def places_px(
    places: LinePlaces, camera: Camera, pose: NDArray[np.float64], block: int
) -> NDArray[np.float64]:
    """Return where places lie in a picture whose pixels are blocks of the camera's: (n, 2)."""
    seen = camera.project(places.place_mm @ pose[:3, :3].T + pose[:3, 3])
    return np.asarray((seen - (block - 1) / 2.0) / block, dtype=np.float64)


def _away(where: Mask, pixel_mm: float) -> NDArray[np.float32]:
    blank = np.asarray(~where, dtype=np.uint8)
    if not where.any():
        return np.full(where.shape, np.inf, np.float32)
    away = np.asarray(cv2.distanceTransform(blank, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
    return away * np.float32(pixel_mm)
