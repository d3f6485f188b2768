"""The words that say where a gate failed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.imaging.face_measures import FACE_MEASURES
from adapters.imaging.failed_place import BEGINNINGS, place_words
from adapters.imaging.measures import MEASURES
from domain.values.quality import Region

FACE = Region(frame="left", x_px=300, y_px=400, width_px=300, height_px=600)
CHART = Region(frame="left", x_px=0, y_px=1500, width_px=200, height_px=300)


def part(left: float, top: float, right: float, bottom: float, of: Region = FACE) -> Region:
    """Return a part of the face by shares of its width and height."""
    return Region(
        frame="right",
        x_px=of.x_px + round(left * of.width_px),
        y_px=of.y_px + round(top * of.height_px),
        width_px=round((right - left) * of.width_px),
        height_px=round((bottom - top) * of.height_px),
    )


def said(name: str, region: Region | None) -> str:
    """Return the words about a measurement's region."""
    regions = {"face_found": FACE, "colour_reference_found": CHART}
    return place_words(name, {**regions, name: region})


@pytest.mark.parametrize(
    ("name", "region", "words"),
    [
        (
            "clipped_share",
            part(0.1, 0.1, 0.3, 0.2),
            "Most of it is in the upper left of the face, as the cameras look.",
        ),
        (
            "clipped_share",
            part(0.4, 0.1, 0.6, 0.2),
            "Most of it is in the upper middle of the face.",
        ),
        (
            "skin_shine",
            part(0.7, 0.4, 0.9, 0.5),
            "It shines most on the right of the face, as the cameras look.",
        ),
        (
            "depth_completeness",
            part(0.4, 0.4, 0.6, 0.6),
            "Most is missing in the middle of the face.",
        ),
        (
            "light_across_ratio",
            part(0.0, 0.0, 1 / 3, 1.0),
            "It is darker on the left of the face, as the cameras look.",
        ),
        (
            "light_down_ratio",
            part(0.0, 2 / 3, 1.0, 1.0),
            "It is darker in the lower middle of the face.",
        ),
        (
            "face_count",
            part(1.2, 0.3, 1.9, 0.8),
            "Another one is to the right of the face, as the cameras look.",
        ),
        (
            "face_count",
            part(-0.9, 0.3, -0.2, 0.8),
            "Another one is to the left of the face, as the cameras look.",
        ),
        ("face_count", part(0.2, -0.5, 0.9, -0.1), "Another one is above the face."),
        ("face_count", part(0.2, 1.1, 0.9, 1.6), "Another one is below the face."),
        (
            "colour_difference_corrected_max",
            part(0.75, 0.8, 0.95, 0.95, CHART),
            "The worst patch is in the lower right of the colour reference, as the cameras look.",
        ),
    ],
)
def test_a_part_is_told_by_thirds_of_what_was_measured(
    name: str, region: Region, words: str
) -> None:
    assert said(name, region) == words


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("clipped_share", FACE),
        ("clipped_share", part(0.05, 0.1, 0.95, 0.95)),
        ("clipped_share", None),
        ("colour_reference_patches", CHART),
        ("mouth_opening", part(0.3, 0.7, 0.7, 0.8)),
        ("blank_rows_share", part(0.0, 0.8, 1.0, 1.0)),
        ("aura", part(0.0, 0.0, 0.1, 0.1)),
    ],
)
def test_what_fills_the_whole_or_has_one_place_only_has_nothing_to_tell(
    name: str, region: Region | None
) -> None:
    assert said(name, region) == ""


def test_without_the_whole_nothing_is_told() -> None:
    assert place_words("clipped_share", {"clipped_share": part(0.1, 0.1, 0.2, 0.2)}) == ""


def test_every_word_with_a_place_is_one_that_is_measured_in_parts() -> None:
    table = {each.name: each for each in (*MEASURES, *FACE_MEASURES)}
    parts = {name for name, each in table.items() if each.finer}
    assert set(BEGINNINGS) == (parts - {"blank_rows_share"}) | {"face_dark_share"}


@given(
    st.builds(
        Region,
        frame=st.sampled_from(["left", "right", "single"]),
        x_px=st.integers(0, 2000),
        y_px=st.integers(0, 2000),
        width_px=st.integers(1, 2000),
        height_px=st.integers(1, 2000),
    )
)
def test_any_region_gives_one_sentence_or_none_for_either_camera(region: Region) -> None:
    words = said("clipped_share", region)
    assert words == "" or (words.startswith("Most of it is ") and words.endswith("."))
    other = Region(
        frame="left",
        x_px=region.x_px,
        y_px=region.y_px,
        width_px=region.width_px,
        height_px=region.height_px,
    )
    assert said("clipped_share", other) == words
