"""The truth of a picture's pixels."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from device.simulation.appearance import Appearance
from device.simulation.parts import PartId
from device.simulation.scene import Scene
from device.simulation.skin_map import Label
from device.simulation.skin_truth import seen_skin
from device.simulation.station import SimulatedCapture
from tests.device.simulation.stage import SCENE, SMALL, SUBJECT


def test_masks_lie_where_the_picture_shows_them(cache: Path, taken: SimulatedCapture) -> None:
    seen = seen_skin(SCENE, SMALL, cache=cache)
    np.testing.assert_array_equal(seen.skin, taken.part == PartId.SKIN)
    x, y = (round(v) for v in taken.truth.landmarks["stomion"].left_px)
    assert seen.mask(Label.LIPS)[y, x]
    assert not seen.mask(Label.LIPS)[y - 60, x]
    for spot in taken.truth.spots:
        if spot.radius_mm < 1.3:
            continue
        place = np.linalg.norm(seen.place_mm - np.array(spot.centre_mm, np.float32), axis=-1)
        if np.nanmin(place) < 0.5:
            assert seen.labels[np.unravel_index(int(np.nanargmin(place)), place.shape)] > 0


def test_the_right_camera_sees_the_other_cheek_better(cache: Path) -> None:
    left, right = (seen_skin(SCENE, SMALL, right=side, cache=cache) for side in (False, True))
    across = [float(np.nanmean(each.place_mm[..., 0])) for each in (left, right)]
    assert across[0] < across[1], "the left camera sees more of the subject's right, which is -x"


def test_hands_and_empty_chairs_show_no_skin(cache: Path) -> None:
    held = replace(SCENE, subject=replace(SUBJECT, appearance=Appearance(hand=True)))
    assert (
        seen_skin(held, SMALL, cache=cache).skin.sum()
        < 0.95 * seen_skin(SCENE, SMALL, cache=cache).skin.sum()
    )
    assert not seen_skin(Scene(subject=None), SMALL, cache=cache).skin.any()
