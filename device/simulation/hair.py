"""Hair: the swept-back cap, the brows, and where on the head hair grows.

Rules kept here:

1. Hair is geometry where it has volume (the cap) and drawing where it is fine (brows, hairline).
2. Strands of the cap run along the columns of the skin grid, which fan out from the crown.
3. Every hair is drawn from the identity's seed.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.head_form import HeadForm
from device.simulation.identity import Identity, TypologyClass
from device.simulation.shapes import Field, bell, ramp

DRAWING_SCALE: Final = 4
"""Texels of the hair drawing per cell of the skin grid, each way."""

_LINE_X: Final = [0, 12, 26, 38, 48, 56, 62, 68, 76]
_LINE_Y: Final = [0, 1.5, 5, 3, -7, -22, -36, -48, -60]
_TONES: Final = np.array(
    [
        [0.190, 0.115, 0.055],
        [0.105, 0.060, 0.030],
        [0.055, 0.032, 0.018],
        [0.026, 0.016, 0.011],
        [0.013, 0.010, 0.008],
        [0.009, 0.008, 0.007],
    ],
    np.float32,
)


def hair_tone(identity: Identity, typology: TypologyClass) -> NDArray[np.float32]:
    """Return the linear RGB of hair: (3,) float32; darker skin goes with darker hair."""
    rng = np.random.default_rng(np.random.SeedSequence([identity.seed, 0x4A]))
    step = list(TypologyClass).index(typology) + rng.uniform(-1.0, 1.0)
    place = float(np.clip(step, 0.0, len(_TONES) - 1.0))
    tones = [np.interp(place, np.arange(len(_TONES)), _TONES[:, k]) for k in range(3)]
    return np.array(tones, np.float32)


def hair_cover(form: HeadForm, x: Field, y: Field, z: Field) -> Field:
    """Return how far inside the hair a place of the head lies, 0 at the line, 1 a thumb inside."""
    ax = np.abs(x)
    line = form.hairline_y + np.interp(ax, _LINE_X, _LINE_Y)
    above = (y - line) / 16.0
    # Beside the face the line runs down in front of the ear and behind it into the neck.
    edge = np.interp(y, [-80, -62, -30, -22, -8, 20, 45], [-150, -128, -118, -96, -80, -64, -48])
    behind = (edge - z) / 16.0
    side = np.minimum(behind, (y + 78.0) / 16.0)
    cover = np.maximum(np.minimum(above, (z + 200.0) / 16.0), side)
    return np.asarray(np.clip(cover, -1.0, 1.0), dtype=np.float32)


def cap_thickness(form: HeadForm, points: NDArray[np.float32]) -> Field:
    """Return how far the cap stands off the scalp: (rows, columns) float32, millimetres."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    cover = np.clip(hair_cover(form, x, y, z), 0.0, 1.0)
    columns = points.shape[1]
    rng = np.random.default_rng(np.random.SeedSequence([form.identity.seed, 0x4B]))
    locks = rng.standard_normal((1, columns)).astype(np.float32)
    broad = cv2.GaussianBlur(locks, (0, 0), 5.0)
    fine = cv2.GaussianBlur(locks, (0, 0), 1.6)
    relief = 0.9 * broad / broad.std() + 0.45 * fine / fine.std()
    full = 5.0 + 6.0 * ramp(60.0, 110.0, y) + 2.0 * ramp(-60.0, -130.0, z)
    rise = ramp(0.0, 1.0, cover) ** 0.8
    return np.asarray(rise * (full * ramp(-95.0, -20.0, y) + relief), dtype=np.float32)


