"""Which maps a report shows, and how a map is laid over a picture."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from adapters.inference.legend import LEGENDS
from adapters.reported.maps import LONGEST_SIDE_PX, laid_over, report_maps, shown_part
from adapters.reported.sources import Sources, read_sources
from domain.values.assessment import Decision
from tests.adapters.workers.finished import Finished, finished


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """Return a clinic with one finished session."""
    with finished(tmp_path_factory.mktemp("maps")) as it:
        yield it


@pytest.fixture
def sources(done: Finished) -> Sources:
    """Return what its report rests on."""
    return read_sources(done.day.bench(), done.assessment, done.day.log.size() - 1)


def rejected(sources: Sources, codes: frozenset[str]) -> Sources:
    """Return the sources with findings of these codes rejected."""
    reviews = dict(sources.assessment.reviews)
    for each in sources.assessment.findings:
        if each.code in codes:
            reviews[each.finding] = replace(
                reviews[each.finding],
                decision=Decision.REJECTED,
                reason_code="artefact",
            )
    return replace(sources, assessment=replace(sources.assessment, reviews=reviews))


@pytest.mark.verifies("REQ-IN-163")
def test_maps_of_standing_findings_are_shown_over_the_frame_they_were_made_of(
    done: Finished, sources: Sources
) -> None:
    maps, left_out = report_maps(done.day.bench(), sources)
    stored = {
        each.content.digest: each
        for run in sources.runs
        if run.completed is not None
        for each in run.completed.artefacts
    }
    assert maps
    assert left_out == 0
    frame = sources.captures[0].attempt.frames[0].content.digest
    for each in maps:
        artefact = stored[each.overlay]
        assert each.legend == artefact.legend
        assert each.image.source == frame
        assert len(each.colours) == len(LEGENDS[artefact.name].colours)
    assert report_maps(done.day.bench(), sources) == (maps, left_out)


def test_a_map_whose_every_finding_was_rejected_is_not_shown(
    done: Finished, sources: Sources
) -> None:
    maps, _ = report_maps(done.day.bench(), sources)
    without = rejected(sources, LEGENDS["melanin-map"].codes)
    left, _ = report_maps(done.day.bench(), without)
    gone = {each.overlay for each in maps} - {each.overlay for each in left}
    assert [each.legend for each in maps if each.overlay in gone] == ["Melanin index, 10 to 140"]


def test_all_maps_of_a_picture_show_the_part_where_any_has_a_value() -> None:
    first, second = np.zeros((100, 80), np.bool_), np.zeros((50, 40), np.bool_)
    first[20:40, 10:30] = True
    second[30:45, 20:24] = True
    part = shown_part([first, second])
    assert part == pytest.approx((0.20 - 0.04, 0.90 + 0.04, 0.125 - 0.04, 0.60 + 0.04))
    assert shown_part([np.zeros((4, 4), np.bool_)]) == (0.0, 1.0, 0.0, 1.0)


def test_what_is_transparent_leaves_the_photograph_and_marks_have_their_colour() -> None:
    picture = np.full((60, 40, 3), 100, np.uint8)
    overlay = np.zeros((30, 20, 4), np.uint8)
    overlay[10:20, 5:15] = (0, 0, 255, 255)  # OpenCV reads blue first
    laid = laid_over(picture, overlay)
    assert laid.shape == picture.shape
    assert (laid[0, 0] == 100).all()
    assert np.abs(laid[30, 20].astype(int) - (208, 30, 30)).max() <= 1


def test_a_large_picture_is_shrunk_and_a_thin_mark_does_not_vanish() -> None:
    picture = np.full((1280, 640, 3), 90, np.uint8)
    overlay = np.zeros((1280, 640, 4), np.uint8)
    overlay[:, 321] = (0, 255, 0, 255)
    laid = laid_over(picture, overlay)
    assert max(laid.shape) == LONGEST_SIDE_PX
    column = laid[100, :, 1].astype(int)
    assert column.max() > 90 + 40
