"""Stored image bytes to linear and encoded pixels.

Rules kept here:

1. Limits come first: byte count, then pixel count from the header, then decoding.  A header's claim
   never allocates memory beyond the limit.
2. Only what is certain is decoded: PNG and JPEG, three channels, sRGB, upright.  Everything else is
   refused with the rule, what was found, and what to do; nothing is converted silently.
3. The pixel decoder sees no metadata (``structure.py``), and no metadata leaves this module beyond
   the facts of the encoding.
4. "Declared sRGB" and "declared nothing" are different facts, and both are kept.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour import srgb_to_linear
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.jpeg import START as JPEG_START
from adapters.imaging.jpeg import read_jpeg
from adapters.imaging.pixels import EncodedRgb, LinearRgb
from adapters.imaging.png import SIGNATURE as PNG_SIGNATURE
from adapters.imaging.png import read_png
from adapters.imaging.refusal import malformed
from adapters.imaging.structure import ImageFormat, ImageStructure

MAXIMUM_BYTES: Final = 160 << 20
"""More than a 25 megapixel 16-bit PNG that does not compress at all."""

MAXIMUM_PIXELS: Final = 25_000_000
MINIMUM_SIDE: Final = 16

_TO_LINEAR_8: Final = srgb_to_linear(np.arange(256) / 255).astype(np.float32)
_FILLER: Final = 128
_FILLER_SIDE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingFacts:
    """How the stored bytes are encoded; holds nothing about the person or the place.

    Attributes:
        media_type: ``image/png`` or ``image/jpeg``, from the bytes.
        width: Columns.
        height: Rows.
        bit_depth: Bits per channel, 8 or 16.
        colour_encoding: Always ``sRGB``.
        colour_claim: What declared it, or ``undeclared``.
        trailing_bytes: Bytes after the end of the image, ignored but noted.
        metadata_bytes: Bytes of metadata that were not decoded.
    """

    media_type: str
    width: int
    height: int
    bit_depth: int
    colour_encoding: str
    colour_claim: str
    trailing_bytes: int
    metadata_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecodedImage:
    """One picture, once proportional to light and once as encoded."""

    linear: LinearRgb
    encoded: EncodedRgb
    facts: EncodingFacts

    @property
    def width(self) -> int:
        """Columns."""
        return self.facts.width

    @property
    def height(self) -> int:
        """Rows."""
        return self.facts.height


def decode(
    content: bytes,
    *,
    declared_media_type: str | None = None,
    maximum_bytes: int = MAXIMUM_BYTES,
    maximum_pixels: int = MAXIMUM_PIXELS,
) -> DecodedImage:
    """Return the picture stored in ``content``.

    Raises:
        MalformedInput: the bytes are not one upright sRGB picture within the limits.
    """
    fix_arithmetic()
    structure = read_structure(
        content, declared_media_type=declared_media_type, maximum_bytes=maximum_bytes
    )
    _require_size(structure, maximum_pixels)
    pixels = _pixels(structure)
    if structure.bit_depth == 16:  # noqa: PLR2004 - bits
        linear = srgb_to_linear(np.arange(65536) / 65535).astype(np.float32)[pixels]
        encoded = ((pixels.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    else:
        linear = np.asarray(cv2.LUT(pixels, _TO_LINEAR_8), dtype=np.float32)
        encoded = np.asarray(pixels, dtype=np.uint8)
    return DecodedImage(
        linear=LinearRgb(linear),
        encoded=EncodedRgb(encoded),
        facts=EncodingFacts(
            media_type=structure.format.value,
            width=structure.width,
            height=structure.height,
            bit_depth=structure.bit_depth,
            colour_encoding="sRGB",
            colour_claim=structure.colour_claim.value,
            trailing_bytes=structure.trailing_bytes,
            metadata_bytes=structure.metadata_bytes,
        ),
    )


def read_structure(
    content: bytes,
    *,
    declared_media_type: str | None = None,
    maximum_bytes: int = MAXIMUM_BYTES,
) -> ImageStructure:
    """Return what the container says, without decoding a pixel.

    Raises:
        MalformedInput: as ``decode``, for everything that shows before decoding.
    """
    if not content:
        raise malformed("image.empty", "there are no bytes", "Send the image")
    if len(content) > maximum_bytes:
        raise malformed(
            "image.bytes",
            f"the image has {len(content)} bytes, more than {maximum_bytes}",
            "Send a smaller image",
        )
    if content.startswith(PNG_SIGNATURE):
        structure = read_png(content)
    elif content.startswith(JPEG_START):
        structure = read_jpeg(content)
    else:
        raise malformed(
            "image.format",
            f"the bytes start with {content[:8].hex()}, which is neither PNG nor JPEG",
            "Send PNG or JPEG",
        )
    if declared_media_type is not None and declared_media_type != structure.format.value:
        raise malformed(
            "image.media_type",
            f"the bytes are {structure.format.value}, declared as another type",
            "Declare the type the bytes have",
        )
    return structure


def _require_size(structure: ImageStructure, maximum_pixels: int) -> None:
    """Refuse pictures too large to decode safely or too small to be one."""
    width, height = structure.width, structure.height
    if width * height > maximum_pixels:
        raise malformed(
            "image.pixels",
            f"the header claims {width}x{height} pixels, more than {maximum_pixels}",
            "Send a picture from the station's camera",
        )
    if min(width, height) < MINIMUM_SIDE:
        raise malformed(
            "image.pixels",
            f"the picture is {width}x{height}, smaller than {MINIMUM_SIDE} on a side",
            "Send a picture from the station's camera",
        )


def _pixels(structure: ImageStructure) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Decode the pixel stream to (rows, columns, 3) uint8 or uint16, red first."""
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    if structure.bit_depth == 16:  # noqa: PLR2004 - bits
        flags |= cv2.IMREAD_ANYDEPTH
    try:
        pixels = cv2.imdecode(np.frombuffer(structure.pixel_stream, dtype=np.uint8), flags)
    except cv2.error as failure:
        raise _undecodable(structure) from failure
    if pixels is None or pixels.shape != (structure.height, structure.width, 3):
        raise _undecodable(structure)
    if structure.format is ImageFormat.JPEG and _tail_is_filler(pixels):
        raise malformed(
            "image.truncated",
            "the last block of the JPEG is the decoder's filler, so coded data is missing",
            "Transfer the file again",
        )
    if structure.bit_depth == 16:  # noqa: PLR2004 - bits
        return np.asarray(pixels, dtype=np.uint16)
    return np.asarray(pixels, dtype=np.uint8)


def _tail_is_filler(pixels: NDArray[np.generic]) -> bool:
    """Say whether the last block is the flat mid-grey a decoder puts where data is missing."""
    tail = pixels[-_FILLER_SIDE:, -_FILLER_SIDE:]
    return bool((np.asarray(tail) == _FILLER).all())


def _undecodable(structure: ImageStructure) -> Exception:
    return malformed(
        "image.data",
        f"the {structure.format.value} data does not decode to "
        f"{structure.width}x{structure.height} RGB pixels",
        "Transfer or export the file again",
    )
