"""Fixed binary encodings: unsigned integers and length-prefixed fields.

Rules kept here:

1. Every variable field carries its length, so no two lists of fields share one encoding.
2. Everything has exactly one encoding; a reader refuses every other one.
3. A reader refuses bytes that end early and bytes left over.

Source: ``SPECIFICATION.md``, section 1.
"""

import re
import struct
from functools import lru_cache
from typing import Final

from domain.errors import MalformedInput

U64_MAX: Final = (1 << 64) - 1
FIELD_MAX: Final = (1 << 32) - 1
DIGEST_SIZE: Final = 32
HEADER_TEXT_MAX: Final = 255

_PACK_LENGTH: Final = struct.Struct(">I").pack
_UNPACK_LENGTH: Final = struct.Struct(">I").unpack_from
_PACK_U64: Final = struct.Struct(">Q").pack
_PACK_U64_FIELD: Final = struct.Struct(">IQ").pack
_ABSENT: Final = bytes(4)
_DIGEST_PREFIX: Final = "sha256:"
_DIGEST_TEXT: Final = re.compile(r"sha256:[0-9a-f]{64}")
_LENGTH_SIZE: Final = 4
_U64_SIZE: Final = 8


def u64(value: int) -> bytes:
    """Encode an unsigned integer as eight bytes, big-endian.

    Raises:
        MalformedInput: the value is negative or needs more than 64 bits.
    """
    try:
        return _PACK_U64(value)
    except struct.error as error:
        raise MalformedInput(f"{value} is not an unsigned 64-bit integer") from error


def lp(field: bytes) -> bytes:
    """Encode a field as its length in four big-endian bytes, then its bytes.

    Raises:
        MalformedInput: the field is longer than 2³² - 1 bytes.
    """
    if len(field) > FIELD_MAX:
        raise MalformedInput(f"a field of {len(field)} bytes has no 32-bit length")
    return _PACK_LENGTH(len(field)) + field


def lp_u64(value: int) -> bytes:
    """Encode an unsigned integer as a length-prefixed field of eight bytes.

    Raises:
        MalformedInput: the value is negative or needs more than 64 bits.
    """
    try:
        return _PACK_U64_FIELD(_U64_SIZE, value)
    except struct.error as error:
        raise MalformedInput(f"{value} is not an unsigned 64-bit integer") from error


def lp_text(text: str) -> bytes:
    """Encode a text as a length-prefixed field of its UTF-8 bytes.

    Raises:
        MalformedInput: the text holds a lone surrogate and so has no UTF-8 form.
    """
    try:
        return lp(text.encode())
    except UnicodeEncodeError as error:
        raise MalformedInput("a text field holds a lone surrogate") from error


# Streams, names, actors and keys come again and again; each is checked and encoded once.
@lru_cache(maxsize=1 << 14)
def lp_header_text(text: str) -> bytes:
    """Encode a text of a header as a length-prefixed field.

    Raises:
        MalformedInput: it is empty, too long or not printable ASCII.
    """
    if not (text.isascii() and text.isprintable()):
        raise MalformedInput("a header text is not printable ASCII")
    if not 0 < len(text) <= HEADER_TEXT_MAX:
        raise MalformedInput(f"a header text is empty or longer than {HEADER_TEXT_MAX}")
    return lp(text.encode())


def digest_text(digest: bytes) -> str:
    """Write a SHA-256 digest as ``sha256:`` and 64 lower-case hexadecimal digits."""
    return f"{_DIGEST_PREFIX}{digest.hex()}"


def parse_digest(text: str) -> bytes:
    """Read a SHA-256 digest from its text form.

    Raises:
        MalformedInput: the text is not ``sha256:`` and 64 lower-case hexadecimal digits.
    """
    if not _DIGEST_TEXT.fullmatch(text):
        raise MalformedInput("a digest is written sha256: and 64 lower-case hexadecimal digits")
    return bytes.fromhex(text.removeprefix(_DIGEST_PREFIX))


def lp_optional_u64(value: int | None) -> bytes:
    """Encode an unsigned integer as a field, or None as an absent field.

    Raises:
        MalformedInput: the value is negative or needs more than 64 bits.
    """
    return _ABSENT if value is None else lp_u64(value)


def lp_optional_text(text: str | None) -> bytes:
    """Encode a text as a field, or None as an absent field.

    Raises:
        MalformedInput: the text holds a lone surrogate and so has no UTF-8 form.
    """
    return _ABSENT if text is None else lp_text(text)


def split_fields(data: bytes, count: int) -> list[bytes]:
    """Split bytes that consist of exactly so many length-prefixed fields.

    Raises:
        MalformedInput: the bytes end early, or bytes are left over.
    """
    fields: list[bytes] = []
    at = 0
    try:
        for _ in range(count):
            (size,) = _UNPACK_LENGTH(data, at)
            fields.append(data[at + _LENGTH_SIZE : at + _LENGTH_SIZE + size])
            at += _LENGTH_SIZE + size
    except struct.error as error:
        raise MalformedInput(f"the bytes end too early, at byte {len(data)}") from error
    if at != len(data):
        raise MalformedInput(f"the fields take {at} bytes, and there are {len(data)}")
    return fields


def to_u64(field: bytes) -> int:
    """Return the unsigned integer that a field holds.

    Raises:
        MalformedInput: the field does not have eight bytes; it may be absent.
    """
    if len(field) != _U64_SIZE:
        raise MalformedInput(f"an integer field has {len(field)} bytes instead of 8")
    return int.from_bytes(field, "big")


class Reader:
    """Reads fields from bytes, in order, and refuses whatever does not fit exactly.

    Every method but ``finish`` raises ``MalformedInput`` when the bytes end early.
    """

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        """Start at the first byte."""
        self._data = data
        self._position = 0

    def take(self, count: int) -> bytes:
        """Read exactly ``count`` bytes."""
        end = self._position + count
        if end > len(self._data):
            missing = end - len(self._data)
            raise MalformedInput(f"the bytes end {missing} too early, at byte {len(self._data)}")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def field(self) -> bytes:
        """Read one length-prefixed field; an absent field is empty."""
        return self.take(int.from_bytes(self.take(_LENGTH_SIZE), "big"))

    def text_field(self) -> str:
        """Read one length-prefixed text, which is never empty."""
        try:
            text = self.field().decode()
        except UnicodeDecodeError as error:
            raise MalformedInput("a text field is not UTF-8") from error
        if not text:
            raise MalformedInput("a required text field is absent")
        return text

    def finish(self) -> None:
        """Refuse bytes that nobody read.

        Raises:
            MalformedInput: bytes are left over.
        """
        left = len(self._data) - self._position
        if left:
            raise MalformedInput(f"{left} bytes are left over after the last field")
