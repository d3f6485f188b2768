"""Landmarks of generated heads, every skin tone class, against the simulation's own places."""

from functools import cache

import numpy as np
import pytest

from adapters.imaging.canonical_face import canonical_face
from adapters.imaging.face_landmarks import LANDMARKS, landmarks_px
from adapters.imaging.face_mesh import FaceMesh, find_face_mesh
from adapters.imaging.pixels import EncodedRgb
from device.simulation.identity import TypologyClass
from device.simulation.rig import PREVIEW
from device.simulation.scene import HeadPose, Scene, Subject
from device.simulation.station import CaptureSettings, SimulatedCapture, capture, true_rig

HEADS = dict(zip(TypologyClass, (611, 612, 613, 614, 615, 616), strict=True))


@cache
def head(tone: TypologyClass) -> SimulatedCapture:
    """Return a generated head, none that anything was developed on."""
    turned = HeadPose(yaw_deg=6.0, pitch_deg=-3.0, roll_deg=5.0)
    pose = turned if tone in {TypologyClass.TAN, TypologyClass.LIGHT} else HeadPose()
    scene = Scene(subject=Subject(identity_seed=HEADS[tone], typology=tone), pose=pose)
    return capture(scene, CaptureSettings(resolution=PREVIEW), seed=HEADS[tone])


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-130")
@pytest.mark.parametrize("tone", TypologyClass)
def test_landmarks_lie_within_millimetres_of_their_places(tone: TypologyClass) -> None:
    taken = head(tone)
    mesh = find_face_mesh(EncodedRgb(taken.left.image))
    assert mesh is not None
    assert mesh.score > 0.99
    camera = true_rig(Scene(), PREVIEW).left
    found = landmarks_px(mesh)
    errors_mm = [
        np.hypot(*(found[name] - np.array(truth.left_px)))
        * camera.to_camera(np.array(truth.rig_mm))[2]
        / camera.focal_px
        for name, truth in taken.truth.landmarks.items()
        if name in found and truth.visible_left
    ]
    assert len(errors_mm) > 15
    # Offsets of definition included: the benchmark finds medians of 1.5 to 2.0 mm.
    assert np.median(errors_mm) < 3.0
    assert np.max(errors_mm) < 9.0


def test_every_landmark_has_its_namesake_on_the_other_side() -> None:
    mirror = canonical_face().mirror
    for name, places in LANDMARKS.items():
        if name.endswith(" left"):
            other = LANDMARKS[name.replace(" left", " right")]
            assert [int(mirror[each]) for each in places] == list(other), name
        elif not name.endswith(" right"):
            assert [int(mirror[each]) for each in places] == list(places), name


def test_landmarks_of_the_canonical_face_lie_in_anatomys_order() -> None:
    points = canonical_face().points_mm * [1.0, -1.0, -1.0]
    found = landmarks_px(FaceMesh(points_px=points, score=1.0))
    down = ["glabella", "sellion", "pronasale", "subnasale", "labiale superius", "stomion"]
    down += ["labiale inferius", "sublabiale", "pogonion", "menton"]
    assert sorted(down, key=lambda name: found[name][1]) == down
    assert found["exocanthion right"][0] < found["endocanthion right"][0] < 0
