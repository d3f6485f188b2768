"""All gates together: every fault moves its own measurement, the others stay quiet."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.imaging.face_measures import FACE_MEASURES
from adapters.imaging.measurement import AttemptResult, measure_attempt, measure_images
from adapters.imaging.measures import MEASURES
from domain.errors import MalformedInput
from domain.values.quality import Limit, QualityMeasurement, Region, judge
from tests.adapters.imaging.drawings import ChartSketch, chart_picture, encode
from tests.adapters.imaging.photographs import photograph, photograph_path
from tests.adapters.imaging.scenes import Scene, calibration, image_of, png, render

GOOD = Scene()
CHART = Region(frame="left", x_px=0, y_px=690, width_px=180, height_px=122)

TABLE = (*MEASURES, *FACE_MEASURES)
STEREO_NAMES = {measure.name for measure in TABLE if measure.stereo}
CHART_NAMES = {measure.name for measure in MEASURES if measure.name.startswith("colour_")}


def picture_of(scene: Scene, side: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a drawn picture; the left one has the colour reference in its lower corner."""
    picture = render(scene, side).copy()
    if side == "left":
        sketch = ChartSketch(patch_px=20, left_px=5, top_px=5)
        tint = 0.9 * scene.gain * np.array(scene.cast)
        chart = encode(chart_picture(sketch, width=180, height=122) * tint)
        picture[690:812, :180] = chart
    return picture


@cache
def measured(scene: Scene) -> dict[str, QualityMeasurement]:
    """Return every measurement of a scene by name."""
    result = measure_images(
        image_of(picture_of(scene, "left")),
        image_of(picture_of(scene, "right")),
        chart_region=CHART,
        calibration=calibration(scene),
    )
    return {measurement.name: measurement for measurement in result.measurements}


def value(scene: Scene, name: str) -> float:
    """Return one measurement's value."""
    return measured(scene)[name].value


def test_a_good_pair_has_every_measurement_in_the_order_of_the_table() -> None:
    assert list(measured(GOOD)) == [measure.name for measure in TABLE]


def test_units_and_methods_are_those_of_the_table() -> None:
    for measure in TABLE:
        found = measured(GOOD)[measure.name]
        assert (found.unit, found.method) == (measure.unit, measure.method)


@pytest.mark.verifies(
    "REQ-IN-096", "REQ-IN-097", "REQ-IN-098", "REQ-IN-099", "REQ-IN-100", "REQ-IN-101"
)
@pytest.mark.parametrize(
    ("fault", "name", "factor"),
    [
        (replace(GOOD, defocus_px=2.0), "focus_edge_width", 2.0),
        (replace(GOOD, motion_px=6.0), "motion_extent", 3.0),
        (replace(GOOD, light_across=0.4), "light_across_ratio", 1.3),
        (replace(GOOD, light_down=-0.4), "light_down_ratio", 1.3),
        (replace(GOOD, cast=(1.15, 1.0, 0.85)), "colour_difference_mean", 5.0),
        (replace(GOOD, right_gain=1.4), "stereo_exposure_ratio", 1.35),
        (replace(GOOD, right_pitch_deg=0.1), "epipolar_residual", 10.0),
    ],
)
def test_each_fault_multiplies_its_own_measurement(fault: Scene, name: str, factor: float) -> None:
    assert value(fault, name) > factor * value(GOOD, name)


def test_each_fault_leaves_the_other_measurements_quiet() -> None:
    quiet = {
        replace(GOOD, gain=0.3): ("focus_edge_width", "light_across_ratio", "epipolar_residual"),
        replace(GOOD, defocus_px=2.0): ("face_level", "light_across_ratio", "working_distance"),
        replace(GOOD, motion_px=3.0): ("face_level", "light_across_ratio", "working_distance"),
        replace(GOOD, light_across=0.4): ("focus_edge_width", "working_distance", "face_level"),
        replace(GOOD, right_gain=1.4): ("epipolar_residual", "depth_completeness", "face_level"),
    }
    for fault, names in quiet.items():
        for name in names:
            assert value(fault, name) == pytest.approx(value(GOOD, name), rel=0.15, abs=0.06), name


@pytest.mark.verifies("REQ-IN-083", "REQ-IN-114")
@pytest.mark.parametrize("nearer_mm", [-60.0, -20.0, 25.0])
def test_working_distance_follows_the_head(nearer_mm: float) -> None:
    moved = replace(GOOD, position_mm=(0.0, 0.0, GOOD.position_mm[2] - nearer_mm))
    found = value(GOOD, "working_distance") - value(moved, "working_distance")
    assert found == pytest.approx(nearer_mm, abs=1.5)
    assert 445 < value(GOOD, "working_distance") < 465


@pytest.mark.verifies("REQ-IN-084", "REQ-IN-098")
def test_alignment_of_two_cameras_cancels_their_vergence() -> None:
    assert abs(value(GOOD, "face_offset_across")) < 0.5
    assert abs(value(GOOD, "face_roll")) < 0.4
    rolled = replace(GOOD, roll_deg=6.0, position_mm=(15.0, 0.0, GOOD.position_mm[2]))
    assert value(rolled, "face_roll") == pytest.approx(6.0, abs=0.6)
    assert value(rolled, "face_offset_across") > 6


@pytest.mark.verifies("REQ-IN-102", "REQ-IN-103")
def test_an_unrelated_right_picture_fails_every_stereo_gate() -> None:
    broken = measured(replace(GOOD, right_noise=True))
    assert broken["stereo_correspondence"].value < 0.05
    assert broken["depth_completeness"].value < 0.02
    assert "epipolar_residual" not in broken
    assert "working_distance" not in broken


