"""From where the light comes on a face, by how skin of known slope is lit.

Rules kept here:

1. Skin that looks towards the light is lighter.  Depth says where each place looks, so a head that
   is turned a little does not pass for light from the side, as it does for ``illumination.py``.
2. One light far away stands for all lamps together, and one constant for light from all sides and
   what scatters under the skin: level = normal . light + constant, by robust least squares.  The
   direction is told, not the strength, so that tone and exposure drop out; brows, lips, spots and
   gloss are outliers.
3. Axes are those midway between the cameras, so that vergence drops out.
4. With too little trusted depth, or of one side only, nothing is returned.

Known errors: skin that is darker on one whole side counts as light from the other.  Only across is
told: faces are alike on both sides, but not above and below.

Source: Lambert's law; Pentland 1982, doi 10.1364/JOSA.72.000448 (direction of light from shading).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.depth import DepthMap
from adapters.imaging.head_pose import half_turn
from adapters.imaging.masked import inner, smoothed
from adapters.imaging.pixels import LinearRgb, Window, ellipse_mask

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CELL_MM: Final = 1.0
_SMOOTH_CELLS: Final = 3.0
_MARGIN_CELLS: Final = 6.0
_LEAST_FACING: Final = 0.5
_FULL_CELL: Final = 0.75
_LEAST_AROUND: Final = 0.85
"""Least share of known cells around one, by the Gaussian that smooths depth."""

_FEWEST_CELLS: Final = 1000
_ASIDE: Final = 0.25
_LEAST_ASIDE: Final = 0.1
"""Skin that looks aside, by the sine, and its least share to either side."""

_ROUNDS: Final = 8
_TUKEY: Final = 4.685
_DARK: Final = 1e-4


def light_across_deg(
    image: LinearRgb, depth: DepthMap, calibration: StereoCalibration, face: Window
) -> float | None:
    """Return how far towards the picture's right the light comes from, degrees.

    Args:
        image: The stored left picture.
        depth: The depth map of the pair.
        calibration: The rig.
        face: Where the face is in the left picture.
    """
    grid = _Grid.of(image, depth, calibration.left, face)
    if grid is None:
        return None
    points = grid.points_mm @ half_turn(calibration).T
    normals = _normals(points)
    facing = -normals[..., 2]
    used = grid.known & np.isfinite(facing) & (facing > _LEAST_FACING) & (grid.level > _DARK)
    if int(used.sum()) < _FEWEST_CELLS:
        return None
    aside = normals[used][:, 0]
    if min((aside > _ASIDE).mean(), (aside < -_ASIDE).mean()) < _LEAST_ASIDE:
        return None
    right, _, towards = _light(normals[used], grid.level[used].astype(np.float64))
    if towards >= 0.0:
        return None
    return float(np.degrees(np.arctan2(right, -towards)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    """The face in cells of about a millimetre.

    Attributes:
        points_mm: (rows, columns, 3), left camera axes; NaN where unknown.
        level: (rows, columns) float32, red light.
        known: Whether depth and face are there.
    """

    points_mm: Floats
    level: NDArray[np.float32]
    known: Mask

    @classmethod
    def of(
        cls, image: LinearRgb, depth: DepthMap, camera: CameraIntrinsics, face: Window
    ) -> "_Grid | None":
        step = depth.step
        left, top = face.left // step, face.top // step
        part = np.s_[
            top : (face.top + face.height) // step, left : (face.left + face.width) // step
        ]
        valid = depth.valid[part]
        if not valid.any():
            return None
        away_mm = float(np.median(depth.depth_mm[part][valid]))
        cell = max(1, round(_CELL_MM * camera.focal_x_px / (away_mm * step)))
        rows, columns = valid.shape[0] // cell, valid.shape[1] // cell
        if min(rows, columns) < 4 * _MARGIN_CELLS:
            return None
        size = (columns, rows)
        cut = np.s_[: rows * cell, : columns * cell]
        weight = _averaged(valid[cut].astype(np.float32), size)
        sums = _averaged(np.where(valid, depth.depth_mm[part], np.float32(0))[cut], size)
        full = weight > _FULL_CELL
        depths = np.asarray(sums / np.where(full, weight, np.float32(1)), np.float32)
        # Red goes deepest and comes back with the least gloss beside it, on dark skin above all.
        stored = np.s_[
            top * step : (top + rows * cell) * step, left * step : (left + columns * cell) * step
        ]
        level = _averaged(np.ascontiguousarray(image[stored][..., 0]), size)
        smooth = smoothed(depths, full, _SMOOTH_CELLS)
        # At the face's outline a cell holds what lies behind, too.
        inside = inner(ellipse_mask(_whole(size), width=columns, height=rows), _MARGIN_CELLS)
        # Where depth ends, smoothing flattens the slope, and more so on the side turned away.
        around = cv2.GaussianBlur(
            full.astype(np.float32), (0, 0), _SMOOTH_CELLS, borderType=cv2.BORDER_CONSTANT
        )
        known = full & inside & (np.asarray(around) > _LEAST_AROUND)
        points = _unprojected(smooth, camera, left=left, top=top, cell=cell, step=step)
        return cls(points_mm=points, level=level, known=known)


def _whole(size: tuple[int, int]) -> Window:
    return Window(left=0, top=0, width=size[0], height=size[1])


def _averaged(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def _unprojected(
    depths: NDArray[np.float32],
    camera: CameraIntrinsics,
    *,
    left: int,
    top: int,
    cell: int,
    step: int,
) -> Floats:
    rows, columns = depths.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float64)
    middle = (cell * step - 1) / 2
    stored = np.stack(
        [left * step + x * cell * step + middle, top * step + y * cell * step + middle]
    )
    flat = cv2.undistortPoints(
        stored.reshape(2, -1).T.reshape(-1, 1, 2), camera.matrix, camera.distortion_vector
    )
    rays = np.asarray(flat, np.float64).reshape(rows, columns, 2)
    away = depths.astype(np.float64)[..., None]
    return np.concatenate([rays * away, away], axis=-1)


def _normals(points: Floats) -> Floats:
    """Return unit normals towards the cameras, NaN where a neighbour is unknown."""
    down, across = np.gradient(points, axis=(0, 1))
    normals = np.cross(down, across)
    return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True), np.float64)


def _light(normals: Floats, level: Floats) -> Floats:
    """Return the light vector (3,), by least squares with Tukey's weights."""
    design = np.column_stack([normals, np.ones(len(normals))])
    fitted = np.linalg.lstsq(design, level)[0]
    for _ in range(_ROUNDS):
        residual = level - design @ fitted
        scale = _TUKEY * 1.4826 * float(np.median(np.abs(residual))) + 1e-9
        root = np.clip(1.0 - (residual / scale) ** 2, 0.0, None)
        fitted = np.linalg.lstsq(design * root[:, None], level * root)[0]
    return np.asarray(fitted[:3], np.float64)
