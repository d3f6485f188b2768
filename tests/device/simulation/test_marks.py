"""Marks: how many, where, and how high they stand."""

from pathlib import Path

import numpy as np
import pytest

from device.simulation.appearance import SkinCondition
from device.simulation.atlas import front_atlas
from device.simulation.identity import SessionChange
from device.simulation.marks import MarkKind, draw_lesions, faded_spots, spot_relief
from device.simulation.skin_record import SkinRecord, read_record
from domain.errors import MalformedInput
from tests.device.simulation.stage import SUBJECT, asset

FULL = SkinCondition(congestion=1.0, inflammation=1.0, redness=0.0, melasma=0.0)


def test_lesions_follow_the_condition(cache: Path) -> None:
    atlas = front_atlas(asset(cache).surface.rest)
    none = SkinCondition(congestion=0.0, inflammation=0.0)
    assert not draw_lesions(5, none, atlas)
    kinds = [spot.kind for spot in draw_lesions(5, FULL, atlas)]
    assert kinds.count(MarkKind.OPEN_COMEDONE) > 40
    assert kinds.count(MarkKind.PAPULE) >= 8


def test_raised_marks_stand_out_and_clear_away(cache: Path) -> None:
    rest = asset(cache).surface.rest
    spots = draw_lesions(5, FULL, front_atlas(rest))
    papule = max(spots, key=lambda spot: spot.height_mm)
    relief = spot_relief(rest, (papule,))
    assert float(relief.max()) == pytest.approx(papule.height_mm, rel=0.1)
    cleared = faded_spots(spots, SessionChange(comedones_cleared=1.0))
    assert not spot_relief(rest, cleared).any()
    assert [spot.centre_mm for spot in cleared] == [spot.centre_mm for spot in spots]


def test_a_condition_unsaid_follows_from_the_person() -> None:
    one = SkinCondition().resolved(SUBJECT.identity())
    assert one == SkinCondition().resolved(SUBJECT.identity())
    assert None not in (one.congestion, one.inflammation, one.redness, one.melasma)
    assert SkinCondition(melasma=0.7).resolved(SUBJECT.identity()).melasma == 0.7
    with pytest.raises(MalformedInput):
        SkinCondition(redness=1.5)


def test_a_record_is_read_as_it_was_written(cache: Path) -> None:
    head = asset(cache)
    record = SkinRecord(spots=head.maps.spots, patches=head.maps.patches, lines=head.surface.lines)
    assert read_record(record.as_text()) == record


def test_nothing_lies_beside_the_face(cache: Path) -> None:
    atlas = front_atlas(asset(cache).surface.rest)
    assert atlas.skin_at(0.0, 500.0) is None
    assert atlas.skin_at(-74.0, -119.0) is None
    found = atlas.skin_at(0.0, 20.0)
    assert found is not None
    assert np.hypot(found[0], found[1] - 20.0) < 0.8
