"""From a stage and its light to the radiance one camera sees.

Rules kept here:

1. Radiance is linear RGB, 1 for a white matt surface under the full ring; nothing is clipped.
2. A picture on a card is averaged to about the fineness of the view before it is read.
3. The same input gives the same bytes.

Known gap: no transparency and no supersampling; the blur of the optics hides most of the steps
along outlines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.assets import HeadAsset
from device.simulation.card import Card
from device.simulation.eye import eye_radiance
from device.simulation.hair import DRAWING_SCALE
from device.simulation.head_form import HeadForm
from device.simulation.lashes import draw_lashes
from device.simulation.lighting import Lit, light_part
from device.simulation.lights import Panels
from device.simulation.parts import PartId
from device.simulation.raster import Map, Placed, Raster
from device.simulation.rig import Camera
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, paint
from device.simulation.skin_map import MAP_SCALE

_BAND_ROWS: Final = 256
_BACKGROUND: Final = np.array([0.0085, 0.0085, 0.0090], np.float32)
_MATT: Final = {
    PartId.DRAPE: np.array([0.030, 0.036, 0.044], np.float32),
    PartId.GLASSES: np.array([0.035, 0.022, 0.016], np.float32),
}
_PORE_CONTRAST: Final = 0.13
_GLOSSY: Final = (PartId.SKIN, PartId.EAR_LEFT, PartId.EAR_RIGHT, PartId.HAND)
_EYES: Final = (PartId.EYE_LEFT, PartId.EYE_RIGHT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """What stands before the cameras, ready to be seen.

    Attributes:
        placed: Every part with its pose.
        panels: The burning ring.
        asset: The head, if there is one.
        prints: What is printed on each flat part.
    """

    placed: Sequence[Placed]
    panels: Panels
    asset: HeadAsset | None
    prints: Mapping[PartId, Card]


def _read(grid: NDArray[np.floating | np.integer], column: Map, row: Map, scale: int = 1) -> Map:
    """Read a grid, or a map ``scale`` times as fine, at grid places."""
    if scale != 1:
        shift = np.float32((scale - 1) / 2)
        column, row = column * scale + shift, row * scale + shift
    return np.asarray(
        cv2.remap(grid, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.float32,
    )


def _lit(lit: Lit, column: Map, row: Map) -> tuple[Map, Map]:
    scale = np.float32(1.0 / lit.stride)
    across, down = column * scale, row * scale
    return _read(lit.diffuse, across, down), _read(lit.gloss, across, down)


def _skin(asset: HeadAsset, lit: Lit, surface: Map, column: Map, row: Map) -> Map:
    maps = asset.maps
    diffuse, gloss = _lit(lit, column, row)
    open_ = _read(asset.crevices, column, row)
    diffuse *= open_
    gloss *= open_ * open_
    albedo = _read(maps.albedo, column, row, MAP_SCALE)
    detail = _read(surface, column, row)
    pore = asset.pores.sample(detail[..., :2]) * detail[..., 2]
    oil = detail[..., 3] * np.maximum(1.0 + 0.9 * pore, 0.0)
    skin = diffuse * albedo * (1.0 + _PORE_CONTRAST * pore)[..., None] + gloss * oil[..., None]
    hair = _read(maps.hair, column, row, DRAWING_SCALE) / np.float32(255.0)
    if hair.any():
        strand = _read(maps.strands, column, row, DRAWING_SCALE) / np.float32(128.0)
        strand = np.maximum(strand, 0.05)
        shaft = diffuse * maps.hair_rgb * strand[..., None]
        shaft += gloss * (0.55 * strand * strand)[..., None]
        skin += (shaft - skin) * hair[..., None]
    return np.asarray(skin, dtype=np.float32)


class _Painter:
    """Colours the pixels of one view; holds what is the same for all of them."""

    def __init__(self, stage: Stage, camera: Camera, stride: int) -> None:
        self._stage = stage
        self._camera = camera
        self._poses = {part.part: (part, pose) for part, pose in stage.placed}
        self.lit = {
            part.part: light_part(
                part,
                pose,
                stage.panels,
                camera.position_mm,
                occlusion=stage.asset.occlusion
                if stage.asset and part.part is PartId.SKIN
                else None,
                glossy=part.part in _GLOSSY,
                stride=stride if part.part is PartId.SKIN else 1,
            )
            for part, pose in stage.placed
        }
        self._detail: Map | None = None
        if stage.asset is not None:
            maps = stage.asset.maps
            self._detail = np.dstack([maps.distances, maps.pore_depth, maps.gloss])
        self._prints: dict[PartId, Map] = {}
        for part, card in stage.prints.items():
            away = camera.to_camera(self._poses[part][1][:3, 3])[2]
            self._prints[part] = card.print_at(1.4 * camera.focal_px / float(away))

    def colour(self, part: PartId, column: Map, row: Map) -> Map:
        """Return the radiance of pixels that show places of one part: (h, w, 3) float32."""
        if part in self._prints:
            return self._on_card(part, column, row)
        asset = self._stage.asset
        if asset is None or part in _MATT:
            shade = _read(self._poses[part][0].shade, column, row)[..., None]
            return np.asarray(_lit(self.lit[part], column, row)[0] * shade * _MATT[part])
        if part is PartId.HAND:
            return self._hand(asset, column, row)
        if part is PartId.SKIN and self._detail is not None:
            return _skin(asset, self.lit[part], self._detail, column, row)
        return (
            self._eye(asset, part, column, row)
            if part in _EYES
            else self._ear(asset, part, column, row)
        )

    def _on_card(self, part: PartId, column: Map, row: Map) -> Map:
        picture = self._prints[part]
        rows, columns = self._poses[part][0].points.shape[:2]
        high, wide = picture.shape[:2]
        x = column * np.float32(wide / (columns - 1)) - np.float32(0.5)
        y = row * np.float32(high / (rows - 1)) - np.float32(0.5)
        return _read(picture, x, y) * _lit(self.lit[part], column, row)[0]

    def _hand(self, asset: HeadAsset, column: Map, row: Map) -> Map:
        diffuse, gloss = _lit(self.lit[PartId.HAND], column, row)
        melanin = np.full((1, 1), melanin_of(asset.typology), np.float32)
        albedo = paint(melanin, np.full((1, 1), 1.2 * BLOOD_FRACTION, np.float32))[0, 0]
        along = np.stack([column * 4.0, row * 1.8], axis=-1).astype(np.float32)
        pore = asset.pores.sample(along)
        skin = diffuse * albedo * (1.0 + _PORE_CONTRAST * pore)[..., None] + 0.7 * gloss
        return np.asarray(skin, dtype=np.float32)

    def _eye(self, asset: HeadAsset, part: PartId, column: Map, row: Map) -> Map:
        grid, pose = self._poses[part]
        diffuse, _ = _lit(self.lit[part], column, row)
        colour = eye_radiance(
            form=HeadForm(asset.surface.identity),
            typology=asset.typology,
            part=part,
            points_mm=_read(grid.points, column, row).reshape(-1, 3),
            diffuse=diffuse.reshape(-1, 3),
            pose=pose,
            panels=self._stage.panels,
            camera_mm=self._camera.position_mm,
        )
        return colour.reshape(diffuse.shape)

    def _ear(self, asset: HeadAsset, part: PartId, column: Map, row: Map) -> Map:
        diffuse, gloss = _lit(self.lit[part], column, row)
        shade = _read(self._poses[part][0].shade, column, row)[..., None]
        melanin = np.full((1, 1), melanin_of(asset.typology), np.float32)
        albedo = paint(melanin, np.full((1, 1), 1.6 * BLOOD_FRACTION, np.float32))[0, 0]
        through = shade ** np.array([0.75, 1.1, 1.2], np.float32)
        return np.asarray(diffuse * through * albedo + 0.8 * gloss * shade, dtype=np.float32)


def paint_view(stage: Stage, camera: Camera, raster: Raster, stride: int = 2) -> Map:
    """Colour every pixel of one view.

    Args:
        stage: What stands before the cameras.
        camera: Which camera sees it.
        raster: What each of its pixels shows.
        stride: Light every n-th grid point of the skin.

    Returns:
        (rows, columns, 3) float32, linear RGB radiance.
    """
    painter = _Painter(stage, camera, stride)
    power = stage.panels.power
    white = power.sum(axis=0) / max(float(power.max()) * len(power), 1e-9)
    radiance = np.empty((*raster.part.shape, 3), np.float32)
    radiance[:] = _BACKGROUND * white.astype(np.float32)
    for top in range(0, raster.part.shape[0], _BAND_ROWS):
        band = slice(top, top + _BAND_ROWS)
        shown = raster.part[band]
        for number in np.unique(shown):
            if number == PartId.NOTHING:
                continue
            mask = shown == number
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            colour = painter.colour(
                PartId(int(number)),
                np.ascontiguousarray(raster.column[band][box]),
                np.ascontiguousarray(raster.row[band][box]),
            )
            inside = mask[box]
            radiance[band][box][inside] = colour[inside]
    if stage.asset is not None:
        skin = next(pose for part, pose in stage.placed if part.part is PartId.SKIN)
        level = np.float32(0.3 * float(np.mean(painter.lit[PartId.SKIN].diffuse)))
        draw_lashes(
            radiance,
            raster.depth_mm,
            form=HeadForm(stage.asset.surface.identity),
            pose=skin,
            camera=camera,
            tone=stage.asset.maps.hair_rgb * level,
        )
    return radiance
