"""How evenly the light falls: on a face, and on the flat grey target of the light calibration.

Rules kept here:

1. Everything is linear luminance of zones, as medians, so that eyes, brows, lips and single
   reflections do not decide.
2. A ratio is the larger over the smaller, at least 1; its sign (which side) is in the logarithm.
3. A face is not a flat field: its curvature and colours give ratios above 1 under perfect light.
   Limits on faces belong to the protocol, the flat field's to the light calibration.
4. With two cameras the left-right logarithms are averaged, because each camera sees the far cheek
   foreshortened, and the two do so in opposite ways.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import LinearLuma, LinearRgb, Mask, Window, linear_luma
from adapters.imaging.refusal import malformed

Floats = NDArray[np.float64]

ZONES: Final = 3
_FEWEST_PIXELS: Final = 25
_CELLS: Final = (24, 18)
_DARK: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceLight:
    """Light on a face, natural logarithms of level ratios.

    Attributes:
        right_over_left: Of the right third of the face to the left third, as seen in the picture.
        bottom_over_top: Of the lower third to the upper third.
        spread: Of the lightest zone to the darkest.
        zones: Level of each zone, rows from the top.
    """

    right_over_left: float
    bottom_over_top: float
    spread: float
    zones: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatField:
    """Light on an even grey target.

    Attributes:
        zone_levels: Median linear luminance of each zone, rows from the top, 0..1.
        mean_level: Mean of the zones.
        uniformity: Darkest over lightest zone, 0..1.
        white: Linear RGB of the target relative to its green.
    """

    zone_levels: tuple[tuple[float, ...], ...]
    mean_level: float
    uniformity: float
    white: tuple[float, float, float]


def measure_face_light(luma: LinearLuma, mask: Mask, window: Window) -> FaceLight | None:
    """Return the light on a face, or nothing when a zone holds too few pixels.

    Args:
        luma: The picture's luminance.
        mask: The face's pixels without the clipped ones.
        window: The face's bounding box, divided into 3 x 3 zones.
    """
    levels = _zone_levels(luma, mask, window, ZONES, ZONES)
    if np.isnan(levels).any():
        return None
    logs = np.log(np.maximum(levels, _DARK))
    return FaceLight(
        right_over_left=float((logs[:, -1] - logs[:, 0]).mean()),
        bottom_over_top=float((logs[-1] - logs[0]).mean()),
        spread=float(logs.max() - logs.min()),
        zones=tuple(tuple(float(value) for value in row) for row in logs),
    )


def ratio(logarithms: Sequence[float]) -> float:
    """Return the ratio of the mean logarithm, at least 1."""
    return float(np.exp(abs(sum(logarithms) / len(logarithms))))


def darkest_zone(lights: Sequence[FaceLight], window: Window) -> Window:
    """Return the zone of a face that all cameras together see darkest."""
    levels = _mean_zones(lights)
    row, column = divmod(int(np.argmin(levels)), ZONES)
    return window.divided(ZONES, rows=slice(row, row + 1), columns=slice(column, column + 1))


def darker_side(lights: Sequence[FaceLight], window: Window) -> Window:
    """Return the outer third of a face, left or right, that all cameras together see darker."""
    left, *_, right = _mean_zones(lights).mean(axis=0)
    column = 0 if left < right else ZONES - 1
    return window.divided(ZONES, rows=slice(0, ZONES), columns=slice(column, column + 1))


def darker_end(lights: Sequence[FaceLight], window: Window) -> Window:
    """Return the third of a face, upper or lower, that all cameras together see darker."""
    top, *_, bottom = _mean_zones(lights).mean(axis=1)
    row = 0 if top < bottom else ZONES - 1
    return window.divided(ZONES, rows=slice(row, row + 1), columns=slice(0, ZONES))


def measure_flat_field(
    image: LinearRgb, window: Window, *, rows: int = ZONES, columns: int = ZONES
) -> FlatField:
    """Return the light on an even target that fills a window.

    Raises:
        MalformedInput: the window leaves the picture, or is too small for its zones, or black.
    """
    window.require_inside(width=image.shape[1], height=image.shape[0])
    luma = linear_luma(image)
    levels = _zone_levels(luma, np.ones(luma.shape, np.bool_), window, rows, columns)
    part = image[window.rows, window.columns].reshape(-1, 3)
    colour = np.median(part, axis=0).astype(np.float64)
    if np.isnan(levels).any() or levels.min() <= 0 or colour[1] <= 0:
        raise malformed(
            "illumination.flat_field",
            f"the {window.width}x{window.height} window holds no {rows}x{columns} lit zones",
            "Show the grey target to the camera with all lights on",
        )
    return FlatField(
        zone_levels=tuple(tuple(float(value) for value in row) for row in levels),
        mean_level=float(levels.mean()),
        uniformity=float(levels.min() / levels.max()),
        white=(float(colour[0] / colour[1]), 1.0, float(colour[2] / colour[1])),
    )


def unevenness(luma: LinearLuma) -> float:
    """Return how far a picture departs from a smooth field of light, as a share of its mean.

    It is the root mean square of what a polynomial of degree 2 leaves of 24 x 18 cells; infinite
    for a black picture. Light on an even target is smooth, however oblique; a face is not.
    """
    cells = np.asarray(cv2.resize(luma, _CELLS, interpolation=cv2.INTER_AREA), np.float64)
    across, down = (np.linspace(-1.0, 1.0, count) for count in _CELLS)
    columns, rows = (each.ravel() for each in np.meshgrid(across, down))
    terms = np.stack(
        [np.ones_like(rows), rows, columns, rows**2, rows * columns, columns**2], axis=1
    )
    left = cells.ravel() - terms @ np.linalg.lstsq(terms, cells.ravel())[0]
    mean = float(cells.mean())
    return float(np.sqrt((left**2).mean())) / mean if mean > 0 else float("inf")


def _mean_zones(lights: Sequence[FaceLight]) -> Floats:
    return np.asarray(np.mean([light.zones for light in lights], axis=0), np.float64)


def _zone_levels(luma: LinearLuma, mask: Mask, window: Window, rows: int, columns: int) -> Floats:
    """Return the median luminance of each zone: (rows, columns) float64, NaN where too few."""
    edges_x, edges_y = window.edges(columns, rows)
    levels = np.full((rows, columns), np.nan)
    for row in range(rows):
        for column in range(columns):
            zone = np.s_[edges_y[row] : edges_y[row + 1], edges_x[column] : edges_x[column + 1]]
            values = luma[zone][mask[zone]]
            if values.size >= _FEWEST_PIXELS:
                levels[row, column] = float(np.median(values))
    return levels
