"""The epipolar self-check: drift shows in pixels, faults of light and focus do not."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging.pixels import EncodedLuma, EncodedRgb, encoded_luma
from adapters.imaging.rectification import rectify
from adapters.imaging.stereo import StereoAgreement, measure_agreement
from tests.adapters.imaging.scenes import Scene, calibration, face_window, render

GOOD = Scene()


def agreement_of(scene: Scene) -> StereoAgreement:
    """Return the agreement of a drawn pair with the undisturbed calibration."""
    rig = rectify(calibration(scene), scale=0.5)
    return measure_agreement(
        rig,
        rig.left_picture(encoded_luma(EncodedRgb(render(scene)))),
        rig.right_picture(encoded_luma(EncodedRgb(render(scene, "right")))),
        face_window(scene),
        nearest_mm=300,
        farthest_mm=650,
    )


@pytest.mark.verifies("REQ-IN-102", "REQ-IN-125")
@pytest.mark.parametrize("pitch_deg", [0.02, 0.1, -0.3])
def test_pitch_between_the_cameras_shows_as_its_pixels(pitch_deg: float) -> None:
    found = agreement_of(replace(GOOD, right_pitch_deg=pitch_deg))
    expected = GOOD.focal_px * np.tan(np.radians(abs(pitch_deg)))
    assert found.epipolar_residual_px == pytest.approx(expected, rel=0.1, abs=0.1)
    assert found.row_offset_px is not None
    assert np.sign(found.row_offset_px) == -np.sign(pitch_deg)
    assert found.correspondence > 0.7


def test_light_focus_motion_and_noise_hardly_move_the_residual() -> None:
    for other in (
        GOOD,
        replace(GOOD, right_gain=1.5),
        replace(GOOD, gain=0.2, noise=3.0),
        replace(GOOD, defocus_px=2.0),
        replace(GOOD, motion_px=4.0),
    ):
        found = agreement_of(other)
        assert found.epipolar_residual_px is not None
        assert found.epipolar_residual_px < 0.3
        assert found.correspondence > 0.75


@pytest.mark.verifies("REQ-IN-102")
def test_pictures_of_different_things_do_not_correspond() -> None:
    found = agreement_of(replace(GOOD, right_noise=True))
    assert found.correspondence < 0.05
    assert found.epipolar_residual_px is None


def test_a_flat_face_has_no_features_and_no_correspondence() -> None:
    rig = rectify(calibration(GOOD), scale=0.5)
    flat = EncodedLuma(np.full((GOOD.height // 2, GOOD.width // 2), 90, np.uint8))
    found = measure_agreement(rig, flat, flat, face_window(GOOD), nearest_mm=300, farthest_mm=650)
    assert found.correspondence == 0
    assert found.features < 40
