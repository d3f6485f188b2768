"""What lies before a face, who sits beside it, and what is no face at all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.simulation.appearance import NATURAL, Appearance
from device.simulation.faults import Fault, FaultState
from device.simulation.parts import PartId
from device.simulation.scene import Scene
from device.simulation.station import SimulatedCapture, capture
from domain.errors import MalformedInput
from tests.device.simulation.stage import SCENE, SETTINGS, SUBJECT, luma


def worn(cache: Path, looks: Appearance) -> SimulatedCapture:
    """Return a capture of the subject looking so."""
    return capture(
        replace(SCENE, subject=replace(SUBJECT, appearance=looks)), SETTINGS, seed=1, cache=cache
    )


def test_glasses_stand_before_the_eyes(cache: Path, taken: SimulatedCapture) -> None:
    made = worn(cache, Appearance(glasses=True))
    frame = made.part == PartId.GLASSES
    assert frame.sum() > 300
    behind = frame & np.isfinite(taken.depth_mm)
    assert float(np.median((taken.depth_mm - made.depth_mm)[behind])) > 5.0
    assert float(luma(made.left.linear)[frame].mean()) < 0.15
    assert made.truth.looks == Appearance(glasses=True)


def test_a_hand_hides_the_mouth_and_has_the_skins_colour(
    cache: Path, taken: SimulatedCapture
) -> None:
    made = worn(cache, Appearance(hand=True))
    hand = made.part == PartId.HAND
    assert hand.sum() > 2000
    assert not made.truth.landmarks["cheilion right"].visible_left
    assert taken.truth.landmarks["cheilion right"].visible_left
    red, green, blue = made.left.image[hand].mean(axis=0)
    assert red > green > blue


def test_hair_darkens_the_pixels_it_says_and_leaves_depth(
    cache: Path, taken: SimulatedCapture
) -> None:
    made = worn(cache, Appearance(hair=1.0))
    assert made.hair is not None
    assert taken.hair is None
    covered = (made.hair > 128) & (made.part == PartId.SKIN)
    assert covered.sum() > 800
    before, after = luma(taken.left.linear)[covered], luma(made.left.linear)[covered]
    assert float(after.mean()) < 0.7 * float(before.mean())
    np.testing.assert_array_equal(made.depth_mm, taken.depth_mm)


def test_two_faces_are_two_people_at_two_distances(cache: Path) -> None:
    both = capture(SCENE.with_faults([FaultState(fault=Fault.TWO_FACES)]), SETTINGS, cache=cache)
    eyes = np.nonzero((both.part == PartId.EYE_LEFT) | (both.part == PartId.EYE_RIGHT))
    assert np.ptp(eyes[1]) > 200, "from the first to the last of four eyes"
    half = SETTINGS.resolution.columns // 2
    skin = np.where(both.part == PartId.SKIN, both.depth_mm, np.nan)
    assert float(np.nanmin(skin[:, half:])) > float(np.nanmin(skin[:, :half])) + 30.0


def test_a_photograph_shows_the_person_and_is_flat(cache: Path, taken: SimulatedCapture) -> None:
    flat = capture(SCENE.with_faults([FaultState(fault=Fault.PHOTOGRAPH)]), SETTINGS, cache=cache)
    paper = flat.part == PartId.PRINT
    assert paper.mean() > 0.5
    rows, columns = np.nonzero(paper)
    depth = flat.depth_mm[paper].astype(np.float64)
    plane = np.column_stack([rows, columns, np.ones_like(rows)])
    fitted = np.linalg.lstsq(plane, 1.0 / depth)[0]
    assert float(np.abs(1.0 / (plane @ fitted) - depth).max()) < 1.5
    inner = np.s_[150:330, 110:250]
    like = np.corrcoef(
        luma(flat.left.linear)[inner].ravel(), luma(taken.left.linear)[inner].ravel()
    )
    assert like[0, 1] > 0.5
    assert not flat.truth.landmarks


def test_an_empty_chair_has_no_face(cache: Path) -> None:
    empty = capture(SCENE.with_faults([FaultState(fault=Fault.NO_FACE)]), SETTINGS, cache=cache)
    assert set(np.unique(empty.part)) == {PartId.NOTHING, PartId.CARD}


def test_oil_shines_where_the_light_mirrors(cache: Path, taken: SimulatedCapture) -> None:
    oily = worn(cache, Appearance(sebum=1.0))
    skin = taken.part == PartId.SKIN
    gain = (luma(oily.left.linear) - luma(taken.left.linear))[skin]
    assert float(np.percentile(gain, 99)) > 0.1
    assert abs(float(np.median(gain))) < 0.02


@pytest.mark.parametrize("name", ["foundation", "sebum", "hair", "beard", "cream"])
def test_amounts_without_meaning_are_refused(name: str) -> None:
    with pytest.raises(MalformedInput):
        Appearance(**{name: 1.5})  # type: ignore[arg-type]


def test_what_stands_before_the_head_makes_no_other_head() -> None:
    assert Appearance(hair=1.0, glasses=True, hand=True).painted() == NATURAL
    assert Scene(subject=SUBJECT).person() == SUBJECT
