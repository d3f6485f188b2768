"""Where the face is in a picture, and how it is turned, without a learned model.

Rules kept here:

1. The face is the largest reddish thing in front of the station's dark neutral background: skin of
   every tone reflects more red than blue, the background does not.  The threshold is found in
   each picture (Otsu), so exposure and skin tone do not move it.
2. Roll and turn come from mirror symmetry, not from single features, so glasses, hair or a beard
   shift them little.
3. ``None`` means no face was found; nothing is guessed.  Learned landmarks may later stand behind
   the same ``FacePlace``.

Known gaps: bare shoulders wider than the head, red clothing or warm backgrounds can be taken for
the face; a face in profile has no mirror axis and shows a large turn.

Source: Otsu 1979, doi 10.1109/TSMC.1979.4310076 (threshold); Loy and Eklundh 2006,
doi 10.1007/11744047_39 (symmetry axes), here by correlation instead of features.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import LinearRgb, Mask, Window, ellipse_mask

Floats = NDArray[np.float32]
Spectra = NDArray[np.complex128]

_SMALL_SIDE: Final = 320
_LEAST_AREA: Final = 0.03
_LEAST_CONTRAST: Final = 3.0
_NECK: Final = 0.8
_TALLEST: Final = 1.45
_PATCH: Final = 96
_LARGEST_ROLL_DEG: Final = 20
_ROLL_STEP_DEG: Final = 1.0
_LARGEST_SHIFT: Final = 0.35
_LEAST_OVERLAP: Final = 0.35
_INNER: Final = 0.8
_SOFT: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePlace:
    """Where the face is in one picture.

    Attributes:
        window: Bounding box of the face without neck and most hair, in whole pixels.
        offset_x: Centre of the face from the picture's centre, share of the width, right positive.
        offset_y: The same downwards, share of the height.
        roll_deg: Tilt of the symmetry axis from the vertical; positive is clockwise.
        turn: Distance of the symmetry axis from the middle of the silhouette, share of its half
            width; 0 for a face that looks into the camera, right positive.
        symmetry: Correlation of the two halves, -1..1.
    """

    window: Window
    offset_x: float
    offset_y: float
    roll_deg: float
    turn: float
    symmetry: float

    def mask(self, *, width: int, height: int) -> Mask:
        """Return the ellipse in the window, (height, width) bool."""
        return ellipse_mask(self.window, width=width, height=height)


def locate_face(
    image: LinearRgb, *, ignored: Window | None = None, white: NDArray[np.float64] | None = None
) -> FacePlace | None:
    """Return where the face is, or nothing when no face stands out from the background.

    Args:
        image: The picture.
        ignored: A part that is not looked at, such as the colour reference.
        white: Linear RGB of the light, (3,), where known; without it a strong blue cast can hide
            the redness of skin.
    """
    height, width = image.shape[:2]
    scale = _SMALL_SIDE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
    if white is not None:
        small = np.asarray(small / white, np.float32)
    seen = np.ones(small.shape[:2], np.bool_)
    if ignored is not None:
        seen[
            int(ignored.top * scale) : int((ignored.top + ignored.height) * scale) + 1,
            int(ignored.left * scale) : int((ignored.left + ignored.width) * scale) + 1,
        ] = False
    silhouette = _silhouette(small, seen)
    if silhouette is None:
        return None
    left, top, right, bottom = _extent(silhouette)
    window = Window(
        left=max(0, round(left / scale)),
        top=max(0, round(top / scale)),
        width=max(1, min(width, round(right / scale)) - max(0, round(left / scale))),
        height=max(1, min(height, round(bottom / scale)) - max(0, round(top / scale))),
    )
    roll_deg, shift, symmetry = _mirror_axis(small, (left, top, right, bottom))
    centre_x, centre_y = window.centre
    return FacePlace(
        window=window,
        offset_x=(centre_x - (width - 1) / 2) / width,
        offset_y=(centre_y - (height - 1) / 2) / height,
        roll_deg=roll_deg,
        turn=shift,
        symmetry=symmetry,
    )


def _silhouette(small: Floats, seen: Mask) -> Mask | None:
    """Return the face's pixels without the neck, or nothing."""
    redness = np.sqrt(np.clip(small[..., 0] - small[..., 2], 0, None))
    redness[~seen] = 0
    redness = np.asarray(cv2.GaussianBlur(redness, (0, 0), 1.5), np.float32)
    peak = float(np.quantile(redness, 0.99))
    if peak <= 0:
        return None
    levels = np.round(np.clip(redness / peak, 0, 1) * 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    face, behind = levels > threshold, levels <= threshold
    if not face.any() or not behind.any():
        return None
    contrast = float(np.median(levels[face])) / (float(np.median(levels[behind])) + 1)
    if contrast < _LEAST_CONTRAST:
        return None
    filled = _largest_filled(face)
    if filled is None:
        return None
    # Opening with a disc narrower than the face but wider than the neck takes the neck off.
    depth = _inner_distance(filled)
    core = depth > _NECK * depth.max()
    reach = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(filled & (reach <= _NECK * depth.max()), np.bool_)


def _inner_distance(mask: Mask) -> Floats:
    """Return each pixel's distance from the outside; the picture's border is outside."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=[0])
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance, np.float32)[1:-1, 1:-1]


def _largest_filled(face: Mask) -> Mask | None:
    """Return the largest connected part with its holes filled, or nothing when it is small."""
    contours, _ = cv2.findContours(face.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)
    if cv2.contourArea(largest) < _LEAST_AREA * face.size:
        return None
    filled = np.zeros(face.shape, np.uint8)
    cv2.drawContours(filled, [largest], -1, 1, cv2.FILLED)
    return np.asarray(filled, np.bool_)


def _extent(silhouette: Mask) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of the face in the small picture."""
    rows, columns = np.nonzero(silhouette)
    left, right = float(columns.min()), float(columns.max() + 1)
    top, bottom = float(rows.min()), float(rows.max() + 1)
    tallest = _TALLEST * (right - left)
    if bottom - top > tallest:
        # Bare neck or shoulders: keep the upper part, where the face is.
        bottom = top + tallest
    return left, top, right, bottom


def _mirror_axis(
    small: Floats, box: tuple[float, float, float, float]
) -> tuple[float, float, float]:
    """Return roll in degrees, shift in half widths and correlation of the best mirror axis."""
    left, top, right, bottom = box
    centre = ((left + right - 1) / 2, (top + bottom - 1) / 2)
    zoom = _PATCH / max(right - left, bottom - top)
    detail = _detail(small, zoom)
    half_width = (right - left) * zoom / 2
    angles = np.arange(-_LARGEST_ROLL_DEG, _LARGEST_ROLL_DEG + _ROLL_STEP_DEG, _ROLL_STEP_DEG)
    inner = _inner_window(half_width)
    weights = _spectrum(inner)
    overlap = _summed(weights**2)
    scores, shifts = [], []
    for angle in angles:
        patch = _upright(detail, centre, zoom, float(angle))
        score, shift = _best_shift(
            _spectrum(patch * inner), _spectrum(patch**2 * inner) * weights, overlap, half_width
        )
        scores.append(score)
        shifts.append(shift)
    best = int(np.argmax(scores))
    roll = float(angles[best])
    if 0 < best < len(angles) - 1:
        roll += _ROLL_STEP_DEG * _vertex(*scores[best - 1 : best + 2])
    return roll, shifts[best] / half_width, float(scores[best])


def _detail(small: Floats, zoom: float) -> Floats:
    """Return luminance relative to its surroundings: features without the light's gradient."""
    luminance = np.log(np.maximum(small.mean(axis=2), 1e-4))
    sigma = 8.0 / zoom
    return np.asarray(
        cv2.GaussianBlur(luminance, (0, 0), max(0.5, 1.0 / zoom))
        - cv2.GaussianBlur(luminance, (0, 0), sigma),
        np.float32,
    )


def _upright(detail: Floats, centre: tuple[float, float], zoom: float, angle_deg: float) -> Floats:
    """Return the face patch turned back by an angle: (_PATCH, _PATCH) float32."""
    matrix = np.asarray(cv2.getRotationMatrix2D(centre, angle_deg, zoom), np.float64)
    matrix[:, 2] += (_PATCH - 1) / 2 - np.array(centre)
    patch = cv2.warpAffine(detail, matrix, (_PATCH, _PATCH), flags=cv2.INTER_LINEAR)
    return np.clip(np.asarray(patch, np.float32), -1.0, 1.0)


def _inner_window(half_width: float) -> Floats:
    """Return weights that keep the inner face and leave its outline out."""
    axis = np.arange(_PATCH, dtype=np.float32) - (_PATCH - 1) / 2
    radius = np.hypot(axis[None, :] / (_INNER * half_width), axis[:, None] / (_INNER * _PATCH / 2))
    return np.asarray(np.clip((1 - radius) / _SOFT, 0, 1), np.float32)


def _best_shift(
    pattern: Spectra, energies: Spectra, overlap: NDArray[np.float64], half_width: float
) -> tuple[float, float]:
    """Return the best mirror correlation over horizontal axis positions, and that position.

    The convolution of a row with itself is its correlation with its mirror image; dividing by the
    energy under the overlap keeps the window from pulling the axis to its own middle.

    Args:
        pattern: Spectrum of each row of the patch under the window.
        energies: The same of its squares, times the window's.
        overlap: Of the window with its mirror image, over positions.
        half_width: Of the face, in pixels of the patch.
    """
    matches, energy = _summed(pattern**2), _summed(energies)
    middle = _PATCH - 1
    reach = max(2, int(2 * _LARGEST_SHIFT * half_width))
    nearby = slice(middle - reach, middle + reach + 1)
    enough = overlap[nearby] > _LEAST_OVERLAP * overlap[middle]
    # The square root keeps part of the pull: small overlaps match too easily, an eye with itself.
    reference = np.sqrt(np.maximum(energy[nearby], 0) * energy[middle]) + 1e-12
    scores = np.where(enough, matches[nearby] / reference, -1.0)
    best = int(np.argmax(scores))
    shift = float(best - reach)
    if 0 < best < len(scores) - 1:
        shift += _vertex(*scores[best - 1 : best + 2])
    return float(scores[best]), shift / 2


def _spectrum(rows: Floats) -> Spectra:
    """Return the Fourier transform of each row, padded so that convolutions do not wrap."""
    return np.asarray(np.fft.rfft(rows, n=2 * _PATCH, axis=1), np.complex128)


def _summed(spectra: Spectra) -> NDArray[np.float64]:
    """Return the sum over rows of the signals with the given spectra."""
    return np.asarray(np.fft.irfft(spectra.sum(axis=0), n=2 * _PATCH), np.float64)


def _vertex(before: float, peak: float, after: float) -> float:
    """Return where the parabola through three neighbouring values has its top, -0.5..0.5."""
    curvature = before - 2 * peak + after
    return 0.0 if curvature >= 0 else float(np.clip((before - after) / (2 * curvature), -0.5, 0.5))
