"""Renders example scenes to a folder: ``python -m device.simulation FOLDER``."""

import argparse
from dataclasses import replace
from pathlib import Path

from device.simulation.faults import Fault, FaultState
from device.simulation.identity import SessionChange, TypologyClass
from device.simulation.rig import DEMO, FULL, PREVIEW
from device.simulation.scene import BoardPose, Scene, Subject
from device.simulation.sequence import render_sequence
from device.simulation.station import CaptureSettings


def example_scenes(identity_seed: int) -> list[tuple[str, Scene]]:
    """Return one scene per skin class, a second session, the board and every fault."""
    subject = Subject(identity_seed=identity_seed)
    scenes = [
        (
            f"typology-{typology.value.replace(' ', '-')}",
            Scene(subject=replace(subject, typology=typology)),
        )
        for typology in TypologyClass
    ]
    change = SessionChange(cheek_volume_cm3=1.0, spots_faded=0.7, redness_faded=0.5)
    scenes.append(("second-session", Scene(subject=replace(subject, change=change))))
    scenes.append(("board", Scene(board=BoardPose(yaw_deg=12.0, pitch_deg=-8.0))))
    for fault in Fault:
        state = FaultState(fault=fault)
        scene = Scene(subject=subject, faults=(state,))
        scenes.append((f"fault-{fault.value.replace(' ', '-')}", scene))
    return scenes


def main() -> None:
    """Render the examples that were asked for."""
    sizes = {"preview": PREVIEW, "demo": DEMO, "full": FULL}
    parser = argparse.ArgumentParser(prog="python -m device.simulation", description=__doc__)
    parser.add_argument("folder", type=Path, help="where pictures and truth are written")
    parser.add_argument("--size", choices=sorted(sizes), default="preview")
    parser.add_argument("--identity", type=int, default=3, help="seed of the person")
    parser.add_argument("--only", default="", help="render scenes whose name contains this")
    parser.add_argument("--cache", type=Path, default=None, help="folder for kept heads and views")
    asked = parser.parse_args()
    scenes = [(n, s) for n, s in example_scenes(asked.identity) if asked.only in n]
    settings = CaptureSettings(resolution=sizes[asked.size])
    render_sequence(asked.folder, scenes, settings, cache=asked.cache)


if __name__ == "__main__":
    main()
