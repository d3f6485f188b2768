"""How much of the light from each direction reaches a place on the skin past the rest of the head.

Rules kept here:

1. Occlusion belongs to the head, not to a pose: it is worked out once per head, for fixed
   directions of the head frame, and looked up for any light in any pose.
2. It is soft by construction, as shadows of a broad ring light are; it never changes geometry.
3. Narrow creases that the coarse grid cannot hold are darkened by how far a place lies below its
   surroundings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.parts import Part, PartId
from device.simulation.shapes import Grid
from device.simulation.triangles import triangles

STEP: Final = 5
"""The coarse grid keeps every fifth row and column of the skin."""

_SIZE: Final = 224
_REACH_MM: Final = 165.0
_AWAY_MM: Final = 4000.0
_CENTRE: Final = np.array([0.0, -30.0, -80.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Occlusion:
    """What the skin sees of its surroundings.

    Attributes:
        directions: (k, 3) float32, unit vectors of the head frame.
        seen: (rows / 5, columns / 5, k) float32, 0..1, share of light passing per direction.
        open_sky: (rows, columns) float32, 0..1, cosine-weighted share of the whole outside.
    """

    directions: NDArray[np.float32]
    seen: NDArray[np.float32]
    open_sky: NDArray[np.float32]

    def towards(self, light: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the share that passes from one unit direction: (rows / 5, columns / 5)."""
        closeness = self.directions @ light
        weight = np.exp((closeness - closeness.max()) / 0.012).astype(np.float32)
        return np.asarray(self.seen @ (weight / weight.sum()), dtype=np.float32)


def _directions() -> NDArray[np.float32]:
    """Spread directions evenly over the front half, more closely where the ring light stands."""
    golden = np.pi * (3.0 - np.sqrt(5.0))
    found = []
    for low, high, count in ((0.72, 1.0, 34), (-0.25, 0.72, 30)):
        z = high - (np.arange(count) + 0.5) / count * (high - low)
        angle = golden * np.arange(count)
        flat = np.sqrt(1.0 - z * z)
        found.append(np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=-1))
    return np.concatenate(found).astype(np.float32)


def _looking_along(direction: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return a rotation whose third row is ``direction``."""
    aside = np.array([0.0, 1.0, 0.0]) if abs(float(direction[1])) < 0.9 else np.array([1.0, 0, 0])  # noqa: PLR2004
    right = np.cross(aside, direction)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(direction, right), direction])


def _coarse(part: Part) -> tuple[Grid, NDArray[np.int32]]:
    step = STEP if part.part is PartId.SKIN else 3
    grid = np.ascontiguousarray(part.points[::step, ::step])
    return grid, triangles(*grid.shape[:2])


def _crease(points: Grid, normals: Grid, spread: float) -> NDArray[np.float32]:
    """Return how far each place lies below its smoothed surroundings, millimetres."""
    around = cv2.GaussianBlur(points, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.einsum("ijk,ijk->ij", around - points, normals), dtype=np.float32)


def find_occlusion(parts: Sequence[Part]) -> Occlusion:
    """Look at the head from every direction and note which places are hidden."""
    skin = next(p for p in parts if p.part is PartId.SKIN)
    meshes = [
        _coarse(p) for p in parts if p.part in (PartId.SKIN, PartId.EAR_LEFT, PartId.EAR_RIGHT)
    ]
    vertices = np.concatenate([grid.reshape(-1, 3) for grid, _ in meshes]).astype(np.float64)
    starts = np.cumsum([0, *[grid.shape[0] * grid.shape[1] for grid, _ in meshes[:-1]]])
    faces = np.concatenate(
        [face + np.int32(start) for (_, face), start in zip(meshes, starts, strict=True)]
    )
    grid = meshes[0][0]
    rows, columns = grid.shape[:2]
    directions = _directions()
    seen = np.empty((rows, columns, len(directions)), np.float32)
    facing = skin.normals[::STEP, ::STEP] @ directions.T
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_WHITE)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    near, far = _AWAY_MM - 300.0, _AWAY_MM + 300.0
    angle = 2.0 * np.arctan(_REACH_MM / _AWAY_MM)
    scale = _SIZE / 2 * _AWAY_MM / _REACH_MM
    for k, direction in enumerate(directions):
        turned = (vertices - _CENTRE) @ _looking_along(direction).T
        turned[:, 2] -= _AWAY_MM
        depth = np.full((_SIZE, _SIZE), far, np.float32)
        cv2.triangleRasterizeDepth(
            turned.astype(np.float32), faces, depth, np.eye(4), angle, near, far, settings
        )
        skin_at = turned[: rows * columns]
        away = -skin_at[:, 2]
        column = (skin_at[:, 0] / away * scale + (_SIZE - 1) / 2).astype(np.float32)
        row = (-skin_at[:, 1] / away * scale + (_SIZE - 1) / 2).astype(np.float32)
        first = cv2.remap(
            depth, column.reshape(rows, columns), row.reshape(rows, columns), cv2.INTER_LINEAR
        )
        behind = away.reshape(rows, columns) - first
        lit = np.clip(1.0 - (behind - 1.5) / 3.0, 0.0, 1.0)
        seen[..., k] = lit * np.clip(facing[..., k] * 4.0 + 0.6, 0.0, 1.0)
    for k in range(len(directions)):
        seen[..., k] = cv2.GaussianBlur(seen[..., k], (0, 0), 0.9)
    weight = np.clip(facing, 0.0, 1.0)
    sky = (seen * weight).sum(axis=-1) / np.maximum(weight.sum(axis=-1), 0.5)
    open_sky = cv2.resize(
        sky.astype(np.float32), skin.points.shape[1::-1], interpolation=cv2.INTER_LINEAR
    )
    small = _crease(skin.points, skin.normals, 2.5)
    large = _crease(skin.points, skin.normals, 9.0)
    open_sky = open_sky * np.exp(-1.6 * np.clip(small, 0, 1.2) - 0.22 * np.clip(large, 0, 4))
    return Occlusion(
        directions=directions,
        seen=seen,
        open_sky=np.asarray(np.clip(open_sky, 0.0, 1.0), dtype=np.float32),
    )
