"""What a face does moves the skin where people move it."""

from pathlib import Path

import numpy as np
import pytest

from device.simulation.expression import STILL, Expression, express
from device.simulation.head_form import HeadForm
from domain.errors import MalformedInput
from tests.device.simulation.stage import SUBJECT, asset

FORM = HeadForm(SUBJECT.identity())


def moved(cache: Path, expression: Expression) -> dict[str, np.ndarray]:
    """Return how far each landmark moves, millimetres."""
    surface = asset(cache).surface
    shift = express(FORM, surface.rest, expression)
    return {name: shift[place] for name, place in surface.landmarks.items()}


def test_a_still_face_does_not_move(cache: Path) -> None:
    assert not express(FORM, asset(cache).surface.rest, STILL).any()


def test_a_smile_raises_and_parts_the_corners_of_the_mouth(cache: Path) -> None:
    by = moved(cache, Expression(smile=1.0))
    for side, way in (("left", 1.0), ("right", -1.0)):
        corner = by[f"cheilion {side}"]
        assert corner[1] > 3.0
        assert way * corner[0] > 3.0
    assert np.linalg.norm(by["glabella"]) < 0.05
    assert np.linalg.norm(by["pronasale"]) < 0.5


def test_raised_brows_leave_the_lower_face_alone(cache: Path) -> None:
    by = moved(cache, Expression(brow_raise=1.0))
    assert by["glabella"][1] > 4.0
    for name in ("pronasale", "stomion", "menton", "cheilion left"):
        assert np.linalg.norm(by[name]) < 0.01, name


def test_an_open_mouth_lowers_chin_and_lower_lip_only(cache: Path) -> None:
    by = moved(cache, Expression(mouth_open=1.0))
    assert by["labiale inferius"][1] < -10.0
    assert by["pogonion"][1] < -10.0
    for name in ("labiale superius", "pronasale", "glabella", "endocanthion left"):
        assert np.linalg.norm(by[name]) < 0.5, name


@pytest.mark.parametrize("amount", [-0.1, 1.1, float("nan")])
def test_amounts_without_meaning_are_refused(amount: float) -> None:
    with pytest.raises(MalformedInput):
        Expression(smile=amount)
