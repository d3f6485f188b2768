"""What a face does: smile, raised brows, open mouth, as movements of the skin grid.

Rules kept here:

1. An expression moves points of the skin and keeps their rows and columns: a place on the skin
   stays the same vertex.
2. 0 is a still face; 1 is a plain, not a grotesque, expression.
3. When the mouth opens, the jaw turns about its joint; the rows along the line between the lips
   become the inside of the mouth.

Known gap: skin slides by smooth fields of our own, not by muscles; eyes stay open and look ahead.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from device.simulation.head_form import HeadForm
from device.simulation.shapes import Field, Grid, bell, ramp
from domain.errors import MalformedInput

_JOINT_Y_MM: Final = -20.0
_JOINT_Z_MM: Final = -85.0
_WIDEST_DEG: Final = 13.0
_MOUTH_DEPTH_MM: Final = 16.0
INSIDE_MM: Final = 0.9
"""Half the height of the strip between the lips that becomes the inside of an open mouth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What the face does, each 0..1."""

    smile: float = 0.0
    brow_raise: float = 0.0
    mouth_open: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no face does."""
        for name in ("smile", "brow_raise", "mouth_open"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise MalformedInput(f"{name} must lie in 0..1")


STILL: Final = Expression()


def lip_line(form: HeadForm, x: Field) -> Field:
    """Return the height of the line between the closed lips over ``x``, millimetres."""
    ax = np.abs(x)
    across = np.clip(ax / form.mouth_half_width, 0.0, 1.3)
    line = form.mouth_y - 1.2 * across**2 - bell(ax, 5.0) + 0.5 * bell(ax - 10.0, 5.0)
    return np.asarray(line, dtype=np.float32)


def mouth_inside(form: HeadForm, x: Field, y: Field) -> Field:
    """Return which skin becomes the inside of an open mouth, 0..1, places seen from the front."""
    away = np.abs(y - lip_line(form, x))
    across = np.abs(x) / form.mouth_half_width
    return np.asarray(
        ramp(INSIDE_MM + 0.35, INSIDE_MM, away) * ramp(0.97, 0.80, across), dtype=np.float32
    )


def express(form: HeadForm, points: Grid, expression: Expression) -> Grid:
    """Return how far an expression moves each point: (rows, columns, 3) float32, millimetres."""
    moved = np.zeros_like(points)
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    front = ramp(-70.0, -40.0, z)
    if expression.brow_raise:
        _raise_brows(form, (x, y), moved, expression.brow_raise * front)
    if expression.smile:
        _smile(form, (x, y), moved, expression.smile * front)
    if expression.mouth_open:
        _open_mouth(form, points, moved, expression.mouth_open)
    return moved


def _raise_brows(form: HeadForm, at: tuple[Field, Field], moved: Grid, amount: Field) -> None:
    x, y = at
    above = bell(y - form.brow_y, 20.0) * (y >= form.brow_y)
    below = bell(y - form.brow_y, 6.5) * (y < form.brow_y)
    wide = bell(np.maximum(np.abs(x) - 34.0, 0.0), 9.0)
    lift = amount * (above + below) * wide
    moved[..., 1] += 6.5 * lift
    moved[..., 2] += 0.6 * lift


def _smile(form: HeadForm, at: tuple[Field, Field], moved: Grid, amount: Field) -> None:
    x, y = at
    ax, side = np.abs(x), np.sign(x)
    mouth = form.mouth_y
    corner = bell(ax - form.mouth_half_width, 11.0) * bell(y - mouth + 1.0, 11.0) * amount
    moved[..., 0] += 5.0 * side * corner
    moved[..., 1] += 4.5 * corner
    moved[..., 2] -= 3.0 * corner
    flat = bell(x, 17.0) * bell(y - mouth, 9.0) * amount
    moved[..., 2] -= 1.2 * flat
    apple = bell(ax - 37.0, 11.0) * bell(y + 31.0, 10.0) * amount
    moved[..., 0] += 1.0 * side * apple
    moved[..., 1] += 2.5 * apple
    moved[..., 2] += 3.6 * apple
    # Up to the margin of the lower lid and not into the eye.
    lid = bell(ax - form.eye_x, 11.0) * bell(y + 13.0, 4.0) * amount
    moved[..., 1] += 1.0 * lid
    moved[..., 2] += 0.8 * lid
    fold = 22.5 - (y + 42.0) * 0.36
    span = ramp(-36.0, -46.0, y) * ramp(mouth - 12.0, mouth + 4.0, y) * amount
    moved[..., 2] += (1.1 * bell(ax - fold - 7.0, 5.0) - 1.4 * bell(ax - fold, 2.2)) * span


def _open_mouth(form: HeadForm, points: Grid, moved: Grid, amount: float) -> None:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    line = lip_line(form, x)
    across = np.abs(x) / form.mouth_half_width
    within = ramp(1.0, 0.55, across)
    soft = ramp(8.0, -16.0, y - line)
    share = within * (y < line) + (1.0 - within) * soft
    share = share * ramp(-165.0, -118.0, y) * ramp(-95.0, -60.0, z)
    turn = np.radians(_WIDEST_DEG * amount) * share
    up, out = y - _JOINT_Y_MM, z - _JOINT_Z_MM
    cosine, sine = np.cos(turn), np.sin(turn)
    moved[..., 1] += up * cosine - out * sine - up
    moved[..., 2] += out * cosine + up * sine - out
    # Lips roll inwards at the line; the strip along it goes back into the mouth.
    inside = mouth_inside(form, x, y) * within
    moved[..., 2] -= _MOUTH_DEPTH_MM * min(1.0, 3.0 * amount) * inside
    moved[..., 0] -= 2.0 * amount * np.sign(x) * bell(across - 1.0, 0.25) * bell(y - line, 9.0)
