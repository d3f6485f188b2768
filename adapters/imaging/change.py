"""From two faces with depth to the change of each region, with everything that makes it uncertain.

Rules kept here:

1. Both faces are registered on the stable face, then compared on the earlier face's rays; repeats
   of one visit are compared with one another in the same way.
2. Nothing is decided here: numbers go out with their uncertainties, coverage and residual, and the
   rules of the domain say what may be told.
3. The picture of distances lies over the later capture, which is the one being assessed.

Source: ``registration.py``, ``volume.py`` and ``change_uncertainty.py`` name theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging import change_uncertainty as uncertain
from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.pixels import Mask
from adapters.imaging.registration import METHOD as ALIGNMENT_METHOD
from adapters.imaging.registration import (
    STABLE_REGIONS,
    Registration,
    Rigid,
    from_landmarks,
    register,
)
from adapters.imaging.surface import Surface
from adapters.imaging.volume import DistanceMap, RegionVolume, distance_map, region_volumes
from domain.values.facial_region import FacialRegion
from domain.values.volume_change import Alignment, Uncertainty

Floats = NDArray[np.float64]

METHOD: Final = "volume-change/1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One capture's face with depth and regions.

    Attributes:
        surface: Its surface.
        regions: (rows, columns) bool for each region, on the surface's pixels.
        landmarks_px: (n, 2) column and row of landmarks in the surface's pixels, the same ones in
            every face; none to register by depth alone.
    """

    surface: Surface
    regions: Mapping[FacialRegion, Mask]
    landmarks_px: Floats | None = None

    @property
    def stable(self) -> Mask:
        """The stable face."""
        stable = np.zeros(self.surface.shape, np.bool_)
        for region in STABLE_REGIONS:
            stable |= self.regions.get(region, False)
        return stable

    @property
    def landmarks_mm(self) -> Floats | None:
        """The landmarks on the surface, in the left camera's axes; NaN where it has no depth."""
        if self.landmarks_px is None:
            return None
        depth = self.surface.depth_at(self.landmarks_px)
        column, row = np.rint(np.nan_to_num(self.landmarks_px)).astype(np.intp).T
        rows, columns = self.surface.shape
        rays = self.surface.rays[row.clip(0, rows - 1), column.clip(0, columns - 1)]
        return np.column_stack([rays * depth[:, None], depth])


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How surely the rig's geometry is known between two captures.

    Attributes:
        calibration: The rig of the earlier capture.
        disparity_px: Standard uncertainty of a disparity common to the whole picture, pixels of
            the stored picture.
        baseline_mm: Standard uncertainty of the baseline.
    """

    calibration: StereoCalibration
    disparity_px: float
    baseline_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRegion:
    """The change of one region.

    Attributes:
        volume: The change.
        uncertainty: How uncertain it is, in cubic centimetres.
        repeats_apart_cm3: Largest change between repeats of one visit; none without repeats.
    """

    volume: RegionVolume
    uncertainty: Uncertainty
    repeats_apart_cm3: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredChange:
    """What changed between two captures.

    Attributes:
        fit: The registration.
        found: Distances on the earlier map.
        shown_mm: (rows, columns) float32, distances on the later map, outwards positive; NaN
            where not measured.
        alike: How alike errors of neighbouring distances are.
        regions: The change of each region asked for that both captures show.
    """

    fit: Registration
    found: DistanceMap
    shown_mm: NDArray[np.float32]
    alike: uncertain.Correlation
    regions: Mapping[FacialRegion, MeasuredRegion]

    @property
    def alignment(self) -> Alignment:
        """The registration as it is recorded."""
        return alignment_of(self.fit, self.alike)


def measure_change(
    earlier: Face,
    later: Face,
    *,
    geometry: Geometry,
    studied_sd_mm3: Mapping[FacialRegion, float],
    repeats: Sequence[tuple[Face, Face]] = (),
) -> MeasuredChange:
    """Return what changed between two captures, region by region.

    Args:
        earlier: The earlier face.
        later: The later face.
        geometry: How surely the rig is known.
        studied_sd_mm3: Standard deviation of null changes that the claim's study found, for each
            region to be measured.
        repeats: Pairs of repeats, both of one visit; the first of each pair is compared on.

    Raises:
        RuleViolation: the faces cannot be registered.
    """
    fit = _fit(earlier, later)
    found = distance_map(earlier.surface, later.surface, fit.motion)
    stable = earlier.stable
    pixel_mm = _pixel_mm(earlier.surface)
    alike = uncertain.correlation(found, stable, pixel_mm=pixel_mm)
    asked = {each: earlier.regions[each] for each in studied_sd_mm3 if each in earlier.regions}
    between = [_between(first, second) for first, second in repeats]
    measured = {}
    for region, volume in region_volumes(found, asked).items():
        null_mm3 = [each[region].change_mm3 for each in between if region in each]
        measured[region] = MeasuredRegion(
            volume=volume,
            uncertainty=uncertain.combined(
                noise_mm3=uncertain.depth_noise_mm3(found, asked[region], alike),
                registration_mm3=uncertain.registration_mm3(
                    earlier.surface, found, asked[region], fit, alike
                ),
                calibration_mm3=uncertain.calibration_mm3(
                    earlier.surface,
                    found,
                    asked[region],
                    stable,
                    change_mm3=volume.change_mm3,
                    calibration=geometry.calibration,
                    fit=fit,
                    disparity_px=geometry.disparity_px,
                    baseline_mm=geometry.baseline_mm,
                ),
                repeatability_mm3=uncertain.repeatability_mm3(null_mm3, studied_sd_mm3[region]),
            ),
            repeats_apart_cm3=max(map(abs, null_mm3)) / 1000.0 if null_mm3 else None,
        )
    return MeasuredChange(
        fit=fit,
        found=found,
        shown_mm=_shown(earlier, later, fit.motion),
        alike=alike,
        regions=measured,
    )


def alignment_of(fit: Registration, alike: uncertain.Correlation) -> Alignment:
    """Return a registration as it is recorded, its covariance for errors that are alike."""
    cosine = np.clip((np.trace(fit.motion.rotation) - 1) / 2, -1, 1)
    angle = float(np.arccos(cosine))
    axis = np.array(
        [
            fit.motion.rotation[2, 1] - fit.motion.rotation[1, 2],
            fit.motion.rotation[0, 2] - fit.motion.rotation[2, 0],
            fit.motion.rotation[1, 0] - fit.motion.rotation[0, 1],
        ]
    )
    length = float(np.linalg.norm(axis))
    turn = np.degrees(axis * (angle / length)) if length > 0 else np.zeros(3)
    covariance = fit.covariance * uncertain.inflation(fit, alike)
    return Alignment(
        rotation_deg=tuple(turn.tolist()),
        translation_mm=tuple(fit.motion.shift_mm.tolist()),
        residual_mm=fit.residual_mm,
        inlier_share=fit.inlier_share,
        overlap=fit.overlap,
        covariance=tuple(covariance.reshape(-1).tolist()),
        centre_mm=tuple(fit.centre_mm.tolist()),
        method=ALIGNMENT_METHOD,
    )


def _fit(earlier: Face, later: Face) -> Registration:
    first, second = earlier.landmarks_mm, later.landmarks_mm
    start = from_landmarks(first, second) if first is not None and second is not None else None
    return register(
        earlier.surface,
        later.surface,
        stable_earlier=earlier.stable,
        stable_later=later.stable,
        start=start,
    )


def _between(first: Face, second: Face) -> dict[FacialRegion, RegionVolume]:
    motion = _fit(first, second).motion
    return region_volumes(distance_map(first.surface, second.surface, motion), first.regions)


def _shown(earlier: Face, later: Face, motion: Rigid) -> NDArray[np.float32]:
    back = Rigid(rotation=motion.rotation.T, shift_mm=-motion.rotation.T @ motion.shift_mm)
    found = distance_map(later.surface, earlier.surface, back)
    return np.where(found.covered, -found.distance_mm, np.nan).astype(np.float32)


def _pixel_mm(surface: Surface) -> float:
    return float(np.nanmedian(surface.depth_mm)) * surface.step / surface.camera.focal_x_px
