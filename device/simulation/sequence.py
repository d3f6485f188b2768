"""Captures written to a folder, to be looked at or fed to a measuring chain.

Rules kept here:

1. Pictures are 8-bit sRGB PNG; depth is float32 in an ``npz``; truth is plain JSON.
2. File names say what was simulated, never who: subjects are seeds.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.scene import HeadPose, Scene
from device.simulation.skin_record import SkinRecord
from device.simulation.station import CaptureSettings, SimulatedCapture, capture
from device.simulation.truth import Truth

Plain = dict[str, object]


def png(image: NDArray[np.uint8]) -> bytes:
    """Return (rows, columns, 3) RGB uint8 as PNG bytes; the same picture gives the same bytes."""
    done, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    if not done:
        raise AssertionError("a uint8 RGB picture can always be written as PNG")
    return data.tobytes()


def truth_as_plain(truth: Truth) -> Plain:
    """Return the truth as values that JSON can hold; lengths in millimetres, places in pixels."""
    left_to_right = truth.rig.right_from_left()
    plain: Plain = {
        "distance_mm": truth.distance_mm,
        "yaw_deg": truth.yaw_deg,
        "pitch_deg": truth.pitch_deg,
        "roll_deg": truth.roll_deg,
        "cheek_volume_cm3": truth.cheek_volume_cm3,
        "volumes_cm3": {place.value: volume for place, volume in truth.volumes_cm3.items()},
        "looks": asdict(truth.looks) if truth.looks is not None else None,
        "loaded_head": None
        if truth.loaded is None
        else {"digest": truth.loaded.digest, "unit": truth.loaded.unit},
        "skin": SkinRecord(spots=truth.spots, patches=truth.patches, lines=truth.lines).as_plain(),
        "faults": [fault.value for fault in truth.faults],
        "light_white": truth.light_white.tolist(),
        "head_to_rig": truth.head_pose.tolist() if truth.head_pose is not None else None,
        "landmarks": {
            name: {"left_px": mark.left_px, "right_px": mark.right_px, "rig_mm": mark.rig_mm}
            for name, mark in truth.landmarks.items()
        },
        "left_to_right": {
            "rotation": left_to_right[0].tolist(),
            "translation_mm": left_to_right[1].tolist(),
        },
    }
    for name, camera in (("left", truth.rig.left), ("right", truth.rig.right)):
        plain[f"{name}_camera"] = {
            "matrix": camera.matrix.tolist(),
            "distortion": list(camera.distortion),
            "columns": camera.resolution.columns,
            "rows": camera.resolution.rows,
        }
    if truth.card is not None:
        plain["card"] = {
            "state": truth.card.state.value,
            "corners_left_px": truth.card.corners_left_px.tolist(),
            "corners_right_px": truth.card.corners_right_px.tolist(),
            "points_left_px": truth.card.points_left_px.tolist(),
            "points_right_px": truth.card.points_right_px.tolist(),
        }
    return plain


def write_capture(folder: Path, name: str, taken: SimulatedCapture) -> None:
    """Write one capture as ``NAME-left.png``, ``NAME-right.png``, ``NAME.npz``, ``NAME.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-left.png").write_bytes(png(taken.left.image))
    (folder / f"{name}-right.png").write_bytes(png(taken.right.image))
    np.savez_compressed(
        folder / f"{name}.npz", depth_mm=taken.depth_mm, right_depth_mm=taken.right_depth_mm
    )
    text = json.dumps(truth_as_plain(taken.truth), indent=1, sort_keys=True)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def render_sequence(
    folder: Path,
    scenes: Sequence[tuple[str, Scene]],
    settings: CaptureSettings,
    seed: int = 0,
    cache: Path | None = None,
) -> None:
    """Capture named scenes one after the other and write each to ``folder``."""
    for number, (name, scene) in enumerate(scenes):
        write_capture(folder, name, capture(scene, settings, seed + number, cache))


def swayed(scene: Scene, elapsed_s: float) -> Scene:
    """Return the scene a moment later: a seated person breathes and is never quite still."""
    slow, quick = 2.0 * np.pi * elapsed_s / 4.1, 2.0 * np.pi * elapsed_s / 1.3
    pose = scene.pose
    moved = HeadPose(
        yaw_deg=pose.yaw_deg + 0.35 * float(np.sin(0.7 * slow)) + 0.05 * float(np.sin(quick)),
        pitch_deg=pose.pitch_deg + 0.30 * float(np.sin(slow)),
        roll_deg=pose.roll_deg + 0.15 * float(np.sin(0.53 * slow + 1.0)),
        right_mm=pose.right_mm + 0.5 * float(np.sin(0.61 * slow)),
        down_mm=pose.down_mm + 0.4 * float(np.sin(slow + 0.4)),
    )
    return replace(scene, pose=moved)
