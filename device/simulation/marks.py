"""Marks and patches on the skin: each of known kind, place, size and strength.

Rules kept here:

1. Marks are drawn from the identity's seed, the typology class and the skin's condition; a session
   change only weakens them, at the places where they were.
2. A mark is round and a patch elliptic with an irregular edge; a place belongs to a patch where its
   ``share`` exceeds one half. Areas are summed over the skin, not over a picture.
3. Papules and closed comedones stand out of the skin and are part of its form.

Source: Handel 2014, An. Bras. Dermatol. 89, 771-782 (where melasma lies).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from device.simulation.appearance import SkinCondition
from device.simulation.atlas import Atlas
from device.simulation.head_form import HeadForm
from device.simulation.identity import SessionChange, TypologyClass
from device.simulation.shapes import Field, Grid, Point, bell, ramp
from device.simulation.texture import mottle_tile

_SPARSE: Final = 8
_TEXELS_PER_MM: Final = 12
"""More than the colour map has anywhere on the face."""

_SPOT_SATURATION: Final = 0.16
"""A spot adds at most this melanosome fraction, on dark skin less: it has no black holes."""


class MarkKind(StrEnum):
    """What a mark is."""

    FRECKLE = "freckle"
    SUN_SPOT = "sun spot"
    MOLE = "mole"
    PAPULE = "papule"
    OPEN_COMEDONE = "open comedone"
    CLOSED_COMEDONE = "closed comedone"


LESIONS: Final = (MarkKind.PAPULE, MarkKind.OPEN_COMEDONE, MarkKind.CLOSED_COMEDONE)
"""Marks that are no pigment of the skin."""


class PatchKind(StrEnum):
    """What a patch is."""

    REDNESS = "redness"
    MELASMA = "melasma-like"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A round mark at a known place.

    Attributes:
        centre_mm: In the head frame, on the skin of the first session.
        radius_mm: Where it has faded to 60 %.
        melanin: Melanosome fraction added at the middle, as a share of the skin's own.
        blood: Blood fraction added at the middle.
        height_mm: How far its middle stands out.
    """

    centre_mm: Point
    radius_mm: float
    melanin: float
    blood: float
    kind: MarkKind = MarkKind.FRECKLE
    height_mm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """An elliptic patch with an irregular edge.

    Attributes:
        centre_mm: In the head frame, on the skin of the first session.
        radii_mm: Half axes, seen from the front: across and up before tilting.
        tilt_deg: Turn of the axes, anticlockwise as seen from the front.
        melanin: Melanosome fraction added, as a share of the skin's own.
        blood: Blood fraction added.
        area_mm2: Of the skin whose share exceeds one half.
    """

    kind: PatchKind
    centre_mm: Point
    radii_mm: tuple[float, float]
    tilt_deg: float
    melanin: float
    blood: float
    area_mm2: float = 0.0


@dataclass(frozen=True, slots=True)
class _Drawn:
    kind: MarkKind
    count: int
    radius: tuple[float, float]
    melanin: tuple[float, float]
    blood: float = 0.0
    height: float = 0.0
    """In radii."""


def draw_spots(seed: int, typology: TypologyClass, atlas: Atlas) -> tuple[Spot, ...]:
    """Scatter freckles, sun spots and moles over the face."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x5B]))
    light = list(TypologyClass).index(typology)
    freckles = int(rng.integers(20, 120) * (1.0, 0.9, 0.6, 0.4, 0.25, 0.15)[light])
    kinds = (
        _Drawn(MarkKind.FRECKLE, freckles, (0.35, 0.8), (0.5, 1.6)),
        _Drawn(MarkKind.SUN_SPOT, 8, (1.1, 2.6), (0.7, 1.5)),
        _Drawn(MarkKind.MOLE, 3, (0.7, 1.2), (5.0, 9.0)),
    )
    return _scatter(rng, kinds, atlas)


def draw_lesions(seed: int, condition: SkinCondition, atlas: Atlas) -> tuple[Spot, ...]:
    """Scatter papules and comedones over the face; skin colour does not decide about them."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x5C]))
    congestion, inflammation = condition.congestion or 0.0, condition.inflammation or 0.0
    kinds = (
        _Drawn(MarkKind.PAPULE, round(16 * inflammation), (0.8, 1.8), (0.0, 0.1), 0.05, 0.5),
        _Drawn(MarkKind.OPEN_COMEDONE, round(70 * congestion), (0.28, 0.50), (2.5, 5.0)),
        _Drawn(
            MarkKind.CLOSED_COMEDONE, round(40 * congestion), (0.5, 0.9), (-0.22, -0.1), -0.008, 0.3
        ),
    )
    return _scatter(rng, kinds, atlas)