def strand_shade(identity: Identity, rows: int, columns: int) -> NDArray[np.uint8]:
    """Draw the light and dark of strands, running down the columns: (rows, columns) uint8."""
    rng = np.random.default_rng(np.random.SeedSequence([identity.seed, 0x4C]))
    # Strands hardly change along their length: a quarter of the rows is enough to draw them.
    short = (rows // 4, columns)
    grain = rng.integers(0, 256, short, np.uint8).astype(np.float32)
    total = np.full(short, 128.0, np.float32)
    for length, width, weight in ((15, 1, 17.0), (35, 3, 17.0), (81, 15, 14.0)):
        strand = cv2.blur(cv2.blur(grain, (width, length)), (1, length))
        total += (strand - strand.mean()) * np.float32(weight / strand.std())
    shade = np.clip(total, 40, 255).astype(np.uint8)
    return np.asarray(cv2.resize(shade, (columns, rows), interpolation=cv2.INTER_LINEAR))


def _brow_line(form: HeadForm, mirror: float, along: float) -> tuple[float, float]:
    """Return where the middle of a brow runs, from nose (0) to temple (1)."""
    x = form.eye_x - 18.5 + 43.0 * along
    arch = 5.2 * np.sin(np.pi * min(along * 0.78, 1.0)) - 1.2 * along
    return mirror * x, form.brow_y - 2.2 + float(arch)


def brow_strokes(form: HeadForm) -> list[NDArray[np.float32]]:
    """Draw every brow hair as seen from the front: polylines (4, 2) float32, millimetres."""
    rng = np.random.default_rng(np.random.SeedSequence([form.identity.seed, 0x4D]))
    strokes = []
    for mirror in (-1.0, 1.0):
        for _ in range(520):
            along = rng.beta(1.15, 1.25)
            half = 3.3 * (1.0 - along) ** 0.55 * min(1.0, 0.45 + 5.0 * along) + 0.35
            along = float(np.clip(along + rng.normal(0.0, 0.02), 0.0, 1.0))
            x, y = _brow_line(form, mirror, along)
            across = rng.normal(0.0, 0.42)
            root = np.array([x, y + np.clip(across, -1, 1) * half])
            lean = np.interp(along, [0, 0.15, 0.4, 1.0], [66, 46, 18, -14])
            lean += rng.normal(0.0, 9.0) - 22.0 * across
            reach = rng.uniform(3.0, 5.6) * (1.0 - 0.35 * along) * min(1.0, 0.55 + 3.0 * along)
            way = np.array([mirror * np.cos(np.radians(lean)), np.sin(np.radians(lean))])
            bend = np.array([mirror * way[1] * mirror, -abs(way[0])]) * 0.12
            t = np.linspace(0.0, 1.0, 4)[:, None]
            strokes.append((root + way * reach * t + bend * reach * t * t).astype(np.float32))
    return strokes


def brow_shadow(form: HeadForm, x: Field, y: Field) -> Field:
    """Return the soft tone under the brow hairs, 0..1."""
    ax = np.abs(x)
    along = np.clip((ax - form.eye_x + 18.5) / 43.0, 0.0, 1.0)
    arch = 5.2 * np.sin(np.pi * np.minimum(along * 0.78, 1.0)) - 1.2 * along
    half = 3.0 * (1.0 - along) ** 0.55 * np.minimum(1.0, 0.45 + 5.0 * along) + 0.4
    inside = ramp(-23.0, -16.0, ax - form.eye_x) * ramp(26.0, 20.0, ax - form.eye_x)
    offset = np.asarray((y - (form.brow_y - 2.2 + arch)) / half, dtype=np.float32)
    return np.asarray(bell(offset, 0.75) * inside, dtype=np.float32)


def beard_cover(form: HeadForm, x: Field, y: Field, z: Field) -> Field:
    """Return where a short beard grows, 0..1: upper lip, chin, jaw and up to the ears."""
    ax = np.abs(x)
    lips = form.lips(x, y)
    mouth = ramp(1.25, 1.0, np.abs(lips.height)) * ramp(1.12, 1.0, lips.across)
    edge = np.interp(ax, [0, 12, 24, 40, 55, 64], [20, 17, 8, -2, 14, 40]) + form.mouth_y
    cheek = ramp(5.0, -5.0, y - edge)
    low = ramp(-22.0, -10.0, y - form.chin_y)
    return np.asarray(cheek * low * (1.0 - mouth) * ramp(-88.0, -70.0, z), dtype=np.float32)
