"""Readers of plain JSON values, one for each type, compiled once from the type's hints.

Rules kept here:

1. A reader is strict: a missing field, an extra field or a value of another type is refused.
2. Walking a type's hints for each event takes longer than opening its encryption. So they are
   walked once and turned into the function that one would write by hand; only names of our own
   fields and types stand in it.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from functools import cache
from itertools import count
from typing import Any, NoReturn, TypeAlias, Union, get_args, get_origin, get_type_hints

from domain.errors import MalformedInput
from domain.values.time import Instant

PlainValue: TypeAlias = (
    bool | int | float | str | list["PlainValue"] | dict[str, "PlainValue"] | None
)
"""What JSON can hold."""

Read: TypeAlias = Callable[[PlainValue], Any]
"""From plain values to a value of one type; raises MalformedInput where they do not fit."""


@cache
def reader(kind: Any) -> Read:  # noqa: ANN401 - driven by type hints
    """Return the reader of a type that a field of an event may have."""
    source = _Source()
    return source.compiled(f"def read(plain):\n    return {source.value(kind, 'plain')}\n")


@cache
def _object_reader(kind: type) -> Read:
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)]
    source = _Source(kind=kind, names=frozenset(names))
    values = (f"{name}={source.value(hints[name], f'plain[{name!r}]')}" for name in names)
    return source.compiled(
        "def read(plain):\n"
        f"    if type(plain) is not dict or len(plain) != {len(names)}:\n"
        "        refuse_fields(kind, names, plain)\n"
        "    try:\n"
        f"        return kind({', '.join(values)})\n"
        "    except KeyError:\n"
        "        refuse_fields(kind, names, plain)\n"
    )


class _Source:
    """The source of one reader, and what its names stand for."""

    def __init__(self, **names: object) -> None:
        self._names = {
            "refuse": _refuse,
            "refuse_fields": _refuse_fields,
            "number": _number,
            "items": _items,
            **names,
        }
        self._fresh = count()

    def value(self, kind: Any, given: str) -> str:  # noqa: ANN401 - driven by type hints
        """Return the expression that reads ``given``, which it contains once."""
        found = f"value{next(self._fresh)}"
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            (inner,) = (each for each in get_args(kind) if each is not types.NoneType)
            return f"(None if ({found} := {given}) is None else {self.value(inner, found)})"
        if origin is tuple:
            each = self.value(get_args(kind)[0], "each")
            return f"tuple([{each} for each in items({given})])"
        if kind is float:
            return f"({found} if type({found} := {given}) is float else number({found}))"
        if kind in (bool, int, str):
            name = kind.__name__
            return f"({found} if type({found} := {given}) is {name} else refuse({name}, {found}))"
        if issubclass(kind, StrEnum):
            return f"{self._named(_member_reader(kind))}({given})"
        if issubclass(kind, str):
            return f"{self._named(kind)}({self.value(str, given)})"
        if issubclass(kind, Instant):
            return f"{self._named(kind)}.parse({self.value(str, given)})"
        return f"{self._named(_object_reader(kind))}({given})"

    def compiled(self, source: str) -> Read:
        """Return the function ``read`` of this source."""
        exec(source, self._names)  # noqa: S102 - the source is made above, of our own names
        read: Read = self._names["read"]  # type: ignore[assignment]
        return read

    def _named(self, what: object) -> str:
        name = f"name{next(self._fresh)}"
        self._names[name] = what
        return name


def _member_reader(kind: type[StrEnum]) -> Read:
    members = {each.value: each for each in kind}

    def read_member(plain: PlainValue) -> StrEnum:
        member = members.get(plain) if type(plain) is str else _refuse(str, plain)
        if member is None:
            message = f"{kind.__name__} has no such value"
            raise MalformedInput(message)
        return member

    return read_member


def _items(plain: PlainValue) -> list[PlainValue]:
    return plain if type(plain) is list else _refuse(list, plain)


def _number(plain: PlainValue) -> float:
    if type(plain) is not int:
        message = f"expected a number, found {type(plain).__name__}"
        raise MalformedInput(message)
    return float(plain)


def _refuse(kind: type, plain: PlainValue) -> NoReturn:
    message = f"expected {kind.__name__}, found {type(plain).__name__}"
    raise MalformedInput(message)


def _refuse_fields(kind: type, names: frozenset[str], plain: PlainValue) -> NoReturn:
    """Refuse what does not have exactly these fields."""
    given: Mapping[str, PlainValue] = plain if type(plain) is dict else _refuse(dict, plain)
    odd = sorted(given.keys() ^ names)
    message = f"{kind.__name__}: fields missing or unknown: {', '.join(odd)}"
    raise MalformedInput(message)
