"""The kept pictures of a check of the station, read: what was measured, and nothing besides.

Rules kept here:

1. A check measures the bytes that are kept, so that whoever reads them measures the same.
2. Each picture of a check shows something else; what one needs and does not find is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.imaging.decode import DecodedImage, decode
from adapters.imaging.refusal import malformed
from domain.errors import MalformedInput
from domain.values.check_basis import MeasuredPicture

TOGETHER: Final = "together"
ZONE: Final = "zone:"
CHART: Final = "chart:"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadPicture:
    """One kept picture.

    Attributes:
        image: Its pixels.
        exposure_us: Exposure time in microseconds.
    """

    image: DecodedImage
    exposure_us: float


Pictures = Mapping[str, ReadPicture]
"""Kept pictures by what they show."""


def read_pictures(kept: Iterable[tuple[MeasuredPicture, bytes]]) -> Pictures:
    """Return kept pictures by what they show, in their order.

    Raises:
        MalformedInput: some content is no picture, or two show the same.
    """
    found: dict[str, ReadPicture] = {}
    for picture, content in kept:
        if picture.shows in found:
            raise _refused(f"two pictures show {picture.shows}")
        image = decode(content, declared_media_type=picture.content.media_type)
        found[picture.shows] = ReadPicture(image=image, exposure_us=picture.exposure_us)
    return found


def the_picture(pictures: Pictures, shows: str) -> ReadPicture:
    """Return the picture that shows something.

    Raises:
        MalformedInput: none does.
    """
    if shows not in pictures:
        raise _refused(f"no picture shows {shows}")
    return pictures[shows]


def zones_of(pictures: Pictures) -> tuple[str, ...]:
    """Return the zones that have a picture, in the order of the pictures."""
    return tuple(shows.removeprefix(ZONE) for shows in pictures if shows.startswith(ZONE))


def _refused(evidence: str) -> MalformedInput:
    return malformed("check.pictures", evidence, "Repeat the check at the station")
