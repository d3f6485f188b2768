"""One simulated subject for all tests, made once, and exact answers worked out another way."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.assets import HeadAsset, head_asset
from device.simulation.colorimetry import white_light
from device.simulation.lights import RingLight
from device.simulation.rig import Resolution
from device.simulation.scene import Scene, Subject
from device.simulation.sensor import Exposure
from device.simulation.shapes import Grid
from device.simulation.station import CaptureSettings

SUBJECT: Final = Subject(identity_seed=3)
SMALL: Final = Resolution(columns=360, rows=480)
NEUTRAL: Final = RingLight.even(temperature_k=6504.0)
SETTINGS: Final = CaptureSettings(resolution=SMALL, exposure=Exposure(white_balance_k=6504.0))
SCENE: Final = Scene(subject=SUBJECT, light=NEUTRAL)


def asset(folder: Path) -> HeadAsset:
    """Return the subject's head, kept in the tests' own folder."""
    return head_asset(SUBJECT.identity(), SUBJECT.typology, SUBJECT.change, folder)


def on_mesh(
    points: Grid, column: NDArray[np.float32], row: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return places of the flat triangles that make up a grid: (n, 3) float64, millimetres."""
    c, r = np.floor(column).astype(int), np.floor(row).astype(int)
    u, v = (column - c)[:, None].astype(np.float64), (row - r)[:, None].astype(np.float64)
    a, b = points[r, c].astype(np.float64), points[r + 1, c].astype(np.float64)
    d, e = points[r, c + 1].astype(np.float64), points[r + 1, c + 1].astype(np.float64)
    upper = a + u * (d - a) + v * (b - a)
    lower = e + (1 - u) * (b - e) + (1 - v) * (d - e)
    return np.asarray(np.where(u + v <= 1, upper, lower), dtype=np.float64)


def volume_mm3(points: Grid) -> float:
    """Return the signed volume between a grid and the origin, by the divergence theorem."""
    p = points.astype(np.float64)
    a, b, c, d = p[:-1, :-1], p[1:, :-1], p[:-1, 1:], p[1:, 1:]
    upper = np.einsum("ijk,ijk->ij", a, np.cross(b, c))
    lower = np.einsum("ijk,ijk->ij", b, np.cross(d, c))
    return float((upper + lower).sum() / 6.0)


def bilinear(values: NDArray[np.float32], pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read an image between its pixels: (n,) float64."""
    x, y = pixels[:, 0], pixels[:, 1]
    c, r = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - c, y - r
    top = values[r, c] * (1 - u) + values[r, c + 1] * u
    low = values[r + 1, c] * (1 - u) + values[r + 1, c + 1] * u
    return np.asarray(top * (1 - v) + low * v, dtype=np.float64)


def luma(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the luminance of linear RGB."""
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722], np.float32), dtype=np.float32)


def neutral_white() -> NDArray[np.float64]:
    """Return the white of the neutral ring."""
    return white_light(6504.0)
