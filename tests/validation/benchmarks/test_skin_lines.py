"""Found lines against drawn ones: small cases with answers worked out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from device.simulation.rig import Resolution, stereo_rig
from device.simulation.wrinkles import Line, LineKind, line_relief
from validation.benchmarks.skin_lines import (
    LineAgreement,
    line_agreement,
    line_places,
    places_px,
)

PIXEL_MM = 0.25
SIZE = 200


def line(depth_mm: float, x: float = 25.0) -> Line:
    """Return a line of 40 mm down a flat skin."""
    return Line(
        kind=LineKind.CHEEK,
        points_mm=tuple((x, y, 0.0) for y in np.linspace(5.0, 45.0, 9)),
        length_mm=40.0,
        depth_mm=depth_mm,
        width_mm=0.6,
    )


def skin() -> NDArray[np.float32]:
    """Return a flat skin of 50 by 50 mm, head frame."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) * PIXEL_MM
    return np.dstack([x, y, np.zeros_like(x)])


def column(x_mm: float, until_mm: float = 45.0) -> NDArray[np.bool_]:
    found = np.zeros((SIZE, SIZE), np.bool_)
    found[round(5.0 / PIXEL_MM) : round(until_mm / PIXEL_MM), round(x_mm / PIXEL_MM)] = True
    return found


def compared(
    found: NDArray[np.bool_], lines: tuple[Line, ...], surface: NDArray[np.float32] | None = None
) -> LineAgreement:
    places = line_places(lines)
    return line_agreement(
        found,
        places,
        skin() if surface is None else surface,
        places.place_mm[:, :2] / PIXEL_MM,
        looked_at=np.ones((SIZE, SIZE), np.bool_),
        pixel_mm=PIXEL_MM,
    )


def test_places_have_the_depth_that_the_skin_has_there() -> None:
    drawn = line(0.4)
    places = line_places((drawn,))
    assert places.length_mm.sum() == pytest.approx(40.0)
    row, across = (np.rint(places.place_mm[:, each] / PIXEL_MM).astype(int) for each in (1, 0))
    relief = line_relief(skin(), (drawn,))[row, across]
    np.testing.assert_allclose(places.depth_mm, -relief, atol=0.01)


def test_a_line_that_was_found_is_met_at_every_depth_it_has() -> None:
    whole = compared(column(25.0), (line(0.4),))
    assert whole.met == whole.drawn
    assert sum(whole.drawn) == pytest.approx(40.0)
    assert all(each > 0 for each in whole.drawn), "it runs out, so it is shallow somewhere"
    assert whole.right == whole.found
    half = compared(column(25.0, until_mm=25.0), (line(0.4),))
    assert sum(half.met) / sum(half.drawn) == pytest.approx(0.5, abs=0.05)


def test_the_bottom_of_a_deep_line_counts_though_it_lies_below_the_places() -> None:
    sunk = skin()
    sunk[..., 2] = line_relief(sunk, (line(0.8),))
    deep = compared(column(25.0), (line(0.8),), sunk)
    assert sum(deep.drawn) == pytest.approx(40.0)
    assert deep.met == deep.drawn


def test_what_lies_farther_than_near_is_neither_right_nor_met() -> None:
    beside = compared(column(28.0), (line(0.4),))
    assert beside.right == 0.0
    assert sum(beside.met) == 0.0
    assert 0.0 < beside.near_found / beside.skin < 0.1


def test_skin_that_the_picture_does_not_show_is_not_asked_for() -> None:
    hidden = skin()
    hidden[:100] = np.nan
    assert sum(compared(column(25.0), (line(0.4),), hidden).drawn) == pytest.approx(20.0, abs=0.5)
    assert sum(compared(column(25.0), (line(0.4, x=90.0),)).drawn) == 0.0


def test_faces_are_summed_and_none_drawn_is_no_length() -> None:
    one = compared(column(25.0), (line(0.4),))
    both = one.with_another(compared(column(25.0), ()))
    assert both.found == 2 * one.found
    assert both.right == one.right
    assert both.drawn == one.drawn


def test_places_are_seen_through_the_camera() -> None:
    camera = stereo_rig(Resolution(columns=1520, rows=2028)).left
    pose = np.eye(4)
    pose[:3, 3] = (0.0, 0.0, 450.0)
    places = line_places((line(0.4),))
    fine, coarse = (places_px(places, camera, pose, block) for block in (1, 2))
    np.testing.assert_allclose(fine, camera.project(places.place_mm + pose[:3, 3]))
    np.testing.assert_allclose(coarse, (fine - 0.5) / 2)
