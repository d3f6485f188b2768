"""What lies over the face: strands of hair, frames of glasses, paint on the lips, shine, blur.

Rules kept here:

1. The face is averaged to about four pixels per millimetre first, so that a preview and a full
   frame are measured alike, by the average distance of people's eyes.
2. Everything is relative to the same face's own skin, so that tone and exposure drop out; only
   shine is against the light's white, because it does not depend on the skin.
3. These are detections for disclosure: each says how much, none says what it was.

Known gaps: fair hair on fair skin and rimless glasses are seen badly; a mole as wide as a rim on
every line below the eye would count as one.

Sources: Shafer 1985, doi 10.1002/col.5080100409 (gloss adds the light's own colour); Tomasi and
Kanade 1991 (texture that can be matched).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour import linear_to_lab_d65
from adapters.imaging.face_mesh import FaceMesh
from adapters.imaging.pixels import LinearRgb, Mask, Window
from adapters.imaging.worst_part import densest_part

Floats = NDArray[np.float32]

OUTER_RIGHT: Final = 33
OUTER_LEFT: Final = 263
EYES_APART_MM: Final = 92.0
"""Average distance between the outer corners of the eyes."""

_PIXELS_PER_MM: Final = 4.0
_MARGIN: Final = 0.35
_FOREHEAD: Final = (67, 109, 10, 338, 297, 333, 299, 337, 151, 108, 69, 104)
_CHEEKS: Final = ((117, 118, 101, 36, 205, 187, 147, 123), (346, 347, 330, 266, 425, 411, 376, 352))
_LIPS: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181)
_LIPS_END: Final = (91, 146)
_INNER_LIPS: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87)
LIP_POINTS: Final = (*_LIPS, *_LIPS_END)
BAR_POINTS: Final = (33, 263, 9, 50, 280)
"""Between the eyes' corners, the brows and the cheeks."""

_UNDER_EYES: Final = ((145, 50), (144, 50), (153, 36), (374, 280), (373, 280), (380, 266))
_NOSE_BRIDGE: Final = (9, 4)
_DARK: Final = 0.55
_BAR: Final = 0.62
_LEAST_PIXELS: Final = 60
_SHINE_QUANTILE: Final = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceCover:
    """What one picture shows over the skin.

    Attributes:
        dark_share: Largest share of forehead or a cheek that is far darker than its skin: hair.
        dark_points: Outline of the area of that share, by places of the mesh.
        bar_share: Share of lines below the eyes and down the nose that a dark bar crosses: glasses.
        lip_contrast: Difference in a* between lips and the skin of the cheeks, CIELAB.
        texture: Spread of the skin's fine light and dark, per cent of its level.
        shine: Light mirrored by the skin, share of the light's white; none without that white.
        shine_part: Where most of the shiniest skin is, in the picture; none where it is scattered.
    """

    dark_share: float
    dark_points: tuple[int, ...]
    bar_share: float
    lip_contrast: float
    texture: float
    shine: float | None
    shine_part: Window | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reduced:
    """A face cut out and averaged.

    Attributes:
        image: (rows, columns, 3) float32, linear.
        points: The mesh there, (468, 2).
        per_mm: Pixels per millimetre.
        ratio: Its pixels per pixel of the picture, across and down.
        origin: First column and row of the cut-out in the picture.
    """

    image: Floats
    points: NDArray[np.float64]
    per_mm: float
    ratio: NDArray[np.float64]
    origin: NDArray[np.int64]

    def in_picture(self, part: Window) -> Window:
        """Return a part of the cut-out in pixels of the picture, outwards to whole ones."""
        low = np.floor(np.array([part.left, part.top]) / self.ratio).astype(int)
        end = np.array([part.left + part.width, part.top + part.height])
        size = np.ceil(end / self.ratio).astype(int) - low
        left, top = (low + self.origin).tolist()
        return Window(left=left, top=top, width=int(size[0]), height=int(size[1]))


def look_for_cover(
    image: LinearRgb, mesh: FaceMesh, *, white: NDArray[np.float64] | None, level: float | None
) -> FaceCover:
    """Return what lies over a face.

    Args:
        image: The picture.
        mesh: The face in it.
        white: Linear RGB of the light, green 1, (3,), where the colour reference tells it.
        level: What a perfect white in the reference's place would measure in green, where told.
    """
    reduced = _reduced(image, mesh)
    face, points = reduced.image, reduced.points
    balanced = face if white is None else np.asarray(face / white, np.float32)
    luma = np.asarray(balanced @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)
    forehead = _area(luma.shape, points, _FOREHEAD)
    cheeks = [_area(luma.shape, points, cheek) for cheek in _CHEEKS]
    lips = _area(luma.shape, points, LIP_POINTS) & ~_area(luma.shape, points, _INNER_LIPS)
    skin = cheeks[0] | cheeks[1]
    shares = [_dark_share(luma, each) for each in (forehead, *cheeks)]
    darkest = int(np.argmax(shares))
    shine, shiny = None, None
    if level is not None:
        shine, shiny = _shine(balanced / np.float32(level), forehead | skin)
    return FaceCover(
        dark_share=shares[darkest],
        dark_points=(_FOREHEAD, *_CHEEKS)[darkest],
        bar_share=_bar_share(luma, points),
        lip_contrast=_lip_contrast(balanced, lips, skin),
        texture=_texture(luma, forehead | skin, reduced.per_mm),
        shine=shine,
        shine_part=None if shiny is None else reduced.in_picture(shiny),
    )


