"""The report document: PDF/A-3a and PDF/UA-1, byte for byte repeatable.

Rules kept here:

1. The same content gives the same bytes, in every process: the time stamp is the content's, fonts
   are fixed, and nothing of the machine or the clock enters.
2. All content reaches the template as JSON data; no text of it is ever read as markup, and nothing
   is fetched or read from files but the template and the fonts.
3. What the compiler warns about is refused like what it cannot do: a report with a missing glyph
   or picture is no report.

The data behind the pages are attached as ``report.json`` (``attachment.py``).

Source: ISO 19005-3:2012 (PDF/A-3, level A); ISO 14289-1:2014 (PDF/UA-1).
"""

import json
from importlib import metadata, resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import typst

from adapters.reports.attachment import attachment
from adapters.reports.content import ReportContent
from adapters.reports.layout import place
from adapters.reports.pictures import decode
from adapters.reports.typeface import copy_fonts, printable
from domain.errors import MalformedInput

TEMPLATE: Final = "report.typ"
VERSION: Final = "2"

_MICROSECONDS: Final = 1_000_000


def renderer() -> str:
    """Return name and version of what makes the document, for the record."""
    return f"vultus-report/{VERSION} typst {metadata.version('typst')}"


def render_report(content: ReportContent) -> bytes:
    """Return the report as PDF.

    Raises:
        MalformedInput: a picture cannot be decoded, or the document cannot be made of it.
        Unavailable: the report's typeface is not installed.
    """
    evidence = attachment(content)
    pictures = tuple(decode(each) for each in content.images)
    maps = tuple(decode(each.image) for each in content.maps)
    placed = place(content, pictures, evidence, printable, maps=maps)
    template = resources.files("adapters.reports").joinpath(TEMPLATE).read_bytes()
    with TemporaryDirectory(prefix="vultus-fonts-") as folder:
        # The folder holds fonts alone: pictures and texts stay in memory.
        copy_fonts(Path(folder))
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder]
        )
        compiler = typst.Compiler(template, root=folder, font_paths=fonts, ignore_system_fonts=True)
        try:
            document, warnings = compiler.compile_with_warnings(
                format="pdf",
                sys_inputs={"report": json.dumps(placed, ensure_ascii=False)},
                pdf_standards=["a-3a", "ua-1"],
                timestamp=content.issued_at.instant.us // _MICROSECONDS,
            )
        except typst.TypstError as error:
            raise MalformedInput(f"the report cannot be made: {error.message}") from error
    if warnings or not isinstance(document, bytes):
        faults = "; ".join(each.message for each in warnings)
        raise MalformedInput(f"the report cannot be made whole: {faults}")
    return document
