"""Wrinkles and fine lines: each a curve on the skin of known place, length, depth and width.

Rules kept here:

1. A line's depth is that at its deepest place; across the line the skin sinks by a Gaussian whose
   spread is the line's width; at both ends it runs out.
2. How many lines and how deep follows from age and seed; a treatment softens depth and never moves
   a line, so truth about a line holds across sessions.
3. An expression deepens the lines that it makes in people: brows the forehead, a smile the corners
   of the eyes.

Source: Lemperle 2001, Plast. Reconstr. Surg. 108, 1735-1750 (which lines, and depths to 1 mm).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.expression import Expression
from device.simulation.head_form import HeadForm
from device.simulation.shapes import Field, Grid, Point, ramp

Floats = NDArray[np.float64]

_YOUNG_YEARS: Final = 24.0
_OLD_YEARS: Final = 74.0
_SHALLOWEST_MM: Final = 0.03
_SAMPLE_MM: Final = 1.5
_REACH: Final = 3.2
_RUN_OUT: Final = 0.22


class LineKind(StrEnum):
    """Where a line belongs."""

    FOREHEAD = "forehead line"
    GLABELLAR = "glabellar line"
    CROWS_FOOT = "crow's foot"
    UNDER_EYE = "under-eye line"
    NASOLABIAL = "nasolabial line"
    MARIONETTE = "marionette line"
    PERIORAL = "perioral line"
    CHEEK = "cheek line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One wrinkle or fine line.

    Attributes:
        points_mm: Places on the skin of the first session, head frame, from end to end.
        length_mm: Along the skin.
        depth_mm: At the deepest place, now.
        width_mm: Spread of its Gaussian profile; it is about 2.4 times as wide at half its depth.
    """

    kind: LineKind
    points_mm: tuple[Point, ...]
    length_mm: float
    depth_mm: float
    width_mm: float


@dataclass(frozen=True, slots=True)
class _Kind:
    depth_mm: float
    width_mm: float
    smile: float = 0.0
    brows: float = 0.0


_KINDS: Final = {
    LineKind.FOREHEAD: _Kind(0.60, 0.85, brows=0.55),
    LineKind.GLABELLAR: _Kind(0.65, 0.80),
    LineKind.CROWS_FOOT: _Kind(0.42, 0.60, smile=0.45),
    LineKind.UNDER_EYE: _Kind(0.20, 0.50, smile=0.12),
    LineKind.NASOLABIAL: _Kind(0.45, 0.75, smile=0.35),
    LineKind.MARIONETTE: _Kind(0.50, 0.75),
    LineKind.PERIORAL: _Kind(0.22, 0.45),
    LineKind.CHEEK: _Kind(0.14, 0.45),
}


def age_share(years: float) -> float:
    """Return how far lines have come with age: 0 in the young, 1 at 74 years, at most 1.2."""
    share = (years - _YOUNG_YEARS) / (_OLD_YEARS - _YOUNG_YEARS)
    return float(float(np.clip(share, 0.0, 1.2)) ** 1.2)


def draw_lines(
    form: HeadForm, rest: Grid, softened: float, expression: Expression
) -> tuple[Line, ...]:
    """Draw every line of one person.

    Args:
        form: The head's form.
        rest: (rows, columns, 3) float32, the skin of the first session, millimetres.
        softened: Share of depth that a treatment removed, 0..1.
        expression: What the face does.
    """
    rng = np.random.default_rng(np.random.SeedSequence([form.identity.seed, 0x11E]))
    old = age_share(form.identity.age_years)
    front = rest[..., 2] > -75.0  # noqa: PLR2004 - millimetres, before the ears
    rows, columns = np.nonzero(front)
    flat = rest[rows, columns].astype(np.float64)
    found = []
    for kind, curve in _curves(form, rng):
        how = _KINDS[kind]
        strength = float(rng.uniform(0.55, 1.2))
        made = how.smile * expression.smile + how.brows * expression.brow_raise
        depth = how.depth_mm * old * strength + made * strength * (0.35 + 0.65 * old)
        if depth < _SHALLOWEST_MM:
            continue
        places = _on_skin(flat, curve)
        found.append(
            Line(
                kind=kind,
                points_mm=tuple((float(x), float(y), float(z)) for x, y, z in places),
                length_mm=float(np.linalg.norm(np.diff(places, axis=0), axis=1).sum()),
                depth_mm=depth * (1.0 - softened),
                width_mm=how.width_mm * (0.8 + 0.4 * strength),
            )
        )
    return tuple(found)


def _curves(form: HeadForm, rng: np.random.Generator) -> Iterator[tuple[LineKind, Floats]]:
    """Yield every line as seen from the front: (n, 2) float64, millimetres."""
    low, high = form.brow_y + 12.0, form.hairline_y - 9.0
    for height in np.linspace(low, high, int(rng.integers(3, 6))):
        half, bend = rng.uniform(24.0, 40.0), rng.uniform(0.5, 3.0)
        x = np.linspace(-half, half * rng.uniform(0.8, 1.0), 24)
        wave = bend * np.cos(x / 17.0) + 0.8 * np.sin(x / rng.uniform(5.0, 9.0) + rng.uniform(0, 6))
        yield LineKind.FOREHEAD, np.stack([x, height + rng.normal(0.0, 1.0) + wave], axis=1)
    for mirror in (-1.0, 1.0):
        yield from _beside(form, rng, mirror)
    for x in np.linspace(-15.0, 15.0, 9):
        top = form.mouth_y + 8.5
        height = np.linspace(0.0, rng.uniform(4.0, 8.0), 6)
        start = x + rng.normal(0.0, 0.8)
        yield LineKind.PERIORAL, np.stack([start + 0.12 * x / 15 * height, top + height], axis=1)


