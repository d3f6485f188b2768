"""Edge width: recovers known blur, in pixels, whatever the exposure."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from adapters.imaging.edge_spread import EdgeSpread, edge_spread
from adapters.imaging.pixels import LinearLuma, Window, ellipse_mask, linear_luma
from tests.adapters.imaging.scenes import DARK_SKIN, Scene, face_window, linear_of, render

GOOD = Scene()


def spread_of(scene: Scene) -> EdgeSpread:
    """Return the edge spread of the drawn face."""
    mask = ellipse_mask(face_window(scene), width=scene.width, height=scene.height)
    found = edge_spread(linear_luma(linear_of(render(scene))), mask)
    assert found is not None
    return found


def spokes(sigma_px: float, *, level: float = 1.0) -> LinearLuma:
    """Return a star of slanted edges in every direction, blurred by a known amount."""
    rows, columns = np.mgrid[:800, :800] / 4.0
    angle = np.arctan2(rows - 100.3, columns - 99.6)
    star = np.where(np.sin(12 * angle) > 0, 0.8, 0.2).astype(np.float32)
    small = cv2.resize(star, (200, 200), interpolation=cv2.INTER_AREA)
    return LinearLuma(np.asarray(level * cv2.GaussianBlur(small, (0, 0), sigma_px), np.float32))


RING = ellipse_mask(Window(left=15, top=15, width=170, height=170), width=200, height=200)
RING &= ~ellipse_mask(Window(left=60, top=60, width=80, height=80), width=200, height=200)


@pytest.mark.parametrize("sigma_px", [0.8, 1.2, 1.8, 2.5])
def test_the_width_of_slanted_edges_is_recovered(sigma_px: float) -> None:
    found = edge_spread(spokes(sigma_px), RING)
    assert found is not None
    # Sampling adds the width of one pixel: a uniform distribution over one pixel.
    expected = float(np.hypot(sigma_px, 12**-0.5))
    assert found.isotropic_px == pytest.approx(expected, rel=0.08)
    assert found.directed_px < 0.5 * sigma_px


def test_the_scale_of_the_light_does_not_matter() -> None:
    full, tenth = edge_spread(spokes(1.5), RING), edge_spread(spokes(1.5, level=0.1), RING)
    assert full is not None
    assert tenth is not None
    assert full.isotropic_px == pytest.approx(tenth.isotropic_px, abs=1e-4)


@pytest.mark.verifies("REQ-IN-096")
def test_defocus_of_the_face_is_measured_in_pixels() -> None:
    for defocus_px in (1.0, 2.0, 3.0):
        found = spread_of(replace(GOOD, defocus_px=defocus_px))
        assert found.isotropic_px == pytest.approx(np.hypot(0.8, defocus_px), rel=0.1)


@pytest.mark.verifies("REQ-IN-099")
@pytest.mark.parametrize("angle_deg", [0.0, 45.0, 90.0])
def test_motion_of_the_face_has_length_and_direction(angle_deg: float) -> None:
    found = spread_of(replace(GOOD, motion_px=5.0, motion_deg=angle_deg))
    length_px = 12**0.5 * found.directed_px
    assert 4.0 < length_px < 8.0
    apart = abs(found.angle_deg - angle_deg) % 180
    assert min(apart, 180 - apart) < 12


def test_skin_tone_light_and_noise_hardly_matter() -> None:
    reference = spread_of(GOOD).isotropic_px
    for other in (
        replace(GOOD, gain=0.15),
        replace(GOOD, gain=1.5),
        replace(GOOD, skin=DARK_SKIN),
        replace(GOOD, noise=3.0),
        replace(GOOD, light_across=0.5),
    ):
        assert spread_of(other).isotropic_px == pytest.approx(reference, rel=0.06)


def test_a_picture_without_edges_has_no_width() -> None:
    flat = LinearLuma(np.full((200, 200), 0.3, np.float32))
    assert edge_spread(flat, RING) is None
    assert edge_spread(spokes(1.0), np.zeros_like(RING)) is None
