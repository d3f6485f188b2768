"""Colour of reflectance spectra and of lights, kept apart from the code that measures colour.

Rules kept here:

1. Linear RGB has sRGB primaries and D65 white; a reflectance of 1 under D65 is (1, 1, 1).
2. Wavelengths run from 400 to 700 nm in steps of 10 nm.
3. Nothing is shared with the measuring side: a mistake made twice in one function would cancel.

Sources: CIE 15:2018 (D65, CIELAB, daylight locus); IEC 61966-2-1 (sRGB); Wyman, Sloan and Shirley
2013, JCGT 2(2), equation 4 (colour-matching functions); Lindbloom (Bradford D50 to D65);
Kim et al. 2002, US patent 7024034 (Planckian locus).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]
"""(..., 3) float64."""

WAVELENGTHS_NM: Final = np.arange(400.0, 701.0, 10.0)

_D65_POWER: Final = np.fromstring(
    "82.75 91.49 93.43 86.68 104.86 117.01 117.81 114.86 115.92 108.81 "
    "109.35 107.80 104.79 107.69 104.41 104.05 100.0 96.33 95.79 88.69 "
    "90.01 89.60 87.70 83.29 83.70 80.03 80.21 82.28 78.28 69.72 "
    "71.61",
    sep=" ",
)
D65_WHITE: Final[Colours] = np.array([0.95047, 1.0, 1.08883])
_RGB_TO_XYZ: Final[Colours] = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_XYZ_TO_RGB: Final[Colours] = np.asarray(np.linalg.inv(_RGB_TO_XYZ), dtype=np.float64)
_D50_WHITE: Final[Colours] = np.array([0.96422, 1.0, 0.82521])
_D50_TO_D65: Final[Colours] = np.array(
    [
        [0.9555766, -0.0230393, 0.0631636],
        [-0.0282895, 1.0099416, 0.0210077],
        [0.0122982, -0.0204830, 1.3299098],
    ]
)


def _lobe(peak_nm: float, below_nm: float, above_nm: float) -> NDArray[np.float64]:
    offset = WAVELENGTHS_NM - peak_nm
    return np.exp(-0.5 * (offset / np.where(offset < 0, below_nm, above_nm)) ** 2)


def _matching_functions() -> Colours:
    x = 1.056 * _lobe(599.8, 37.9, 31.0) + 0.362 * _lobe(442.0, 16.0, 26.7)
    x -= 0.065 * _lobe(501.1, 20.4, 26.2)
    y = 0.821 * _lobe(568.8, 46.9, 40.5) + 0.286 * _lobe(530.9, 16.3, 31.1)
    z = 1.217 * _lobe(437.0, 11.8, 36.0) + 0.681 * _lobe(459.0, 26.0, 13.8)
    return np.stack([x, y, z], axis=-1)


def _spectrum_to_rgb() -> Colours:
    """Weights that take a reflectance spectrum to linear RGB under D65; a white gives 1, 1, 1."""
    weights = _matching_functions() * _D65_POWER[:, None]
    weights *= D65_WHITE / weights.sum(axis=0)
    return np.asarray(weights @ _XYZ_TO_RGB.T, dtype=np.float64)


_WEIGHTS: Final = _spectrum_to_rgb()


def reflectance_to_linear(spectrum: Colours) -> Colours:
    """Return linear RGB under D65 of (..., 31) reflectances in 0..1."""
    return np.asarray(spectrum @ _WEIGHTS, dtype=np.float64)


def linear_to_lab(linear: Colours) -> Colours:
    """Return CIELAB relative to D65 of linear RGB.  Source: CIE 15:2018, 8.2.1."""
    ratio = np.asarray(linear, dtype=np.float64) @ _RGB_TO_XYZ.T / D65_WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * 841 / 108 + 4 / 29)
    parts = [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])]
    return np.stack(parts, axis=-1)


def lab_d50_to_linear(lab: Colours) -> Colours:
    """Return linear RGB (D65) of CIELAB given relative to D50, adapted by Bradford."""
    middle = (lab[..., 0] + 16) / 116
    f = np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, (f - 4 / 29) * 108 / 841) * _D50_WHITE
    return np.asarray(xyz @ _D50_TO_D65.T @ _XYZ_TO_RGB.T, dtype=np.float64)


def typology_angle_deg(linear: Colours) -> NDArray[np.float64]:
    """Return the individual typology angle of linear RGB.  Source: Chardon 1991."""
    lab = linear_to_lab(linear)
    return np.asarray(np.degrees(np.arctan2(lab[..., 0] - 50, lab[..., 2])), dtype=np.float64)


def white_light(temperature_k: float) -> Colours:
    """Return linear RGB of a white light, with luminance 1.

    On the daylight locus from 4000 K up, on the Planckian locus below; 6504 K gives (1, 1, 1)
    within 0.2 %.  Source: CIE 15:2018, 4.1.2; Kim 2002.
    """
    t = 1000.0 / temperature_k
    if temperature_k >= 4000.0:  # noqa: PLR2004 - where the daylight locus begins
        if temperature_k <= 7000.0:  # noqa: PLR2004 - the two branches of the standard
            x = 0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
        else:
            x = 0.237040 + 0.24748 * t + 1.9018 * t**2 - 2.0064 * t**3
        y = -3.0 * x * x + 2.870 * x - 0.275
    else:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    xyz = np.array([x / y, 1.0, (1.0 - x - y) / y])
    return np.asarray(_XYZ_TO_RGB @ xyz, dtype=np.float64)
