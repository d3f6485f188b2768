"""The skin-colour formulas a second time, in double precision, from their publications.

Nothing here is taken from the model: the sRGB matrix is solved from the primaries, the curve and
CIELAB are written from the standards, and statistics are numpy's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_PRIMARIES_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_WHITE_XY = (0.3127, 0.3290)


def rgb_to_xyz() -> Array:
    """Solve for the matrix from linear sRGB to XYZ. Source: Lindbloom, RGB/XYZ matrices."""
    columns = np.array([[x / y, 1.0, (1.0 - x - y) / y] for x, y in _PRIMARIES_XY]).T
    x, y = _WHITE_XY
    white = np.array([x / y, 1.0, (1.0 - x - y) / y])
    return np.asarray(columns * np.linalg.solve(columns, white), dtype=np.float64)


def linear(codes: NDArray[np.uint8]) -> Array:
    """Undo the sRGB curve."""
    encoded = codes.astype(np.float64) / 255.0
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encode(light: Array) -> NDArray[np.uint8]:
    """Apply the sRGB curve and round to 8 bits."""
    curved = 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055
    encoded = np.where(light <= 0.0031308, 12.92 * light, curved)
    return np.asarray(np.rint(np.clip(encoded, 0, 1) * 255), dtype=np.uint8)


def lab(rgb: Array) -> Array:
    """Turn linear sRGB into CIELAB under D65."""
    matrix = rgb_to_xyz()
    relative = rgb @ matrix.T / matrix.sum(axis=1)
    delta = 6.0 / 29.0
    f = np.where(relative > delta**3, np.cbrt(relative), relative / (3 * delta**2) + 4.0 / 29.0)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def rgb_of(colour: Array) -> Array:
    """Turn CIELAB under D65 into linear sRGB."""
    matrix = rgb_to_xyz()
    lightness, red_green, yellow_blue = np.moveaxis(colour, -1, 0)
    y = (lightness + 16) / 116
    f = np.stack([y + red_green / 500, y, y - yellow_blue / 200], axis=-1)
    delta = 6.0 / 29.0
    relative = np.where(f > delta, f**3, 3 * delta**2 * (f - 4.0 / 29.0))
    return np.asarray(relative * matrix.sum(axis=1) @ np.linalg.inv(matrix).T, dtype=np.float64)


def angle_deg(colour: Array) -> Array:
    """Return the individual typology angle."""
    return np.degrees(np.arctan2(colour[..., 0] - 50.0, colour[..., 2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the model should return; columns in the model's order of quantities."""

    quantities: Array
    mean: Array
    sd: Array
    tile_sd: Array
    delta_e_mean: float
    tile_delta_e_mean: float
    tile_count: int


def measure(
    image: NDArray[np.uint8], correction: Array, mask: NDArray[np.uint8], tile_px: int
) -> Expected:
    """Measure the skin of one image."""
    rgb = linear(image) @ correction.T
    colour = lab(rgb)
    density = -100.0 * np.log10(np.maximum(rgb, 1e-4))
    planes = np.concatenate(
        [
            colour,
            angle_deg(colour)[..., None],
            density[..., :1],
            density[..., 1:2] - density[..., :1],
        ],
        axis=-1,
    )
    skin = planes[mask > 0]
    mean = skin.mean(axis=0)
    tiles = []
    for top in range(0, image.shape[0], tile_px):
        for left in range(0, image.shape[1], tile_px):
            inside = mask[top : top + tile_px, left : left + tile_px] > 0
            if np.count_nonzero(inside) >= tile_px * tile_px / 4:
                tiles.append(planes[top : top + tile_px, left : left + tile_px][inside].mean(0))
    tile_means = np.array(tiles)
    from_mean = np.linalg.norm(skin[:, :3] - mean[:3], axis=1).mean()
    tiles_from_mean = np.linalg.norm(tile_means[:, :3] - mean[:3], axis=1).mean()
    mean_with_angle = mean.copy()
    mean_with_angle[3] = angle_deg(mean[:3])
    return Expected(
        quantities=planes,
        mean=mean_with_angle,
        sd=skin.std(axis=0),
        tile_sd=tile_means.std(axis=0),
        delta_e_mean=float(from_mean),
        tile_delta_e_mean=float(tiles_from_mean),
        tile_count=len(tiles),
    )
