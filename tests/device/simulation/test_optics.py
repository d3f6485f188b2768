"""Blur spreads light and loses none; motion spreads it one way."""

import numpy as np
import pytest

from device.simulation.optics import LENS_BLUR_PX, through_lens
from device.simulation.rig import DEMO, PREVIEW, stereo_rig

_CAMERA = stereo_rig(DEMO).left


def _point() -> np.ndarray:
    light = np.zeros((121, 121, 3), np.float32)
    light[60, 60] = 1.0
    return light


def _spread(image: np.ndarray) -> tuple[float, float]:
    share = image[..., 1] / image[..., 1].sum()
    y, x = np.mgrid[-60:61, -60:61]
    return float(np.sqrt((share * x * x).sum())), float(np.sqrt((share * y * y).sum()))


def test_the_lens_blurs_by_its_stated_width() -> None:
    assert _spread(through_lens(_point(), _CAMERA)) == pytest.approx(
        (LENS_BLUR_PX, LENS_BLUR_PX), abs=0.03
    )


def test_blur_keeps_light() -> None:
    image = through_lens(_point(), _CAMERA, defocus_px=6.0, motion_px=15.0, motion_deg=30.0)
    assert float(image.sum()) == pytest.approx(3.0, rel=1e-3)


def test_defocus_is_a_disc_that_scales_with_resolution() -> None:
    wide = _spread(through_lens(_point(), _CAMERA, defocus_px=8.0))[0]
    assert wide == pytest.approx(np.hypot(8.0 / 2, LENS_BLUR_PX), rel=0.06)
    small = _spread(through_lens(_point(), stereo_rig(PREVIEW).left, defocus_px=8.0))[0]
    assert small < wide / 2


def test_motion_blurs_along_its_direction_only() -> None:
    across, down = _spread(through_lens(_point(), _CAMERA, motion_px=20.0, motion_deg=0.0))
    assert across == pytest.approx(np.hypot(20 / np.sqrt(12), LENS_BLUR_PX), rel=0.08)
    assert down < 1.1


def test_light_falls_off_by_a_twentieth_into_the_corner() -> None:
    image = through_lens(np.ones((200, 150, 3), np.float32), _CAMERA)
    assert float(image[100, 75, 0]) == pytest.approx(1.0, abs=1e-3)
    assert float(image[0, 0, 0]) == pytest.approx(0.95, abs=2e-3)
