"""Noise that repeats without a seam, and the fine structure of skin.

Rules kept here:

1. A tile is square, periodic both ways and of known size in millimetres; it is sampled by
   distances along the skin, so texture keeps its scale on every part of the face.
2. The same seed gives the same tile.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

PORE_TEXELS: Final = 1024
MOTTLE_TEXELS: Final = 512
PORE_TILE_MM: Final = 61.0
MOTTLE_TILE_MM: Final = 190.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """A periodic texture.

    Attributes:
        values: (texels, texels) float32.
        size_mm: Length of one period.
    """

    values: NDArray[np.float32]
    size_mm: float

    def sample(self, along_mm: NDArray[np.float32]) -> NDArray[np.float32]:
        """Read the tile at (rows, columns, 2) distances along the skin: (rows, columns)."""
        texel = np.mod(along_mm / np.float32(self.size_mm), 1.0) * np.float32(len(self.values))
        padded = np.pad(self.values, (0, 1), mode="wrap")
        column = np.ascontiguousarray(texel[..., 0], dtype=np.float32)
        row = np.ascontiguousarray(texel[..., 1], dtype=np.float32)
        return np.asarray(
            cv2.remap(padded, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
            dtype=np.float32,
        )


def _radii(texels: int) -> NDArray[np.float64]:
    """Return the cycles per tile of every wave of a real Fourier transform."""
    frequency = np.fft.fftfreq(texels, 1 / texels)
    return np.asarray(np.hypot(frequency[:, None], frequency[None, : texels // 2 + 1]))


def band_noise(
    rng: np.random.Generator, texels: int, *bands: tuple[float, float, float]
) -> NDArray[np.float32]:
    """Return periodic noise from bands of waves; mean 0, spread 1.

    Args:
        rng: Where the noise comes from.
        texels: Side of the tile.
        bands: Lowest and highest cycles per tile, and the band's share of the spread.
    """
    radius = _radii(texels)
    power = np.zeros_like(radius)
    for low, high, share in bands:
        gain = (np.exp(-((radius / high) ** 2)) * (1 - np.exp(-((radius / low) ** 2)))) ** 2
        power += share * share * gain / gain.sum()
    grain = np.fft.rfft2(rng.standard_normal((texels, texels)))
    noise = np.fft.irfft2(grain * np.sqrt(power), s=(texels, texels))
    return np.asarray(noise / noise.std(), dtype=np.float32)


def pore_tile(seed: int) -> Tile:
    """Draw pores and the fine lines between them: 0 on plain skin, down to about -1 in a pore."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x70]))
    count = 9000
    place = rng.integers(0, PORE_TEXELS, (count, 2))
    depth = rng.gamma(2.0, 0.30, count)
    canvas = np.zeros((PORE_TEXELS, PORE_TEXELS), np.float32)
    np.add.at(canvas, (place[:, 1], place[:, 0]), depth)
    around = cv2.copyMakeBorder(canvas, 16, 16, 16, 16, cv2.BORDER_WRAP)
    pores = cv2.GaussianBlur(around, (0, 0), 2.1)[16:-16, 16:-16] * (2 * np.pi * 2.1**2)
    lines = band_noise(rng, PORE_TEXELS, (40.0, 190.0, 1.0))
    values = -np.clip(pores, 0, 1.4) * 0.75 - 0.16 * np.abs(lines) + 0.13
    return Tile(values=np.asarray(values, dtype=np.float32), size_mm=PORE_TILE_MM)


def mottle_tile(seed: int, kind: int) -> Tile:
    """Draw the soft patches of skin colour; ``kind`` tells independent maps apart."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x71, kind]))
    values = band_noise(rng, MOTTLE_TEXELS, (3.0, 22.0, 0.74), (22.0, 90.0, 0.68))
    return Tile(values=np.float32(0.81) * values, size_mm=MOTTLE_TILE_MM)


def skin_distances(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unroll a head grid into distances along the skin: (rows, columns, 2) float32, mm.

    Round the head first, down the middle of the face second; nearly true to scale on the face.
    """
    middle = points[:, points.shape[1] // 2]
    down = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=-1))])
    x, z = points[..., 0], points[..., 2]
    round_mm = 92.0 * np.arctan2(x, z + 92.0)
    return np.stack(
        [round_mm, np.broadcast_to(down.astype(np.float32)[:, None], x.shape)], axis=-1
    ).astype(np.float32)
