"""A head from a mesh file before the simulated cameras, instead of a generated one.

Rules kept here:

1. The file's +y is up and its +z is where the face looks, as OBJ and PLY heads usually have it;
   other axes are refused by what they lead to, never guessed.
2. Units are stated, or taken from the size: 0.1 to 0.6 long is metres, 10 to 60 centimetres, 100 to
   600 millimetres; anything else is refused.
3. The head frame begins 30 mm above and 22 mm behind the tip of the nose, the foremost point of
   the middle: about midway between the pupils.
4. Colour is that of the vertices, or even skin; fine texture of our own is laid on from the front,
   so that stereo has something to match. Depth is exact; landmarks and skin truth are not known.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.lights import Panels
from device.simulation.mesh_file import Mesh, read_mesh
from device.simulation.rig import Camera
from device.simulation.texture import pore_tile
from domain.errors import MalformedInput

Map = NDArray[np.float32]
Points = NDArray[np.float64]

UNITS_MM: Final = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_SIZES: Final = (("m", 0.1, 0.6), ("cm", 10.0, 60.0), ("mm", 100.0, 600.0))
_NOSE_DOWN_MM: Final = 30.0
_NOSE_OUT_MM: Final = 22.0
_EVEN_SKIN: Final = np.array([0.42, 0.25, 0.17])
_TEXTURE: Final = 0.13
_NEAR_MM: Final = 120.0
_FAR_MM: Final = 1500.0
_AMBIENT: Final = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedHead:
    """A mesh in the head frame; two are equal when their files and units are.

    Attributes:
        digest: SHA-256 of the file, 64 hex digits.
        unit: Unit its numbers were taken in.
        vertices_mm: (n, 3) float64.
        normals: (n, 3) float64, unit vectors outwards.
        faces: (m, 3) int32.
        colour: (n, 3) float64, linear RGB.
    """

    digest: str
    unit: str
    vertices_mm: Points = field(compare=False, repr=False)
    normals: Points = field(compare=False, repr=False)
    faces: NDArray[np.int32] = field(compare=False, repr=False)
    colour: Points = field(compare=False, repr=False)


def load_head(path: Path, unit: str = "auto") -> LoadedHead:
    """Return the head in an OBJ or PLY file.

    Raises:
        MalformedInput: it is not such a file, or no head by rules 1 to 3.
    """
    mesh = read_mesh(path)
    chosen = _unit(mesh, unit)
    points = mesh.vertices * UNITS_MM[chosen]
    size = np.ptp(points, axis=0)
    if not (size[1] > 0.9 * size[0] and size[2] > 0.25 * size[0]):
        raise MalformedInput(
            f"mesh.pose: {size[0]:.0f} x {size[1]:.0f} x {size[2]:.0f} mm is no upright head; "
            "save it with +y up and the face towards +z"
        )
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    central = (np.abs(points[:, 0] - middle[0]) < 0.2 * size[0]) & (
        np.abs(points[:, 1] - middle[1]) < 0.35 * size[1]
    )
    if not central.any():
        raise MalformedInput("mesh.pose: nothing lies in the middle; save the head alone")
    nose = points[central][np.argmax(points[central, 2])]
    points = points - nose + np.array([0.0, -_NOSE_DOWN_MM, _NOSE_OUT_MM])
    normals = _normals(points, mesh.faces)
    return LoadedHead(
        digest=mesh.digest,
        unit=chosen,
        vertices_mm=points,
        normals=normals,
        faces=mesh.faces,
        colour=np.tile(_EVEN_SKIN, (len(points), 1)) if mesh.colour is None else mesh.colour,
    )


def _unit(mesh: Mesh, unit: str) -> str:
    if unit in UNITS_MM:
        return unit
    if unit != "auto":
        raise MalformedInput(f"mesh.unit: {unit} is not one of auto, {', '.join(UNITS_MM)}")
    longest = float(np.ptp(mesh.vertices, axis=0).max())
    for name, low, high in _SIZES:
        if low <= longest <= high:
            return name
    raise MalformedInput(
        f"mesh.unit: a head {longest:g} long is neither metres, centimetres nor millimetres; "
        "state the unit"
    )


def _normals(points: Points, faces: NDArray[np.int32]) -> Points:
    """Return area-weighted vertex normals that point away from the middle."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for k in range(3):
        np.add.at(total, faces[:, k], flat)
    middle = points.mean(axis=0)
    if float(np.einsum("ij,ij->i", total, points - middle).sum()) < 0.0:
        total = -total
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def render_loaded(
    head: LoadedHead, pose: NDArray[np.float64], camera: Camera, light: Panels
) -> tuple[Map, Map]:
    """Return radiance (rows, columns, 3) and depth (rows, columns), NaN where nothing is seen."""
    points = head.vertices_mm @ pose[:3, :3].T + pose[:3, 3]
    normals = head.normals @ pose[:3, :3].T
    lit = np.zeros_like(points)
    for place, power in zip(light.positions_mm, light.power, strict=True):
        way = place - points
        square = np.einsum("ij,ij->i", way, way)
        way /= np.sqrt(square)[:, None]
        facing = np.maximum(np.einsum("ij,ij->i", normals, way), 0.0)
        lit += (facing * np.maximum(-way[:, 2], 0.0) / square)[:, None] * power
    lit += _AMBIENT * lit.mean(axis=0)
    radiance, depth = _fill(camera, points, head.faces, lit * head.colour)
    place, _ = _fill(camera, points, head.faces, head.vertices_mm)
    tile = pore_tile(int(head.digest[:8], 16))
    grain = tile.sample(np.ascontiguousarray(place[..., :2]))
    radiance *= np.maximum(1.0 + np.float32(_TEXTURE) * grain, 0.0)[..., None]
    radiance[np.isnan(depth)] = 0.0
    return radiance, depth


def _fill(
    camera: Camera, points: Points, faces: NDArray[np.int32], values: Points
) -> tuple[Map, Map]:
    rows, columns = camera.resolution.rows, camera.resolution.columns
    seen = camera.to_camera(points)
    z = np.maximum(seen[:, 2], 1.0)
    pixel = camera.pixels(seen[:, 0] / z, seen[:, 1] / z)
    x = (pixel[:, 0] - (columns - 1) / 2) / camera.focal_px * z
    y = (pixel[:, 1] - (rows - 1) / 2) / camera.focal_px * z
    colour = np.zeros((rows, columns, 3), np.float32)
    depth = np.full((rows, columns), _FAR_MM, np.float32)
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    cv2.triangleRasterize(
        np.stack([x, -y, -z], axis=-1).astype(np.float32),
        faces,
        values.astype(np.float32),
        colour,
        depth,
        np.eye(4),
        2.0 * np.arctan(rows / 2 / camera.focal_px),
        _NEAR_MM,
        _FAR_MM,
        settings,
    )
    depth[depth >= _FAR_MM] = np.nan
    return colour, depth
