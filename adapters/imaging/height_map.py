"""Heights above a plane, and normals, of every cell of a depth map: maps made when they are wanted.

Rules kept here:

1. The reference plane is the one that fits all valid points of this depth map best, by the sum of
   their squared distances from it. It is this capture's own: heights above the planes of two
   captures do not compare.
2. A height is the distance from that plane in millimetres, positive towards the camera. A cell
   without depth has neither height nor normal; nothing is filled in, smoothed or drawn around.
3. Axes are the left camera's: x right, y down, z away, millimetres.
4. Both maps are 16-bit PNGs whose bytes depend on nothing but the stored depth, its calibration and
   the library version, and whose text says unit, scale, plane and source. Level 0 is untold.

Sources: Pearson 1901, doi 10.1080/14786440109462720 (the plane of least squared distances); PNG
Specification, third edition, W3C 2025, 11.3.3.2 (``tEXt``).
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.depth import DepthMap
from adapters.imaging.depth_mesh import one_surface, points_of
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.refusal import malformed

HEIGHT_UNIT_MM: Final = 0.01
MIDDLE: Final = 1 << 15
"""The level of height 0 and of a normal's component 0; 0 itself is kept for what is untold."""

_NORMAL_LEVELS: Final = MIDDLE - 1
_FLATTEST: Final = 1e-9
"""Spread across a line, as a share of that along it, below which its points span no plane."""

_AXES: Final = "x right, y down, z away, left camera, millimetres"
_AFTER_HEADER: Final = 33
"""Bytes of a PNG's signature and its first chunk, whose size is fixed."""

Floats = NDArray[np.float64]
Levels = NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePlane:
    """A plane to tell heights from.

    Attributes:
        point_mm: A point on it: the middle of the points it fits.
        normal: Unit length, towards the camera.
    """

    point_mm: tuple[float, float, float]
    normal: tuple[float, float, float]


def reference_plane(depth: DepthMap, calibration: StereoCalibration) -> ReferencePlane:
    """Return the plane that fits the surface best.

    Raises:
        MalformedInput: fewer than three valid cells, or all of them in a line.
    """
    fix_arithmetic()
    return _fitted(points_of(depth, calibration)[depth.valid].astype(np.float64))


def height_map(
    depth: DepthMap, calibration: StereoCalibration
) -> tuple[ReferencePlane, NDArray[np.float32]]:
    """Return the plane that fits best, and heights above it: (rows, columns), NaN where invalid.

    Raises:
        MalformedInput: fewer than three valid cells, or all of them in a line.
    """
    fix_arithmetic()
    points = points_of(depth, calibration).astype(np.float64)
    plane = _fitted(points[depth.valid])
    return plane, ((points - plane.point_mm) * plane.normal).sum(axis=-1).astype(np.float32)


def normals_of(depth: DepthMap, calibration: StereoCalibration) -> NDArray[np.float32]:
    """Return the normal of every cell, towards the camera: (rows, columns, 3), NaN where unknown.

    From the neighbours on either side, all of which must be valid, as the cell itself, and be
    joined to it by an edge that the mesh would span: where two surfaces meet, there is no normal.
    """
    points = points_of(depth, calibration).astype(np.float64)
    normals = np.full(points.shape, np.nan)
    middle = points[1:-1, 1:-1]
    right, left = points[1:-1, 2:], points[1:-1, :-2]
    below, above = points[2:, 1:-1], points[:-2, 1:-1]
    found = _unit(np.cross(below - above, right - left))
    joined = np.all([one_surface(middle, each) for each in (right, left, below, above)], axis=0)
    normals[1:-1, 1:-1] = np.where(joined[..., None], found, np.nan)
    return normals.astype(np.float32)


