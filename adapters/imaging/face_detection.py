"""Where faces are in a picture: what the detector is given, and what its answers mean.

Rules kept here:

1. The whole picture is shrunk by averaging before it is sampled; sampling a large picture directly
   lets noise and pores decide where the face is.
2. Answers that overlap are one face: their mean weighted by score, as the network was published.
3. Places are in pixels of the picture given, the centre of pixel (0, 0) being (0, 0).

Source: Bazarevsky et al. (2019), BlazeFace, arXiv 1907.05047 (anchors, blending of answers); the
published graph ``face_detection_short_range`` (sizes, thresholds).
"""

import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.face_networks import DETECTOR_SIDE_PX, FaceNetworks
from adapters.imaging.pixels import EncodedRgb

KEYPOINTS: Final = ("right eye", "left eye", "nose tip", "mouth", "right ear", "left ear")
SCORE_MIN: Final = 0.5

_SAME_FACE_OVERLAP: Final = 0.3
_LOG_ODDS_MAX: Final = 100.0
_GRIDS: Final = ((16, 2), (8, 6))
"""Anchors: cells along a side, and anchors in each cell."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceBox:
    """One face as the detector sees it, in pixels of the picture.

    Attributes:
        corner_px: (2,) float64, left and top.
        opposite_px: (2,) float64, right and bottom.
        keypoints_px: (6, 2) float64, in the order of ``KEYPOINTS``; sides are the subject's.
        score: 0..1.
    """

    corner_px: NDArray[np.float64] = field(repr=False)
    opposite_px: NDArray[np.float64] = field(repr=False)
    keypoints_px: NDArray[np.float64] = field(repr=False)
    score: float

    @property
    def centre_px(self) -> NDArray[np.float64]:
        """(2,) float64, column and row."""
        return (self.corner_px + self.opposite_px) / 2

    @property
    def side_px(self) -> float:
        """The longer side."""
        return float((self.opposite_px - self.corner_px).max())

    @property
    def roll_rad(self) -> float:
        """Angle of the line from the right eye to the left, clockwise in the picture."""
        right, left = self.keypoints_px[:2]
        return float(np.arctan2(left[1] - right[1], left[0] - right[0]))


def find_face_boxes(image: EncodedRgb, networks: FaceNetworks) -> tuple[FaceBox, ...]:
    """Return every face the detector finds, the best first."""
    tensor = detector_image(image)
    boxes, scores = networks.detect(tensor)
    return read_boxes(boxes, scores, rows=image.shape[0], columns=image.shape[1])


def detector_image(image: EncodedRgb) -> NDArray[np.float32]:
    """Return what the detector is given: (1, 128, 128, 3) float32, -1..1, black around."""
    small = halved(image, halvings(max(image.shape[:2]), DETECTOR_SIDE_PX))
    rows, columns = small.shape[:2]
    scale = DETECTOR_SIDE_PX / max(rows, columns)
    middle = (DETECTOR_SIDE_PX - 1) / 2
    forward = np.array(
        [
            [scale, 0.0, middle - scale * (columns - 1) / 2],
            [0.0, scale, middle - scale * (rows - 1) / 2],
        ]
    )
    square = cv2.warpAffine(
        small,
        forward,
        (DETECTOR_SIDE_PX, DETECTOR_SIDE_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    values = np.asarray(square, dtype=np.float32) * np.float32(2 / 255) - np.float32(1)
    return np.asarray(values[None], dtype=np.float32)


def halvings(longer_px: float, side_px: int) -> int:
    """Return how often ``longer_px`` can be halved and still be at least ``side_px``."""
    return max(0, math.floor(math.log2(longer_px / side_px))) if longer_px > side_px else 0


def halved(image: EncodedRgb, times: int) -> EncodedRgb:
    """Return the picture averaged over squares of two pixels, several times over.

    An odd last row or column is cut off, so that every square is whole.
    """
    for _ in range(times):
        rows, columns = (each // 2 for each in image.shape[:2])
        whole = image[: 2 * rows, : 2 * columns]
        small = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
        image = EncodedRgb(np.asarray(small, dtype=np.uint8))
    return image


def read_boxes(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], *, rows: int, columns: int
) -> tuple[FaceBox, ...]:
    """Turn the detector's answers into faces of a picture of this size, the best first."""
    log_odds = scores.reshape(-1).astype(np.float64).clip(-_LOG_ODDS_MAX, _LOG_ODDS_MAX)
    score = 1.0 / (1.0 + np.exp(-log_odds))
    likely = np.flatnonzero(score >= SCORE_MIN)
    likely = likely[np.argsort(-score[likely], kind="stable")]
    score = score[likely]
    raw = boxes.reshape(-1, 16)[likely].astype(np.float64) / DETECTOR_SIDE_PX
    anchors = _anchors()[likely]
    centre, half = raw[:, :2] + anchors, raw[:, 2:4] / 2
    keypoints = raw[:, 4:].reshape(-1, 6, 2) + anchors[:, None]
    places = np.concatenate([(centre - half)[:, None], (centre + half)[:, None], keypoints], axis=1)
    # From parts of the letterboxed square to pixels: its middle is the picture's.
    side = max(rows, columns)
    offset = np.array([(columns - side) / 2, (rows - side) / 2]) - 0.5
    found = []
    while len(score):
        same = _overlap(places[:, :2]) > _SAME_FACE_OVERLAP
        same[0] = True
        weights = score[same]
        blended = np.einsum("i,ijk->jk", weights, places[same]) / weights.sum()
        at = blended * side + offset
        found.append(
            FaceBox(corner_px=at[0], opposite_px=at[1], keypoints_px=at[2:], score=float(score[0]))
        )
        places, score = places[~same], score[~same]
    return tuple(found)


def _overlap(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each box's intersection with the first over their union: (n,), 0..1."""
    low, high = corners[:, 0], corners[:, 1]
    shared = np.maximum(np.minimum(high, high[0]) - np.maximum(low, low[0]), 0.0).prod(axis=1)
    areas = (high - low).prod(axis=1)
    union = areas + areas[0] - shared
    return np.asarray(shared / np.where(union > 0, union, 1.0), dtype=np.float64)


def _anchors() -> NDArray[np.float64]:
    """Return the middle of each answer's cell, as part of the square: (896, 2)."""
    grids = []
    for cells, repeats in _GRIDS:
        rows, columns = np.mgrid[:cells, :cells]
        middles = np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5
        grids.append(np.repeat(middles / cells, repeats, axis=0))
    return np.concatenate(grids)
