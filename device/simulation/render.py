"""From parts, poses and lights to radiance and depth as one camera would see them.

Rules kept here:

1. Vertices are projected exactly, lens distortion included; the rasteriser then only fills
   triangles, perspective-correct, with grid coordinates as "colours".
2. Depth is measured along the camera's own axis, at the middle of each pixel, in millimetres;
   where nothing is seen it is NaN.
3. Radiance is linear RGB, 1 for a white matt surface under the full ring; nothing is clipped.
4. The same input gives the same bytes: IPP is off.

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
from device.simulation.lighting import Lit, light_part
from device.simulation.lights import Panels
from device.simulation.parts import Part, PartId, triangles
from device.simulation.rig import Camera
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, paint
from device.simulation.skin_map import MAP_SCALE

_NEAR_MM: Final = 120.0
_FAR_MM: Final = 1500.0
_BAND_ROWS: Final = 256
_BACKGROUND: Final = np.array([0.0085, 0.0085, 0.0090], np.float32)
_DRAPE: Final = np.array([0.030, 0.036, 0.044], np.float32)
_PORE_CONTRAST: Final = 0.13

Map = NDArray[np.float32]
Placed = tuple[Part, NDArray[np.float64]]
"""A part and its (4, 4) pose, part frame to rig frame."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raster:
    """What each pixel shows.

    Attributes:
        part: (rows, columns) uint8, ``PartId``.
        column: (rows, columns) float32, place on the part's grid, columns from 0.
        row: (rows, columns) float32, place on the part's grid, rows from 0.
        depth_mm: (rows, columns) float32, along the camera's axis, NaN where nothing is seen.
    """

    part: NDArray[np.uint8]
    column: Map
    row: Map
    depth_mm: Map


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """Radiance and geometry of one camera's view, before optics and sensor.

    Attributes:
        radiance: (rows, columns, 3) float32, linear RGB.
        raster: What each pixel shows.
    """

    radiance: Map
    raster: Raster


def rasterise(camera: Camera, placed: Sequence[Placed], step: int = 1) -> Raster:
    """Find what each pixel shows; ``step`` keeps every n-th grid point, for quick previews."""
    size = (camera.resolution.rows, camera.resolution.columns)
    colour = np.full((*size, 3), -1.0, np.float32)
    depth = np.full(size, _FAR_MM, np.float32)
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    angle = 2.0 * np.arctan(size[0] / 2 / camera.focal_px)
    scale = np.zeros((len(PartId), 2), np.float32)
    for part, pose in placed:
        stride = step if part.part is PartId.SKIN else 1
        grid = part.points[::stride, ::stride]
        rows, columns = grid.shape[:2]
        points = grid.reshape(-1, 3).astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]
        seen = camera.to_camera(points)
        z = seen[:, 2]
        pixel = camera.pixels(seen[:, 0] / z, seen[:, 1] / z)
        x = (pixel[:, 0] - (size[1] - 1) / 2) / camera.focal_px * z
        y = (pixel[:, 1] - (size[0] - 1) / 2) / camera.focal_px * z
        place = np.empty((rows, columns, 3), np.float32)
        place[..., 0] = np.arange(columns, dtype=np.float32) / columns
        place[..., 1] = (np.arange(rows, dtype=np.float32) / rows)[:, None]
        place[..., 2] = part.part / 16.0
        scale[part.part] = (columns * stride, rows * stride)
        cv2.triangleRasterize(
            np.stack([x, -y, -z], axis=-1).astype(np.float32),
            triangles(rows, columns),
            place.reshape(-1, 3),
            colour,
            depth,
            np.eye(4),
            angle,
            _NEAR_MM,
            _FAR_MM,
            settings,
        )
    number = np.maximum(np.rint(colour[..., 2] * 16.0), 0).astype(np.uint8)
    return Raster(
        part=number,
        column=colour[..., 0] * scale[number, 0],
        row=colour[..., 1] * scale[number, 1],
        depth_mm=np.where(number > 0, depth, np.float32(np.nan)).astype(np.float32),
    )


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
    gloss *= open_
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