def height_png(depth: DepthMap, calibration: StereoCalibration, *, source: str) -> bytes:
    """Return the height map as 16-bit grey PNG.

    A height that the form cannot hold, beyond 327.67 mm, is untold.

    Args:
        depth: The depth map.
        calibration: Under which it was made.
        source: The digest of the recorded depth map.

    Raises:
        MalformedInput: there is no plane through the surface.
    """
    plane, heights = height_map(depth, calibration)
    steps = np.round(np.nan_to_num(heights, nan=0.0) / HEIGHT_UNIT_MM) + MIDDLE
    told = depth.valid & (steps >= 1) & (steps <= np.iinfo(np.uint16).max)
    return _png(
        np.where(told, steps, 0).astype(np.uint16),
        {
            "Description": "Height of the surface above a reference plane, towards the camera. The "
            "plane fits all points of this capture best; heights of two captures do not compare.",
            "Unit": "millimetre",
            "Scale": f"height = (level - {MIDDLE}) * {HEIGHT_UNIT_MM:g}; level 0: no depth",
            "Plane point": _numbers(plane.point_mm),
            "Plane normal": _numbers(plane.normal),
            **_where(depth, source),
        },
    )


def normal_png(depth: DepthMap, calibration: StereoCalibration, *, source: str) -> bytes:
    """Return the normals as 16-bit RGB PNG: red is x, green is y, blue is z.

    Args:
        depth: The depth map.
        calibration: Under which it was made.
        source: The digest of the recorded depth map.
    """
    fix_arithmetic()
    normals = normals_of(depth, calibration)
    told = np.isfinite(normals).all(axis=-1, keepdims=True)
    steps = np.round(np.nan_to_num(normals, nan=0.0) * _NORMAL_LEVELS) + MIDDLE
    return _png(
        np.where(told, steps, 0).astype(np.uint16)[..., ::-1],
        {
            "Description": "Normal of the surface, unit length, towards the camera: "
            "red x, green y, blue z.",
            "Unit": "1",
            "Scale": f"component = (level - {MIDDLE}) / {_NORMAL_LEVELS}; "
            "level 0 in all three: no normal",
            **_where(depth, source),
        },
    )


def _fitted(points: Floats) -> ReferencePlane:
    if len(points) < 3:  # noqa: PLR2004 - a plane has three points
        raise _no_plane(f"{len(points)} cells have depth")
    middle = points.mean(axis=0)
    off = points - middle
    # Not as a product of matrices: how those add up may follow the number of threads.
    spread, axes = np.linalg.eigh(np.einsum("ni,nj->ij", off, off))
    if spread[1] <= spread[2] * _FLATTEST:
        raise _no_plane("all points lie in a line")
    normal = axes[:, 0] if axes[2, 0] < 0 else -axes[:, 0]
    (x, y, z), (across, down, away) = middle.tolist(), normal.tolist()
    return ReferencePlane(point_mm=(x, y, z), normal=(across, down, away))


def _where(depth: DepthMap, source: str) -> dict[str, str]:
    return {
        "Axes": _AXES,
        "Cell": f"{depth.step} x {depth.step} pixels of the stored left picture",
        "Source": f"depth map {source}",
    }


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{each:.6f}" for each in values)


def _png(levels: Levels, said: Mapping[str, str]) -> bytes:
    """Return the levels as PNG with text behind its header."""
    done, content = cv2.imencode(
        ".png", np.ascontiguousarray(levels), [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    if not done:  # pragma: no cover - encoding to memory does not fail for valid arrays
        raise RuntimeError("the PNG encoder refused a map")
    encoded = content.tobytes()
    texts = b"".join(_text(name, text) for name, text in said.items())
    return encoded[:_AFTER_HEADER] + texts + encoded[_AFTER_HEADER:]


def _text(name: str, text: str) -> bytes:
    body = b"tEXt" + name.encode("ascii") + b"\0" + text.encode("ascii")
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12))


def _no_plane(evidence: str) -> Exception:
    return malformed("height.plane", evidence, "Reconstruct depth of another capture")
