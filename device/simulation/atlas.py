"""Which place of the skin grid is seen from the front at a given place of the face.

Rule kept here: the atlas belongs to the skin of the first session, head frame; a place in front of
which nothing of the grid lies has no skin.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.shapes import Grid, Point
from device.simulation.triangles import triangles

FACE_MM: Final = (-75.0, 75.0, -120.0, 95.0)
"""Left, right, low and high edge of the atlas."""

PER_MM: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Atlas:
    """The skin seen from the front.

    Attributes:
        places: (h, w, 2) float32, column and row of the grid at each 1/4 mm; -1 without skin.
        points: (rows, columns, 3) float32, the grid, millimetres.
    """

    places: NDArray[np.float32]
    points: Grid

    def index(self, x_mm: float, y_mm: float) -> tuple[int, int]:
        """Return row and column of the atlas at a place of the face."""
        left, _, _, high = FACE_MM
        return int((high - y_mm) * PER_MM), int((x_mm - left) * PER_MM)

    def skin_at(self, x_mm: float, y_mm: float) -> Point | None:
        """Return the grid point nearest to a place seen from the front, or nothing."""
        h, w = self.index(x_mm, y_mm)
        rows, columns = self.places.shape[:2]
        if not (0 <= h < rows and 0 <= w < columns):
            return None
        column, row = self.places[h, w]
        if column < 0:
            return None
        x, y, z = self.points[int(row), int(column)]
        return float(x), float(y), float(z)


def front_atlas(points: Grid) -> Atlas:
    """Look at a skin grid from the front."""
    left, right, low, high = FACE_MM
    size = (int((high - low) * PER_MM), int((right - left) * PER_MM))
    rows, columns = points.shape[:2]
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    place = np.stack([column / columns, row / rows, np.ones_like(row)], axis=-1)
    away = 20000.0
    seen = points.reshape(-1, 3).astype(np.float64)
    seen -= [(left + right) / 2, (low + high) / 2, away]
    colour = np.full((*size, 3), -1.0, np.float32)
    depth = np.full(size, away + 400.0, np.float32)
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    angle = 2.0 * np.arctan((high - low) / 2 / away)
    cv2.triangleRasterize(
        seen.astype(np.float32),
        triangles(rows, columns),
        place.reshape(-1, 3).astype(np.float32),
        colour,
        depth,
        np.eye(4),
        angle,
        away - 400.0,
        away + 400.0,
        settings,
    )
    found = colour[..., :2] * np.array([columns, rows], np.float32)
    places = np.where(colour[..., 2:] > 0.5, found, -1.0)  # noqa: PLR2004
    return Atlas(places=np.asarray(places, dtype=np.float32), points=points)
