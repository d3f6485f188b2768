"""The structure of a JPEG file.

Rules kept here:

1. Every marker is walked to the end marker; a file without one is truncated, whatever a decoder
   could still show of it.
2. Only three components of 8 bits, baseline, extended or progressive Huffman coding, are accepted.
   Grey, CMYK, arithmetic, lossless and hierarchical coding are refused by name.
3. The number of scans is bounded: each scan makes a decoder visit every block again.
4. The decoder is given tables, frame, scans, and the two markers that tell YCbCr from RGB
   (``APP0``, ``APP14``) only.

Known gap: where entropy-coded data is missing in the *middle* but the end marker is there, the
structure is intact; ``decode.py`` recognises a missing tail by the decoder's filler.

Source: ITU-T T.81, annex B; ITU-T T.871 (JFIF); ICC.1:2022, annex B.4 (profiles in ``APP2``).
"""

import re
import struct
from dataclasses import dataclass, field
from typing import Final

from adapters.imaging import exif
from adapters.imaging.colour_profile import MAXIMUM_PROFILE_BYTES, require_srgb
from adapters.imaging.refusal import malformed
from adapters.imaging.structure import ColourClaim, ImageFormat, ImageStructure

START: Final = b"\xff\xd8"
MAXIMUM_SCANS: Final = 64

