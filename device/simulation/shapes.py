"""Signed distances of the rounded bodies a head is built from, and how bodies grow together.

Rules kept here:

1. Coordinates are float32 arrays of one shape, in millimetres; distances come back in that shape,
   negative inside.
2. Distances are good enough to step along a ray towards the surface; after a soft union they are
   a lower estimate, never an overshoot that would miss the surface.

Source: Hart 1996, doi 10.1007/s003710050084 (distance estimates of implicit surfaces).
"""

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating]
"""float32 in practice, any shape: a coordinate or a distance in millimetres."""

Grid = NDArray[np.float32]
"""(rows, columns, 3) float32, millimetres in the head frame, or unit vectors."""

Point = tuple[float, float, float]


def bell(offset: Field, spread: float) -> Field:
    """Return a Gaussian bell of height 1 over ``offset``."""
    return np.asarray(np.exp(np.float32(-0.5 / (spread * spread)) * offset * offset))


def ramp(start: float, end: float, value: Field) -> Field:
    """Rise smoothly from 0 at ``start`` to 1 at ``end``; ``end`` may lie below ``start``."""
    t = np.clip((value - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)


def length(x: Field, y: Field, z: Field) -> Field:
    """Return the Euclidean length of vectors."""
    return np.asarray(np.sqrt(x * x + y * y + z * z))


def ellipsoid(x: Field, y: Field, z: Field, centre: Point, radii: Point) -> Field:
    """Return the estimated distance to an axis-aligned ellipsoid."""
    px, py, pz = ((v - c) / r for v, c, r in zip((x, y, z), centre, radii, strict=True))
    outer = length(px, py, pz)
    slope = length(px / radii[0], py / radii[1], pz / radii[2])
    return np.asarray(outer * (outer - 1.0) / np.maximum(slope, 1e-6), dtype=np.float32)


def limb(  # noqa: PLR0917 - a point and a body
    x: Field, y: Field, z: Field, start: Point, end: Point, radii: tuple[float, float]
) -> Field:
    """Return the distance to a rounded limb whose radius runs from the first to the second."""
    axis = tuple(b - a for a, b in zip(start, end, strict=True))
    square = sum(c * c for c in axis)
    px, py, pz = x - start[0], y - start[1], z - start[2]
    along = np.clip((px * axis[0] + py * axis[1] + pz * axis[2]) / square, 0.0, 1.0)
    away = length(px - along * axis[0], py - along * axis[1], pz - along * axis[2])
    return np.asarray(away - (radii[0] + (radii[1] - radii[0]) * along), dtype=np.float32)


def join(first: Field, second: Field, blend_mm: float) -> Field:
    """Unite two bodies with a fillet about ``blend_mm`` wide."""
    near = np.maximum(blend_mm - np.abs(first - second), 0.0) / blend_mm
    return np.asarray(np.minimum(first, second) - near * near * (blend_mm * 0.25), dtype=np.float32)


def carve(body: Field, tool: Field, blend_mm: float) -> Field:
    """Remove ``tool`` from ``body``, rounding the edge."""
    return -join(-body, tool, blend_mm)
