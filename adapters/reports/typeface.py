"""The report's typeface, read as files, and which characters it can show.

Rules kept here:

1. Only these font files and those inside the pinned compiler are used; fonts of the machine never
   are, so bytes do not depend on it.
2. A character the typeface cannot show, or that would steer how others are shown, is written as its
   code point, such as ``[U+4E2D]``: never dropped, never replaced by a look-alike.

Known gap: Latin is covered by the typeface, Greek and Cyrillic by the fixed-width one that the
compiler carries; other scripts are written as code points. The attached data hold the original.

Source: OpenType 1.9.1, "cmap", formats 4 and 12.
"""

import functools
import importlib.util
import shutil
import struct
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from domain.errors import Unavailable

PACKAGE: Final = "font_source_sans_pro"
FAMILY: Final = "Source Sans Pro"
FALLBACK_FAMILY: Final = "DejaVu Sans Mono"  # inside the compiler
FILES: Final = (
    "SourceSansPro-Regular.ttf",
    "SourceSansPro-It.ttf",
    "SourceSansPro-Semibold.ttf",
    "SourceSansPro-Bold.ttf",
)
ZERO_WIDTH_SPACE: Final = "\u200b"
LONGEST_UNBROKEN: Final = 24

# What the fallback shows and text here needs; a test renders every one of them.
_FALLBACK_RANGES: Final = (
    range(0x0374, 0x03CF),  # Greek
    range(0x0400, 0x0460),  # Cyrillic
    range(0x2070, 0x20A0),  # superscripts and subscripts
    range(0x2190, 0x219A),  # arrows
)
_NOT_SHOWN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})

_SEGMENTS_FORMAT: Final = 4
_GROUPS_FORMAT: Final = 12
_UNICODE_PLATFORMS: Final = frozenset({(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)})


def copy_fonts(folder: Path) -> None:
    """Copy the report's font files, and no others, into a folder.

    Raises:
        Unavailable: the font package is not installed.
    """
    for name in FILES:
        shutil.copyfile(_font_folder() / name, folder / name)


def printable(text: str) -> str:
    """Return the text as the typeface can show it, in composed form, long words breakable."""
    shown = "".join(
        each if each == "\n" or each in characters() else f"[U+{ord(each):04X}]"
        for each in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    )
    return "".join(_breakable(word) for word in _words(shown))


@functools.cache
def characters() -> frozenset[str]:
    """Return the characters that every weight of the typeface, or the fallback, can show.

    Raises:
        Unavailable: the font package is not installed.
    """
    covered = [set(_code_points((_font_folder() / name).read_bytes())) for name in FILES]
    codes = set.intersection(*covered).union(*_FALLBACK_RANGES)
    # Controls, and format characters such as bidirectional overrides, have no picture.
    return frozenset(
        each for each in map(chr, codes) if unicodedata.category(each) not in _NOT_SHOWN
    )


def _font_folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise Unavailable("the report's typeface is not installed")
    return Path(found.origin).parent / "files"


def _words(text: str) -> Iterator[str]:
    """Yield words and the single spaces or line ends between them, in order."""
    word = ""
    for each in text:
        if each in " \n":
            yield word
            yield each
            word = ""
        else:
            word += each
    yield word


def _breakable(word: str) -> str:
    """Let a word longer than any column be broken, without a hyphen that is not in it."""
    if len(word) <= LONGEST_UNBROKEN:
        return word
    starts = range(0, len(word), LONGEST_UNBROKEN // 2)
    return ZERO_WIDTH_SPACE.join(word[at : at + LONGEST_UNBROKEN // 2] for at in starts)


def _code_points(font: bytes) -> Iterator[int]:
    """Yield the code points that a font maps to a glyph."""
    (table_count,) = struct.unpack_from(">H", font, 4)
    tables = {
        font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0]
        for at in range(12, 12 + 16 * table_count, 16)
    }
    cmap = tables[b"cmap"]
    (subtable_count,) = struct.unpack_from(">H", font, cmap + 2)
    for index in range(subtable_count):
        platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * index)
        if (platform, encoding) not in _UNICODE_PLATFORMS:
            continue
        (table_format,) = struct.unpack_from(">H", font, cmap + offset)
        if table_format == _SEGMENTS_FORMAT:
            yield from _segments(font, cmap + offset)
        elif table_format == _GROUPS_FORMAT:
            yield from _groups(font, cmap + offset)


def _segments(font: bytes, at: int) -> Iterator[int]:
    (twice_count,) = struct.unpack_from(">H", font, at + 6)
    ends_at, starts_at = at + 14, at + 16 + twice_count
    deltas_at, offsets_at = starts_at + twice_count, starts_at + 2 * twice_count
    for place in range(0, twice_count, 2):
        (end,) = struct.unpack_from(">H", font, ends_at + place)
        (start,) = struct.unpack_from(">H", font, starts_at + place)
        (delta,) = struct.unpack_from(">H", font, deltas_at + place)
        (offset,) = struct.unpack_from(">H", font, offsets_at + place)
        for code in range(start, end + 1):
            if offset == 0:
                glyph = code + delta & 0xFFFF
            else:
                glyph_at = offsets_at + place + offset + 2 * (code - start)
                if glyph_at + 2 > len(font):  # the closing segment 0xFFFF points past the end
                    continue
                (glyph,) = struct.unpack_from(">H", font, glyph_at)
            if glyph:
                yield code


def _groups(font: bytes, at: int) -> Iterator[int]:
    (group_count,) = struct.unpack_from(">I", font, at + 12)
    for index in range(group_count):
        start, end, glyph = struct.unpack_from(">III", font, at + 16 + 12 * index)
        yield from range(start if glyph else start + 1, end + 1)
