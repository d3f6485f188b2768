"""How fast the simulated station renders: its preview, and pairs anew and from the folder.

Rules kept here:

1. What is timed is what a simulated station calls. The preview is timed twice: a face that moves is
   rendered for every frame, one that is held still only gets new noise.
2. Pairs are rendered into a folder of their own, empty at the start: nothing that another part or
   another run kept makes a figure look better.
3. The bounds are for waiting people and test runs, not for a patient: no measurement depends on
   how fast its picture was rendered.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from device.simulation.assets import head_asset
from device.simulation.rig import PREVIEW
from device.simulation.scene import HeadPose, Scene, Subject
from device.simulation.station import CaptureSettings, capture, forget_views, preview
from validation.benchmarks.imaging_row import Extent, Row

IDENTITY: Final = 7601
_FRAMES: Final = 6
_REPEATS: Final = 3
_SWAY_DEG: Final = 0.4


def rows(extent: Extent) -> Iterable[Row]:
    """Yield the speed of rendering."""
    subject = Subject(identity_seed=IDENTITY)
    with TemporaryDirectory() as made:
        folder = Path(made)
        extent.progress("rendering: a head")
        head_s = _seconds(
            lambda: head_asset(subject.identity(), subject.typology, subject.change, folder)
        )
        yield Row(
            metric="a head made anew",
            firm=60.0,
            goal=20.0,
            measured=head_s,
            unit="s",
            remark="once per person, session and painted appearance; not part of the times below",
        )
        extent.progress("rendering: previews")
        yield from _previews(subject, folder)
        extent.progress("rendering: a pair")
        yield from _pair(Scene(subject=subject), extent, folder)


def _previews(subject: Subject, folder: Path) -> Iterable[Row]:
    settings = CaptureSettings(resolution=PREVIEW)
    moving = [
        Scene(subject=subject, pose=HeadPose(yaw_deg=_SWAY_DEG * number))
        for number in range(_FRAMES + 1)
    ]
    size = f"{PREVIEW.columns} x {PREVIEW.rows} pixels, left camera"
    for what, scenes, remark in (
        ("that moves", moving, f"{size}; its view is rendered for every frame, on one core"),
        ("held still", [moving[0]] * len(moving), f"{size}; its view is in memory, noise is new"),
    ):
        forget_views()
        preview(scenes[0], settings, 0, folder)  # not counted: what is made once
        started = time.perf_counter()
        for seed, scene in enumerate(scenes[1:], start=1):
            preview(scene, settings, seed, folder)
        yield Row(
            metric=f"preview frames per second, a face {what}",
            firm=3.0,
            goal=10.0,
            measured=_FRAMES / (time.perf_counter() - started),
            unit="1/s",
            remark=remark,
            least=True,
        )


def _pair(scene: Scene, extent: Extent, folder: Path) -> Iterable[Row]:
    settings = CaptureSettings(resolution=extent.resolution)
    size = f"{extent.resolution.columns} x {extent.resolution.rows} pixels, both cameras"

    def anew() -> None:
        capture(scene, settings, 1, folder)

    def from_folder() -> None:
        forget_views()
        capture(scene, settings, 1, folder)

    forget_views()
    anew_s = _seconds(anew)
    kept_s = min(_seconds(from_folder) for _ in range(1 if extent.quick else _REPEATS))
    yield Row(
        metric="a pair rendered anew",
        firm=120.0,
        goal=30.0,
        measured=anew_s,
        unit="s",
        remark=f"{size}, with truth and noise; once: a second time it would come from the folder",
    )
    yield Row(
        metric="a pair from the folder",
        firm=30.0,
        goal=10.0,
        measured=kept_s,
        unit="s",
        remark=f"{size}; views are read, lens, sensor and truth are worked out anew",
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
