"""A drawn face in front of a verged stereo pair, with exact depth and one knob per fault.

The head is an ellipsoid with a nose, hit by rays in closed form, so that depth is exact; the skin
carries fine texture, brows, eyes, lips and hair.  It is no likeness: it holds what the measures
look at, and nothing of the station's own simulation, so that the two can disagree.

World axes: x right, y down, z away from the cameras, millimetres; origin midway between the two
cameras.
"""

from dataclasses import dataclass, replace
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.colour import linear_to_srgb, srgb_to_linear
from adapters.imaging.decode import DecodedImage, EncodingFacts
from adapters.imaging.pixels import EncodedRgb, LinearRgb, Window

Floats = NDArray[np.float64]

HEAD_MM = np.array([72.0, 105.0, 85.0])
BASELINE_MM = 80.0
DISTANCE_MM = 450.0
BACKGROUND = np.array([0.012, 0.012, 0.012])
LIGHT_SKIN = (0.52, 0.32, 0.23)
DARK_SKIN = (0.090, 0.048, 0.031)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is in front of the cameras and what is wrong with it; the default is a good capture."""

    width: int = 608
    height: int = 812
    skin: tuple[float, float, float] = LIGHT_SKIN
    position_mm: tuple[float, float, float] = (0.0, 0.0, DISTANCE_MM + 85.0)
    roll_deg: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    gain: float = 1.0
    light_across: float = 0.0
    light_down: float = 0.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    defocus_px: float = 0.0
    motion_px: float = 0.0
    motion_deg: float = 0.0
    noise: float = 1.0
    right_gain: float = 1.0
    right_pitch_deg: float = 0.0
    right_noise: bool = False
    glare: float = 0.0
    seed: int = 1

    @property
    def focal_px(self) -> float:
        """Focal length: the 12 megapixel camera of 7742 px, reduced."""
        return 7742.0 * self.height / 4056


def rotation(pitch_deg: float = 0, yaw_deg: float = 0, roll_deg: float = 0) -> Floats:
    """Return the rotation about x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate((pitch_deg, yaw_deg, roll_deg)):
        vector = np.zeros(3)
        vector[axis] = np.radians(angle)
        turn, _ = cv2.Rodrigues(vector)
        matrix = turn @ matrix
    return matrix


def camera(scene: Scene, side: str) -> tuple[Floats, Floats, Floats]:
    """Return the camera matrix, the world-to-camera rotation and the centre of one camera."""
    sign = -1.0 if side == "left" else 1.0
    vergence = np.degrees(np.arctan2(BASELINE_MM / 2, DISTANCE_MM))
    turn = rotation(yaw_deg=sign * vergence)
    matrix = np.array(
        [
            [scene.focal_px, 0, (scene.width - 1) / 2],
            [0, scene.focal_px, (scene.height - 1) / 2],
            [0, 0, 1],
        ]
    )
    return matrix, turn, np.array([sign * BASELINE_MM / 2, 0, 0])


def calibration(scene: Scene) -> StereoCalibration:
    """Return the calibration of the undisturbed rig."""
    matrix, left_turn, left_centre = camera(scene, "left")
    _, right_turn, right_centre = camera(scene, "right")
    relative = right_turn @ left_turn.T
    intrinsics = CameraIntrinsics(
        width_px=scene.width,
        height_px=scene.height,
        focal_x_px=scene.focal_px,
        focal_y_px=scene.focal_px,
        centre_x_px=float(matrix[0, 2]),
        centre_y_px=float(matrix[1, 2]),
        distortion=(0.0, 0.0, 0.0, 0.0, 0.0),
    )
    return StereoCalibration.of_geometry(
        left=intrinsics,
        right=intrinsics,
        rotation=relative,
        translation_mm=right_turn @ (left_centre - right_centre),
    )


@cache
def skin_texture() -> NDArray[np.float32]:
    """Return (2048, 2048) float32 around 1: pores and blotches at 0.15 mm per texel."""
    rng = np.random.default_rng(11)
    texture = np.zeros((2048, 2048), np.float32)
    for sigma, strength in ((1.2, 0.05), (3.0, 0.05), (8.0, 0.04), (30.0, 0.05)):
        layer = cv2.GaussianBlur(
            rng.standard_normal((2048, 2048)).astype(np.float32),
            (0, 0),
            sigma,
            borderType=cv2.BORDER_REFLECT,
        )
        texture += strength * layer / layer.std()
    return np.clip(1 + texture, 0.5, 1.5)


def _around_head(scene: Scene, matrix: Floats, turn: Floats, centre: Floats) -> tuple[slice, slice]:
    """Return rows and columns that hold the head's bounding sphere."""
    place = turn @ (np.array(scene.position_mm) - centre)
    x, y, _ = matrix @ place / place[2]
    reach = 112.0 * scene.focal_px / (place[2] - 105)
    return (
        slice(max(0, int(y - reach)), max(1, int(y + reach))),
        slice(max(0, int(x - reach)), max(1, int(x + reach))),
    )


