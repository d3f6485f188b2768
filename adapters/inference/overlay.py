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

    @property
    def legend(self) -> str:
        """The legend in words: what, from where to where, in which unit."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.label}, {self.lowest:g} to {self.highest:g}{unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A map or a segmentation as a picture.

    Attributes:
        name: Permanent word.
        png: PNG with red, green, blue and opacity, transparent where nothing was measured.
        width_px: Columns.
        height_px: Rows.
        legend: What the colours mean, in words: from where to where, in which unit.
        measured_fraction: Part of the picture that shows a value, 0..1.
        beyond_fraction: Part of the values that lie beyond the scale, 0..1.
    """

    name: str
    png: bytes
    width_px: int
    height_px: int
    legend: str
    measured_fraction: float
    beyond_fraction: float


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

MELANIN_DENSITY_SCALE: Final = OverlayScale(
    name="melanin-density-map",
    label="Melanin density",
    unit="OD",
    lowest=0.0,
    highest=1.6,
    colours=MELANIN_SCALE.colours,
)
HAEMOGLOBIN_DENSITY_SCALE: Final = OverlayScale(
    name="haemoglobin-density-map",
    label="Haemoglobin density",
    unit="OD",
    lowest=0.0,
    highest=1.0,
    colours=ERYTHEMA_SCALE.colours,
)
SHADING_DENSITY_SCALE: Final = OverlayScale(
    name="shading-density-map",
    label="Shading density",
    unit="OD",
    lowest=-0.2,
    highest=1.8,
    colours=((244, 244, 240), (186, 190, 190), (124, 130, 134), (70, 76, 82), (24, 28, 32)),
)
TEXTURE_SCALE: Final = OverlayScale(
    name="texture-contrast-map",
    label="Texture contrast",
    unit="%",
    lowest=0.0,
    highest=12.0,
    colours=((28, 22, 70), (52, 76, 120), (42, 132, 132), (130, 190, 104), (246, 232, 150)),
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
    measured = plane[~np.isnan(plane)]
    beyond = np.count_nonzero((measured < scale.lowest) | (measured > scale.highest))
    return Overlay(
        name=scale.name,
        png=encode_overlay(picture),
        width_px=shrunk.shape[1],
        height_px=shrunk.shape[0],
        legend=scale.legend,
        measured_fraction=measured.size / plane.size,
        beyond_fraction=beyond / max(measured.size, 1),
    )


def encode_overlay(picture: NDArray[np.uint8]) -> bytes:
    """Return (rows, columns, 4) uint8, blue, green, red and opacity, as PNG.

    Raises:
        MalformedInput: the encoder refused it.
    """
    written, png = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION])
    if not written:  # pragma: no cover - encoding to memory does not fail for valid arrays
        raise MalformedInput("the map could not be written as PNG")
    return png.tobytes()


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
