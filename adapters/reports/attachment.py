"""The data behind a report as JSON, attached to the document for programs to read.

Rules kept here:

1. Everything the report shows is in it, unrounded and as it was written; pictures by digest.
2. The bytes are canonical (RFC 8785), so that the same report has the same attachment.
"""

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Final

from adapters.reports.content import ReportContent
from domain.ledger import canonical
from domain.ledger.canonical import JsonValue
from domain.ledger.report_data import FORMAT
from domain.values.time import Instant

FILE_NAME: Final = "report.json"


def attachment(content: ReportContent) -> bytes:
    """Return the report's data as canonical JSON."""
    data = _plain(content)
    return canonical.encode(
        {"format": FORMAT, "verification_code": content.verification_code, "report": data}
    )


def _plain(value: object) -> JsonValue:
    """Turn a part of the content into plain JSON; pictures keep their digest, not their bytes."""
    if isinstance(value, Instant):
        return str(value)
    if isinstance(value, Enum):
        return str(value.value)
    if is_dataclass(value):
        parts = {each.name: getattr(value, each.name) for each in fields(value)}
        return {name: _plain(part) for name, part in parts.items() if not isinstance(part, bytes)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"a report holds no {type(value).__name__}")
