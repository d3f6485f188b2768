"""Whether two pictures of a pair still belong together: the epipolar self-check of every capture.

Rules kept here:

1. The check uses the locked calibration and the face itself, no target: features of the left face
   are looked for in the right picture along *and across* the expected row, so that a drift shows
   as a number instead of as missing matches.
2. A feature counts as matched when it resembles its match and, traced back, returns to itself.
3. The epipolar residual is the median distance from the expected row, in pixels of the stored
   picture; the correspondence is the share of features matched.

Known gap: yaw between the cameras moves matches *along* the row and is invisible here; 0.01 degrees
of it shift depth by 0.44 mm.  Only the field check with the target finds it.

Source: Shi and Tomasi 1994, doi 10.1109/CVPR.1994.323794 (features); Lucas and Kanade 1981, and
Kalal, Mikolajczyk and Matas 2010, doi 10.1109/ICPR.2010.675 (tracing back).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.pixels import EncodedLuma, Mask, Window, locally_normalised
from adapters.imaging.rectification import Rectification
from adapters.imaging.worst_part import against_usual, by_tile, tile_of, worst_part

Floats = NDArray[np.float64]
Points = NDArray[np.float32]

MOST_FEATURES: Final = 400
FEWEST_FEATURES: Final = 40

_QUALITY: Final = 0.005
_SPACING_PX: Final = 7
_TEMPLATE: Final = 6
_ACROSS: Final = 8
_LEAST_LIKENESS: Final = 0.75
_RETURN_PX: Final = 0.7
_TRACK_WINDOW: Final = 21
_FEWEST_IN_TILE: Final = 8
_LEAST_WEAKER: Final = 0.25
_LEAST_OFF_PX: Final = 0.25
_LEAST_FARTHER: Final = float(np.log(1.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoAgreement:
    """How well a pair fits its calibration.

    Attributes:
        features: Number of features looked for.
        correspondence: Share of them that was matched, 0..1.
        epipolar_residual_px: Median distance of matches from their expected row, pixels of the
            stored picture; ``None`` with too few matches.
        row_offset_px: Median signed distance, right row minus left row; ``None`` likewise.
        weakest: Where on the face clearly fewer features were matched than elsewhere, in pixels of
            the stored left picture; ``None`` where they were matched alike.
        farthest_off: Where matches lie clearly farther from their row than elsewhere, likewise.
    """

    features: int
    correspondence: float
    epipolar_residual_px: float | None
    row_offset_px: float | None
    weakest: Window | None = None
    farthest_off: Window | None = None


def measure_agreement(
    rig: Rectification,
    left: EncodedLuma,
    right: EncodedLuma,
    face: Window,
    *,
    nearest_mm: float,
    farthest_mm: float,
) -> StereoAgreement:
    """Return how well a rectified pair fits its calibration.

    Args:
        rig: The rectification both pictures went through.
        left: Rectified left picture.
        right: Rectified right picture.
        face: Where the face is in the *stored* left picture.
        nearest_mm: Nearest distance at which the face may be.
        farthest_mm: Farthest distance.
    """
    fix_arithmetic()
    mask = face_mask(rig, face).astype(np.uint8)
    found = cv2.goodFeaturesToTrack(left, MOST_FEATURES, _QUALITY, _SPACING_PX, mask=mask)
    features = np.asarray(found, np.float32).reshape(-1, 2) if found is not None else _no_points()
    if len(features) < FEWEST_FEATURES:
        return StereoAgreement(
            features=len(features),
            correspondence=0.0,
            epipolar_residual_px=None,
            row_offset_px=None,
        )
    lowest, highest = rig.disparity_px(farthest_mm) / 2, rig.disparity_px(nearest_mm) / 2
    small = [_halved(picture) for picture in (left, right)]
    guesses, alike = _search(
        small[0], small[1], np.asarray(features / 2, np.float32), lowest, highest
    )
    matched, agree = _traced(
        locally_normalised(left), locally_normalised(right), features, guesses * 2
    )
    good = alike & agree
    offsets = (matched[good, 1] - features[good, 1]).astype(np.float64) / rig.scale
    enough = len(offsets) >= FEWEST_FEATURES // 2
    stored = rig.to_left_pixels(features.astype(np.float64))
    tiles = tile_of(stored[:, 1], stored[:, 0], face)
    unmatched = by_tile(tiles, (~good).astype(np.float64), _mean, fewest=_FEWEST_IN_TILE)
    # Below a quarter of a pixel nobody has to look where it is most.
    away = np.log(np.maximum(np.abs(offsets), _LEAST_OFF_PX))
    off_rows = by_tile(tiles[good], away, _median, fewest=_FEWEST_IN_TILE)
    return StereoAgreement(
        features=len(features),
        correspondence=float(good.mean()),
        epipolar_residual_px=float(np.median(np.abs(offsets))) if enough else None,
        row_offset_px=float(np.median(offsets)) if enough else None,
        weakest=worst_part(against_usual(unmatched), face, least=_LEAST_WEAKER),
        farthest_off=worst_part(against_usual(off_rows), face, least=_LEAST_FARTHER),
    )


def face_mask(rig: Rectification, face: Window) -> Mask:
    """Return the face's ellipse in the rectified left picture."""
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    middle = np.array(face.centre)
    outline = middle + 0.5 * np.array([face.width, face.height]) * np.stack(
        [np.cos(angles), np.sin(angles)], axis=1
    )
    mask = np.zeros((rig.height, rig.width), np.uint8)
    polygon = np.round(rig.from_left_pixels(outline)).astype(np.int32)
    cv2.fillPoly(mask, [polygon.reshape(-1, 1, 2)], [1])
    return np.asarray(mask, np.bool_)


