"""What can lie before a face: glasses and a hand, as tubes that stand on the skin.

Rules kept here:

1. An accessory is one grid of rings; rings between two tubes shrink to points, so that nothing is
   seen between them.
2. It is placed by the head it belongs to, in the head frame, and moves with it.

Known gap: lenses are not there; glasses are a frame. The hand is four fingers and a ball.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.atlas import Atlas, front_atlas
from device.simulation.head import HeadSurface
from device.simulation.head_form import HeadForm
from device.simulation.parts import Part, PartId

Floats = NDArray[np.float64]

_SIDES: Final = 13
_RIM_MM: Final = 1.7


def _tube(path: Floats, radii: Floats) -> tuple[Floats, Floats]:
    """Return rings of points round a path, closed at both ends, and their normals."""
    way = np.gradient(path, axis=0)
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    aside = np.cross(way, np.array([0.0, 0.0, 1.0]))
    weak = np.linalg.norm(aside, axis=1) < 0.1  # noqa: PLR2004 - nearly along the view
    aside[weak] = np.cross(way[weak], np.array([0.0, 1.0, 0.0]))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    other = np.cross(way, aside)
    angle = np.linspace(0.0, 2.0 * np.pi, _SIDES)
    normals = (
        aside[:, None] * np.cos(angle)[None, :, None]
        + other[:, None] * np.sin(angle)[None, :, None]
    )
    points = path[:, None] + normals * radii[:, None, None]
    ends = [np.repeat(path[k][None, None], _SIDES, axis=1) for k in (0, -1)]
    closed = np.concatenate([ends[0], points, ends[1]])
    return closed, np.concatenate([normals[:1], normals, normals[-1:]])


def _joined(part: PartId, tubes: Sequence[tuple[Floats, Floats]]) -> Part:
    points = np.concatenate([points for points, _ in tubes]).astype(np.float32)
    normals = np.concatenate([normals for _, normals in tubes]).astype(np.float32)
    return Part(
        part=part, points=points, normals=normals, shade=np.ones(points.shape[:2], np.float32)
    )


def build_glasses(surface: HeadSurface) -> Part:
    """Put glasses on: two rims, a bridge and two arms."""
    form = HeadForm(surface.identity)
    angle = np.linspace(0.0, 2.0 * np.pi, 73)
    tubes = []
    for mirror in (-1.0, 1.0):
        reach = 1.0 / (np.abs(np.cos(angle)) ** 3 + np.abs(np.sin(angle)) ** 3) ** (1 / 3)
        x = mirror * (form.eye_x + 1.5) + 24.5 * reach * np.cos(angle)
        y = -3.0 + 18.5 * reach * np.sin(angle)
        z = 10.5 - 0.0035 * x**2
        tubes.append(_tube(np.stack([x, y, z], axis=1), np.full(angle.size, _RIM_MM)))
        back = np.linspace(0.0, 1.0, 30)
        hinge = form.eye_x + 26.0
        x = mirror * (hinge + (76.0 - hinge) * back**0.5)
        arm = np.stack([x, 2.0 + 0.0 * back, -1.5 - 92.0 * back], axis=1)
        tubes.append(_tube(arm, np.full(back.size, 1.9)))
    x = np.linspace(-(form.eye_x - 22.5), form.eye_x - 22.5, 24)
    bridge = np.stack([x, 4.0 - 0.02 * x**2, 11.5 + 1.5 * np.cos(x / 9.0)], axis=1)
    tubes.append(_tube(bridge, np.full(x.size, 1.8)))
    return _joined(PartId.GLASSES, tubes)


def _before_skin(atlas: Atlas, x: Floats, y: Floats, otherwise: float) -> Floats:
    places = [atlas.skin_at(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    return np.array([otherwise if place is None else place[2] for place in places])


def build_hand(surface: HeadSurface) -> Part:
    """Lay the subject's right hand on cheek and mouth, fingers up."""
    form = HeadForm(surface.identity)
    atlas = front_atlas(surface.rest)
    # Closest together towards the tips, which are round.
    share = 1.0 - np.linspace(1.0, 0.0, 48) ** 2
    tubes = []
    for number, (tip_x, tip_y, thick) in enumerate(
        ((-9.0, 6.0, 7.6), (-24.0, 20.0, 8.2), (-40.0, 22.0, 8.0), (-55.0, 12.0, 7.0))
    ):
        root = np.array([-16.0 - 13.0 * number, form.mouth_y - 46.0])
        tip = np.array([tip_x, form.mouth_y + tip_y])
        seen = root + (tip - root) * share[:, None]
        skin = _before_skin(atlas, seen[:, 0], seen[:, 1], -30.0)
        smooth = np.convolve(np.pad(skin, 6, mode="edge"), np.hanning(13) / 6.0, "valid")
        z = np.maximum(smooth, smooth.max() - 34.0) + 0.75 * thick
        round_tip = np.sqrt(np.clip(1.0 - ((share - 0.93) / 0.07) ** 2, 0.05, 1.0))
        radii = thick * np.where(share > 0.93, round_tip, 1.0 - 0.12 * share)  # noqa: PLR2004
        tubes.append(_tube(np.column_stack([seen, z]), radii))
    palm = np.stack(
        [-34.0 + 0 * share, form.mouth_y - 96.0 + 62.0 * share, 2.0 + 0 * share], axis=1
    )
    radii = 30.0 * np.sqrt(np.clip(1.0 - (2.0 * share - 1.0) ** 4, 0.02, 1.0))
    tubes.append(_tube(palm, radii))
    return _joined(PartId.HAND, tubes)