def _reduced(image: LinearRgb, mesh: FaceMesh) -> _Reduced:
    """Return the face cut out and averaged."""
    points = mesh.points_px[:, :2]
    span = float(np.linalg.norm(points[OUTER_LEFT] - points[OUTER_RIGHT]))
    margin = _MARGIN * span
    height, width = image.shape[:2]
    low = np.maximum(np.floor(points.min(axis=0) - margin), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + margin), [width, height]).astype(int)
    high = np.maximum(high, low + 2)
    part = image[low[1] : high[1], low[0] : high[0]]
    shrink = min(1.0, _PIXELS_PER_MM * EYES_APART_MM / max(span, 1.0))
    size = tuple(max(2, round(float(side) * shrink)) for side in high - low)
    small = cv2.resize(part, (size[0], size[1]), interpolation=cv2.INTER_AREA)
    ratio = np.array(size) / (high - low)
    moved = (points - low + 0.5) * ratio - 0.5
    return _Reduced(
        image=np.asarray(small, np.float32),
        points=moved,
        per_mm=span * float(ratio.mean()) / EYES_APART_MM,
        ratio=ratio,
        origin=low,
    )


def _area(size: tuple[int, ...], points: NDArray[np.float64], outline: tuple[int, ...]) -> Mask:
    drawn = np.zeros(size[:2], np.uint8)
    corners = np.round(points[list(outline)]).astype(np.int32).reshape(-1, 1, 2)
    cv2.fillPoly(drawn, [corners], [1])
    return np.asarray(drawn, np.bool_)


def _dark_share(luma: Floats, area: Mask) -> float:
    values = luma[area]
    if values.size < _LEAST_PIXELS:
        return 0.0
    # The upper quartile is skin even where hair covers half of it.
    return float((values < _DARK * np.quantile(values, 0.75)).mean())


def _bar_share(luma: Floats, points: NDArray[np.float64]) -> float:
    """Return the share of lines from eye to cheek, and down the nose, that a dark bar crosses."""
    smooth = cv2.GaussianBlur(luma, (0, 0), 1.2)
    crossed = []
    for start, end in (*_UNDER_EYES, _NOSE_BRIDGE):
        lid, cheek = points[start], points[end]
        # Lashes and the lid's own shadow lie in the first fifth.
        share = np.linspace(0.22 if start != _NOSE_BRIDGE[0] else 0.0, 1.0, 60)[:, None]
        line = (lid + (cheek - lid) * share).astype(np.float32)
        values = cv2.remap(smooth, line[None, :, 0], line[None, :, 1], cv2.INTER_LINEAR)
        crossed.append(_has_bar(np.asarray(values, np.float64).ravel()))
    return float(np.mean(crossed))


def _has_bar(values: NDArray[np.float64]) -> bool:
    """Return whether a place is far darker than what lies before *and* behind it.

    A shadow that only grows lighter, or darker, along the line is no bar.
    """
    before = np.maximum.accumulate(values)
    behind = np.maximum.accumulate(values[::-1])[::-1]
    return bool((values < _BAR * np.minimum(before, behind)).any())


def _lip_contrast(balanced: Floats, lips: Mask, skin: Mask) -> float:
    if min(int(lips.sum()), int(skin.sum())) < _LEAST_PIXELS:
        return 0.0
    medians = np.array([np.median(balanced[area], axis=0) for area in (lips, skin)], np.float64)
    # Both to the lightness of the skin's level, so that a* does not follow the exposure.
    scale = 0.18 / max(float(medians[1] @ [0.2126, 0.7152, 0.0722]), 1e-6)
    lab = linear_to_lab_d65(np.clip(medians * scale, 0.0, 1.0))
    return float(lab[0, 1] - lab[1, 1])


def _texture(luma: Floats, area: Mask, scale: float) -> float:
    """Return the spread of light and dark between about 0.5 and 2 mm, per cent of the level."""
    inner = cv2.erode(area.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if int(inner.sum()) < _LEAST_PIXELS:
        return 0.0
    logs = np.log(np.maximum(luma, 1e-4))
    fine = cv2.GaussianBlur(logs, (0, 0), 0.28 * scale)
    broad = cv2.GaussianBlur(logs, (0, 0), 1.0 * scale)
    band = (fine - broad)[inner]
    # Robust: hairs and moles are no texture of the skin.
    return 100.0 * 1.4826 * float(np.median(np.abs(band - np.median(band))))


def _shine(relative: Floats, area: Mask) -> tuple[float, Window | None]:
    """Return how strongly the brightest skin mirrors the light, share of its white, and where."""
    values = cv2.GaussianBlur(relative, (0, 0), 1.0)[area].astype(np.float64)
    if len(values) < _LEAST_PIXELS:
        return 0.0, None
    red, blue = values[:, 0], values[:, 2]
    ratio = float(np.median(blue / np.maximum(red, 1e-6)))
    mirrored = (blue - ratio * red) / max(1.0 - ratio, 0.05)
    shine = float(np.quantile(mirrored, _SHINE_QUANTILE))
    shiniest = np.zeros(area.shape, np.bool_)
    shiniest[area] = mirrored >= shine
    return shine, densest_part(shiniest)
