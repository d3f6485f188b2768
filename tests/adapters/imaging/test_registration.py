"""Tests of laying one face over another: exactness, what moves, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging.registration import from_landmarks, register
from domain.errors import RuleViolation
from domain.values.facial_region import FacialRegion
from tests.adapters.imaging.curved_faces import (
    CHEEK,
    HEIGHT,
    STILL,
    WIDTH,
    motion_error_mm,
    moved,
    seen,
    true_motion,
)

POSE = moved((2.5, -1.5, 0.8), (3.0, 2.0, -2.0))
EARLIER = seen()
LATER = seen(POSE)


@pytest.mark.verifies("REQ-IN-131")
def test_an_exact_surface_is_laid_over_itself_to_micrometres_from_depth_alone() -> None:
    fit = register(
        EARLIER.face.surface,
        LATER.face.surface,
        stable_earlier=EARLIER.face.stable,
        stable_later=LATER.face.stable,
    )
    assert motion_error_mm(EARLIER, LATER, fit.motion, FacialRegion.FOREHEAD) < 0.005
    assert fit.inlier_share > 0.95
    assert fit.overlap > 0.95


@pytest.mark.verifies("REQ-IN-131")
def test_a_change_outside_the_stable_face_moves_nothing() -> None:
    swollen = seen(POSE, bump_mm3=2000.0)
    fits = [
        register(
            EARLIER.face.surface,
            later.face.surface,
            stable_earlier=EARLIER.face.stable,
            stable_later=later.face.stable,
        )
        for later in (LATER, swollen)
    ]
    assert np.abs(fits[0].motion.shift_mm - fits[1].motion.shift_mm).max() < 0.002


@pytest.mark.verifies("REQ-IN-131")
def test_the_same_surfaces_give_the_same_bytes_and_noise_little_error() -> None:
    first, second = seen(noise_mm=0.05, seed=1), seen(POSE, noise_mm=0.05, seed=2)
    fits = [
        register(
            first.face.surface,
            second.face.surface,
            stable_earlier=first.face.stable,
            stable_later=second.face.stable,
        )
        for _ in range(2)
    ]
    assert fits[0].motion.rotation.tobytes() == fits[1].motion.rotation.tobytes()
    assert fits[0].covariance.tobytes() == fits[1].covariance.tobytes()
    assert motion_error_mm(first, second, fits[0].motion, CHEEK) < 0.05
    assert fits[0].residual_mm == pytest.approx(0.045, abs=0.02)


@pytest.mark.verifies("REQ-IN-130")
def test_landmarks_give_the_start_and_one_that_was_misplaced_does_not_pull() -> None:
    points = EARLIER.face.surface.points_mm(EARLIER.face.stable)[::997]
    motion = true_motion(EARLIER, LATER)
    other = motion.back(points)
    other[0] += 30.0
    other[1] = np.nan
    found = from_landmarks(points, other)
    assert np.abs(found.rotation - motion.rotation).max() < 1e-9
    assert np.abs(found.shift_mm - motion.shift_mm).max() < 1e-6


def test_too_few_landmarks_are_refused() -> None:
    with pytest.raises(RuleViolation) as refused:
        from_landmarks(np.zeros((3, 3)), np.zeros((3, 3)))
    assert refused.value.rule == "registration.landmarks"


@pytest.mark.verifies("DRV-16")
def test_a_stable_face_that_hardly_overlaps_or_shows_is_refused() -> None:
    stable = EARLIER.face.stable
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    for narrowed, rule in (
        (stable & (columns % 3 == 0), "registration.overlap"),
        (stable & (rows % 20 == 0) & (columns % 20 == 0), "registration.stable-face"),
    ):
        with pytest.raises(RuleViolation) as refused:
            register(
                EARLIER.face.surface,
                EARLIER.face.surface,
                stable_earlier=narrowed,
                stable_later=stable,
                start=STILL,
            )
        assert refused.value.rule == rule


@pytest.mark.verifies("DRV-16")
def test_two_faces_of_another_form_are_refused() -> None:
    surface = LATER.face.surface
    rng = np.random.default_rng(3)
    torn = replace(surface, depth_mm=surface.depth_mm + rng.choice([-9.0, 0.0, 9.0], surface.shape))
    flat = replace(EARLIER.face.surface, normals=np.full((*surface.shape, 3), (0.0, 0.0, -1.0)))
    with pytest.raises(RuleViolation) as refused:
        register(
            flat,
            torn,
            stable_earlier=EARLIER.face.stable,
            stable_later=LATER.face.stable,
        )
    assert refused.value.rule == "registration.geometry"
