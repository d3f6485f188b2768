"""Maps over photographs in the report: shown with their legend, counted, and repeatable."""

import dataclasses

import pytest

from adapters.reports.maps import MAPS_MAX
from adapters.reports.render import render_report
from domain.errors import MalformedInput
from tests.adapters.reports import pdf_text, samples


@pytest.mark.verifies("REQ-IN-163")
def test_every_map_is_shown_with_its_legend_its_view_and_what_made_it() -> None:
    document = render_report(samples.report(maps=samples.maps()))
    whole = "".join(pdf_text.pages(document))
    for each in samples.maps():
        for text in (*each.kinds, f"{each.image.capture_view} · {each.algorithm}"):
            assert pdf_text.squeezed(text) in whole
        assert f"/Alt({each.image.description})".encode() in document
    pictures = [each for each in pdf_text.objects(document).values() if b"/DCTDecode" in each]
    assert len(pictures) == len(samples.report().images) + len(samples.maps())


def test_a_report_with_maps_is_the_same_bytes_each_time() -> None:
    content = samples.report(maps=samples.maps() * 3)
    assert render_report(content) == render_report(content)


def test_without_maps_there_is_no_section_of_them() -> None:
    assert "Whereitlies" not in "".join(pdf_text.pages(render_report(samples.report())))


def test_maps_that_had_no_room_are_counted() -> None:
    document = render_report(samples.report(maps=samples.maps(), maps_left_out=3))
    shown = "".join(pdf_text.pages(document))
    assert pdf_text.squeezed("Maps that had no room here: 3.") in shown


@pytest.mark.parametrize("rows", range(1, 7))
def test_any_number_of_maps_makes_a_whole_document(rows: int) -> None:
    maps = samples.maps() * rows
    document = render_report(samples.report(maps=maps[:MAPS_MAX]))
    assert "".join(pdf_text.pages(document)).count("Brownspots:41") == rows


def test_kinds_of_marks_have_a_colour_each_and_colours_are_colours() -> None:
    scale, spots, lines, _ = samples.maps()
    with pytest.raises(MalformedInput, match="colour"):
        dataclasses.replace(lines, colours=spots.colours)
    with pytest.raises(MalformedInput, match="colour"):
        dataclasses.replace(scale, colours=('red"',))
    with pytest.raises(MalformedInput):
        dataclasses.replace(scale, legend=" ")


def test_maps_name_an_algorithm_that_the_report_discloses_and_are_not_too_many() -> None:
    stranger = dataclasses.replace(samples.maps()[0], algorithm="other 1.0.0")
    with pytest.raises(MalformedInput, match="algorithm"):
        samples.report(maps=(stranger,))
    with pytest.raises(MalformedInput, match="maps"):
        samples.report(maps=samples.maps()[:1] * (MAPS_MAX + 1))
    with pytest.raises(MalformedInput, match="left out"):
        samples.report(maps_left_out=-1)
