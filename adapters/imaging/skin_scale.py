"""How many millimetres of skin a pixel shows, from calibrated depth.

Rules kept here:

1. A scale comes from a depth map and the calibration behind it, or there is none: it is never
   guessed from the size of a face.
2. The area behind a pixel follows the slope of the skin, by the surface's own points; where depth
   is missing it is carried over from the neighbourhood, and how much was carried over is told.
3. Surface seen at a steeper slope than ``STEEPEST_DEG`` is left out: there a pixel's area is mostly
   error.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.depth import DepthMap
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.masked import Map, smoothed
from adapters.imaging.pixels import Mask

METHOD: Final = "skin-scale/1"
STEEPEST_DEG: Final = 63.0
LEAST_COVERED: Final = 0.5

# Standard uncertainty of a length: the target's certified pitch, the distance, and the slope that
# smoothing leaves; see the budget in the decision record about skin measures.
RELATIVE_STANDARD_UNCERTAINTY: Final = 0.01

_SMOOTHING_MM: Final = 1.5
_CARRIED_MM: Final = 6.0
_RAYS_EVERY_PX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinScale:
    """The skin's scale on a grid of pixels.

    Attributes:
        pixel_mm2: (rows, columns) float32, skin area behind each pixel; NaN where unknown.
        gentle: (rows, columns) bool, where the slope allows measuring.
        covered: Share of the asked mask with depth of its own, 0..1.
        pixel_mm: Median length of a pixel on the skin.
    """

    pixel_mm2: Map
    gentle: Mask
    covered: float
    pixel_mm: float


def skin_scale(depth: DepthMap, camera: CameraIntrinsics, mask: Mask) -> SkinScale | None:
    """Return the scale on the mask's grid; none where too little of the mask has depth.

    Args:
        depth: Depth as the left camera sees it.
        camera: The left camera.
        mask: (rows, columns) bool, the skin; a grid of the whole picture, of any size.
    """
    fix_arithmetic()
    rows, columns = depth.depth_mm.shape
    on_depth = _resized(mask.astype(np.float32), rows, columns) >= 0.5  # noqa: PLR2004  half
    known = depth.valid & on_depth
    covered = int(np.count_nonzero(known)) / max(int(np.count_nonzero(on_depth)), 1)
    if covered < LEAST_COVERED:
        return None
    pixel_mm = float(np.median(depth.depth_mm[known])) / camera.focal_x_px * depth.step
    area, cosine = _areas(depth, camera, known, pixel_mm)
    carried = smoothed(area, np.isfinite(area) & known, _CARRIED_MM / pixel_mm)
    whole = np.where(np.isfinite(area) & known, area, carried)
    steep = np.isfinite(cosine) & (cosine < np.cos(np.radians(STEEPEST_DEG)))
    # An area on the depth's grid, shared out to the pixels of the mask's grid.
    share = (rows * columns) / (mask.shape[0] * mask.shape[1])
    pixel_mm2 = _resized(whole, *mask.shape) * np.float32(share)
    gentle = mask & np.isfinite(pixel_mm2) & (_resized(steep.astype(np.float32), *mask.shape) < 0.5)  # noqa: PLR2004
    if not gentle.any():
        return None
    return SkinScale(
        pixel_mm2=pixel_mm2,
        gentle=gentle,
        covered=float(covered),
        pixel_mm=float(np.sqrt(np.median(pixel_mm2[gentle]))),
    )


def _areas(
    depth: DepthMap, camera: CameraIntrinsics, known: Mask, pixel_mm: float
) -> tuple[Map, Map]:
    """Return the skin area of each depth pixel, and the cosine of its slope to the view."""
    # Noise would add slope everywhere, so the surface is taken smooth.
    z = smoothed(depth.depth_mm, known, max(_SMOOTHING_MM / pixel_mm, 0.5))
    ray_x, ray_y = _rays(camera, depth)
    points = np.dstack([ray_x * z, ray_y * z, z])
    down, across = (np.gradient(points, axis=axis).astype(np.float32) for axis in (0, 1))
    normal = np.cross(across, down)
    area = np.linalg.norm(normal, axis=2)
    view = points / np.linalg.norm(points, axis=2, keepdims=True)
    cosine = np.abs((normal * view).sum(axis=2)) / np.where(area > 0, area, np.float32(1))
    return np.asarray(area, dtype=np.float32), np.asarray(cosine, dtype=np.float32)


def _rays(camera: CameraIntrinsics, depth: DepthMap) -> tuple[Map, Map]:
    """Return x/z and y/z of the ray behind each depth pixel, lens distortion undone."""
    rows, columns = depth.depth_mm.shape
    high, wide = (each // _RAYS_EVERY_PX + 2 for each in (rows, columns))
    y, x = np.mgrid[0:high, 0:wide].astype(np.float64) * _RAYS_EVERY_PX
    middle = (depth.step - 1) / 2
    pixels = np.stack([x * depth.step + middle, y * depth.step + middle], axis=-1)
    straight = cv2.undistortPoints(
        pixels.reshape(-1, 1, 2), camera.matrix, camera.distortion_vector
    ).reshape(high, wide, 2)
    column, row = np.meshgrid(
        np.arange(columns, dtype=np.float32) / _RAYS_EVERY_PX,
        np.arange(rows, dtype=np.float32) / _RAYS_EVERY_PX,
    )
    fine = [
        cv2.remap(
            np.ascontiguousarray(straight[..., each], dtype=np.float32),
            column,
            row,
            cv2.INTER_LINEAR,
        )
        for each in (0, 1)
    ]
    return np.asarray(fine[0], np.float32), np.asarray(fine[1], np.float32)


def _resized(values: NDArray[np.float32], rows: int, columns: int) -> Map:
    smaller = values.shape[0] > rows
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(values.astype(np.float32), (columns, rows), interpolation=how), np.float32
    )
