"""The permanent table of measurements."""

import re

from adapters.imaging.face_measures import FACE_MEASURES
from adapters.imaging.measures import FACE_FOUND, MEASURES
from domain.values.quality import Region


def test_every_word_is_snake_case_and_stands_once() -> None:
    names = [measure.name for measure in (*MEASURES, *FACE_MEASURES)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_every_method_has_a_version_and_every_measure_a_meaning() -> None:
    for measure in MEASURES:
        assert re.fullmatch(r"[a-z-]+/[1-9][0-9]*", measure.method)
        assert measure.meaning
        assert measure.unit


def test_the_words_released_so_far_are_all_there() -> None:
    # Append only: stored protocols and records use these words for ever.
    released = (
        "face_found",
        "face_offset_across",
        "face_offset_down",
        "face_roll",
        "face_symmetry",
        "focus_edge_width",
        "motion_extent",
        "clipped_share",
        "drowned_share",
        "blank_rows_share",
        "face_level",
        "light_across_ratio",
        "light_down_ratio",
        "light_zone_ratio",
        "colour_reference_found",
        "colour_reference_patches",
        "colour_difference_mean",
        "colour_difference_corrected_mean",
        "colour_difference_corrected_max",
        "colour_temperature",
        "stereo_exposure_ratio",
        "epipolar_residual",
        "stereo_correspondence",
        "depth_completeness",
        "working_distance",
        "face_turn",
        "face_nod",
    )
    assert [measure.name for measure in MEASURES][: len(released)] == list(released)


def test_a_measurement_carries_unit_method_and_region() -> None:
    region = Region(frame="left", x_px=1, y_px=2, width_px=3, height_px=4)
    found = FACE_FOUND.of(1, region)
    assert (found.name, found.value, found.unit) == ("face_found", 1.0, "1")
    assert (found.method, found.region) == ("face-place/1", region)
