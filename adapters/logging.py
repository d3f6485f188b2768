"""Structured logs; personal data cannot be logged.

Rules kept here:

1. One event a line, as JSON, with time in UTC; never the record itself, which is the log.
2. Only fields on the list below are written; any other field is dropped and counted, so that a
   careless call cannot leak a name, a picture or a secret.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import TextIO

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
    }
)


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


def set_up(*, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Make structlog write one JSON object a line to the stream, standard error by default."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            keep_allowed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
