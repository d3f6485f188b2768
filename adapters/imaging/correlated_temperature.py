"""Correlated colour temperature and distance from the Planckian locus, by Ohno's method.

Rules kept here:

1. The locus is computed from the observer and Planck's law, never typed in: a table of
   temperatures 0.1 % apart, and between them Ohno's two solutions, the triangle near the locus,
   the parabola away from it.
2. A colour farther than 0.05 from the locus has no correlated temperature (CIE 15:2018, 9.5), and
   is refused.
3. This is the value for the record; McCamy's formula in ``colour.py`` is the quick one on screens.

Sources: Ohno 2014, doi 10.1080/15502724.2014.839020 (method; presented 2013); CIE 15:2018, table 6
(observer); CODATA 2018 (second radiation constant).
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour import Colours
from adapters.imaging.refusal import malformed

COOLEST_K: Final = 1000.0
HOTTEST_K: Final = 20000.0
FARTHEST_DUV: Final = 0.05

_STEP: Final = 1.001
_TRIANGLE_WITHIN_DUV: Final = 0.002
_SECOND_RADIATION_NM_K: Final = 1.438776877e7
_WAVELENGTHS_NM: Final = np.arange(360.0, 831.0, 5.0)
_X_BAR: Final = np.fromstring(
    "0.0001299 0.0002321 0.0004149 0.0007416 0.001368 0.002236 0.004243 0.00765 0.01431 "
    "0.02319 0.04351 0.07763 0.13438 0.21477 0.2839 0.3285 0.34828 0.34806 0.3362 0.3187 "
    "0.2908 0.2511 0.19536 0.1421 0.09564 0.05795 0.03201 0.0147 0.0049 0.0024 0.0093 0.0291 "
    "0.06327 0.1096 0.1655 0.22575 0.2904 0.3597 0.43345 0.51205 0.5945 0.6784 0.7621 0.8425 "
    "0.9163 0.9786 1.0263 1.0567 1.0622 1.0456 1.0026 0.9384 0.85445 0.7514 0.6424 0.5419 "
    "0.4479 0.3608 0.2835 0.2187 0.1649 0.1212 0.0874 0.0636 0.04677 0.0329 0.0227 0.01584 "
    "0.0113592 0.00811092 0.00579035 0.00410946 0.00289933 0.00204919 0.00143997 0.000999949 "
    "0.000690079 0.000476021 0.000332301 0.000234826 0.000166151 0.000117413 8.30753e-05 "
    "5.87065e-05 4.15099e-05 2.93533e-05 2.06738e-05 1.45598e-05 1.0254e-05 7.22146e-06 "
    "5.08587e-06 3.58165e-06 2.52253e-06 1.77651e-06 1.25114e-06 ",
    sep=" ",
)
_Y_BAR: Final = np.fromstring(
    "3.917e-06 6.965e-06 1.239e-05 2.202e-05 3.9e-05 6.4e-05 0.00012 0.000217 0.000396 "
    "0.00064 0.00121 0.00218 0.004 0.0073 0.0116 0.01684 0.023 0.0298 0.038 0.048 0.06 0.0739 "
    "0.09098 0.1126 0.13902 0.1693 0.20802 0.2586 0.323 0.4073 0.503 0.6082 0.71 0.7932 0.862 "
    "0.91485 0.954 0.9803 0.99495 1 0.995 0.9786 0.952 0.9154 0.87 0.8163 0.757 0.6949 0.631 "
    "0.5668 0.503 0.4412 0.381 0.321 0.265 0.217 0.175 0.1382 0.107 0.0816 0.061 0.04458 "
    "0.032 0.0232 0.017 0.01192 0.00821 0.005723 0.004102 0.002929 0.002091 0.001484 0.001047 "
    "0.00074 0.00052 0.0003611 0.0002492 0.0001719 0.00012 8.48e-05 6e-05 4.24e-05 3e-05 "
    "2.12e-05 1.499e-05 1.06e-05 7.4657e-06 5.2578e-06 3.7029e-06 2.6078e-06 1.8366e-06 "
    "1.2934e-06 9.1093e-07 6.4153e-07 4.5181e-07 ",
    sep=" ",
)
_Z_BAR: Final = np.fromstring(
    "0.0006061 0.001086 0.001946 0.003486 0.00645 0.01055 0.02005 0.03621 0.06785 0.1102 "
    "0.2074 0.3713 0.6456 1.03905 1.3856 1.62296 1.74706 1.7826 1.77211 1.7441 1.6692 1.5281 "
    "1.28764 1.0419 0.81295 0.6162 0.46518 0.3533 0.272 0.2123 0.1582 0.1117 0.07825 0.05725 "
    "0.04216 0.02984 0.0203 0.0134 0.00875 0.00575 0.0039 0.00275 0.0021 0.0018 0.00165 "
    "0.0014 0.0011 0.001 0.0008 0.0006 0.00034 0.00024 0.00019 0.0001 5e-05 3e-05 2e-05 1e-05 "
    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 ",
    sep=" ",
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelatedTemperature:
    """What white a light resembles, and how far it is from it.

    Attributes:
        kelvin: Temperature of the nearest Planckian radiator.
        duv: Distance from the locus in CIE 1960 u, v; above 0 is greenish, below 0 pinkish.
    """

    kelvin: float
    duv: float


def correlated_temperature(xyz: Colours) -> CorrelatedTemperature:
    """Return the correlated colour temperature of one colour.

    Args:
        xyz: (3,) float64, CIE XYZ of any scale.

    Raises:
        MalformedInput: the colour is black, farther than 0.05 from the locus, or outside
            1000..20000 K.
    """
    scale = float(xyz[0] + 15.0 * xyz[1] + 3.0 * xyz[2])
    if not (np.isfinite(xyz).all() and scale > 0):
        raise _refused("the colour is black or not a colour")
    u, v = 4.0 * float(xyz[0]) / scale, 6.0 * float(xyz[1]) / scale
    kelvins, locus = planckian_locus()
    distances = np.hypot(locus[:, 0] - u, locus[:, 1] - v)
    nearest = int(np.argmin(distances))
    if nearest in {0, len(kelvins) - 1}:
        raise _refused(f"the colour lies outside {COOLEST_K:g} to {HOTTEST_K:g} K")
    if distances[nearest] > FARTHEST_DUV:
        raise _refused(f"the colour is {distances[nearest]:.3f} from the locus of whites")
    around = slice(nearest - 1, nearest + 2)
    found = _triangle(v, kelvins[around], locus[around], distances[around])
    if abs(found.duv) >= _TRIANGLE_WITHIN_DUV:
        found = _parabola(found, kelvins[around], distances[around])
    return found


@cache
def planckian_locus() -> tuple[Floats, Floats]:
    """Return temperatures (n,) in kelvin, 0.1 % apart, and their u, v (n, 2)."""
    count = int(np.ceil(np.log(HOTTEST_K / COOLEST_K) / np.log(_STEP))) + 1
    kelvins = np.asarray(COOLEST_K * _STEP ** np.arange(count), dtype=np.float64)
    ratio = _SECOND_RADIATION_NM_K / (_WAVELENGTHS_NM * kelvins[:, None])
    power = _WAVELENGTHS_NM**-5.0 / np.expm1(ratio)
    power /= power.max(axis=1, keepdims=True)
    x, y, z = (power @ bar for bar in (_X_BAR, _Y_BAR, _Z_BAR))
    scale = x + 15.0 * y + 3.0 * z
    return kelvins, np.stack([4.0 * x / scale, 6.0 * y / scale], axis=1)


def _triangle(v: float, kelvins: Floats, locus: Floats, distances: Floats) -> CorrelatedTemperature:
    """Return the foot of the perpendicular on the chord.  Source: Ohno 2014, equations 12 to 15."""
    chord = locus[2] - locus[0]
    length = float(np.hypot(*chord))
    along = float(distances[0] ** 2 - distances[2] ** 2 + length**2) / (2.0 * length)
    kelvin = float(kelvins[0] + (kelvins[2] - kelvins[0]) * along / length)
    away = float(np.sqrt(max(distances[0] ** 2 - along**2, 0.0)))
    foot_v = float(locus[0, 1] + chord[1] * along / length)
    return CorrelatedTemperature(kelvin=kelvin, duv=away if v > foot_v else -away)


def _parabola(
    rough: CorrelatedTemperature, kelvins: Floats, distances: Floats
) -> CorrelatedTemperature:
    """Return the least distance of a parabola.  Source: Ohno 2014, equations 16 to 19."""
    first, second, third = np.polyfit(kelvins - kelvins[1], distances, 2)
    shift = -second / (2.0 * first)
    away = float(first * shift**2 + second * shift + third)
    return CorrelatedTemperature(
        kelvin=float(kelvins[1] + shift), duv=away if rough.duv > 0 else -away
    )


def _refused(evidence: str) -> Exception:
    return malformed(
        "colour.temperature",
        evidence,
        "Measure the light on a neutral patch that is neither clipped nor dark",
    )
