"""Volume changes are exact, wherever they are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.simulation.head import build_head
from device.simulation.head_form import HeadForm
from device.simulation.identity import (
    NO_CHANGE,
    SessionChange,
    Side,
    VolumeChange,
    VolumePlace,
)
from device.simulation.volumes import added_volume
from domain.errors import MalformedInput
from domain.values.facial_region import FacialRegion
from tests.device.simulation.stage import SUBJECT, asset, volume_mm3

FORM = HeadForm(SUBJECT.identity())


@pytest.mark.parametrize("volume_cm3", [1.0, -0.6])
@pytest.mark.parametrize("place", list(VolumePlace))
def test_a_change_has_its_stated_volume(cache: Path, place: VolumePlace, volume_cm3: float) -> None:
    points = asset(cache).surface.points
    change = SessionChange.of_volumes({place: volume_cm3})
    moved = points + added_volume(FORM, points, change)
    measured = (volume_mm3(moved) - volume_mm3(points)) / 1000
    assert abs(measured) == pytest.approx(abs(volume_cm3), rel=0.01)
    outside = np.sign(volume_cm3) * (moved - points)[..., 2].sum()
    assert outside > 0


def test_changes_that_overlap_keep_their_sum(cache: Path) -> None:
    points = asset(cache).surface.points
    change = SessionChange(
        cheek_volume_cm3=1.0,
        side=Side.RIGHT,
        volumes=(
            VolumeChange(place=VolumePlace.CHEEK_RIGHT, volume_cm3=0.5),
            VolumeChange(place=VolumePlace.NASOLABIAL_RIGHT, volume_cm3=0.4),
            VolumeChange(place=VolumePlace.CHIN, volume_cm3=-0.3),
        ),
    )
    assert change.volumes_cm3()[VolumePlace.CHEEK_RIGHT] == 1.5
    moved = points + added_volume(FORM, points, change)
    measured = abs(volume_mm3(moved) - volume_mm3(points)) / 1000
    assert measured == pytest.approx(1.6, rel=0.01)


@pytest.mark.parametrize("side", list(Side))
def test_a_cheek_change_leaves_the_rest_of_the_face_alone(cache: Path, side: Side) -> None:
    surface = asset(cache).surface
    change = SessionChange(cheek_volume_cm3=1.0, side=side)
    lift = added_volume(FORM, surface.points, change)
    other = "right" if side is Side.LEFT else "left"
    for name in ("pronasale", "glabella", "pogonion", f"malar {other}", f"exocanthion {side}"):
        assert not lift[surface.landmarks[name]].any(), name


def test_every_region_of_the_face_can_change() -> None:
    places = {place.value.replace("tear trough", "periorbital") for place in VolumePlace}
    assert {place.replace(" ", "-") for place in places} == {each.value for each in FacialRegion}


@pytest.mark.parametrize("extreme", [-1.4, 1.4])
def test_nose_and_glabella_are_exact_and_in_place_on_every_head(extreme: float) -> None:
    identity = replace(
        SUBJECT.identity(),
        nose_width=extreme,
        nose_length=extreme,
        nose_bridge=extreme,
        brow_ridge=extreme,
        brow_height=extreme,
    )
    surface = build_head(identity, NO_CHANGE)
    bridge = ("glabella", "sellion", "pronasale")
    high, root, tip = (surface.points[surface.landmarks[name]] for name in bridge)
    for place, top, low in (
        (VolumePlace.GLABELLA, high[1] + 8, root[1]),
        (VolumePlace.NOSE, root[1], tip[1]),
    ):
        change = SessionChange.of_volumes({place: 0.3})
        lift = added_volume(HeadForm(identity), surface.points, change)
        moved = np.asarray(surface.points + lift, np.float32)
        measured = abs(volume_mm3(moved) - volume_mm3(surface.points)) / 1000
        assert measured == pytest.approx(0.3, rel=0.01), place
        peak = surface.points[np.unravel_index(np.argmax(lift[..., 2]), lift.shape[:2])]
        assert abs(peak[0]) < 2, place
        assert low < peak[1] < top, place
        for side in Side:
            for lid in ("endocanthion", "palpebrale superius", "exocanthion"):
                assert not lift[surface.landmarks[f"{lid} {side}"]].any(), (place, lid)


def test_no_change_moves_nothing(cache: Path) -> None:
    assert not added_volume(FORM, asset(cache).surface.points, NO_CHANGE).any()


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(list(VolumePlace)), st.floats(-5.0, 5.0)))
def test_what_is_stated_is_what_is_listed(volumes: dict[VolumePlace, float]) -> None:
    stated = {place: volume for place, volume in volumes.items() if volume}
    assert SessionChange.of_volumes(volumes).volumes_cm3() == stated


@pytest.mark.parametrize("volume", [5.1, -6.0, float("nan")])
def test_more_than_a_treatment_is_refused(volume: float) -> None:
    with pytest.raises(MalformedInput):
        VolumeChange(place=VolumePlace.CHIN, volume_cm3=volume)
