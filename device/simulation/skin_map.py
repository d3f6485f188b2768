"""What the renderer paints on the skin grid, and the truth about it.

Rules kept here:

1. Maps are drawn from identity, typology class, appearance and session change alone.
2. Every mark, patch and line is a place on the skin with a size in millimetres, and part of the
   ground truth; ``labels`` says of every place of the skin what lies there.
3. Make-up covers colour, never truth: a mark under foundation is still there.
"""

from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.appearance import NATURAL, Appearance
from device.simulation.atlas import FACE_MM, PER_MM, Atlas, front_atlas
from device.simulation.chromophores import chromophores
from device.simulation.hair import (
    DRAWING_SCALE,
    beard_cover,
    brow_shadow,
    brow_strokes,
    hair_cover,
    hair_tone,
    strand_shade,
)
from device.simulation.head import COLUMNS, ROWS, HeadSurface
from device.simulation.head_form import HeadForm
from device.simulation.identity import SessionChange, TypologyClass
from device.simulation.makeup import cover, gloss_of, on_lips
from device.simulation.marks import (
    MarkKind,
    Patch,
    PatchKind,
    Spot,
    draw_patches,
    draw_spots,
    faded_spots,
    near_spot,
    patch_share,
)
from device.simulation.shapes import Field, Grid, bell, ramp
from device.simulation.skin_colour import paint
from device.simulation.texture import skin_distances
from device.simulation.wrinkles import Line, near_line

MAP_SCALE: Final = 2
"""Texels of the colour map per cell of the skin grid, each way."""

_BROW_SHADE: Final = 75
"""Brows are darker than the hair of the head: 128 would be alike."""


class Label(IntFlag):
    """What lies at a place of the skin; a place can hold several."""

    PIGMENT = 1
    PAPULE = 2
    OPEN_COMEDONE = 4
    CLOSED_COMEDONE = 8
    REDNESS = 16
    MELASMA = 32
    LINE = 64
    LIPS = 128


