"""Colour correction: found from the chart, chosen by patches it had not seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.imaging.colour_chart import REFERENCE_LINEAR
from adapters.imaging.colour_correction import (
    FEWEST_PATCHES,
    LINEAR,
    METHODS,
    ROOT_POLYNOMIAL,
    find_correction,
    repeatability,
)
from domain.errors import MalformedInput

MIXED = np.array([[0.80, 0.15, 0.02], [0.10, 0.75, 0.12], [0.03, 0.20, 0.60]])


def measured(noise: float = 0.0, seed: int = 1) -> NDArray[np.float64]:
    """Return the patches as a camera with mixed channels sees them."""
    random = np.random.default_rng(seed)
    clean = REFERENCE_LINEAR @ MIXED.T * 0.7
    noisy = clean * (1 + noise * random.standard_normal(clean.shape))
    return np.asarray(np.maximum(noisy, 0.0), np.float64)


@pytest.mark.verifies("REQ-IN-092")
def test_channels_that_are_mixed_are_unmixed() -> None:
    found = find_correction(measured())
    assert found.method == LINEAR
    assert np.allclose(found.matrix @ MIXED * 0.7, np.eye(3), atol=1e-9)
    assert np.nanmean(found.before) > 5
    assert np.nanmax(found.after) < 1e-6


def test_three_terms_are_kept_where_six_only_fit_the_noise() -> None:
    found = find_correction(measured(noise=0.02))
    assert found.method == METHODS[int(np.argmin(found.tried))]
    assert np.nanmean(found.held_out) > np.nanmean(found.after)


def test_a_camera_that_bends_with_colour_gets_the_root_polynomial() -> None:
    red, green, blue = REFERENCE_LINEAR.T
    bent = np.stack(
        [
            0.6 * red + 0.5 * np.sqrt(red * green),
            0.6 * green + 0.3 * np.sqrt(green * blue),
            0.7 * blue + 0.2 * np.sqrt(red * blue),
        ],
        axis=1,
    )
    found = find_correction(bent)
    assert found.method == ROOT_POLYNOMIAL
    assert found.tried[1] < found.tried[0]
    assert np.nanmean(found.after) < np.nanmean(found.before)


@given(st.floats(0.05, 20.0))
def test_the_correction_scales_with_exposure(factor: float) -> None:
    for patches in (measured(noise=0.02), np.sqrt(measured() * measured()[:, [1, 2, 0]])):
        found = find_correction(patches)
        once = found.apply(patches)
        assert np.allclose(found.apply(patches * factor), once * factor, rtol=1e-9)


def test_patches_that_were_not_measured_are_left_out_and_said() -> None:
    patches = measured()
    patches[[3, 18]] = np.nan
    found = find_correction(patches)
    assert np.isnan(found.after[[3, 18]]).all()
    assert np.isfinite(np.delete(found.after, [3, 18])).all()
    assert np.allclose(found.matrix @ MIXED * 0.7, np.eye(3), atol=1e-9)


def test_too_few_patches_and_black_are_refused() -> None:
    few = measured()
    few[FEWEST_PATCHES - 1 :] = np.nan
    for patches in (few, np.zeros((24, 3)), np.full((24, 3), np.nan), -measured()):
        with pytest.raises(MalformedInput, match=r"colour\.patches"):
            find_correction(patches)


def test_pictures_that_are_the_same_repeat_exactly_and_noise_shows() -> None:
    same = np.stack([measured()] * 3)
    assert np.allclose(repeatability(same), 0)
    noisy = np.stack([measured(noise=0.01, seed=seed) for seed in range(8)])
    assert 0.05 < np.median(repeatability(noisy)) < 2
