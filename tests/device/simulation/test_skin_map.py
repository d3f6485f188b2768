"""What is painted on the skin, and how it fades."""

from pathlib import Path

import numpy as np
import pytest

from device.simulation.appearance import Appearance, SkinCondition
from device.simulation.colorimetry import linear_to_lab, typology_angle_deg
from device.simulation.head import build_head
from device.simulation.identity import NO_CHANGE, SessionChange, TypologyClass
from device.simulation.marks import LESIONS, MarkKind, PatchKind
from device.simulation.skin_colour import TYPOLOGY_LIMITS_DEG
from device.simulation.skin_map import MAP_SCALE, Label, SkinMaps, draw_skin
from tests.device.simulation.stage import SUBJECT, asset


def _patch(maps: SkinMaps, place: tuple[int, int], half: int = 8) -> np.ndarray:
    row, column = (MAP_SCALE * v for v in place)
    window = maps.albedo[row - half : row + half, column - half : column + half]
    return np.asarray(window.reshape(-1, 3), dtype=np.float64)


@pytest.mark.parametrize("typology", list(TypologyClass))
def test_skin_measures_as_its_class(cache: Path, typology: TypologyClass) -> None:
    surface = asset(cache).surface
    maps = draw_skin(surface, surface.points, typology, NO_CHANGE)
    low, high = TYPOLOGY_LIMITS_DEG[typology]
    forehead = _patch(maps, surface.landmarks["glabella"], half=30)
    assert low < float(typology_angle_deg(np.median(forehead, axis=0))) < high


def test_lips_and_cheeks_are_redder_than_the_forehead(cache: Path) -> None:
    head = asset(cache)
    marks = head.surface.landmarks
    upper, lower = marks["stomion"], marks["labiale inferius"]
    lip = ((upper[0] + lower[0]) // 2, lower[1])
    redness = [
        float(linear_to_lab(np.median(_patch(head.maps, place), axis=0))[1])
        for place in (lip, marks["malar left"], marks["glabella"])
    ]
    assert redness == sorted(redness, reverse=True)


def test_spots_and_redness_fade_by_the_stated_share_and_in_place(cache: Path) -> None:
    head = asset(cache)
    change = SessionChange(spots_faded=1.0, redness_faded=1.0)
    after = draw_skin(head.surface, head.surface.points, SUBJECT.typology, change)
    dark = [s for s in head.maps.spots if s.melanin > 0.5 and s.radius_mm > 1.0]
    assert dark, "the subject has pigmented spots"
    assert [s.centre_mm for s in after.spots] == [s.centre_mm for s in head.maps.spots]
    assert all(s.melanin == 0.0 for s in after.spots if s.kind not in LESIONS)
    for spot in dark:
        square = ((head.surface.points - np.array(spot.centre_mm)) ** 2).sum(axis=-1)
        row, column = divmod(int(np.argmin(square)), square.shape[1])
        before_spot = linear_to_lab(_patch(head.maps, (row, column), 2).mean(axis=0))
        after_spot = linear_to_lab(_patch(after, (row, column), 2).mean(axis=0))
        assert after_spot[0] > before_spot[0] + 0.5
    cheek = head.surface.landmarks["malar left"]
    calm = linear_to_lab(np.median(_patch(after, cheek), axis=0))[1]
    assert calm < linear_to_lab(np.median(_patch(head.maps, cheek), axis=0))[1] - 0.5


def test_every_mark_and_patch_is_labelled_where_it_is_painted(cache: Path) -> None:
    condition = SkinCondition(congestion=1.0, inflammation=1.0, redness=1.0, melasma=1.0)
    looks = Appearance(skin=condition)
    surface = build_head(SUBJECT.identity(), NO_CHANGE, looks)
    maps = draw_skin(surface, surface.rest, SUBJECT.typology, NO_CHANGE, looks)
    bare = asset(cache).maps
    kinds = {spot.kind for spot in maps.spots}
    assert kinds == set(MarkKind)
    assert {patch.kind for patch in maps.patches} == set(PatchKind)
    for label in Label:
        assert (maps.labels & np.uint8(label)).any(), label
    brown = (maps.labels & np.uint8(Label.MELASMA)) > 0
    plain = bare.labels == 0
    assert maps.albedo[brown].mean() < 0.9 * bare.albedo[brown & plain].mean()
    red = (maps.labels & np.uint8(Label.REDNESS)) > 0
    assert maps.albedo[red, 1].mean() < 0.95 * bare.albedo[red, 1].mean()
    black = (maps.labels & np.uint8(Label.OPEN_COMEDONE)) > 0
    assert maps.albedo[black].mean() < 0.9 * bare.albedo[black].mean()
    cheek = next(p for p in maps.patches if p.kind is PatchKind.REDNESS)
    ellipse = np.pi * cheek.radii_mm[0] * cheek.radii_mm[1]
    assert 0.7 * ellipse < cheek.area_mm2 < 1.8 * ellipse, "skin slopes away from the front"


def test_foundation_evens_colour_out_and_lipstick_reddens_lips(cache: Path) -> None:
    head = asset(cache)
    looks = Appearance(foundation=1.0, lipstick=1.0)
    made = draw_skin(head.surface, head.surface.rest, SUBJECT.typology, NO_CHANGE, looks)
    marks = head.surface.landmarks
    spread = [
        float(linear_to_lab(_patch(maps, marks["malar left"], half=40)).std(axis=0).max())
        for maps in (head.maps, made)
    ]
    assert spread[1] < 0.6 * spread[0]
    lower = marks["labiale inferius"]
    lip = (lower[0] - 4, lower[1])
    before, after = (linear_to_lab(_patch(m, lip, 3).mean(axis=0)) for m in (head.maps, made))
    assert after[1] > before[1] + 10
    assert made.spots == head.maps.spots, "what is covered is still there"
    assert made.pore_depth.max() < head.maps.pore_depth.max()


def test_hair_covers_the_crown_and_not_the_cheek(cache: Path) -> None:
    head = asset(cache)
    rows, columns = head.maps.hair.shape
    row, column = (4 * v for v in head.surface.landmarks["malar left"])
    assert head.maps.hair[rows // 40, columns // 2] > 200
    assert head.maps.hair[row, column] == 0
