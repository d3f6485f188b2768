"""The locked geometry of a stereo rig: two cameras, their relative pose, and how well it was found.

Rules kept here:

1. Coordinates are OpenCV's: x right, y down, z along the optical axis; a point seen by the left
   camera at X is seen by the right camera at R X + t; lengths are millimetres.
2. A calibration belongs to one picture size; another size is refused, never rescaled.
3. The stored form is plain JSON values whose floats come back bit for bit.

Source: Hartley and Zisserman 2004, sections 6.1 (camera), 9.2 (fundamental matrix); Brown 1971
(distortion k1 k2 p1 p2 k3, in OpenCV's order).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.refusal import malformed

Floats = NDArray[np.float64]
PlainValue = None | bool | int | float | str | list["PlainValue"] | dict[str, "PlainValue"]

FORMAT: Final = "vultus/stereo-calibration/1"
_DISTORTION: Final = 5
_ROTATION_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraIntrinsics:
    """One camera: pinhole and lens distortion, in pixels of its full picture.

    Attributes:
        width_px: Columns of the pictures it describes.
        height_px: Rows.
        focal_x_px: Focal length along rows.
        focal_y_px: Focal length along columns.
        centre_x_px: Column of the principal point.
        centre_y_px: Row of the principal point.
        distortion: k1, k2, p1, p2, k3.
    """

    width_px: int
    height_px: int
    focal_x_px: float
    focal_y_px: float
    centre_x_px: float
    centre_y_px: float
    distortion: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse cameras that cannot exist."""
        numbers = (self.focal_x_px, self.focal_y_px, self.centre_x_px, self.centre_y_px)
        if (
            min(self.width_px, self.height_px) < 1
            or min(self.focal_x_px, self.focal_y_px) <= 0
            or len(self.distortion) != _DISTORTION
            or not np.isfinite([*numbers, *self.distortion]).all()
        ):
            raise _refused("a camera has a size, positive focal lengths and five coefficients")

    @property
    def matrix(self) -> Floats:
        """Camera matrix, (3, 3) float64."""
        return np.array(
            [
                [self.focal_x_px, 0.0, self.centre_x_px],
                [0.0, self.focal_y_px, self.centre_y_px],
                [0.0, 0.0, 1.0],
            ]
        )

    @property
    def distortion_vector(self) -> Floats:
        """Distortion coefficients, (5,) float64."""
        return np.array(self.distortion)


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoCalibration:
    """Two cameras and their relative pose, with the residuals of the fit.

    Attributes:
        left: The left camera, seen from behind the cameras.
        right: The right camera.
        rotation: R, three rows of three.
        translation_mm: t.
        reprojection_rms_px: Root-mean-square residual over all corners of both cameras.
        left_rms_px: The same for the left camera alone.
        right_rms_px: The same for the right camera alone.
        epipolar_rms_px: Root-mean-square distance of corners from their epipolar lines.
        view_rms_px: Residual of each view used, both cameras together.
        coverage: Share of an 8 x 8 grid over the picture where corners were seen, the poorer
            camera.
    """

    left: CameraIntrinsics
    right: CameraIntrinsics
    rotation: tuple[tuple[float, ...], ...]
    translation_mm: tuple[float, ...]
    reprojection_rms_px: float
    left_rms_px: float
    right_rms_px: float
    epipolar_rms_px: float
    view_rms_px: tuple[float, ...]
    coverage: float

    def __post_init__(self) -> None:
        """Refuse poses that are none and residuals below zero."""
        turn, shift = np.array(self.rotation), np.array(self.translation_mm)
        if turn.shape != (3, 3) or shift.shape != (3,):
            raise _refused("a pose is a 3 x 3 rotation and three millimetres")
        if not (np.abs(turn @ turn.T - np.eye(3)).max() < _ROTATION_TOLERANCE):
            raise _refused("the rotation is not a rotation")
        if not (np.isfinite(shift).all() and np.linalg.norm(shift) > 0):
            raise _refused("the cameras have no distance from each other")
        residuals = [
            self.reprojection_rms_px,
            self.left_rms_px,
            self.right_rms_px,
            self.epipolar_rms_px,
            *self.view_rms_px,
        ]
        if not all(value >= 0 for value in residuals) or not 0 <= self.coverage <= 1:
            raise _refused("residuals are not negative and coverage is 0 to 1")

    @classmethod
    def of_geometry(
        cls,
        *,
        left: CameraIntrinsics,
        right: CameraIntrinsics,
        rotation: Floats,
        translation_mm: Floats,
    ) -> "StereoCalibration":
        """Return the calibration of a rig whose geometry is known exactly."""
        return cls(
            left=left,
            right=right,
            rotation=tuple(tuple(float(value) for value in row) for row in rotation),
            translation_mm=tuple(float(value) for value in translation_mm),
            reprojection_rms_px=0.0,
            left_rms_px=0.0,
            right_rms_px=0.0,
            epipolar_rms_px=0.0,
            view_rms_px=(),
            coverage=1.0,
        )

    @property
    def baseline_mm(self) -> float:
        """Distance between the two cameras' centres."""
        return float(np.linalg.norm(self.translation_mm))

    @property
    def rotation_matrix(self) -> Floats:
        """R, (3, 3) float64."""
        return np.array(self.rotation)

    @property
    def translation_vector(self) -> Floats:
        """Translation t in millimetres, (3,) float64."""
        return np.array(self.translation_mm)

    @property
    def fundamental(self) -> Floats:
        """F with x_right^T F x_left = 0 for undistorted pixels, (3, 3) float64, norm 1.

        Source: Hartley and Zisserman 2004, equation 9.2.
        """
        x, y, z = self.translation_mm
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        essential = cross @ self.rotation_matrix
        matrix = np.linalg.inv(self.right.matrix).T @ essential @ np.linalg.inv(self.left.matrix)
        return np.asarray(matrix / np.linalg.norm(matrix), dtype=np.float64)

    def require_size(self, *, width: int, height: int) -> None:
        """Refuse pictures of another size than the calibrated one.

        Raises:
            MalformedInput: the size differs.
        """
        for intrinsics in (self.left, self.right):
            if (intrinsics.width_px, intrinsics.height_px) != (width, height):
                raise malformed(
                    "calibration.size",
                    f"the picture is {width}x{height}, the calibration is for "
                    f"{intrinsics.width_px}x{intrinsics.height_px}",
                    "Capture at the calibrated size or calibrate at this size",
                )


