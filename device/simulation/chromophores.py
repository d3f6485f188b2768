"""Maps of melanin and blood over the face: cheeks, lids, lips, marks and patches.

Rules kept here:

1. The base of every map is the class colour of ``skin_colour.py``: the measured typology angle of
   plain cheek skin lies in its class.
2. Everything is placed by the skin of the first session; changes only weaken it.
"""

import numpy as np
from numpy.typing import NDArray

from device.simulation.head_form import HeadForm
from device.simulation.identity import SessionChange, TypologyClass
from device.simulation.marks import Patch, PatchKind, Spot, patch_share, saturated, stamp
from device.simulation.shapes import Field, Grid, bell, ramp
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of
from device.simulation.texture import mottle_tile, skin_distances


def chromophores(
    form: HeadForm,
    points: Grid,
    typology: TypologyClass,
    change: SessionChange,
    *,
    spots: tuple[Spot, ...],
    patches: tuple[Patch, ...],
) -> tuple[Field, Field]:
    """Return melanin and blood of skin.

    Args:
        form: The head's form.
        points: (rows, columns, 3) float32, the skin of the first session, millimetres.
        typology: Class of the skin's colour.
        change: What faded since the first session.
        spots: Marks as they are now.
        patches: Patches as they were in the first session.

    Returns:
        Two maps (rows, columns) float32, volume fractions.
    """
    along = skin_distances(points)
    melanin, blood = _plain(form, points, along, typology, change.redness_faded)
    base = melanin_of(typology)
    for patch in patches:
        share = patch_share(patch, points, along, form.identity.seed)
        if patch.kind is PatchKind.MELASMA:
            left = np.float32(base * patch.melanin * (1.0 - change.spots_faded))
            melanin += saturated(left * share, base)
        else:
            blood += np.float32(patch.blood * (1.0 - change.redness_faded)) * share
    _colour_lips(form, points, along, melanin=melanin, blood=blood, base=base)
    _colour_lid_linings(form, points, melanin, blood)
    stamp(points, spots, melanin, blood, base)
    return melanin, blood


def _plain(
    form: HeadForm, points: Grid, along: Grid, typology: TypologyClass, calm: float
) -> tuple[Field, Field]:
    """Return melanin and blood of skin without marks; ``calm`` fades the cheeks' redness."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    ax = np.abs(x)
    seed = form.identity.seed
    base = melanin_of(typology)
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
    return melanin.astype(np.float32), blood.astype(np.float32)


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
