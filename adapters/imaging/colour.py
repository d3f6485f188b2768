"""Colour arithmetic: sRGB, CIE XYZ, CIELAB, colour difference, correlated colour temperature.

Rules kept here:

1. Everything is float64 on arrays whose last axis holds the three components; images are
   linearised by table in ``decode.py``, with the curve defined here.
2. Linear RGB has sRGB primaries and D65 white; XYZ has Y = 1 for that white; CIELAB says in the
   function's name or argument which white it is relative to.
3. Matrices are computed from the published chromaticities, never typed in rounded, so that white
   maps to L* = 100, a* = b* = 0 exactly.

Sources: IEC 61966-2-1 (sRGB); CIE 15:2018 (XYZ, CIELAB); Lam 1985 (Bradford adaptation);
Sharma, Wu and Dalal 2005, doi 10.1002/col.20070 (CIEDE2000); McCamy 1992,
doi 10.1002/col.5080170211 (colour temperature); Chardon 1991 (individual typology angle).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.refusal import malformed

Colours = NDArray[np.float64]
"""(..., 3) float64."""

D65_XYZ: Final[Colours] = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
"""White of sRGB, from x = 0.3127, y = 0.3290.  Source: IEC 61966-2-1."""

D50_XYZ: Final[Colours] = np.array([0.96422, 1.0, 0.82521])
"""White of the graphic arts.  Source: ASTM E308, 2 degree observer."""

_PRIMARIES_XY: Final = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def _srgb_to_xyz_matrix() -> Colours:
    """Solve for the matrix that maps the primaries to their chromaticities and white to D65."""
    x, y = _PRIMARIES_XY.T
    primaries = np.stack([x / y, np.ones(3), (1 - x - y) / y])
    return np.asarray(primaries * np.linalg.solve(primaries, D65_XYZ), dtype=np.float64)


SRGB_TO_XYZ: Final[Colours] = _srgb_to_xyz_matrix()
XYZ_TO_SRGB: Final[Colours] = np.asarray(np.linalg.inv(SRGB_TO_XYZ), dtype=np.float64)


def srgb_to_linear(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo the sRGB transfer curve; 0..1 to 0..1.  Source: IEC 61966-2-1, 5.2."""
    low = encoded / 12.92
    high = ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, low, high)  # noqa: PLR2004 - the standard's threshold


