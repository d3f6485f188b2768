"""Daylight of a colour temperature, and the light that cameras set for it really saw.

Rule kept here: cameras that are balanced for a light show it as neutral, so what they show of a
neutral target is how far the light is from the one they were set for.

Source: CIE 15:2018, equations 4.2 to 4.4 (daylight of a colour temperature).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour import linear_to_xyz, xyz_to_linear
from domain.errors import RuleViolation

Floats = NDArray[np.float64]

COOLEST_K: Final = 4000.0
HOTTEST_K: Final = 25000.0
_WARM_K: Final = 7000.0


def daylight_xyz(kelvin: float) -> Floats:
    """Return XYZ of daylight, Y = 1.

    Raises:
        RuleViolation: daylight is not defined at this temperature.
    """
    if not COOLEST_K <= kelvin <= HOTTEST_K:
        raise RuleViolation(
            "illumination.temperature",
            f"{kelvin:g} K is outside {COOLEST_K:g} to {HOTTEST_K:g} K",
            "Set the temperature the lights were made for.",
        )
    if kelvin <= _WARM_K:
        x = -4.6070e9 / kelvin**3 + 2.9678e6 / kelvin**2 + 0.09911e3 / kelvin + 0.244063
    else:
        x = -2.0064e9 / kelvin**3 + 1.9018e6 / kelvin**2 + 0.24748e3 / kelvin + 0.237040
    y = -3.000 * x**2 + 2.870 * x - 0.275
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def light_xyz(white: Floats, *, nominal_k: float) -> Floats:
    """Return XYZ of the light that cameras set for daylight of a temperature saw.

    Args:
        white: Linear RGB that they show of a neutral target, green 1, (3,) float64.
        nominal_k: The temperature that they take for white, kelvin.

    Raises:
        RuleViolation: daylight is not defined at this temperature.
    """
    return linear_to_xyz(np.asarray(xyz_to_linear(daylight_xyz(nominal_k)) * white, np.float64))
