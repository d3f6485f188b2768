"""How quickly a face is found, and how far its landmarks lie from where they are.

Rules kept here:

1. Errors are against the simulated station's truth, across the line of sight, in millimetres at
   the landmark's own distance; only landmarks that the camera sees count.
2. Every skin tone class wears the same faces, so that classes differ by tone alone. The faces are
   none that anything was developed on.
3. Scatter is how far a landmark moves on one head between poses, apart from what the class's own
   mean offset is: what regions and a registration feel.
4. Times are processor time of the one thread that works, on whole pictures, the median of many
   turns: other work on the machine is not counted.
5. Heads are rendered at half the station's size: the mesh sees 192 picture elements across a face
   whatever the picture has.
"""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.face_landmarks import landmarks_px
from adapters.imaging.face_mesh import find_face_mesh
from adapters.imaging.pixels import EncodedRgb
from device.simulation.identity import TypologyClass
from device.simulation.rig import DEMO, FULL, Camera
from device.simulation.scene import HeadPose, Scene, Subject
from device.simulation.station import CaptureSettings, SimulatedCapture, capture, true_rig
from validation.benchmarks.imaging_row import Extent, Row

FACES: Final = (9001, 9002)
POSES: Final = (
    HeadPose(),
    HeadPose(yaw_deg=8.0),
    HeadPose(yaw_deg=-8.0),
    HeadPose(pitch_deg=6.0, roll_deg=4.0),
    HeadPose(pitch_deg=-6.0, roll_deg=-4.0),
)
QUICK_TONES: Final = (TypologyClass.LIGHT, TypologyClass.DARK)
FIRM_MS: Final = 20.0
GOAL_MS: Final = 11.0
_TURNS: Final = 30


def rows(extent: Extent) -> Sequence[Row]:
    """Measure everything."""
    errors: dict[TypologyClass, list[float]] = {}
    scatter: list[float] = []
    pictures: list[EncodedRgb] = []
    tones = QUICK_TONES if extent.quick else tuple(TypologyClass)
    faces = FACES[:1] if extent.quick else FACES
    for face in faces:
        for tone in tones:
            extent.progress(f"landmarks of face {face}, {tone.value} skin")
            taken = _capture(face, tone, HeadPose(), extent.cache)
            errors.setdefault(tone, []).extend(_lengths(_offsets_mm(taken).values()))
            pictures = [EncodedRgb(taken.left.image)]
        extent.progress(f"landmarks of face {face} in {len(POSES)} poses")
        moved = [
            _offsets_mm(_capture(face, TypologyClass.LIGHT, pose, extent.cache)) for pose in POSES
        ]
        scatter += _scatter_mm(moved)
    by_class = {tone: median(each) for tone, each in errors.items()}
    return (
        *_time_rows(pictures[0]),
        *(
            Row(
                metric=f"landmarks, median error, {tone.value} skin",
                measured=error,
                unit="mm",
                remark=f"{len(errors[tone])} landmarks of {len(faces)} faces, offsets of "
                "definition included",
            )
            for tone, error in by_class.items()
        ),
        Row(
            metric="landmarks, worst class against the best",
            measured=max(by_class.values()) / min(by_class.values()),
            unit="1",
            firm=1.5,
            remark="of the median errors",
        ),
        Row(
            metric="landmarks, median scatter over five poses",
            measured=median(scatter),
            unit="mm",
            goal=0.65,
            remark="from each landmark's own mean place on the head",
        ),
    )


def _capture(
    face: int, tone: TypologyClass, pose: HeadPose, cache: Path | None
) -> SimulatedCapture:
    scene = Scene(subject=Subject(identity_seed=face, typology=tone), pose=pose)
    return capture(scene, CaptureSettings(resolution=DEMO), seed=face, cache=cache)


def _offsets_mm(taken: SimulatedCapture) -> dict[str, NDArray[np.float64]]:
    """Return how far each visible landmark is found from its place: column and row, millimetres.

    Raises:
        ValueError: no face was found.
    """
    mesh = find_face_mesh(EncodedRgb(taken.left.image))
    if mesh is None:
        raise ValueError("no face was found on a generated head")
    camera = _camera()
    found = landmarks_px(mesh)
    offsets = {}
    for name, truth in taken.truth.landmarks.items():
        if name in found and truth.visible_left:
            depth_mm = float(camera.to_camera(np.array(truth.rig_mm))[2])
            offsets[name] = (found[name] - np.array(truth.left_px)) * depth_mm / camera.focal_px
    return offsets


def _camera() -> Camera:
    return true_rig(Scene(), DEMO).left


def _lengths(offsets: Iterable[NDArray[np.float64]]) -> list[float]:
    return [float(np.hypot(*each)) for each in offsets]


def _scatter_mm(poses: Sequence[dict[str, NDArray[np.float64]]]) -> list[float]:
    """Return how far each landmark lies from its own mean offset, pose by pose."""
    lengths = []
    for name in set.intersection(*(set(each) for each in poses)):
        places = np.array([each[name] for each in poses])
        lengths += _lengths(places - places.mean(axis=0))
    return lengths


def _time_rows(picture: EncodedRgb) -> Sequence[Row]:
    large = cv2.resize(picture, (FULL.columns, FULL.rows), interpolation=cv2.INTER_CUBIC)
    return tuple(
        Row(
            metric=f"landmarks, {size} MP picture",
            measured=_median_ms(EncodedRgb(np.asarray(image, dtype=np.uint8))),
            unit="ms",
            firm=FIRM_MS,
            goal=GOAL_MS,
            remark="processor time of one thread; the second fit of the mesh takes 4 ms of it and "
            "halves the scatter, averaging 12 MP takes another 4",
        )
        for size, image in ((3, picture), (12, large))
    )


def _median_ms(picture: EncodedRgb) -> float:
    find_face_mesh(picture)
    taken = []
    for _ in range(_TURNS):
        began = time.thread_time()
        find_face_mesh(picture)
        taken.append((time.thread_time() - began) * 1e3)
    return median(taken)
