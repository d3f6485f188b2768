"""The structure of a PNG file.

Rules kept here:

1. Every chunk's length and checksum is checked, to the last byte of ``IEND``; a file that ends
   earlier is truncated, whatever a decoder could still show of it.
2. Only true-colour without alpha, 8 or 16 bits, is accepted.  Grey, palette, transparency and
   animation are refused by name.
3. The decoder is given ``IHDR``, ``IDAT`` and ``IEND`` only.

Source: Portable Network Graphics (PNG) Specification, third edition, W3C 2025, clauses 5 and 11.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from adapters.imaging import exif
from adapters.imaging.colour_profile import MAXIMUM_PROFILE_BYTES, require_srgb
from adapters.imaging.refusal import malformed
from adapters.imaging.structure import ColourClaim, ImageFormat, ImageStructure

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_COLOUR_TYPES: Final = {0: "grey", 3: "palette", 4: "grey with alpha", 6: "colour with alpha"}
_TRUE_COLOUR: Final = 2
_HEADER_LENGTH: Final = 13
_MAXIMUM_CHUNK: Final = (1 << 31) - 1
_SRGB_GAMMA: Final = 45455
_GAMMA_TOLERANCE: Final = 1000
_SRGB_CHROMATICITIES: Final = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_CHROMATICITY_TOLERANCE: Final = 100
_SRGB_CODE_POINTS: Final = bytes([1, 13, 0, 1])
_REFUSED: Final = {
    b"tRNS": "transparency",
    b"acTL": "animation",
    b"fcTL": "animation",
    b"fdAT": "animation",
}


def read_png(content: bytes) -> ImageStructure:
    """Walk a PNG file and return its structure.

    Raises:
        MalformedInput: the file is truncated, damaged, or not true-colour sRGB.
    """
    kept: list[bytes] = [SIGNATURE]
    known: dict[bytes, bytes] = {}
    position = len(SIGNATURE)
    metadata_bytes = image_data_bytes = 0
    for name, body, raw in _chunks(content):
        position += len(raw)
        if not known and name != b"IHDR":
            raise _damaged("the first chunk is not IHDR")
        if name in _REFUSED:
            raise malformed(
                "image.png",
                f"the file has {_REFUSED[name]} (chunk {name.decode()})",
                "Export the image as one opaque RGB picture",
            )
        if name in (b"IHDR", b"IDAT", b"IEND"):
            kept.append(raw)
            image_data_bytes += len(body) if name == b"IDAT" else 0
        elif not name[0] & 0x20:
            raise malformed(
                "image.png",
                f"the file has a critical chunk {name.decode()} that true colour must not have",
                "Export the image as plain RGB",
            )
        else:
            metadata_bytes += len(raw)
        if name in known and name in (b"IHDR", b"sRGB", b"iCCP", b"cICP", b"gAMA", b"eXIf"):
            raise _damaged(f"chunk {name.decode()} appears twice")
        known[name] = body
    if image_data_bytes == 0:
        raise _damaged("there is no image data")
    width, height, bit_depth = _header(known[b"IHDR"])
    return ImageStructure(
        format=ImageFormat.PNG,
        width=width,
        height=height,
        bit_depth=bit_depth,
        colour_claim=_colour_claim(known),
        trailing_bytes=len(content) - position,
        metadata_bytes=metadata_bytes,
        pixel_stream=b"".join(kept),
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield name, body and raw bytes of each chunk up to and including ``IEND``."""
    position = len(SIGNATURE)
    while True:
        head = content[position : position + 8]
        if len(head) < 8:  # noqa: PLR2004 - length and name
            raise _truncated(len(content))
        length, name = struct.unpack(">I4s", head)
        if length > _MAXIMUM_CHUNK or not name.isalpha():
            raise _damaged("a chunk header is not a chunk header")
        end = position + 12 + length
        if end > len(content):
            raise _truncated(len(content))
        body = content[position + 8 : end - 4]
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(body, zlib.crc32(name)) != checksum:
            raise _damaged(f"the checksum of chunk {name.decode()} does not match")
        yield name, body, content[position:end]
        if name == b"IEND":
            return
        position = end


