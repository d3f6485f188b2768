"""What the container of an image says about itself, before any pixel is decoded.

Rules kept here:

1. Structure is read by walking bytes; nothing is inflated or allocated by what a header claims.
2. What the pixel decoder is given holds only the segments it needs for pixels; metadata (EXIF,
   XMP, text, profiles, previews) is read here or not at all, and never travels onward.
3. ``ColourClaim`` keeps "declared sRGB" and "declared nothing" apart: unknown is not sRGB.
"""

from dataclasses import dataclass
from enum import Enum


class ImageFormat(Enum):
    """The containers this system reads; the value is the media type."""

    PNG = "image/png"
    JPEG = "image/jpeg"


class ColourClaim(Enum):
    """What made the pixels sRGB."""

    SRGB_CHUNK = "srgb chunk"
    CODING_POINTS = "coding-independent code points"
    PROFILE = "icc profile"
    EXIF = "exif colour space"
    UNDECLARED = "undeclared"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageStructure:
    """One image's container, checked from first to last byte.

    Attributes:
        width: Columns.
        height: Rows.
        bit_depth: Bits per channel, 8 or 16.
        colour_claim: What declared the colour encoding.
        trailing_bytes: Bytes after the end marker; they are never decoded.
        metadata_bytes: Bytes of segments that were left out of ``pixel_stream``.
        pixel_stream: The image with only the segments that a decoder needs.
    """

    format: ImageFormat
    width: int
    height: int
    bit_depth: int
    colour_claim: ColourClaim
    trailing_bytes: int
    metadata_bytes: int
    pixel_stream: bytes
