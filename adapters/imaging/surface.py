"""A depth map as a surface: rays, normals, and what the surface is at any place of its picture.

Rules kept here:

1. Rays are those of the calibrated left camera, its lens distortion included, scaled to z = 1.
2. Between pixels the reciprocal of depth is interpolated, because it is linear over a plane; next
   to an invalid pixel there is no surface.
3. Normals point towards the camera and come from the surface smoothed over a few millimetres,
   because noise in them would pass for form; depths are never smoothed.

Source: Hartley and Zisserman 2004, section 6.1; Brown 1971 (distortion).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.depth import DepthMap
from adapters.imaging.pixels import Mask
from adapters.imaging.refusal import malformed

Floats = NDArray[np.float64]

SMOOTHING_MM: Final = 2.5
_CLOSEST: Final = 1e-3
_MAD: Final = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """What the left camera saw as a surface, one place per pixel of the depth map.

    Attributes:
        camera: The calibrated left camera, in pixels of its full picture.
        step: Pixels of the full picture per pixel here, both ways.
        depth_mm: (rows, columns) float64, along the optical axis; NaN where invalid.
        valid: (rows, columns) bool.
        sigma_mm: (rows, columns) float64, standard uncertainty of depth; NaN where invalid.
        rays: (rows, columns, 2) float64, x and y of each pixel's ray at z = 1.
        normals: (rows, columns, 3) float64, unit, towards the camera; NaN where there is none.
    """

    camera: CameraIntrinsics
    step: int
    depth_mm: Floats
    valid: Mask
    sigma_mm: Floats
    rays: Floats
    normals: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.depth_mm.shape[0], self.depth_mm.shape[1]

    def areas(self) -> Floats:
        """Return the area of each pixel on the plane z = 1: (rows, columns) float64.

        Source: determinant of the derivative of the rays by the pixel.
        """
        down = np.gradient(self.rays, axis=0)
        across = np.gradient(self.rays, axis=1)
        return np.asarray(
            np.abs(across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]), np.float64
        )

    def points_mm(self, mask: Mask) -> Floats:
        """Return the points of the marked pixels in the left camera's axes: (n, 3)."""
        depth = self.depth_mm[mask]
        return np.column_stack([self.rays[mask] * depth[:, None], depth])

    def places_px(self, points_mm: Floats) -> Floats:
        """Return where points are seen, in pixels of this map: (n, 2), column and row."""
        depth = np.maximum(points_mm[:, 2], _CLOSEST)
        x, y = points_mm[:, 0] / depth, points_mm[:, 1] / depth
        k1, k2, p1, p2, k3 = self.camera.distortion
        r2 = x * x + y * y
        radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
        seen_x = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
        seen_y = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
        full = np.column_stack(
            [
                self.camera.focal_x_px * seen_x + self.camera.centre_x_px,
                self.camera.focal_y_px * seen_y + self.camera.centre_y_px,
            ]
        )
        return np.asarray((full - (self.step - 1) / 2) / self.step, np.float64)

    def depth_at(self, places_px: Floats) -> Floats:
        """Return the depth at places between pixels: (n,); NaN where there is no surface."""
        return 1.0 / self._between(1.0 / self.depth_mm, places_px)

    def sigma_at(self, places_px: Floats) -> Floats:
        """Return the standard uncertainty of depth at the nearest pixels: (n,)."""
        return self._nearest(self.sigma_mm, places_px)

    def normals_at(self, places_px: Floats) -> Floats:
        """Return the normals of the nearest pixels: (n, 3); NaN where there is none."""
        return self._nearest(self.normals, places_px)

    def marked(self, mask: Mask, places_px: Floats) -> Mask:
        """Return whether the nearest pixels are marked: (n,) bool."""
        row, column, inside = self._cells(places_px, nearest=True)
        return np.asarray(mask[row, column] & inside, np.bool_)

    def _between(self, values: Floats, places_px: Floats) -> Floats:
        row, column, inside = self._cells(places_px)
        down, across = places_px[:, 1] - row, places_px[:, 0] - column
        upper = values[row, column] * (1 - across) + values[row, column + 1] * across
        lower = values[row + 1, column] * (1 - across) + values[row + 1, column + 1] * across
        return np.where(inside, upper * (1 - down) + lower * down, np.nan)

    def _nearest(self, values: Floats, places_px: Floats) -> Floats:
        row, column, inside = self._cells(places_px, nearest=True)
        found = values[row, column]
        found[~inside] = np.nan
        return np.asarray(found, np.float64)

    def _cells(
        self, places_px: Floats, *, nearest: bool = False
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], Mask]:
        rows, columns = self.shape
        finite = np.asarray(np.isfinite(places_px).all(axis=1), np.bool_)
        safe = np.where(finite[:, None], places_px, -1.0)
        whole = np.floor(safe + 0.5 * nearest)
        inside = (
            (whole[:, 0] >= 0)
            & (whole[:, 1] >= 0)
            & (whole[:, 0] < columns - 1)
            & (whole[:, 1] < rows - 1)
        )
        kept = np.where(inside[:, None], whole, 0).astype(np.intp)
        return kept[:, 1], kept[:, 0], np.asarray(inside, np.bool_)


