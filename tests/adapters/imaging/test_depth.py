"""Depth: close to the exact depth of a drawn head and to a real scene's, honest about the rest."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.imaging.depth import (
    DepthMap,
    decode_depth,
    encode_depth,
    match,
    reconstruct,
    reconstruct_luma,
)
from adapters.imaging.pixels import EncodedLuma, EncodedRgb, encoded_luma
from domain.errors import MalformedInput
from tests.adapters.imaging.photographs import photograph, photograph_path
from tests.adapters.imaging.scenes import (
    DARK_SKIN,
    Floats,
    Scene,
    calibration,
    image_of,
    render,
    true_depth_mm,
)

GOOD = Scene()


def pair(scene: Scene) -> tuple[EncodedLuma, EncodedLuma]:
    """Return both pictures as luma."""
    return (
        encoded_luma(EncodedRgb(render(scene))),
        encoded_luma(EncodedRgb(render(scene, "right"))),
    )


@cache
def depth_of(scene: Scene) -> DepthMap:
    """Return the reconstructed depth of a scene."""
    return reconstruct_luma(*pair(scene), calibration(scene))


def core_errors_mm(scene: Scene) -> tuple[Floats, float]:
    """Return errors where the surface is not steep, and the valid share there."""
    exact = true_depth_mm(scene)
    exact = exact.reshape(scene.height // 2, 2, scene.width // 2, 2).mean(axis=(1, 3))
    slope = np.hypot(*np.gradient(exact)) * scene.focal_px / 2 / exact
    core = slope < np.tan(np.radians(50))
    depth = depth_of(scene)
    seen = core & depth.valid
    return depth.depth_mm[seen] - exact[seen], float(seen.sum() / core.sum())


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-103")
def test_depth_of_the_face_is_right_to_a_fraction_of_a_millimetre() -> None:
    errors, share = core_errors_mm(GOOD)
    assert np.median(np.abs(errors)) < 0.4
    assert abs(np.median(errors)) < 0.1
    assert (np.abs(errors) < 2).mean() > 0.97
    assert share > 0.85


def test_dark_skin_and_unequal_exposure_are_reconstructed_too() -> None:
    for scene in (replace(GOOD, skin=DARK_SKIN), replace(GOOD, right_gain=1.4)):
        errors, share = core_errors_mm(scene)
        assert np.median(np.abs(errors)) < 0.5
        assert share > 0.8


@pytest.mark.verifies("REQ-IN-103", "REQ-IN-144")
def test_completeness_falls_when_the_pair_no_longer_fits() -> None:
    shares = [
        float(depth_of(scene).valid.mean())
        for scene in (
            GOOD,
            replace(GOOD, right_pitch_deg=0.1),
            replace(GOOD, right_pitch_deg=0.3),
            replace(GOOD, right_noise=True),
        )
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[2] < 0.3 * shares[0]
    assert shares[3] < 0.01


def test_the_background_stays_invalid() -> None:
    off = np.isnan(true_depth_mm(GOOD))[::2, ::2]
    reach = np.ones((25, 25), np.uint8)
    far_off = cv2.erode(off.astype(np.uint8), reach).astype(np.bool_)
    assert depth_of(GOOD).valid[far_off].mean() < 0.002
    assert np.isnan(depth_of(GOOD).depth_mm[~depth_of(GOOD).valid]).all()


def test_the_same_pair_gives_the_same_bytes() -> None:
    first = encode_depth(reconstruct_luma(*pair(GOOD), calibration(GOOD)))
    assert encode_depth(depth_of(GOOD)) == first


def test_decoded_pictures_are_reconstructed_like_their_luma() -> None:
    left, right = image_of(render(GOOD)), image_of(render(GOOD, "right"))
    found = reconstruct(left, right, calibration(GOOD))
    assert np.array_equal(found.valid, depth_of(GOOD).valid)


def test_another_size_than_the_calibrated_one_is_refused() -> None:
    small = EncodedLuma(np.zeros((64, 48), np.uint8))
    with pytest.raises(MalformedInput, match=r"calibration\.size"):
        reconstruct_luma(small, small, calibration(GOOD))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_every_depth_map_comes_back_within_its_unit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    valid = rng.random((20, 30)) < 0.7
    depth_mm = np.where(valid, rng.uniform(0.01, 655, (20, 30)), np.nan).astype(np.float32)
    original = DepthMap(depth_mm=depth_mm, valid=valid, step=2, method="sgbm-half/1")
    content = encode_depth(original)
    found = decode_depth(content)
    assert np.array_equal(found.valid, valid)
    assert np.nanmax(np.abs(found.depth_mm - depth_mm), initial=0) < 0.0051
    assert encode_depth(found) == content


def test_depth_beyond_the_stored_range_becomes_invalid() -> None:
    depth_mm = np.array([[600.0, 656.0]], np.float32)
    original = DepthMap(depth_mm=depth_mm, valid=depth_mm > 0, step=2, method="sgbm-half/1")
    assert decode_depth(encode_depth(original)).valid.tolist() == [[True, False]]


@pytest.mark.parametrize("content", [b"", b"nothing"])
def test_bytes_that_are_no_depth_map_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput, match=r"depth\.format"):
        decode_depth(content)


def test_a_real_stereo_pair_agrees_with_its_measured_disparity() -> None:
    left, right = (
        encoded_luma(EncodedRgb(photograph(f"motorcycle_{side}.png"))) for side in ("left", "right")
    )
    with np.load(photograph_path("motorcycle_disp.npz")) as stored:
        truth = stored["arr_0"].astype(np.float64)
    found = match(left, right, lowest=4, highest=64)
    known = np.isfinite(truth) & ~np.isnan(found)
    errors = np.abs(found[known] - truth[known])
    assert known.sum() / np.isfinite(truth).sum() > 0.6
    assert np.median(errors) < 0.25
    assert (errors > 2).mean() < 0.08