_END: Final = 0xD9
_START_OF_SCAN: Final = 0xDA
_DEFINE_LINES: Final = 0xDC
_ACCEPTED_FRAMES: Final = {0xC0, 0xC1, 0xC2}
_FRAMES: Final = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_TABLES: Final = {0xC4, 0xDB, 0xDD}
_APPLICATION: Final = range(0xE0, 0xF0)
_COMMENT: Final = 0xFE
_COMPONENTS: Final = {1: "grey", 4: "CMYK"}
_RGB: Final = 3
_NEXT_MARKER: Final = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_EXIF: Final = b"Exif\0\0"
_ICC: Final = b"ICC_PROFILE\0"


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What has been seen so far."""

    kept: list[bytes] = field(default_factory=lambda: [START])
    metadata_bytes: int = 0
    scans: int = 0
    frame: bytes | None = None
    exif_block: bytes | None = None
    profile_parts: dict[int, bytes] = field(default_factory=dict)


def read_jpeg(content: bytes) -> ImageStructure:
    """Walk a JPEG file and return its structure.

    Raises:
        MalformedInput: the file is truncated, damaged, or not three-component sRGB.
    """
    walk = _Walk()
    position = len(START)
    while True:
        marker, position = _marker(content, position)
        if marker == _END:
            break
        (length,) = struct.unpack(">H", _exactly(content, position, 2))
        body = _exactly(content, position, length)[2:]
        position += length
        segment = bytes([0xFF, marker]) + content[position - length : position]
        if marker == _START_OF_SCAN:
            position = _scan(content, position, segment, walk)
        else:
            _segment(marker, body, segment, walk)
    if walk.frame is None or walk.scans == 0:
        raise _damaged("there is no picture before the end marker")
    _, height, width, _ = struct.unpack_from(">BHHB", walk.frame)
    return ImageStructure(
        format=ImageFormat.JPEG,
        width=width,
        height=height,
        bit_depth=8,
        colour_claim=_colour_claim(walk),
        trailing_bytes=len(content) - position,
        metadata_bytes=walk.metadata_bytes,
        pixel_stream=b"".join([*walk.kept, b"\xff\xd9"]),
    )


def _marker(content: bytes, position: int) -> tuple[int, int]:
    """Return the marker at a position and where its segment starts."""
    if _exactly(content, position, 1) != b"\xff":
        raise _damaged("bytes between segments are not a marker")
    while _exactly(content, position, 1) == b"\xff":
        position += 1
    return content[position], position + 1


def _exactly(content: bytes, position: int, length: int) -> bytes:
    """Return ``length`` bytes or refuse the file as truncated."""
    piece = content[position : position + length]
    if len(piece) < length:
        raise malformed(
            "image.truncated",
            f"the JPEG file ends after {len(content)} bytes without its end marker",
            "Transfer the file again",
        )
    return piece


def _scan(content: bytes, position: int, segment: bytes, walk: _Walk) -> int:
    """Skip entropy-coded data; return the position of the next marker."""
    if walk.frame is None:
        raise _damaged("a scan comes before the frame header")
    walk.scans += 1
    if walk.scans > MAXIMUM_SCANS:
        raise malformed(
            "image.jpeg.scans",
            f"the picture has more than {MAXIMUM_SCANS} scans",
            "Export the image as baseline JPEG or PNG",
        )
    found = _NEXT_MARKER.search(content, position)
    end = len(content) if found is None else found.start()
    walk.kept += [segment, content[position:end]]
    return end


def _segment(marker: int, body: bytes, segment: bytes, walk: _Walk) -> None:
    """Take in one segment that is not a scan."""
    if marker in _FRAMES:
        if walk.frame is not None:
            raise _damaged("there are two frame headers")
        _require_frame(marker, body)
        walk.frame = body
        walk.kept.append(segment)
    elif marker in _TABLES:
        walk.kept.append(segment)
    elif marker in _APPLICATION or marker == _COMMENT:
        kept = marker == 0xE0 or (marker == 0xEE and body.startswith(b"Adobe"))  # noqa: PLR2004
        if kept:
            walk.kept.append(segment)
        else:
            walk.metadata_bytes += len(segment)
        if marker == 0xE1 and body.startswith(_EXIF):  # noqa: PLR2004 - APP1
            walk.exif_block = body[len(_EXIF) :]
        if marker == 0xE2 and body.startswith(_ICC):  # noqa: PLR2004 - APP2
            number = body[len(_ICC)] if len(body) > len(_ICC) else 0
            walk.profile_parts[number] = body[len(_ICC) + 2 :]
    else:
        reason = "line count" if marker == _DEFINE_LINES else "marker"
        raise _damaged(f"the file has an unsupported {reason} segment 0x{marker:02x}")


def _require_frame(marker: int, body: bytes) -> None:
    """Refuse frames that are not three 8-bit Huffman-coded components."""
    if marker not in _ACCEPTED_FRAMES:
        raise malformed(
            "image.jpeg.coding",
            f"the coding process 0x{marker:02x} is arithmetic, lossless or hierarchical",
            "Export the image as baseline JPEG or PNG",
        )
    if len(body) < 6:  # noqa: PLR2004 - fixed part of the frame header
        raise _damaged("the frame header is short")
    precision, height, width, components = struct.unpack_from(">BHHB", body)
    if components in _COMPONENTS:
        raise malformed(
            "image.colour_encoding",
            f"the picture is {_COMPONENTS[components]}, not RGB",
            "Export the image as RGB",
        )
    if components != _RGB or len(body) != 6 + 3 * components or min(width, height) < 1:
        raise _damaged("the frame header has values that are not supported")
    if precision != 8:  # noqa: PLR2004 - bits
        raise malformed(
            "image.bit_depth",
            f"the JPEG has {precision} bits per channel, not 8",
            "Export the image as 8-bit JPEG or as PNG",
        )


def _colour_claim(walk: _Walk) -> ColourClaim:
    """Return what declares sRGB, or refuse another declaration."""
    facts = exif.ExifFacts(orientation=None, colour_space=None)
    if walk.exif_block is not None:
        facts = exif.read_exif(walk.exif_block)
        exif.require_upright(facts)
    if walk.profile_parts:
        profile = b"".join(part for _, part in sorted(walk.profile_parts.items()))
        require_srgb(profile[:MAXIMUM_PROFILE_BYTES])
        return ColourClaim.PROFILE
    exif.require_srgb_space(facts)
    return ColourClaim.EXIF if facts.declares_srgb else ColourClaim.UNDECLARED


def _damaged(evidence: str) -> Exception:
    return malformed("image.jpeg", evidence, "Transfer or export the file again")
