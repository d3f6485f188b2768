"""Which pixels are facial skin, by rules of hue and lightness that do not depend on the tone.

Rules kept here:

1. No fixed lightness: what is too dark or too bright is judged against the same face's own median,
   so one rule serves all six skin tone classes. Fixed limits are on hue and on chroma relative to
   lightness, where skin of all tones agrees.
2. Left out on purpose: hair, brows, eyes, lips, gloss, pixels out of range, and the outline.
3. No face is a result (an empty mask), not an error; whether a mask is good enough is decided by
   the model's released domain.

Known limits: one face against a background that is not skin-coloured; roughly white-balanced
images. Hair of the skin's own hue and lightness, thin beards, make-up and light glasses frames may
stay inside; deep shadow and strongly flushed areas may be left out. Skin photographed nearly
without colour (chroma under a tenth of its lightness) is not found.

Source: skin hue angles of 30 to 75 degrees in CIELAB across tones: Xiao et al. (2017), Skin Res.
Technol. 23:21. The relative limits are our own and are verified on drawn faces of all six classes.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.determinism import fix_arithmetic
from domain.errors import MalformedInput

METHOD: Final = "skin-mask/1"

WORKING_SIDE_PX: Final = 512
SMALLEST_SIDE_PX: Final = 32
SMALLEST_FACE_FRACTION: Final = 0.01

_HUE_DEG: Final = (18.0, 80.0)
_HUE_FROM_MEDIAN_DEG: Final = (14.0, 18.0)
_CHROMA_MAX: Final = 48.0
_CHROMA_PER_LIGHTNESS: Final = 0.1
_DARKER_THAN_MEDIAN: Final = 0.62
_BRIGHTER_THAN_MEDIAN: Final = 1.35
_GLOSS_CHROMA: Final = 0.6
_REDNESS_ABOVE_MEDIAN: Final = 0.55
_BRIGHT_LEVEL: Final = 250
_DARK_LEVEL: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinMask:
    """The skin of one face.

    Attributes:
        mask: (rows, columns) uint8, 1 where the pixel is skin, else 0.
        skin_pixel_count: Pixels taken as skin.
        face_pixel_count: Pixels inside the face's outline, skin or not.
        clipped_fraction: Part of the pixels inside the outline that are out of range, 0..1.
        method: Name and version of the rules.
    """

    mask: NDArray[np.uint8] = field(repr=False)
    skin_pixel_count: int
    face_pixel_count: int
    clipped_fraction: float
    method: str = METHOD


@dataclass(frozen=True, slots=True)
class _Colour:
    """An image in cylindrical CIELAB, each part (rows, columns) float32."""

    lightness: NDArray[np.float32]
    red_green: NDArray[np.float32]
    chroma: NDArray[np.float32]
    hue_deg: NDArray[np.float32]


def find_skin(image: NDArray[np.uint8]) -> SkinMask:
    """Find the skin of the largest face-like region.

    Args:
        image: (rows, columns, 3) uint8, 0..255, sRGB-encoded red, green, blue.

    Raises:
        MalformedInput: the array is no such image, or a side is under ``SMALLEST_SIDE_PX``.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:  # noqa: PLR2004
        raise MalformedInput("a skin mask is made from a (rows, columns, 3) uint8 image")
    rows, columns = image.shape[:2]
    if min(rows, columns) < SMALLEST_SIDE_PX:
        raise MalformedInput(f"an image side has at least {SMALLEST_SIDE_PX} pixels")
    fix_arithmetic()
    small = _shrink(image)
    colour = _colour(small)
    in_range = _in_range(small)
    outline = _face_outline(_skin_coloured(colour) & in_range)
    if not outline.any():
        return SkinMask(
            mask=np.zeros((rows, columns), dtype=np.uint8),
            skin_pixel_count=0,
            face_pixel_count=0,
            clipped_fraction=0.0,
        )
    skin = _tidy(_like_the_face(colour, outline) & outline & in_range)
    full_outline = _enlarge(outline, rows, columns)
    # Range is judged again at full size: shrinking hides single clipped pixels.
    full_in_range = _in_range(image)
    mask = (_enlarge(skin, rows, columns) & full_in_range).astype(np.uint8)
    face_pixel_count = int(np.count_nonzero(full_outline))
    return SkinMask(
        mask=mask,
        skin_pixel_count=int(np.count_nonzero(mask)),
        face_pixel_count=face_pixel_count,
        clipped_fraction=int(np.count_nonzero(full_outline & ~full_in_range)) / face_pixel_count,
    )


