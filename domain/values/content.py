"""Large content by digest: images, depth maps, models, reports.

Rules kept here:

1. Content is named by SHA-256 over its own bytes, before any encryption.
2. An image reference says what the pixels mean without holding them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Self

from domain.errors import MalformedInput

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_VIEW = re.compile(r"[a-z][a-z-]*")
LONGEST_SIDE_PX = 16_384


class Digest(str):
    """SHA-256 in text form: ``sha256:`` and 64 lower-case hexadecimal digits."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Refuse any other form.

        Raises:
            MalformedInput: the text is not a digest.
        """
        if not _DIGEST.fullmatch(text):
            message = "a digest is written sha256: and 64 lower-case hexadecimal digits"
            raise MalformedInput(message)
        return super().__new__(cls, text)

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Return the digest of the content."""
        return cls(f"sha256:{sha256(content).hexdigest()}")

    @classmethod
    def from_raw(cls, raw: bytes) -> Self:
        """Return the text form of 32 raw bytes."""
        return cls(f"sha256:{raw.hex()}")

    @property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self[7:])


class CaptureView(str):
    """One required pose, as an extensible code such as ``frontal`` or ``left-oblique``."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Refuse what is not a lower-case code.

        Raises:
            MalformedInput: the text is not a code.
        """
        if not _VIEW.fullmatch(text):
            message = "a capture view is a lower-case code such as frontal or left-oblique"
            raise MalformedInput(message)
        return super().__new__(cls, text)


class FrameRole(StrEnum):
    """Which camera saw the frame."""

    LEFT = "left"
    RIGHT = "right"
    SINGLE = "single"


class ColourEncoding(StrEnum):
    """How pixel values encode colour."""

    SRGB = "sRGB"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentReference:
    """Content by digest.

    Attributes:
        digest: SHA-256 over the content's own bytes.
        size_bytes: Number of bytes, at least 1.
        media_type: Such as ``image/png``.
    """

    digest: Digest
    size_bytes: int
    media_type: str

    def __post_init__(self) -> None:
        """Refuse empty content and unreadable media types."""
        if self.size_bytes < 1:
            message = "content has at least one byte"
            raise MalformedInput(message)
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            message = "a media type is written like image/png"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """An image without its pixels.

    Attributes:
        content: The stored bytes.
        role: Which camera saw it.
        camera_serial: Serial number of the camera, absent for imported photographs.
        width_px: Columns, 1 to 16384.
        height_px: Rows, 1 to 16384.
        encoding: Colour encoding of the pixel values.
    """

    content: ContentReference
    role: FrameRole
    camera_serial: str | None
    width_px: int
    height_px: int
    encoding: ColourEncoding

    def __post_init__(self) -> None:
        """Refuse impossible sizes."""
        if not (1 <= self.width_px <= LONGEST_SIDE_PX and 1 <= self.height_px <= LONGEST_SIDE_PX):
            message = f"an image side has 1 to {LONGEST_SIDE_PX} pixels"
            raise MalformedInput(message)
