"""Which place of which part each pixel shows, and how far away it is.

Rules kept here:

1. Vertices are projected exactly, lens distortion included; the rasteriser then only fills
   triangles, perspective-correct, with grid places as "colours".
2. Depth is measured along the camera's own axis, at the middle of each pixel, in millimetres;
   where nothing is seen it is NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.parts import Part, PartId
from device.simulation.rig import Camera
from device.simulation.triangles import triangles

_NEAR_MM: Final = 120.0
_FAR_MM: Final = 1500.0
_PLACES: Final = 1024
"""More than any grid has rows or columns; a power of two, so that dividing by it is exact."""

Map = NDArray[np.float32]
Placed = tuple[Part, NDArray[np.float64]]
"""A part and its (4, 4) pose, part frame to rig frame."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raster:
    """What each pixel shows.

    Attributes:
        part: (rows, columns) uint8, ``PartId``.
        column: (rows, columns) float32, place on the part's grid, columns from 0.
        row: (rows, columns) float32, place on the part's grid, rows from 0.
        depth_mm: (rows, columns) float32, along the camera's axis, NaN where nothing is seen.
    """

    part: NDArray[np.uint8]
    column: Map
    row: Map
    depth_mm: Map


def rasterise(camera: Camera, placed: Sequence[Placed], step: int = 1) -> Raster:
    """Find what each pixel shows; ``step`` keeps every n-th grid point, for quick previews."""
    size = (camera.resolution.rows, camera.resolution.columns)
    colour = np.full((*size, 3), -1.0, np.float32)
    depth = np.full(size, _FAR_MM, np.float32)
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    angle = 2.0 * np.arctan(size[0] / 2 / camera.focal_px)
    for part, pose in placed:
        stride = step if part.part is PartId.SKIN else 1
        grid = part.points[::stride, ::stride]
        rows, columns = grid.shape[:2]
        points = grid.reshape(-1, 3).astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]
        seen = camera.to_camera(points)
        z = seen[:, 2]
        pixel = camera.pixels(seen[:, 0] / z, seen[:, 1] / z)
        x = (pixel[:, 0] - (size[1] - 1) / 2) / camera.focal_px * z
        y = (pixel[:, 1] - (size[0] - 1) / 2) / camera.focal_px * z
        place = np.empty((rows, columns, 3), np.float32)
        place[..., 0] = np.arange(columns, dtype=np.float32) * (stride / _PLACES)
        place[..., 1] = np.arange(rows, dtype=np.float32)[:, None] * (stride / _PLACES)
        place[..., 2] = part.part / 16.0
        cv2.triangleRasterize(
            np.stack([x, -y, -z], axis=-1).astype(np.float32),
            triangles(rows, columns),
            place.reshape(-1, 3),
            colour,
            depth,
            np.eye(4),
            angle,
            _NEAR_MM,
            _FAR_MM,
            settings,
        )
    column, row, part_at = cv2.split(colour)
    number = np.rint(np.maximum(part_at, 0.0) * np.float32(16.0)).astype(np.uint8)
    depth[number == 0] = np.nan
    return Raster(
        part=number,
        column=np.asarray(column * np.float32(_PLACES), dtype=np.float32),
        row=np.asarray(row * np.float32(_PLACES), dtype=np.float32),
        depth_mm=depth,
    )
