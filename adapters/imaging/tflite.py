"""Reads the few parts of a TensorFlow Lite file that a converter needs.

Rules kept here:

1. Only reading, only what is used: tensors, operators, constants, inputs and outputs of a model
   with one subgraph.  Nothing is executed.
2. Every offset is checked against the bytes; a file that points outside itself is refused.
3. Half-precision constants become single precision exactly; other element types are refused.

Source: the flatbuffers binary format (tables, vtables, vectors; all little-endian, all offsets
relative to their own place) and the field numbers of TensorFlow Lite's ``schema.fbs``, version 3.
"""

import math
import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.refusal import malformed
from domain.errors import MalformedInput

IDENTIFIER: Final = b"TFL3"

_ELEMENT_TYPES: Final = {0: "<f4", 1: "<f2", 2: "<i4"}


@dataclass(frozen=True, slots=True)
class Table:
    """One flatbuffers table: a place in the bytes whose fields are found by number."""

    content: bytes
    place: int

    def _field(self, number: int) -> int:
        """Return where a field's value stands; 0 when it is absent and has its default."""
        vtable = self.place - _number(self.content, "<i", self.place)
        entry = 4 + 2 * number
        if entry >= _number(self.content, "<H", vtable):
            return 0
        offset = _number(self.content, "<H", vtable + entry)
        return self.place + offset if offset else 0

    def scalar(self, number: int, form: str, default: int = 0) -> int:
        """Return a whole number stored in ``struct`` form ``form``."""
        place = self._field(number)
        return _number(self.content, form, place) if place else default

    def table(self, number: int) -> "Table | None":
        """Return the table a field points to; none when it is absent."""
        place = self._field(number)
        return Table(self.content, _target(self.content, place)) if place else None

    def tables(self, number: int) -> "tuple[Table, ...]":
        """Return the tables of a vector."""
        start, count = self._vector(number)
        self._require(start, 4 * count)
        return tuple(
            Table(self.content, _target(self.content, start + 4 * each)) for each in range(count)
        )

    def numbers(self, number: int) -> tuple[int, ...]:
        """Return the 32-bit whole numbers of a vector."""
        start, count = self._vector(number)
        self._require(start, 4 * count)
        return struct.unpack_from(f"<{count}i", self.content, start)

    def raw(self, number: int) -> bytes:
        """Return the bytes of a vector of bytes, or of a text."""
        start, count = self._vector(number)
        self._require(start, count)
        return self.content[start : start + count]

    def _vector(self, number: int) -> tuple[int, int]:
        place = self._field(number)
        if not place:
            return 0, 0
        start = _target(self.content, place)
        return start + 4, _number(self.content, "<I", start)

    def _require(self, start: int, size: int) -> None:
        if start + size > len(self.content):
            raise _refused("a vector ends outside the file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One value of the graph.

    Attributes:
        name: Its name in the file.
        shape: Its sizes, in the file's order (batch, rows, columns, channels).
        constant: Its value, float32 or int32; none when it is computed.
    """

    name: str
    shape: tuple[int, ...]
    constant: NDArray[np.float32] | NDArray[np.int32] | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One step of the graph.

    Attributes:
        code: Number of the built-in operator.
        inputs: Tensors it takes, by place; -1 stands for an absent one.
        outputs: Tensors it makes, by place.
        options: Its settings; none when it has none.
    """

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TfliteModel:
    """A model with one subgraph."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tflite(content: bytes) -> TfliteModel:
    """Read a model.

    Raises:
        MalformedInput: the bytes are no such model, or point outside themselves.
    """
    if content[4:8] != IDENTIFIER:
        raise _refused("the file does not start like a TensorFlow Lite model")
    model = Table(content, _target(content, 0))
    subgraphs = model.tables(2)
    if len(subgraphs) != 1:
        raise _refused(f"the model has {len(subgraphs)} subgraphs, 1 is read")
    codes = tuple(
        # Codes over 127 stand in the second field; the first keeps what old readers know.
        max(each.scalar(0, "<b"), each.scalar(3, "<i"))
        for each in model.tables(1)
    )
    buffers = tuple(each.raw(0) for each in model.tables(4))
    graph = subgraphs[0]
    try:
        return TfliteModel(
            tensors=tuple(_tensor(each, buffers) for each in graph.tables(0)),
            operators=tuple(
                Operator(
                    code=codes[each.scalar(0, "<I")],
                    inputs=each.numbers(1),
                    outputs=each.numbers(2),
                    options=each.table(4),
                )
                for each in graph.tables(3)
            ),
            inputs=graph.numbers(1),
            outputs=graph.numbers(2),
        )
    except (IndexError, UnicodeDecodeError) as error:
        raise _refused("a tensor or operator names a part that is not there") from error


def _tensor(table: Table, buffers: tuple[bytes, ...]) -> Tensor:
    shape = table.numbers(0)
    name = table.raw(3).decode("utf-8")
    stored = buffers[table.scalar(2, "<I")]
    if not stored:
        return Tensor(name=name, shape=shape, constant=None)
    kind = _ELEMENT_TYPES.get(table.scalar(1, "<b"))
    if kind is None:
        raise _refused(f"constant {name} has an element type that is not read")
    if len(stored) != int(kind[-1]) * math.prod(shape):
        raise _refused(f"constant {name} has {len(stored)} bytes, not those of its shape {shape}")
    values = np.frombuffer(stored, dtype=kind).reshape(shape)
    if kind == "<i4":
        return Tensor(name=name, shape=shape, constant=values.astype(np.int32))
    return Tensor(name=name, shape=shape, constant=values.astype(np.float32))


def _number(content: bytes, form: str, place: int) -> int:
    if place < 0 or place + struct.calcsize(form) > len(content):
        raise _refused("an offset points outside the file")
    return int(struct.unpack_from(form, content, place)[0])


def _target(content: bytes, place: int) -> int:
    """Return where the offset that stands at ``place`` points to."""
    return place + _number(content, "<I", place)


def _refused(evidence: str) -> MalformedInput:
    return malformed("model.tflite", evidence, "Obtain the model file again")
