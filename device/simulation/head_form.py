"""The form of a head as a signed distance: skull, jaw, neck, brow, nose, lids and lips.

Rules kept here:

1. Head frame, in millimetres: origin midway between the pupils, +x to the subject's left, +y up,
   +z out of the face.
2. Bone and soft tissue are rounded bodies that grow together; measures follow adult averages, and
   an ``Identity`` moves them.
3. The form is left–right symmetric; asymmetry is added to the finished surface in ``head.py``.

Source: Farkas 1994, Anthropometry of the Head and Face (average measures).
"""

from dataclasses import dataclass

import numpy as np

from device.simulation.identity import Identity
from device.simulation.shapes import (
    Field,
    Point,
    bell,
    carve,
    ellipsoid,
    join,
    limb,
    ramp,
)

EYE_DEPTH_MM = -13.0
"""Depth of the centre of the eyeball behind the pupils' plane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fissure:
    """The opening between the lids at some points: which side is inside, and its margins.

    Attributes:
        along: 0 at the inner corner, 1 at the outer; outside 0..1 beyond the corners.
        upper: Height of the upper margin over the centre of the eye, millimetres.
        lower: Height of the lower margin, millimetres.
    """

    along: Field
    upper: Field
    lower: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class LipLine:
    """Where points lie on the lips.

    Attributes:
        height: 0 at the line between the lips, 1 at the upper border, -1 at the lower border.
        across: 0 on the midline, 1 at the corner of the mouth.
        relief: How far the lips stand out there, millimetres.
    """

    height: Field
    across: Field
    relief: Field


class HeadForm:
    """One identity's form; every method is a pure function of points."""

    def __init__(self, identity: Identity) -> None:
        """Turn proportions into measures."""
        i = identity
        self.identity = i
        self.eye_x = 31.5 + 1.3 * i.eye_spacing
        self.mouth_y = -70.0 - 2.5 * i.face_length - 1.0 * i.nose_length
        self.mouth_half_width = 25.5 + 1.8 * i.mouth_width
        self.chin_y = -98.5 - 4.0 * i.face_length - 1.0 * i.chin
        self.nose_tip_y = -36.5 - 2.2 * i.nose_length
        self.brow_y = 17.5 + 1.5 * i.brow_height
        self.hairline_y = 70.0

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Return the estimated distance from flat arrays of points to the skin."""
        result = self._brow_and_orbits(x, y, z, self._skull_jaw_neck(x, y, z))
        near = np.flatnonzero((np.abs(x) < 30) & (y > -64) & (y < 22) & (z > -30))  # noqa: PLR2004
        result[near] = self._nose(x[near], y[near], z[near], result[near])
        ex = np.abs(x) - self.eye_x
        near = np.flatnonzero((np.abs(ex) < 23) & (np.abs(y) < 23) & (z > -36))  # noqa: PLR2004
        result[near] = self._lids(ex[near], y[near], z[near], result[near])
        return result

    def _skull_jaw_neck(self, x: Field, y: Field, z: Field) -> Field:
        i = self.identity
        ax = np.sqrt(x * x + 0.5)

        def paired(centre: Point, radii: Point) -> Field:
            return ellipsoid(ax, y, z, centre, radii)

        wide = 1.0 + 0.025 * i.face_width
        jaw_x = 38.5 + 1.5 * i.jaw_width + 1.0 * i.face_width
        gonion_y = -73.0 - 2.0 * i.face_length
        chin = self.chin_y
        d = ellipsoid(x, y, z, (0, 30, -94), (75 * wide, 83, 94))
        d = join(d, ellipsoid(x, y, z, (0, 38, -52), (63 * wide, 56, 60)), 25)
        d = join(d, ellipsoid(x, y, z, (0, -28, -55), (55 * wide, 78, 60)), 22)
        d = join(d, paired((38.5 * wide, -23, -32), (22, 16, 25 + 1.0 * i.cheek_fullness)), 24)
        d = join(d, limb(ax, y, z, (46 * wide, -20, -30), (59 * wide, -14, -85), (8, 8)), 26)
        d = join(d, paired((25, -52, -30), (27 + 1.5 * i.cheek_fullness, 32, 31)), 24)
        d = join(d, paired((0, self.mouth_y + 8, -25), (27, 27, 36.5)), 20)
        jaw = limb(ax, y, z, (8, chin - 0.5, -20), (jaw_x, gonion_y, -68), (11, 11.5))
        jaw = join(jaw, limb(ax, y, z, (jaw_x, gonion_y, -68), (54, -20, -84), (11.5, 11)), 24)
        d = join(d, jaw, 32)
        d = join(d, paired((0, chin, -10.5 + 1.2 * i.chin), (15 + i.jaw_width, 14, 19.5)), 20)
        d = join(d, paired((0, chin + 6, -45), (32, 20, 44)), 22)
        neck_r = 48.0 + 2.0 * i.jaw_width
        neck = limb(x, y, z, (0, -60, -108), (0, -250, -122), (neck_r, neck_r + 8))
        neck = join(neck, limb(ax, y, z, (50, -40, -106), (14, -225, -74), (10, 9)), 24)
        return join(d, neck, 26)

    def _brow_and_orbits(self, x: Field, y: Field, z: Field, d: Field) -> Field:
        ax = np.sqrt(x * x + 0.5)
        ridge = 1.2 * self.identity.brow_ridge
        top = self.brow_y
        d = join(
            d, limb(ax, y, z, (11, top, -2.5 + ridge), (38, top + 1.5, -14 + ridge), (8, 7)), 16
        )
        d = join(d, ellipsoid(ax, y, z, (0, top + 2.5, -2 + ridge), (14, 12, 11.5)), 14)
        orbit = ellipsoid(ax, y, z, (self.eye_x - 0.5, -1, 4.5), (18, 12.5, 13))
        return carve(d, orbit, 18)

    def _nose(self, x: Field, y: Field, z: Field, d: Field) -> Field:
        i = self.identity
        ax = np.sqrt(x * x + 0.3)

        def paired(centre: Point, radii: Point) -> Field:
            return ellipsoid(ax, y, z, centre, radii)

        tip = self.nose_tip_y
        wing = 11.6 + 1.2 * i.nose_width
        high = 1.3 * i.nose_bridge
        n = limb(x, y, z, (0, 8, -1.5 + high), (0, tip + 5.5, 19 + 0.4 * high), (6.4, 7.4))
        n = join(n, limb(ax, y, z, (9, -2, -14), (wing - 1, tip + 0.5, 3), (8, 9)), 15)
        n = join(n, paired((2.2, tip, 21.8), (8.0 + 0.6 * i.nose_width, 8.2, 9.2)), 8)
        n = join(n, paired((wing, tip - 3.4, 11.5), (6.4, 6.4, 9.5)), 4.5)
        n = join(n, limb(x, y, z, (0, tip - 10.2, 11), (0, tip - 7.2, 23.2), (3.2, 3.3)), 4)
        d = join(d, n, 9)
        nostril = limb(ax, y, z, (6.3, tip - 9.4, 19.5), (5.4, tip - 3.0, 16.5), (3.4, 2.2))
        return carve(d, nostril, 1.6)

    def fissure(self, ex: Field) -> Fissure:
        """Return the lid margins over ``ex``, millimetres outwards from the centre of the eye."""
        i = self.identity
        along = (ex + 15.0) / 29.5
        inside = np.clip(along, 0.0, 1.0)
        arch = 4.0 * inside * (1.0 - inside)
        corner = -1.3 + (2.6 + 1.0 * i.eye_tilt) * inside
        upper = corner + (5.3 + 0.6 * i.eye_opening) * arch**0.65 * (1.05 - 0.1 * inside)
        lower = corner - (5.0 + 0.3 * i.eye_opening) * arch**0.75 * (0.875 + 0.25 * inside)
        return Fissure(
            along=along,
            upper=np.asarray(upper, dtype=np.float32),
            lower=np.asarray(lower, dtype=np.float32),
        )

    def _lids(self, ex: Field, y: Field, z: Field, d: Field) -> Field:
        ez = z - EYE_DEPTH_MM
        lid = ellipsoid(ex, y, ez, (0, 0, 0), (14.9, 13.6, 13.6))
        fold = limb(ex, y, ez, (-12, 10.0, 6.6), (8, 10.4, 3.6), (5.2, 4.8))
        fold = join(fold, limb(ex, y, ez, (8, 10.4, 3.6), (13.5, 7.5, -0.5), (4.8, 3.8)), 4)
        lid = join(lid, fold, 4)
        lid = join(lid, limb(ex, y, ez, (-12, -9.5, 5), (11, -8.5, 0), (4.8, 4.6)), 6)
        d = join(d, lid, 6)
        cut = self.fissure(ex)
        opening = np.maximum(y - cut.upper, cut.lower - y) * 0.85
        opening = np.maximum(opening, np.maximum(-cut.along, cut.along - 1.0) * 29.5)
        floor = ellipsoid(ex, y, ez, (0, 0, 0), (15.6, 9.0, 9.0))
        return carve(d, np.maximum(opening, -floor), 1.2)

    def lips(self, x: Field, y: Field) -> LipLine:
        """Say where points seen from the front lie on the lips, and how far lips stand out."""
        i = self.identity
        full = 1.0 + 0.14 * i.lip_fullness
        ax = np.abs(x)
        across = np.clip(ax / self.mouth_half_width, 0.0, 1.3)
        line = self.mouth_y - 1.2 * across**2 - bell(ax, 5.0) + 0.5 * bell(ax - 10.0, 5.0)
        taper = np.clip(1.0 - across**2, 0.0, 1.0)
        bow = 1.0 + 0.10 * bell(ax - 5.5, 3.5) - 0.20 * bell(ax, 2.8)
        up = (y - line) / np.maximum(7.6 * full * taper**0.6 * bow, 0.4)
        round_ = np.clip(1.0 - across**2.7, 0.0, 1.0)
        down = (line - y) / np.maximum(9.0 * full * round_**0.7, 0.4)

        def roll(t: Field, middle: float, half: float) -> Field:
            cap = np.clip(1.0 - ((t - middle) / half) ** 2, 0.0, 1.0)
            return np.asarray(0.75 * cap + 0.25 * bell(t - middle, 0.5), dtype=np.float32)

        upper = 4.2 * full * taper**0.7 * roll(up, 0.36, 0.78) * (1.0 + 0.12 * bell(ax, 4.0))
        lower = 4.7 * full * round_**0.8 * roll(down, 0.42, 0.74) * (1.0 + 0.07 * bell(ax - 7, 4.0))
        relief = np.where(y > line, upper, lower)
        relief -= 2.4 * bell(y - line, 0.75) * np.clip((1.04 - across) / 0.2, 0.0, 1.0) ** 0.8
        relief += 0.3 * bell(up - 1.03, 0.13) * taper**0.5 * (y > line)
        corner = bell(ax - self.mouth_half_width - 0.3, 3.6) * bell(y - line, 3.4)
        return LipLine(
            height=np.asarray(np.where(y > line, up, -down), dtype=np.float32),
            across=np.asarray(across, dtype=np.float32),
            relief=np.asarray(relief - 1.8 * corner, dtype=np.float32),
        )

    def creases(self, x: Field, y: Field) -> Field:
        """Return the depth of folds seen from the front, millimetres, negative into the skin."""
        age = 1.0 + 0.45 * self.identity.age
        ax = np.abs(x)
        mouth = self.mouth_y
        fold = -2.5 * bell(y - (mouth - 18.5), 4.5) * bell(x, 18.0)
        philtrum = -1.1 * bell(x, 2.0) + 0.6 * bell(ax - 4.4, 1.8)
        fold += philtrum * bell(y - (mouth + 14.0), 4.2)
        naso = 20.0 - (y + 42.0) * 0.36
        span = ramp(-36.0, -48.0, y) * ramp(mouth - 14.0, mouth + 6.0, y)
        fold += age * (0.9 * bell(ax - naso - 8.0, 6.0) - 1.0 * bell(ax - naso, 2.6)) * span
        ex = ax - self.eye_x
        cut = self.fissure(ex)
        arch = np.clip(4.0 * cut.along * (1.0 - cut.along), 0.0, 1.0)
        beside = ramp(-0.12, 0.08, cut.along) * ramp(1.14, 0.94, cut.along)
        fold -= 1.2 * bell(y - cut.upper - 3.0 - 1.4 * arch, 0.75) * beside
        fold -= 0.35 * age * bell(y - cut.lower + 4.6, 1.0) * beside
        return np.asarray(fold, dtype=np.float32)
