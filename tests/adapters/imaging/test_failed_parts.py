"""Regions show where a picture failed: held against faults drawn at known places.

A region is compared with the true place by intersection over union (``overlap``), or by the share
of it that lies there (``inside``) where only tiles can tell.
"""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.imaging.depth import DepthMap
from adapters.imaging.depth_completeness import measure_completeness
from adapters.imaging.looks import as_window, look_at
from adapters.imaging.measurement import AttemptResult, measure_images
from adapters.imaging.pixels import EncodedLuma, EncodedRgb, Window, encoded_luma
from adapters.imaging.rectification import rectify
from adapters.imaging.stereo import StereoAgreement, measure_agreement
from domain.values.quality import Region
from tests.adapters.imaging.parts import fraction, inside, overlap
from tests.adapters.imaging.scenes import Scene, calibration, face_window, image_of, render

GOOD = Scene()
Picture = NDArray[np.uint8]

QUARTERS = {
    "upper left": {"left": 0.0, "top": 0.0, "right": 0.5, "bottom": 0.5},
    "upper right": {"left": 0.5, "top": 0.0, "right": 1.0, "bottom": 0.5},
    "lower left": {"left": 0.0, "top": 0.5, "right": 0.5, "bottom": 1.0},
    "lower right": {"left": 0.5, "top": 0.5, "right": 1.0, "bottom": 1.0},
}


@cache
def the_face() -> Window:
    """Return where the face is found on a good picture."""
    return look_at(image_of(render(GOOD)), "left", ignored=None, white=None).window


def result_of(left: Picture, right: Picture | None = None) -> AttemptResult:
    other = None if right is None else image_of(right)
    return measure_images(image_of(left), other)


def region_of(result: AttemptResult, name: str) -> Region:
    """Return the region of one measurement."""
    region = next(each.region for each in result.measurements if each.name == name)
    assert region is not None
    return region


def painted(place: Window, level: int) -> Picture:
    """Return a good picture with a patch of one level."""
    picture = render(GOOD).copy()
    picture[place.rows, place.columns] = level
    return picture


@pytest.mark.verifies("REQ-IN-097")
@pytest.mark.parametrize(("name", "level"), [("clipped_share", 255), ("drowned_share", 3)])
@pytest.mark.parametrize(("left", "top"), [(0.2, 0.3), (0.6, 0.25), (0.45, 0.7)])
def test_a_bright_or_dark_patch_is_where_it_was_painted(
    name: str, level: int, left: float, top: float
) -> None:
    place = fraction(the_face(), left=left, top=top, right=left + 0.18, bottom=top + 0.12)
    region = region_of(result_of(painted(place, level)), name)
    assert overlap(as_window(region), place) > 0.8


def test_a_failure_in_the_right_picture_names_that_frame_and_its_place() -> None:
    place = fraction(the_face(), left=0.6, top=0.25, right=0.8, bottom=0.4)
    region = region_of(result_of(render(GOOD), painted(place, 255)), "clipped_share")
    assert region.frame == "right"
    assert overlap(as_window(region), place) > 0.8


def test_glare_all_over_is_the_whole_face() -> None:
    result = result_of(render(replace(GOOD, gain=4.0)))
    whole, region = (as_window(region_of(result, name)) for name in ("face_found", "clipped_share"))
    assert overlap(region, whole) > 0.6


def blurred(quarter: str) -> tuple[Window, AttemptResult]:
    """Return a quarter of the face and what is measured once it is blurred."""
    place = fraction(the_face(), **QUARTERS[quarter])
    picture = render(GOOD).copy()
    soft = cv2.GaussianBlur(picture, (0, 0), 3.0)
    picture[place.rows, place.columns] = soft[place.rows, place.columns]
    return place, result_of(picture)


def value_of(result: AttemptResult, name: str) -> float:
    """Return one measurement's value."""
    return next(each.value for each in result.measurements if each.name == name)


@pytest.mark.verifies("REQ-IN-096")
@pytest.mark.parametrize("quarter", ["upper left", "upper right"])
def test_a_blurred_quarter_holds_the_least_sharp_part(quarter: str) -> None:
    place, result = blurred(quarter)
    region = as_window(region_of(result, "focus_edge_width"))
    assert inside(region, place) > 0.98
    assert overlap(region, place) > 0.45