def test_regions_name_the_frame_and_lie_inside_it() -> None:
    worse_right = measured(replace(GOOD, right_gain=2.2))
    region = worse_right["clipped_share"].region
    assert region is not None
    assert region.frame == "right"
    for found in measured(GOOD).values():
        if found.region is None:
            assert found.name == "blank_rows_share"
            continue
        assert found.region.x_px + found.region.width_px <= GOOD.width
        assert found.region.y_px + found.region.height_px <= GOOD.height


def test_a_single_picture_has_no_stereo_measurement() -> None:
    found = measure_attempt(png(picture_of(GOOD, "left")), chart_region=CHART)
    names = {each.name for each in found}
    assert names == {measure.name for measure in TABLE} - STEREO_NAMES
    assert {each.region.frame for each in found if each.region is not None} == {"single"}


def test_a_pair_without_calibration_has_no_geometry() -> None:
    found = measure_attempt(png(render(GOOD)), png(render(GOOD, "right")))
    assert {each.name for each in found} & STEREO_NAMES == {"stereo_exposure_ratio"}


def test_without_a_chart_its_absence_is_a_measurement() -> None:
    found = {each.name: each.value for each in measure_attempt(png(render(GOOD)))}
    assert found["colour_reference_found"] == 0
    assert set(found) & CHART_NAMES == {"colour_reference_found"}


@pytest.mark.parametrize("level", [0, 12, 255])
def test_a_black_or_white_picture_says_why_it_fails(level: int) -> None:
    flat = np.full((400, 300, 3), level, np.uint8)
    found = {each.name: each.value for each in measure_attempt(png(flat))}
    assert found["face_found"] == 0
    assert "focus_edge_width" not in found
    assert found["clipped_share"] == (1.0 if level == 255 else 0.0)
    assert found["drowned_share"] == (0.0 if level == 255 else 1.0)


def test_the_measurements_feed_the_domains_verdict() -> None:
    limit = Limit(
        name="focus_edge_width", minimum=None, maximum=0.9, unit="permille", advice="Hold still"
    )
    sharp = judge(measured(GOOD).values(), [limit], stereo=True)
    assert sharp.acceptable
    blurred = measured(replace(GOOD, defocus_px=2.0)).values()
    verdict = judge(blurred, [limit], stereo=True)
    assert [reason.name for reason in verdict.reasons] == ["focus_edge_width"]
    assert verdict.reasons[0].region is not None


def test_the_same_bytes_give_the_same_numbers_whatever_came_before() -> None:
    left, right = png(picture_of(GOOD, "left")), png(picture_of(GOOD, "right"))

    def numbers() -> tuple[QualityMeasurement, ...]:
        return measure_attempt(left, right, chart_region=CHART, calibration=calibration(GOOD))

    first = numbers()
    cv2.setNumThreads(2)
    cv2.setRNGSeed(99)
    assert numbers() == first
    assert tuple(measured(GOOD).values()) == first


def test_depth_and_chart_come_with_the_result() -> None:
    result: AttemptResult = measure_images(
        image_of(picture_of(GOOD, "left")),
        image_of(render(GOOD, "right")),
        calibration=calibration(GOOD),
    )
    assert result.depth is not None
    assert result.chart is not None
    assert result.chart.place.window.top > 650


def test_pictures_of_another_size_than_the_calibration_are_refused() -> None:
    flat = png(np.full((400, 300, 3), 90, np.uint8))
    with pytest.raises(MalformedInput, match=r"calibration\.size"):
        measure_attempt(flat, flat, calibration=calibration(GOOD))


def test_a_damaged_right_picture_is_refused() -> None:
    with pytest.raises(MalformedInput, match=r"image\.truncated"):
        measure_attempt(png(render(GOOD)), png(render(GOOD, "right"))[:-40])


def test_a_real_photograph_is_decoded_and_measured() -> None:
    content = photograph_path("astronaut.png").read_bytes()
    found = {each.name: each.value for each in measure_attempt(content)}
    assert found["clipped_share"] < 0.1
    assert 0.05 < found["face_level"] < 0.7
    blurred = png(np.asarray(cv2.GaussianBlur(photograph("astronaut.png"), (0, 0), 2), np.uint8))
    worse = {each.name: each.value for each in measure_attempt(blurred)}
    assert worse["focus_edge_width"] > found["focus_edge_width"] + 1


@given(
    st.tuples(st.integers(16, 400), st.integers(16, 400)),
    st.sampled_from(["noise", "ramp", "red", "stripes", "half"]),
)
@settings(max_examples=12, deadline=None)
def test_any_picture_is_measured_without_an_exception(size: tuple[int, int], kind: str) -> None:
    width, height = size
    rng = np.random.default_rng(width * 1000 + height)
    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind == "ramp":
        picture[:] = np.linspace(0, 255, width).astype(np.uint8)[None, :, None]
    elif kind == "red":
        picture[:] = (200, 90, 60)
    elif kind == "stripes":
        picture[:] = (np.arange(height) % 16 < 8).astype(np.uint8)[:, None, None] * 200
    elif kind == "half":
        picture[: height // 2] = (180, 120, 90)
        picture[height // 2 :] = 5
    content = png(picture)
    names = [each.name for each in measure_attempt(content, content)]
    assert len(set(names)) == len(names)
    assert "face_found" in names
