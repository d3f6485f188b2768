"""Which pixels show which marks: the skin's truth as masks of a picture.

Rules kept here:

1. A pixel belongs to what lies at the place of the skin that it shows; hair of the head, glasses
   and hands before it have no skin.
2. Masks are of the sharp view: lens, motion and noise come later.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.simulation.parts import PartId
from device.simulation.raster import rasterise
from device.simulation.rig import Resolution, stereo_rig
from device.simulation.scene import Scene
from device.simulation.skin_map import MAP_SCALE, Label
from device.simulation.view import asset_of, head_placed

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenSkin:
    """The skin as one camera sees it.

    Attributes:
        labels: (rows, columns) uint8, ``Label`` bits; 0 where no skin is seen.
        skin: (rows, columns) bool, where skin is seen.
        place_mm: (rows, columns, 3) float32, the place on the skin of the first session, head
            frame; NaN where no skin is seen.
    """

    labels: NDArray[np.uint8]
    skin: Mask
    place_mm: NDArray[np.float32]

    def mask(self, label: Label) -> Mask:
        """Return where something is seen: (rows, columns) bool."""
        return np.asarray((self.labels & np.uint8(label)) > 0)


def seen_skin(
    scene: Scene, resolution: Resolution, *, right: bool = False, cache: Path | None = None
) -> SeenSkin:
    """Return what the left or the right camera sees of the skin."""
    rig = stereo_rig(resolution, scene.conditions().drift)
    camera = rig.right if right else rig.left
    person = scene.person()
    asset = asset_of(person, cache)
    size = (resolution.rows, resolution.columns)
    labels = np.zeros(size, np.uint8)
    place = np.full((*size, 3), np.nan, np.float32)
    skin = np.zeros(size, np.bool_)
    if asset is not None and person is not None:
        placed = head_placed(asset, scene.head_pose(late=right), person.appearance)
        target = scene.card()
        if target is not None:
            placed.append((target[0].part(), target[1]))
        raster = rasterise(camera, placed)
        skin = raster.part == PartId.SKIN
        row, column = raster.row[skin], raster.column[skin]
        high, wide = asset.maps.labels.shape
        shift = (MAP_SCALE - 1) / 2
        labels[skin] = asset.maps.labels[
            np.clip(np.rint(row * MAP_SCALE + shift).astype(int), 0, high - 1),
            np.clip(np.rint(column * MAP_SCALE + shift).astype(int), 0, wide - 1),
        ]
        rest = asset.surface.rest
        place[skin] = rest[np.rint(row).astype(int), np.rint(column).astype(int)]
    return SeenSkin(labels=labels, skin=skin, place_mm=place)
