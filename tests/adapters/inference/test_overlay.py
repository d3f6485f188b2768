"""Maps drawn as pictures."""

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.inference.overlay import (
    ERYTHEMA_SCALE,
    ITA_SCALE,
    LONGEST_SIDE_PX,
    MELANIN_SCALE,
    OverlayScale,
    draw_overlay,
)
from domain.errors import MalformedInput


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Return (rows, columns, 4) uint8: red, green, blue, opacity."""
    picture = cv2.imdecode(np.frombuffer(png, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return np.asarray(picture[..., [2, 1, 0, 3]], dtype=np.uint8)


def test_a_value_has_its_legend_colour_and_nothing_measured_is_transparent() -> None:
    values = np.array([[10.0, 140.0], [math.nan, 75.0]], dtype=np.float32)
    picture = pixels(draw_overlay(values, MELANIN_SCALE).png)
    assert picture[0, 0, :3].tolist() == list(MELANIN_SCALE.colours[0])
    assert picture[0, 1, :3].tolist() == list(MELANIN_SCALE.colours[-1])
    assert np.abs(picture[1, 1, :3] - np.array(MELANIN_SCALE.colours[2])).max() <= 1
    assert picture[1, 0].tolist() == [0, 0, 0, 0]
    assert picture[0, 0, 3] == picture[1, 1, 3] > 0


def test_values_beyond_the_scale_take_its_end_and_are_counted() -> None:
    values = np.array([[-5.0, 30.0, 99.0, 61.0]], dtype=np.float32)
    overlay = draw_overlay(values, ERYTHEMA_SCALE)
    picture = pixels(overlay.png)
    assert picture[0, 0, :3].tolist() == list(ERYTHEMA_SCALE.colours[0])
    assert picture[0, 2].tolist() == picture[0, 3].tolist()
    assert overlay.beyond_fraction == pytest.approx(0.75)
    assert overlay.measured_fraction == 1.0


@pytest.mark.parametrize("scale", [MELANIN_SCALE, ERYTHEMA_SCALE, ITA_SCALE])
def test_lightness_changes_in_one_direction_along_a_scale(scale: OverlayScale) -> None:
    values = np.linspace(scale.lowest, scale.highest, 64, dtype=np.float32)[None, :]
    picture = pixels(draw_overlay(values, scale).png)[0, :, :3].astype(np.float64)
    steps = np.diff(picture @ np.array([0.2126, 0.7152, 0.0722]))
    assert (steps >= -0.5).all() or (steps <= 0.5).all()
    assert abs(steps.sum()) > 120


def test_the_same_map_is_the_same_bytes() -> None:
    values = np.random.default_rng(0).normal(40, 20, (1500, 700)).astype(np.float32)
    assert draw_overlay(values, ITA_SCALE).png == draw_overlay(values.copy(), ITA_SCALE).png


def test_a_large_map_is_averaged_over_measured_pixels_only() -> None:
    values = np.full((2048, 1024), 30.0, dtype=np.float32)
    values[:, ::4] = math.nan
    values[:512] = math.nan
    overlay = draw_overlay(values, ERYTHEMA_SCALE)
    assert (overlay.height_px, overlay.width_px) == (LONGEST_SIDE_PX, LONGEST_SIDE_PX // 2)
    picture = pixels(overlay.png)
    assert not picture[:255].any()
    middle = np.array(ERYTHEMA_SCALE.colours[2])
    assert np.abs(picture[300:, :, :3] - middle).max() <= 2
    assert overlay.measured_fraction == pytest.approx(0.75 * 0.75)


def test_the_legend_says_what_from_where_to_where() -> None:
    flat = np.zeros((2, 2), dtype=np.float32)
    assert draw_overlay(flat, ITA_SCALE).legend == "Individual typology angle, -60 to 80 °"
    assert draw_overlay(flat, MELANIN_SCALE).legend == "Melanin index, 10 to 140"


@pytest.mark.parametrize("shape", [(4,), (0, 4), (2, 2, 3)])
def test_what_is_no_map_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(MalformedInput):
        draw_overlay(np.zeros(shape, dtype=np.float32), ITA_SCALE)
    with pytest.raises(MalformedInput):
        draw_overlay(np.zeros((2, 2), dtype=np.float64), ITA_SCALE)
