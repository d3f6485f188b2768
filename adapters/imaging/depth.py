"""Stereo pair and locked calibration to a depth map.

Rules kept here:

1. Depth is millimetres along the left camera's optical axis, one value per ``STEP`` x ``STEP``
   pixels of the stored left picture; what cannot be trusted is invalid, never filled in.
2. Every valid depth has its 1 sigma uncertainty in millimetres, from the normal equations and
   residuals of the match; it covers noise and texture, not an error of the calibration.
3. A record names its method.  Old methods stay callable under their names, for records to be made
   again and for benchmarks to compare with.
4. The stored form is a 16-bit grey PNG in hundredths of a millimetre for depth (up to 655.35 mm)
   and in ten-thousandths for its sigma (up to 6.5535 mm), 0 for invalid; the bytes depend on
   nothing but the numbers and the library version.
5. A pair that cannot give depth is refused first (see ``pair_check``): black, cut off, exchanged,
   of another rig.

Source: see ``semi_global``, ``coarse_to_fine``, ``least_squares`` and ``depth_fusion``; Hartley and
Zisserman 2004, section 12.1 (depth and its error from disparity).
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging import depth_fusion as fusion
from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.coarse_to_fine import (
    CELL,
    LARGEST_COARSE_PX,
    NARROW,
    WIDE,
    match_sides,
)
from adapters.imaging.decode import DecodedImage
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.pair_check import require_pair
from adapters.imaging.pixels import EncodedLuma, Mask, encoded_luma
from adapters.imaging.rectification import Rectification, rectify
from adapters.imaging.refusal import malformed
from adapters.imaging.semi_global import half_size

Floats = NDArray[np.float64]

METHOD: Final = "lsm-pyramid/2"
BEFORE_GLOSS: Final = "lsm-pyramid/1"
"""The same without what the second version does about gloss; its numbers never change."""

GLOSS_FROM_PX: Final = 2400
"""Longer side above which gloss is looked for: smaller pictures have too few coarser levels for the
finest to contradict, and give what the first version gives (see decision 0032)."""

SGBM: Final = "sgbm-half/1"
METHODS: Final = (METHOD, BEFORE_GLOSS, SGBM)
NEAREST_MM: Final = 300.0
FARTHEST_MM: Final = 650.0
STEP: Final = 2
UNIT_MM: Final = 0.01
LARGEST_STORED_MM: Final = 655.35
SIGMA_UNIT_MM: Final = 0.0001


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthMap:
    """Depth as the left camera sees it.

    Attributes:
        depth_mm: (rows, columns) float32, along the left optical axis; NaN where invalid.
        valid: (rows, columns) bool.
        step: Pixels of the stored left picture per depth pixel, both ways.
        method: Method and version that made it.
        sigma_mm: (rows, columns) float32, 1 sigma of ``depth_mm``; NaN where invalid or, for
            methods that do not tell and maps stored without it, everywhere.
    """

    depth_mm: NDArray[np.float32]
    valid: Mask
    step: int
    method: str
    sigma_mm: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))

    def __post_init__(self) -> None:
        """Let an untold uncertainty be NaN everywhere."""
        if not self.sigma_mm.size:
            untold = np.full(self.depth_mm.shape, np.nan, np.float32)
            object.__setattr__(self, "sigma_mm", untold)


def reconstruct(
    left: DecodedImage,
    right: DecodedImage,
    calibration: StereoCalibration,
    *,
    method: str = METHOD,
) -> DepthMap:
    """Return the depth map of a stereo pair.

    Raises:
        MalformedInput: the pair cannot give depth (see ``pair_check``), or the method is unknown.
    """
    lumas = encoded_luma(left.encoded), encoded_luma(right.encoded)
    return reconstruct_luma(*lumas, calibration, method=method)


def reconstruct_luma(
    left: EncodedLuma,
    right: EncodedLuma,
    calibration: StereoCalibration,
    *,
    method: str = METHOD,
) -> DepthMap:
    """Return the depth map of a stereo pair given as luma.

    Raises:
        MalformedInput: the pair cannot give depth (see ``pair_check``), or the method is unknown.
    """
    fix_arithmetic()
    if method == SGBM:
        rig, disparity = half_size(
            left, right, calibration, nearest_mm=NEAREST_MM, farthest_mm=FARTHEST_MM
        )
        sigma = np.full(disparity.shape, np.nan)
    elif method in (METHOD, BEFORE_GLOSS):
        rig, disparity, sigma = _matched(left, right, calibration, method)
    else:
        raise malformed(
            "depth.method", f"the method is none of {', '.join(METHODS)}", "Name one of them"
        )
    return _on_left_pixels(
        rig, disparity, sigma, height=left.shape[0], width=left.shape[1], method=method
    )


def settings_of(method: str) -> tuple[str, ...]:
    """Return what a method's numbers depend on besides its inputs, as ``name=value``."""
    stored = (
        f"step_px={STEP}",
        f"nearest_mm={NEAREST_MM:g}",
        f"farthest_mm={FARTHEST_MM:g}",
        f"unit_mm={UNIT_MM:g}",
    )
    if method == SGBM:
        return stored
    trust = _trust(gloss=method == METHOD)
    gloss = (f"gloss_from_px={GLOSS_FROM_PX}", f"most_moved_px={trust.most_moved_px:g}")
    return (
        *stored,
        f"sigma_unit_mm={SIGMA_UNIT_MM:g}",
        f"coarse_px={LARGEST_COARSE_PX}",
        f"windows_px={NARROW * CELL:g}..{WIDE * CELL:g}",
        f"most_apart_px={fusion.MOST_APART_PX:g}",
        f"most_sigma_px={trust.most_sigma_px:g}",
        f"least_around={fusion.LEAST_AROUND:g}",
        *(gloss if method == METHOD else ()),
    )


