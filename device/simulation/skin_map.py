"""Maps of melanin, blood and hair over the skin grid, and the colour they give.

Rules kept here:

1. Maps are drawn from the identity's seed and the typology class; a session change only fades
   what is already there, at the places where it was.
2. Each spot is a place on the skin with a size in millimetres and a strength, and is part of the
   ground truth.
3. The base of every map is the class colour of ``skin_colour.py``: the measured typology angle of
   plain cheek skin lies in its class.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.hair import (
    DRAWING_SCALE,
    brow_shadow,
    brow_strokes,
    hair_cover,
    hair_tone,
    strand_shade,
)
from device.simulation.head import COLUMNS, ROWS, Grid, HeadSurface
from device.simulation.head_form import HeadForm
from device.simulation.identity import SessionChange, TypologyClass
from device.simulation.parts import triangles
from device.simulation.shapes import Field, bell, ramp
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, paint
from device.simulation.texture import mottle_tile, skin_distances

MAP_SCALE: Final = 2
"""Texels of the colour map per cell of the skin grid, each way."""

_FACE_MM: Final = (-75.0, 75.0, -120.0, 95.0)
_ATLAS_PER_MM: Final = 4
_SPOT_SATURATION: Final = 0.16
"""A spot adds at most this melanosome fraction, on dark skin less: it has no black holes."""
_SPARSE: Final = 8
_TEXELS_PER_MM: Final = 12
"""More than the colour map has anywhere on the face."""

_BROW_SHADE: Final = 75
"""Brows are darker than the hair of the head: 128 would be alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A pigmented spot or a red papule at a known place.

    Attributes:
        centre_mm: In the head frame, on the skin.
        radius_mm: Where it has faded to 60 %.
        melanin: Melanosome fraction added at the middle, as a share of the skin's own.
        blood: Blood fraction added at the middle.
    """

    centre_mm: tuple[float, float, float]
    radius_mm: float
    melanin: float
    blood: float


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
        spots: Every spot drawn.
    """

    albedo: Grid
    hair: NDArray[np.uint8]
    strands: NDArray[np.uint8]
    gloss: Field
    pore_depth: Field
    distances: Grid
    hair_rgb: NDArray[np.float32]
    spots: tuple[Spot, ...]


def front_atlas(points: Grid) -> NDArray[np.float32]:
    """Find the grid row and column of skin seen from the front at each 1/4 mm.

    Returns (h, w, 2) float32, column then row; -1 where there is no face.
    """
    left, right, low, high = _FACE_MM
    size = (int((high - low) * _ATLAS_PER_MM), int((right - left) * _ATLAS_PER_MM))
    rows, columns = points.shape[:2]
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    place = np.stack([column / columns, row / rows, np.ones_like(row)], axis=-1)
    away = 20000.0
    seen = points.reshape(-1, 3).astype(np.float64)
    seen -= [(left + right) / 2, (low + high) / 2, away]
    colour = np.full((*size, 3), -1.0, np.float32)
    depth = np.full(size, away + 400.0, np.float32)
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    angle = 2.0 * np.arctan((high - low) / 2 / away)
    cv2.triangleRasterize(
        seen.astype(np.float32),
        triangles(rows, columns),
        place.reshape(-1, 3).astype(np.float32),
        colour,
        depth,
        np.eye(4),
        angle,
        away - 400.0,
        away + 400.0,
        settings,
    )
    found = colour[..., :2] * np.array([columns, rows], np.float32)
    return np.asarray(np.where(colour[..., 2:] > 0.5, found, -1.0), dtype=np.float32)  # noqa: PLR2004


def _draw_spots(
    surface: HeadSurface, typology: TypologyClass, atlas: NDArray[np.float32]
) -> tuple[Spot, ...]:
    """Scatter freckles, sun spots, moles and a few papules over the face."""
    rng = np.random.default_rng(np.random.SeedSequence([surface.identity.seed, 0x5B]))
    light = list(TypologyClass).index(typology)
    freckles = int(rng.integers(20, 120) * (1.0, 0.9, 0.6, 0.4, 0.25, 0.15)[light])
    kinds = [
        (freckles, (0.35, 0.8), (0.5, 1.6), 0.0),
        (8, (1.1, 2.6), (0.7, 1.5), 0.0),
        (3, (0.7, 1.2), (5.0, 9.0), 0.0),
        (5, (0.6, 1.3), (0.0, 0.0), 0.035),
    ]
    left, _, _, high = _FACE_MM
    spots = []
    for count, radius, melanin, blood in kinds:
        for _ in range(count):
            spread = 28.0 if radius[1] < 1.0 else 38.0
            x = float(np.clip(rng.normal(0, spread), -60, 60))
            y = float(np.clip(rng.normal(-28, spread), -95, 60))
            size, dark = float(rng.uniform(*radius)), float(rng.uniform(*melanin))
            h, w = int((high - y) * _ATLAS_PER_MM), int((x - left) * _ATLAS_PER_MM)
            column, row = atlas[h, w]
            on_eye = abs(abs(x) - 31.5) < 17 and abs(y) < 9  # noqa: PLR2004 - millimetres
            on_lips = abs(x) < 27 and -84 < y < -60  # noqa: PLR2004 - millimetres
            if column < 0 or on_eye or on_lips:
                continue
            at = surface.points[int(row), int(column)]
            spots.append(
                Spot(
                    centre_mm=(float(at[0]), float(at[1]), float(at[2])),
                    radius_mm=size,
                    melanin=dark,
                    blood=blood,
                )
            )
    return tuple(spots)


