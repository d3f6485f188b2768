"""Captures on disk."""

import json
from pathlib import Path

import cv2
import numpy as np

from device.simulation.__main__ import example_scenes
from device.simulation.faults import Fault
from device.simulation.sequence import render_sequence, swayed
from device.simulation.station import SimulatedCapture
from tests.device.simulation.stage import SCENE, SETTINGS


def test_a_sequence_leaves_pictures_depth_and_truth(
    cache: Path, taken: SimulatedCapture, tmp_path: Path
) -> None:
    render_sequence(tmp_path, [("first", SCENE)], SETTINGS, seed=1, cache=cache)
    picture = cv2.imread(str(tmp_path / "first-left.png"), cv2.IMREAD_COLOR_RGB)
    np.testing.assert_array_equal(picture, taken.left.image)
    with np.load(tmp_path / "first.npz") as stored:
        np.testing.assert_array_equal(stored["depth_mm"], taken.depth_mm)
    truth = json.loads((tmp_path / "first.json").read_text(encoding="utf-8"))
    assert truth["distance_mm"] == 450.0
    assert truth["landmarks"]["pronasale"]["left_px"] == list(
        taken.truth.landmarks["pronasale"].left_px
    )
    assert len(truth["card"]["points_left_px"]) == 24


def test_examples_cover_every_fault() -> None:
    shown = {state.fault for _, scene in example_scenes(1) for state in scene.faults}
    assert shown == set(Fault)


def test_a_seated_person_sways_a_little_and_comes_back() -> None:
    moved = [swayed(SCENE, 0.1 * k).pose for k in range(80)]
    assert max(abs(pose.yaw_deg) for pose in moved) < 0.5
    assert max(abs(pose.right_mm) for pose in moved) < 0.6
    assert len({pose.pitch_deg for pose in moved}) > 60
