"""Report documents for stories: no pages, and the data that a report carries."""

import zlib
from typing import Any

from domain.ledger.checkpoint import Checkpoint
from domain.ledger.encoding import digest_text
from domain.ledger.report_data import FORMAT


def document(data: bytes) -> bytes:
    """Return a document with a file attached in the way of reports."""
    packed = zlib.compress(data)
    return (
        b"%%PDF-1.7\n"
        b"1 0 obj\n<</Type/Filespec/F(report.json)/UF(report.json)/EF<</F 2 0 R/UF 2 0 R>>>>\n"
        b"endobj\n"
        b"2 0 obj\n<</Length %d/Type/EmbeddedFile/Filter/FlateDecode"
        b"/Subtype/application#2Fjson/Params<</Size %d>>>>\nstream\n%s\nendstream\nendobj\n%%%%EOF"
    ) % (len(packed), len(data), packed)


def report_data(seen: Checkpoint, ends: dict[str, int], comparison: object) -> dict[str, Any]:
    """Return what a report says of the log that it saw, and of an earlier visit."""
    return {
        "format": FORMAT,
        "verification_code": "AAAA",
        "report": {
            "comparison": comparison,
            "trace": {
                "evidence": [],
                "log": {"origin": seen.origin, "size": seen.size, "root": digest_text(seen.root)},
                "ends": [{"stream": each, "version": ends[each]} for each in sorted(ends)],
            },
        },
    }
