"""The surface behind a depth map: points, and a mesh with normals, colours and sigma.

Rules kept here:

1. Coordinates are the left camera's: x right, y down, z along the optical axis, millimetres.
2. A mesh spans every ``stride``-th valid cell and nothing else: no hole is filled, and a triangle
   whose edge runs too far in depth for its width is cut, because it would join two surfaces.
3. Triangles face the camera; texture coordinates point into the stored left picture, (0, 0) its
   lower left corner, as OBJ and PLY have it.
4. Vertices and triangles come in the order of the cells, so that the same map gives the same mesh.

Source: Max 1999, doi 10.1080/10867651.1999.10487501 (normals of vertices from their triangles).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.depth import DepthMap
from adapters.imaging.pixels import EncodedRgb, Mask
from adapters.imaging.refusal import malformed

STRIDE: Final = 4
STEEPEST: Final = 8.0
"""Depth an edge may run per millimetre across: 83 degrees; what is seen flatter is no surface."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """A surface of triangles.

    Attributes:
        points_mm: (n, 3) float32, left camera axes.
        normals: (n, 3) float32, unit length, towards the camera.
        texture: (n, 2) float32, 0..1, right and up in the left picture.
        colours: (n, 3) uint8, sRGB, red first.
        sigma_mm: (n,) float32, 1 sigma of depth; NaN where untold.
        triangles: (m, 3) int32, counter-clockwise as the camera sees them.
        step_px: Pixels of the left picture between neighbouring vertices.
    """

    points_mm: Floats
    normals: Floats
    texture: Floats
    colours: NDArray[np.uint8]
    sigma_mm: Floats
    triangles: NDArray[np.int32]
    step_px: int


def points_of(depth: DepthMap, calibration: StereoCalibration) -> Floats:
    """Return the point of every cell: (rows, columns, 3) float32, NaN where invalid."""
    rows, columns = depth.valid.shape
    pixels = _pixels(rows, columns, depth.step)
    camera = calibration.left
    flat = cv2.undistortPoints(
        pixels.reshape(-1, 1, 2), camera.matrix, camera.distortion_vector
    ).reshape(rows, columns, 2)
    rays = np.concatenate([flat, np.ones((rows, columns, 1))], axis=-1)
    return np.asarray(rays * depth.depth_mm[..., None], np.float32)


def mesh_of(
    depth: DepthMap, calibration: StereoCalibration, picture: EncodedRgb, *, stride: int = STRIDE
) -> Mesh:
    """Return the mesh of a depth map.

    Args:
        depth: The depth map.
        calibration: Under which it was made.
        picture: The stored left picture, for colours.
        stride: Cells of the depth map per vertex, both ways.

    Raises:
        MalformedInput: another size than the calibrated one, a stride below 1, or no surface.
    """
    calibration.require_size(width=picture.shape[1], height=picture.shape[0])
    if stride < 1:
        raise malformed("mesh.stride", f"a stride of {stride} is no step", "Give 1 or more")
    grid = points_of(depth, calibration)[::stride, ::stride]
    triangles = _triangles(grid)
    if not len(triangles):
        raise _nothing()
    used, renumbered = np.unique(triangles, return_inverse=True)
    corners = np.asarray(renumbered.reshape(-1, 3), np.int32)
    points = np.ascontiguousarray(grid.reshape(-1, 3)[used])
    rows, columns = depth.valid.shape
    pixels = _pixels(rows, columns, depth.step)[::stride, ::stride].reshape(-1, 2)[used]
    height, width = picture.shape[:2]
    texture = (pixels + 0.5) / (width, height)
    texture[:, 1] = 1 - texture[:, 1]
    small = cv2.resize(
        picture, (width // depth.step, height // depth.step), interpolation=cv2.INTER_AREA
    )
    return Mesh(
        points_mm=points,
        normals=_vertex_normals(points, corners),
        texture=texture.astype(np.float32),
        colours=np.asarray(small[::stride, ::stride].reshape(-1, 3)[used], np.uint8),
        sigma_mm=np.ascontiguousarray(depth.sigma_mm[::stride, ::stride].reshape(-1)[used]),
        triangles=corners,
        step_px=depth.step * stride,
    )


def one_surface(first: NDArray[np.float64], second: NDArray[np.float64]) -> Mask:
    """Return whether an edge between two points may lie on one surface: (...,) of (..., 3) each.

    False where a point is unknown.
    """
    away, other = first[..., 2], second[..., 2]
    # Across the line of sight: along it, a jump moves a point sideways, too.
    across = first[..., :2] / away[..., None] - second[..., :2] / other[..., None]
    apart = np.linalg.norm(across, axis=-1)
    return np.asarray(np.abs(away - other) <= STEEPEST * apart * np.minimum(away, other))


def _triangles(grid: Floats) -> NDArray[np.int64]:
    """Return two triangles per square of four cells, each only where it is one surface."""
    rows, columns = grid.shape[:2]
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b = number[:-1, :-1].reshape(-1), number[:-1, 1:].reshape(-1)
    c, d = number[1:, :-1].reshape(-1), number[1:, 1:].reshape(-1)
    pairs = np.stack([np.stack([a, c, b], axis=-1), np.stack([b, c, d], axis=-1)], axis=1)
    triangles = pairs.reshape(-1, 3)
    corners = grid.reshape(-1, 3).astype(np.float64)[triangles]
    kept = np.isfinite(corners).all(axis=(1, 2))
    for first, second in ((0, 1), (1, 2), (2, 0)):
        kept &= one_surface(corners[:, first], corners[:, second])
    return np.asarray(triangles[kept])


def _vertex_normals(points: Floats, triangles: NDArray[np.int32]) -> Floats:
    corners = points.astype(np.float64)[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.stack(
        [
            np.bincount(triangles.reshape(-1), np.repeat(faces[:, axis], 3), len(points))
            for axis in range(3)
        ],
        axis=-1,
    )
    return _unit(np.asarray(total, np.float64)).astype(np.float32)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12))


def _pixels(rows: int, columns: int, step: int) -> NDArray[np.float64]:
    """Return where the middle of every cell lies in the stored picture: (rows, columns, 2)."""
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    return np.asarray(np.stack([x, y], axis=-1) * step + (step - 1) / 2, np.float64)


def _nothing() -> Exception:
    return malformed(
        "mesh.surface", "no neighbouring depths are valid", "Reconstruct depth of another capture"
    )
