"""Where a simulated face has more blood or pigment than its middle, exactly, and what was found.

Rules kept here:

1. The exact maps are those the face was painted from, seen through the same camera: how much green
   light blood, or pigment, alone takes from skin of the class, before any light, lens or noise.
2. An area is raised by the rule that findings state: smoothed, above the median of what was looked
   at by a step. So what differs is what picture, light and separation did, and nothing else.
3. Pixels of several faces are summed before they are compared: a face with hardly any raised skin
   cannot decide the figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.masked import Map
from adapters.imaging.pixels import Mask
from adapters.imaging.skin_patterns import raised_areas
from device.simulation.chromophores import chromophores
from device.simulation.head_form import HeadForm
from device.simulation.identity import TypologyClass
from device.simulation.parts import PartId
from device.simulation.raster import rasterise
from device.simulation.rig import Camera
from device.simulation.scene import Scene
from device.simulation.skin_colour import (
    BLOOD_FRACTION,
    BLOOD_RANGE,
    MELANIN_RANGE,
    melanin_of,
    skin_linear,
)
from device.simulation.skin_map import MAP_SCALE, Label
from device.simulation.view import asset_of, head_placed

_GREEN: Final = 1
_TABLE_SIZE: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raised:
    """What one camera sees of one chromophore.

    Attributes:
        density: (rows, columns) float32, natural optical density of green light that it adds to
            skin of the class; NaN where no skin is seen.
        patch: (rows, columns) bool, where a patch of it was drawn.
    """

    density: Map
    patch: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaAgreement:
    """How found areas compare with exact ones, square millimetres of skin that was looked at.

    Attributes:
        found: Of what was found.
        raised: Of what is raised.
        both: Of what is both.
        patch: Of drawn patches.
        patch_found: Of those, what was found.
    """

    found: float = 0.0
    raised: float = 0.0
    both: float = 0.0
    patch: float = 0.0
    patch_found: float = 0.0

    def with_another(self, other: "AreaAgreement") -> "AreaAgreement":
        """Return two faces as one."""
        return AreaAgreement(
            found=self.found + other.found,
            raised=self.raised + other.raised,
            both=self.both + other.both,
            patch=self.patch + other.patch,
            patch_found=self.patch_found + other.patch_found,
        )

    @property
    def dice(self) -> float:
        """Overlap, 0..1; NaN where nothing is raised and nothing was found."""
        whole = self.found + self.raised
        return 2.0 * self.both / whole if whole else float("nan")

    @property
    def ratio(self) -> float:
        """Found area to raised area; NaN where nothing is raised."""
        return self.found / self.raised if self.raised else float("nan")

    @property
    def patch_share(self) -> float:
        """Share of drawn patches that was found; NaN without patches."""
        return self.patch_found / self.patch if self.patch else float("nan")


def seen_chromophores(scene: Scene, camera: Camera, cache: Path | None) -> Mapping[str, Raised]:
    """Return what a camera sees of blood (``redness``) and of pigment (``hyperpigmented``).

    Args:
        scene: With a person in it.
        camera: Which one looks.
        cache: Folder where heads are kept.

    Raises:
        TypeError: nobody is in the scene.
    """
    person = scene.person()
    asset = asset_of(person, cache)
    if person is None or asset is None:
        raise TypeError("a face is seen")
    raster = rasterise(camera, head_placed(asset, scene.head_pose(), person.appearance))
    skin = raster.part == PartId.SKIN
    high, wide = asset.maps.labels.shape
    fine = np.asarray(
        cv2.resize(asset.surface.rest, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32
    )
    melanin, blood = chromophores(
        HeadForm(person.identity()),
        fine,
        person.typology,
        person.change,
        spots=asset.maps.spots,
        patches=asset.maps.patches,
    )
    place = tuple(
        np.clip(np.rint(each[skin] * MAP_SCALE + (MAP_SCALE - 1) / 2).astype(np.intp), 0, most - 1)
        for each, most in ((raster.row, high), (raster.column, wide))
    )
    densities = added_density(melanin[place], blood[place], person.typology)
    labels = asset.maps.labels[place]
    found = {}
    for name, density, label in (
        ("redness", densities[1], Label.REDNESS),
        ("hyperpigmented", densities[0], Label.MELASMA),
    ):
        plane = np.full(skin.shape, np.nan, np.float32)
        plane[skin] = density
        patch = np.zeros(skin.shape, np.bool_)
        patch[skin] = (labels & np.uint8(label)) > 0
        found[name] = Raised(density=plane, patch=patch)
    return found


def added_density(
    melanin: NDArray[np.float32], blood: NDArray[np.float32], typology: TypologyClass
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the density of green light that pigment, and that blood, alone adds to a class's skin.

    Args:
        melanin: (...) float32, volume fraction.
        blood: (...) float32, volume fraction.
        typology: The class whose own pigment stands beside blood; blood at rest beside pigment.
    """
    some_melanin = np.linspace(*MELANIN_RANGE, _TABLE_SIZE)
    some_blood = np.linspace(*BLOOD_RANGE, _TABLE_SIZE)
    base = np.array(melanin_of(typology))
    at_rest = np.array(BLOOD_FRACTION)
    plain = np.log(skin_linear(base, at_rest)[_GREEN])
    by_melanin, by_blood = (
        plain - np.log(skin_linear(*np.broadcast_arrays(*pair))[..., _GREEN])
        for pair in ((some_melanin, at_rest), (base, some_blood))
    )
    return (
        np.interp(melanin, some_melanin, by_melanin).astype(np.float32),
        np.interp(blood, some_blood, by_blood).astype(np.float32),
    )