def _hit(origin: Floats, rays: Floats) -> Floats:
    """Return the ray parameter of the first hit with the head at the origin, or infinity."""
    best = _hit_ellipsoid(origin, rays, np.zeros(3), HEAD_MM)
    seen = np.isfinite(best)
    nose = np.array([0.0, 12.0, -82.0]), np.array([13.0, 24.0, 20.0])
    best[seen] = np.minimum(best[seen], _hit_ellipsoid(origin, rays[seen], *nose))
    return best


def _hit_ellipsoid(origin: Floats, rays: Floats, centre: Floats, axes: Floats) -> Floats:
    """Return the ray parameter of the first hit with one ellipsoid, or infinity."""
    start, along = (origin - centre) / axes, rays / axes
    a = np.einsum("...i,...i->...", along, along)
    b = along @ start
    discriminant = b * b - a * (start @ start - 1)
    distance = (-b - np.sqrt(np.maximum(discriminant, 0))) / a
    return np.where(discriminant > 0, distance, np.inf)


def _grain(columns: Floats, rows: Floats) -> Floats:
    """Return the skin texture between texels, bilinearly."""
    left, top = np.floor(columns).astype(int), np.floor(rows).astype(int)
    across, down = columns - left, rows - top
    texture = skin_texture()
    upper = texture[top, left] * (1 - across) + texture[top, left + 1] * across
    lower = texture[top + 1, left] * (1 - across) + texture[top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down)


def _albedo(points: Floats, scene: Scene) -> Floats:
    """Return the colour of the head at head coordinates."""
    x, y = points[..., 0], points[..., 1]
    grain = _grain(x / 0.15 + 1024, y / 0.15 + 1024)
    colour = np.array(scene.skin) * grain[..., None]

    def paint(inside: NDArray[np.bool_], tint: tuple[float, float, float]) -> None:
        colour[inside] = np.array(tint) * grain[inside][:, None]

    lips = (x / 22) ** 2 + ((y - 52) / 7) ** 2 < 1
    colour[lips] *= np.array([0.9, 0.45, 0.5])
    for side in (-1, 1):
        eye = ((x - side * 31) / 14) ** 2 + ((y + 18) / 6) ** 2 < 1
        iris = (x - side * 31) ** 2 + (y + 18) ** 2 < 30
        brow = ((x - side * 31) / 19) ** 2 + ((y + 35) / 4) ** 2 < 1
        nostril = ((x - side * 7) / 3) ** 2 + ((y - 30) / 2) ** 2 < 1
        paint(eye, (0.5, 0.45, 0.42))
        paint(iris | nostril, (0.02, 0.015, 0.012))
        paint(brow, (0.03, 0.02, 0.015))
    paint(y < -72 + 0.004 * x * x, (0.02, 0.014, 0.01))
    return colour


@lru_cache(maxsize=24)
def _view(scene: Scene, side: str) -> tuple[NDArray[np.float32], Floats]:
    """Return linear RGB before the lens, and depth along the optical axis (NaN: background)."""
    matrix, turn, centre = camera(scene, side)
    if side == "right" and scene.right_pitch_deg:
        turn = rotation(pitch_deg=scene.right_pitch_deg) @ turn
    head = rotation(scene.pitch_deg, scene.yaw_deg, scene.roll_deg)
    origin = (centre - np.array(scene.position_mm)) @ head
    distance = np.full((scene.height, scene.width), np.inf)
    part = _around_head(scene, matrix, turn, centre)
    columns, rows = np.meshgrid(np.arange(scene.width)[part[1]], np.arange(scene.height)[part[0]])
    pixels = np.stack([columns, rows, np.ones_like(columns)], -1).astype(float)
    rays = np.zeros((scene.height, scene.width, 3))
    rays[part] = pixels @ (head.T @ turn.T @ np.linalg.inv(matrix)).T
    distance[part] = _hit(origin, rays[part])
    seen = np.isfinite(distance)
    image = np.tile(BACKGROUND, (scene.height, scene.width, 1))
    points = origin + rays[seen] * distance[seen][:, None]
    normals = points / HEAD_MM**2
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    world = points @ head.T
    light = 0.35 + 0.65 * np.clip(-(normals @ head.T)[:, 2], 0, 1)
    light *= 1 + scene.light_across * world[:, 0] / HEAD_MM[0]
    light *= 1 + scene.light_down * world[:, 1] / HEAD_MM[1]
    image[seen] = _albedo(points, scene) * light[:, None]
    if scene.glare:
        spot = ((points[:, 0] - 10) ** 2 + (points[:, 1] + 50) ** 2) < (40 * scene.glare) ** 2
        image[seen] += np.where(spot, 3.0, 0.0)[:, None]
    return image.astype(np.float32), np.where(seen, distance, np.nan)


