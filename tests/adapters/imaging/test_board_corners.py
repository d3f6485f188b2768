"""Corners behind a calibration are kept to the bit, and content that is no corners is refused."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from adapters.imaging.board_corners import decode_corners, encode_corners
from adapters.imaging.calibrate import BoardView, Points
from domain.errors import MalformedInput

SIZE = (3040, 4056)


def points(count: int, across: int) -> st.SearchStrategy[Points]:
    """Return lists of corners."""
    place = st.floats(-5000, 5000, width=32)
    return arrays(np.float32, (count, across), elements=place)


@st.composite
def some_views(draw: st.DrawFn) -> list[BoardView]:
    """Return views of a few corners each."""
    counts = draw(st.lists(st.integers(1, 6), max_size=4))
    return [
        BoardView(
            board_mm=draw(points(count, 3)),
            left_px=draw(points(count, 2)),
            right_px=draw(points(count, 2)),
        )
        for count in counts
    ]


@pytest.mark.verifies("DRV-20")
@given(some_views())
def test_corners_come_back_to_the_bit(views: list[BoardView]) -> None:
    content = encode_corners(views, SIZE)
    again, size = decode_corners(content)
    assert size == SIZE
    assert len(again) == len(views)
    for one, other in zip(views, again, strict=True):
        for before, after in zip(astuple(one), astuple(other), strict=True):
            assert np.array_equal(before, after)
    assert encode_corners(again, size) == content


ONE = BoardView(
    board_mm=np.array([[1, 2, 0]], np.float32),
    left_px=np.array([[10.5, 20.25]], np.float32),
    right_px=np.array([[11.5, 20.75]], np.float32),
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"vultus/board-corners/v1"', '"vultus/board-corners/v2"'),
        ('"left_px":[[10.5,20.25]]', '"left_px":[[10.5,20.25],[1,2]]'),
        ('"left_px":[[10.5,20.25]]', '"left_px":[[10.5]]'),
        ('"left_px":[[10.5,20.25]]', '"left_px":[[10.5,null]]'),
        ('"left_px":[[10.5,20.25]]', '"left_px":"10.5"'),
        ('"height_px":4056,', ""),
        ('"views":[{', '"views":[7,{'),
    ],
)
def test_content_that_is_no_corners_is_refused(old: str, new: str) -> None:
    content = encode_corners([ONE], SIZE).decode()
    assert old in content
    with pytest.raises(MalformedInput, match=r"calibration\.corners"):
        decode_corners(content.replace(old, new, 1).encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(MalformedInput):
        decode_corners(b"\x89PNG")
