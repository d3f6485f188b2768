"""What depth says about whether a face is a face: relief, and what stands before one side of it.

Rules kept here:

1. Relief is what remains of the face's depth after the best plane and bend are taken out: a print,
   held flat or bent, has none, a head of any shape has several millimetres.
2. Each place of the mesh is compared with its mirror image, along the direction in which the upper
   face looks; what covers one side stands nearer there by its own thickness.
3. With too little trusted depth nothing is returned.

Known gap: what covers both sides alike, such as a mask, is not seen here.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.canonical_face import canonical_face
from adapters.imaging.depth import DepthMap
from adapters.imaging.face_mesh import FaceMesh
from adapters.imaging.pixels import Window

Floats = NDArray[np.float64]

STANDS_OUT_MM: Final = 9.0

_INNER: Final = 0.85
_FEWEST_POINTS: Final = 400
_DEEPEST_MM: Final = 90.0
_OUTLIER_MM: Final = 30.0
_THIN: Final = 3
_FEWEST_PAIRS: Final = 60
_REACH: Final = 2
_STEEPEST_MM: Final = 6.0
_UPPER: Final = (6, 168, 197, 195, 5, 33, 263, 133, 362, 151, 9, 8, 107, 336, 66, 296)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRelief:
    """What depth says about the face.

    Attributes:
        relief_mm: Spread (RMS) of depth about the best plane with a bend.
        uneven_share: Share of mirrored pairs of which one stands out; none without a mesh.
        uneven_points: Places of the mesh that stand out, of the side with more of them.
    """

    relief_mm: float
    uneven_share: float | None
    uneven_points: tuple[int, ...] = ()


def measure_relief(
    depth: DepthMap, camera: CameraIntrinsics, face: Window, mesh: FaceMesh | None
) -> FaceRelief | None:
    """Return what depth says about a face, or nothing where too little depth is trusted.

    Args:
        depth: The depth map of the pair.
        camera: The left camera.
        face: Where the face is in the stored left picture.
        mesh: Its points there, when they were found.
    """
    places = _THIN * np.argwhere(depth.valid[::_THIN, ::_THIN])
    stored = places[:, ::-1] * depth.step + (depth.step - 1) / 2
    middle = np.array(face.centre)
    half = np.array([face.width, face.height]) / 2
    share = (stored - middle) / half
    inside = np.hypot(share[:, 0], share[:, 1]) < _INNER
    places, share = places[inside], share[inside]
    if len(places) < _FEWEST_POINTS:
        return None
    values = depth.depth_mm[places[:, 0], places[:, 1]].astype(np.float64)
    uneven, points = (None, ()) if mesh is None else _uneven_share(depth, camera, mesh)
    return FaceRelief(
        relief_mm=_about_a_bend(share, values), uneven_share=uneven, uneven_points=points
    )


def _about_a_bend(share: Floats, values: Floats) -> float:
    """Return the RMS about the best quadratic surface; what no face has is left out."""
    x, y = share[:, 0], share[:, 1]
    design = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    kept = np.abs(values - np.median(values)) < _DEEPEST_MM
    for _ in range(2):
        fitted = np.linalg.lstsq(design[kept], values[kept])[0]
        kept = np.abs(values - design @ fitted) < _OUTLIER_MM
    residual = (values - design @ fitted)[kept]
    return float(np.sqrt(np.mean(residual**2)))


def _uneven_share(
    depth: DepthMap, camera: CameraIntrinsics, mesh: FaceMesh
) -> tuple[float | None, tuple[int, ...]]:
    """Return the share of pairs of which one stands out, and the places that do."""
    points, known = _in_space(depth, camera, mesh.points_px[:, :2])
    mirror = canonical_face().mirror
    upper = [place for place in _UPPER if known[place]]
    pairs = np.array(
        [(k, m) for k, m in enumerate(mirror.tolist()) if k < m and known[k] and known[m]]
    )
    if len(pairs) < _FEWEST_PAIRS or len(upper) < len(_UPPER) // 2:
        return None, ()
    one, other = points[pairs[:, 0]], points[pairs[:, 1]]
    across = np.median(other - one, axis=0)
    across /= np.linalg.norm(across)
    # Across the face is where pairs lead; forward is square to it and nearest to the camera's axis.
    forward = np.array([0.0, 0.0, -1.0])
    forward -= (forward @ across) * across
    forward /= np.linalg.norm(forward)
    apart = (one - other) @ forward
    apart -= np.median(apart)
    nearer, farther = apart > STANDS_OUT_MM, apart < -STANDS_OUT_MM
    # Forward is towards the cameras: where one of a pair is the nearer, something lies before it.
    more = pairs[nearer, 0] if nearer.sum() >= farther.sum() else pairs[farther, 1]
    return float((np.abs(apart) > STANDS_OUT_MM).mean()), tuple(int(place) for place in more)


def _in_space(
    depth: DepthMap, camera: CameraIntrinsics, pixels: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return places of the picture in left camera axes, (n, 3) mm, and which are trusted."""
    rows, columns = depth.valid.shape
    place = np.round((pixels - (depth.step - 1) / 2) / depth.step).astype(int)
    found, known = np.zeros((len(pixels), 3)), np.zeros(len(pixels), np.bool_)
    flat = cv2.undistortPoints(
        np.asarray(pixels, np.float64).reshape(-1, 1, 2), camera.matrix, camera.distortion_vector
    )
    rays = np.column_stack([np.asarray(flat, np.float64).reshape(-1, 2), np.ones(len(pixels))])
    for number, (column, row) in enumerate(place.tolist()):
        if not (_REACH <= row < rows - _REACH and _REACH <= column < columns - _REACH):
            continue
        window = np.s_[row - _REACH : row + _REACH + 1, column - _REACH : column + _REACH + 1]
        valid = depth.valid[window]
        if int(valid.sum()) < valid.size // 2:
            continue
        values = depth.depth_mm[window][valid]
        if float(np.ptp(values)) > _STEEPEST_MM:
            continue
        found[number], known[number] = rays[number] * float(np.median(values)), True
    return np.asarray(found, np.float64), known
