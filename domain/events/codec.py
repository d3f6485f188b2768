"""Event ↔ plain JSON values; old versions translated on reading.

Rules kept here:

1. Encoding is a function of the event's type alone: every field by its own name, every value in
   one text form; nothing is left out, nothing is added.
2. Decoding is strict: a missing field, an extra field or a wrong type is refused.
3. Old bytes are never rewritten. A version that is no longer written is translated here.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from domain.errors import MalformedInput, UnknownEvent
from domain.events.names import EVENTS, NAME_OF, Event
from domain.values.time import Instant

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What JSON can hold."""

Upcast = Callable[[dict[str, Plain]], dict[str, Plain]]
"""From the fields of one version to the fields of the next."""

UPCASTS: dict[tuple[str, int], Upcast] = {}
"""For each (name, version) no longer written: how to read it as version + 1."""


def encode(event: Event) -> tuple[str, int, Plain]:
    """Return name, version and plain JSON values of an event."""
    name, version = NAME_OF[type(event)]
    return name, version, to_plain(event)


def decode(name: str, version: int, plain: Plain) -> Event:
    """Return the event that these plain values stand for.

    Raises:
        UnknownEvent: this build knows no such name and version.
        MalformedInput: the values do not fit the event's fields.
    """
    while (upcast := UPCASTS.get((name, version))) is not None:
        if not isinstance(plain, dict):
            raise MalformedInput("an event is written as an object")
        plain, version = upcast(plain), version + 1
    event = EVENTS.get((name, version))
    if event is None:
        message = f"this build knows no event {name} version {version}"
        raise UnknownEvent(message)
    decoded: Event = from_plain(event, plain)
    return decoded


def to_plain(value: object) -> Plain:
    """Return the plain JSON form of a value of the domain."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Instant):
        return str(value)
    if isinstance(value, tuple):
        return [to_plain(each) for each in value]
    if is_dataclass(value):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    message = f"values of type {type(value).__name__} are not recorded"
    raise TypeError(message)


def from_plain(kind: Any, plain: Plain) -> Any:  # noqa: ANN401 - driven by type hints
    """Return the value of type ``kind`` that the plain values stand for.

    Raises:
        MalformedInput: the values do not fit the type.
    """
    return _decoder(kind)(plain)


@cache
def _decoder(kind: Any) -> Callable[[Plain], Any]:  # noqa: ANN401 - one line per kind
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (each for each in get_args(kind) if each is not types.NoneType)
        decode_inner = _decoder(inner)
        return lambda plain: None if plain is None else decode_inner(plain)
    if origin is tuple:
        decode_each = _decoder(get_args(kind)[0])
        return lambda plain: tuple(decode_each(each) for each in _expect(plain, list))
    if kind is float:
        return _float
    if kind in (bool, int):
        return lambda plain: _expect(plain, kind)
    if issubclass(kind, StrEnum):
        return lambda plain: _member(kind, plain)
    if issubclass(kind, str):
        return lambda plain: kind(_expect(plain, str))
    if issubclass(kind, Instant):
        return lambda plain: kind.parse(_expect(plain, str))
    return _object_decoder(kind)


def _object_decoder(kind: type) -> Callable[[Plain], Any]:
    hints = get_type_hints(kind)
    decoders = {each.name: _decoder(hints[each.name]) for each in fields(kind)}

    def decode_object(plain: Plain) -> Any:  # noqa: ANN401 - driven by type hints
        given: Mapping[str, Plain] = _expect(plain, dict)
        if given.keys() != decoders.keys():
            odd = sorted(given.keys() ^ decoders.keys())
            message = f"{kind.__name__}: fields missing or unknown: {', '.join(odd)}"
            raise MalformedInput(message)
        return kind(**{name: decoder(given[name]) for name, decoder in decoders.items()})

    return decode_object


def _expect(plain: Plain, kind: type) -> Any:  # noqa: ANN401 - narrowed by ``kind``
    if type(plain) is not kind:
        message = f"expected {kind.__name__}, found {type(plain).__name__}"
        raise MalformedInput(message)
    return plain


def _float(plain: Plain) -> float:
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        message = f"expected a number, found {type(plain).__name__}"
        raise MalformedInput(message)
    return float(plain)


def _member(kind: type[StrEnum], plain: Plain) -> StrEnum:
    try:
        return kind(_expect(plain, str))
    except ValueError:
        message = f"{kind.__name__} has no such value"
        raise MalformedInput(message) from None
