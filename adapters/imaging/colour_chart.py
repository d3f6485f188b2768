"""The 24-patch colour reference: what its patches measure, how far colours are off.

Rules kept here:

1. A found chart counts only when its colours could be a chart's: a pattern whose patches stay far
   from the reference even after correction is no chart.
2. Patch values are trimmed means of linear light from the inner part of each patch; patches with
   clipped pixels are left out, and their number is reported.
3. "Before" correction allows one common factor (exposure is judged elsewhere); "after" allows a
   3 x 3 matrix in linear RGB.  Both are CIEDE2000 under D50, the white the reference is given in.
4. The reference of the cyan patch lies outside sRGB; it is cut at 0 as the encoding cuts it.

Source: reference values, X-Rite, "New color specifications for ColorChecker SG and Classic
Charts", charts made from November 2014 on (CIELAB, D50, 2 degree observer, M0).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.chart_place import (
    COLUMNS,
    FEWEST_PATCHES,
    ROWS,
    ChartPlace,
    find_chart,
    follow_chart,
)
from adapters.imaging.colour import (
    SRGB_TO_XYZ,
    colour_temperature_k,
    delta_e_2000,
    lab_d50_to_linear,
    linear_to_lab_d50,
)
from adapters.imaging.exposure import clipped
from adapters.imaging.pixels import EncodedRgb, LinearRgb, Window
from domain.errors import MalformedInput

Floats = NDArray[np.float64]

NEUTRAL: Final = (19, 20, 21, 22)
"""Neutral 8, 6.5, 5 and 3.5: neither near clipping nor near noise."""

REFERENCE_LAB: Final[Floats] = np.array(
    [
        [37.54, 14.37, 14.92],  # dark skin
        [64.66, 19.27, 17.50],  # light skin
        [49.32, -3.82, -22.54],  # blue sky
        [43.46, -12.74, 22.72],  # foliage
        [54.94, 9.61, -24.79],  # blue flower
        [70.48, -32.26, -0.37],  # bluish green
        [62.73, 35.83, 56.50],  # orange
        [39.43, 10.75, -45.17],  # purplish blue
        [50.57, 48.64, 16.67],  # moderate red
        [30.10, 22.54, -20.87],  # purple
        [71.77, -24.13, 58.19],  # yellow green
        [71.51, 18.24, 67.37],  # orange yellow
        [28.37, 15.42, -49.80],  # blue
        [54.38, -39.72, 32.27],  # green
        [42.43, 51.05, 28.62],  # red
        [81.80, 2.67, 80.41],  # yellow
        [50.63, 51.28, -14.12],  # magenta
        [49.57, -29.71, -28.32],  # cyan
        [95.19, -1.03, 2.93],  # white 9.5
        [81.29, -0.57, 0.44],  # neutral 8
        [66.89, -0.75, -0.06],  # neutral 6.5
        [50.76, -0.13, 0.14],  # neutral 5
        [35.63, -0.46, -0.48],  # neutral 3.5
        [20.64, 0.07, -0.46],  # black 2
    ]
)
REFERENCE_LINEAR: Final[Floats] = np.clip(lab_d50_to_linear(REFERENCE_LAB), 0.0, 1.0)
_REFERENCE_ENCODABLE_LAB: Final[Floats] = linear_to_lab_d50(REFERENCE_LINEAR)

_INNER: Final = 0.3
_PITCH_IN_PATCHES: Final = 1.15
_TRIM: Final = 0.1
_MOST_CLIPPED: Final = 0.02
_IMPLAUSIBLE: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartMeasurement:
    """What the chart says about the picture's colours.

    Attributes:
        place: Where it was found.
        patches: Mean linear RGB, (24, 3) float64; NaN where clipped.
        usable: Number of patches without clipping.
        exposure_gain: Common factor that brings the patches nearest to the reference.
        before: Colour differences with that factor alone, (24,) float64, NaN where clipped.
        after: Colour differences after the matrix, (24,) float64, NaN where clipped.
        correction: Matrix from measured to reference linear RGB, (3, 3) float64.
        white: Linear RGB of the light as a perfect white would show it, green 1, (3,) float64.
    """

    place: ChartPlace
    patches: Floats
    usable: int
    exposure_gain: float
    before: Floats
    after: Floats
    correction: Floats
    white: Floats

    @property
    def worst_patch(self) -> Window | None:
        """Where the patch is that differs most after the correction."""
        return self.place.patches_window([int(np.nanargmax(self.after))])

    @property
    def unusable_part(self) -> Window | None:
        """Where the patches with clipping are, one box around all of them; none without any."""
        return self.place.patches_window(np.flatnonzero(np.isnan(self.after)).tolist())

    @property
    def colour_temperature_k(self) -> float | None:
        """Colour temperature of the light in the picture's own white balance, where defined.

        A picture balanced exactly for its light reads 6504 K; the distance from that is how far
        light and balance have drifted apart.
        """
        try:
            return colour_temperature_k(SRGB_TO_XYZ @ self.white)
        except MalformedInput:
            return None

    @property
    def white_balance(self) -> tuple[float, float, float]:
        """Factors for red, green and blue that would make the light neutral; green is 1."""
        return float(1 / self.white[0]), 1.0, float(1 / self.white[2])


def measure_chart(
    linear: LinearRgb,
    encoded: EncodedRgb,
    *,
    expected: Window | None = None,
    last: ChartPlace | None = None,
) -> ChartMeasurement | None:
    """Return what the chart shows, or nothing when no chart is in the picture.

    Args:
        linear: The picture.
        encoded: The same picture, encoded.
        expected: Where the protocol puts the chart; the whole picture is searched when absent.
        last: Where it was in the frame before, of a camera that stands still; it is searched for
            when it is not there any more.
    """
    followed = None if last is None else follow_chart(encoded, last)
    found = None if followed is None else _measured(linear, encoded, followed)
    if found is not None:
        return found
    place = find_chart(encoded, expected=expected)
    return None if place is None else _measured(linear, encoded, place)


def _measured(linear: LinearRgb, encoded: EncodedRgb, place: ChartPlace) -> ChartMeasurement | None:
    """Return what a place shows, or nothing when its colours are no chart's."""
    patches = _patch_values(linear, encoded, place)
    good = ~np.isnan(patches[:, 0])
    if int(good.sum()) < FEWEST_PATCHES or not good[list(NEUTRAL)].any():
        return None
    measured, wanted = patches[good], REFERENCE_LINEAR[good]
    # Lightness is compressive: without the weights, bright patches alone would decide.
    weights = 1.0 / (0.05 + wanted @ SRGB_TO_XYZ[1])
    gain = float((weights[:, None] ** 2 * measured * wanted).sum())
    gain /= float((weights[:, None] ** 2 * measured**2).sum())
    correction = np.linalg.lstsq(weights[:, None] * measured, weights[:, None] * wanted)[0].T
    before, after = np.full(len(patches), np.nan), np.full(len(patches), np.nan)
    before[good] = _difference(measured * gain, good)
    after[good] = _difference(measured @ correction.T, good)
    if float(np.nanmean(after)) > _IMPLAUSIBLE:
        return None
    neutral = [number for number in NEUTRAL if good[number]]
    white = (patches[neutral] / REFERENCE_LINEAR[neutral]).mean(axis=0)
    return ChartMeasurement(
        place=place,
        patches=patches,
        usable=int(good.sum()),
        exposure_gain=gain,
        before=before,
        after=after,
        correction=np.asarray(correction, dtype=np.float64),
        white=np.asarray(white / white[1], dtype=np.float64),
    )


