"""The two EXIF facts that change what a picture looks like: orientation and colour space.

Rules kept here:

1. Only these two tags are read; nothing else of EXIF is looked at, kept or passed on, because the
   rest can name people and places.
2. Reading is bounded: at most two directories of at most 256 entries, no pointer is followed
   twice.

Source: Exif 3.0 (CIPA DC-008), 4.6.4 orientation (0x0112), 4.6.5 colour space (0xA001);
TIFF 6.0, section 2.
"""

import struct
from dataclasses import dataclass
from typing import Final

from adapters.imaging.refusal import malformed

_ORIENTATION: Final = 0x0112
_EXIF_DIRECTORY: Final = 0x8769
_COLOUR_SPACE: Final = 0xA001
_MAXIMUM_ENTRIES: Final = 256
_SHORT: Final = 3
_UPRIGHT: Final = 1
_SRGB: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExifFacts:
    """What EXIF declares; ``None`` where it says nothing."""

    orientation: int | None
    colour_space: int | None

    @property
    def declares_srgb(self) -> bool:
        """Whether the colour space tag says sRGB."""
        return self.colour_space == _SRGB


def read_exif(block: bytes) -> ExifFacts:
    """Read orientation and colour space from a TIFF block (without the ``Exif`` marker).

    Raises:
        MalformedInput: the block is damaged.
    """
    try:
        order = {b"II*\0": "<", b"MM\0*": ">"}[block[:4]]
        (first,) = struct.unpack_from(f"{order}I", block, 4)
        directory = _directory(block, order, first)
        pointer = directory.get(_EXIF_DIRECTORY)
        inner = {} if pointer is None else _directory(block, order, pointer)
    except (struct.error, KeyError, ValueError) as damage:
        raise malformed(
            "image.exif",
            f"the EXIF block of {len(block)} bytes is damaged",
            "Export the image again without EXIF",
        ) from damage
    return ExifFacts(
        orientation=directory.get(_ORIENTATION),
        colour_space=inner.get(_COLOUR_SPACE, directory.get(_COLOUR_SPACE)),
    )


def require_upright(facts: ExifFacts) -> None:
    """Refuse an image that asks to be turned or mirrored for display.

    Turning it here would make our pixel coordinates differ from those of the stored bytes and of
    the camera's calibration, so the device must store upright pixels.

    Raises:
        MalformedInput: the orientation is anything but upright.
    """
    if facts.orientation not in (None, _UPRIGHT):
        raise malformed(
            "image.orientation",
            f"the EXIF orientation is {facts.orientation}, not upright (1)",
            "Store the pixels upright and leave the orientation out",
        )


def require_srgb_space(facts: ExifFacts) -> None:
    """Refuse an image whose EXIF names a colour space other than sRGB.

    Raises:
        MalformedInput: the tag says Adobe RGB or uncalibrated.
    """
    if facts.colour_space not in (None, _SRGB):
        raise malformed(
            "image.colour_space",
            f"the EXIF colour space is {facts.colour_space} (Adobe RGB or uncalibrated), not sRGB",
            "Export the image again as sRGB",
        )


def _directory(block: bytes, order: str, offset: int) -> dict[int, int]:
    """Return the single-valued short and long entries of one image file directory."""
    (count,) = struct.unpack_from(f"{order}H", block, offset)
    if count > _MAXIMUM_ENTRIES:
        raise ValueError("too many entries")
    entries = {}
    for index in range(count):
        at = offset + 2 + 12 * index
        tag, kind, length = struct.unpack_from(f"{order}HHI", block, at)
        if tag in (_ORIENTATION, _EXIF_DIRECTORY, _COLOUR_SPACE):
            if length != 1:
                raise ValueError("one value expected")
            form = "H" if kind == _SHORT else "I"
            (entries[tag],) = struct.unpack_from(f"{order}{form}", block, at + 8)
    return entries
