"""How uncertain a change of volume is: depth noise, registration, calibration, repeatability.

Rules kept here:

1. Errors of neighbouring depths are alike. How far that reaches is read off the stable face, where
   nothing changed: the sum of the covariance of its distances over all offsets. Taking pixels for
   independent would promise tens of times too much.
2. The registration's covariance is carried to each region by the derivative of its volume.
3. A disparity that is wrong everywhere by the same amount bends the face; what of that the
   registration does not take up is the calibration's part, with the scale of the baseline.
4. Repeatability is empirical: of this visit's repeats where there are some, never less than the
   claim's study found. It holds depth noise and registration once more; counting them twice keeps
   the interval on the wide side.
5. Combined by the root of the sum of squares, expanded with coverage factor 2.

Source: JCGM 100:2008 (GUM), 5.1.2 and 6.2; Rolstad, Haug and Denby 2009, doi
10.3189/002214309789470950 (variance of a mean of correlated differences of two surfaces, read off
stable ground).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.pixels import Mask
from adapters.imaging.registration import Registration
from adapters.imaging.surface import Surface
from adapters.imaging.volume import CUBIC_MM_PER_CUBIC_CM, DistanceMap
from domain.values.volume_change import Uncertainty

Floats = NDArray[np.float64]

COVERAGE_FACTOR: Final = 2.0
FARTHEST_MM: Final = 20.0
_FEWEST_PAIRS: Final = 200
_NO_CORRELATION: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """How alike errors of neighbouring distances are, in standard uncertainties of each.

    Attributes:
        variance: Variance of the standardised distances on the stable face; 1 where the stated
            uncertainties are right.
        sum_px: Sum of their covariance over all offsets, in pixels of the map; at least
            ``variance``.
    """

    variance: float
    sum_px: float


def correlation(found: DistanceMap, stable: Mask, *, pixel_mm: float) -> Correlation:
    """Return how alike errors are, from the distances on the stable face.

    Args:
        found: The distances.
        stable: The stable face on the earlier map.
        pixel_mm: Size of a pixel of the map on the face.
    """
    used = stable & found.covered
    rows, columns = np.nonzero(used)
    if len(rows) < _FEWEST_PAIRS:
        return Correlation(variance=_NO_CORRELATION, sum_px=float(max(1, used.sum())))
    window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    inside = used[window]
    spread = found.sigma_mm[window] * found.facing[window]
    with np.errstate(invalid="ignore"):
        values = np.where(inside, found.distance_mm[window] / spread, 0.0)
    sums, pairs = _autocovariance(values), _autocovariance(inside.astype(np.float64))
    down, across = (np.minimum(np.arange(n), n - np.arange(n)) for n in sums.shape)
    offset = np.hypot(down[:, None], across[None, :])
    farthest = max(2, min(int(FARTHEST_MM / pixel_mm), min(inside.shape) // 2))
    total = 0.0
    variance = float(sums[0, 0] / pairs[0, 0])
    rings = np.rint(offset).astype(np.intp)
    near = rings <= farthest
    ring_sums = np.bincount(rings[near], sums[near], farthest + 1)
    ring_pairs = np.bincount(rings[near], pairs[near], farthest + 1)
    ring_sizes = np.bincount(rings[near], minlength=farthest + 1)
    for covariance, count, size in zip(ring_sums, ring_pairs, ring_sizes, strict=True):
        mean = covariance / count if count >= _FEWEST_PAIRS else 0.0
        if mean <= 0:  # the registration makes far distances opposite; that is no independence
            break
        total += float(mean) * float(size)
    return Correlation(variance=max(variance, 1.0), sum_px=max(total, variance, 1.0))


def _autocovariance(values: Floats) -> Floats:
    """Return sums of products at every offset, wrapped: offset (i, j) and (-i, -j) are alike."""
    rows, columns = (2 * n for n in values.shape)
    power = np.abs(np.fft.rfft2(values, (rows, columns))) ** 2
    return np.asarray(np.fft.irfft2(power, (rows, columns)), np.float64)


def depth_noise_mm3(found: DistanceMap, region: Mask, alike: Correlation) -> float:
    """Return the standard uncertainty of a region's volume from the noise of both depths."""
    each = (found.lever_mm2 * np.nan_to_num(found.sigma_mm))[region & found.covered]
    independent = float((each**2).sum()) * alike.sum_px
    all_alike = float(each.sum()) ** 2 * alike.variance
    return math.sqrt(min(independent, all_alike))


