"""The PLY format: a header in words, then elements as text or as packed numbers.

Rules kept here:

1. Counts of the header are believed only as far as bytes follow; a list longer than 64 corners is
   refused.
2. Colours in whole numbers are shares of 255, colours in fractions are taken as they are.

Source: Turk 1994, The PLY Polygon File Format.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import MalformedInput

Arrays = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64] | None]

_TYPES: Final = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_CODES: Final = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I"}
_CODES_REAL: Final = {"f4": "f", "f8": "d"}
_ORDERS: Final = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_MOST_CORNERS: Final = 64
_LONGEST_HEADER: Final = 65536


@dataclass(slots=True)
class _Element:
    name: str
    count: int
    properties: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Name, type, and the type of a list's count."""


def read_ply(data: bytes, *, most: tuple[int, int]) -> Arrays:
    """Return vertices, triangles and colours.

    Args:
        data: The whole file.
        most: Vertices and faces allowed.

    Raises:
        MalformedInput: it is no PLY file, ends early, or claims too much.
    """
    order, elements, start = _header(data)
    for element, limit in zip(("vertex", "face"), most, strict=True):
        claimed = [each.count for each in elements if each.name == element]
        if len(claimed) != 1 or claimed[0] > limit:
            raise MalformedInput(f"mesh.ply: the header must state up to {limit} of {element}")
    try:
        if order:
            return _binary(data, start, elements, order)
        return _ascii(data[start:], elements)
    except (ValueError, IndexError, struct.error) as error:
        raise MalformedInput("mesh.ply: the file ends early or holds what is no number") from error


def _header(data: bytes) -> tuple[str, list[_Element], int]:
    end = data.find(b"end_header", 0, _LONGEST_HEADER)
    line_end = data.find(b"\n", end)
    if end < 0 or line_end < 0:
        raise MalformedInput("mesh.ply: the header has no end")
    order: str | None = None
    elements: list[_Element] = []
    for line in data[:end].decode("ascii", "replace").splitlines():
        words = line.split()
        match words:
            case ["format", name, _] if name in _ORDERS:
                order = _ORDERS[name]
            case ["element", name, count] if count.isdigit():
                elements.append(_Element(name, int(count)))
            case ["property", "list", size, kind, name] if {size, kind} <= _TYPES.keys():
                _last(elements).properties.append((name, _TYPES[kind], _TYPES[size]))
            case ["property", kind, name] if kind in _TYPES:
                _last(elements).properties.append((name, _TYPES[kind], None))
            case ["format" | "element" | "property", *_]:
                raise MalformedInput(f"mesh.ply: the header's line {line[:60]!r} is not known")
            case _:
                pass
    if order is None:
        raise MalformedInput("mesh.ply: the header states no format")
    return order, elements, line_end + 1


def _last(elements: list[_Element]) -> _Element:
    if not elements:
        raise MalformedInput("mesh.ply: a property before the first element")
    return elements[-1]


def _binary(data: bytes, start: int, elements: list[_Element], order: str) -> Arrays:
    vertices: NDArray[np.float64] = np.zeros((0, 3))
    colour: NDArray[np.float64] | None = None
    faces: NDArray[np.int64] = np.zeros((0, 3), np.int64)
    at = start
    for element in elements:
        if all(size is None for _, _, size in element.properties):
            dtype = np.dtype([(name, order + kind) for name, kind, _ in element.properties])
            if element.count * dtype.itemsize > len(data) - at:
                raise ValueError(element.name)
            table = np.frombuffer(data, dtype, element.count, at)
            at += element.count * dtype.itemsize
            if element.name == "vertex":
                columns = {name: table[name].astype(np.float64) for name in dtype.names or ()}
                vertices, colour = _vertices(columns, element)
            continue
        corners, at = _lists(data, at, element, order)
        if element.name == "face":
            faces = _fans(corners)
    return vertices, faces, colour


def _lists(
    data: bytes, at: int, element: _Element, order: str
) -> tuple[list[tuple[int, ...]], int]:
    codes = {**_CODES, **_CODES_REAL}
    found = []
    for _ in range(element.count):
        for name, kind, size in element.properties:
            if size is None:
                at += np.dtype(kind).itemsize
                continue
            (count,) = struct.unpack_from(order + _CODES[size], data, at)
            if not 0 <= count <= _MOST_CORNERS:
                raise ValueError(name)
            at += np.dtype(size).itemsize
            values = struct.unpack_from(f"{order}{count}{codes[kind]}", data, at)
            at += count * np.dtype(kind).itemsize
            if name in ("vertex_indices", "vertex_index"):
                found.append(tuple(int(each) for each in values))
    if at > len(data):
        raise ValueError(element.name)
    return found, at


def _ascii(text: bytes, elements: list[_Element]) -> Arrays:
    lines = [line for line in text.splitlines() if line.strip()]
    vertices: NDArray[np.float64] = np.zeros((0, 3))
    colour: NDArray[np.float64] | None = None
    faces: NDArray[np.int64] = np.zeros((0, 3), np.int64)
    at = 0
    for element in elements:
        part = lines[at : at + element.count]
        if len(part) < element.count:
            raise ValueError(element.name)
        at += element.count
        if element.name == "vertex":
            table = np.array([[float(word) for word in line.split()] for line in part])
            names = [name for name, _, _ in element.properties]
            columns = {name: table[:, k] for k, name in enumerate(names)}
            vertices, colour = _vertices(columns, element)
        elif element.name == "face":
            faces = _fans([_corners(line) for line in part])
    return vertices, faces, colour


def _corners(line: bytes) -> tuple[int, ...]:
    numbers = [int(word) for word in line.split()]
    count = numbers[0]
    if not 0 <= count <= min(_MOST_CORNERS, len(numbers) - 1):
        raise ValueError(count)
    return tuple(numbers[1 : 1 + count])


def _vertices(
    columns: dict[str, NDArray[np.float64]], element: _Element
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    if not {"x", "y", "z"} <= columns.keys():
        raise MalformedInput("mesh.ply: vertices have no x, y and z")
    places = np.stack([columns[axis] for axis in "xyz"], axis=-1)
    if not {"red", "green", "blue"} <= columns.keys():
        return places, None
    kinds = {name: kind for name, kind, _ in element.properties}
    whole = kinds["red"][0] in "iu"
    colour = np.stack([columns[name] for name in ("red", "green", "blue")], axis=-1)
    return places, colour / 255.0 if whole else colour


def _fans(polygons: list[tuple[int, ...]]) -> NDArray[np.int64]:
    triangles = [(ids[0], ids[k], ids[k + 1]) for ids in polygons for k in range(1, len(ids) - 1)]
    return np.array(triangles, np.int64).reshape(-1, 3)
