"""Stereo pair and locked calibration to a depth map.

Rules kept here:

1. Depth is millimetres along the left camera's optical axis, one value per ``step`` x ``step``
   pixels of the stored left picture; what cannot be trusted is invalid, never filled in.
2. A pixel is valid when both directions of matching agree, the match is unique, its
   neighbourhood agrees, and the distance lies within the station's range.
3. The search range is found in the pair itself at a quarter of the size, then matched at half.
4. The stored form is a 16-bit grey PNG in hundredths of a millimetre, 0 for invalid, which holds
   depths up to 655.35 mm; its bytes depend on nothing but the numbers and the library version.

Source: Hirschmueller 2008, doi 10.1109/TPAMI.2007.1166 (semi-global matching); OpenCV 5
``StereoSGBM``, three-way mode.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.decode import DecodedImage
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.pixels import EncodedLuma, Mask, encoded_luma, locally_normalised
from adapters.imaging.rectification import Rectification, rectify
from adapters.imaging.refusal import malformed

Floats = NDArray[np.float64]

METHOD: Final = "sgbm-half/1"
NEAREST_MM: Final = 300.0
FARTHEST_MM: Final = 650.0
STEP: Final = 2
UNIT_MM: Final = 0.01
LARGEST_STORED_MM: Final = 655.35

_COARSE: Final = 0.25
_BLOCK: Final = 9
_PENALTY: Final = 8
_SPECKLE_PX: Final = 200
_FEWEST_COARSE: Final = 200
_RANGE_MARGIN_PX: Final = 6
_STEEPEST_PX: Final = 4.0
_WINDOW: Final = 13
_NOISE_VARIANCE: Final = 0.5
_LEAST_LIKENESS: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthMap:
    """Depth as the left camera sees it.

    Attributes:
        depth_mm: (rows, columns) float32, along the left optical axis; NaN where invalid.
        valid: (rows, columns) bool.
        step: Pixels of the stored left picture per depth pixel, both ways.
        method: Method and version that made it.
    """

    depth_mm: NDArray[np.float32]
    valid: Mask
    step: int
    method: str


def reconstruct(
    left: DecodedImage, right: DecodedImage, calibration: StereoCalibration
) -> DepthMap:
    """Return the depth map of a stereo pair.

    Raises:
        MalformedInput: the pictures have another size than the calibration.
    """
    return reconstruct_luma(encoded_luma(left.encoded), encoded_luma(right.encoded), calibration)


def reconstruct_luma(
    left: EncodedLuma, right: EncodedLuma, calibration: StereoCalibration
) -> DepthMap:
    """Return the depth map of a stereo pair given as luma.

    Raises:
        MalformedInput: the pictures have another size than the calibration.
    """
    fix_arithmetic()
    coarse = rectify(calibration, scale=_COARSE)
    span = _search_range(coarse, left, right)
    fine = rectify(calibration, scale=1 / STEP)
    ratio = fine.scale / coarse.scale
    nearest, farthest = span if span is not None else (NEAREST_MM, FARTHEST_MM)
    lowest = fine.disparity_px(farthest) - _RANGE_MARGIN_PX * ratio
    highest = fine.disparity_px(nearest) + _RANGE_MARGIN_PX * ratio
    disparity = match(
        fine.left_picture(left), fine.right_picture(right), lowest=lowest, highest=highest
    )
    return _on_left_pixels(fine, disparity, height=left.shape[0], width=left.shape[1])


def match(left: EncodedLuma, right: EncodedLuma, *, lowest: float, highest: float) -> Floats:
    """Return disparities of a rectified pair: (rows, columns) float64, NaN where not trusted.

    Args:
        left: Rectified left picture.
        right: Rectified right picture.
        lowest: Smallest disparity looked for, pixels.
        highest: Largest disparity looked for, pixels.
    """
    first = int(np.floor(lowest))
    count = max(16, int(np.ceil((highest - first) / 16)) * 16)
    # OpenCV leaves out columns whose search would leave the picture; a border keeps them.
    border = max(count + max(first, 0), 0) + _BLOCK, max(-first, 0) + _BLOCK
    matcher = cv2.StereoSGBM.create(
        minDisparity=first,
        numDisparities=count,
        blockSize=_BLOCK,
        P1=_PENALTY * _BLOCK**2,
        P2=4 * _PENALTY * _BLOCK**2,
        disp12MaxDiff=1,
        preFilterCap=31,
        uniquenessRatio=5,
        speckleWindowSize=_SPECKLE_PX,
        speckleRange=2,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )
    padded = [
        cv2.copyMakeBorder(locally_normalised(picture), 0, 0, *border, cv2.BORDER_REPLICATE)
        for picture in (left, right)
    ]
    raw = np.asarray(matcher.compute(padded[0], padded[1]))[:, border[0] : -border[1]]
    disparity = np.asarray(raw.astype(np.float32) / 16, np.float32)
    known = (raw >= first * 16) & _smooth(disparity)
    likeness = _likeness(left, right, np.where(known, disparity, 0))
    return np.where(known & (likeness >= _LEAST_LIKENESS), disparity, np.nan).astype(np.float64)


def encode_depth(depth: DepthMap) -> bytes:
    """Return the stored form of a depth map.

    Depths that the form cannot hold become invalid.
    """
    steps = np.round(np.where(depth.valid, depth.depth_mm, 0) / UNIT_MM)
    steps[(steps < 1) | (steps > LARGEST_STORED_MM / UNIT_MM)] = 0
    done, content = cv2.imencode(".png", steps.astype(np.uint16), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:  # pragma: no cover - encoding to memory does not fail for valid arrays
        raise RuntimeError("the PNG encoder refused a depth map")
    return content.tobytes()


def decode_depth(content: bytes, *, step: int = STEP, method: str = METHOD) -> DepthMap:
    """Return the depth map stored in ``content``.

    Raises:
        MalformedInput: the bytes are not a 16-bit grey PNG.
    """
    fix_arithmetic()
    steps = (
        cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) if content else None
    )
    if steps is None or steps.dtype != np.uint16 or steps.ndim != 2:  # noqa: PLR2004 - grey
        raise malformed(
            "depth.format", "the bytes are not a 16-bit grey PNG", "Reconstruct the pair again"
        )
    valid = np.asarray(steps > 0)
    depth_mm = np.where(valid, steps * UNIT_MM, np.nan).astype(np.float32)
    return DepthMap(depth_mm=depth_mm, valid=valid, step=step, method=method)


def _search_range(
    coarse: Rectification, left: EncodedLuma, right: EncodedLuma
) -> tuple[float, float] | None:
    """Return the nearest and farthest distance seen at a quarter of the size, or nothing."""
    disparity = match(
        coarse.left_picture(left),
        coarse.right_picture(right),
        lowest=coarse.disparity_px(FARTHEST_MM),
        highest=coarse.disparity_px(NEAREST_MM),
    )
    found = disparity[~np.isnan(disparity)]
    if found.size < _FEWEST_COARSE:
        return None
    far, near = np.quantile(found, [0.01, 0.99])
    nearest, farthest = coarse.distance_mm(np.array([near, far]))
    return float(max(nearest, NEAREST_MM)), float(min(farthest, FARTHEST_MM))


def _smooth(disparity: NDArray[np.float32]) -> Mask:
    """Return where disparity changes no faster than a steep surface; outlines fall out."""
    kernel = np.ones((5, 5), np.uint8)
    largest, smallest = cv2.dilate(disparity, kernel), cv2.erode(disparity, kernel)
    return np.asarray((np.asarray(largest) - np.asarray(smallest)) <= _STEEPEST_PX)


def _likeness(
    left: EncodedLuma, right: EncodedLuma, disparity: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the correlation of each pixel's neighbourhood with its match, -1..1.

    Where only sensor noise is left (dark background, drowned shadow) it is near 0.
    """
    rows, columns = disparity.shape
    grid_x, grid_y = np.meshgrid(
        np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)
    )
    moved = cv2.remap(right, grid_x - disparity, grid_y, cv2.INTER_LINEAR)
    first, second = left.astype(np.float32), np.asarray(moved, np.float32)

    def local(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(values, (_WINDOW, _WINDOW)), np.float32)

    mean_1, mean_2 = local(first), local(second)
    variance_1 = local(first**2) - mean_1**2
    variance_2 = local(second**2) - mean_2**2
    common = local(first * second) - mean_1 * mean_2
    scale = np.sqrt(np.maximum(variance_1, 0) * np.maximum(variance_2, 0)) + _NOISE_VARIANCE
    return np.asarray(common / scale, np.float32)


