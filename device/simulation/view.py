"""What one camera sees of a scene, as radiance, before lens and sensor.

Rules kept here:

1. A view is decided by the scene and the camera; it knows no exposure and no noise.
2. Of two people, and of a head and what stands before it, each pixel shows what is nearer.
3. A photograph is printed from a view of the person under the full ring, life-size.
"""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.accessories import build_glasses, build_hand
from device.simulation.appearance import Appearance
from device.simulation.assets import Arrays, HeadAsset, cache_name, head_asset, kept
from device.simulation.card import Card
from device.simulation.lights import RingLight, panels
from device.simulation.loaded_head import render_loaded
from device.simulation.parts import PartId
from device.simulation.raster import Placed, rasterise
from device.simulation.render import Stage, paint_view
from device.simulation.rig import WORKING_DISTANCE_MM, Camera, Resolution
from device.simulation.scene import Pose, Scene, Subject
from device.simulation.strands import strand_cover, strand_curves

_PRINT_MM: Final = (170.0, 226.67)
_PRINT_PIXELS: Final = Resolution(columns=1140, rows=1520)
_PAPER_WHITE: Final = 0.86
_PRINT_LIGHT: Final = 0.92


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """What one camera sees.

    Attributes:
        radiance: (rows, columns, 3) float32, linear RGB, 1 for a white matt surface.
        depth_mm: (rows, columns) float32, along the camera's axis, NaN where nothing is seen.
        part: (rows, columns) uint8, ``PartId``.
        hair: (rows, columns) uint8, how much strands of hair hide; none without strands.
    """

    radiance: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    part: NDArray[np.uint8]
    hair: NDArray[np.uint8] | None


def asset_of(who: Subject | None, folder: Path | None) -> HeadAsset | None:
    """Return the head of a person."""
    if who is None:
        return None
    return head_asset(who.identity(), who.typology, who.change, folder, who.appearance)


def head_placed(asset: HeadAsset, pose: Pose, worn: Appearance) -> list[Placed]:
    """Return a head and what is before it, in place."""
    placed: list[Placed] = [(part, pose) for part in asset.parts]
    if worn.glasses:
        placed.append((build_glasses(asset.surface), pose))
    if worn.hand:
        placed.append((build_hand(asset.surface), pose))
    return placed


def render(scene: Scene, camera: Camera, pose: Pose, step: int, folder: Path | None) -> View:
    """Return what a camera sees.

    Args:
        scene: What stands before the cameras.
        camera: Which one looks.
        pose: Head frame to rig frame, at the moment when this camera exposes.
        step: Keep every n-th grid point of the skin, for quick previews.
        folder: Where heads are kept.
    """
    person = scene.person()
    asset = asset_of(person, folder)
    placed = head_placed(asset, pose, person.appearance) if asset and person else []
    prints: dict[PartId, Card] = {}
    target = scene.card()
    if target is not None:
        prints[PartId.CARD] = target[0]
        placed.append((target[0].part(), target[1]))
    photograph = scene.photograph()
    if photograph is not None:
        prints[PartId.PRINT] = printed(photograph[0], folder)
        placed.append((prints[PartId.PRINT].part(PartId.PRINT), photograph[1]))
    light = scene.conditions().light(scene.light)
    view = _painted(placed, prints, asset, light=light, camera=camera, step=step)
    companion = scene.companion()
    if companion is not None:
        other = asset_of(companion[0], folder)
        if other is not None:
            beside = head_placed(other, companion[1], companion[0].appearance)
            seen = _painted(beside, {}, other, light=light, camera=camera, step=step)
            view = _nearer(view, seen)
    if scene.loaded is not None and scene.board is None:
        radiance, depth = render_loaded(scene.loaded, pose, camera, panels(light))
        part = np.where(np.isfinite(depth), np.uint8(PartId.HEAD), np.uint8(0))
        view = _nearer(view, View(radiance=radiance, depth_mm=depth, part=part, hair=None))
    if asset is not None and person is not None and person.appearance.hair:
        view = _with_hair(view, asset, pose, camera, person.appearance.hair)
    return view


def _painted(
    placed: list[Placed],
    prints: dict[PartId, Card],
    asset: HeadAsset | None,
    *,
    light: RingLight,
    camera: Camera,
    step: int,
) -> View:
    raster = rasterise(camera, placed, step)
    stage = Stage(placed=placed, panels=panels(light), asset=asset, prints=MappingProxyType(prints))
    radiance = paint_view(stage, camera, raster, stride=2 * step)
    return View(radiance=radiance, depth_mm=raster.depth_mm, part=raster.part, hair=None)


def _nearer(one: View, other: View) -> View:
    """Return two views of one camera as one."""
    before = (other.part > 0) & ~(one.depth_mm <= other.depth_mm)
    return View(
        radiance=np.where(before[..., None], other.radiance, one.radiance),
        depth_mm=np.where(before, other.depth_mm, one.depth_mm),
        part=np.where(before, other.part, one.part),
        hair=one.hair,
    )


def _with_hair(view: View, asset: HeadAsset, pose: Pose, camera: Camera, amount: float) -> View:
    curves = strand_curves(asset.surface, amount)
    cover = strand_cover(curves, pose, camera, view.depth_mm)
    skin = view.part == PartId.SKIN
    level = np.float32(float(view.radiance[skin].mean()) if skin.any() else 0.3)
    tone = asset.maps.hair_rgb * np.float32(2.4) * level + np.float32(0.004)
    share = cover.astype(np.float32)[..., None] / np.float32(255.0)
    radiance = view.radiance + (tone - view.radiance) * share
    return View(
        radiance=np.asarray(radiance, np.float32),
        depth_mm=view.depth_mm,
        part=view.part,
        hair=cover,
    )


def printed(who: Subject, folder: Path | None) -> Card:
    """Return a person's photograph, printed life-size on matt paper."""

    def make() -> Arrays:
        width, _ = _PRINT_MM
        camera = Camera(
            resolution=_PRINT_PIXELS,
            focal_px=_PRINT_PIXELS.columns / width * WORKING_DISTANCE_MM,
            centre_px=((_PRINT_PIXELS.columns - 1) / 2, (_PRINT_PIXELS.rows - 1) / 2),
            distortion=(0.0, 0.0, 0.0, 0.0, 0.0),
            rotation=np.eye(3),
            position_mm=np.zeros(3),
        )
        scene = Scene(subject=who, light=RingLight.even(temperature_k=6504.0), chart_in_view=False)
        view = render(scene, camera, scene.head_pose(), 1, folder)
        paper = np.clip(view.radiance * np.float32(_PRINT_LIGHT), 0.004, _PAPER_WHITE)
        return {"reflectance": paper.astype(np.float16)}

    arrays = kept(folder, cache_name("print", who), make)
    width, height = _PRINT_MM
    return Card(
        width_mm=width,
        height_mm=height,
        reflectance=np.asarray(arrays["reflectance"], dtype=np.float32),
        points_mm=np.zeros((0, 2)),
    )
