"""One example of every event, for ever the same: made from type hints and names of fields.

What is stored for an event version (``tests/vectors/events``) was made by this and is never made
again. Run ``python -m tests.example_events`` to write the files of versions that have none yet.
"""

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from domain.events.codec import encode
from domain.events.names import EVENTS, Event
from domain.ledger import canonical
from domain.values.calibration import CalibrationRecord, LightZone
from domain.values.claim import ClaimContent
from domain.values.content import CaptureView, ContentReference, Digest
from domain.values.finding import Finding
from domain.values.identifiers import Identifier, SessionId, StreamName
from domain.values.light_field import ZoneField
from domain.values.study import EVERYBODY, StudyLimit
from domain.values.time import Instant
from domain.values.volume_change import RegionChange
from tests.strategies import related

FOLDER = Path(__file__).parent / "vectors" / "events"
NAMES = FOLDER / "event_names.txt"
_YEAR_2026_US = 1_767_225_600_000_000


def _share(path: str) -> float:
    return int.from_bytes(sha256(path.encode()).digest()[:1], "big") / 256


_SPECIAL: dict[tuple[type, str], Callable[[str], Any]] = {
    (ContentReference, "media_type"): lambda _: "image/png",
    (LightZone, "pwm"): _share,
    (CalibrationRecord, "reasons"): lambda _: (),
    (ZoneField, "levels"): lambda path: ((_share(path) + 0.1, 0.5), (0.25, 0.75)),
    (Finding, "confidence"): _share,
    (ClaimContent, "least_coverage"): lambda _: 0.75,
    (RegionChange, "coverage"): _share,
    (StudyLimit, "stratum"): lambda _: EVERYBODY,
}


def example(name: str, version: int) -> Event:
    """Return the example of an event version that is still written."""
    made: Event = _object(EVENTS[name, version], name)
    return made


def vector_path(name: str, version: int) -> Path:
    """Return where an event version's stored example lies."""
    return FOLDER / f"{name}.v{version}.json"


def write_missing() -> list[Path]:
    """Write an example for every event version that has none; return the new files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    known = NAMES.read_text("utf-8").splitlines() if NAMES.exists() else []
    new = []
    for name, version in EVENTS:
        path = vector_path(name, version)
        if not path.exists():
            _, _, plain = encode(example(name, version))
            path.write_bytes(canonical.encode(plain) + b"\n")
            new.append(path)
        if f"{name} {version}" not in known:
            known.append(f"{name} {version}")
    NAMES.write_text("\n".join(known) + "\n", "utf-8")
    return new


def _object(kind: type, path: str) -> Any:  # noqa: ANN401 - driven by type hints
    hints = get_type_hints(kind)
    given = {}
    for each in fields(kind):
        below = f"{path}.{each.name}"
        special = _SPECIAL.get((kind, each.name))
        given[each.name] = special(below) if special else _value(hints[each.name], below)
    return related(kind, given)


def _value(kind: Any, path: str) -> Any:  # noqa: ANN401 - driven by type hints
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (each for each in get_args(kind) if each is not types.NoneType)
        return _value(inner, path)
    if origin is tuple:
        return tuple(_value(get_args(kind)[0], f"{path}.{place}") for place in range(2))
    if is_dataclass(kind) and not issubclass(cast("type", kind), Instant):
        return _object(cast("type", kind), path)
    return _scalar(kind, path)


def _scalar(kind: type, path: str) -> Any:  # noqa: ANN401 - driven by type hints
    number = int.from_bytes(sha256(path.encode()).digest()[:4], "big")
    if issubclass(kind, StrEnum):
        return list(kind)[number % len(kind)]
    if issubclass(kind, Identifier):
        return kind.derived("example", path)
    if issubclass(kind, Instant):
        return kind(_YEAR_2026_US + number * 1000 + 1)
    if kind is bool:
        return number % 2 == 0
    if kind is int:
        return 1 + number % 10_000
    if kind is float:
        return number % 1_000_000 / 1000 + 0.125
    if kind is Digest:
        return Digest.of(path.encode())
    if kind is CaptureView:
        return CaptureView("left-oblique" if path.endswith("1") else "frontal")
    if kind is StreamName:
        return SessionId.derived("example", path).stream
    words = path.replace("_", " ").split(".", 1)[1]
    return f"{words}: Zoë, façade, 😀"


if __name__ == "__main__":
    for made in write_missing():
        print(made.name)  # noqa: T201 - says what it did
