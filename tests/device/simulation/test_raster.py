"""Depth and correspondence are exact."""

from pathlib import Path

import numpy as np

from device.simulation.parts import PartId
from device.simulation.raster import Raster, rasterise
from device.simulation.rig import Camera, stereo_rig
from tests.device.simulation.stage import SCENE, SMALL, asset, bilinear, on_mesh


def _rasters(cache: Path) -> tuple[Raster, Raster]:
    rig, pose = stereo_rig(SMALL), SCENE.head_pose()
    placed = [(part, pose) for part in asset(cache).parts]
    return rasterise(rig.left, placed), rasterise(rig.right, placed)


def _skin_pixels(raster: Raster, count: int) -> tuple[np.ndarray, np.ndarray]:
    row, column = np.nonzero(raster.part == PartId.SKIN)
    chosen = np.random.default_rng(4).choice(len(row), count, replace=False)
    return row[chosen], column[chosen]


def _to_rig(points: np.ndarray) -> np.ndarray:
    pose = SCENE.head_pose()
    return np.asarray(points @ pose[:3, :3].T + pose[:3, 3])


def _inside(camera: Camera, pixels: np.ndarray) -> np.ndarray:
    limit = [camera.resolution.columns - 2, camera.resolution.rows - 2]
    return np.asarray(((pixels >= 1) & (pixels < limit)).all(axis=-1))


def test_the_depth_of_a_pixel_leads_back_to_its_place_on_the_mesh(cache: Path) -> None:
    raster, camera = _rasters(cache)[0], stereo_rig(SMALL).left
    row, column = _skin_pixels(raster, 4000)
    pixels = np.stack([column, row], axis=-1).astype(np.float64)
    there = camera.to_rig(camera.rays(pixels) * raster.depth_mm[row, column, None])
    place = on_mesh(
        asset(cache).surface.points, raster.column[row, column], raster.row[row, column]
    )
    assert np.abs(there - _to_rig(place)).max() < 0.02


def test_left_and_right_see_the_same_point_of_the_skin_within_a_tenth_pixel(cache: Path) -> None:
    left, right = _rasters(cache)
    rig, points = stereo_rig(SMALL), asset(cache).surface.points
    row, column = _skin_pixels(left, 6000)
    place = _to_rig(on_mesh(points, left.column[row, column], left.row[row, column]))
    seen = rig.right.project(place)
    kept = _inside(rig.right, seen)
    place, seen = place[kept], seen[kept]
    corner = np.floor(seen).astype(int)
    around = np.stack(
        [right.part[corner[:, 1] + dy, corner[:, 0] + dx] for dy in (0, 1) for dx in (0, 1)]
    )
    depth = np.stack(
        [right.depth_mm[corner[:, 1] + dy, corner[:, 0] + dx] for dy in (0, 1) for dx in (0, 1)]
    )
    # Correspondence exists where the right camera sees skin there, at that depth and unbroken.
    own = rig.right.to_camera(place)[:, 2]
    smooth = (around == PartId.SKIN).all(axis=0) & (np.ptp(depth, axis=0) < 1.0)
    smooth &= np.abs(depth.mean(axis=0) - own) < 0.7
    assert smooth.sum() > 3000
    there = on_mesh(
        points,
        bilinear(right.column, seen[smooth]).astype(np.float32),
        bilinear(right.row, seen[smooth]).astype(np.float32),
    )
    error = np.linalg.norm(rig.right.project(_to_rig(there)) - seen[smooth], axis=-1)
    assert np.percentile(error, 99) < 0.1


def test_nothing_is_seen_beside_the_head(cache: Path) -> None:
    raster = _rasters(cache)[0]
    assert np.isnan(raster.depth_mm[raster.part == PartId.NOTHING]).all()
    assert np.isfinite(raster.depth_mm[raster.part != PartId.NOTHING]).all()
    assert raster.part[2, 2] == PartId.NOTHING


def test_a_thinned_grid_shows_the_same_head(cache: Path) -> None:
    rig, pose = stereo_rig(SMALL), SCENE.head_pose()
    placed = [(part, pose) for part in asset(cache).parts]
    fine, coarse = rasterise(rig.left, placed), rasterise(rig.left, placed, step=2)
    both = (fine.part == PartId.SKIN) & (coarse.part == PartId.SKIN)
    assert both.sum() > 0.98 * (fine.part == PartId.SKIN).sum()
    assert float(np.median(np.abs(fine.depth_mm[both] - coarse.depth_mm[both]))) < 0.05
    assert float(np.median(np.abs(fine.column[both] - coarse.column[both]))) < 0.1