def _mean(values: Floats) -> float:
    return float(values.mean())


def _median(values: Floats) -> float:
    return float(np.median(values))


def _no_points() -> Points:
    return np.zeros((0, 2), np.float32)


def _halved(picture: EncodedLuma) -> NDArray[np.uint8]:
    """Return the picture at half size."""
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _search(
    left: NDArray[np.uint8],
    right: NDArray[np.uint8],
    points: Points,
    lowest: float,
    highest: float,
) -> tuple[Points, NDArray[np.bool_]]:
    """Return the most similar place within the range for each point, and whether it is alike."""
    guesses, alike = points.copy(), np.zeros(len(points), np.bool_)
    height, width = left.shape
    for number, point in enumerate(points):
        column, row = round(float(point[0])), round(float(point[1]))
        first = max(0, int(column - highest) - _TEMPLATE)
        last = min(width, int(column - lowest) + _TEMPLATE + 2)
        top = max(0, row - _ACROSS - _TEMPLATE)
        bottom = min(height, row + _ACROSS + _TEMPLATE + 1)
        template = left[
            max(0, row - _TEMPLATE) : row + _TEMPLATE + 1,
            max(0, column - _TEMPLATE) : column + _TEMPLATE + 1,
        ]
        area = right[top:bottom, first:last]
        whole = template.shape == (2 * _TEMPLATE + 1, 2 * _TEMPLATE + 1)
        if not whole or area.shape[0] < template.shape[0] or area.shape[1] < template.shape[1]:
            continue
        scores = cv2.matchTemplate(area, template, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(scores)
        guesses[number] = (
            first + x + _TEMPLATE + float(point[0]) - column,
            top + y + _TEMPLATE + float(point[1]) - row,
        )
        alike[number] = best >= _LEAST_LIKENESS
    return guesses, alike


def _traced(
    left: EncodedLuma, right: EncodedLuma, features: Points, guesses: Points
) -> tuple[Points, NDArray[np.bool_]]:
    """Refine the guesses to a fraction of a pixel; say which return to where they started."""
    window = (_TRACK_WINDOW, _TRACK_WINDOW)
    flags = cv2.OPTFLOW_USE_INITIAL_FLOW
    there, ahead, _ = cv2.calcOpticalFlowPyrLK(
        left, right, features, guesses.copy(), winSize=window, maxLevel=1, flags=flags
    )
    there = np.asarray(there, np.float32).reshape(-1, 2)
    back, behind, _ = cv2.calcOpticalFlowPyrLK(
        right, left, there, features.copy(), winSize=window, maxLevel=1, flags=flags
    )
    error = np.linalg.norm(np.asarray(back, np.float32).reshape(-1, 2) - features, axis=1)
    tracked = (np.asarray(ahead).reshape(-1) == 1) & (np.asarray(behind).reshape(-1) == 1)
    return there, np.asarray(tracked & (error < _RETURN_PX), np.bool_)