def registration_mm3(
    earlier: Surface, found: DistanceMap, region: Mask, fit: Registration, alike: Correlation
) -> float:
    """Return the standard uncertainty of a region's volume from that of the registration."""
    slope = _by_motion(earlier, found, region & found.covered, fit.centre_mm)
    covariance = fit.covariance * inflation(fit, alike)
    return math.sqrt(max(0.0, float(slope @ covariance @ slope)))


def inflation(fit: Registration, alike: Correlation) -> float:
    """Return by how much errors that are alike raise the covariance of a registration."""
    return max(1.0, alike.sum_px / alike.variance / fit.spacing_px**2)


def calibration_mm3(
    earlier: Surface,
    found: DistanceMap,
    region: Mask,
    stable: Mask,
    *,
    change_mm3: float,
    calibration: StereoCalibration,
    fit: Registration,
    disparity_px: float,
    baseline_mm: float,
) -> float:
    """Return the standard uncertainty of a region's volume from that of the rig's geometry.

    Args:
        earlier: The earlier surface.
        found: The distances.
        region: The region.
        stable: The stable face on the earlier map.
        change_mm3: The change of the region.
        calibration: The rig.
        fit: The registration.
        disparity_px: Standard uncertainty of a disparity common to the whole picture, between the
            two captures, pixels of the stored picture.
        baseline_mm: Standard uncertainty of the baseline, common to both captures.
    """
    focal_px = calibration.left.focal_x_px
    bent = earlier.depth_mm**2 / (focal_px * calibration.baseline_mm)  # mm of depth per pixel
    used = stable & found.covered
    rows = _motion_rows(earlier, used, fit.centre_mm)
    taken_up, *_ = np.linalg.lstsq(rows, (bent * found.facing)[used], rcond=None)
    inside = region & found.covered
    left = float((found.lever_mm2 * bent)[inside].sum()) - float(
        _by_motion(earlier, found, inside, fit.centre_mm) @ taken_up
    )
    scale = 3.0 * baseline_mm / calibration.baseline_mm * change_mm3
    return math.hypot(left * disparity_px, scale)


def repeatability_mm3(repeats_mm3: Sequence[float], studied_mm3: float) -> float:
    """Return the standard deviation of a change between captures where nothing changed.

    Args:
        repeats_mm3: Changes measured between repeats of one visit, each pair of them once.
        studied_mm3: What the claim's study found.
    """
    if not repeats_mm3:
        return studied_mm3
    measured = math.sqrt(sum(each**2 for each in repeats_mm3) / len(repeats_mm3))
    return max(measured, studied_mm3)


def combined(
    *, noise_mm3: float, registration_mm3: float, calibration_mm3: float, repeatability_mm3: float
) -> Uncertainty:
    """Return the uncertainties in cubic centimetres with their combination."""
    parts = [
        each / CUBIC_MM_PER_CUBIC_CM
        for each in (noise_mm3, registration_mm3, calibration_mm3, repeatability_mm3)
    ]
    return Uncertainty(
        depth_noise=parts[0],
        registration=parts[1],
        calibration=parts[2],
        repeatability=parts[3],
        expanded=COVERAGE_FACTOR * math.hypot(*parts),
        coverage_factor=COVERAGE_FACTOR,
    )


def _motion_rows(earlier: Surface, where: Mask, centre_mm: Floats) -> Floats:
    """Return each marked point's motion along its normal by rotation and shift: (n, 6)."""
    normals = earlier.normals[where]
    arms = earlier.points_mm(where) - centre_mm
    return np.concatenate([np.cross(arms, normals), normals], axis=1)


def _by_motion(earlier: Surface, found: DistanceMap, where: Mask, centre_mm: Floats) -> Floats:
    """Return the derivative of a region's volume by rotation and shift: (6,).

    A point that moves by d along its normal moves the surface by d / facing along the ray.
    """
    rows = _motion_rows(earlier, where, centre_mm)
    reach = (found.lever_mm2 / found.facing)[where]
    return np.asarray(rows.T @ reach, np.float64)
