"""Simulated skin as it was drawn, on the pixels of a picture, and how what was found compares.

Rules kept here:

1. Truth comes from the places that were drawn, by exact depth; nothing of it from the picture.
2. A drawn mark counts where the picture shows most of it and the analysis looks there.
3. What was found counts as right when it meets a drawn mark of its kind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.marks import MarkKind, Spot
from device.simulation.rig import Camera

HALF_HEIGHT: Final = 1.134
"""A drawn mark has half its strength at this many of its radii."""

_RAYS_EVERY_PX: Final = 16
_SEEN: Final = 0.7
_MET: Final = 0.3
_NEAREST_MM: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How found areas compare with drawn ones.

    Attributes:
        drawn: Drawn marks that can be seen.
        met: Those of them that were found.
        found: Areas found.
        right: Those of them that meet a drawn mark.
        dice: Overlap of all pixels found with all pixels drawn; of met marks only.
    """

    drawn: int
    met: int
    found: int
    right: int
    dice: float

    @property
    def sensitivity(self) -> float:
        """Share of drawn marks that were found."""
        return self.met / self.drawn if self.drawn else float("nan")

    @property
    def precision(self) -> float:
        """Share of what was found that was drawn."""
        return self.right / self.found if self.found else float("nan")


def head_points(
    camera: Camera, depth_mm: NDArray[np.float32], pose: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the place in the head frame that each pixel shows: (rows, columns, 3) float32."""
    rows, columns = depth_mm.shape
    high, wide = rows // _RAYS_EVERY_PX + 2, columns // _RAYS_EVERY_PX + 2
    y, x = np.mgrid[:high, :wide].astype(np.float64) * _RAYS_EVERY_PX
    rays = camera.rays(np.stack([x, y], axis=-1))
    row, column = np.mgrid[:rows, :columns].astype(np.float32) / _RAYS_EVERY_PX
    across, down = (
        cv2.remap(np.ascontiguousarray(rays[..., each], np.float32), column, row, cv2.INTER_LINEAR)
        for each in (0, 1)
    )
    seen = np.dstack([across * depth_mm, down * depth_mm, depth_mm]).astype(np.float64)
    places = (camera.to_rig(seen) - pose[:3, 3]) @ pose[:3, :3]
    return np.asarray(places, dtype=np.float32)


def drawn_marks(
    points: NDArray[np.float32], spots: Sequence[Spot], kinds: Iterable[MarkKind]
) -> NDArray[np.int32]:
    """Return which drawn mark of some kinds each pixel shows: (rows, columns) int32, 0 for none."""
    labels = np.zeros(points.shape[:2], np.int32)
    sparse = np.nan_to_num(points[::8, ::8], nan=1e6)
    wanted = set(kinds)
    for number, spot in enumerate(spots, start=1):
        if spot.kind not in wanted:
            continue
        square = ((sparse - np.array(spot.centre_mm, np.float32)) ** 2).sum(axis=-1)
        if square.min() > _NEAREST_MM**2:
            continue
        row, column = (8 * each for each in divmod(int(np.argmin(square)), sparse.shape[1]))
        # No camera here shows a millimetre on more than 20 pixels.
        reach = 16 + int(20 * HALF_HEIGHT * spot.radius_mm)
        window = np.s_[max(row - reach, 0) : row + reach, max(column - reach, 0) : column + reach]
        away = np.linalg.norm(points[window] - np.array(spot.centre_mm, np.float32), axis=-1)
        labels[window][away < HALF_HEIGHT * spot.radius_mm] = number
    return labels


def agreement(
    found: NDArray[np.int32], drawn: NDArray[np.int32], looked_at: NDArray[np.bool_]
) -> Agreement:
    """Compare labelled areas with labelled drawn marks on the pixels that were looked at."""
    numbers = [int(each) for each in np.unique(drawn) if each]
    seen = [each for each in numbers if looked_at[drawn == each].mean() > _SEEN]
    met = [each for each in seen if (found[drawn == each] > 0).mean() > _MET]
    right = {int(each) for each in np.unique(found[(drawn > 0) & (found > 0)])}
    of_met, all_found = np.isin(drawn, met), found > 0
    both = np.count_nonzero(of_met & all_found)
    whole = np.count_nonzero(of_met) + np.count_nonzero(np.isin(found, list(right)))
    return Agreement(
        drawn=len(seen),
        met=len(met),
        found=int(found.max()),
        right=len(right),
        dice=2.0 * both / whole if whole else float("nan"),
    )
