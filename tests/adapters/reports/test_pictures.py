"""Pictures are decoded in full before a report is made of them."""

import io

import numpy as np
import pytest
from PIL import Image

from adapters.reports.pictures import SIDE_MAX_PX, decode
from domain.errors import MalformedInput
from tests.adapters.reports.samples import image, jpeg, png


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, form, **options)
    return written.getvalue()


def flat(mode: str, size: tuple[int, int] = (8, 6)) -> Image.Image:
    return Image.new(mode, size)


@pytest.mark.parametrize(
    ("content", "media_type", "size"),
    [
        (jpeg(), "image/jpeg", (480, 600)),
        (png(), "image/png", (80, 100)),
        (encoded(flat("L"), "PNG"), "image/png", (8, 6)),
        (encoded(flat("RGBA"), "PNG"), "image/png", (8, 6)),
    ],
)
def test_whole_pictures_are_taken_unchanged(
    content: bytes, media_type: str, size: tuple[int, int]
) -> None:
    picture = decode(image(content, "Frontal"))
    assert picture.content == content
    assert (picture.media_type, picture.width_px, picture.height_px) == (media_type, *size)


def exif() -> Image.Exif:
    written = Image.Exif()
    written[0x010E] = "where and who"
    return written


@pytest.mark.parametrize(
    "content",
    [
        b"no picture",
        jpeg()[:-2000],
        png()[:-40],
        encoded(flat("RGB"), "BMP"),
        encoded(flat("CMYK"), "JPEG"),
        encoded(flat("RGB"), "JPEG", exif=exif()),
        encoded(flat("L", (SIDE_MAX_PX + 1, 1)), "PNG"),
        encoded(Image.fromarray(np.zeros((4, 4), dtype=np.uint16)), "PNG"),
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        decode(image(content, "Frontal"))
