"""The colour reference is followed from frame to frame, and never taken for granted."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging.chart_place import ChartPlace, find_chart, follow_chart
from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from adapters.imaging.pixels import EncodedRgb
from tests.adapters.imaging.drawings import ChartSketch, chart_picture, encode
from tests.adapters.imaging.scenes import linear_of

SKETCH = ChartSketch()
PITCH_PX = 1.15 * SKETCH.patch_px


def drawn(sketch: ChartSketch, gain: float = 1.0) -> EncodedRgb:
    return EncodedRgb(encode(gain * chart_picture(sketch)))


def moved(pitches: float) -> ChartSketch:
    return replace(SKETCH, left_px=SKETCH.left_px + round(pitches * PITCH_PX))


def searched(picture: EncodedRgb) -> ChartPlace:
    found = find_chart(picture)
    assert found is not None
    return found


def measured(picture: EncodedRgb, last: ChartPlace | None) -> ChartMeasurement | None:
    return measure_chart(linear_of(picture), picture, last=last)


FIRST = searched(drawn(SKETCH))


@pytest.mark.parametrize("pitches", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("gain", [0.3, 1.0])
def test_a_chart_near_its_place_is_where_a_search_finds_it(pitches: float, gain: float) -> None:
    picture = drawn(moved(pitches), gain)
    followed = follow_chart(picture, FIRST)
    assert followed is not None
    assert np.abs(followed.centres_px - searched(picture).centres_px).max() < 0.05 * PITCH_PX


def test_following_for_long_does_not_wander() -> None:
    place: ChartPlace | None = FIRST
    for turn in range(40):
        assert place is not None
        place = follow_chart(drawn(moved(0.02 * (turn % 3)), 0.9 + 0.002 * turn), place)
    assert place is not None
    back = follow_chart(drawn(SKETCH), place)
    assert back is not None
    assert np.abs(back.centres_px - FIRST.centres_px).max() < 0.02 * PITCH_PX


@pytest.mark.parametrize("pitches", [0.5, 1.0, 2.0, 3.0])
def test_a_chart_that_jumped_is_searched_for_and_found_where_it_is(pitches: float) -> None:
    """A whole pitch on, patches lie where patches were: only their colours tell."""
    picture = drawn(moved(pitches))
    found = measured(picture, FIRST)
    assert found is not None
    assert np.abs(found.place.centres_px - searched(picture).centres_px).max() < 0.05 * PITCH_PX
    assert np.nanmean(found.before) < 0.2


@pytest.mark.verifies("REQ-IN-092")
@pytest.mark.parametrize("level", [0.0, 0.18, 1.0])
def test_where_the_chart_was_taken_away_there_is_none(level: float) -> None:
    picture = EncodedRgb(encode(np.full_like(chart_picture(SKETCH), level)))
    assert measured(picture, FIRST) is None


def test_a_mirrored_chart_in_the_same_place_is_not_read_in_the_order_of_before() -> None:
    part = np.s_[FIRST.window.rows, FIRST.window.columns]
    turned = drawn(SKETCH).copy()
    turned[part] = turned[part][:, ::-1].copy()
    picture = EncodedRgb(turned)
    assert follow_chart(picture, FIRST) is not None
    found = measured(picture, FIRST)
    assert found is not None
    assert np.array_equal(found.place.centres_px, searched(picture).centres_px)
    assert np.nanmean(found.before) < 0.2


def test_a_picture_of_another_size_has_nothing_to_follow() -> None:
    small = EncodedRgb(np.ascontiguousarray(drawn(SKETCH)[:100, :120]))
    assert measured(small, FIRST) is None


@pytest.mark.verifies("REQ-IN-092")
@pytest.mark.parametrize("covered", [4, 8, 12])
def test_a_hand_over_part_of_the_chart_shows_as_it_does_in_a_search(covered: int) -> None:
    reach = round(0.7 * PITCH_PX)
    pixels = drawn(SKETCH).copy()
    for column, row in FIRST.centres_px[:covered].round().astype(int):
        pixels[row - reach : row + reach, column - reach : column + reach] = (150, 110, 90)
    picture = EncodedRgb(pixels)
    found, wanted = measured(picture, FIRST), measured(picture, None)
    if wanted is None:
        assert found is None
    else:
        assert found is not None
        assert np.nanmean(found.after) == pytest.approx(np.nanmean(wanted.after), rel=0.02)
        assert np.nanmax(found.after) > 20
