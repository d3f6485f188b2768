"""Tests of a change with its uncertainties: the interval holds, and says from what it comes."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging.change import Geometry, measure_change
from adapters.imaging.change_uncertainty import combined, correlation, repeatability_mm3
from adapters.imaging.volume import distance_map
from tests.adapters.imaging.curved_faces import (
    CALIBRATION,
    CHEEK,
    Seen,
    moved,
    seen,
    true_motion,
)

POSE = moved((2.5, -1.5, 0.8), (3.0, 2.0, -2.0))
GEOMETRY = Geometry(calibration=CALIBRATION, disparity_px=0.02, baseline_mm=0.05)
STUDIED = {CHEEK: 10.0}


def pair(seed: int, *, bump_mm3: float = 0.0, alike_px: float = 0.0) -> tuple[Seen, Seen]:
    return (
        seen(noise_mm=0.04, seed=seed, alike_px=alike_px),
        seen(POSE, bump_mm3=bump_mm3, noise_mm=0.04, seed=seed + 100, alike_px=alike_px),
    )


@pytest.mark.verifies("REQ-IN-158")
@pytest.mark.verifies("REQ-IN-160")
@pytest.mark.parametrize("bump_mm3", [0.0, 500.0, 1000.0])
def test_the_interval_holds_the_true_change(bump_mm3: float) -> None:
    earlier, later = pair(7, bump_mm3=bump_mm3)
    found = measure_change(
        earlier.face, later.face, geometry=GEOMETRY, studied_sd_mm3=STUDIED
    ).regions[CHEEK]
    expanded_mm3 = 1000 * found.uncertainty.expanded
    assert abs(found.volume.change_mm3 - bump_mm3) < expanded_mm3 < 60.0
    assert found.uncertainty.coverage_factor == 2.0
    assert found.repeats_apart_cm3 is None


@pytest.mark.verifies("DRV-17")
def test_errors_that_are_alike_over_many_pixels_widen_the_interval() -> None:
    independent, alike = (
        measure_change(*(each.face for each in faces), geometry=GEOMETRY, studied_sd_mm3=STUDIED)
        for faces in (pair(7), pair(7, alike_px=3.0))
    )
    assert independent.alike.sum_px < 20.0
    # Gaussian smoothing of sigma s makes the covariances of white noise add up to 4 pi s^2.
    assert alike.alike.sum_px == pytest.approx(4 * np.pi * 9, rel=0.4)
    first, second = (each.regions[CHEEK].uncertainty for each in (independent, alike))
    assert second.depth_noise > 3 * first.depth_noise
    assert second.registration > 3 * first.registration


@pytest.mark.verifies("DRV-17")
def test_repeats_that_disagree_count_and_agreeing_ones_never_below_the_study() -> None:
    assert repeatability_mm3([], 20.0) == 20.0
    assert repeatability_mm3([3.0, -4.0], 20.0) == 20.0
    assert repeatability_mm3([30.0, -40.0], 20.0) == pytest.approx(np.sqrt(1250.0))
    earlier, later = pair(7)
    again = seen(noise_mm=0.04, seed=9, bump_mm3=90.0)
    found = measure_change(
        earlier.face,
        later.face,
        geometry=GEOMETRY,
        studied_sd_mm3=STUDIED,
        repeats=((earlier.face, again.face),),
    ).regions[CHEEK]
    assert found.repeats_apart_cm3 == pytest.approx(0.09, abs=0.03)
    assert found.uncertainty.repeatability == pytest.approx(0.09, abs=0.03)


@pytest.mark.verifies("DRV-17")
def test_parts_are_combined_by_the_root_of_squares_and_expanded_with_factor_2() -> None:
    made = combined(
        noise_mm3=10.0, registration_mm3=20.0, calibration_mm3=20.0, repeatability_mm3=40.0
    )
    assert made.expanded == pytest.approx(2 * 0.05)
    assert made.depth_noise == pytest.approx(0.01)


def test_the_picture_of_distances_lies_over_the_later_capture() -> None:
    earlier, later = pair(7, bump_mm3=1000.0)
    found = measure_change(earlier.face, later.face, geometry=GEOMETRY, studied_sd_mm3=STUDIED)
    highest = 3 * 1000.0 / (np.pi * 18.0**2)
    shown = found.shown_mm[later.face.regions[CHEEK]]
    assert np.nanmax(shown) == pytest.approx(highest, abs=0.6)
    assert found.alignment.covariance == tuple(
        (
            found.fit.covariance
            * max(1.0, found.alike.sum_px / found.alike.variance / found.fit.spacing_px**2)
        )
        .reshape(-1)
        .tolist()
    )
    assert len(found.alignment.rotation_deg) == 3


def test_a_disparity_wrong_everywhere_and_a_wrong_baseline_are_in_the_interval() -> None:
    earlier, later = pair(7, bump_mm3=1000.0)
    sure, unsure = (
        measure_change(
            earlier.face,
            later.face,
            geometry=replace(GEOMETRY, disparity_px=wrong, baseline_mm=wrong),
            studied_sd_mm3=STUDIED,
        ).regions[CHEEK]
        for wrong in (0.0, 1.0)
    )
    assert sure.uncertainty.calibration == 0.0
    assert unsure.uncertainty.calibration > 3 / 80


def test_a_stable_face_too_small_to_tell_gives_no_false_independence() -> None:
    earlier, later = pair(7)
    found = distance_map(earlier.face.surface, later.face.surface, true_motion(earlier, later))
    little = np.zeros(earlier.face.surface.shape, np.bool_)
    little[100:105, 100:110] = True
    assert correlation(found, little, pixel_mm=0.5).sum_px >= 1.0
