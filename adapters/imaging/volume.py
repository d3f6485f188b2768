"""How far a face moved out or in between two captures, place by place, and how much volume that is.

Rules kept here:

1. Everything is told on the rays of the earlier left camera: where each meets the later surface is
   found on that surface, so no pixel is shared out or filled in.
2. Added volume is positive: the later surface lies nearer to the camera.
3. Only pixels that both captures measured count; how much of a region they cover is told with the
   result, and nothing is extrapolated [imaging of unseen cheeks overstated volume by 13 %].
4. A distance that its neighbourhood contradicts is a mismatch of depth, not a change, and is left
   out; where the surface is seen at a grazing angle, nothing is measured.

Source: volume between two surfaces along rays of a pinhole camera, from the integral of Z^2 dZ over
the pixel's area on the plane z = 1: (Z1^3 - Z2^3) / 3 times that area; for square pixels without
distortion the area is 1 / f^2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.pixels import Mask
from adapters.imaging.registration import Rigid
from adapters.imaging.surface import Surface
from domain.values.facial_region import FacialRegion

Floats = NDArray[np.float64]

METHOD: Final = "volume-change/1"
CUBIC_MM_PER_CUBIC_CM: Final = 1000.0
LEAST_FACING: Final = 0.3
NEIGHBOURHOOD_MM: Final = 1.0
REJECTED_BEYOND: Final = 4.0

_ROUNDS: Final = 12
_MET_MM: Final = 1e-4
_MAD: Final = 1.4826
_WINDOW: Final = 5
_LEAST_SCALE_MM: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DistanceMap:
    """What changed between two aligned surfaces, on the pixels of the earlier one.

    Attributes:
        distance_mm: (rows, columns) float64, along the earlier normal, outwards positive; NaN
            where not measured.
        covered: (rows, columns) bool, where both captures measured and no mismatch was found.
        rejected: (rows, columns) bool, where the neighbourhood contradicts.
        volume_mm3: (rows, columns) float64, each pixel's share of the change; 0 where not covered.
        lever_mm2: (rows, columns) float64, change of a pixel's volume per millimetre of depth.
        facing: (rows, columns) float64, minus the normal along the ray (scaled to z = 1).
        sigma_mm: (rows, columns) float64, standard uncertainty of the difference of the two depths.
    """

    distance_mm: Floats
    covered: Mask
    rejected: Mask
    volume_mm3: Floats
    lever_mm2: Floats
    facing: Floats
    sigma_mm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionVolume:
    """The change of one region.

    Attributes:
        change_mm3: Change over the covered pixels.
        coverage: Share of the region's pixels that are covered, 0..1.
        area_mm2: Area of the covered skin.
        mean_distance_mm: Change over area.
    """

    change_mm3: float
    coverage: float
    area_mm2: float
    mean_distance_mm: float


def distance_map(earlier: Surface, later: Surface, motion: Rigid) -> DistanceMap:
    """Return what changed between two surfaces.

    Args:
        earlier: The earlier surface.
        later: The later surface.
        motion: Lays the later over the earlier one.
    """
    fix_arithmetic()
    rays = np.concatenate([earlier.rays, np.ones_like(earlier.rays[..., :1])], axis=-1)
    facing = -np.sum(earlier.normals * rays, axis=-1)
    cosine = facing / np.linalg.norm(rays, axis=-1)
    usable = earlier.valid & (np.nan_to_num(cosine) > LEAST_FACING)
    first = earlier.depth_mm[usable]
    second, sigma = _met(later, motion, rays[usable], first)
    areas = earlier.areas()
    shape = earlier.shape
    distance = _spread(shape, usable, (first - second) * facing[usable])
    known = np.isfinite(distance)
    noise = _spread(shape, usable, np.hypot(earlier.sigma_mm[usable], sigma))
    rejected = _contradicted(distance, earlier)
    covered = np.asarray(known & ~rejected, np.bool_)
    change = _spread(shape, usable, (first**3 - second**3) / 3 * areas[usable])
    lever = _spread(shape, usable, first**2 * areas[usable])
    return DistanceMap(
        distance_mm=distance,
        covered=covered,
        rejected=rejected,
        volume_mm3=np.where(covered, change, 0.0),
        lever_mm2=np.where(covered, lever, 0.0),
        facing=facing,
        sigma_mm=noise,
    )


def region_volumes(
    found: DistanceMap, regions: Mapping[FacialRegion, Mask]
) -> dict[FacialRegion, RegionVolume]:
    """Return the change of each region that has pixels; masks are on the earlier map.

    Of a region without any nothing was seen, and there is no number: who asks says that.
    """
    measured = {}
    for region, mask in regions.items():
        pixels = int(mask.sum())
        if not pixels:
            continue
        inside = mask & found.covered
        area = float((found.lever_mm2[inside] / found.facing[inside]).sum())
        change = float(found.volume_mm3[inside].sum())
        measured[region] = RegionVolume(
            change_mm3=change,
            coverage=float(inside.sum()) / pixels,
            area_mm2=area,
            mean_distance_mm=change / area if area else 0.0,
        )
    return measured


def _met(later: Surface, motion: Rigid, rays: Floats, start_mm: Floats) -> tuple[Floats, Floats]:
    """Return the depth at which each ray meets the later surface, and that depth's sigma.

    Newton's steps on the later surface's tangent planes; rays that do not settle give NaN.
    """
    turned = rays @ motion.rotation
    depth = start_mm.copy()
    moved = np.full(len(depth), np.inf)
    places = np.empty((len(depth), 2))
    at = np.arange(len(depth))
    for _ in range(_ROUNDS):
        points = motion.back(rays[at] * depth[at, None])
        places[at] = later.places_px(points)
        seen = later.depth_at(places[at])
        normals = later.normals_at(places[at])
        along = np.sum(normals * turned[at], axis=1)
        gap = np.sum(normals * points, axis=1) * (seen / points[:, 2] - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = gap / along
        depth[at] += step
        moved[at] = np.abs(step)
        at = at[np.isfinite(step) & (np.abs(step) > _MET_MM)]
        if not len(at):
            break
    length = np.linalg.norm(turned, axis=1)
    grazing = -np.sum(later.normals_at(places) * turned, axis=1) / length
    settled = (moved <= _MET_MM) & (np.nan_to_num(grazing) > LEAST_FACING)
    return np.where(settled, depth, np.nan), later.sigma_at(places)


def _spread(shape: tuple[int, int], where: Mask, values: Floats) -> Floats:
    whole = np.full(shape, np.nan)
    whole[where] = values
    return whole


def _contradicted(distance: Floats, surface: Surface) -> Mask:
    """Return where a distance is far from the median of its neighbourhood.

    The neighbourhood is five blocks of a millimetre, both ways. What is far follows from the
    scatter of all distances about their neighbourhoods and from how much the blocks around differ
    among themselves, so that the flank of a real change is none.
    """
    pixel_mm = float(np.nanmedian(surface.depth_mm)) * surface.step / surface.camera.focal_x_px
    block = max(1, round(NEIGHBOURHOOD_MM / pixel_mm))
    medians = _blocks(distance, block)
    around = _medians(_neighbourhoods(medians))
    slope = _MAD * _medians(np.abs(_neighbourhoods(medians) - around[..., None]))
    rows, columns = distance.shape
    down = np.minimum(np.arange(rows) // block, medians.shape[0] - 1)
    across = np.minimum(np.arange(columns) // block, medians.shape[1] - 1)
    apart = np.abs(distance - around[down][:, across])
    known = np.isfinite(apart)
    if not known.any():
        return np.zeros(distance.shape, np.bool_)
    scale = max(_MAD * float(np.median(apart[known])), _LEAST_SCALE_MM)
    allowed = REJECTED_BEYOND * scale + slope[down][:, across]
    return np.asarray(known & ~(apart <= allowed), np.bool_)


def _blocks(values: Floats, block: int) -> Floats:
    """Return the median of each block of ``block`` x ``block`` pixels."""
    rows, columns = values.shape[0] // block, values.shape[1] // block
    cut = values[: rows * block, : columns * block].reshape(rows, block, columns, block)
    return _medians(cut.swapaxes(1, 2).reshape(rows, columns, -1))


def _neighbourhoods(values: Floats) -> Floats:
    """Return each value with those around it: (rows, columns, 25); NaN beyond the edge."""
    padded = np.pad(values, _WINDOW // 2, constant_values=np.nan)
    windows = sliding_window_view(padded, (_WINDOW, _WINDOW))
    return np.asarray(windows.reshape(*values.shape, -1), np.float64)


def _medians(values: Floats) -> Floats:
    """Return medians over the last axis of what is known; NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = np.isfinite(values).sum(axis=-1)
    last = np.maximum(count - 1, 0)
    low = np.take_along_axis(ordered, (last // 2)[..., None], axis=-1)
    high = np.take_along_axis(ordered, ((last + 1) // 2)[..., None], axis=-1)
    return np.where(count > 0, (low + high)[..., 0] / 2, np.nan)
