"""Which skin is taken as well lit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.inference.skin_colour_graph import decode_table
from adapters.inference.well_lit import well_lit
from tests.adapters.inference.faces import SKIN_LAB, draw_face, swatch

IDENTITY = np.eye(3, dtype=np.float32)


def lit_of(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return well_lit(decode_table()[image], truth > 0, IDENTITY)


def test_without_skin_nothing_is_lit_and_evenly_lit_skin_is_lit_somewhere() -> None:
    image, truth = draw_face(SKIN_LAB["tan"])
    assert not lit_of(image, np.zeros_like(truth)).any()
    lit = lit_of(image, truth)
    assert lit.any()
    assert not (lit & (truth == 0)).any()


def test_the_side_that_faces_the_light_is_chosen() -> None:
    image, truth = draw_face(SKIN_LAB["brown"])
    light = np.linspace(0.4, 1.0, image.shape[1])[None, :, None]
    linear = (decode_table()[image] * light).astype(np.float32)
    lit = well_lit(linear, truth > 0, IDENTITY)
    assert np.nonzero(lit)[1].mean() > np.nonzero(truth)[1].mean() + 40


def before_a_ring_light(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return linear light that falls off from the middle of the picture."""
    rows, columns = image.shape[:2]
    row, column = np.indices((rows, columns))
    away = np.hypot((row - rows / 2) / (rows / 2), (column - columns / 2) / (columns / 2))
    light = 1.0 - 0.5 * np.clip(away, 0, 1) ** 2
    return np.asarray(decode_table()[image] * light[..., None], dtype=np.float32)


@pytest.mark.parametrize("scale", [1, 4])
def test_small_dark_spots_in_the_light_stay_in(scale: int) -> None:
    image, truth = draw_face(SKIN_LAB["light"], width_px=400 * scale, height_px=500 * scale)
    skin = truth > 0
    spots = np.zeros(truth.shape, dtype=np.bool_)
    for row in range(scale):
        for column in range(scale):
            spots[row :: 25 * scale, column :: 25 * scale] = True
    spots &= skin
    spotless = well_lit(before_a_ring_light(image), skin, IDENTITY)
    image[spots] = swatch((45.0, 14.0, 20.0))
    spotted = well_lit(before_a_ring_light(image), skin, IDENTITY)
    expected = np.count_nonzero(spotless & spots)
    assert expected > 10 * scale * scale
    assert np.count_nonzero(spotted & spots) > 0.6 * expected


def test_one_face_at_two_sizes_is_lit_at_the_same_places() -> None:
    image, truth = draw_face(SKIN_LAB["intermediate"], width_px=800, height_px=1000)
    linear = before_a_ring_light(image)
    large = well_lit(linear, truth > 0, IDENTITY)
    small = well_lit(linear[::2, ::2].copy(), truth[::2, ::2] > 0, IDENTITY)
    both = large[::2, ::2]
    assert np.count_nonzero(small & both) > 0.9 * np.count_nonzero(small | both)