def area_agreement(
    found: Mask, exact: Raised, looked_at: Mask, pixel_mm2: Map, step: float
) -> AreaAgreement:
    """Compare a found area with what is raised, on the pixels that were looked at.

    Args:
        found: (rows, columns) bool.
        exact: On a grid that is the same or finer.
        looked_at: (rows, columns) bool.
        pixel_mm2: (rows, columns) float32, skin area behind each pixel.
        step: How far above the median counts, optical density.
    """
    density, patch = _shrunk(exact, found.shape)
    known = looked_at & np.isfinite(density)
    if not known.any():
        return AreaAgreement()
    pixel_mm = float(np.sqrt(np.median(pixel_mm2[known])))
    raised = raised_on(exact, looked_at, pixel_mm, step)

    def area(where: Mask) -> float:
        return float(pixel_mm2[where & looked_at].sum(dtype=np.float64))

    return AreaAgreement(
        found=area(found),
        raised=area(raised),
        both=area(found & raised),
        patch=area(patch),
        patch_found=area(patch & found),
    )


def raised_on(exact: Raised, looked_at: Mask, pixel_mm: float, step: float) -> Mask:
    """Return where an exact map is raised, on the pixels that were looked at.

    Args:
        exact: On a grid that is the same as that of the pixels looked at, or finer.
        looked_at: (rows, columns) bool.
        pixel_mm: Length of a pixel on the skin.
        step: How far above the median counts, optical density.
    """
    density, _ = _shrunk(exact, looked_at.shape)
    known = looked_at & np.isfinite(density)
    if not known.any():
        return known
    return raised_areas(density, known, pixel_mm, step)


def _shrunk(exact: Raised, shape: tuple[int, ...]) -> tuple[Map, Mask]:
    """Return the exact map on a coarser grid; a pixel counts where all under it is skin."""
    if exact.density.shape == shape:
        return exact.density, exact.patch
    rows, columns = shape
    block = round(exact.density.shape[0] / rows)
    inside = np.s_[: rows * block, : columns * block]
    size = (columns, rows)
    # NaN stays NaN: a block with one unknown pixel has no mean.
    density = cv2.resize(exact.density[inside], size, interpolation=cv2.INTER_AREA)
    patch = cv2.resize(exact.patch[inside].astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(density, np.float32), np.asarray(patch > 0.5)  # noqa: PLR2004  half
