"""A verged stereo pair turned, on paper, into a parallel one, at any scale.

Rules kept here:

1. Both rectified pictures share focal length and rows; each keeps its own camera's view in the
   middle, so that disparity is near 0 where the two optical axes meet, not hundreds of pixels.
2. Disparity is left column minus right column; distance along the rectified axis is
   f B / (disparity - disparity at infinity).
3. Pixel centres are whole numbers at every scale: full column = (column + 0.5) / scale - 0.5.

Source: Hartley and Zisserman 2004, section 11.12; OpenCV 5 ``stereoRectify`` for the two rotations.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.pixels import EncodedLuma
from adapters.imaging.refusal import malformed

Floats = NDArray[np.float64]

_MOST_TILT: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rectification:
    """The parallel rig equivalent to a calibrated one, at one scale.

    Attributes:
        calibration: The rig.
        scale: Pixels of the rectified picture per pixel of the stored one.
        width: Columns of both rectified pictures.
        height: Rows.
        focal_px: Focal length at this scale.
        left_rotation: From left camera axes to rectified axes, (3, 3).
        right_rotation: The same for the right camera.
        left_centre_px: Principal point of the rectified left picture, column and row.
        right_centre_px: The same for the right picture; the row is the same.
    """

    calibration: StereoCalibration
    scale: float
    width: int
    height: int
    focal_px: float
    left_rotation: Floats
    right_rotation: Floats
    left_centre_px: tuple[float, float]
    right_centre_px: tuple[float, float]

    @property
    def infinity_px(self) -> float:
        """Disparity of a point infinitely far away."""
        return self.left_centre_px[0] - self.right_centre_px[0]

    def disparity_px(self, distance_mm: float) -> float:
        """Return the disparity of a point at a distance along the rectified axis."""
        return self.focal_px * self.calibration.baseline_mm / distance_mm + self.infinity_px

    def distance_mm(self, disparity_px: Floats) -> Floats:
        """Return distances along the rectified axis; disparities beyond infinity give NaN."""
        nearness = disparity_px - self.infinity_px
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = self.focal_px * self.calibration.baseline_mm / nearness
        return np.where(nearness > 0, distance, np.nan)

    def left_picture(self, luma: EncodedLuma) -> EncodedLuma:
        """Return the left picture rectified."""
        return self._picture(luma, self.calibration.left, self.left_rotation, self.left_centre_px)

    def right_picture(self, luma: EncodedLuma) -> EncodedLuma:
        """Return the right picture rectified."""
        return self._picture(
            luma, self.calibration.right, self.right_rotation, self.right_centre_px
        )

    def sharp_pictures(
        self, left: EncodedLuma, right: EncodedLuma
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return both pictures rectified by Lanczos interpolation: (rows, columns) float32, 0..255.

        Only at scale 1, where nothing has to be shrunk; no grey level is rounded.

        Raises:
            MalformedInput: the pictures have another size than the calibration.
        """
        if self.scale != 1:
            message = "sharp pictures are made at the size of the stored ones"
            raise ValueError(message)
        for luma in (left, right):
            self.calibration.require_size(width=luma.shape[1], height=luma.shape[0])
        return (
            self._sharp(left, self.calibration.left, self.left_rotation, self.left_centre_px),
            self._sharp(right, self.calibration.right, self.right_rotation, self.right_centre_px),
        )

    def _sharp(
        self,
        luma: EncodedLuma,
        camera: CameraIntrinsics,
        rotation: Floats,
        centre: tuple[float, float],
    ) -> NDArray[np.float32]:
        columns, rows = cv2.initUndistortRectifyMap(
            camera.matrix,
            camera.distortion_vector,
            rotation,
            self._matrix(centre),
            (self.width, self.height),
            cv2.CV_32FC1,
        )
        moved = cv2.remap(
            luma.astype(np.float32),
            columns,
            rows,
            cv2.INTER_LANCZOS4,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return np.asarray(moved, np.float32)

    def from_left_pixels(self, pixels: Floats) -> Floats:
        """Return where pixels of the stored left picture lie in the rectified one: (n, 2)."""
        camera = self.calibration.left
        moved = cv2.undistortPoints(
            pixels.reshape(-1, 1, 2),
            camera.matrix,
            camera.distortion_vector,
            R=self.left_rotation,
            P=self._matrix(self.left_centre_px),
        )
        return np.asarray(moved, np.float64).reshape(-1, 2)

    def to_left_pixels(self, rectified_px: Floats) -> Floats:
        """Return where pixels of the rectified left picture lie in the stored one: (n, 2)."""
        camera = self.calibration.left
        rays = self._rays(rectified_px) @ self.left_rotation
        pixels, _ = cv2.projectPoints(
            rays.reshape(-1, 1, 3),
            np.zeros(3),
            np.zeros(3),
            camera.matrix,
            camera.distortion_vector,
        )
        return np.asarray(pixels, np.float64).reshape(-1, 2)

    def left_depth_mm(self, rectified_px: Floats, distance_mm: Floats) -> Floats:
        """Return depth along the left camera's own axis for rectified pixels and distances.

        Args:
            rectified_px: (n, 2) columns and rows in the rectified left picture.
            distance_mm: (n,) distances along the rectified axis.
        """
        rays = self._rays(rectified_px)
        return np.asarray((rays @ self.left_rotation)[:, 2] * distance_mm, dtype=np.float64)

    def points_mm(self, rectified_px: Floats, distance_mm: Floats) -> Floats:
        """Return points in rectified axes with the origin midway between the cameras: (n, 3)."""
        points = self._rays(rectified_px) * distance_mm[:, None]
        points[:, 0] -= self.calibration.baseline_mm / 2
        return points

    def _rays(self, rectified_px: Floats) -> Floats:
        offset = (rectified_px - np.array(self.left_centre_px)) / self.focal_px
        return np.column_stack([offset, np.ones(len(offset))])

    def _matrix(self, centre: tuple[float, float]) -> Floats:
        return np.array([[self.focal_px, 0, centre[0]], [0, self.focal_px, centre[1]], [0, 0, 1]])

    def _picture(
        self,
        luma: EncodedLuma,
        camera: CameraIntrinsics,
        rotation: Floats,
        centre: tuple[float, float],
    ) -> EncodedLuma:
        """Shrink first by area, so that no detail aliases, then move with one interpolation."""
        height, width = luma.shape
        self.calibration.require_size(width=width, height=height)
        size = (round(width * self.scale), round(height * self.scale))
        source = luma
        if self.scale < 1:
            shrunk = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
            source = EncodedLuma(np.asarray(shrunk, np.uint8))
        across, down = size[0] / width, size[1] / height
        matrix = np.diag([across, down, 1.0]) @ camera.matrix
        matrix[0, 2] += (across - 1) / 2
        matrix[1, 2] += (down - 1) / 2
        columns, rows = cv2.initUndistortRectifyMap(
            matrix,
            camera.distortion_vector,
            rotation,
            self._matrix(centre),
            (self.width, self.height),
            cv2.CV_32FC1,
        )
        moved = cv2.remap(source, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
        return EncodedLuma(np.asarray(moved, np.uint8))


def rectify(calibration: StereoCalibration, *, scale: float) -> Rectification:
    """Return the parallel rig equivalent to a calibrated one.

    Raises:
        MalformedInput: the cameras are not side by side, left one first.
    """
    left, right = calibration.left, calibration.right
    solution = cv2.stereoRectify(
        left.matrix,
        left.distortion_vector,
        right.matrix,
        right.distortion_vector,
        (left.width_px, left.height_px),
        calibration.rotation_matrix,
        calibration.translation_vector.reshape(3, 1),
        flags=0,
    )
    left_rotation = np.asarray(solution[0], np.float64)
    right_rotation = np.asarray(solution[1], np.float64)
    x, y, z = calibration.translation_mm
    if x >= 0 or abs(y) > _MOST_TILT * abs(x) or abs(z) > _MOST_TILT * abs(x):
        raise malformed(
            "calibration.sides",
            f"the right camera lies {x:.1f}, {y:.1f}, {z:.1f} mm from the left one's view",
            "Exchange the pictures of the two cameras or calibrate the rig again",
        )
    width, height = round(left.width_px * scale), round(left.height_px * scale)
    focal = scale * (left.focal_x_px + left.focal_y_px + right.focal_x_px + right.focal_y_px) / 4
    centres = [
        _centred(camera, turn, focal, width, height)
        for camera, turn in ((left, left_rotation), (right, right_rotation))
    ]
    row = (centres[0][1] + centres[1][1]) / 2
    return Rectification(
        calibration=calibration,
        scale=scale,
        width=width,
        height=height,
        focal_px=focal,
        left_rotation=left_rotation,
        right_rotation=right_rotation,
        left_centre_px=(centres[0][0], row),
        right_centre_px=(centres[1][0], row),
    )


def _centred(
    camera: CameraIntrinsics, rotation: Floats, focal: float, width: int, height: int
) -> tuple[float, float]:
    """Return the principal point that keeps the middle of the stored picture in the middle."""
    middle = np.array([[(camera.width_px - 1) / 2, (camera.height_px - 1) / 2]])
    flat = cv2.undistortPoints(
        middle.reshape(-1, 1, 2), camera.matrix, camera.distortion_vector, R=rotation
    )
    x, y = (float(value) for value in np.asarray(flat, np.float64).reshape(2))
    return (width - 1) / 2 - focal * x, (height - 1) / 2 - focal * y
