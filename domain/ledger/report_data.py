"""The data that a report document carries, read from its bytes without looking at its pages.

Rules kept here:

1. One file named ``report.json`` is attached, and in one way; anything else is refused.
2. Nothing is unpacked beyond ``DATA_BYTES_MAX``.
3. Only what others have to follow is read: how far the log went, what was compared with what.

Source: ISO 32000-1:2008, 7.3.8 (streams), 7.11.4 (embedded files); ``SPECIFICATION.md``, section 8.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.canonical import JsonValue
from domain.ledger.encoding import parse_digest

FIRST_FORMAT: Final = "vultus/report/v1"
FORMAT: Final = "vultus/report/v2"
"""Since this one the data says how far the streams went on which the report rests."""

DATA_BYTES_MAX: Final = 1 << 24

_FILE: Final = re.compile(rb"/Type/Filespec/F\(report\.json\)[^<>]*/EF<</F (\d{1,8}) 0 R")
_STREAM: Final = re.compile(
    rb"\n(\d{1,8}) 0 obj\s*<</Length (\d{1,9})/Type/EmbeddedFile/Filter/FlateDecode"
    rb"(?:[^<>]|<<[^<>]*>>)*>>\s*stream\r?\n"
)

_T = TypeVar("_T", str, int, list[JsonValue], dict[str, JsonValue])


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFigures:
    """One quantity of two visits, as a report shows it.

    Attributes:
        label: What is compared, and in which view.
        unit: Unit of all numbers.
        earlier: Value then.
        now: Value now.
        detectable: Smallest change that the report tells from none.
    """

    label: str
    unit: str
    earlier: float
    now: float
    detectable: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedVisit:
    """With which visit a report compares its own.

    Attributes:
        taken_at: When the first capture of that visit was made, RFC 3339.
        differ: Why the two are not compared; empty when they are.
        figures: What is compared, in the order shown.
    """

    taken_at: str
    differ: tuple[str, ...]
    figures: tuple[ComparedFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """What a report says of the log and of an earlier visit.

    Attributes:
        format: ``vultus/report/v1`` or later.
        origin: Origin of the log it rests on; empty where it names none.
        size: Records of the log when it was called for.
        root: Root of the tree over these, 32 bytes.
        ends: Version of the last record then, by stream; nothing before ``vultus/report/v2``.
        compared: The comparison with an earlier visit, or none.
    """

    format: str
    origin: str
    size: int
    root: bytes
    ends: dict[str, int]
    compared: ComparedVisit | None


def read_report_data(document: bytes) -> ReportData:
    """Return what a report document says in the data attached to it.

    Raises:
        MalformedInput: there is no such data, or more than one, or it is not what reports carry.
    """
    whole = _object(canonical.parse(_attached(document)))
    format_ = _typed(whole.get("format"), str)
    if format_ not in (FIRST_FORMAT, FORMAT):
        raise MalformedInput(f"the report's data is of the unknown format {format_}")
    report = _object(whole.get("report"))
    trace = _object(report.get("trace"))
    log = trace.get("log")
    state = {"origin": "", "size": 0, "root": None} if log is None else _object(log)
    compared = report.get("comparison")
    return ReportData(
        format=format_,
        origin=_typed(state.get("origin"), str),
        size=_typed(state.get("size"), int),
        root=b"" if log is None else parse_digest(_typed(state.get("root"), str)),
        ends={} if format_ == FIRST_FORMAT else _ends(trace.get("ends")),
        compared=None if compared is None else _compared(_object(compared)),
    )


def _attached(document: bytes) -> bytes:
    """Return the bytes of the one attached file, unpacked."""
    named = {found[1] for found in _FILE.finditer(document)}
    streams = list(_STREAM.finditer(document))
    if len(named) != 1 or len(streams) != 1 or streams[0][1] not in named:
        raise MalformedInput("the document does not carry its data as one attached report.json")
    (found,) = streams
    packed = document[found.end() : found.end() + int(found[2])]
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(packed, DATA_BYTES_MAX)
    except zlib.error as error:
        raise MalformedInput("the data attached to the document is damaged") from error
    if not unpacking.eof or unpacking.unused_data:
        raise MalformedInput("the data attached to the document is cut off, or too large")
    return data


def _ends(value: JsonValue) -> dict[str, int]:
    ends: dict[str, int] = {}
    for each in map(_object, _typed(value, list)):
        stream, version = _typed(each.get("stream"), str), _typed(each.get("version"), int)
        if stream in ends or version < 1:
            raise MalformedInput(f"the report's data does not say once how far {stream} went")
        ends[stream] = version
    return ends


def _compared(value: dict[str, JsonValue]) -> ComparedVisit:
    moment = _object(value.get("earlier"))
    return ComparedVisit(
        taken_at=_typed(moment.get("instant"), str),
        differ=_each(value.get("conditions_differ"), lambda text: _typed(text, str)),
        figures=_each(value.get("quantities"), _figures),
    )


def _figures(value: JsonValue) -> ComparedFigures:
    said = _object(value)
    return ComparedFigures(
        label=_typed(said.get("label"), str),
        unit=_typed(said.get("unit"), str),
        earlier=_number(said.get("earlier")),
        now=_number(said.get("now")),
        detectable=_number(said.get("detectable_change")),
    )


_Each = TypeVar("_Each")


def _each(value: JsonValue, read: Callable[[JsonValue], _Each]) -> tuple[_Each, ...]:
    return tuple(read(each) for each in _typed(value, list))


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return _typed(value, dict)


def _number(value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedInput("the report's data has no number where one belongs")
    return float(value)


def _typed(value: JsonValue, kind: type[_T]) -> _T:
    if isinstance(value, bool) or not isinstance(value, kind):
        raise MalformedInput(f"the report's data has no {kind.__name__} where one belongs")
    return value
