"""How the head stands in space: distance, turn and nod, from the depth map.

Rules kept here:

1. Axes are those midway between the two cameras: origin midway between the centres, z along the
   mean viewing direction, x right, y down; so vergence and baseline drop out.
2. The turn comes from how far the nose, the nearest part, stands beside the middle of the
   silhouette; the nod from the slope of the whole face, fitted robustly.
3. With too little trusted depth nothing is returned.

The turn uses one length for everybody, from the nose's tip to the axis through the middle of the
silhouette; a real length 10 per cent off changes the turn by 10 per cent of itself.  Both angles
have an offset of about a degree that belongs to the person, so limits below 3 degrees mean little.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.depth import DepthMap
from adapters.imaging.pixels import Window

Floats = NDArray[np.float64]

NOSE_FROM_AXIS_MM: Final = 88.0

_THIN: Final = 5
_FEWEST_POINTS: Final = 400
_NOSE_AREA: Final = 0.7
_NOSE_SHARE: Final = 0.01
_SLOPE_AREA: Final = 0.9
_MIDDLE_AREA: Final = 0.5
_ROUNDS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """How the head stands.

    Attributes:
        distance_mm: From midway between the cameras to the median of the middle of the face.
        turn_deg: Towards the picture's right.
        nod_deg: Upwards.
    """

    distance_mm: float
    turn_deg: float
    nod_deg: float


def measure_head_pose(
    depth: DepthMap, calibration: StereoCalibration, *, left_face: Window, right_face: Window
) -> HeadPose | None:
    """Return how the head stands, or nothing where too little depth is trusted.

    Args:
        depth: The depth map of the pair.
        calibration: The rig.
        left_face: Where the face is in the stored left picture.
        right_face: Where it is in the stored right picture.
    """
    turned = half_turn(calibration)
    middle = -calibration.rotation_matrix.T @ calibration.translation_vector / 2
    points = (_points_mm(depth, calibration.left, left_face) - middle) @ turned.T
    if len(points) < _FEWEST_POINTS:
        return None
    range_mm = float(np.median(points[:, 2]))
    left_ray = turned @ _ray(left_face, calibration.left)
    right_ray = turned @ calibration.rotation_matrix.T @ _ray(right_face, calibration.right)
    eye = turned @ middle
    centre = (_at_range(-eye, left_ray, range_mm) + _at_range(eye, right_ray, range_mm)) / 2
    half_width = left_face.width / 2 * range_mm / calibration.left.focal_x_px
    half_height = left_face.height / 2 * range_mm / calibration.left.focal_y_px
    reach = np.hypot(
        (points[:, 0] - centre[0]) / half_width, (points[:, 1] - centre[1]) / half_height
    )
    inner, whole = points[reach < _NOSE_AREA], points[reach < _SLOPE_AREA]
    core = points[reach < _MIDDLE_AREA]
    if min(len(inner), len(core)) < _FEWEST_POINTS // 4:
        return None
    nearest = np.argsort(inner[:, 2], kind="stable")[: max(20, int(len(inner) * _NOSE_SHARE))]
    aside = float(np.median(inner[nearest, 0]) - centre[0]) / NOSE_FROM_AXIS_MM
    return HeadPose(
        distance_mm=float(np.linalg.norm(np.median(core, axis=0))),
        turn_deg=float(np.degrees(np.arcsin(np.clip(aside, -1.0, 1.0)))),
        nod_deg=-float(np.degrees(np.arctan(_slope_down(whole)))),
    )


def half_turn(calibration: StereoCalibration) -> Floats:
    """Return the rotation from left camera axes to the axes midway between the cameras."""
    vector, _ = cv2.Rodrigues(calibration.rotation_matrix)
    matrix, _ = cv2.Rodrigues(np.asarray(vector, np.float64) / 2)
    return np.asarray(matrix, np.float64)


def _points_mm(depth: DepthMap, camera: CameraIntrinsics, face: Window) -> Floats:
    """Return the trusted points of the face, thinned, in left camera axes: (n, 3)."""
    rows = slice(face.top // depth.step, (face.top + face.height) // depth.step)
    columns = slice(face.left // depth.step, (face.left + face.width) // depth.step)
    places = np.argwhere(depth.valid[rows, columns])[::_THIN]
    places += np.array([rows.start, columns.start])
    if not len(places):
        return np.zeros((0, 3))
    stored = np.asarray(places[:, ::-1] * depth.step + (depth.step - 1) / 2, np.float64)
    flat = cv2.undistortPoints(stored.reshape(-1, 1, 2), camera.matrix, camera.distortion_vector)
    rays = np.column_stack([np.asarray(flat, np.float64).reshape(-1, 2), np.ones(len(places))])
    depths = depth.depth_mm[places[:, 0], places[:, 1]].astype(np.float64)
    return np.asarray(rays * depths[:, None], np.float64)


def _ray(face: Window, camera: CameraIntrinsics) -> Floats:
    """Return the direction of the face's centre in a camera's own axes."""
    pixel = np.array([[face.centre]], np.float64)
    flat = cv2.undistortPoints(pixel, camera.matrix, camera.distortion_vector)
    x, y = (float(value) for value in np.asarray(flat, np.float64).reshape(2))
    return np.array([x, y, 1.0])


def _at_range(origin: Floats, ray: Floats, range_mm: float) -> Floats:
    """Return x and y where a ray reaches a distance along z."""
    return np.asarray((origin + (range_mm - origin[2]) / ray[2] * ray)[:2], np.float64)


def _slope_down(points: Floats) -> float:
    """Return how fast distance grows downwards, by a plane with Tukey-like weights."""
    design = np.column_stack([points[:, :2], np.ones(len(points))])
    weights = np.ones(len(points))
    plane = np.zeros(3)
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        plane = np.linalg.lstsq(design * root[:, None], points[:, 2] * root)[0]
        residual = points[:, 2] - design @ plane
        scale = 2 * 1.4826 * float(np.median(np.abs(residual))) + 1e-9
        weights = 1 / (1 + (residual / scale) ** 2) ** 2
    return float(plane[1])
