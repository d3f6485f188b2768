"""Chart and board look as published, and their truth is where they are."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from adapters.imaging.colour import delta_e_2000, linear_to_lab_d50
from device.simulation.card import CHART_LAB_D50, board, chart_linear, patch_centres_mm
from device.simulation.rig import PREVIEW, Resolution
from device.simulation.scene import BoardPose, Scene
from device.simulation.station import capture
from tests.device.simulation.stage import NEUTRAL, SETTINGS

CYAN = 17


def test_patches_under_neutral_light_measure_as_published(cache: Path) -> None:
    scene = Scene(subject=None, light=NEUTRAL)
    taken = capture(scene, replace(SETTINGS, resolution=PREVIEW), seed=2, cache=cache)
    card = taken.truth.card
    assert card is not None
    for picture, places in ((taken.left, card.points_left_px), (taken.right, card.points_right_px)):
        measured = []
        for x, y in np.round(places).astype(int):
            measured.append(picture.linear[y - 3 : y + 4, x - 3 : x + 4].mean(axis=(0, 1)))
        patches = np.array(measured, np.float64)
        # One common factor: how much light reaches the chart is not a question of colour.
        wanted = np.clip(chart_linear(), 0, 1)
        patches *= (patches * wanted).sum() / (patches**2).sum()
        difference = delta_e_2000(linear_to_lab_d50(np.clip(patches, 0, None)), CHART_LAB_D50)
        inside = np.arange(24) != CYAN
        assert difference[inside].mean() < 1.2
        assert difference[inside].max() < 3.0


def test_only_cyan_lies_outside_the_screen_gamut() -> None:
    outside = (chart_linear() < -0.001).any(axis=-1)
    assert np.flatnonzero(outside).tolist() == [CYAN]


def test_the_chart_hangs_turned_a_quarter_clockwise() -> None:
    centres = patch_centres_mm()
    assert centres[0, 0] > 0 > centres[0, 1], "dark skin is at the top right"
    assert centres[18, 0] < 0, "white is on the left"
    np.testing.assert_allclose(centres[1] - centres[0], [0, 7.6], atol=1e-9)


def test_board_corners_are_found_where_the_truth_has_them(cache: Path) -> None:
    scene = Scene(board=BoardPose(yaw_deg=10, pitch_deg=-6, roll_deg=4), light=NEUTRAL)
    size = Resolution(columns=720, rows=960)
    taken = capture(scene, replace(SETTINGS, resolution=size), seed=3, cache=cache)
    card = taken.truth.card
    assert card is not None
    assert card.patch_linear is None
    grey = cv2.cvtColor(taken.left.image, cv2.COLOR_RGB2GRAY)
    corners, numbers, _, _ = cv2.aruco.CharucoDetector(board()).detectBoard(grey)
    assert len(numbers) > 75
    error = corners.reshape(-1, 2) - card.points_left_px[numbers.ravel()]
    assert float(np.sqrt((error**2).sum(axis=-1).mean())) < 0.2
    assert float(np.abs(error.mean(axis=0)).max()) < 0.05
