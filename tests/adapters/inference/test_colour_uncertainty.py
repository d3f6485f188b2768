"""Uncertainty of a mean colour and of what follows from it."""

import math

import numpy as np
import pytest

from adapters.inference.colour_uncertainty import (
    RESIDUAL_LEAST_DELTA_E,
    RESIDUAL_WITHOUT_REFERENCE_DELTA_E,
    MeanColour,
    derived_uncertainties,
    linear_red_green,
    mean_colour,
)
from domain.errors import MalformedInput
from tests.adapters.inference import reference

LAB = (65.0, 10.0, 16.0)
NO_SPREAD = (0.0, 0.0, 0.0)


def colour(residual: float | None, tile_sd: float = 0.0, tiles: int = 10) -> MeanColour:
    return mean_colour(
        lab=LAB,
        sd=(4.0, 3.0, 2.0),
        tile_sd=(tile_sd,) * 3,
        tile_count=tiles,
        residual_delta_e=residual,
    )


def test_the_chart_residual_is_shared_by_the_three_axes() -> None:
    assert colour(3.0).standard_uncertainty == pytest.approx((math.sqrt(3.0),) * 3)


def test_no_chart_means_a_wide_stated_uncertainty_and_a_perfect_one_never_none() -> None:
    wide = colour(None).standard_uncertainty[0]
    assert wide == pytest.approx(RESIDUAL_WITHOUT_REFERENCE_DELTA_E / math.sqrt(3))
    assert colour(0.0).standard_uncertainty[0] == pytest.approx(RESIDUAL_LEAST_DELTA_E / 3**0.5)


def test_tiles_count_as_independent_and_a_single_tile_falls_back_to_the_pixels() -> None:
    spread = colour(0.0, tile_sd=6.0, tiles=10).standard_uncertainty[0]
    assert spread == pytest.approx(math.hypot(RESIDUAL_LEAST_DELTA_E / 3**0.5, 6.0 / 3.0))
    single = colour(0.0, tile_sd=0.0, tiles=1).standard_uncertainty
    assert single[0] == pytest.approx(math.hypot(RESIDUAL_LEAST_DELTA_E / 3**0.5, 4.0))


def test_negative_residuals_are_refused() -> None:
    with pytest.raises(MalformedInput):
        colour(-1.0)
    with pytest.raises(MalformedInput):
        colour(math.nan)


@pytest.mark.parametrize("lab", [(65.0, 10.0, 16.0), (30.0, 9.0, 11.0), (90.0, 1.0, 5.0)])
def test_reflectance_agrees_with_the_reference(lab: tuple[float, float, float]) -> None:
    expected = reference.rgb_of(np.array(lab))
    assert linear_red_green(lab) == pytest.approx(expected[:2].tolist(), abs=1e-6)


@pytest.mark.verifies("DRV-17")
@pytest.mark.parametrize("lab", [(65.0, 10.0, 16.0), (45.0, 13.0, 18.0), (32.0, 9.0, 11.0)])
def test_propagated_uncertainty_agrees_with_drawing_colours_at_random(
    lab: tuple[float, float, float],
) -> None:
    standard = (0.8, 0.6, 0.7)
    random = np.random.default_rng(2)
    drawn = random.normal(lab, standard, (40_000, 3))
    rgb = reference.rgb_of(drawn)
    density = -100 * np.log10(rgb)
    spreads = (
        reference.angle_deg(drawn).std(),
        density[:, 0].std(),
        (density[:, 1] - density[:, 0]).std(),
    )
    propagated = derived_uncertainties(MeanColour(lab=lab, standard_uncertainty=standard))
    assert propagated == pytest.approx(spreads, rel=0.03)
