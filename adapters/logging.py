"""Structured logs; personal data cannot be logged.

Rules kept here:

1. One event a line, as JSON, with time in UTC; never the record itself, which is the log.
2. Only fields on the list below are written; any other field is dropped and counted, so that a
   careless call cannot leak a name, a picture or a secret.
3. Of an error only its kind and the places it passed are written, never its text: a text may hold
   what somebody typed. What libraries log is treated the same way.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "exception",
        "correlation",
        "method",
        "route",
        "status",
        "duration_ms",
        "error",
        "detail",
        "projection",
        "worker",
        "seq",
        "size",
        "step",
        "attempt",
        "session",
        "device",
        "inference",
        "assessment",
        "report",
        "rule",
        "count",
        "version",
        "lag",
        "position",
        "dropped_fields",
        "library",
        "place",
    }
)
_PLACES: Final = 12


def keep_allowed(
    _logger: object, _method: str, fields: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Drop every field that is not on the list and say how many were dropped."""
    dropped = [name for name in fields if name not in ALLOWED]
    for name in dropped:
        del fields[name]
    if dropped:
        fields["dropped_fields"] = len(dropped)
    return fields


def places_only(
    _logger: object, _method: str, fields: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Put the kinds and places of an error, and of those behind it, in place of the error."""
    given = fields.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    told: list[str] = []
    while isinstance(error, BaseException):
        told.append(f"{type(error).__name__} at {_passed(error.__traceback__)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if told:
        fields["exception"] = "; from ".join(told)
    return fields


class LibraryLog(logging.Handler):
    """Writes that a library logged something, and where, without its text."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        structlog.get_logger().log(
            record.levelno,
            "library message",
            library=record.name,
            place=f"{Path(record.pathname).name}:{record.lineno}",
            exc_info=record.exc_info,
        )


def set_up(*, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Make structlog write one JSON object a line to the stream, standard error by default.

    Libraries are heard from warnings on.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            places_only,
            keep_allowed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, LibraryLog)]:
        root.removeHandler(handler)
    root.addHandler(LibraryLog(level=logging.WARNING))


def _passed(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-_PLACES:]
    return " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
