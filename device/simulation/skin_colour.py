"""Colour of skin from what is in it: melanin over a scattering dermis that holds blood.

Rules kept here:

1. Two quantities decide a colour: the melanosome volume fraction of the epidermis and the blood
   volume fraction of the dermis.  Light crosses the epidermis twice (Beer–Lambert) and is
   returned by the dermis (Kubelka–Munk, infinitely thick); a little comes back, hardly coloured,
   from the horny layer and the epidermis itself, which is why the darkest skin is not black.
2. Each typology class has one central colour, whose angle lies in the middle of the class.
3. Surface gloss is not part of the colour; lights add it.

Known gap: one effective epidermal path and one saturation of blood stand for all of the face;
scattering does not vary with age.

Sources: Jacques 1998, Skin Optics (absorption of bloodless skin, scattering); Jacques 2013,
doi 10.1088/0031-9155/58/11/R37 (absorption of melanosomes, after equation 15);
Prahl 1999, Tabulated molar extinction coefficient for hemoglobin in water, Oregon Medical Laser
Center; Kubelka 1948, doi 10.1364/JOSA.38.000448; Del Bino and Bernerd 2013,
doi 10.1111/bjd.12529 (classes).
"""

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.colorimetry import (
    WAVELENGTHS_NM,
    Colours,
    reflectance_to_linear,
    typology_angle_deg,
)
from device.simulation.identity import TypologyClass

TYPOLOGY_LIMITS_DEG: Final = {
    TypologyClass.VERY_LIGHT: (55.0, 90.0),
    TypologyClass.LIGHT: (41.0, 55.0),
    TypologyClass.INTERMEDIATE: (28.0, 41.0),
    TypologyClass.TAN: (10.0, 28.0),
    TypologyClass.BROWN: (-30.0, 10.0),
    TypologyClass.DARK: (-90.0, -30.0),
}
_CENTRE_DEG: Final = {
    TypologyClass.VERY_LIGHT: 58.5,
    TypologyClass.LIGHT: 48.0,
    TypologyClass.INTERMEDIATE: 34.5,
    TypologyClass.TAN: 19.0,
    TypologyClass.BROWN: -14.0,
    TypologyClass.DARK: -46.0,
}
BLOOD_FRACTION: Final = 0.028
"""Blood volume fraction of the dermis at rest, away from the cheeks."""

MELANIN_RANGE: Final = (0.0, 0.6)
BLOOD_RANGE: Final = (0.0, 0.16)
_TABLE_SIZE: Final = 128

_EPIDERMIS_CM: Final = 0.0075
_OXYGEN: Final = 0.70
_HBO2: Final = np.fromstring(
    "266232 466840 480360 246072 102580 62816 44480 33209.2 26629.2 23684.4 "
    "20932.8 20035.2 24202.4 39956.8 53236 43016 32613.2 44496 50104 14400.8 "
    "3200 1506 942 610 442 368 319.6 294 277.6 276 "
    "290",
    sep=" ",
)
_HB: Final = np.fromstring(
    "223296 303956 407560 528600 413280 103292 23388.8 16156.4 14550 16684 "
    "20862 25773.6 31589.6 39036.4 46592 53412 53788 45072 37020 28324.4 "
    "14677.2 9443.6 6509.6 5148.8 4345.2 3750.12 3226.56 2795.12 2407.92 2051.96 "
    "1794.28",
    sep=" ",
)


def reflectance(melanin: NDArray[np.float64], blood: NDArray[np.float64]) -> Colours:
    """Return diffuse reflectance spectra (..., 31), 0..1, of skin.

    Args:
        melanin: (...) float64, melanosome volume fraction of the epidermis.
        blood: (...) float64, blood volume fraction of the dermis.
    """
    nm = WAVELENGTHS_NM
    bloodless = 0.244 + 85.3 * np.exp(-(nm - 154.0) / 66.2)
    melanosome = 519.0 * (nm / 500.0) ** -3.0
    haemoglobin = 2.303 * 150.0 / 64500.0 * (_OXYGEN * _HBO2 + (1 - _OXYGEN) * _HB)
    epidermis = melanin[..., None] * melanosome + (1 - melanin[..., None]) * bloodless
    dermis = blood[..., None] * haemoglobin + (1 - blood[..., None]) * bloodless
    scattering = 2e5 * nm**-1.5 + 2e12 * nm**-4.0
    ratio = 2.0 * dermis / (0.75 * scattering)
    returned = 1.0 + ratio - np.sqrt(ratio * ratio + 2.0 * ratio)
    # Diffuse light crosses the layer obliquely: on average twice its thickness, in and out.
    through = np.exp(-4.0 * epidermis * _EPIDERMIS_CM)
    # Light that turns back above most of the pigment: little, and slightly warm.
    early = 0.032 + 0.045 * (nm - 400.0) / 300.0
    return np.asarray(early + (1 - early) * returned * through, dtype=np.float64)


def skin_linear(melanin: NDArray[np.float64], blood: NDArray[np.float64]) -> Colours:
    """Return linear RGB (D65) of skin, (..., 3) float64; red may pass the gamut slightly."""
    return np.maximum(reflectance_to_linear(reflectance(melanin, blood)), 0.0)


@cache
def melanin_of(typology: TypologyClass) -> float:
    """Return the melanosome fraction whose colour has the central angle of a class."""
    low, high = MELANIN_RANGE
    for _ in range(40):
        middle = (low + high) / 2
        colour = skin_linear(np.array(middle), np.array(BLOOD_FRACTION))
        if float(typology_angle_deg(colour)) > _CENTRE_DEG[typology]:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@cache
def _colour_table() -> NDArray[np.float32]:
    melanin = np.linspace(*MELANIN_RANGE, _TABLE_SIZE) ** 2 / MELANIN_RANGE[1]
    blood = np.linspace(*BLOOD_RANGE, _TABLE_SIZE) ** 2 / BLOOD_RANGE[1]
    return skin_linear(*np.meshgrid(melanin, blood)).astype(np.float32)


def paint(melanin: NDArray[np.float32], blood: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return linear RGB of maps of melanin and blood, (rows, columns, 3) float32, from a table.

    The table is spaced by square roots, so that light skin is as finely resolved as dark.
    """
    last = np.float32(_TABLE_SIZE - 1)
    column = np.sqrt(np.clip(melanin / np.float32(MELANIN_RANGE[1]), 0, 1)) * last
    row = np.sqrt(np.clip(blood / np.float32(BLOOD_RANGE[1]), 0, 1)) * last
    colours = cv2.remap(_colour_table(), column, row, cv2.INTER_LINEAR)
    return np.asarray(colours, dtype=np.float32)
