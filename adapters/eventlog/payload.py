"""Event ↔ payload: the bytes that are committed to and encrypted.

Rules kept here:

1. A payload is the canonical JSON of the event's plain values (``domain.events.codec``,
   ``domain.ledger.canonical``), byte for byte.
2. It is written by a function compiled once for each kind of event from its hints. A value that
   is not of the type its hint says is left to the general way, which writes or refuses it.
"""

import types
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from itertools import count
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from domain.errors import MalformedInput
from domain.events.codec import decode, encode, to_plain
from domain.events.names import NAME_OF, Event
from domain.ledger import canonical
from domain.values.time import Instant

Write: TypeAlias = Callable[[Any], str]
"""From a value to its canonical JSON text."""


def write_payload(event: Event) -> tuple[str, int, bytes]:
    """Return name, version and canonical bytes of an event.

    Raises:
        MalformedInput: a value of the event has no canonical form.
    """
    kind: type = type(event)
    name, version = NAME_OF[kind]
    try:
        return name, version, _writer(kind)(event).encode()
    except UnicodeEncodeError as error:
        raise MalformedInput("a text holds a lone surrogate, which has no UTF-8 form") from error
    except (AttributeError, TypeError):
        # Some value is not of the type its hint says.
        return name, version, canonical.encode(encode(event)[2])


def read_payload(name: str, version: int, payload: bytes) -> Event:
    """Return the event that a payload holds.

    Raises:
        UnknownEvent: this build knows no such name and version.
        MalformedInput: the bytes are no JSON, or its values do not fit the event's fields.
    """
    return decode(name, version, canonical.parse(payload))


@cache
def _writer(kind: type) -> Write:
    hints = get_type_hints(kind)
    source = _Source(kind)
    parts = [
        f'"{name}":{{{source.text(hints[name], f"value.{name}")}}}'
        for name in sorted(each.name for each in fields(kind))
    ]
    return source.compiled(
        "def write(value):\n"
        "    if type(value) is not kind:\n"
        "        return other(value)\n"
        f"    return f'{{{{{','.join(parts)}}}}}'\n"
    )


class _Source:
    """The source of one writer, and what its names stand for."""

    def __init__(self, kind: type) -> None:
        self._names: dict[str, Any] = {
            "kind": kind,
            "TRUE": "true",
            "FALSE": "false",
            "NULL": "null",
            "quote": canonical.quote,
            "integer": _integer,
            "number": _number,
            "instant": _instant,
            "items": _items,
            "array": _array,
            "other": _other,
        }
        self._fresh = count()

    def text(self, kind: Any, value: str) -> str:  # noqa: ANN401 - driven by type hints
        """Return the expression, without quotation marks, that writes ``value``."""
        found = f"value{next(self._fresh)}"
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            (inner,) = (each for each in get_args(kind) if each is not types.NoneType)
            return f"(NULL if ({found} := {value}) is None else {self.text(inner, found)})"
        if origin is tuple:
            each = self.text(get_args(kind)[0], "each")
            return f"array([{each} for each in items({value})])"
        if kind is bool:
            return (
                f"(TRUE if ({found} := {value}) is True else "
                f"FALSE if {found} is False else other({found}))"
            )
        if kind is float:
            return f"number({value})"
        if kind is int:
            return f"integer({value})"
        if issubclass(kind, Instant):
            return f"instant({value})"
        if issubclass(kind, str):
            return f"quote({value})"
        return f"{self._named(_writer(kind))}({value})"

    def compiled(self, source: str) -> Write:
        """Return the function ``write`` of this source."""
        exec(source, self._names)  # noqa: S102 - the source is made above, of our own names
        write: Write = self._names["write"]
        return write

    def _named(self, what: object) -> str:
        name = f"name{next(self._fresh)}"
        self._names[name] = what
        return name


def _integer(value: object) -> str:
    return canonical.format_integer(value) if type(value) is int else _other(value)


def _number(value: object) -> str:
    return canonical.format_number(value) if type(value) is float else _other(value)


def _instant(value: object) -> str:
    return f'"{value}"' if isinstance(value, Instant) else _other(value)


def _items(value: object) -> tuple[object, ...]:
    if not isinstance(value, tuple):
        raise TypeError("only tuples hold several values")
    return value


def _array(texts: list[str]) -> str:
    return f"[{','.join(texts)}]"


def _other(value: object) -> str:
    """Write a value by what it is, not by what its hint says."""
    return canonical.encode(to_plain(value)).decode()