@pytest.mark.parametrize("quarter", ["lower left", "lower right"])
def test_blur_that_the_value_does_not_notice_is_not_named_either(quarter: str) -> None:
    _, result = blurred(quarter)
    sharp = value_of(result_of(render(GOOD)), "focus_edge_width")
    assert value_of(result, "focus_edge_width") == pytest.approx(sharp, rel=0.1)
    assert region_of(result, "focus_edge_width") == region_of(result, "face_found")


@pytest.mark.parametrize(
    "scene",
    [
        GOOD,
        replace(GOOD, defocus_px=2.0),
        replace(GOOD, defocus_px=4.0),
        replace(GOOD, motion_px=5.0),
        replace(GOOD, motion_px=8.0, motion_deg=45.0),
        replace(GOOD, roll_deg=5.0, defocus_px=3.0),
    ],
)
def test_where_all_of_the_face_is_alike_in_focus_it_is_the_whole_face(scene: Scene) -> None:
    result = result_of(render(scene))
    for name in ("focus_edge_width", "motion_extent"):
        assert region_of(result, name) == region_of(result, "face_found")


@pytest.mark.verifies("REQ-IN-100")
@pytest.mark.parametrize(
    ("scene", "name", "side"),
    [
        (replace(GOOD, light_across=0.4), "light_across_ratio", (0.0, 0.0, 1 / 3, 1.0)),
        (replace(GOOD, light_across=-0.4), "light_across_ratio", (2 / 3, 0.0, 1.0, 1.0)),
        (replace(GOOD, light_down=0.6), "light_down_ratio", (0.0, 0.0, 1.0, 1 / 3)),
        (replace(GOOD, light_down=-0.4), "light_down_ratio", (0.0, 2 / 3, 1.0, 1.0)),
    ],
)
def test_uneven_light_is_on_the_darker_side(
    scene: Scene, name: str, side: tuple[float, float, float, float]
) -> None:
    left, top, right, bottom = side
    result = result_of(render(scene), render(scene, "right"))
    place = fraction(
        as_window(region_of(result, "face_found")), left=left, top=top, right=right, bottom=bottom
    )
    assert overlap(as_window(region_of(result, name)), place) > 0.97


def test_the_darkest_zone_is_in_the_shade() -> None:
    place = fraction(the_face(), left=0.0, top=0.33, right=0.34, bottom=0.67)
    picture = render(GOOD).copy()
    shade = picture[place.rows, place.columns].astype(np.float32) * 0.8
    picture[place.rows, place.columns] = shade.astype(np.uint8)
    result = result_of(picture)
    assert inside(as_window(region_of(result, "light_zone_ratio")), place) > 0.9


@pytest.mark.parametrize(("first", "last"), [(0, 90), (500, 812), (300, 340)])
def test_rows_that_never_arrived_are_the_region(first: int, last: int) -> None:
    picture = render(GOOD).copy()
    picture[first:last] = 0
    picture[700:705] = 0
    region = region_of(result_of(picture), "blank_rows_share")
    place = Window(left=0, top=first, width=GOOD.width, height=last - first)
    assert as_window(region) == place


def agreement_of(left: Picture, right: Picture) -> StereoAgreement:
    rig = rectify(calibration(GOOD), scale=0.5)
    return measure_agreement(
        rig,
        rig.left_picture(encoded_luma(EncodedRgb(left))),
        rig.right_picture(encoded_luma(EncodedRgb(right))),
        face_window(GOOD),
        nearest_mm=300,
        farthest_mm=650,
    )


@pytest.mark.verifies("REQ-IN-102")
@pytest.mark.parametrize("quarter", QUARTERS)
def test_what_only_one_camera_sees_is_where_least_is_matched(quarter: str) -> None:
    place = fraction(face_window(GOOD), **QUARTERS[quarter])
    picture = render(GOOD).copy()
    other = np.random.default_rng(3).integers(0, 160, picture.shape, dtype=np.uint8)
    patch = cv2.GaussianBlur(other, (0, 0), 1.5)
    picture[place.rows, place.columns] = patch[place.rows, place.columns]
    found = agreement_of(picture, render(GOOD, "right"))
    assert found.weakest is not None
    assert inside(found.weakest, place) > 0.9
    assert overlap(found.weakest, place) > 0.2


@pytest.mark.verifies("REQ-IN-102")
def test_a_part_of_the_face_that_moved_is_where_matches_lie_off_their_rows() -> None:
    right = render(GOOD, "right")
    half = GOOD.height // 2
    moved = right.copy()
    moved[:half] = np.roll(right, 3, axis=0)[:half]
    found = agreement_of(render(GOOD), moved)
    upper = fraction(face_window(GOOD), **{**QUARTERS["upper left"], "right": 1.0})
    assert found.farthest_off is not None
    assert overlap(found.farthest_off, upper) > 0.7


