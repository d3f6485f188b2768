"""Windows, masks and luminance."""

import numpy as np
import pytest

from adapters.imaging.pixels import EncodedRgb, LinearRgb, Window, ellipse_mask, linear_luma
from domain.errors import MalformedInput


def test_a_window_without_area_or_outside_is_refused() -> None:
    for left, top, width, height in [(-1, 0, 1, 1), (0, 0, 0, 1), (0, 0, 1, 0)]:
        with pytest.raises(MalformedInput, match=r"image\.window"):
            Window(left=left, top=top, width=width, height=height)
    with pytest.raises(MalformedInput, match="leaves"):
        Window(left=5, top=0, width=6, height=1).require_inside(width=10, height=10)


def test_a_window_grows_up_to_the_frame() -> None:
    grown = Window(left=2, top=3, width=4, height=5).grown(4, width=9, height=20)
    assert grown == Window(left=0, top=0, width=9, height=12)


def test_an_ellipse_covers_its_share_of_the_window() -> None:
    window = Window(left=10, top=20, width=100, height=60)
    mask = ellipse_mask(window, width=200, height=150)
    assert mask.sum() == pytest.approx(np.pi / 4 * 6000, rel=0.01)
    assert mask[20:80, 10:110].sum() == mask.sum()


def test_luminance_of_white_is_one() -> None:
    white = LinearRgb(np.ones((4, 5, 3), dtype=np.float32))
    assert linear_luma(white) == pytest.approx(np.ones((4, 5)), abs=1e-6)
    assert EncodedRgb(np.zeros((1, 1, 3), dtype=np.uint8)).dtype == np.uint8
