"""A face-like surface in closed form, with a bump of known volume, seen by a distorted camera.

It shares nothing with the station's simulation: rays meet the surface by Newton's steps, so depth
is exact, and the bump's volume is an integral in closed form.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.change import Face
from adapters.imaging.depth import DepthMap
from adapters.imaging.pixels import Mask
from adapters.imaging.registration import Rigid
from adapters.imaging.surface import Surface, surface_of
from domain.values.facial_region import FacialRegion

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 228, 304
FOCAL_PX = 7742.0 * HEIGHT / 4056
CAMERA = CameraIntrinsics(
    width_px=WIDTH,
    height_px=HEIGHT,
    focal_x_px=FOCAL_PX,
    focal_y_px=FOCAL_PX,
    centre_x_px=(WIDTH - 1) / 2 + 3,
    centre_y_px=(HEIGHT - 1) / 2 - 2,
    distortion=(-0.061, 0.043, 0.00031, -0.00022, 0.0),
)
CALIBRATION = StereoCalibration.of_geometry(
    left=CAMERA, right=CAMERA, rotation=np.eye(3), translation_mm=np.array([-80.0, 0.0, 0.0])
)
BUMP_MM = 18.0
CHEEK = FacialRegion.CHEEK_LEFT
STILL = Rigid(rotation=np.eye(3), shift_mm=np.zeros(3))


def moved(degrees: tuple[float, float, float], shift_mm: tuple[float, float, float]) -> Rigid:
    """Return the motion of a head about a point 450 mm away; head to camera axes."""
    rotation = np.asarray(cv2.Rodrigues(np.radians(degrees))[0], np.float64)
    middle = np.array([0.0, 0.0, 450.0])
    return Rigid(rotation=rotation, shift_mm=middle - rotation @ middle + np.array(shift_mm))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """One view of the face: its face with regions, and where each pixel lies on the head."""

    face: Face
    head_mm: Floats
    pose: Rigid


def seen(
    pose: Rigid = STILL,
    *,
    bump_mm3: float = 0.0,
    noise_mm: float = 0.0,
    seed: int = 0,
    alike_px: float = 0.0,
    outliers: float = 0.0,
) -> Seen:
    """Return the face as seen with the head in a pose, noise and outliers added to depth."""
    exact, head, valid = _exact(pose, bump_mm3)
    values = exact + _noise(seed, noise_mm, alike_px, outliers)
    regions = {
        FacialRegion.FOREHEAD: valid & (head[..., 1] < -5),
        CHEEK: valid & (_from_cheek(head[..., 0], head[..., 1]) < (BUMP_MM + 3) ** 2),
    }
    surface = surface_of(depth_map(values, noise_mm), CAMERA)
    return Seen(face=Face(surface=surface, regions=regions), head_mm=head, pose=pose)


@cache
def _exact(pose: Rigid, bump_mm3: float) -> tuple[Floats, Floats, Mask]:
    """Return depth, place on the head and validity of each pixel; kept by the pose itself."""
    across, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    places = np.stack([across, down], axis=-1).reshape(-1, 1, 2).astype(np.float64)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-12)
    straight = cv2.undistortPoints(
        places, CAMERA.matrix, CAMERA.distortion_vector, criteria=criteria
    )
    rays: Floats = np.ones((WIDTH * HEIGHT, 3))
    rays[:, :2] = straight.reshape(-1, 2)
    depth: Floats = np.full(len(rays), 450.0)
    for _ in range(16):
        gap, ahead, behind = (
            _gap(np.asarray(depth + offset, np.float64), rays, pose, bump_mm3)
            for offset in (0.0, 1e-3, -1e-3)
        )
        step = np.clip(gap / ((ahead - behind) / 2e-3), -5, 5)
        depth = np.asarray(depth - step, np.float64)
    head = pose.back(rays * depth[:, None])
    good = (np.abs(_gap(np.asarray(depth, np.float64), rays, pose, bump_mm3)) < 1e-7) & (
        (head[:, 0] / 70) ** 2 + (head[:, 1] / 95) ** 2 < 1
    )
    valid = good.reshape(HEIGHT, WIDTH)
    exact = np.where(valid, depth.reshape(HEIGHT, WIDTH), np.nan)
    return exact, head.reshape(HEIGHT, WIDTH, 3), valid


def depth_map(values: Floats, sigma_mm: float = 0.0) -> DepthMap:
    """Return depths as a depth map; NaN is invalid, a sigma of 0 is not told."""
    return DepthMap(
        depth_mm=values,  # type: ignore[arg-type]  # exact, so that exactness can be tested
        valid=np.isfinite(values),
        step=1,
        method="exact/1",
        sigma_mm=np.full(values.shape, sigma_mm, np.float32),
    )


def true_motion(earlier: Seen, later: Seen) -> Rigid:
    """Return the motion that lays the later view's axes over the earlier view's."""
    rotation = earlier.pose.rotation @ later.pose.rotation.T
    shift = earlier.pose.shift_mm - rotation @ later.pose.shift_mm
    return Rigid(rotation=rotation, shift_mm=shift)


def motion_error_mm(earlier: Seen, later: Seen, motion: Rigid, region: FacialRegion) -> float:
    """Return the root-mean-square error of a motion over a region of the earlier face."""
    surface: Surface = earlier.face.surface
    points = surface.points_mm(earlier.face.regions[region])
    back = true_motion(earlier, later).back(points)
    apart = np.linalg.norm(motion(back) - points, axis=1)
    return float(np.sqrt((apart**2).mean()))


def _from_cheek(x: Floats, y: Floats) -> Floats:
    return np.asarray((x - 38) ** 2 + (y - 25) ** 2, np.float64)


def _height(x: Floats, y: Floats, bump_mm3: float) -> Floats:
    nose = 18 * np.exp(-((x / 9) ** 2) - ((y - 5) / 18) ** 2)
    brows = sum(
        4 * np.exp(-(((x + side * 21) / 12) ** 2) - ((y + 25) / 9) ** 2) for side in (-1, 1)
    )
    form = 450 + 60 * ((x / 75) ** 2 + (y / 105) ** 2) - nose + brows
    lift = np.clip(1 - _from_cheek(x, y) / BUMP_MM**2, 0, None) ** 2
    return np.asarray(
        form + 1.5 * np.sin(x / 14) * np.cos(y / 17) - 3 * bump_mm3 / (np.pi * BUMP_MM**2) * lift
    )


def _gap(depth: Floats, rays: Floats, pose: Rigid, bump_mm3: float) -> Floats:
    head = pose.back(rays * depth[:, None])
    return np.asarray(head[:, 2] - _height(head[:, 0], head[:, 1], bump_mm3), np.float64)


def _noise(seed: int, noise_mm: float, alike_px: float, outliers: float) -> Floats:
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((HEIGHT, WIDTH))
    if alike_px:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), alike_px)) * (
            2 * np.sqrt(np.pi) * alike_px
        )
    wrong = np.where(rng.random((HEIGHT, WIDTH)) < outliers, 5.0, 0.0)
    return np.asarray(noise_mm * noise - wrong, np.float64)