def surface_of(depth: DepthMap, camera: CameraIntrinsics) -> Surface:
    """Return a depth map as a surface.

    Where the map does not tell its uncertainty, the scatter of neighbouring depths stands for it.
    That is too small where errors are alike over many pixels; what it lacks shows as variance of
    the standardised distances (see ``change_uncertainty``).

    Args:
        depth: The depth map.
        camera: The calibrated left camera.

    Raises:
        MalformedInput: the map does not belong to the camera, or holds no surface.
    """
    rows, columns = depth.depth_mm.shape
    expected = (camera.height_px // depth.step, camera.width_px // depth.step)
    if (rows, columns) != expected or not depth.valid.any():
        raise malformed(
            "surface.size",
            f"a depth map of {columns}x{rows} with {int(depth.valid.sum())} valid pixels, "
            f"{expected[1]}x{expected[0]} expected",
            "Reconstruct depth again under the calibration of the capture",
        )
    values = np.where(depth.valid, depth.depth_mm, np.nan).astype(np.float64)
    rays = _rays(camera, rows, columns, depth.step)
    pixel_mm = float(np.nanmedian(values)) * depth.step / camera.focal_x_px
    smooth = _smoothed(values, SMOOTHING_MM / pixel_mm)
    told = np.isfinite(depth.sigma_mm) & (depth.sigma_mm > 0)
    sigma_mm = np.where(told, depth.sigma_mm, _scatter(values)).astype(np.float64)
    return Surface(
        camera=camera,
        step=depth.step,
        depth_mm=values,
        valid=depth.valid,
        sigma_mm=np.where(depth.valid, sigma_mm, np.nan),
        rays=rays,
        normals=_normals(smooth, rays),
    )


def _rays(camera: CameraIntrinsics, rows: int, columns: int, step: int) -> Floats:
    across, down = np.meshgrid(np.arange(columns), np.arange(rows))
    full = np.stack([across, down], axis=-1).reshape(-1, 1, 2) * step + (step - 1) / 2
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-12)
    straight = cv2.undistortPoints(
        full.astype(np.float64), camera.matrix, camera.distortion_vector, criteria=criteria
    )
    return np.asarray(straight, np.float64).reshape(rows, columns, 2)


def _smoothed(values: Floats, sigma_px: float) -> Floats:
    """Return the reciprocal of depth smoothed over what is valid, as depth again."""
    known = np.isfinite(values)
    amount = cv2.GaussianBlur(known.astype(np.float64), (0, 0), sigma_px)
    total = cv2.GaussianBlur(np.where(known, 1.0 / values, 0.0), (0, 0), sigma_px)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known, np.asarray(amount) / np.asarray(total), np.nan)


def _normals(depth_mm: Floats, rays: Floats) -> Floats:
    points = np.concatenate([rays, np.ones_like(rays[..., :1])], axis=-1) * depth_mm[..., None]
    across, down = np.gradient(points, axis=1), np.gradient(points, axis=0)
    normals = np.cross(down, across)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True), np.float64)


def _scatter(values: Floats) -> float:
    """Return the scatter of depths about their four neighbours' mean.

    Source: variance of a value minus the mean of four others is 5/4 of one value's variance.
    """
    middle = values[1:-1, 1:-1]
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    apart = np.abs(middle - around / 4)
    return float(_MAD * np.nanmedian(apart) / np.sqrt(1.25)) + _CLOSEST