def _header(body: bytes) -> tuple[int, int, int]:
    """Return width, height and bits per channel."""
    if len(body) != _HEADER_LENGTH:
        raise _damaged("IHDR has the wrong length")
    width, height, bit_depth, colour, compression, filtering, interlace = struct.unpack(
        ">IIBBBBB", body
    )
    if colour in _COLOUR_TYPES:
        raise malformed(
            "image.colour_encoding",
            f"the picture is {_COLOUR_TYPES[colour]}, not RGB",
            "Export the image as opaque RGB",
        )
    if (
        colour != _TRUE_COLOUR
        or bit_depth not in (8, 16)
        or (compression, filtering) != (0, 0)
        or interlace > 1
        or min(width, height) < 1
    ):
        raise _damaged("IHDR has values that PNG does not define")
    return width, height, bit_depth


def _colour_claim(known: dict[bytes, bytes]) -> ColourClaim:
    """Return what declares sRGB, most specific first, or refuse another declaration."""
    facts = exif.ExifFacts(orientation=None, colour_space=None)
    if b"eXIf" in known:
        facts = exif.read_exif(known[b"eXIf"])
        exif.require_upright(facts)
    if b"cICP" in known:
        if known[b"cICP"] != _SRGB_CODE_POINTS:
            raise _not_srgb(f"cICP says {known[b'cICP'].hex()}")
        return ColourClaim.CODING_POINTS
    if b"iCCP" in known:
        require_srgb(_inflated_profile(known[b"iCCP"]))
        return ColourClaim.PROFILE
    if b"sRGB" in known:
        return ColourClaim.SRGB_CHUNK
    _require_srgb_numbers(known)
    exif.require_srgb_space(facts)
    return ColourClaim.EXIF if facts.declares_srgb else ColourClaim.UNDECLARED


def _require_srgb_numbers(known: dict[bytes, bytes]) -> None:
    """Refuse a gamma or chromaticities other than those of sRGB."""
    if b"gAMA" in known:
        gamma = int.from_bytes(known[b"gAMA"], "big")
        if abs(gamma - _SRGB_GAMMA) > _GAMMA_TOLERANCE:
            raise _not_srgb(f"gAMA says {gamma}")
    if b"cHRM" in known:
        body = known[b"cHRM"]
        if len(body) != 4 * len(_SRGB_CHROMATICITIES):
            raise _damaged("cHRM has the wrong length")
        found = struct.unpack(">8I", body)
        pairs = zip(found, _SRGB_CHROMATICITIES, strict=True)
        if any(abs(value - wanted) > _CHROMATICITY_TOLERANCE for value, wanted in pairs):
            raise _not_srgb("cHRM names other primaries")


def _inflated_profile(body: bytes) -> bytes:
    """Return the profile inside ``iCCP``, inflating no more than a bounded size."""
    _, separator, packed = body.partition(b"\0")
    if not separator or packed[:1] != b"\0":
        raise _damaged("iCCP has no profile")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(packed[1:], MAXIMUM_PROFILE_BYTES)
    except zlib.error as damage:
        raise _damaged("iCCP does not inflate") from damage
    if inflater.unconsumed_tail:
        raise _damaged(f"iCCP inflates to more than {MAXIMUM_PROFILE_BYTES} bytes")
    return profile


def _truncated(length: int) -> Exception:
    return malformed(
        "image.truncated",
        f"the PNG file ends after {length} bytes without its end chunk",
        "Transfer the file again",
    )


def _damaged(evidence: str) -> Exception:
    return malformed("image.png", evidence, "Transfer or export the file again")


def _not_srgb(evidence: str) -> Exception:
    return malformed("image.colour_space", evidence, "Export the image again as sRGB")
