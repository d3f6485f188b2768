"""Volume added under regions of the face, exact by construction.

Rules kept here:

1. A change moves points along one fixed direction per region by a bump whose integral over the
   plane across that direction is known in closed form: the stated volume is exact.
2. Folds within the bump change nothing: a sheet that faces away counts negative, so the volume
   between before and after is the integral of the bump alone.
3. Sides are the subject's own.
"""

from dataclasses import dataclass

import numpy as np

from device.simulation.head_form import HeadForm
from device.simulation.identity import SessionChange, VolumePlace
from device.simulation.shapes import Grid, Point

_REACH_MM = 40.0
"""Points farther along the direction belong to another side of the head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where and in which direction a region grows.

    Attributes:
        centre_mm: Head frame, near the skin.
        outwards: Direction, of any length.
        radius_mm: Of the disc that moves.
    """

    centre_mm: Point
    outwards: Point
    radius_mm: float


def sites(form: HeadForm) -> dict[VolumePlace, Site]:
    """Return the site of every region of one head."""
    mouth, chin, eye = form.mouth_y, form.chin_y, form.eye_x
    middle = {
        VolumePlace.FOREHEAD: Site(
            centre_mm=(0.0, 46.0, 0.0), outwards=(0.0, 0.25, 0.97), radius_mm=18.0
        ),
        # Between the brows, and on the bridge: both end before the inner corners of the eyes.
        VolumePlace.GLABELLA: Site(
            centre_mm=(0.0, form.brow_y + 0.5, 4.0), outwards=(0.0, 0.1, 0.995), radius_mm=10.0
        ),
        VolumePlace.NOSE: Site(
            centre_mm=(0.0, form.nose_tip_y + 16.0, 20.0),
            outwards=(0.0, 0.3, 0.954),
            radius_mm=11.0,
        ),
        VolumePlace.PERIORAL: Site(
            centre_mm=(0.0, mouth + 13.0, 8.0), outwards=(0.0, 0.0, 1.0), radius_mm=11.0
        ),
        VolumePlace.CHIN: Site(
            centre_mm=(0.0, chin - 1.0, 4.0), outwards=(0.0, -0.2, 0.98), radius_mm=16.0
        ),
    }
    left = {
        "temple": Site(centre_mm=(60.0, 14.0, -40.0), outwards=(0.85, 0.1, 0.52), radius_mm=15.0),
        "tear trough": Site(
            centre_mm=(eye - 7.0, -18.0, -4.0), outwards=(0.3, -0.1, 0.95), radius_mm=9.0
        ),
        "cheek": Site(centre_mm=(41.0, -38.0, -8.0), outwards=(0.45, 0.0, 0.893), radius_mm=22.0),
        "nasolabial": Site(
            centre_mm=(27.0, mouth + 24.0, 0.0), outwards=(0.35, 0.0, 0.94), radius_mm=12.0
        ),
        "jaw": Site(
            centre_mm=(45.0, mouth - 10.0, -30.0), outwards=(0.75, -0.2, 0.63), radius_mm=15.0
        ),
    }
    found = dict(middle)
    for name, site in left.items():
        x, y, z = site.centre_mm
        across, up, out = site.outwards
        found[VolumePlace(f"{name} left")] = site
        found[VolumePlace(f"{name} right")] = Site(
            centre_mm=(-x, y, z), outwards=(-across, up, out), radius_mm=site.radius_mm
        )
    return found


def _bump(points: Grid, site: Site, volume_cm3: float) -> Grid:
    """Return H (1 - (r/R)²)³ over the distance r from the axis; its volume is H π R² / 4."""
    outwards = np.array(site.outwards, np.float32)
    outwards /= np.linalg.norm(outwards)
    offset = points - np.array(site.centre_mm, np.float32)
    depth = offset @ outwards
    square = np.einsum("...k,...k", offset, offset) - depth * depth
    cap = np.clip(1.0 - square / np.float32(site.radius_mm**2), 0.0, 1.0) ** 3
    height = np.float32(4000.0 * volume_cm3 / (np.pi * site.radius_mm**2))
    lift = np.where(np.abs(depth) < _REACH_MM, cap * height, np.float32(0.0))
    return np.asarray(lift[..., None] * outwards, dtype=np.float32)


def added_volume(form: HeadForm, points: Grid, change: SessionChange) -> Grid:
    """Return how far the change moves each point: (rows, columns, 3) float32, millimetres.

    Bumps that overlap are laid one on the other, so that each volume stays exact.
    """
    moved = np.zeros_like(points)
    places = sites(form)
    for place, volume_cm3 in change.volumes_cm3().items():
        moved += _bump(np.asarray(points + moved, np.float32), places[place], volume_cm3)
    return moved