def before_the_lens(scene: Scene) -> Scene:
    """Return the scene without what camera and lens do, so that pictures can share a rendering."""
    plain = Scene()
    return replace(
        scene,
        gain=plain.gain,
        cast=plain.cast,
        defocus_px=plain.defocus_px,
        motion_px=plain.motion_px,
        motion_deg=plain.motion_deg,
        noise=plain.noise,
        right_gain=plain.right_gain,
        seed=plain.seed,
    )


def _through_lens(scene: Scene, image: NDArray[np.float32], side: str) -> NDArray[np.uint8]:
    """Apply gain, colour cast, blur, noise and the sRGB curve."""
    gain = scene.gain * (scene.right_gain if side == "right" else 1.0)
    tint = (gain * np.array(scene.cast)).astype(np.float32)
    light: NDArray[np.float32] = np.clip(image * tint, 0, None).astype(np.float32)
    width_px = float(np.hypot(0.7, scene.defocus_px))
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), width_px), np.float32)
    if scene.motion_px > 0:
        kernel = motion_kernel(scene.motion_px, scene.motion_deg)
        light = np.asarray(cv2.filter2D(light, -1, kernel), np.float32)
    rng = np.random.default_rng([scene.seed, side == "right"])
    full_well = np.float32(8000.0)
    spread = np.sqrt(light / full_well + (3 / full_well) ** 2)
    noisy = light + np.float32(scene.noise) * spread * rng.standard_normal(light.shape, np.float32)
    levels = (np.clip(noisy, 0, 1) * 65535).astype(np.uint16)
    return np.asarray(encoding_table()[levels], np.uint8)


@cache
def encoding_table() -> NDArray[np.uint8]:
    """Return the sRGB encoding of 65536 linear levels."""
    return np.round(255 * linear_to_srgb(np.arange(65536) / 65535)).astype(np.uint8)


def motion_kernel(length_px: float, angle_deg: float) -> NDArray[np.float32]:
    """Return the kernel of uniform motion over a length, anti-aliased."""
    size = int(np.ceil(length_px)) | 1
    size += 4
    centre = (size - 1) / 2
    kernel = np.zeros((size, size))
    direction = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    for step in np.linspace(-length_px / 2, length_px / 2, max(3, int(length_px * 8))):
        x, y = centre + step * direction
        column, row = int(np.floor(x)), int(np.floor(y))
        fx, fy = x - column, y - row
        kernel[row, column] += (1 - fx) * (1 - fy)
        kernel[row, column + 1] += fx * (1 - fy)
        kernel[row + 1, column] += (1 - fx) * fy
        kernel[row + 1, column + 1] += fx * fy
    return np.asarray(kernel / kernel.sum(), np.float32)


def render(scene: Scene, side: str = "left") -> NDArray[np.uint8]:
    """Return the encoded picture of one camera: (height, width, 3) uint8, red first."""
    if side == "right" and scene.right_noise:
        rng = np.random.default_rng(99)
        return rng.integers(0, 256, (scene.height, scene.width, 3), dtype=np.uint8)
    return _through_lens(scene, _view(before_the_lens(scene), side)[0], side)


def true_depth_mm(scene: Scene, side: str = "left") -> Floats:
    """Return the exact depth along one camera's axis: (height, width) float64, NaN off the head."""
    return _view(before_the_lens(scene), side)[1]


def png(picture: NDArray[np.uint8]) -> bytes:
    """Return the picture as PNG bytes."""
    done, content = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    assert done
    return content.tobytes()


def full_size(scene: Scene) -> Scene:
    """Return the scene at the size of the station's stored pictures."""
    return replace(scene, width=1520, height=2028)


def linear_of(picture: NDArray[np.uint8]) -> LinearRgb:
    """Return the linear image of encoded pixels."""
    table = srgb_to_linear(np.arange(256) / 255).astype(np.float32)
    return LinearRgb(table[picture])


def image_of(picture: NDArray[np.uint8]) -> DecodedImage:
    """Return encoded pixels as the decoder would."""
    height, width = picture.shape[:2]
    return DecodedImage(
        linear=linear_of(picture),
        encoded=EncodedRgb(picture),
        facts=EncodingFacts(
            media_type="image/png",
            width=width,
            height=height,
            bit_depth=8,
            colour_encoding="sRGB",
            colour_claim="undeclared",
            trailing_bytes=0,
            metadata_bytes=0,
        ),
    )


def face_window(scene: Scene) -> Window:
    """Return a window well inside the drawn face."""
    width, height = round(0.59 * scene.width), round(0.61 * scene.height)
    return Window(
        left=round(0.17 * scene.width), top=round(0.22 * scene.height), width=width, height=height
    )