def test_where_matches_are_alike_no_part_is_named() -> None:
    tilted = replace(GOOD, right_pitch_deg=0.1)
    assert agreement_of(render(tilted), render(tilted, "right")).farthest_off is None
    unrelated = render(replace(GOOD, right_noise=True), "right")
    found = agreement_of(render(GOOD), unrelated)
    assert (found.weakest, found.farthest_off) == (None, None)


def depth_without(*holes: Window) -> DepthMap:
    """Return depth in half the picture's pixels, without what lies in the holes."""
    valid = np.ones((GOOD.height // 2, GOOD.width // 2), np.bool_)
    for hole in holes:
        rows = slice(hole.top // 2, (hole.top + hole.height) // 2)
        valid[rows, hole.left // 2 : (hole.left + hole.width) // 2] = False
    depth = np.where(valid, 450.0, np.nan).astype(np.float32)
    return DepthMap(depth_mm=depth, valid=valid, step=2, method="drawn/1")


@pytest.mark.verifies("REQ-IN-103")
@pytest.mark.parametrize(("left", "top"), [(0.3, 0.3), (0.55, 0.6)])
def test_the_largest_hole_in_depth_is_found(left: float, top: float) -> None:
    face = the_face()
    place = fraction(face, left=left, top=top, right=left + 0.2, bottom=top + 0.15)
    other = fraction(face, left=0.5, top=0.1, right=0.55, bottom=0.15)
    found = measure_completeness(depth_without(place, other), face)
    assert found.hole is not None
    assert overlap(found.hole, place) > 0.85
    assert 0.93 < found.share < 0.97


def test_whole_and_missing_depth_have_no_hole_and_the_whole_face() -> None:
    face = the_face()
    assert measure_completeness(depth_without(), face).hole is None
    nothing = measure_completeness(depth_without(face), face)
    assert nothing.share == 0
    assert nothing.hole is not None
    assert overlap(nothing.hole, face) > 0.97


@given(
    box=st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.02, 0.5), st.floats(0.02, 0.5)),
    level=st.sampled_from([0, 128, 255]),
    right=st.booleans(),
)
@settings(max_examples=5, deadline=None)
def test_every_region_lies_in_its_picture_and_parts_of_the_face_in_the_face(
    box: tuple[float, float, float, float], level: int, *, right: bool
) -> None:
    left, top, across, down = box
    whole = Window(left=0, top=0, width=GOOD.width, height=GOOD.height)
    place = fraction(
        whole, left=left, top=top, right=min(1.0, left + across), bottom=min(1.0, top + down)
    )
    spoilt, good = painted(place, level), render(GOOD, "right")
    result = result_of(good, spoilt) if right else result_of(spoilt, good)
    faces = {each.frame: as_window(each) for each in result.wholes[:2]}
    assert set(faces) == {"left", "right"}
    for found in result.measurements:
        if found.region is None:
            continue
        part = as_window(found.region)
        part.require_inside(width=GOOD.width, height=GOOD.height)
        if found.name in {"face_found", "clipped_share", "drowned_share", "focus_edge_width"} or (
            found.name.startswith("light_")
        ):
            assert part.within(faces[found.region.frame]) == part


def test_the_face_itself_stays_the_region_of_the_face() -> None:
    # Others read where the attempt was measured from it.
    result = result_of(painted(fraction(the_face(), left=0.3, top=0.3, right=0.5, bottom=0.4), 255))
    assert region_of(result, "face_found") == result.wholes[0]


def test_rectified_pixels_lead_back_to_the_stored_picture() -> None:
    rig = rectify(calibration(GOOD), scale=0.5)
    stored = np.array([[10.0, 20.0], [300.0, 400.0], [590.0, 800.0]])
    back = rig.to_left_pixels(rig.from_left_pixels(stored))
    assert np.abs(back - stored).max() < 1e-6


def test_pictures_without_matches_name_no_part() -> None:
    flat = EncodedLuma(np.full((GOOD.height, GOOD.width), 90, np.uint8))
    rig = rectify(calibration(GOOD), scale=1.0)
    found = measure_agreement(rig, flat, flat, the_face(), nearest_mm=300, farthest_mm=650)
    assert (found.weakest, found.farthest_off) == (None, None)
