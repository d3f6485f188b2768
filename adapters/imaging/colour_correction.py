"""The correction of a camera's colours from the 24-patch chart, chosen by patches it had not seen.

Rules kept here:

1. Two corrections are tried: a 3 x 3 matrix, and the root-polynomial of degree 2, which bends with
   colour but, like light itself, scales with exposure.
2. The one is taken whose mean difference is smaller on patches left out one by one: six terms
   always fit 24 patches better than three do, and that proves nothing.
3. "Before" allows one common factor, as in ``colour_chart.py``; all differences are CIEDE2000
   under D50.

Source: Finlayson, Mackiewicz and Hurlbert 2015, doi 10.1109/TIP.2015.2405336, equation 7 and
table I (root-polynomial, degree 2).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour import SRGB_TO_XYZ, delta_e_2000, linear_to_lab_d50
from adapters.imaging.colour_chart import REFERENCE_LINEAR
from adapters.imaging.refusal import malformed

Floats = NDArray[np.float64]

LINEAR: Final = "linear/1"
ROOT_POLYNOMIAL: Final = "root-polynomial-2/1"
METHODS: Final = (LINEAR, ROOT_POLYNOMIAL)
FEWEST_PATCHES: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColourCorrection:
    """A correction with what it leaves of the differences.

    Attributes:
        method: One of ``METHODS``.
        matrix: From the method's terms to linear sRGB, (3, n) float64.
        before: Differences with one common factor, (24,) float64, NaN where not measured.
        after: Differences after the correction, the same.
        held_out: Differences of each patch after a correction found from the others, the same.
        tried: Mean held-out difference of every method, in the order of ``METHODS``.
    """

    method: str
    matrix: Floats
    before: Floats
    after: Floats
    held_out: Floats
    tried: tuple[float, ...]

    def apply(self, linear: Floats) -> Floats:
        """Return corrected colours: (..., 3) float64 linear RGB to linear sRGB of the reference."""
        return np.asarray(_terms(self.method, linear) @ self.matrix.T, dtype=np.float64)


def find_correction(patches: Floats) -> ColourCorrection:
    """Return the correction that serves unseen patches best.

    Args:
        patches: Linear RGB of the 24 patches in the order of the reference, (24, 3) float64, NaN
            where a patch could not be measured.

    Raises:
        MalformedInput: fewer than ``FEWEST_PATCHES`` were measured, or they have no colour.
    """
    good = np.asarray(np.isfinite(patches).all(axis=1), np.bool_)
    if int(good.sum()) < FEWEST_PATCHES or not patches[good].min() >= 0 or patches[good].max() <= 0:
        raise malformed(
            "colour.patches",
            f"{int(good.sum())} of {len(patches)} patches could be measured, "
            f"{FEWEST_PATCHES} are needed",
            "Clean the chart, and show all of it without glare",
        )
    held_out = {method: _held_out(method, patches, good) for method in METHODS}
    tried = tuple(float(np.nanmean(held_out[method])) for method in METHODS)
    method = METHODS[int(np.argmin(tried))]
    matrix = _fit(method, patches[good], REFERENCE_LINEAR[good])
    before, after = np.full(len(patches), np.nan), np.full(len(patches), np.nan)
    gain = _common_factor(patches[good], REFERENCE_LINEAR[good])
    before[good] = _differences(patches[good] * gain, good)
    after[good] = _differences(_terms(method, patches[good]) @ matrix.T, good)
    return ColourCorrection(
        method=method,
        matrix=matrix,
        before=before,
        after=after,
        held_out=held_out[method],
        tried=tried,
    )


def repeatability(pictures: Floats) -> Floats:
    """Return how much each patch varies between pictures: (24,) float64, CIEDE2000.

    It is NaN where a patch could not be measured in all of them.

    Args:
        pictures: Linear RGB, (pictures, 24, 3) float64, at least two pictures.
    """
    mean = pictures.mean(axis=0)
    away = delta_e_2000(linear_to_lab_d50(pictures), linear_to_lab_d50(mean)[None])
    return np.asarray(np.sqrt((away**2).sum(axis=0) / (len(pictures) - 1)), dtype=np.float64)


def _terms(method: str, linear: Floats) -> Floats:
    """Return the terms of a method: (..., 3) to (..., n) float64."""
    if method == LINEAR:
        return linear
    red, green, blue = np.moveaxis(np.maximum(linear, 0.0), -1, 0)
    mixed = [np.sqrt(red * green), np.sqrt(green * blue), np.sqrt(red * blue)]
    return np.stack([red, green, blue, *mixed], axis=-1)


def _fit(method: str, measured: Floats, wanted: Floats) -> Floats:
    # Lightness is compressive: without the weights, bright patches alone would decide.
    weights = _weights(wanted)[:, None]
    found = np.linalg.lstsq(weights * _terms(method, measured), weights * wanted)[0]
    return np.asarray(found.T, dtype=np.float64)


def _weights(wanted: Floats) -> Floats:
    return np.asarray(1.0 / (0.05 + wanted @ SRGB_TO_XYZ[1]), dtype=np.float64)


def _common_factor(measured: Floats, wanted: Floats) -> float:
    weights = _weights(wanted)[:, None] ** 2
    return float((weights * measured * wanted).sum() / (weights * measured**2).sum())


def _held_out(method: str, patches: Floats, good: NDArray[np.bool_]) -> Floats:
    """Return each measured patch's difference after a correction found from the others."""
    found = np.full(len(patches), np.nan)
    for number in np.flatnonzero(good):
        others = good.copy()
        others[number] = False
        alone = np.zeros_like(good)
        alone[number] = True
        matrix = _fit(method, patches[others], REFERENCE_LINEAR[others])
        found[number] = _differences(_terms(method, patches[alone]) @ matrix.T, alone)[0]
    return found


def _differences(linear: Floats, which: NDArray[np.bool_]) -> Floats:
    """Return CIEDE2000 against the reference, cut at 0 as the encoding cuts it."""
    wanted = linear_to_lab_d50(np.clip(REFERENCE_LINEAR[which], 0.0, 1.0))
    return delta_e_2000(linear_to_lab_d50(np.clip(linear, 0.0, None)), wanted)
