"""Event ↔ plain JSON values; old versions translated on reading.

Rules kept here:

1. Encoding is a function of the event's type alone: every field by its own name, every value in
   one text form; nothing is left out, nothing is added.
2. Decoding is strict: a missing field, an extra field or a wrong type is refused.
3. Old bytes are never rewritten. A version that is no longer written is translated here.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias

from domain.errors import MalformedInput, UnknownEvent
from domain.events.names import EVENTS, NAME_OF, Event
from domain.events.readers import PlainValue, reader
from domain.values.time import Instant

Plain: TypeAlias = PlainValue
"""What JSON can hold."""

Upcast = Callable[[dict[str, Plain]], dict[str, Plain]]
"""From the fields of one version to the fields of the next."""


def _with(**added: Plain) -> Upcast:
    """Return what adds fields whose value the older version left no doubt about."""

    def upcast(old: dict[str, Plain]) -> dict[str, Plain]:
        if old.keys() & added.keys():
            message = (
                f"an older version has no field {', '.join(sorted(old.keys() & added.keys()))}"
            )
            raise MalformedInput(message)
        return old | added

    return upcast


UPCASTS: dict[tuple[str, int], Upcast] = {
    # Before points in time could be drilled, every drill was of all that the backup held.
    ("RestoreDrillCompleted", 1): _with(point_in_time=False),
    # Before corners were stored, a calibration kept its result and the residuals of its views.
    ("CalibrationViewsRecorded", 1): _with(corners=None, platform=None),
    # Before the service worked figures out of the cases, it recorded those that were handed in.
    ("StudyCompleted", 1): _with(evaluation=None),
    # Before corners and pictures of checks were stored, a check kept its result only.
    ("FieldCheckPerformed", 1): _with(basis=None),
    ("IlluminationCalibrated", 1): _with(basis=None),
    ("LightFieldMeasured", 1): _with(basis=None),
    ("ColourCalibrated", 1): _with(basis=None),
}
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
    kind: type = type(value)
    return _plain_form(kind)(value)


def from_plain(kind: Any, plain: Plain) -> Any:  # noqa: ANN401 - driven by type hints
    """Return the value of type ``kind`` that the plain values stand for.

    Raises:
        MalformedInput: the values do not fit the type.
    """
    return reader(kind)(plain)


@cache
def _plain_form(kind: type) -> Callable[[Any], Plain]:
    """Return how values of a type are made plain; looked up once for each type."""
    if kind is type(None) or issubclass(kind, bool | int | float):
        return lambda value: value
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    if issubclass(kind, str | Instant):
        return str
    if issubclass(kind, tuple):
        return lambda value: [to_plain(each) for each in value]
    if is_dataclass(kind):
        names = tuple(each.name for each in fields(kind))
        return lambda value: {name: to_plain(getattr(value, name)) for name in names}
    message = f"values of type {kind.__name__} are not recorded"
    raise TypeError(message)