def calibration_to_bytes(calibration: StereoCalibration) -> bytes:
    """Return the stored form: UTF-8 JSON with sorted keys and shortest round-trip floats."""
    values = calibration_to_values(calibration)
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def calibration_from_bytes(content: bytes) -> StereoCalibration:
    """Return the calibration stored in ``content``.

    Raises:
        MalformedInput: the bytes are not a calibration.
    """
    try:
        values = json.loads(content)
    except ValueError as damage:
        raise _refused("the bytes are not JSON") from damage
    if not isinstance(values, dict):
        raise _refused("the bytes are not a JSON object")
    return calibration_from_values(values)


def calibration_to_values(calibration: StereoCalibration) -> dict[str, PlainValue]:
    """Return plain JSON values; matrices are lists of rows."""
    return {
        "format": FORMAT,
        "left": _camera_to_values(calibration.left),
        "right": _camera_to_values(calibration.right),
        "rotation": [list(row) for row in calibration.rotation],
        "translation_mm": list(calibration.translation_mm),
        "baseline_mm": calibration.baseline_mm,
        "reprojection_rms_px": calibration.reprojection_rms_px,
        "left_rms_px": calibration.left_rms_px,
        "right_rms_px": calibration.right_rms_px,
        "epipolar_rms_px": calibration.epipolar_rms_px,
        "view_rms_px": list(calibration.view_rms_px),
        "coverage": calibration.coverage,
    }


def calibration_from_values(values: Mapping[str, object]) -> StereoCalibration:
    """Return the calibration in plain values; the inverse of ``calibration_to_values``.

    Raises:
        MalformedInput: a value is missing, of another kind, or impossible.
    """
    if values.get("format") != FORMAT:
        raise _refused(f"the format is not {FORMAT}")
    return StereoCalibration(
        left=_camera_from_values(values.get("left")),
        right=_camera_from_values(values.get("right")),
        rotation=tuple(_numbers(row) for row in _list(values.get("rotation"))),
        translation_mm=_numbers(values.get("translation_mm")),
        reprojection_rms_px=_number(values.get("reprojection_rms_px")),
        left_rms_px=_number(values.get("left_rms_px")),
        right_rms_px=_number(values.get("right_rms_px")),
        epipolar_rms_px=_number(values.get("epipolar_rms_px")),
        view_rms_px=_numbers(values.get("view_rms_px")),
        coverage=_number(values.get("coverage")),
    )


def _camera_to_values(camera: CameraIntrinsics) -> dict[str, PlainValue]:
    return {
        "width_px": camera.width_px,
        "height_px": camera.height_px,
        "focal_x_px": camera.focal_x_px,
        "focal_y_px": camera.focal_y_px,
        "centre_x_px": camera.centre_x_px,
        "centre_y_px": camera.centre_y_px,
        "distortion": list(camera.distortion),
    }


def _camera_from_values(values: object) -> CameraIntrinsics:
    if not isinstance(values, dict):
        raise _refused("a camera is an object")
    return CameraIntrinsics(
        width_px=int(_number(values.get("width_px"))),
        height_px=int(_number(values.get("height_px"))),
        focal_x_px=_number(values.get("focal_x_px")),
        focal_y_px=_number(values.get("focal_y_px")),
        centre_x_px=_number(values.get("centre_x_px")),
        centre_y_px=_number(values.get("centre_y_px")),
        distortion=_numbers(values.get("distortion")),
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise _refused("a list is missing")
    return value


def _numbers(value: object) -> tuple[float, ...]:
    return tuple(_number(each) for each in _list(value))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise _refused("a number is missing")
    return float(value)


def _refused(evidence: str) -> Exception:
    return malformed("calibration.values", evidence, "Calibrate the rig again")
