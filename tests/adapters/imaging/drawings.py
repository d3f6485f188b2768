"""Drawn targets: the colour reference in perspective, calibration boards through a real lens."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibrate import TargetBoard
from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.colour import lab_d50_to_linear, linear_to_srgb
from adapters.imaging.pixels import EncodedLuma
from tests.adapters.imaging.scenes import rotation

Floats = NDArray[np.float64]

COLOUR_VECTORS = Path(__file__).parents[2] / "vectors" / "colour"
REFERENCE_LAB = np.loadtxt(COLOUR_VECTORS / "colorchecker24_2014.csv", delimiter=",")
UNIT = 80
PATCH, GAP, FRAME = UNIT, UNIT * 6 // 40, UNIT * 8 // 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSketch:
    """How the chart lies in the picture."""

    patch_px: float = 24.0
    left_px: float = 90.0
    top_px: float = 60.0
    rotation_deg: float = 0.0
    tilt_px: float = 0.0


def chart_plate() -> Floats:
    """Return the flat chart in linear RGB, 80 pixels to a patch."""
    rows, columns = 4 * PATCH + 3 * GAP + 2 * FRAME, 6 * PATCH + 5 * GAP + 2 * FRAME
    plate = np.full((rows, columns, 3), 0.025)
    colours = np.clip(lab_d50_to_linear(REFERENCE_LAB), 0, 1)
    for number, colour in enumerate(colours):
        row, column = divmod(number, 6)
        top, left = FRAME + row * (PATCH + GAP), FRAME + column * (PATCH + GAP)
        plate[top : top + PATCH, left : left + PATCH] = colour
    return plate


def chart_picture(
    sketch: ChartSketch, *, width: int = 420, height: int = 320
) -> NDArray[np.float32]:
    """Return a linear picture of the chart on a dark background, noise-free."""
    plate = chart_plate()
    scale = sketch.patch_px / UNIT
    rows, columns = plate.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    middle = corners.mean(axis=0)
    turned = (corners - middle) * scale @ rotation(roll_deg=sketch.rotation_deg)[:2, :2].T
    target = turned + middle * scale + [sketch.left_px, sketch.top_px]
    target[1] += [0, sketch.tilt_px]
    target[2] -= [0, sketch.tilt_px]
    matrix = cv2.getPerspectiveTransform(corners, target.astype(np.float32))
    soft = cv2.GaussianBlur(plate.astype(np.float32), (0, 0), 0.5 / scale)
    drawn = cv2.warpPerspective(soft, matrix, (width, height))
    cover = cv2.warpPerspective(np.ones((rows, columns), np.float32), matrix, (width, height))
    return np.asarray(drawn + 0.012 * (1 - cover[..., None]), np.float32)


def encode(
    linear: NDArray[np.floating], *, seed: int | None = 3, full_well: float = 8000.0
) -> NDArray[np.uint8]:
    """Return a linear picture as sRGB pixels, with shot noise unless ``seed`` is None."""
    image = np.asarray(linear, np.float64)
    if seed is not None:
        noise = np.random.default_rng(seed).standard_normal(image.shape)
        image = image + noise * np.sqrt(np.maximum(image, 0) / full_well)
    return np.round(255 * linear_to_srgb(np.clip(image, 0, 1))).astype(np.uint8)


TARGET = TargetBoard(columns=9, rows=12, square_mm=15.0, marker_mm=11.0)


def board_rig(width: int = 456, height: int = 608) -> StereoCalibration:
    """Return a verged rig with lens distortion, as ground truth for calibration."""
    focal = 7742.0 * height / 4056
    cameras = [
        CameraIntrinsics(
            width_px=width,
            height_px=height,
            focal_x_px=focal,
            focal_y_px=focal,
            centre_x_px=(width - 1) / 2 + shift,
            centre_y_px=(height - 1) / 2 - shift,
            distortion=lens,
        )
        for shift, lens in (
            (1.7, (-0.06, 0.04, 3e-4, -2e-4, 0.0)),
            (-1.2, (-0.055, 0.035, -2e-4, 3e-4, 0.0)),
        )
    ]
    vergence = float(np.degrees(np.arctan2(40.0, 450.0)))
    left, right = rotation(yaw_deg=-vergence), rotation(yaw_deg=vergence)
    return StereoCalibration.of_geometry(
        left=cameras[0],
        right=cameras[1],
        rotation=right @ left.T,
        translation_mm=right @ np.array([-80.0, 0.0, 0.0]),
    )


def board_pair(
    rig: StereoCalibration, pose: tuple[float, float, float], shift_mm: tuple[float, float, float]
) -> tuple[EncodedLuma, EncodedLuma]:
    """Return both cameras' pictures of the board, turned by ``pose`` degrees and shifted."""
    board = TARGET.board()
    per_mm = 8
    size = (TARGET.columns * 15 * per_mm, TARGET.rows * 15 * per_mm)
    texture = cv2.GaussianBlur(board.generateImage(size, marginSize=0), (0, 0), 2.0)
    vergence = float(np.degrees(np.arctan2(40.0, 450.0)))
    left_turn = rotation(yaw_deg=-vergence)
    turn = rotation(*pose)
    middle = np.array([TARGET.columns * 7.5, TARGET.rows * 7.5, 0.0])
    place = np.array([0.0, 0.0, 450.0]) + shift_mm - turn @ middle
    eye = np.array([40.0, 0.0, 0.0])
    in_left = left_turn @ turn, left_turn @ (place + eye)
    in_right = (
        rig.rotation_matrix @ in_left[0],
        (rig.rotation_matrix @ in_left[1] + rig.translation_vector),
    )
    return (
        _board_view(rig.left, texture, per_mm, *in_left),
        _board_view(rig.right, texture, per_mm, *in_right),
    )


def _board_view(
    camera: CameraIntrinsics,
    texture: NDArray[np.generic],
    per_mm: int,
    turn: Floats,
    place: Floats,
) -> EncodedLuma:
    """Cast a ray through every pixel onto the board's plane."""
    columns, rows = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    pixels = np.stack([columns, rows], axis=-1).reshape(-1, 1, 2).astype(np.float64)
    flat = np.asarray(cv2.undistortPoints(pixels, camera.matrix, camera.distortion_vector))
    rays = np.column_stack([flat.reshape(-1, 2), np.ones(flat.shape[0])]) @ turn
    origin = -turn.T @ place
    points = origin + rays * (-origin[2] / rays[:, 2])[:, None]
    shape = (camera.height_px, camera.width_px)
    across = (points[:, 0] * per_mm - 0.5).reshape(shape).astype(np.float32)
    down = (points[:, 1] * per_mm - 0.5).reshape(shape).astype(np.float32)
    seen = cv2.remap(
        np.asarray(texture, np.uint8), across, down, cv2.INTER_LINEAR, borderValue=[90.0]
    )
    blurred = np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.6), np.float64)
    noise = np.random.default_rng(8).normal(0, 1.5, shape)
    return EncodedLuma(np.clip(np.round(blurred * 0.8 + 20 + noise), 0, 255).astype(np.uint8))