def _stamp(
    points: Grid, spots: tuple[Spot, ...], melanin: Field, blood: Field, base: float
) -> None:
    """Add every spot to the maps, in place."""
    sparse = points[::_SPARSE, ::_SPARSE]
    most = np.float32(_SPOT_SATURATION * (1.0 - 3.0 * base))
    for spot in spots:
        centre = np.array(spot.centre_mm, np.float32)
        square = ((sparse - centre) ** 2).sum(axis=-1)
        row, column = divmod(int(np.argmin(square)), sparse.shape[1])
        reach = _SPARSE + int(3.2 * spot.radius_mm * _TEXELS_PER_MM)
        window = (
            slice(max(row * _SPARSE - reach, 0), row * _SPARSE + reach),
            slice(max(column * _SPARSE - reach, 0), column * _SPARSE + reach),
        )
        distance = np.linalg.norm(points[window] - centre, axis=-1) / spot.radius_mm
        shape = np.exp(-0.5 * distance**2.6)
        added = np.float32(base * spot.melanin) * shape
        melanin[window] += added / (1.0 + added / most)
        blood[window] += np.float32(spot.blood) * shape


def _chromophores(
    form: HeadForm, surface: HeadSurface, points: Grid, typology: TypologyClass, calm: float
) -> tuple[Field, Field]:
    """Return melanin and blood maps without spots; ``calm`` fades the cheeks' redness."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    ax = np.abs(x)
    seed = surface.identity.seed
    base = melanin_of(typology)
    along = skin_distances(points)
    patch = mottle_tile(seed, 1).sample(along)
    flush = mottle_tile(seed, 2).sample(along)
    ex = ax - form.eye_x
    under_eye = bell(ex + 3.0, 11.0) * bell(y + 10.0, 4.5)
    lid = bell(ex, 13.0) * bell(y - 5.0, 5.5)
    side = bell(ax - 17.0, 5.0) * bell(y - form.nose_tip_y, 6.0)
    melanin = base * (1.0 + 0.055 * patch + 0.30 * under_eye + 0.18 * lid)
    melanin *= 1.0 + 0.10 * ramp(40.0, 75.0, y) + 0.06 * bell(x, 26.0) * bell(y + 60, 14.0)
    cheeks = bell(ax - 40.0, 17.0) * bell(y + 33.0, 17.0) * ramp(-75.0, -30.0, z)
    nose = bell(x, 13.0) * bell(y - form.nose_tip_y, 11.0) + 0.7 * side
    blood = BLOOD_FRACTION * (0.92 + 0.13 * flush + 0.30 * under_eye + 0.35 * lid)
    blood += (0.020 * cheeks * (1.0 + 0.25 * flush) + 0.016 * nose) * (1.0 - calm)
    blood += 0.007 * bell(x, 15.0) * bell(y - form.chin_y, 10.0)
    melanin, blood = melanin.astype(np.float32), blood.astype(np.float32)
    _colour_lips(form, points, along, melanin=melanin, blood=blood, base=base)
    _colour_lid_linings(form, points, melanin, blood)
    return melanin, blood


def _window(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _colour_lips(
    form: HeadForm, points: Grid, along: Grid, *, melanin: Field, blood: Field, base: float
) -> None:
    """Redden the lips, in place."""
    box = _window(
        (np.abs(points[..., 0]) < 36.0)  # noqa: PLR2004 - millimetres
        & (np.abs(points[..., 1] - form.mouth_y) < 24.0)  # noqa: PLR2004 - millimetres
        & (points[..., 2] > -45.0)  # noqa: PLR2004 - millimetres
    )
    x, y, z = (points[box][..., k] for k in range(3))
    lips = form.lips(x, y)
    rim = 0.03 * mottle_tile(form.identity.seed, 3).sample(along[box] * np.float32(2.0))
    inside = ramp(1.14, 0.90, np.abs(lips.height) + rim) * ramp(1.02, 0.95, lips.across)
    inside = inside * ramp(-40.0, -25.0, z)
    grain = 0.10 * bell(lips.height, 0.6) * np.sin(x * 5.2 + 1.1 * np.sin(x * 1.7))
    blood[box] += inside * (0.085 + 0.02 * grain)
    paler = 0.10 - 0.45 * float(np.interp(base, [0.05, 0.2], [0, 1]))
    melanin[box] *= (1.0 + inside * paler) * (1.0 + 1.6 * bell(lips.height, 0.10) * inside)


def _colour_lid_linings(form: HeadForm, points: Grid, melanin: Field, blood: Field) -> None:
    """Redden the inside of the lids and their inner corners, in place: no pigment is there."""
    box = _window(
        (np.abs(points[..., 0]) < 60.0)  # noqa: PLR2004 - millimetres
        & (np.abs(points[..., 1]) < 14.0)  # noqa: PLR2004 - millimetres
        & (points[..., 2] > -40.0)  # noqa: PLR2004 - millimetres
    )
    x, y, z = (points[box][..., k] for k in range(3))
    cut = form.fissure(np.abs(x) - form.eye_x)
    inner = ramp(0.4, -0.4, np.maximum(y - cut.upper, cut.lower - y))
    inner = inner * ramp(-0.06, 0.0, cut.along) * (0.35 + 0.65 * ramp(0.6, 0.3, cut.along))
    inner = inner * ramp(1.06, 1.0, cut.along) * ramp(-35.0, -25.0, z)
    melanin[box] *= 1.0 - 0.75 * inner
    blood[box] += 0.045 * inner


def _hair_drawing(
    form: HeadForm, surface: HeadSurface, atlas: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw brows and cap: the share of hair covering the skin, and the shade of strands."""
    rows, columns = ROWS * DRAWING_SCALE, COLUMNS * DRAWING_SCALE
    left, _, _, high = _FACE_MM
    drawing = np.zeros((rows, columns), np.uint8)
    for stroke in brow_strokes(form):
        w = ((stroke[:, 0] - left) * _ATLAS_PER_MM).astype(int)
        h = ((high - stroke[:, 1]) * _ATLAS_PER_MM).astype(int)
        line = atlas[h, w] * DRAWING_SCALE
        if line.min() < 0:
            continue
        fixed = np.round(line * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(drawing, [fixed], isClosed=False, color=235, lineType=cv2.LINE_AA, shift=4)
    x, y, z = (np.ascontiguousarray(surface.points[..., k]) for k in range(3))
    soft = 0.42 * brow_shadow(form, x, y) * ramp(-45.0, -30.0, z)
    cover = hair_cover(form, x, y, z)
    wide = cv2.resize(np.stack([soft, cover], -1), (columns, rows), interpolation=cv2.INTER_LINEAR)
    shade = strand_shade(surface.identity, rows, columns)
    strands = shade.astype(np.float32) / 128.0 - 1.0
    cap = ramp(-0.06, 0.30, wide[..., 1] + 0.5 * strands)
    skin = (1.0 - drawing.astype(np.float32) / 255.0) * (1.0 - wide[..., 0]) * (1.0 - cap)
    on_cap = wide[..., 1] > -0.3  # noqa: PLR2004 - brows lie farther from the hairline
    return (
        np.asarray(np.round(255.0 * (1.0 - skin)), dtype=np.uint8),
        np.where(on_cap, shade, np.uint8(_BROW_SHADE)),
    )


def draw_skin(
    surface: HeadSurface, rest: Grid, typology: TypologyClass, change: SessionChange
) -> SkinMaps:
    """Paint one head.

    Args:
        surface: The head as it is now.
        rest: Points of the unchanged head, so that marks stay at their places on the skin.
        typology: Class of the skin's colour.
        change: What faded since the first session.
    """
    form = HeadForm(surface.identity)
    before = replace(surface, points=rest)
    atlas = front_atlas(rest)
    size = (COLUMNS * MAP_SCALE, ROWS * MAP_SCALE)
    fine = np.asarray(cv2.resize(rest, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    melanin, blood = _chromophores(form, before, fine, typology, change.redness_faded)
    spots = tuple(
        replace(s, melanin=s.melanin * (1 - change.spots_faded))
        for s in _draw_spots(before, typology, atlas)
    )
    _stamp(fine, spots, melanin, blood, melanin_of(typology))
    x, y = rest[..., 0], rest[..., 1]
    zone = np.maximum(bell(x, 14.0) * ramp(-60, -40, y), ramp(15, 30, y) * bell(x, 40.0))
    lips = form.lips(x, y)
    on_lips = ramp(1.1, 0.9, np.abs(lips.height)) * ramp(1.05, 0.95, lips.across)
    gloss = 0.8 + 0.3 * zone + 0.5 * on_lips * ramp(-40, -25, rest[..., 2])
    pores = 0.55 + 0.6 * bell(np.abs(x) - 20.0, 18.0) * bell(y + 28.0, 20.0) + 0.3 * zone
    pores = pores * (1.0 - 0.9 * on_lips)
    hair, strands = _hair_drawing(form, before, atlas)
    return SkinMaps(
        albedo=paint(melanin, blood),
        hair=hair,
        strands=strands,
        gloss=np.asarray(gloss, dtype=np.float32),
        pore_depth=np.asarray(pores, dtype=np.float32),
        distances=skin_distances(rest),
        hair_rgb=hair_tone(surface.identity, typology),
        spots=spots,
    )
