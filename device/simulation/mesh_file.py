"""Meshes from OBJ and PLY files, read with suspicion.

Rules kept here:

1. OBJ: ``v`` with three numbers, or six where the last three are a colour 0..1; ``f`` with
   polygons of any corner count, indices from 1 or negative. Everything else is passed over.
2. PLY: ascii and both binary forms; ``vertex`` with x, y, z and optional red, green, blue; ``face``
   with one list of corners. Other elements and properties are passed over.
3. Polygons are cut into fans of triangles. A corner that is not there, a number that is none, an
   empty mesh and a file that ends early are refused with where it happened.
4. Nothing is allocated by what a header claims: sizes are checked against the bytes that are there.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.ply import read_ply
from domain.errors import MalformedInput

MOST_BYTES: Final = 512 * 1024 * 1024
MOST_VERTICES: Final = 4_000_000
MOST_TRIANGLES: Final = 8_000_000
_FEWEST_TRIANGLES: Final = 4
_COLOURED: Final = 6
_CORNERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """A mesh as the file has it.

    Attributes:
        vertices: (n, 3) float64, in the file's own unit.
        faces: (m, 3) int32.
        colour: (n, 3) float64, linear RGB, or nothing.
        digest: SHA-256 of the file.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    colour: NDArray[np.float64] | None
    digest: str


def read_mesh(path: Path) -> Mesh:
    """Return the mesh in a file.

    Raises:
        MalformedInput: it is no OBJ or PLY file, is damaged, or is too large.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise MalformedInput(f"mesh.size: {size >> 20} MB, at most {MOST_BYTES >> 20} are read")
        data = path.read_bytes()
    except OSError as error:
        raise MalformedInput(f"mesh.file: {path.name} cannot be read") from error
    digest = hashlib.sha256(data).hexdigest()
    if data[:4] in (b"ply\n", b"ply\r"):
        vertices, faces, colour = read_ply(data, most=(MOST_VERTICES, MOST_TRIANGLES))
    elif path.suffix.lower() == ".obj":
        vertices, faces, colour = _read_obj(data)
    else:
        raise MalformedInput(f"mesh.format: {path.name} is neither a PLY file nor named .obj")
    return _checked(vertices, faces, colour, digest)


def _checked(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    colour: NDArray[np.float64] | None,
    digest: str,
) -> Mesh:
    if len(faces) < _FEWEST_TRIANGLES or len(vertices) < _FEWEST_TRIANGLES:
        raise MalformedInput(
            f"mesh.empty: {len(vertices)} vertices and {len(faces)} triangles are no head"
        )
    if len(vertices) > MOST_VERTICES or len(faces) > MOST_TRIANGLES:
        raise MalformedInput("mesh.size: too many vertices or triangles")
    if not np.isfinite(vertices).all():
        raise MalformedInput("mesh.number: a coordinate is not a finite number")
    if int(faces.min()) < 0 or int(faces.max()) >= len(vertices):
        raise MalformedInput("mesh.corner: a face names a vertex that is not there")
    if colour is not None and not np.isfinite(colour).all():
        raise MalformedInput("mesh.number: a colour is not a finite number")
    return Mesh(
        vertices=vertices,
        faces=np.ascontiguousarray(faces, dtype=np.int32),
        colour=None if colour is None else _linear(np.clip(colour, 0.0, 1.0)),
        digest=digest,
    )


def _linear(coded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear RGB of sRGB-coded colours.  Source: IEC 61966-2-1."""
    low = coded / 12.92
    return np.where(coded <= 0.04045, low, ((coded + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004


def _read_obj(
    data: bytes,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64] | None]:
    places: list[list[float]] = []
    colours: list[list[float]] = []
    faces: list[tuple[int, int, int]] = []
    for number, line in enumerate(data.splitlines(), 1):
        words = line.split()
        if not words or words[0] not in (b"v", b"f"):
            continue
        try:
            if words[0] == b"v":
                values = [float(word) for word in words[1:]]
                places.append([values[k] for k in range(_CORNERS)])
                colours += [values[3:6]] if len(values) >= _COLOURED else []
            else:
                faces += _fan([int(word.split(b"/")[0]) for word in words[1:]], len(places))
        except (ValueError, IndexError) as error:
            raise MalformedInput(f"mesh.obj: line {number} cannot be read") from error
        if len(places) > MOST_VERTICES or len(faces) > MOST_TRIANGLES:
            raise MalformedInput("mesh.size: too many vertices or triangles")
    colour = np.array(colours) if colours and len(colours) == len(places) else None
    return (
        np.array(places, np.float64).reshape(-1, 3),
        np.array(faces, np.int64).reshape(-1, 3),
        colour,
    )


def _fan(corners: list[int], known: int) -> list[tuple[int, int, int]]:
    if len(corners) < _CORNERS or 0 in corners:
        raise ValueError(corners)
    ids = [corner - 1 if corner > 0 else known + corner for corner in corners]
    return [(ids[0], ids[k], ids[k + 1]) for k in range(1, len(ids) - 1)]
