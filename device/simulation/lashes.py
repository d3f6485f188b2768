"""Eyelashes, drawn over the rendered view as fine curves.

Rules kept here:

1. Lashes are too thin for the depth map: they darken pixels and leave the ground-truth geometry
   alone.
2. A lash is drawn only where its root is seen.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.head_form import EYE_DEPTH_MM, HeadForm
from device.simulation.rig import Camera

_WIDTH_MM: Final = 0.11
_POINTS: Final = 7
_SUBPIXEL_BITS: Final = 4


def lash_curves(form: HeadForm) -> NDArray[np.float64]:
    """Return every lash: (lashes, points, 3) float64, head frame, roots first."""
    rng = np.random.default_rng(np.random.SeedSequence([form.identity.seed, 0x1A5]))
    t = np.linspace(0.0, 1.0, _POINTS)
    curves = []
    for mirror in (-1.0, 1.0):
        for upper, count in ((True, 95), (False, 52)):
            for along in np.sort(rng.uniform(0.05, 0.985, count)):
                out = along * 29.5 - 15.0
                cut = form.fissure(np.array([out], np.float32))
                y = float(cut.upper[0]) + 0.15 if upper else float(cut.lower[0]) - 0.3
                round_ = 1.0 - (out / 14.9) ** 2 - (y / 13.6) ** 2
                z = EYE_DEPTH_MM + 13.5 * np.sqrt(max(round_, 0.02))
                middle = 1.0 - abs(2.0 * along - 1.05) ** 2.0
                reach = (2.6 + 3.4 * max(middle, 0.0)) * rng.uniform(0.7, 1.15)
                reach *= 1.0 if upper else 0.5
                aside = (out / 15.0) * 0.75 + rng.normal(0.0, 0.16)
                lift = 0.66 + rng.normal(0.0, 0.07) if upper else -0.55 + rng.normal(0.0, 0.08)
                curl = t * t * lift - (0.10 * t if upper else 0.0)
                x_out = out + reach * aside * t
                curve = np.stack(
                    [mirror * (form.eye_x + x_out), y + reach * curl, z + reach * 0.75 * t], axis=-1
                )
                curves.append(curve)
    return np.array(curves)


def draw_lashes(
    radiance: NDArray[np.float32],
    depth_mm: NDArray[np.float32],
    *,
    form: HeadForm,
    pose: NDArray[np.float64],
    camera: Camera,
    tone: NDArray[np.float32],
) -> None:
    """Draw lashes over a view, in place; ``tone`` is their radiance, (3,) linear RGB."""
    curves = lash_curves(form) @ pose[:3, :3].T + pose[:3, 3]
    depth = camera.to_camera(curves[:, 0])[:, 2]
    pixels = camera.project(curves)
    width = camera.focal_px * _WIDTH_MM / float(np.mean(depth))
    rows, columns = depth_mm.shape
    drawing = np.zeros((rows, columns), np.uint8)
    ink = int(np.clip(round(235.0 * min(width, 1.0)), 40, 235))
    for line, root_depth in zip(pixels, depth, strict=True):
        column, row = round(float(line[0, 0])), round(float(line[0, 1]))
        if not (0 <= column < columns and 0 <= row < rows):
            continue
        shown = depth_mm[row, column]
        if not np.isfinite(shown) or shown < root_depth - 4.0:
            continue
        fixed = np.round(line * (1 << _SUBPIXEL_BITS)).astype(np.int32).reshape(-1, 1, 2)
        thickness = max(1, round(width))
        cv2.polylines(
            drawing,
            [fixed],
            isClosed=False,
            color=(float(ink),),
            thickness=thickness,
            lineType=cv2.LINE_AA,
            shift=_SUBPIXEL_BITS,
        )
    drawing = np.maximum(drawing, _lid_line(drawing.shape, depth_mm, form, pose, camera))
    touched = np.argwhere(drawing)
    if not touched.size:
        return
    (r0, c0), (r1, c1) = touched.min(axis=0), touched.max(axis=0) + 1
    alpha = drawing[r0:r1, c0:c1, None].astype(np.float32) / np.float32(255.0)
    window = radiance[r0:r1, c0:c1]
    window += (tone - window) * alpha


def _lid_line(
    size: tuple[int, ...],
    depth_mm: NDArray[np.float32],
    form: HeadForm,
    pose: NDArray[np.float64],
    camera: Camera,
) -> NDArray[np.uint8]:
    """Draw the soft dark line along the upper lids from which lashes grow."""
    drawing = np.zeros(size, np.uint8)
    along = np.linspace(0.06, 0.97, 40)
    out = along * 29.5 - 15.0
    y = form.fissure(out.astype(np.float32)).upper.astype(np.float64) + 0.12
    z = EYE_DEPTH_MM + 13.3 * np.sqrt(np.maximum(1 - (out / 14.9) ** 2 - (y / 13.6) ** 2, 0.02))
    for mirror in (-1.0, 1.0):
        line = np.stack([mirror * (form.eye_x + out), y, z], axis=-1)
        line = line @ pose[:3, :3].T + pose[:3, 3]
        middle = np.round(camera.project(line[20])).astype(int)
        if not (0 <= middle[0] < size[1] and 0 <= middle[1] < size[0]):
            continue
        if depth_mm[middle[1], middle[0]] < camera.to_camera(line[20])[2] - 4.0:
            continue
        width = camera.focal_px * 0.5 / float(line[20, 2])
        fixed = np.round(camera.project(line) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.polylines(
            drawing,
            [fixed.reshape(-1, 1, 2)],
            isClosed=False,
            color=(130.0 * min(width, 1.0),),
            thickness=max(1, round(width)),
            lineType=cv2.LINE_AA,
            shift=_SUBPIXEL_BITS,
        )
    return drawing
