"""The colour reference: found where it is, honest about colours, silent where there is none."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.imaging.chart_place import find_chart
from adapters.imaging.colour_chart import REFERENCE_LAB, ChartMeasurement, measure_chart
from adapters.imaging.pixels import EncodedRgb, Window
from tests.adapters.imaging import drawings
from tests.adapters.imaging.drawings import ChartSketch, chart_picture, encode
from tests.adapters.imaging.photographs import photograph
from tests.adapters.imaging.scenes import Scene, linear_of, render

FLAT = chart_picture(ChartSketch())


def measured(linear: NDArray[np.floating], expected: Window | None = None) -> ChartMeasurement:
    """Return what the chart in a drawn picture shows."""
    picture = encode(linear)
    found = measure_chart(linear_of(picture), EncodedRgb(picture), expected=expected)
    assert found is not None
    return found


def test_the_reference_is_the_published_one() -> None:
    assert np.array_equal(drawings.REFERENCE_LAB, REFERENCE_LAB)


@pytest.mark.verifies("REQ-IN-101", "REQ-IN-092")
def test_a_perfect_picture_of_the_chart_has_no_colour_error() -> None:
    found = measured(FLAT)
    assert found.usable == 24
    assert np.nanmean(found.before) < 0.15
    assert np.nanmax(found.after) < 0.6
    assert found.colour_temperature_k == pytest.approx(6504, abs=30)
    assert found.white_balance == pytest.approx((1, 1, 1), abs=0.01)


@pytest.mark.parametrize("rotation_deg", [0.0, 6.0, 90.0, 180.0])
@pytest.mark.parametrize("patch_px", [12.0, 26.0])
def test_size_and_orientation_are_found(rotation_deg: float, patch_px: float) -> None:
    sketch = ChartSketch(patch_px=patch_px, rotation_deg=rotation_deg, left_px=110, top_px=80)
    found = measured(chart_picture(sketch))
    apart = abs(found.place.rotation_deg - rotation_deg) % 360
    assert min(apart, 360 - apart) < 1
    assert found.place.pitch_px == pytest.approx(1.15 * patch_px, rel=0.04)
    assert np.nanmean(found.before) < 0.4


def test_perspective_does_not_move_the_patches() -> None:
    found = measured(chart_picture(ChartSketch(patch_px=30, tilt_px=10)))
    assert np.nanmax(found.before) < 0.6


def test_a_protocol_region_is_enough_and_the_wrong_one_is_not() -> None:
    inside = Window(left=70, top=40, width=240, height=190)
    assert np.nanmean(measured(FLAT, inside).before) < 0.2
    picture = encode(FLAT)
    away = Window(left=0, top=250, width=300, height=70)
    assert find_chart(EncodedRgb(picture), expected=away) is None


@pytest.mark.verifies("REQ-IN-101")
def test_a_colour_cast_shows_and_is_corrected() -> None:
    steps = [
        float(np.nanmean(measured(0.8 * FLAT * np.array([1 + c, 1, 1 - c])).before))
        for c in (0.0, 0.05, 0.1, 0.2)
    ]
    assert steps == sorted(steps)
    assert steps[-1] > 4
    found = measured(0.8 * FLAT * np.array([1.2, 1, 0.8]))
    assert np.nanmean(found.after) < 0.3
    assert found.white_balance == pytest.approx((1 / 1.2, 1, 1 / 0.8), rel=0.02)


def test_crosstalk_between_channels_is_corrected_and_its_matrix_returned() -> None:
    mix = np.array([[0.85, 0.1, 0.05], [0.1, 0.8, 0.1], [0.02, 0.13, 0.85]])
    found = measured(FLAT @ mix.T)
    assert np.nanmean(found.before) > 3
    assert np.nanmean(found.after) < 0.3
    # Cyan's red is cut at 0 by the encoding; a hundredth is what that costs the matrix.
    assert np.abs(found.correction @ mix - np.eye(3)).max() < 0.03


def test_exposure_alone_is_no_colour_error() -> None:
    for gain in (0.3, 0.6, 1.0):
        found = measured(gain * FLAT)
        assert np.nanmean(found.before) < 0.3
        assert found.exposure_gain == pytest.approx(1 / gain, rel=0.02)


def test_clipped_patches_are_left_out_and_counted() -> None:
    found = measured(1.5 * FLAT)
    assert 12 <= found.usable < 24
    assert np.isnan(found.patches[18]).all()
    assert np.nanmean(found.after) < 0.3
    # Theirs is the box around them: the white patch is among them.
    lost, white = found.unusable_part, found.place.patches_window([18])
    assert lost is not None
    assert white is not None
    assert white.within(lost) == white
    assert lost.within(found.place.window) == lost
    assert measured(FLAT).unusable_part is None


@pytest.mark.verifies("REQ-IN-088")
def test_warm_and_cool_light_read_as_lower_and_higher_temperature() -> None:
    warm = measured(0.8 * FLAT * np.array([1.15, 1, 0.8])).colour_temperature_k
    cool = measured(0.8 * FLAT * np.array([0.85, 1, 1.15])).colour_temperature_k
    assert warm is not None
    assert cool is not None
    assert warm < 5800
    assert cool > 7500


def test_a_stain_on_the_chart_shows_in_the_largest_difference() -> None:
    stained = FLAT.copy()
    centre = measured(FLAT).place.centres_px[7]
    column, row = (round(float(value)) for value in centre)
    stained[row - 8 : row + 9, column - 8 : column + 9] *= 0.5
    found = measured(stained)
    assert float(np.nanmax(found.after)) > 5
    part = found.worst_patch
    assert part is not None
    assert np.abs(np.array(part.centre) - centre).max() < 2
    assert part.width < 1.2 * found.place.pitch_px + 2


def test_patches_outside_the_picture_have_no_place() -> None:
    place = measured(FLAT).place
    outside = replace(place, centres_px=place.centres_px - 1000.0)
    assert outside.patches_window([3]) is None
    assert place.patches_window([]) is None


def test_faces_and_rooms_are_no_chart() -> None:
    for picture in (render(Scene()), photograph("astronaut.png"), photograph("coffee.png")):
        assert measure_chart(linear_of(picture), EncodedRgb(picture)) is None


@pytest.mark.parametrize(("left_px", "top_px"), [(-60, 60), (300, 60), (90, -30), (90, 240)])
def test_a_chart_cut_by_the_frame_is_not_half_measured(left_px: float, top_px: float) -> None:
    picture = encode(chart_picture(ChartSketch(left_px=left_px, top_px=top_px)))
    found = measure_chart(linear_of(picture), EncodedRgb(picture))
    if found is not None:
        height, width = picture.shape[:2]
        window = found.place.window
        window.require_inside(width=width, height=height)
        outside = (found.place.centres_px < 0) | (found.place.centres_px >= [width, height])
        assert np.isnan(found.patches[outside.any(axis=1)]).all()


def test_a_chart_too_small_to_measure_is_not_found() -> None:
    picture = encode(chart_picture(ChartSketch(patch_px=2.5)))
    assert find_chart(EncodedRgb(picture)) is None


def test_an_overexposed_chart_is_no_reference() -> None:
    picture = encode(30 * FLAT)
    assert measure_chart(linear_of(picture), EncodedRgb(picture)) is None