def _scatter(rng: np.random.Generator, kinds: tuple[_Drawn, ...], atlas: Atlas) -> tuple[Spot, ...]:
    spots = []
    for drawn in kinds:
        for _ in range(drawn.count):
            x, y = _place(rng, drawn.kind)
            size, dark = float(rng.uniform(*drawn.radius)), float(rng.uniform(*drawn.melanin))
            at = atlas.skin_at(x, y)
            on_eye = abs(abs(x) - 31.5) < 17 and abs(y) < 9  # noqa: PLR2004 - millimetres
            on_lips = abs(x) < 27 and -84 < y < -60  # noqa: PLR2004 - millimetres
            if at is None or on_eye or on_lips:
                continue
            spots.append(
                Spot(
                    kind=drawn.kind,
                    centre_mm=at,
                    radius_mm=size,
                    melanin=dark,
                    blood=drawn.blood,
                    height_mm=drawn.height * size,
                )
            )
    return tuple(spots)


def _place(rng: np.random.Generator, kind: MarkKind) -> tuple[float, float]:
    if kind in (MarkKind.OPEN_COMEDONE, MarkKind.CLOSED_COMEDONE):
        # Where skin is oily: nose, chin, middle of the forehead.
        x, y, across, up = ((0.0, -30.0, 9, 11), (0.0, -95.0, 13, 7), (0.0, 42.0, 22, 11))[
            int(rng.choice(3, p=[0.5, 0.25, 0.25]))
        ]
        return float(rng.normal(x, across)), float(rng.normal(y, up))
    spread = 28.0 if kind is MarkKind.FRECKLE else 38.0
    x = float(np.clip(rng.normal(0, spread), -60, 60))
    return x, float(np.clip(rng.normal(-28, spread), -95, 60))


def faded_spots(spots: tuple[Spot, ...], change: SessionChange) -> tuple[Spot, ...]:
    """Return the marks as a session change left them."""
    found = []
    for spot in spots:
        if spot.kind not in LESIONS:
            found.append(replace(spot, melanin=spot.melanin * (1 - change.spots_faded)))
            continue
        left = 1 - change.comedones_cleared
        found.append(
            replace(
                spot,
                melanin=spot.melanin * left,
                blood=spot.blood * left,
                height_mm=spot.height_mm * left,
            )
        )
    return tuple(found)


def draw_patches(form: HeadForm, condition: SkinCondition, atlas: Atlas) -> tuple[Patch, ...]:
    """Lay redness and melasma-like patches on cheeks, nose, chin, forehead and upper lip."""
    rng = np.random.default_rng(np.random.SeedSequence([form.identity.seed, 0x9A]))
    red, brown = condition.redness or 0.0, condition.melasma or 0.0
    found = []
    upper_lip = form.mouth_y + 12.5
    wanted = (
        (PatchKind.MELASMA, brown, 37.0, -20.0, 13.0, 8.5),
        (PatchKind.MELASMA, brown, 17.0, 45.0, 13.0, 7.0),
        (PatchKind.MELASMA, brown, 11.0, upper_lip, 8.0, 3.6),
        (PatchKind.REDNESS, red, 38.0, -38.0, 12.0, 10.0),
        (PatchKind.REDNESS, 0.8 * red, 9.0, form.nose_tip_y + 2.0, 7.0, 8.0),
        (PatchKind.REDNESS, 0.6 * red, 9.0, form.chin_y + 4.0, 9.0, 6.0),
    )
    for kind, amount, x, y, across, up in wanted:
        for mirror in (-1.0, 1.0):
            size = float(rng.uniform(0.8, 1.2))
            at = atlas.skin_at(
                mirror * x + float(rng.normal(0, 1.5)), y + float(rng.normal(0, 1.5))
            )
            tilt = float(mirror * rng.uniform(-25.0, 5.0))
            strength = amount * float(rng.uniform(0.75, 1.0))
            if at is None or strength < 0.05:  # noqa: PLR2004 - nobody would see it
                continue
            melasma = kind is PatchKind.MELASMA
            found.append(
                Patch(
                    kind=kind,
                    centre_mm=at,
                    radii_mm=(across * size, up * size),
                    tilt_deg=tilt,
                    melanin=0.95 * strength if melasma else 0.0,
                    blood=0.0 if melasma else 0.045 * strength,
                )
            )
    return tuple(found)


