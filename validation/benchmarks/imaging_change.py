"""How right a change of volume is: registration, volume, and what can be told from no change.

Rules kept here:

1. The later capture is turned by 2.5 degrees and moved by 4 mm; the cheek gained 0, 0.5 or 1 cm³.
2. Volume is held against the exact change under the very pixels that were measured; how much of
   the region they cover, and so what was not seen, stands beside it.
3. What did not change, both cheeks of the null pair and the other cheek of all, gives the smallest
   change that is told from none. It is that of a rigid head and never a clinical one.
4. Regions are cut from the exact surface, so that no landmark's error is in these figures.
5. Skin classes are compared over every region, changed or not: once in cm³, where the two largest
   regions decide, and once with each region's errors as shares of their RMS over all classes, so
   that every region counts alike. Few pairs differ by chance: beside a ratio stands the one that as
   many equal classes exceed once in twenty times.

Source: Hartley (1950), Biometrika 37:308 (largest against smallest variance).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.change import Face, Geometry, MeasuredChange, measure_change
from adapters.imaging.depth import STEP, DepthMap, reconstruct_luma
from adapters.imaging.pixels import EncodedRgb, Mask, encoded_luma
from adapters.imaging.registration import Rigid
from adapters.imaging.surface import surface_of
from adapters.imaging.volume import distance_map
from device.simulation.identity import SessionChange, TypologyClass
from device.simulation.parts import PartId
from device.simulation.scene import HeadPose, Scene, Subject
from device.simulation.sensor import REFERENCE_EXPOSURE_US, Exposure
from device.simulation.station import CaptureSettings, SimulatedCapture, capture, forget_views
from domain.values.facial_region import FacialRegion
from validation.benchmarks.imaging_depth import calibrated
from validation.benchmarks.imaging_row import Extent, Row

IDENTITIES: Final = tuple(range(7401, 7411))
VOLUMES_CM3: Final = (0.0, 0.5, 1.0)
MOVED: Final = HeadPose(yaw_deg=2.5, right_mm=4.0)
FACTOR_95: Final = 1.96
_LIGHTEST: Final = 0.55
_CHEEK: Final = FacialRegion.CHEEK_LEFT
_OTHER: Final = FacialRegion.CHEEK_RIGHT
_DISPARITY_PX: Final = 0.02
_BASELINE_MM: Final = 0.03
# Left and right of each region in the head frame, then lower and upper end; millimetres.
_BOXES: Final[Mapping[FacialRegion, tuple[float, float, float, float]]] = {
    FacialRegion.FOREHEAD: (-42, 42, 26, 58),
    FacialRegion.GLABELLA: (-11, 11, 8, 26),
    FacialRegion.NOSE: (-14, 14, -38, 8),
    FacialRegion.TEMPLE_LEFT: (42, 58, 22, 45),
    FacialRegion.TEMPLE_RIGHT: (-58, -42, 22, 45),
    _CHEEK: (20, 62, -66, -14),
    _OTHER: (-62, -20, -66, -14),
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """One capture with its depth and its truth.

    Attributes:
        face: What is measured.
        exact: The same with exact depth.
        pose: Head frame to rig frame.
        taken: The capture.
    """

    face: Face
    exact: Face
    pose: Floats
    taken: SimulatedCapture


@dataclass(slots=True, kw_only=True)
class Errors:
    """What was found of one tone class."""

    registration_mm: list[float] = field(default_factory=list)
    volume_cm3: list[float] = field(default_factory=list)
    null_cm3: list[float] = field(default_factory=list)
    by_region_cm3: dict[FacialRegion, list[float]] = field(default_factory=dict)
    coverage: list[float] = field(default_factory=list)
    within: list[bool] = field(default_factory=list)

    @property
    def every_cm3(self) -> list[float]:
        """The errors of every region."""
        return [each for found in self.by_region_cm3.values() for each in found]


def rows(extent: Extent) -> Iterator[Row]:
    """Measure everything, row by row."""
    identities = IDENTITIES[:1] if extent.quick else IDENTITIES[: extent.identities]
    light, dark = TypologyClass.LIGHT, TypologyClass.DARK
    tones = (light, dark) if extent.quick else tuple(TypologyClass)
    found = {tone: Errors() for tone in tones}
    for identity in identities:
        for tone in tones:
            extent.progress(f"change: identity {identity}, {tone.value} skin")
            _measure(identity, tone, extent, found[tone])
    yield from _overall(list(found.values()), len(identities))
    for tone, errors in found.items():
        yield Row(
            metric=f"volume RMS by class: {tone.value}",
            measured=_rms(errors.volume_cm3),
            unit="cm³",
            remark=f"registration {_rms(errors.registration_mm):.4f} mm, all regions "
            f"{_rms(errors.every_cm3):.4f} cm³, coverage {min(errors.coverage):.2f} and more",
        )
    pairs = len(VOLUMES_CM3) * len(identities)
    for what, classes, counted in (
        ("volume RMS, all regions", [_rms(each.every_cm3) for each in found.values()], pairs),
        ("volume, every region alike", relative_rms(list(found.values())), pairs * len(_BOXES)),
        ("registration error", [_rms(each.registration_mm) for each in found.values()], pairs),
    ):
        yield Row(
            metric=f"{what}, worst class against the best",
            firm=1.5,
            measured=max(classes) / min(classes),
            unit="1",
            remark=f"{pairs} pairs each; by chance {equal_ratio(len(classes), counted):.2f} (95 %) "
            f"of {counted} independent errors",
        )


def _overall(found: list[Errors], identities: int) -> Iterator[Row]:
    null = [value for each in found for value in each.null_cm3]
    within = [value for each in found for value in each.within]
    coverage = [value for each in found for value in each.coverage]
    yield Row(
        metric="registration error on the stable face",
        firm=0.05,
        goal=0.01,
        measured=_rms([value for each in found for value in each.registration_mm]),
        unit="mm",
        remark=f"head turned 2.5°, moved 4 mm; {identities} identities",
    )
    yield Row(
        metric="volume RMS, cheek, 0, 0.5 and 1 cm³",
        firm=0.05,
        goal=0.015,
        measured=_rms([value for each in found for value in each.volume_cm3]),
        unit="cm³",
        remark=f"over covered pixels, {min(coverage):.2f} to {max(coverage):.2f} of the region",
    )
    yield Row(
        metric="rigid minimum detectable change, 95 %",
        firm=0.10,
        goal=0.03,
        measured=FACTOR_95 * _rms(null),
        unit="cm³",
        remark=f"of {len(null)} cheeks without change; a rigid head, never a clinical figure",
    )
    yield Row(
        metric="errors within the expanded interval",
        measured=float(np.mean(within)),
        unit="1",
        remark="0.95 is right; interval without repeatability, which a rigid head has not",
        least=True,
    )


def _measure(identity: int, tone: TypologyClass, extent: Extent, errors: Errors) -> None:
    factor = _factor(identity, tone, extent)
    before = _seen(identity, tone, extent, factor, pose=HeadPose(), volume_cm3=0.0, seed=1)
    rig = calibrated(before.taken.truth.calibrated)
    geometry = Geometry(calibration=rig, disparity_px=_DISPARITY_PX, baseline_mm=_BASELINE_MM)
    for number, volume in enumerate(VOLUMES_CM3):
        after = _seen(
            identity, tone, extent, factor, pose=MOVED, volume_cm3=volume, seed=2 + number
        )
        found = measure_change(
            before.face,
            after.face,
            geometry=geometry,
            studied_sd_mm3={_CHEEK: 0.0, _OTHER: 0.0},
        )
        _compare(before, after, found, errors)


def _compare(before: Seen, after: Seen, found: MeasuredChange, errors: Errors) -> None:
    motion = _true_motion(before, after)
    surface = before.exact.surface
    stable = before.face.stable & surface.valid
    points = surface.points_mm(np.asarray(stable, np.bool_))
    apart = np.linalg.norm(found.fit.motion(motion.back(points)) - points, axis=1)
    errors.registration_mm.append(float(np.sqrt((apart**2).mean())))
    exact = distance_map(surface, after.exact.surface, motion)
    for region, mask in before.face.regions.items():
        both = mask & found.found.covered & exact.covered
        off = float((found.found.volume_mm3[both] - exact.volume_mm3[both]).sum()) / 1000.0
        errors.by_region_cm3.setdefault(region, []).append(off)
        measured = found.regions.get(region)
        if measured is None:
            continue
        unchanged = region is _OTHER or after.taken.truth.cheek_volume_cm3 == 0
        if region is _CHEEK:
            errors.volume_cm3.append(off)
        if unchanged:
            errors.null_cm3.append(off)
        errors.coverage.append(measured.volume.coverage)
        errors.within.append(abs(off) <= measured.uncertainty.expanded)


def _factor(identity: int, tone: TypologyClass, extent: Extent) -> float:
    """Return how much longer this tone is exposed, as the station does."""
    scene = Scene(subject=Subject(identity_seed=identity, typology=tone))
    forget_views()
    plain = capture(scene, CaptureSettings(resolution=extent.resolution), 1, extent.cache)
    level = float(np.percentile(plain.left.linear[plain.part == PartId.SKIN, 1], 95))
    return min(_LIGHTEST / level, 8.0)


def _seen(
    identity: int,
    tone: TypologyClass,
    extent: Extent,
    factor: float,
    *,
    pose: HeadPose,
    volume_cm3: float,
    seed: int,
) -> Seen:
    change = SessionChange(cheek_volume_cm3=volume_cm3)
    scene = Scene(subject=Subject(identity_seed=identity, typology=tone, change=change), pose=pose)
    exposure = Exposure(exposure_us=round(REFERENCE_EXPOSURE_US * factor))
    settings = CaptureSettings(resolution=extent.resolution, exposure=exposure)
    taken = capture(scene, settings, seed, extent.cache)
    if taken.truth.head_pose is None:
        message = "nobody sits at the station"
        raise ValueError(message)
    rig = calibrated(taken.truth.calibrated)
    lumas = [encoded_luma(EncodedRgb(each.image)) for each in (taken.left, taken.right)]
    depth = reconstruct_luma(lumas[0], lumas[1], rig)
    regions = _regions(taken, rig)
    return Seen(
        face=Face(surface=surface_of(depth, rig.left), regions=regions),
        exact=Face(surface=surface_of(_exact(taken), rig.left), regions=regions),
        pose=taken.truth.head_pose,
        taken=taken,
    )


def _exact(taken: SimulatedCapture) -> DepthMap:
    """Return exact depth on the cells of a depth map: of a plane through each, so by reciprocal."""
    rows, columns = taken.depth_mm.shape
    cells = (1.0 / taken.depth_mm.astype(np.float64)).reshape(
        rows // STEP, STEP, columns // STEP, STEP
    )
    depth = 1.0 / cells.mean(axis=(1, 3))
    return DepthMap(
        depth_mm=np.asarray(depth, np.float32),
        valid=np.asarray(np.isfinite(depth), np.bool_),
        step=STEP,
        method="exact/1",
    )


def _regions(taken: SimulatedCapture, rig: StereoCalibration) -> dict[FacialRegion, Mask]:
    surface = surface_of(_exact(taken), rig.left)
    camera, pose = taken.truth.rig.left, taken.truth.head_pose
    head = np.full((*surface.shape, 3), np.nan)
    if pose is not None:
        points = camera.to_rig(surface.points_mm(surface.valid))
        head[surface.valid] = (points - pose[:3, 3]) @ pose[:3, :3]
    skin = surface.valid & (taken.part[::STEP, ::STEP] == PartId.SKIN)
    if taken.hair is not None:
        skin = skin & (taken.hair[::STEP, ::STEP] == 0)
    x, y = head[..., 0], head[..., 1]
    return {
        region: np.asarray(skin & (x > left) & (x < right) & (y > lower) & (y < upper), np.bool_)
        for region, (left, right, lower, upper) in _BOXES.items()
    }


def _true_motion(before: Seen, after: Seen) -> Rigid:
    """Return the motion of the later left camera's points into the earlier one's axes."""
    camera = before.taken.truth.rig.left
    turn = before.pose[:3, :3] @ after.pose[:3, :3].T
    shift = before.pose[:3, 3] - turn @ after.pose[:3, 3]
    rotation = camera.rotation @ turn @ camera.rotation.T
    place = turn @ camera.position_mm + shift - camera.position_mm
    return Rigid(rotation=rotation, shift_mm=np.asarray(camera.rotation @ place, np.float64))


def relative_rms(found: Sequence[Errors]) -> list[float]:
    """Return of each class the RMS of its errors, each as a share of its region's over all classes.

    Args:
        found: The errors of each class, in the same regions.
    """
    pooled = {
        region: _rms([value for each in found for value in each.by_region_cm3[region]])
        for region in found[0].by_region_cm3
    }
    seen = {region: rms for region, rms in pooled.items() if rms}
    return [
        _rms([value / rms for region, rms in seen.items() for value in each.by_region_cm3[region]])
        for each in found
    ]


def equal_ratio(classes: int, pairs: int) -> float:
    """Return the ratio of largest to smallest RMS that equal classes exceed once in twenty times.

    Args:
        classes: How many, at least 2.
        pairs: Independent normal errors of each, at least 1.
    """
    drawn = np.random.default_rng(0).chisquare(pairs, size=(20_000, classes))
    return float(np.sqrt(np.quantile(drawn.max(axis=1) / drawn.min(axis=1), 0.95)))


def _rms(values: list[float]) -> float:
    return math.sqrt(sum(each**2 for each in values) / len(values))