_LABEL_OF: Final = {
    MarkKind.FRECKLE: Label.PIGMENT,
    MarkKind.SUN_SPOT: Label.PIGMENT,
    MarkKind.MOLE: Label.PIGMENT,
    MarkKind.PAPULE: Label.PAPULE,
    MarkKind.OPEN_COMEDONE: Label.OPEN_COMEDONE,
    MarkKind.CLOSED_COMEDONE: Label.CLOSED_COMEDONE,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinMaps:
    """What the renderer paints on the skin grid.

    Attributes:
        albedo: (MAP_SCALE rows, MAP_SCALE columns, 3) float32, linear RGB of skin without hair.
        hair: (DRAWING_SCALE rows, DRAWING_SCALE columns) uint8, share of hair covering the skin.
        strands: The same size, uint8, light and dark of strands, 128 neutral.
        gloss: (rows, columns) float32, oiliness, 1 on plain skin.
        pore_depth: (rows, columns) float32, how marked pores are.
        distances: (rows, columns, 2) float32, millimetres along the skin, to sample tiles by.
        hair_rgb: (3,) float32, linear RGB.
        spots: Every mark drawn.
        patches: Every patch drawn, with its area.
        labels: (MAP_SCALE rows, MAP_SCALE columns) uint8, ``Label`` bits.
    """

    albedo: Grid
    hair: NDArray[np.uint8]
    strands: NDArray[np.uint8]
    gloss: Field
    pore_depth: Field
    distances: Grid
    hair_rgb: NDArray[np.float32]
    spots: tuple[Spot, ...]
    patches: tuple[Patch, ...]
    labels: NDArray[np.uint8]


def _hair_drawing(
    form: HeadForm, surface: HeadSurface, atlas: Atlas, beard: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw brows and cap: the share of hair covering the skin, and the shade of strands."""
    rows, columns = ROWS * DRAWING_SCALE, COLUMNS * DRAWING_SCALE
    left, _, _, high = FACE_MM
    drawing = np.zeros((rows, columns), np.uint8)
    for stroke in brow_strokes(form):
        w = ((stroke[:, 0] - left) * PER_MM).astype(int)
        h = ((high - stroke[:, 1]) * PER_MM).astype(int)
        line = atlas.places[h, w] * DRAWING_SCALE
        if line.min() < 0:
            continue
        fixed = np.round(line * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(drawing, [fixed], isClosed=False, color=235, lineType=cv2.LINE_AA, shift=4)
    x, y, z = (np.ascontiguousarray(surface.points[..., k]) for k in range(3))
    soft = 0.42 * brow_shadow(form, x, y) * ramp(-45.0, -30.0, z)
    soft = np.maximum(soft, 0.55 * beard * beard_cover(form, x, y, z))
    inside = hair_cover(form, x, y, z)
    wide = cv2.resize(np.stack([soft, inside], -1), (columns, rows), interpolation=cv2.INTER_LINEAR)
    shade = strand_shade(surface.identity, rows, columns)
    strands = shade.astype(np.float32) / 128.0 - 1.0
    cap = ramp(-0.06, 0.30, wide[..., 1] + 0.5 * strands)
    bristles = np.clip(wide[..., 0] * (1.0 + (2.2 * strands if beard else 0.0)), 0.0, 0.97)
    skin = (1.0 - drawing.astype(np.float32) / 255.0) * (1.0 - bristles) * (1.0 - cap)
    on_cap = wide[..., 1] > -0.3  # noqa: PLR2004 - brows lie farther from the hairline
    return (
        np.asarray(np.round(255.0 * (1.0 - skin)), dtype=np.uint8),
        np.where(on_cap, shade, np.uint8(_BROW_SHADE)),
    )


def draw_skin(
    surface: HeadSurface,
    rest: Grid,
    typology: TypologyClass,
    change: SessionChange,
    appearance: Appearance = NATURAL,
) -> SkinMaps:
    """Paint one head.

    Args:
        surface: The head as it is now.
        rest: Points of the unchanged head, so that marks stay at their places on the skin.
        typology: Class of the skin's colour.
        change: What faded since the first session.
        appearance: Condition and make-up.
    """
    identity = surface.identity
    form = HeadForm(identity)
    atlas = front_atlas(rest)
    size = (COLUMNS * MAP_SCALE, ROWS * MAP_SCALE)
    fine = np.asarray(cv2.resize(rest, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    marks = faded_spots(draw_spots(identity.seed, typology, atlas), change)
    spots = (*marks, *surface.lesions)
    patches = draw_patches(form, appearance.skin.resolved(identity), atlas)
    melanin, blood = chromophores(form, fine, typology, change, spots=spots, patches=patches)
    albedo = cover(form, fine, paint(melanin, blood), typology, appearance)
    labels, patches = _label(form, fine, spots, patches, surface.lines)
    x, y = rest[..., 0], rest[..., 1]
    zone = np.maximum(bell(x, 14.0) * ramp(-60, -40, y), ramp(15, 30, y) * bell(x, 40.0))
    lips = on_lips(form, rest)
    pores = 0.55 + 0.6 * bell(np.abs(x) - 20.0, 18.0) * bell(y + 28.0, 20.0) + 0.3 * zone
    pores *= (1.0 - 0.9 * lips) * (1.0 - 0.45 * appearance.foundation) * (1.0 - appearance.cream)
    hair, strands = _hair_drawing(form, replace(surface, points=rest), atlas, appearance.beard)
    return SkinMaps(
        albedo=albedo,
        hair=hair,
        strands=strands,
        gloss=gloss_of(rest, zone, lips, appearance),
        pore_depth=np.asarray(pores, dtype=np.float32),
        distances=skin_distances(rest),
        hair_rgb=hair_tone(identity, typology),
        spots=spots,
        patches=patches,
        labels=labels,
    )


def _label(
    form: HeadForm,
    fine: Grid,
    spots: tuple[Spot, ...],
    patches: tuple[Patch, ...],
    lines: tuple[Line, ...],
) -> tuple[NDArray[np.uint8], tuple[Patch, ...]]:
    """Return what lies at every place of the skin, and the patches with their areas."""
    labels = np.where(on_lips(form, fine) > 0.5, np.uint8(Label.LIPS), np.uint8(0))  # noqa: PLR2004
    along = skin_distances(fine)
    cell = np.linalg.norm(np.cross(np.gradient(fine, axis=0), np.gradient(fine, axis=1)), axis=-1)
    measured = []
    for patch in patches:
        inside = patch_share(patch, fine, along, form.identity.seed) > 0.5  # noqa: PLR2004
        label = Label.MELASMA if patch.kind is PatchKind.MELASMA else Label.REDNESS
        labels[inside] |= np.uint8(label)
        measured.append(replace(patch, area_mm2=float(cell[inside].sum(dtype=np.float64))))
    for spot in spots:
        window, away = near_spot(fine, spot)
        labels[window][away <= spot.radius_mm] |= np.uint8(_LABEL_OF[spot.kind])
    for line in lines:
        box, aside, _ = near_line(fine, line)
        labels[box][aside <= 1.2 * line.width_mm] |= np.uint8(Label.LINE)  # half its depth
    return labels, tuple(measured)
