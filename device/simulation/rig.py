"""The stereo rig: two verged cameras, how they see points, and how far they have drifted.

Rules kept here:

1. Rig frame, in millimetres: origin midway between the camera centres, +x to the right as the
   cameras look, +y down, +z towards the subject.  Camera frames have the same axes, turned.
2. Pixel coordinates count from 0 at the centre of the first pixel, x to the right, y down.
3. Distortion is Brown's, five coefficients in OpenCV's order.  A camera sees upright: the sensor
   is mounted on its short side, so a full frame has 3040 columns and 4056 rows.
4. Only the geometry drifts; the calibration that others hold stays the locked one.

Source: Brown 1971 (distortion); OpenCV 5 documentation, calib3d (order of coefficients).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.errors import MalformedInput

Vectors = NDArray[np.float64]
"""(..., 3) or (..., 2) float64."""

BASELINE_MM: Final = 80.0
WORKING_DISTANCE_MM: Final = 450.0
FOCAL_PX: Final = 7742.0
FULL_ROWS: Final = 4056
_DISTORTION: Final = (
    (-0.061, 0.043, 0.00031, -0.00022, 0.0),
    (-0.058, 0.039, -0.00018, 0.00027, 0.0),
)
_CENTRE_SHIFT: Final = ((0.0031, -0.0024), (-0.0027, 0.0019))
"""Principal point against the middle of the image, as a share of the longer side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Size of an image in pixels."""

    columns: int
    rows: int

    def __post_init__(self) -> None:
        """Refuse what no camera gives; odd sizes would cut the Bayer pattern."""
        if not (64 <= self.columns <= 8192 and 64 <= self.rows <= 8192):  # noqa: PLR2004
            raise MalformedInput("an image must have 64..8192 rows and columns")
        if self.columns % 2 or self.rows % 2:
            raise MalformedInput("an image must have even numbers of rows and columns")


PREVIEW: Final = Resolution(columns=480, rows=640)
DEMO: Final = Resolution(columns=1520, rows=2028)
FULL: Final = Resolution(columns=3040, rows=4056)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Camera:
    """One camera in the rig frame.

    Attributes:
        focal_px: Focal length, the same across and down.
        centre_px: Principal point.
        distortion: k1, k2, p1, p2, k3.
        rotation: (3, 3) float64, rig axes to camera axes.
        position_mm: (3,) float64, centre of projection in the rig frame.
    """

    resolution: Resolution
    focal_px: float
    centre_px: tuple[float, float]
    distortion: tuple[float, float, float, float, float]
    rotation: Vectors
    position_mm: Vectors

    @property
    def matrix(self) -> Vectors:
        """(3, 3) float64, camera frame to undistorted pixels."""
        cx, cy = self.centre_px
        return np.array([[self.focal_px, 0, cx], [0, self.focal_px, cy], [0, 0, 1]], np.float64)

    def to_camera(self, rig_mm: Vectors) -> Vectors:
        """Points of the rig frame in the camera frame: (..., 3) float64, millimetres."""
        return np.asarray((rig_mm - self.position_mm) @ self.rotation.T, dtype=np.float64)

    def to_rig(self, camera_mm: Vectors) -> Vectors:
        """Points of the camera frame in the rig frame: (..., 3) float64, millimetres."""
        return np.asarray(camera_mm @ self.rotation + self.position_mm, dtype=np.float64)

    def project(self, rig_mm: Vectors) -> Vectors:
        """Return where points of the rig frame are seen: (..., 2) float64, pixels."""
        p = self.to_camera(np.asarray(rig_mm, dtype=np.float64))
        return self.pixels(p[..., 0] / p[..., 2], p[..., 1] / p[..., 2])

    def pixels(self, x: Vectors, y: Vectors) -> Vectors:
        """Return (..., 2) pixels of undistorted directions x/z and y/z."""
        k1, k2, p1, p2, k3 = self.distortion
        r2 = x * x + y * y
        radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
        u = x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)
        v = y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y
        return np.stack(
            [self.focal_px * u + self.centre_px[0], self.focal_px * v + self.centre_px[1]], axis=-1
        )

    def rays(self, pixels: Vectors) -> Vectors:
        """Return the direction behind each pixel, camera frame, scaled to z = 1: (..., 3)."""
        flat = np.asarray(pixels, dtype=np.float64).reshape(-1, 1, 2)
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-12)
        straight = cv2.undistortPoints(
            flat, self.matrix, np.array(self.distortion, np.float64), criteria=criteria
        )
        straight = straight.reshape((*np.shape(pixels)[:-1], 2))
        return np.concatenate([straight, np.ones_like(straight[..., :1])], axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RigDrift:
    """How the right camera has moved since the calibration was locked, degrees and millimetres."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    baseline_mm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoRig:
    """Two cameras; left and right as the cameras look, so left sees more of the subject's right."""

    left: Camera
    right: Camera

    def right_from_left(self) -> tuple[Vectors, Vectors]:
        """Return rotation (3, 3) and translation (3,) mm that take left camera points to right."""
        rotation = self.right.rotation @ self.left.rotation.T
        offset = self.right.rotation @ (self.left.position_mm - self.right.position_mm)
        return np.asarray(rotation), np.asarray(offset)


def turn(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Vectors:
    """Return the rotation by roll about z, then pitch about x, then yaw about y: (3, 3)."""
    rotations = []
    for axis, angle in ((1, yaw_deg), (0, pitch_deg), (2, roll_deg)):
        vector = np.zeros(3)
        vector[axis] = np.radians(angle)
        rotations.append(np.asarray(cv2.Rodrigues(vector)[0], dtype=np.float64))
    return np.asarray(rotations[0] @ rotations[1] @ rotations[2], dtype=np.float64)


def _camera(resolution: Resolution, side: int, position_x_mm: float, rotation: Vectors) -> Camera:
    longer = max(resolution.columns, resolution.rows)
    dx, dy = _CENTRE_SHIFT[side]
    return Camera(
        resolution=resolution,
        focal_px=FOCAL_PX * longer / FULL_ROWS,
        centre_px=(
            (resolution.columns - 1) / 2 + dx * longer,
            (resolution.rows - 1) / 2 + dy * longer,
        ),
        distortion=_DISTORTION[side],
        rotation=rotation,
        position_mm=np.array([position_x_mm, 0.0, 0.0]),
    )


def stereo_rig(resolution: Resolution, drift: RigDrift = RigDrift()) -> StereoRig:
    """Build the rig at a resolution; without drift it is the rig of the locked calibration."""
    half = BASELINE_MM / 2
    toe_in = float(np.degrees(np.arctan2(half, WORKING_DISTANCE_MM)))
    moved = turn(drift.yaw_deg, drift.pitch_deg, drift.roll_deg)
    return StereoRig(
        left=_camera(resolution, 0, -half, turn(-toe_in, 0, 0)),
        right=_camera(resolution, 1, half + drift.baseline_mm, moved @ turn(toe_in, 0, 0)),
    )
