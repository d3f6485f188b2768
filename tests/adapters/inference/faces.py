"""Drawn faces with known skin, and the photograph, for tests of mask, model and findings."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.adapters.inference import reference

# One skin colour for each class, as CIELAB: lightness, then typical red and yellow of that class.
SKIN_LAB = {
    "very light": (72.0, 8.0, 13.0),
    "light": (66.0, 10.0, 15.5),
    "intermediate": (60.5, 11.5, 17.0),
    "tan": (56.0, 12.0, 18.5),
    "brown": (46.0, 13.0, 18.0),
    "dark": (30.0, 9.0, 11.0),
}


def swatch(colour: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Return the nearest sRGB code of a CIELAB colour: (3,) uint8."""
    return reference.encode(reference.rgb_of(np.array(colour)))


def draw_face(
    skin: tuple[float, float, float], *, width_px: int = 400, height_px: int = 500
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a face with hair, brows, eyes, lips and gloss before a grey background.

    Returns:
        The image, (rows, columns, 3) uint8, sRGB-encoded; and the true skin, (rows, columns)
        uint8, 1 where the pixel is skin.
    """
    lightness, red_green, yellow_blue = skin
    image = np.full((height_px, width_px, 3), 128, dtype=np.uint8)
    truth = np.zeros((height_px, width_px), dtype=np.uint8)
    unit = width_px / 400
    middle, eyes_row = width_px // 2, int(230 * unit)

    def place(x: float, y: float) -> tuple[int, int]:
        return int(middle + x * unit), int(eyes_row + y * unit)

    def ellipse(
        centre: tuple[int, int], axes: tuple[float, float], colour: NDArray[np.uint8]
    ) -> None:
        size = (int(axes[0] * unit), int(axes[1] * unit))
        cv2.ellipse(image, centre, size, 0, 0, 360, [int(each) for each in colour], -1)
        cv2.ellipse(truth, centre, size, 0, 0, 360, [int(np.array_equal(colour, tone))], -1)

    tone = swatch(skin)
    hair = swatch((lightness * 0.35, 2.0, 4.0))
    ellipse(place(0, -20), (125, 175), hair)
    ellipse(place(0, 20), (105, 150), tone)
    for side in (-1, 1):
        ellipse(place(side * 42, -30), (24, 6), hair)
        ellipse(place(side * 42, 0), (20, 9), np.array([225, 225, 225], dtype=np.uint8))
        ellipse(place(side * 42, 0), (8, 8), np.array([30, 24, 20], dtype=np.uint8))
    ellipse(place(0, 90), (34, 12), swatch((lightness * 0.85, red_green + 18, yellow_blue * 0.7)))
    ellipse(place(0, 40), (6, 10), np.array([255, 255, 255], dtype=np.uint8))
    ellipse(place(-30, -75), (14, 8), np.array([254, 253, 252], dtype=np.uint8))
    return image, truth


def with_noise(image: NDArray[np.uint8], *, seed: int, sd: float = 2.0) -> NDArray[np.uint8]:
    """Return the image with normal noise of ``sd`` codes."""
    noise = np.random.default_rng(seed).normal(0, sd, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def photograph() -> NDArray[np.uint8]:
    """Return the public-domain portrait that scikit-image ships: (512, 512, 3) uint8, RGB."""
    found = importlib.util.find_spec("skimage")
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "data" / "astronaut.png"
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.ascontiguousarray(picture[..., ::-1], dtype=np.uint8)
