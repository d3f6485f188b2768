"""Strands of hair that hang over forehead and cheek, drawn over the view as fine curves.

Rules kept here:

1. Strands are curves in space before the skin, so both cameras see them where they are; they are
   too thin for the depth map, whose truth stays that of the skin behind.
2. ``strand_cover`` says which pixels they hide.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.atlas import front_atlas
from device.simulation.head import HeadSurface
from device.simulation.head_form import HeadForm
from device.simulation.rig import Camera

_WIDTH_MM: Final = 0.14
_POINTS: Final = 22
_SUBPIXEL_BITS: Final = 4
_HAIRS: Final = 150
_FULL_LOCKS: Final = 7


def strand_curves(surface: HeadSurface, amount: float) -> NDArray[np.float64]:
    """Return every hair: (hairs, points, 3) float64, head frame, roots first."""
    form = HeadForm(surface.identity)
    rng = np.random.default_rng(np.random.SeedSequence([surface.identity.seed, 0x57A]))
    atlas = front_atlas(surface.rest)
    down = np.linspace(0.0, 1.0, _POINTS)
    curves = []
    for number in range(max(1, round(_FULL_LOCKS * amount))):
        # Three locks over the forehead for every one beside the cheek.
        aside = number % 4 == 3  # noqa: PLR2004
        side = float(rng.choice([-1.0, 1.0]))
        root = side * 57.0 if aside else float(rng.uniform(-34.0, 34.0))
        fall = float(rng.uniform(88.0, 112.0)) if aside else float(rng.uniform(46.0, 74.0))
        sweep = -side * float(rng.uniform(4.0, 14.0)) if aside else float(rng.uniform(-20.0, 20.0))
        top = form.hairline_y - (30.0 if aside else -7.0)
        for _ in range(_HAIRS):
            wide = float(rng.normal(0.0, 3.6))
            reach = fall * float(rng.uniform(0.75, 1.0))
            x = root + wide * (1.0 + 0.5 * down) + (sweep + rng.normal(0, 2.0)) * down**1.6
            y = top + float(rng.normal(0.0, 2.5)) - reach * down
            skin = [atlas.skin_at(float(a), float(b)) for a, b in zip(x, y, strict=True)]
            z = np.array([np.nan if place is None else place[2] for place in skin])
            known = np.isfinite(z)
            if known.sum() < _POINTS // 2:
                continue
            z = np.interp(down, down[known], z[known])
            # Hair bridges hollows such as the orbit.
            z = np.maximum(z, np.convolve(np.pad(z, 4, mode="edge"), np.ones(9) / 9, "valid"))
            lift = 1.2 + 3.0 * np.sin(np.pi * down) + rng.uniform(0.0, 1.5)
            curves.append(np.stack([x, y, z + lift], axis=-1))
    return np.array(curves).reshape(-1, _POINTS, 3)


def strand_cover(
    curves: NDArray[np.float64],
    pose: NDArray[np.float64],
    camera: Camera,
    depth_mm: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Return how much of each pixel is hidden by hair: (rows, columns) uint8."""
    placed = curves @ pose[:3, :3].T + pose[:3, 3]
    pixels = camera.project(placed)
    width = camera.focal_px * _WIDTH_MM / float(pose[2, 3])
    drawing = np.zeros(depth_mm.shape, np.uint8)
    ink = int(np.clip(round(255.0 * min(width, 1.0)), 30, 240))
    for line in pixels:
        fixed = np.round(line * (1 << _SUBPIXEL_BITS)).astype(np.int32).reshape(-1, 1, 2)
        low = np.maximum(np.floor(line.min(axis=0)).astype(int) - 2, 0)
        high = np.ceil(line.max(axis=0)).astype(int) + 3
        window = drawing[low[1] : high[1], low[0] : high[0]]
        if not window.size:
            continue
        stroke = np.zeros_like(window)
        shifted = fixed - (low * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.polylines(
            stroke,
            [shifted],
            isClosed=False,
            color=(float(ink),),
            thickness=max(1, round(width)),
            lineType=cv2.LINE_AA,
            shift=_SUBPIXEL_BITS,
        )
        # Hairs thinner than a pixel add up.
        window += ((255 - window).astype(np.uint16) * stroke // 255).astype(np.uint8)
    return drawing
