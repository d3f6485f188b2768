"""Motion blur: grows with motion along any direction, and defocus does not look like it."""

from dataclasses import replace

import pytest

from adapters.imaging.motion_blur import motion_extent_px, motion_permille
from tests.adapters.imaging.scenes import Scene
from tests.adapters.imaging.test_edge_spread import spread_of

GOOD = Scene()


def extent_of(scene: Scene) -> float:
    """Return the motion extent of a drawn face in pixels."""
    return motion_extent_px(spread_of(scene))


@pytest.mark.verifies("REQ-IN-099")
@pytest.mark.parametrize("angle_deg", [0.0, 60.0, 90.0])
def test_the_extent_grows_with_the_motion(angle_deg: float) -> None:
    steps = [
        extent_of(replace(GOOD, motion_px=length, motion_deg=angle_deg)) for length in (0, 2, 4, 8)
    ]
    assert steps == sorted(steps)
    assert steps[2] == pytest.approx(4, abs=1.2)
    assert steps[3] > 7


def test_defocus_exposure_and_pose_are_not_taken_for_motion() -> None:
    motion = extent_of(replace(GOOD, motion_px=4.0))
    for other in (
        GOOD,
        replace(GOOD, defocus_px=2.0),
        replace(GOOD, gain=0.2),
        replace(GOOD, roll_deg=8.0),
    ):
        assert extent_of(other) < 0.45 * motion


def test_motion_shows_through_defocus() -> None:
    still = extent_of(replace(GOOD, defocus_px=2.0))
    assert extent_of(replace(GOOD, defocus_px=2.0, motion_px=8.0)) > 3 * still


def test_the_share_of_the_diagonal_is_in_thousandths() -> None:
    spread = spread_of(GOOD)
    assert motion_permille(spread, width=600, height=800) == pytest.approx(motion_extent_px(spread))
