"""Image files, good and bad, made for the import of photographs."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms


def _pixels(seed: int = 1, side: int = 64) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def _saved(image: Image.Image, kind: str, **more: object) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **more)
    return held.getvalue()


def png(seed: int = 1, side: int = 64) -> bytes:
    """Return a photograph as PNG."""
    return _saved(_pixels(seed, side), "PNG")


def jpeg(seed: int = 1) -> bytes:
    """Return a photograph as JPEG."""
    return _saved(_pixels(seed), "JPEG", quality=92)


def cmyk() -> bytes:
    """Return a JPEG made for print."""
    return _saved(_pixels().convert("CMYK"), "JPEG")


def gif() -> bytes:
    """Return a GIF."""
    return _saved(_pixels(), "GIF")


def other_colours() -> bytes:
    """Return a JPEG that declares another colour space than sRGB."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return _saved(_pixels(), "JPEG", icc_profile=profile.tobytes())


def bomb() -> bytes:
    """Return a PNG whose header claims a picture of two thousand million pixels."""
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    return start + struct.pack(">I", zlib.crc32(chunk)) + png()[33:]


BAD: dict[str, bytes] = {
    "nothing": b"",
    "text": b"this is no picture",
    "html": b"<!doctype html><script>alert(1)</script>",
    "a truncated PNG": png()[:-200],
    "a truncated JPEG": jpeg()[: len(jpeg()) // 2],
    "a bomb": bomb(),
    "CMYK": cmyk(),
    "other colours": other_colours(),
    "GIF": gif(),
    "a PNG header": png()[:33],
}
