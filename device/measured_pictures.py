"""The part of a picture that a check measures, cut out to be kept.

Rules kept here:

1. Only the chart with a small margin, or the middle of the grey target, is kept, nothing beyond:
   somebody may sit before the cameras, and what is kept cannot be erased with a subject.
2. What is measured is measured on the bytes that are kept. A chart that is found, and cannot be
   measured in that part alone, counts as not in view.
3. Where nothing was in view, nothing is kept.
"""

from collections.abc import Mapping
from typing import Final

from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from adapters.imaging.decode import MINIMUM_SIDE, decode
from adapters.imaging.measured_pictures import Pictures, read_pictures
from adapters.imaging.pixels import Window
from device.attempt import encode_png
from device.ports import Picture
from device.preview import as_decoded
from domain.values.capture import CameraSettings
from domain.values.check_basis import MeasuredPicture
from domain.values.content import ContentReference, Digest

MARGIN_PITCHES: Final = 0.5

Taken = Mapping[str, bytes]
"""Parts of pictures as PNG, by what they show."""


def find_reference(picture: Picture) -> ChartMeasurement | None:
    """Return where the colour reference is and what it shows, or none."""
    decoded = as_decoded(picture)
    return measure_chart(decoded.linear, decoded.encoded)


def around_chart(picture: Picture) -> Window | None:
    """Return the part around the chart; none when it is not in view or cannot be measured there."""
    seen = find_reference(picture)
    if seen is None:
        return None
    height, width = picture.shape[:2]
    margin_px = round(seen.place.pitch_px * MARGIN_PITCHES)
    window = seen.place.window.grown(margin_px, width=width, height=height)
    if min(window.width, window.height) < MINIMUM_SIDE:
        return None
    part = decode(cut(picture, window))
    return None if measure_chart(part.linear, part.encoded) is None else window


def cut(picture: Picture, window: Window) -> bytes:
    """Return a part of a picture as PNG."""
    return encode_png(picture[window.rows, window.columns])


def referred(taken: Taken, held: CameraSettings) -> tuple[MeasuredPicture, ...]:
    """Return what is stated of the pictures.

    Args:
        taken: What is kept of them.
        held: How the cameras were set.
    """
    return tuple(
        MeasuredPicture(
            shows=shows,
            content=ContentReference(
                digest=Digest.of(content), size_bytes=len(content), media_type="image/png"
            ),
            exposure_us=held.exposure_us,
        )
        for shows, content in taken.items()
    )


def read(taken: Taken, stated: tuple[MeasuredPicture, ...]) -> Pictures:
    """Return the pictures as whoever reads what is kept sees them."""
    return read_pictures(zip(stated, taken.values(), strict=True))
