"""Everything on the stand besides the skin grid: ears, eyeballs and the drape, each a grid.

Rules kept here:

1. A part is a rectangular grid of points; its triangles are the cells, each cut once, and face
   outwards when columns run to the right and rows run down as seen from outside.
2. Parts overlap and are never welded; the depth buffer decides which is seen.
3. Head parts lie in the head frame, millimetres.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import cv2
import numpy as np

from device.simulation.head import HeadSurface, surface_normals
from device.simulation.head_form import EYE_DEPTH_MM, HeadForm
from device.simulation.shapes import Field, Grid, bell, ramp

IRIS_RADIUS_MM: Final = 5.9
PUPIL_RADIUS_MM: Final = 1.75
EYE_RADIUS_MM: Final = 12.0


class PartId(IntEnum):
    """What a pixel shows."""

    NOTHING = 0
    SKIN = 1
    EAR_LEFT = 2
    EAR_RIGHT = 3
    EYE_LEFT = 4
    EYE_RIGHT = 5
    DRAPE = 6
    CARD = 7
    GLASSES = 8
    HAND = 9
    PRINT = 10
    HEAD = 11


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One gridded surface.

    Attributes:
        points: (rows, columns, 3) float32, millimetres.
        normals: (rows, columns, 3) float32, unit vectors outwards.
        shade: (rows, columns) float32, 0..1, how dark crevices of the part itself are.
    """

    part: PartId
    points: Grid
    normals: Grid
    shade: Field


def _unshaded(points: Grid) -> Field:
    return np.ones(points.shape[:2], np.float32)


# Outline of a left ear seen from its side: angle in degrees from straight back, upwards positive,
# and distance in millimetres from the middle of the bowl.  Source: Farkas 1994 (62 by 35 mm).
_EAR_ANGLE: Final = [0, 30, 60, 80, 100, 120, 145, 170, 200, 225, 245, 262, 280, 305, 330, 360]
_EAR_REACH: Final = [21, 26, 32, 34, 33, 29, 20, 11, 11, 19, 26, 29, 27.5, 21, 19.5, 21]


def _ear_relief(angle_deg: Field, rho: Field) -> Field:
    """Return how far the ear's outer face stands out, by angle and share of the outline."""
    rim = ramp(-40, -10, angle_deg) * ramp(200, 150, angle_deg)
    lobe = bell(np.abs(angle_deg + 95.0), 38.0)
    inner_rim = ramp(-70, -35, angle_deg) * ramp(135, 95, angle_deg)
    relief = 3.6 * rim * bell(rho - 0.92, 0.075) + 1.2 * bell(rho - 0.9, 0.15)
    relief += 3.8 * inner_rim * bell(rho - 0.60, 0.105)
    relief -= 7.5 * ramp(0.52, 0.22, rho) * (1.0 - 0.8 * lobe)
    relief -= 1.6 * rim * bell(rho - 0.76, 0.07)
    relief += 4.5 * bell(np.abs(np.abs(angle_deg) - 180.0), 24.0) * bell(rho - 0.75, 0.24)
    return np.asarray(relief + 1.8 * lobe * bell(rho - 0.7, 0.3), dtype=np.float32)


def build_ear(surface: HeadSurface, part: PartId) -> Part:
    """Shape an ear and fasten it to the side of the head."""
    mirror = 1.0 if part is PartId.EAR_LEFT else -1.0
    rho = np.concatenate([np.linspace(0, 1, 46), np.linspace(0.985, 0.5, 12)]).astype(np.float32)
    angle = np.linspace(-180, 180, 145, dtype=np.float32)
    fine = np.linspace(0, 360, 721)
    outline = np.interp(fine, _EAR_ANGLE, _EAR_REACH)
    kernel = np.hanning(61)
    outline = np.convolve(np.pad(outline[:-1], 360, mode="wrap"), kernel / kernel.sum(), "same")
    reach = np.interp(np.mod(angle, 360.0), fine[:-1], outline[360:-360]).astype(np.float32)
    a, r = np.meshgrid(angle, rho)
    radius = 0.94 * r * reach[None, :]
    back = radius * np.cos(np.radians(a))
    up = radius * np.sin(np.radians(a))
    out = _ear_relief(a, r)
    behind = np.arange(rho.size)[:, None] >= 46  # noqa: PLR2004 - rows on the hidden face
    out = np.where(behind, 0.8 - 3.2 * np.sqrt(np.clip((1 - r) / 0.15, 0, 1)), out)
    out += 0.004 * (back - 4.0) ** 2

    flare, tilt = np.radians(25.0), np.radians(-12.0)
    tilted_back = back * np.cos(tilt) + up * np.sin(tilt) * -1.0
    tilted_up = up * np.cos(tilt) + back * np.sin(tilt)
    side = surface.points[..., 0] * mirror
    fit = (surface.points[..., 1] + 16) ** 2 + (surface.points[..., 2] + 90) ** 2
    anchor = float(side.ravel()[int(np.argmin(np.where(side > 0, fit, 1e9)))])
    x = anchor + 1.5 + (tilted_back + 6.0) * np.sin(flare) + out * np.cos(flare)
    z = -98.0 - tilted_back * np.cos(flare) + out * np.sin(flare)
    points = np.stack([mirror * x, tilted_up - 16.0, z], axis=-1).astype(np.float32)
    normals = surface_normals(points) * np.float32(mirror)
    around = cv2.GaussianBlur(points, (0, 0), 5.0, borderType=cv2.BORDER_REPLICATE)
    below = np.einsum("ijk,ijk->ij", around - points, normals)
    # The bowl lies deeper than the blur can tell; so does the gap behind the ear.
    shade = np.exp(-0.30 * np.clip(below, 0.0, 6.0)) * (0.35 + 0.65 * ramp(0.05, 0.62, r))
    shade = np.where(behind, 0.45, shade)
    return Part(part=part, points=points, normals=normals, shade=shade.astype(np.float32))