def _patch_values(linear: LinearRgb, encoded: EncodedRgb, place: ChartPlace) -> Floats:
    """Return the trimmed mean of each patch's inner part: (24, 3) float64, NaN where clipped."""
    height, width = encoded.shape[:2]
    half = max(1, round(place.pitch_px / _PITCH_IN_PATCHES * _INNER))
    values = np.full((COLUMNS * ROWS, 3), np.nan)
    for number, centre in enumerate(place.centres_px):
        column, row = round(float(centre[0])), round(float(centre[1]))
        if not (half <= column < width - half and half <= row < height - half):
            continue
        part = np.s_[row - half : row + half + 1, column - half : column + half + 1]
        if clipped(EncodedRgb(np.ascontiguousarray(encoded[part]))).mean() > _MOST_CLIPPED:
            continue
        values[number] = _trimmed_mean(linear[part].reshape(-1, 3).astype(np.float64))
    return values


def _trimmed_mean(colours: Floats) -> Floats:
    """Return the mean without the darkest and lightest tenth: dust and glints do not count."""
    order = np.argsort(colours.sum(axis=1), kind="stable")
    cut = int(len(order) * _TRIM)
    return np.asarray(colours[order[cut : len(order) - cut]].mean(axis=0), np.float64)


def _difference(linear: Floats, good: NDArray[np.bool_]) -> Floats:
    """Return CIEDE2000 against the reference for the usable patches."""
    lab = linear_to_lab_d50(np.clip(linear, 0.0, None))
    return delta_e_2000(lab, _REFERENCE_ENCODABLE_LAB[good])
