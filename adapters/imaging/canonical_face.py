"""The canonical face: the mesh's points on an average head, its triangles, and its mirror.

Rules kept here:

1. Read from the installed package, never stored here.
2. Left and right are the subject's.  Axes of the canonical face: x to the subject's left, y up,
   z out of the face; millimetres (the file has centimetres).
3. The mesh is symmetric: every point has one mirror, those of the middle line are their own.

Source: the ``FaceGeometry`` metadata of the package, a protocol-buffer message with a mesh of
(x, y, z, u, v) vertices, triangles, and weights for an absolute orientation.
"""

import functools
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.face_package import GEOMETRY, read_part
from adapters.imaging.refusal import malformed
from domain.errors import MalformedInput

POINTS: Final = 468
TRIANGLES: Final = 898

_VERTEX_NUMBERS: Final = 5
_MM_PER_CM: Final = 10.0
_VARINT, _BYTES, _FIXED32 = 0, 2, 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CanonicalFace:
    """An average face on the mesh's points.

    Attributes:
        points_mm: (468, 3) float64.
        triangles: (898, 3) int64, places of points, counter-clockwise seen from outside.
        mirror: (468,) int64, each point's place on the other side.
        weights: (468,) float64, at least 0: how well a point holds still under expression.
    """

    points_mm: NDArray[np.float64] = field(repr=False)
    triangles: NDArray[np.int64] = field(repr=False)
    mirror: NDArray[np.int64] = field(repr=False)
    weights: NDArray[np.float64] = field(repr=False)


@functools.cache
def canonical_face() -> CanonicalFace:
    """Return the canonical face of the installed package.

    Raises:
        Unavailable: the package is not installed.
    """
    return read_canonical_face(read_part(GEOMETRY))


def read_canonical_face(content: bytes) -> CanonicalFace:
    """Read the canonical face.

    Raises:
        MalformedInput: the bytes are no such face.
    """
    vertices: list[float] = []
    corners: list[int] = []
    weights = np.zeros(POINTS)
    for number, value in _fields(content):
        if number == 1 and isinstance(value, bytes):
            for inner, each in _fields(value):
                if inner == 3 and isinstance(each, float):  # noqa: PLR2004  vertex_buffer
                    vertices.append(each)
                elif inner == 4 and isinstance(each, int):  # noqa: PLR2004  index_buffer
                    corners.append(each)
        elif number == 2 and isinstance(value, bytes):  # noqa: PLR2004  procrustes basis
            basis = dict(_fields(value))
            place, weight = basis.get(1, 0), basis.get(2, 0.0)
            if not isinstance(place, int) or not isinstance(weight, float) or place >= POINTS:
                raise _refused("a weight names no point")
            weights[place] = weight
    if len(vertices) != POINTS * _VERTEX_NUMBERS or len(corners) != 3 * TRIANGLES:
        raise _refused(f"it has {len(vertices)} coordinates and {len(corners)} corners")
    points_mm = np.array(vertices).reshape(POINTS, _VERTEX_NUMBERS)[:, :3] * _MM_PER_CM
    return CanonicalFace(
        points_mm=points_mm,
        triangles=np.array(corners, dtype=np.int64).reshape(TRIANGLES, 3),
        mirror=_mirror(points_mm),
        weights=weights,
    )


def _mirror(points_mm: NDArray[np.float64]) -> NDArray[np.int64]:
    across = points_mm * [-1.0, 1.0, 1.0]
    distance = np.linalg.norm(points_mm[:, None] - across[None, :], axis=2)
    mirror = np.asarray(distance.argmin(axis=0), dtype=np.int64)
    if distance.min(axis=0).max() > 0 or not np.array_equal(mirror[mirror], np.arange(POINTS)):
        raise _refused("it is not symmetric")
    return mirror


def _fields(content: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Walk over a protocol-buffer message: field number, then whole number, float or bytes."""
    place = 0
    while place < len(content):
        key, place = _whole(content, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = _whole(content, place)
            yield number, value
        elif kind == _BYTES:
            size, place = _whole(content, place)
            if place + size > len(content):
                raise _refused("a part ends outside the file")
            yield number, content[place : place + size]
            place += size
        elif kind == _FIXED32 and place + 4 <= len(content):
            yield number, float(struct.unpack_from("<f", content, place)[0])
            place += 4
        else:
            raise _refused("a field has a kind that is not read")


def _whole(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(content):
            raise _refused("a number ends outside the file")
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004  the last byte of a number
            return value, place


def _refused(evidence: str) -> MalformedInput:
    return malformed("face.canonical", evidence, "Obtain the package again")
