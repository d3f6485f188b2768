"""The text on a PDF's pages, read from its content streams by code that shares nothing with ours.

Only what the report's PDF uses is read: a classic cross-reference table, Flate streams, fonts with
two-byte codes and a ToUnicode map. Anything else fails loudly.

Source: ISO 32000-1:2008, 7.3.4.2 (strings), 9.4.3 (showing text), 9.10.3 (ToUnicode).
"""

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"\n(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_FONT = re.compile(rb"/(f\d+) [\d.]+ Tf")
_HEXADECIMAL = re.compile(rb"<([0-9A-Fa-f]+)>")
_SHOWN_ALONE = re.compile(rb"\s*Tj")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def objects(pdf: bytes) -> dict[int, bytes]:
    """Return every object's bytes by number."""
    return {int(found[1]): found[2] for found in _OBJECT.finditer(pdf)}


def stream(content: bytes) -> bytes:
    """Return an object's stream, decompressed."""
    _, _, data = content.partition(b"stream")
    return zlib.decompressobj().decompress(data.lstrip(b"\r\n"))


def pages(pdf: bytes) -> list[str]:
    """Return each page's text, headers and footers included, in page order, without spaces.

    Spaces are taken out because lines are broken where the layout wants; compare with ``squeezed``.
    """
    parts = objects(pdf)
    tree = next(each for each in parts.values() if b"/Type/Pages" in each and b"/Kids" in each)
    numbers = [int(each) for each in re.findall(rb"(\d+) 0 R", _after(tree, b"/Kids"))]
    return [squeezed(_page(parts, parts[number])) for number in numbers]


def squeezed(text: str) -> str:
    """Return the text without white space and break opportunities."""
    return re.sub(r"[\s\u200b]+", "", text)


def attachments(pdf: bytes) -> list[bytes]:
    """Return the embedded files."""
    return [stream(each) for each in objects(pdf).values() if b"/Type/EmbeddedFile" in each]


def _page(parts: dict[int, bytes], page: bytes) -> str:
    resources = parts[_reference(page, b"/Resources")]
    fonts = dict(re.findall(rb"/(f\d+) (\d+) 0 R", _after(resources, b"/Font")))
    maps = {
        name: _characters(stream(parts[_reference(parts[int(number)], b"/ToUnicode")]))
        for name, number in fonts.items()
    }
    return "".join(
        "".join(maps[font][codes[at : at + 2]] for at in range(0, len(codes), 2)) + " "
        for font, codes in _strings(stream(parts[_reference(page, b"/Contents")]))
    )


def _strings(shown: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each string that is shown, with the name of its font."""
    font, at, in_array = b"", 0, False
    while at < len(shown):
        each = shown[at : at + 1]
        if each == b"(":
            codes, at = _literal(shown, at + 1)
            # Strings shown by no operator are properties, such as a language.
            if in_array or _SHOWN_ALONE.match(shown, at):
                yield font, codes
        elif found := _HEXADECIMAL.match(shown, at):
            at = found.end()
            if in_array or _SHOWN_ALONE.match(shown, at):
                yield font, bytes.fromhex(found[1].decode())
        elif each in b"[]":
            in_array = each == b"["
            at += 1
        elif found := _FONT.match(shown, at):
            font, at = found[1], found.end()
        else:
            at += 1


def _literal(shown: bytes, at: int) -> tuple[bytes, int]:
    """Read a literal string up to its closing parenthesis; balanced ones may stand inside."""
    codes, depth = bytearray(), 1
    while True:
        each = shown[at : at + 1]
        at += 1
        if each == b"\\":
            octal = re.match(rb"[0-7]{1,3}", shown[at : at + 3])
            length = octal.end() if octal else 1
            escaped = shown[at : at + length]
            codes += bytes([int(escaped, 8)]) if octal else _ESCAPED.get(escaped, escaped)
            at += length
            continue
        depth += (each == b"(") - (each == b")")
        if depth == 0:
            return bytes(codes), at
        codes += each


def _characters(cmap: bytes) -> dict[bytes, str]:
    """Read a ToUnicode map of single codes."""
    assert b"beginbfrange" not in cmap
    pairs = re.findall(rb"^<([0-9A-F]{4})> <([0-9A-F]+)>$", cmap, re.MULTILINE)
    return {
        bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in pairs
        if text != b"FFFF" or code != b"0000"  # the code space line looks the same
    }


def _after(content: bytes, key: bytes) -> bytes:
    """Return what stands after a key, up to the end of its array or dictionary."""
    return re.split(rb"\]|>>", content.split(key, 1)[1], maxsplit=1)[0]


def _reference(content: bytes, key: bytes) -> int:
    found = re.search(re.escape(key) + rb" (\d+) 0 R", content)
    assert found is not None
    return int(found[1])
