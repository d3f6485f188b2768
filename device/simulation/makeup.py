"""What lies on the skin: foundation, lipstick, cream, oil, and the dark inside of an open mouth.

Rules kept here:

1. Foundation is a thin opaque layer of the class's own tone; it evens colour out and keeps form.
2. What lies on the skin leaves melanin and blood as they are: truth is about the skin below.
"""

from typing import Final

import numpy as np

from device.simulation.appearance import Appearance
from device.simulation.expression import mouth_inside
from device.simulation.head_form import HeadForm
from device.simulation.identity import TypologyClass
from device.simulation.shapes import Field, Grid, bell, ramp
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, paint

_FOUNDATION_HIDES: Final = 0.85
_LIPSTICK_HIDES: Final = 0.88
_LIPSTICK: Final = np.array([0.30, 0.022, 0.035], np.float32)
_CREAM_HIDES: Final = 0.96
_CREAM: Final = np.array([0.74, 0.73, 0.71], np.float32)
_MOUTH: Final = np.array([0.035, 0.010, 0.010], np.float32)


def on_lips(form: HeadForm, points: Grid) -> Field:
    """Return how much of each place is lip, 0..1."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    lips = form.lips(x, y)
    inside = ramp(1.1, 0.9, np.abs(lips.height)) * ramp(1.05, 0.95, lips.across)
    return np.asarray(inside * ramp(-40.0, -25.0, z), dtype=np.float32)


def _face(form: HeadForm, points: Grid) -> Field:
    """Return where make-up is laid on: the face without eyes and hair."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    cut = form.fissure(np.abs(x) - form.eye_x)
    open_eye = (y < cut.upper + 0.5) & (y > cut.lower - 0.5) & (cut.along > 0) & (cut.along < 1)
    face = ramp(-95.0, -72.0, z) * ramp(form.chin_y - 26.0, form.chin_y - 10.0, y)
    return np.asarray(face * ~open_eye, dtype=np.float32)


def cover(
    form: HeadForm, points: Grid, albedo: Grid, typology: TypologyClass, worn: Appearance
) -> Grid:
    """Return the colour of skin with what lies on it: (rows, columns, 3) float32."""
    expression = worn.expression
    if not (worn.foundation or worn.lipstick or worn.cream or expression.mouth_open):
        return albedo
    result = albedo.copy()
    lips = on_lips(form, points)
    if worn.foundation:
        tone = paint(
            np.full((1, 1), 0.97 * melanin_of(typology), np.float32),
            np.full((1, 1), 1.05 * BLOOD_FRACTION, np.float32),
        )[0, 0]
        share = np.float32(_FOUNDATION_HIDES * worn.foundation) * _face(form, points) * (1 - lips)
        result += (tone - result) * share[..., None]
    if worn.lipstick:
        darker = np.float32(0.6 + 0.4 * min(1.0, float(albedo.mean()) / 0.2))
        result += (_LIPSTICK * darker - result) * (_LIPSTICK_HIDES * worn.lipstick * lips)[
            ..., None
        ]
    if worn.cream:
        share = np.float32(_CREAM_HIDES * worn.cream) * _face(form, points) * (1 - lips)
        result += (_CREAM - result) * share[..., None]
    if expression.mouth_open:
        x, y, z = points[..., 0], points[..., 1], points[..., 2]
        inside = mouth_inside(form, x, y) * ramp(-45.0, -30.0, z)
        result += (_MOUTH - result) * (inside * min(1.0, 3.0 * expression.mouth_open))[..., None]
    return np.asarray(result, dtype=np.float32)


def gloss_of(points: Grid, zone: Field, lips: Field, worn: Appearance) -> Field:
    """Return how glossy each place is, 1 on plain skin: (rows, columns) float32.

    Args:
        points: The skin of the first session.
        zone: Where skin is oily, 0..1.
        lips: Where lips are, 0..1.
        worn: Oil and make-up.
    """
    cheek = bell(np.abs(points[..., 0]) - 34.0, 12.0) * bell(points[..., 1] + 22.0, 11.0)
    oil = worn.sebum * (0.25 + np.maximum(zone, 0.8 * cheek))
    gloss = (0.8 + 0.3 * zone) * (1.0 - 0.45 * worn.foundation) + 0.5 * lips + 4.5 * oil
    gloss = gloss * (1.0 - 0.5 * worn.cream) + 0.8 * worn.lipstick * lips
    return np.asarray(gloss, dtype=np.float32)