def _beside(
    form: HeadForm, rng: np.random.Generator, mirror: float
) -> Iterator[tuple[LineKind, Floats]]:
    height = np.linspace(-5.0, rng.uniform(8.0, 15.0), 9)
    x = rng.uniform(5.0, 8.0) + 0.012 * height**2
    yield LineKind.GLABELLAR, np.stack([mirror * x, form.brow_y + height], axis=1)
    corner = form.eye_x + 18.5
    for lean in (24.0, 2.0, -22.0):
        reach = np.linspace(0.0, rng.uniform(9.0, 17.0), 9)
        angle = np.radians(lean + rng.normal(0.0, 4.0))
        droop = -0.010 * reach**2
        x, y = corner + reach * np.cos(angle), 1.0 + lean / 7.0 + reach * np.sin(angle) + droop
        yield LineKind.CROWS_FOOT, np.stack([mirror * x, y], axis=1)
    for drop in (12.5, 16.0):
        x = np.linspace(form.eye_x - 11.0, form.eye_x + rng.uniform(4.0, 12.0), 12)
        bow = 0.018 * (x - form.eye_x) ** 2
        yield LineKind.UNDER_EYE, np.stack([mirror * x, -drop + bow + rng.normal(0, 0.4)], axis=1)
    y = np.linspace(-40.0, form.mouth_y + 3.0, 14)
    x = 20.0 - (y + 42.0) * 0.36 + rng.normal(0.0, 0.6)
    yield LineKind.NASOLABIAL, np.stack([mirror * x, y], axis=1)
    fall = np.linspace(0.0, rng.uniform(10.0, 18.0), 9)
    x = form.mouth_half_width + 2.5 + 0.10 * fall
    yield LineKind.MARIONETTE, np.stack([mirror * x, form.mouth_y - 4.0 - fall], axis=1)
    for _ in range(6):
        start = (rng.uniform(36.0, 55.0), rng.uniform(-60.0, -24.0))
        reach = np.linspace(0.0, rng.uniform(6.0, 13.0), 7)
        angle = np.radians(rng.normal(-60.0, 16.0))
        place = [mirror * (start[0] + reach * np.cos(angle)), start[1] + reach * np.sin(angle)]
        yield LineKind.CHEEK, np.stack(place, axis=1)


def _on_skin(flat: Floats, curve: Floats) -> Floats:
    """Return a curve seen from the front as places on the skin, evenly spaced: (n, 3) float64."""
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    even = np.linspace(0.0, steps[-1], max(3, round(steps[-1] / _SAMPLE_MM) + 1))
    seen = np.stack([np.interp(even, steps, curve[:, k]) for k in (0, 1)], axis=1)
    near = flat[
        (np.abs(flat[:, 0] - seen[:, 0].mean()) < np.ptp(seen[:, 0]) / 2 + 3.0)
        & (np.abs(flat[:, 1] - seen[:, 1].mean()) < np.ptp(seen[:, 1]) / 2 + 3.0)
    ]
    square = ((near[None, :, :2] - seen[:, None, :]) ** 2).sum(axis=-1)
    # Four nearest vertices, weighted by closeness: smoother than the nearest alone.
    order = np.argpartition(square, 4, axis=1)[:, :4]
    weight = 1.0 / (np.take_along_axis(square, order, axis=1) + 1e-3)
    depth = (near[order, 2] * weight).sum(axis=1) / weight.sum(axis=1)
    return np.column_stack([seen, depth])


def line_relief(rest: Grid, lines: tuple[Line, ...]) -> Field:
    """Return how far lines lower the skin: (rows, columns) float32, millimetres, at most 0."""
    relief = np.zeros(rest.shape[:2], np.float32)
    for line in lines:
        window, away, along = near_line(rest, line)
        shape = np.exp(-0.5 * (away / line.width_mm) ** 2)
        fade = ramp(0.0, _RUN_OUT, along) * ramp(1.0, 1.0 - _RUN_OUT, along)
        relief[window] -= np.float32(line.depth_mm) * shape * fade
    return relief


def near_line(rest: Grid, line: Line) -> tuple[tuple[slice, slice], Field, Field]:
    """Return a window of the grid around a line, the distance to it there and the place along it.

    Distance in millimetres; place 0 at one end and 1 at the other.
    """
    curve = np.array(line.points_mm, np.float32)
    margin = np.float32(_REACH * line.width_mm)
    low, high = curve.min(axis=0) - margin, curve.max(axis=0) + margin
    inside = ((rest >= low) & (rest <= high)).all(axis=-1)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not rows.size:
        empty = np.zeros((0, 0), np.float32)
        return (slice(0, 0), slice(0, 0)), empty, empty
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    points = rest[window]
    square = np.full(points.shape[:2], np.inf, np.float32)
    along = np.zeros(points.shape[:2], np.float32)
    for number, (start, end) in enumerate(pairwise(curve)):
        way = end - start
        share = np.clip((points - start) @ way / max(float(way @ way), 1e-9), 0.0, 1.0)
        gap = points - start - share[..., None] * way
        here = np.einsum("ijk,ijk->ij", gap, gap)
        nearer = here < square
        square = np.where(nearer, here, square)
        along = np.where(nearer, (number + share) / (len(curve) - 1), along)
    return window, np.sqrt(square), np.asarray(along, dtype=np.float32)
