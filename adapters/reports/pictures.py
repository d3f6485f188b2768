"""Pictures of a report, decoded once in full, so that none is missing on the page.

Rules kept here:

1. A picture that cannot be decoded to its last byte is refused; the compiler would leave it out
   without a word.
2. A JPEG with embedded metadata is refused: its bytes would pass into the document, and with them
   whatever a camera wrote there.
"""

import io
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from adapters.reports.refusal import require
from adapters.reports.results import ReportImage
from domain.errors import MalformedInput

SIDE_MAX_PX: Final = 4096
_MEDIA_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg"}
_MODES: Final = frozenset({"L", "RGB", "RGBA"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that was decoded.

    Attributes:
        content: Its bytes, unchanged.
        media_type: ``image/png`` or ``image/jpeg``.
        width_px: Columns.
        height_px: Rows.
    """

    content: bytes = field(repr=False)
    media_type: str
    width_px: int
    height_px: int


def decode(image: ReportImage) -> Picture:
    """Decode a picture and return what the page needs of it.

    Raises:
        MalformedInput: it is no whole PNG or JPEG in grey or RGB, is too large, or holds metadata.
    """
    try:
        with Image.open(io.BytesIO(image.content), formats=tuple(_MEDIA_TYPES)) as opened:
            width_px, height_px = opened.size
            require(max(opened.size) <= SIDE_MAX_PX, f"a picture's side has up to {SIDE_MAX_PX} px")
            media_type = _MEDIA_TYPES[opened.format or ""]
            require(opened.mode in _MODES, "a picture is grey or RGB with 8 bits")
            described = media_type == "image/jpeg" and bool(
                opened.getexif() or "xmp" in opened.info
            )
            require(not described, "a picture holds no embedded metadata")
            opened.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise MalformedInput("a picture of the report cannot be decoded") from error
    return Picture(
        content=image.content, media_type=media_type, width_px=width_px, height_px=height_px
    )
