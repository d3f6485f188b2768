"""How far a mean skin colour may be off, and what that does to angle and indices.

Rules kept here:

1. Three sources are combined: the colour chart's residual (a systematic error of the whole
   picture), the spread of skin areas (how well their mean is known), and how far the light on them
   may differ from that on the chart. All are standard uncertainties.
2. The residual is a length in CIELAB, shared evenly by its three axes. Without a chart a stated,
   wide value takes its place.
3. Tiles count as independent; pixels never do, because neighbours share light and skin.
4. Angle and indices follow from the colour, so their uncertainty is propagated, not guessed.

Not covered: make-up, tanning products, and the spectral mismatch between camera and observer.

Source: JCGM 100:2008 (GUM), 4.3, 5.1.2 and, for the numerical derivatives, 5.1.3 note 2.
"""

import math
from dataclasses import dataclass
from typing import Final

from adapters.inference.skin_colour_graph import REFLECTANCE_FLOOR
from adapters.inference.skin_tone import individual_typology_angle_deg
from domain.errors import MalformedInput

RESIDUAL_WITHOUT_REFERENCE_DELTA_E: Final = 10.0
RESIDUAL_LEAST_DELTA_E: Final = 0.5
COVERAGE_FACTOR: Final = 2.0

# XYZ relative to the D65 white, to linear sRGB: the inverse of the model's own matrix.
_RELATIVE_XYZ_TO_SRGB: Final = (
    (3.080399093, -1.537383178, -0.543015915),
    (-0.921223355, 1.875967502, 0.045255853),
    (0.052873936, -0.203976959, 1.151103023),
)
_LAB_DELTA: Final = 6.0 / 29.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanColour:
    """A mean skin colour and its standard uncertainties, all in CIELAB units.

    Attributes:
        lab: Mean L*, a*, b*.
        standard_uncertainty: Of each of the three.
    """

    lab: tuple[float, float, float]
    standard_uncertainty: tuple[float, float, float]


def mean_colour(
    *,
    lab: tuple[float, float, float],
    sd: tuple[float, float, float],
    tile_sd: tuple[float, float, float],
    tile_count: int,
    residual_delta_e: float | None,
    light_l_star: float = 0.0,
) -> MeanColour:
    """Combine chart residual, spread and light into the uncertainty of a mean colour.

    Args:
        lab: Mean L*, a*, b*.
        sd: Spread of pixels; stands in for the mean's uncertainty when there are no two tiles.
        tile_sd: Spread of tile means.
        tile_count: Tiles behind ``tile_sd``.
        residual_delta_e: Mean residual of the colour chart; none without a chart.
        light_l_star: Standard uncertainty of lightness from the light that falls on the skin.

    Raises:
        MalformedInput: a residual or spread is negative, or no number.
    """
    residual = RESIDUAL_WITHOUT_REFERENCE_DELTA_E if residual_delta_e is None else residual_delta_e
    if not all(
        math.isfinite(each) and each >= 0 for each in (residual, light_l_star, *sd, *tile_sd)
    ):
        raise MalformedInput("residuals and spreads are finite and not negative")
    per_axis = max(residual, RESIDUAL_LEAST_DELTA_E) / math.sqrt(3.0)
    enough = tile_count > 1
    spreads = [each / math.sqrt(tile_count - 1) for each in tile_sd] if enough else list(sd)
    lightness, red_green, yellow_blue = (math.hypot(per_axis, each) for each in spreads)
    lightness = math.hypot(lightness, light_l_star)
    return MeanColour(lab=lab, standard_uncertainty=(lightness, red_green, yellow_blue))


def derived_uncertainties(colour: MeanColour) -> tuple[float, float, float]:
    """Return standard uncertainties of angle (degrees), melanin index and erythema index.

    Each input is moved up and down by its own uncertainty; half the change is its share.
    """
    squares = [0.0, 0.0, 0.0]
    for axis, step in enumerate(colour.standard_uncertainty):
        above, below = (
            _angle_and_indices(_moved(colour.lab, axis, sign * step)) for sign in (1.0, -1.0)
        )
        for place in range(3):
            change = above[place] - below[place]
            if place == 0:  # the shorter way round the circle
                change = (change + 180.0) % 360.0 - 180.0
            squares[place] += (change / 2.0) ** 2
    angle_deg, melanin, erythema = (math.sqrt(each) for each in squares)
    return angle_deg, melanin, erythema


def _moved(lab: tuple[float, float, float], axis: int, step: float) -> tuple[float, float, float]:
    lightness, red_green, yellow_blue = (
        value + (step if place == axis else 0.0) for place, value in enumerate(lab)
    )
    return lightness, red_green, yellow_blue


def _angle_and_indices(lab: tuple[float, float, float]) -> tuple[float, float, float]:
    red, green = linear_red_green(lab)
    red_density, green_density = (
        -100.0 * math.log10(max(each, REFLECTANCE_FLOOR)) for each in (red, green)
    )
    angle_deg = individual_typology_angle_deg(lab[0], lab[2])
    return angle_deg, red_density, green_density - red_density


def linear_red_green(lab: tuple[float, float, float]) -> tuple[float, float]:
    """Return the linear sRGB red and green of a CIELAB (D65) colour; 0..1 inside the gamut.

    Source: CIE 15:2018, 8.2.1.4 (inverse of CIELAB); IEC 61966-2-1.
    """
    lightness, red_green, yellow_blue = lab
    middle = (lightness + 16.0) / 116.0
    fractions = (middle + red_green / 500.0, middle, middle - yellow_blue / 200.0)
    xyz = [
        each**3 if each > _LAB_DELTA else 3.0 * _LAB_DELTA**2 * (each - 4.0 / 29.0)
        for each in fractions
    ]
    red, green = (
        sum(weight * part for weight, part in zip(row, xyz, strict=True))
        for row in _RELATIVE_XYZ_TO_SRGB[:2]
    )
    return red, green
