"""Light falling on parts and coming back: diffuse with softened scattering, and a mild gloss.

Rules kept here:

1. Lighting is worked out at grid points and interpolated over pixels; both results are radiance,
   where 1 is a white matt surface as defined in ``lights.py``.
2. Diffuse light is per unit of albedo; gloss is not multiplied by albedo.
3. Under the skin red travels farthest: the diffuse grid of the skin is blurred, red most.

Sources: Walter 2007, doi 10.2312/EGWR/EGSR07/195-206 (GGX); Schlick 1994,
doi 10.1111/1467-8659.1330233 (Fresnel); d'Eon and Luebke 2007, GPU Gems 3, chapter 14 (diffusion
over the skin); Weyrich 2006, doi 10.1145/1141911.1141987 (gloss of faces).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.lights import Panels
from device.simulation.occlusion import Occlusion
from device.simulation.parts import Part

_SKIN_F0: Final = 0.028
_LOBES: Final = ((0.55, 0.75), (0.36, 0.25))
"""Roughness and share of the two gloss lobes."""

_SCATTER_CELLS: Final = (3.2, 1.5, 0.8)
_SHADE_POWER: Final = (0.32, 0.55, 0.66)
"""How strongly crevices darken red, green and blue."""

_AMBIENT: Final = 0.035


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lit:
    """Light on one part.

    Attributes:
        diffuse: (rows / stride, columns / stride, 3) float32, radiance per unit of albedo.
        gloss: The same shape, radiance; zeros for matt parts.
        stride: Every how many grid points light was worked out.
    """

    diffuse: NDArray[np.float32]
    gloss: NDArray[np.float32]
    stride: int


def light_part(
    part: Part,
    pose: NDArray[np.float64],
    panels: Panels,
    camera_mm: NDArray[np.float64],
    *,
    occlusion: Occlusion | None,
    glossy: bool,
    stride: int = 1,
) -> Lit:
    """Light one part.

    Args:
        part: In its own frame.
        pose: (4, 4) float64, the part's frame to the rig frame.
        panels: The burning ring.
        camera_mm: (3,) float64, where gloss is seen from, rig frame.
        occlusion: Given for the skin grid, which also scatters light below its surface.
        glossy: Whether the surface has gloss.
        stride: Work out every n-th grid point only.
    """
    rotation = pose[:3, :3].astype(np.float32)
    points = part.points[::stride, ::stride] @ rotation.T + pose[:3, 3].astype(np.float32)
    normals = part.normals[::stride, ::stride] @ rotation.T
    rows, columns = points.shape[:2]
    diffuse = np.zeros((rows, columns, 3), np.float32)
    gloss = np.zeros((rows, columns, 3), np.float32)
    view = camera_mm.astype(np.float32) - points
    view /= np.linalg.norm(view, axis=-1, keepdims=True)
    middle = pose[:3, 3]
    for place, power in zip(panels.positions_mm, panels.power, strict=True):
        if not power.any():
            continue
        way = place.astype(np.float32) - points
        square = np.einsum("ijk,ijk->ij", way, way)
        way /= np.sqrt(square)[..., None]
        facing = np.maximum(np.einsum("ijk,ijk->ij", normals, way), 0.0)
        # The panel faces along +z; its own cosine is the fall-off of a diffuse emitter.
        arriving = facing * np.maximum(-way[..., 2], 0.0) / square
        if occlusion is not None:
            towards = (place - middle) / np.linalg.norm(place - middle)
            seen = occlusion.towards(pose[:3, :3].T @ towards)
            arriving *= cv2.resize(seen, (columns, rows), interpolation=cv2.INTER_LINEAR)
        rgb = power.astype(np.float32)
        diffuse += arriving[..., None] * rgb
        if glossy:
            gloss += (arriving * _lobe(normals, way, view))[..., None] * rgb
    if occlusion is not None:
        diffuse = _scatter(diffuse, stride)
    return Lit(diffuse=diffuse, gloss=gloss, stride=stride)


def _lobe(
    normals: NDArray[np.float32], way: NDArray[np.float32], view: NDArray[np.float32]
) -> NDArray[np.float32]:
    half = way + view
    half /= np.linalg.norm(half, axis=-1, keepdims=True)
    cosine = np.einsum("ijk,ijk->ij", normals, half)
    fresnel = _SKIN_F0 + (1 - _SKIN_F0) * (1 - np.einsum("ijk,ijk->ij", view, half)) ** 5
    total = np.zeros_like(cosine)
    for rough, share in _LOBES:
        a2 = rough**4
        spread = a2 / (np.pi * (cosine * cosine * (a2 - 1.0) + 1.0) ** 2)
        total += np.float32(share) * spread
    return np.asarray(total * fresnel * (np.pi / 4), dtype=np.float32)


def _scatter(diffuse: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    """Add a little light from everywhere and spread it all under the surface, per channel."""
    ambient = _AMBIENT * diffuse.mean(axis=(0, 1))
    result = np.empty_like(diffuse)
    for k, cells in enumerate(_SCATTER_CELLS):
        result[..., k] = cv2.GaussianBlur(
            diffuse[..., k] + ambient[k], (0, 0), cells / stride, borderType=cv2.BORDER_REPLICATE
        )
    return result


def crevices(occlusion: Occlusion) -> NDArray[np.float32]:
    """Return how much light crevices of the skin let through, (rows, columns, 3) float32, 0..1.

    Light leaks through skin into its folds, red most.
    """
    shade = [
        cv2.GaussianBlur(occlusion.open_sky ** np.float32(power), (0, 0), max(cells / 3, 0.5))
        for power, cells in zip(_SHADE_POWER, _SCATTER_CELLS, strict=True)
    ]
    return np.ascontiguousarray(np.stack(shade, axis=-1), dtype=np.float32)
