"""Small stereo pairs of a drawn face with the colour chart beside it, drawn once per run."""

from functools import cache

import numpy as np

from adapters.imaging.calibration import calibration_to_bytes
from adapters.imaging.decode import decode
from tests.adapters.imaging import drawings, scenes

SCENE = scenes.Scene(width=456, height=608)
_CHART = drawings.ChartSketch(patch_px=13, left_px=2, top_px=6)


@cache
def pair(*, seed: int = 1, chart: bool = True) -> tuple[bytes, bytes]:
    """Return the left and right picture of a face as PNG; the seed moves the sensor noise."""
    left, right = (_picture(side, seed=seed, chart=chart) for side in ("left", "right"))
    return left, right


@cache
def parameters() -> bytes:
    """Return the rig's calibration as it is stored."""
    return calibration_to_bytes(scenes.calibration(SCENE))


@cache
def dark() -> bytes:
    """Return a picture of nothing, in the size of the others."""
    noise = np.random.default_rng(5).integers(20, 30, (SCENE.height, SCENE.width, 3))
    return scenes.png(noise.astype(np.uint8))


def _picture(side: str, *, seed: int, chart: bool) -> bytes:
    scene = scenes.Scene(width=SCENE.width, height=SCENE.height, seed=seed)
    picture = scenes.render(scene, side).copy()
    if chart:
        drawn = drawings.encode(drawings.chart_picture(_CHART, width=100, height=80))
        picture[520:600, 4:104] = drawn
    return scenes.png(picture)


@cache
def wall() -> bytes:
    """Return a picture of a wall in the colour of skin, and nobody before it."""
    noise = np.random.default_rng(6).normal(0, 4, (SCENE.height, SCENE.width, 3))
    return scenes.png(np.clip(np.array([205, 170, 140]) + noise, 0, 255).astype(np.uint8))


@cache
def two_people() -> bytes:
    """Return a picture of two people beside each other."""
    faces = [_picture("left", seed=each, chart=False) for each in (1, 2)]
    beside = np.hstack([decode(each).encoded[::2, ::2] for each in faces])
    rest = np.zeros((SCENE.height - beside.shape[0], SCENE.width, 3), np.uint8)
    return scenes.png(np.vstack([beside, rest]))
