"""Maps as pictures to lay over the photograph, with the legend that makes them readable.

Rules kept here:

1. A colour always means the same value: scales are fixed, never stretched to the picture.
2. What was not measured is transparent; values beyond the scale take its end colour.
3. The same map gives the same bytes.
4. Lightness changes in one direction along a scale, so that the map reads without colour vision.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.determinism import fix_arithmetic
from adapters.inference.tensors import Tensor
from domain.errors import MalformedInput

LONGEST_SIDE_PX: Final = 1024
_PNG_COMPRESSION: Final = 6
_OPACITY: Final = 176


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayScale:
    """What the colours of one kind of map mean.

    Attributes:
        name: Permanent word of the overlay.
        label: The words of the legend.
        unit: Unit of the values; ``1`` for an index.
        lowest: Value of the first colour.
        highest: Value of the last colour.
        colours: sRGB colours from lowest to highest, evenly spaced.
    """

    name: str
    label: str
    unit: str
    lowest: float
    highest: float
    colours: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A map as a picture.

    Attributes:
        png: PNG with red, green, blue and opacity, transparent where nothing was measured.
        width_px: Columns.
        height_px: Rows.
        scale: What the colours mean.
        measured_fraction: Part of the picture that shows a value, 0..1.
        beyond_fraction: Part of the values that lie beyond the scale, 0..1.
    """

    png: bytes
    width_px: int
    height_px: int
    scale: OverlayScale
    measured_fraction: float
    beyond_fraction: float

    @property
    def legend(self) -> str:
        """The legend in words: what, from where to where, in which unit."""
        unit = "" if self.scale.unit == "1" else f" {self.scale.unit}"
        return f"{self.scale.label}, {self.scale.lowest:g} to {self.scale.highest:g}{unit}"


MELANIN_SCALE: Final = OverlayScale(
    name="melanin-map",
    label="Melanin index",
    unit="1",
    lowest=10.0,
    highest=140.0,
    colours=((255, 240, 214), (232, 180, 118), (190, 120, 62), (120, 66, 30), (48, 24, 12)),
)
ERYTHEMA_SCALE: Final = OverlayScale(
    name="erythema-map",
    label="Erythema index",
    unit="1",
    lowest=0.0,
    highest=60.0,
    colours=((36, 20, 66), (112, 28, 98), (186, 52, 92), (236, 114, 92), (254, 214, 170)),
)
ITA_SCALE: Final = OverlayScale(
    name="ita-map",
    label="Individual typology angle",
    unit="°",
    lowest=-60.0,
    highest=80.0,
    colours=((40, 26, 60), (52, 76, 120), (42, 132, 132), (130, 190, 104), (246, 232, 150)),
)


def draw_overlay(values: Tensor, scale: OverlayScale) -> Overlay:
    """Draw one map.

    Args:
        values: (rows, columns) float32, in the scale's unit; NaN where nothing was measured.
        scale: The meaning of the colours.

    Raises:
        MalformedInput: the map is not a two-dimensional float32 array, or has no pixel.
    """
    if values.ndim != 2 or values.size == 0 or values.dtype != np.float32:  # noqa: PLR2004
        raise MalformedInput("a map has rows and columns of float32, at least one of each")
    plane = values.astype(np.float32, copy=False)
    fix_arithmetic()
    shrunk, is_measured = _shrink(plane)
    levels = _levels(np.where(is_measured, shrunk, np.float32(scale.lowest)), scale)
    picture = np.zeros((*shrunk.shape, 4), dtype=np.uint8)
    picture[..., :3] = _ramp(scale)[levels][..., ::-1]  # OpenCV writes blue first
    picture[..., 3] = _OPACITY
    picture[~is_measured] = 0
    written, png = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION])
    if not written:
        raise MalformedInput("the map could not be written as PNG")
    measured = plane[~np.isnan(plane)]
    beyond = np.count_nonzero((measured < scale.lowest) | (measured > scale.highest))
    return Overlay(
        png=png.tobytes(),
        width_px=shrunk.shape[1],
        height_px=shrunk.shape[0],
        scale=scale,
        measured_fraction=measured.size / plane.size,
        beyond_fraction=beyond / max(measured.size, 1),
    )


def _shrink(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Average the measured pixels under each pixel of the picture; half must be measured."""
    is_measured = ~np.isnan(values)
    rows, columns = values.shape
    factor = LONGEST_SIDE_PX / max(rows, columns)
    if factor >= 1:
        return values, is_measured
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    weight = cv2.resize(is_measured.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(
        np.where(is_measured, values, np.float32(0)), size, interpolation=cv2.INTER_AREA
    )
    enough = weight >= 0.5  # noqa: PLR2004  half
    mean = np.asarray(total / np.maximum(weight, np.float32(1e-6)), dtype=np.float32)
    return mean, np.asarray(enough, dtype=np.bool_)


def _levels(values: NDArray[np.float32], scale: OverlayScale) -> NDArray[np.uint8]:
    """Return the place of each value on the ramp, 0..255."""
    relative = (values - np.float32(scale.lowest)) / np.float32(scale.highest - scale.lowest)
    return np.asarray(np.rint(np.clip(relative, 0, 1) * 255), dtype=np.uint8)


def _ramp(scale: OverlayScale) -> NDArray[np.uint8]:
    """Return the scale's 256 colours: (256, 3) uint8, sRGB-encoded."""
    stops = np.array(scale.colours, dtype=np.float64)
    places = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(places, np.arange(len(stops)), stops[:, each]) for each in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)