def looks_for_gloss(method: str, *, rows: int, columns: int) -> bool:
    """Return whether a method does something about gloss in pictures of this size."""
    return method == METHOD and max(rows, columns) > GLOSS_FROM_PX


def _trust(*, gloss: bool) -> fusion.Trust:
    return fusion.TRUST if gloss else fusion.BEFORE_GLOSS


def _matched(
    left: EncodedLuma, right: EncodedLuma, calibration: StereoCalibration, method: str
) -> tuple[Rectification, Floats, Floats]:
    """Return the rectification of the cells, their disparities (NaN: not trusted) and sigma."""
    require_pair(left, right, calibration, nearest_mm=NEAREST_MM, farthest_mm=FARTHEST_MM)
    rig = rectify(calibration, scale=1.0)
    gloss = looks_for_gloss(method, rows=left.shape[0], columns=left.shape[1])
    sides = match_sides(
        *rig.sharp_pictures(left, right),
        lowest_px=rig.disparity_px(FARTHEST_MM),
        highest_px=rig.disparity_px(NEAREST_MM),
        ramp=gloss,
    )
    disparity, sigma, trusted = fusion.fuse(*sides, _trust(gloss=gloss))
    return rig, np.where(trusted, disparity, np.nan).astype(np.float64), sigma.astype(np.float64)


def encode_depth(depth: DepthMap) -> bytes:
    """Return the stored form of a depth map.

    Depths that the form cannot hold become invalid.
    """
    return _encoded(depth.depth_mm, depth.valid, UNIT_MM)


def encode_sigma(depth: DepthMap) -> bytes:
    """Return the stored form of a depth map's uncertainty.

    What exceeds the form is stored as its largest value, 6.5535 mm; what is untold as 0.
    """
    largest = np.iinfo(np.uint16).max * SIGMA_UNIT_MM
    told = depth.valid & np.isfinite(depth.sigma_mm)
    return _encoded(np.clip(depth.sigma_mm, SIGMA_UNIT_MM, largest), told, SIGMA_UNIT_MM)


