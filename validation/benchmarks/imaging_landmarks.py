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
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from adapters.imaging.face_landmarks import landmarks_px
from adapters.imaging.face_mesh import find_face_mesh
from adapters.imaging.pixels import EncodedRgb
from device.simulation.identity import TypologyClass
from device.simulation.rig import DEMO, FULL, Camera
from device.simulation.scene import HeadPose, Scene, Subject
from device.simulation.station import CaptureSettings, SimulatedCapture, capture, true_rig

FACES: Final = (9001, 9002)
POSES: Final = (
    HeadPose(),
    HeadPose(yaw_deg=8.0),
    HeadPose(yaw_deg=-8.0),
    HeadPose(pitch_deg=6.0, roll_deg=4.0),
    HeadPose(pitch_deg=-6.0, roll_deg=-4.0),
)
FIRM_MS: Final = 20.0
GOAL_MS: Final = 11.0
_TURNS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        value: The figure.
        unit: Its unit.
        firm: At most this must hold; None without a limit.
        goal: At most this is aimed at; None without one.
        note: What the reader must know of it.
    """

    what: str
    value: float
    unit: str
    firm: float | None = None
    goal: float | None = None
    note: str = ""


def rows(
    cache: Path | None = None, *, progress: Callable[[str], None] = lambda _: None
) -> Sequence[Row]:
    """Measure everything.

    Args:
        cache: Folder for heads that are dear to make.
        progress: Told what is being done.
    """
    errors: dict[TypologyClass, list[float]] = {}
    scatter: list[float] = []
    sample: SimulatedCapture | None = None
    for face in FACES:
        for tone in TypologyClass:
            progress(f"face {face}, {tone.value}")
            taken = _capture(face, tone, HeadPose(), cache)
            errors.setdefault(tone, []).extend(_lengths(_offsets_mm(taken).values()))
            sample = taken
        progress(f"face {face}, {len(POSES)} poses")
        moved = [_offsets_mm(_capture(face, TypologyClass.LIGHT, pose, cache)) for pose in POSES]
        scatter += _scatter_mm(moved)
    if sample is None:
        raise ValueError("no face was rendered")
    by_class = {tone: median(each) for tone, each in errors.items()}
    return (
        *_time_rows(EncodedRgb(sample.left.image)),
        *(
            Row(
                what=f"landmarks, median error, {tone.value} skin",
                value=error,
                unit="mm",
                note=f"{len(errors[tone])} landmarks of {len(FACES)} faces; offsets by definition",
            )
            for tone, error in by_class.items()
        ),
        Row(
            what="landmarks, worst class against the best",
            value=max(by_class.values()) / min(by_class.values()),
            unit="1",
            firm=1.5,
            note="median errors",
        ),
        Row(
            what="landmarks, median scatter over five poses",
            value=median(scatter),
            unit="mm",
            goal=0.65,
            note="from each landmark's own mean place on the head",
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
            what=f"landmarks, {size} MP picture",
            value=_median_ms(EncodedRgb(np.asarray(image, dtype=np.uint8))),
            unit="ms",
            firm=FIRM_MS,
            goal=GOAL_MS,
            note="one thread; the mesh is fitted twice",
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


def table(measured: Sequence[Row]) -> Table:
    """Return the rows as a table for a terminal."""
    shown = Table(title="Landmarks against the simulated station's truth")
    for heading in ("what", "measured", "unit", "firm", "goal", "note"):
        shown.add_column(heading)
    for row in measured:
        limits = ["" if each is None else f"≤ {each:g}" for each in (row.firm, row.goal)]
        shown.add_row(row.what, f"{row.value:.2f}", row.unit, *limits, row.note)
    return shown


def main() -> None:
    """Measure and print."""
    console = Console()
    console.print(table(rows(progress=lambda text: console.print(text, style="dim"))))


if __name__ == "__main__":
    main()