def linear_to_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply the sRGB transfer curve; 0..1 to 0..1, values outside are extended, not clipped.

    Source: IEC 61966-2-1, 5.2.
    """
    low = linear * 12.92
    high = 1.055 * np.maximum(linear, 0.0) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, low, high)  # noqa: PLR2004 - the standard's threshold


def linear_to_xyz(linear: Colours) -> Colours:
    """Linear sRGB to XYZ relative to D65."""
    return np.asarray(linear @ SRGB_TO_XYZ.T, dtype=np.float64)


def xyz_to_linear(xyz: Colours) -> Colours:
    """XYZ relative to D65 to linear sRGB; colours outside the gamut leave 0..1."""
    return np.asarray(xyz @ XYZ_TO_SRGB.T, dtype=np.float64)


def adapt(xyz: Colours, *, source_white: Colours, target_white: Colours) -> Colours:
    """Return colours as they look under another white (Bradford).  Source: Lam 1985."""
    scale = (_BRADFORD @ target_white) / (_BRADFORD @ source_white)
    matrix = np.linalg.solve(_BRADFORD, scale[:, None] * _BRADFORD)
    return np.asarray(xyz @ matrix.T, dtype=np.float64)


def xyz_to_lab(xyz: Colours, *, white: Colours) -> Colours:
    """XYZ to CIELAB relative to ``white``.  Source: CIE 15:2018, 8.2.1."""
    ratio = xyz / white
    threshold = (6 / 29) ** 3
    f = np.where(ratio > threshold, np.cbrt(ratio), ratio * (841 / 108) + 4 / 29)
    return np.stack(
        [
            116 * f[..., 1] - 16,
            500 * (f[..., 0] - f[..., 1]),
            200 * (f[..., 1] - f[..., 2]),
        ],
        axis=-1,
    )


def lab_to_xyz(lab: Colours, *, white: Colours) -> Colours:
    """CIELAB relative to ``white`` to XYZ.  Source: CIE 15:2018, Annex on the inverse."""
    middle = (lab[..., 0] + 16) / 116
    f = np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], axis=-1)
    return np.asarray(
        np.where(f > 6 / 29, f**3, (f - 4 / 29) * (108 / 841)) * white, dtype=np.float64
    )


def linear_to_lab_d65(linear: Colours) -> Colours:
    """Linear sRGB to CIELAB relative to D65, the white of the image."""
    return xyz_to_lab(linear_to_xyz(linear), white=D65_XYZ)


def linear_to_lab_d50(linear: Colours) -> Colours:
    """Linear sRGB to CIELAB relative to D50 (Bradford), the white charts are specified in."""
    xyz = adapt(linear_to_xyz(linear), source_white=D65_XYZ, target_white=D50_XYZ)
    return xyz_to_lab(xyz, white=D50_XYZ)


def lab_d50_to_linear(lab: Colours) -> Colours:
    """CIELAB relative to D50 to linear sRGB (Bradford); may leave 0..1."""
    xyz = lab_to_xyz(lab, white=D50_XYZ)
    return xyz_to_linear(adapt(xyz, source_white=D50_XYZ, target_white=D65_XYZ))


def delta_e_2000(first: Colours, second: Colours) -> NDArray[np.float64]:
    """Return the CIEDE2000 difference of CIELAB colours, kL = kC = kH = 1: (...) float64, >= 0.

    The formula is discontinuous where two hues differ by exactly 180 degrees; a difference
    within 1e-9 degrees of it counts as 180, as in the published test data.

    Source: Sharma, Wu and Dalal 2005, equations 2 to 22.
    """
    l1, a1, b1 = np.moveaxis(np.asarray(first, dtype=np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(second, dtype=np.float64), -1, 0)
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(mean_c7 / (mean_c7 + 25.0**7)))
    a1p, a2p = (1 + g) * a1, (1 + g) * a2
    c1p, c2p = np.hypot(a1p, b1), np.hypot(a2p, b2)
    h1p = np.degrees(np.arctan2(b1, a1p)) % 360
    h2p = np.degrees(np.arctan2(b2, a2p)) % 360

    half_turn = 180 + 1e-9
    grey = c1p * c2p == 0
    turn = h2p - h1p
    far = np.abs(turn) > half_turn
    dhp = np.where(grey, 0.0, turn - np.where(far, np.copysign(360.0, turn), 0.0))
    hue_sum = h1p + h2p
    mean_far = np.where(hue_sum < 360, hue_sum + 360, hue_sum - 360) / 2  # noqa: PLR2004 - a turn
    mean_h = np.where(grey, hue_sum, np.where(far, mean_far, hue_sum / 2))

    dl, dc = l2 - l1, c2p - c1p
    dh = 2 * np.sqrt(c1p * c2p) * np.sin(np.radians(dhp / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1p + c2p) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c = 1 + 0.045 * mean_c
    s_h = 1 + 0.015 * mean_c * t
    rotation = np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))
    r_t = -np.sin(rotation) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    light, chroma, hue = dl / s_l, dc / s_c, dh / s_h
    squared = light**2 + chroma**2 + hue**2 + r_t * chroma * hue
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), dtype=np.float64)


def colour_temperature_k(xyz: Colours) -> float:
    """Return the correlated colour temperature of one colour, within about 2 K of the definition.

    Raises:
        MalformedInput: the colour is black, or lies where the formula does not hold
            (outside 2000..12500 K).

    Source: McCamy 1992, equation 3.
    """
    total = float(np.sum(xyz))
    if total > 0:
        x, y = float(xyz[0]) / total, float(xyz[1]) / total
        n = (x - 0.3320) / (0.1858 - y)
        kelvin = 449.0 * n**3 + 3525.0 * n**2 + 6823.3 * n + 5520.33
        if 2000.0 <= kelvin <= 12500.0:  # noqa: PLR2004 - McCamy's range
            return kelvin
    raise malformed(
        "colour.temperature",
        "the colour is black or far from any white",
        "Measure the light on a neutral patch that is neither clipped nor dark",
    )


def typology_angle_deg(lab: Colours) -> NDArray[np.float64]:
    """Return the individual typology angle of skin colours in CIELAB (D65): (...) degrees.

    Source: Chardon, Cretois and Hourseau 1991, doi 10.1111/j.1467-2494.1991.tb00561.x.
    """
    return np.asarray(np.degrees(np.arctan2(lab[..., 0] - 50, lab[..., 2])), dtype=np.float64)