def _on_left_pixels(fine: Rectification, disparity: Floats, *, height: int, width: int) -> DepthMap:
    """Carry rectified disparities to the grid of the stored left picture."""
    rows, columns = height // STEP, width // STEP
    grid_x, grid_y = np.meshgrid(np.arange(columns), np.arange(rows))
    grid = np.stack([grid_x, grid_y], axis=-1).reshape(-1, 2)
    where = fine.from_left_pixels(np.asarray(grid * STEP + (STEP - 1) / 2, np.float64))
    shape = (rows, columns)
    map_x = where[:, 0].reshape(shape).astype(np.float32)
    map_y = where[:, 1].reshape(shape).astype(np.float32)
    known = (~np.isnan(disparity)).astype(np.float32)
    sampled = cv2.remap(np.nan_to_num(disparity), map_x, map_y, cv2.INTER_LINEAR)
    trusted = cv2.remap(known, map_x, map_y, cv2.INTER_LINEAR)
    distance = fine.distance_mm(np.asarray(sampled, np.float64).reshape(-1))
    depth = fine.left_depth_mm(where, distance).reshape(shape)
    within = (distance >= NEAREST_MM) & (distance <= FARTHEST_MM)
    valid = np.asarray((np.asarray(trusted) > 0.999) & within.reshape(shape))  # noqa: PLR2004
    return DepthMap(
        depth_mm=np.where(valid, depth, np.nan).astype(np.float32),
        valid=valid,
        step=STEP,
        method=METHOD,
    )
