"""Guidance: what views still lack is said in one line, and enough is enough."""

import numpy as np
import pytest

from adapters.imaging.calibrate import GRID, BoardView
from adapters.imaging.view_guidance import (
    ENOUGH_VIEWS,
    LENS_FOCAL_HEIGHTS,
    emptiest_part,
    guide,
    view_pose,
)

SIZE = (456, 608)
FOCAL_PX = LENS_FOCAL_HEIGHTS * SIZE[1]
ACROSS, DOWN = np.meshgrid(np.linspace(-60, 60, 7), np.linspace(-90, 90, 10))
BOARD_MM = np.stack([ACROSS.ravel(), DOWN.ravel(), np.zeros(ACROSS.size)], 1).astype(np.float32)


def a_view(
    *, yaw_deg: float = 0, pitch_deg: float = 0, at_mm: tuple[float, float, float] = (0, 0, 450)
) -> BoardView:
    """Return the corners inside the picture of a board that is turned about its middle."""
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    turn_yaw = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    turn_pitch = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    points = BOARD_MM @ (turn_yaw @ turn_pitch).T + np.array(at_mm)
    pixels = FOCAL_PX * points[:, :2] / points[:, 2:] + np.array(SIZE) / 2
    inside = ((pixels >= 0) & (pixels < np.array(SIZE))).all(axis=1)
    seen = pixels[inside].astype(np.float32)
    return BoardView(board_mm=BOARD_MM[inside], left_px=seen, right_px=seen)


ALL_SIDES = (
    a_view(),
    a_view(yaw_deg=20, at_mm=(-25, -20, 450)),
    a_view(yaw_deg=-20, at_mm=(25, 20, 450)),
    a_view(pitch_deg=20, at_mm=(25, -30, 450)),
    a_view(pitch_deg=-20, at_mm=(-25, 30, 450)),
    a_view(yaw_deg=12, pitch_deg=12, at_mm=(30, 0, 490)),
    a_view(yaw_deg=-12, pitch_deg=12, at_mm=(-30, 0, 490)),
    a_view(at_mm=(0, 0, 420)),
)


@pytest.mark.parametrize(("yaw_deg", "pitch_deg"), [(0, 0), (18, 0), (-18, 0), (0, 15), (9, -15)])
def test_how_the_target_was_held_is_found(yaw_deg: float, pitch_deg: float) -> None:
    pose = view_pose(a_view(yaw_deg=yaw_deg, pitch_deg=pitch_deg), SIZE)
    assert pose.yaw_deg == pytest.approx(yaw_deg, abs=0.5)
    assert pose.pitch_deg == pytest.approx(pitch_deg, abs=0.7)
    assert pose.distance_mm == pytest.approx(450, abs=2)


def test_before_the_first_view_every_side_is_asked_for() -> None:
    found = guide((), SIZE)
    assert not found.enough
    assert found.coverage == 0
    assert len([each for each in found.missing if each.startswith("Tilt")]) == 4


@pytest.mark.verifies("REQ-IN-126", "REQ-IN-127")
def test_views_from_all_sides_are_enough() -> None:
    found = guide(ALL_SIDES, SIZE)
    assert found.missing == ()
    assert found.enough
    assert found.words.endswith("enough")


def test_enough_does_not_depend_on_the_order_of_views() -> None:
    assert guide(ALL_SIDES[::-1], SIZE) == guide(ALL_SIDES, SIZE)


def test_views_that_all_look_alike_are_never_enough() -> None:
    found = guide((a_view(),) * 20, SIZE)
    assert not found.enough
    assert any("side in the picture farther away" in each for each in found.missing)
    assert any("nearer or farther" in each for each in found.missing)


@pytest.mark.parametrize(
    ("without", "side"),
    [((1, 5), "right"), ((2, 6), "left"), ((3, 5, 6), "lower"), ((4,), "upper")],
)
def test_the_tilt_that_is_missing_is_named(without: tuple[int, ...], side: str) -> None:
    views = [view for number, view in enumerate(ALL_SIDES) if number not in without]
    assert f"its {side} side" in guide(views, SIZE).missing[0]


def test_the_part_of_the_picture_that_is_missing_is_named() -> None:
    far = [
        a_view(yaw_deg=yaw, pitch_deg=pitch, at_mm=(-60, -80, 900 + 100 * (yaw > 0)))
        for yaw, pitch in (
            (15, 0),
            (-15, 0),
            (0, 15),
            (0, -15),
            (10, 10),
            (-10, 10),
            (0, 0),
            (5, 0),
        )
    ]
    assert len(far) >= ENOUGH_VIEWS
    found = guide(far, SIZE)
    assert found.missing == ("Hold the target in the top right of the picture.",)


def test_the_parts_of_the_picture_have_words() -> None:
    cells = np.ones((GRID, GRID), np.bool_)
    cells[:3, :3] = False
    assert emptiest_part(cells) == "top left"
    for rows, columns, words in (
        (slice(3, 5), slice(0, 3), "left half"),
        (slice(3, 5), slice(3, 5), "middle"),
        (slice(5, 8), slice(3, 5), "bottom"),
    ):
        cells = np.ones((GRID, GRID), np.bool_)
        cells[rows, columns] = False
        assert emptiest_part(cells) == words
