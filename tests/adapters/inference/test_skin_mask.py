"""The skin mask on drawn faces of every class, on a photograph, and where there is no face."""

import numpy as np
import pytest

from adapters.inference.skin_mask import METHOD, SMALLEST_SIDE_PX, find_skin
from domain.errors import MalformedInput
from tests.adapters.inference.faces import SKIN_LAB, draw_face, photograph, with_noise


@pytest.mark.parametrize("tone", list(SKIN_LAB))
@pytest.mark.parametrize("width_px", [240, 400, 900])
def test_skin_of_every_class_is_found_without_hair_eyes_lips_and_gloss(
    tone: str, width_px: int
) -> None:
    drawn, truth = draw_face(SKIN_LAB[tone], width_px=width_px, height_px=width_px * 5 // 4)
    found = find_skin(with_noise(drawn, seed=1, sd=1.5))
    mask, is_skin = found.mask > 0, truth > 0
    right = np.count_nonzero(mask & is_skin)
    assert right / np.count_nonzero(mask) > 0.99
    assert right / np.count_nonzero(is_skin) > 0.85
    assert found.skin_pixel_count == np.count_nonzero(mask)
    assert found.method == METHOD


def test_lighting_at_half_and_at_one_and_a_half_finds_the_same_skin() -> None:
    drawn, truth = draw_face(SKIN_LAB["tan"])
    is_skin = truth > 0
    for gain in (0.5, 1.4):
        image = np.clip(drawn * gain, 0, 255).astype(np.uint8)
        mask = find_skin(image).mask > 0
        assert np.count_nonzero(mask & is_skin) > 0.85 * np.count_nonzero(is_skin), gain


def test_clipped_pixels_are_counted_and_left_out() -> None:
    drawn, _ = draw_face(SKIN_LAB["light"])
    before = find_skin(drawn)
    drawn[300:320, 170:230] = 255
    after = find_skin(drawn)
    assert not after.mask[300:320, 170:230].any()
    assert after.clipped_fraction > before.clipped_fraction + 0.01


@pytest.mark.parametrize("code", [(128, 128, 128), (20, 60, 160), (0, 0, 0), (255, 255, 255)])
def test_no_face_gives_an_empty_mask(code: tuple[int, int, int]) -> None:
    found = find_skin(np.full((200, 150, 3), code, dtype=np.uint8))
    assert not found.mask.any()
    assert (found.skin_pixel_count, found.face_pixel_count) == (0, 0)


def test_the_photograph_gives_the_face_and_not_the_suit_the_flag_or_the_hair() -> None:
    mask = find_skin(photograph()).mask > 0
    assert mask[64:180, 172:280].sum() > 0.99 * mask.sum()
    assert mask[118:138, 188:204].mean() > 0.6  # one cheek
    assert mask[25:60].sum() == 0  # hair
    assert mask[210:].sum() == 0  # suit, helmet


def test_the_same_image_gives_the_same_mask() -> None:
    image = photograph()
    assert np.array_equal(find_skin(image).mask, find_skin(image.copy()).mask)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((100, 100), dtype=np.uint8),
        np.zeros((100, 100, 4), dtype=np.uint8),
        np.zeros((SMALLEST_SIDE_PX - 1, 100, 3), dtype=np.uint8),
    ],
)
def test_arrays_that_are_no_image_are_refused(
    image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> None:
    with pytest.raises(MalformedInput):
        find_skin(image)