def build_eye(form: HeadForm, part: PartId) -> Part:
    """Shape an eyeball with its cornea, looking at the middle of the rig at working distance."""
    mirror = 1.0 if part is PartId.EYE_LEFT else -1.0
    away = np.concatenate([np.linspace(0, 34, 52), np.linspace(36, 84, 25)]).astype(np.float32)
    angle = np.linspace(0, 360, 97, dtype=np.float32)
    a, b = np.meshgrid(np.radians(angle), np.radians(away))
    lateral = EYE_RADIUS_MM * np.sin(b)
    forward = EYE_RADIUS_MM * np.cos(b)
    # The cornea is a steeper sphere that meets the white of the eye with a soft edge.
    forward += 1.0 * np.clip(1.0 - (lateral / (IRIS_RADIUS_MM + 0.5)) ** 2, 0.0, 1.0) ** 1.2
    across, up = lateral * np.cos(a), lateral * np.sin(a)
    gaze = -mirror * np.arctan2(form.eye_x, 450.0)
    x = across * np.cos(gaze) + forward * np.sin(gaze)
    z = forward * np.cos(gaze) - across * np.sin(gaze)
    # Beside the iris the ball is drawn out sideways, so that it fills the corners of the lids.
    x += np.sign(x) * 0.45 * np.maximum(np.abs(x) - IRIS_RADIUS_MM, 0.0)
    points = np.stack([mirror * form.eye_x + x, up, EYE_DEPTH_MM + z], axis=-1)
    points = points.astype(np.float32)
    normals = surface_normals(points)
    normals[0] = np.array([np.sin(gaze), 0.0, np.cos(gaze)], np.float32)
    return Part(part=part, points=points, normals=normals, shade=_unshaded(points))


def build_drape() -> Part:
    """Shape the cloth laid round the neck and over the shoulders."""
    down = np.linspace(0, 1, 60, dtype=np.float32)
    angle = np.linspace(-180, 180, 241, dtype=np.float32)
    a, d = np.meshgrid(np.radians(angle), down)
    width = np.interp(down, [0, 0.06, 0.12, 0.4, 1.0], [60, 64, 70, 150, 215])[:, None]
    depth = np.interp(down, [0, 0.06, 0.12, 0.4, 1.0], [62, 66, 72, 92, 120])[:, None]
    height = np.interp(down, [0, 0.06, 0.12, 0.4, 1.0], [-154, -152, -157, -182, -300])[:, None]
    folds = 1.0 + 0.012 * np.sin(11 * a + 3 * d) * ramp(0.05, 0.4, d)
    x = width * np.sin(a) * folds
    z = -116.0 + depth * np.cos(a) * folds
    y = height - 14.0 * np.cos(a) * ramp(0.35, 0.0, d) + 0 * a
    points = np.stack([x, y, z], axis=-1).astype(np.float32)
    shade = np.broadcast_to(ramp(0.0, 0.16, d), a.shape).astype(np.float32)
    return Part(part=PartId.DRAPE, points=points, normals=surface_normals(points), shade=shade)


def build_parts(surface: HeadSurface) -> tuple[Part, ...]:
    """Return every part that moves with the head, the skin first."""
    form = HeadForm(surface.identity)
    return (
        Part(
            part=PartId.SKIN,
            points=surface.points,
            normals=surface.normals,
            shade=_unshaded(surface.points),
        ),
        build_ear(surface, PartId.EAR_LEFT),
        build_ear(surface, PartId.EAR_RIGHT),
        build_eye(form, PartId.EYE_LEFT),
        build_eye(form, PartId.EYE_RIGHT),
        build_drape(),
    )