def patch_share(patch: Patch, points: Grid, along: Grid, seed: int) -> Field:
    """Return how much each place belongs to a patch: (rows, columns) float32, 0..1.

    Args:
        patch: The patch.
        points: (rows, columns, 3) float32, the skin of the first session.
        along: (rows, columns, 2) float32, distances along the skin.
        seed: Of the identity; it gives the edge its shape.
    """
    centre = np.array(patch.centre_mm, np.float32)
    offset = points - centre
    angle = np.radians(patch.tilt_deg)
    x = offset[..., 0] * np.cos(angle) + offset[..., 1] * np.sin(angle)
    y = offset[..., 1] * np.cos(angle) - offset[..., 0] * np.sin(angle)
    reach = np.hypot(x / patch.radii_mm[0], y / patch.radii_mm[1])
    edge = mottle_tile(seed, 5).sample(along * np.float32(3.0))
    same_side = ramp(40.0, 30.0, np.abs(offset[..., 2]))
    return np.asarray(ramp(1.22, 0.78, reach + 0.22 * edge) * same_side, dtype=np.float32)


def stamp(points: Grid, spots: tuple[Spot, ...], melanin: Field, blood: Field, base: float) -> None:
    """Add every mark to the maps, in place."""
    most = np.float32(_SPOT_SATURATION * (1.0 - 3.0 * base))
    for spot in spots:
        window, away = near_spot(points, spot)
        shape = np.exp(-0.5 * (away / spot.radius_mm) ** 2.6)
        added = np.float32(base * spot.melanin) * shape
        melanin[window] += added / (1.0 + np.maximum(added, 0.0) / most)
        blood[window] += np.float32(spot.blood) * shape
    np.maximum(blood, 0.0, out=blood)


def saturated(added: Field, base: float) -> Field:
    """Return added melanosome fraction as far as skin of a base colour can take it."""
    return np.asarray(added / (1.0 + added / np.float32(_SPOT_SATURATION * (1.0 - 3.0 * base))))


def near_spot(points: Grid, spot: Spot) -> tuple[tuple[slice, slice], Field]:
    """Return a window of the grid around a mark, and the distance to its centre there, mm."""
    sparse = points[::_SPARSE, ::_SPARSE]
    centre = np.array(spot.centre_mm, np.float32)
    square = ((sparse - centre) ** 2).sum(axis=-1)
    row, column = divmod(int(np.argmin(square)), sparse.shape[1])
    reach = _SPARSE + int(3.2 * spot.radius_mm * _TEXELS_PER_MM)
    window = (
        slice(max(row * _SPARSE - reach, 0), row * _SPARSE + reach),
        slice(max(column * _SPARSE - reach, 0), column * _SPARSE + reach),
    )
    return window, np.asarray(np.linalg.norm(points[window] - centre, axis=-1), np.float32)


def spot_relief(points: Grid, spots: tuple[Spot, ...]) -> Field:
    """Return how far marks raise the skin: (rows, columns) float32, millimetres."""
    relief = np.zeros(points.shape[:2], np.float32)
    for spot in spots:
        if spot.height_mm > 0.0:
            window, away = near_spot(points, spot)
            relief[window] += np.float32(spot.height_mm) * bell(away, 0.8 * spot.radius_mm)
    return relief