def decode_depth(
    content: bytes, *, step: int = STEP, method: str = METHOD, sigma: bytes | None = None
) -> DepthMap:
    """Return the depth map stored in ``content``, its uncertainty with it when ``sigma`` is given.

    Raises:
        MalformedInput: the bytes are not a 16-bit grey PNG, or the two differ in size.
    """
    fix_arithmetic()
    depth_mm, valid = _decoded(content, UNIT_MM)
    if sigma is None:
        return DepthMap(depth_mm=depth_mm, valid=valid, step=step, method=method)
    sigma_mm, _ = _decoded(sigma, SIGMA_UNIT_MM)
    if sigma_mm.shape != depth_mm.shape:
        raise malformed(
            "depth.sigma-size",
            f"depth is {depth_mm.shape[1]}x{depth_mm.shape[0]}, its uncertainty "
            f"{sigma_mm.shape[1]}x{sigma_mm.shape[0]}",
            "Read the two that were recorded together",
        )
    return DepthMap(
        depth_mm=depth_mm,
        valid=valid,
        step=step,
        method=method,
        sigma_mm=np.where(valid, sigma_mm, np.nan).astype(np.float32),
    )


def _encoded(values: NDArray[np.float32], told: Mask, unit: float) -> bytes:
    steps = np.round(np.where(told, values, 0) / unit)
    steps[(steps < 1) | (steps > np.iinfo(np.uint16).max)] = 0
    done, content = cv2.imencode(".png", steps.astype(np.uint16), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:  # pragma: no cover - encoding to memory does not fail for valid arrays
        raise RuntimeError("the PNG encoder refused a depth map")
    return content.tobytes()


def _decoded(content: bytes, unit: float) -> tuple[NDArray[np.float32], Mask]:
    steps = (
        cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) if content else None
    )
    if steps is None or steps.dtype != np.uint16 or steps.ndim != 2:  # noqa: PLR2004 - grey
        raise malformed(
            "depth.format", "the bytes are not a 16-bit grey PNG", "Reconstruct the pair again"
        )
    told = np.asarray(steps > 0)
    return np.where(told, steps * unit, np.nan).astype(np.float32), told


def _on_left_pixels(
    rig: Rectification,
    disparity: Floats,
    sigma: Floats,
    *,
    height: int,
    width: int,
    method: str,
) -> DepthMap:
    """Carry rectified disparities to the grid of the stored left picture."""
    rows, columns = height // STEP, width // STEP
    grid_x, grid_y = np.meshgrid(np.arange(columns), np.arange(rows))
    grid = np.stack([grid_x, grid_y], axis=-1).reshape(-1, 2)
    where = rig.from_left_pixels(np.asarray(grid * STEP + (STEP - 1) / 2, np.float64))
    cells = where if method == SGBM else (where + 0.5) / CELL - 0.5
    shape = (rows, columns)
    map_x = cells[:, 0].reshape(shape).astype(np.float32)
    map_y = cells[:, 1].reshape(shape).astype(np.float32)
    known = (~np.isnan(disparity)).astype(np.float32)
    sampled = cv2.remap(np.nan_to_num(disparity), map_x, map_y, cv2.INTER_LINEAR)
    trusted = cv2.remap(known, map_x, map_y, cv2.INTER_LINEAR)
    spread_px = np.asarray(cv2.remap(sigma, map_x, map_y, cv2.INTER_LINEAR))
    distance = rig.distance_mm(np.asarray(sampled, np.float64).reshape(-1))
    depth = rig.left_depth_mm(where, distance).reshape(shape)
    within = (distance >= NEAREST_MM) & (distance <= FARTHEST_MM)
    valid = np.asarray((np.asarray(trusted) > 0.999) & within.reshape(shape))  # noqa: PLR2004
    per_px = distance.reshape(shape) / (rig.focal_px * rig.calibration.baseline_mm)
    return DepthMap(
        depth_mm=np.where(valid, depth, np.nan).astype(np.float32),
        valid=valid,
        step=STEP,
        method=method,
        sigma_mm=np.where(valid, spread_px * depth * per_px, np.nan).astype(np.float32),
    )
