"""A script of sessions and takes, rendered to files with their truth.

Rules kept here:

1. Each take gives a pair of pictures as the shutter sees it: faults of the first look and of the
   shutter together.
2. Files are named by session and take, never by who; the truth beside them is complete JSON.
3. The same script gives the same bytes.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from device.script import Script
from device.simulation.loaded_head import LoadedHead
from device.simulation.rig import DEMO, FULL, PREVIEW
from device.simulation.scene import Scene
from device.simulation.sequence import write_capture
from device.simulation.station import CaptureSettings, capture

SIZES: Final = {"preview": PREVIEW, "demo": DEMO, "full": FULL}


def scenes_of(script: Script, head: LoadedHead | None = None) -> Iterator[tuple[str, Scene]]:
    """Yield every take's name and scene; a loaded head takes the place of the subjects."""
    for number, session in enumerate(script.sessions):
        for count, take in enumerate(session.takes):
            scene = Scene(
                subject=session.subject,
                pose=take.pose,
                distance_mm=take.distance_mm,
                faults=take.faults + take.at_shutter,
            )
            if head is not None:
                scene = replace(scene, subject=None, loaded=head)
            yield f"session-{number}-take-{count}", scene


def render_script(
    script: Script,
    out: Path,
    *,
    size: str,
    head: LoadedHead | None = None,
    cache: Path | None = None,
) -> Iterator[Path]:
    """Render every take; yield the path of each truth file once it is written.

    Args:
        script: Sessions and takes.
        out: Folder for ``NAME-left.png``, ``NAME-right.png``, ``NAME.npz`` and ``NAME.json``.
        size: A word of ``SIZES``.
        head: A head from a file, instead of the script's subjects.
        cache: Folder where heads and views are kept.
    """
    settings = CaptureSettings(resolution=SIZES[size])
    for number, (name, scene) in enumerate(scenes_of(script, head), 1):
        taken = capture(scene, settings, seed=script.noise_seed + number, cache=cache)
        write_capture(out, name, taken)
        yield out / f"{name}.json"