def compose(
    raster: Raster,
    camera: Camera,
    *,
    placed: Sequence[Placed],
    panels: Panels,
    asset: HeadAsset | None,
    card: Card | None,
    lit: Mapping[PartId, Lit],
) -> Map:
    """Colour every pixel: (rows, columns, 3) float32, linear RGB radiance."""
    poses = {part.part: (part, pose) for part, pose in placed}
    white = panels.power.sum(axis=0) / max(float(panels.power.max()) * len(panels.power), 1e-9)
    radiance = np.empty((*raster.part.shape, 3), np.float32)
    radiance[:] = _BACKGROUND * white.astype(np.float32)
    surface = None
    if asset is not None:
        maps = asset.maps
        surface = np.dstack([maps.distances, maps.pore_depth, maps.gloss]).astype(np.float32)
    for top in range(0, raster.part.shape[0], _BAND_ROWS):
        band = slice(top, top + _BAND_ROWS)
        shown = raster.part[band]
        for number in np.unique(shown):
            part_id = PartId(int(number))
            if part_id is PartId.NOTHING:
                continue
            mask = shown == number
            columns = np.flatnonzero(mask.any(axis=0))
            rows = np.flatnonzero(mask.any(axis=1))
            box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            column = np.ascontiguousarray(raster.column[band][box])
            row = np.ascontiguousarray(raster.row[band][box])
            part, pose = poses[part_id]
            if part_id is PartId.SKIN and asset is not None and surface is not None:
                colour = _skin(asset, lit[part_id], surface, column, row)
            elif part_id is PartId.CARD and card is not None:
                rows_, columns_ = part.points.shape[:2]
                high, wide = card.reflectance.shape[:2]
                x = column * np.float32(wide / (columns_ - 1)) - np.float32(0.5)
                y = row * np.float32(high / (rows_ - 1)) - np.float32(0.5)
                colour = _read(card.reflectance, x, y) * _lit(lit[part_id], column, row)[0]
            else:
                colour = _other(
                    part,
                    pose,
                    lit[part_id],
                    column,
                    row,
                    camera=camera,
                    panels=panels,
                    asset=asset,
                )
            target = radiance[band][box]
            inside = mask[box]
            target[inside] = colour[inside]
    return radiance


def _other(
    part: Part,
    pose: NDArray[np.float64],
    lit: Lit,
    column: Map,
    row: Map,
    *,
    camera: Camera,
    panels: Panels,
    asset: HeadAsset | None,
) -> Map:
    diffuse, gloss = _lit(lit, column, row)
    shade = _read(part.shade, column, row)[..., None]
    if asset is None or part.part is PartId.DRAPE:
        return np.asarray(diffuse * shade * _DRAPE, dtype=np.float32)
    if part.part in (PartId.EYE_LEFT, PartId.EYE_RIGHT):
        points = _read(part.points, column, row)
        colour = eye_radiance(
            form=HeadForm(asset.surface.identity),
            typology=asset.typology,
            part=part.part,
            points_mm=points.reshape(-1, 3),
            diffuse=diffuse.reshape(-1, 3),
            pose=pose,
            panels=panels,
            camera_mm=camera.position_mm,
        )
        return colour.reshape(diffuse.shape)
    base = melanin_of(asset.typology)
    ear = paint(
        np.full((1, 1), base, np.float32), np.full((1, 1), 1.6 * BLOOD_FRACTION, np.float32)
    )
    through = shade ** np.array([0.75, 1.1, 1.2], np.float32)
    return np.asarray(diffuse * through * ear[0, 0] + 0.8 * gloss * shade, dtype=np.float32)


def light_all(
    placed: Sequence[Placed],
    panels: Panels,
    camera_mm: NDArray[np.float64],
    asset: HeadAsset | None,
    stride: int = 2,
) -> dict[PartId, Lit]:
    """Light every part for one viewing place; ``stride`` thins the skin's grid points."""
    glossy = (PartId.SKIN, PartId.EAR_LEFT, PartId.EAR_RIGHT)
    return {
        part.part: light_part(
            part,
            pose,
            panels,
            camera_mm,
            occlusion=asset.occlusion if asset and part.part is PartId.SKIN else None,
            glossy=part.part in glossy,
            stride=stride if part.part is PartId.SKIN else 1,
        )
        for part, pose in placed
    }