def _shrink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = image.shape[:2]
    factor = WORKING_SIDE_PX / max(rows, columns)
    if factor >= 1:
        return image
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _enlarge(mask: NDArray[np.bool_], rows: int, columns: int) -> NDArray[np.bool_]:
    full = cv2.resize(mask.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST)
    return np.asarray(full, dtype=np.bool_)


def _in_range(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where the brightest channel is neither clipped nor black."""
    brightest = image.max(axis=2)
    return np.asarray((brightest < _BRIGHT_LEVEL) & (brightest > _DARK_LEVEL), dtype=np.bool_)


def _colour(image: NDArray[np.uint8]) -> _Colour:
    encoded = image.astype(np.float32) / np.float32(255)
    lab = np.asarray(cv2.cvtColor(encoded, cv2.COLOR_RGB2Lab), dtype=np.float32)
    lightness, red_green, yellow_blue = (lab[..., each] for each in range(3))
    return _Colour(
        lightness,
        red_green,
        np.hypot(red_green, yellow_blue),
        np.degrees(np.arctan2(yellow_blue, red_green)),
    )


def _skin_coloured(colour: _Colour) -> NDArray[np.bool_]:
    """Return where hue and relative chroma are those of skin of any tone."""
    low_deg, high_deg = _HUE_DEG
    is_hue = (colour.hue_deg > low_deg) & (colour.hue_deg < high_deg)
    floor = _CHROMA_PER_LIGHTNESS * colour.lightness
    is_chroma = (colour.chroma > floor) & (colour.chroma < _CHROMA_MAX)
    return np.asarray(is_hue & is_chroma, dtype=np.bool_)


def _face_outline(candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the region that holds the largest circle, its holes filled; nothing if too small."""
    outline = np.zeros(candidates.shape, dtype=np.uint8)
    opened = cv2.morphologyEx(candidates.astype(np.uint8), cv2.MORPH_OPEN, _disc(2))
    count, labels = cv2.connectedComponents(opened, connectivity=4)
    if count < 2:  # noqa: PLR2004  the background is a component
        return outline.astype(np.bool_)
    # Closing bridges brows, eyes and lips, so that the circle is the face's and not a cheek's.
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _disc(5))
    depth = cv2.distanceTransform(np.pad(closed, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    depth = np.where(labels > 0, depth, 0)
    region = (labels == labels.flat[int(depth.argmax())]).astype(np.uint8)
    bridged = cv2.morphologyEx(region, cv2.MORPH_CLOSE, _disc(5))
    contours, _ = cv2.findContours(bridged, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(outline, [max(contours, key=cv2.contourArea)], -1, 1, cv2.FILLED)
    if np.count_nonzero(outline) < SMALLEST_FACE_FRACTION * outline.size:
        outline[:] = 0
    return outline.astype(np.bool_)


def _like_the_face(colour: _Colour, outline: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where a pixel agrees with the medians of the face's own inner part."""
    core = _skin_coloured(colour) & outline
    lightness, chroma, hue_deg, red_green = (
        float(np.median(part[core]))
        for part in (colour.lightness, colour.chroma, colour.hue_deg, colour.red_green)
    )
    below_deg, above_deg = _HUE_FROM_MEDIAN_DEG
    is_hue = (colour.hue_deg > hue_deg - below_deg) & (colour.hue_deg < hue_deg + above_deg)
    is_lit = colour.lightness > _DARKER_THAN_MEDIAN * lightness  # hair, brows, pupils, nostrils
    is_matt = (colour.lightness < _BRIGHTER_THAN_MEDIAN * lightness) & (
        colour.chroma > _GLOSS_CHROMA * chroma  # gloss, the white of the eye, teeth
    )
    limit = red_green * (1 + _REDNESS_ABOVE_MEDIAN) + 2  # lips
    is_not_lip = colour.red_green < limit
    return np.asarray(is_hue & is_lit & is_matt & is_not_lip, dtype=np.bool_)


def _tidy(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop specks, draw back from every edge, and keep what hangs together with the largest."""
    smooth = cv2.medianBlur(mask.astype(np.uint8), 5)
    drawn_back = cv2.erode(smooth, _disc(1), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(drawn_back, connectivity=4)
    if count < 2:  # noqa: PLR2004  the background is a component
        return np.zeros(mask.shape, dtype=np.bool_)
    areas = statistics[1:, cv2.CC_STAT_AREA]
    kept = np.flatnonzero(areas >= areas.max() // 20) + 1
    return np.isin(labels, kept)


def _disc(radius_px: int) -> NDArray[np.uint8]:
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)
