"""The generated head: a dense grid of points on the skin, its normals and its landmarks.

Rules kept here:

1. The grid has ``ROWS`` rows from the crown down the face to the neck and ``COLUMNS`` columns from
   the subject's right round the face to the left; it is densest where a face has detail.
2. A point keeps its row and column through every session and pose, so truth about a place on the
   skin is stated once.
3. Wrinkles and raised marks are displacements of the grid, so depth and normals hold them; a
   volume change comes last and is exact (``volumes.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.appearance import NATURAL, Appearance
from device.simulation.atlas import front_atlas
from device.simulation.expression import express
from device.simulation.hair import cap_thickness
from device.simulation.head_form import HeadForm
from device.simulation.identity import Identity, SessionChange
from device.simulation.marks import Spot, draw_lesions, faded_spots, spot_relief
from device.simulation.shapes import Field, Grid, bell, ramp
from device.simulation.volumes import added_volume
from device.simulation.wrinkles import Line, draw_lines, line_relief

ROWS: Final = 640
COLUMNS: Final = 600
_COARSE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSurface:
    """A head at rest, in the head frame.

    Attributes:
        identity: Whose head it is.
        points: (ROWS, COLUMNS, 3) float32, millimetres.
        normals: (ROWS, COLUMNS, 3) float32, unit vectors out of the skin.
        landmarks: Row and column of each named vertex.
        rest: (ROWS, COLUMNS, 3) float32, the same skin in its first session, with a still face
            and without lines: what is painted on the skin is placed by it.
        lines: Every wrinkle and fine line.
        lesions: Every papule and comedone.
    """

    identity: Identity
    points: Grid
    normals: Grid
    landmarks: Mapping[str, tuple[int, int]]
    rest: Grid
    lines: tuple[Line, ...]
    lesions: tuple[Spot, ...]


def _smooth(curve: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    padded = np.pad(curve, (half, half), mode="reflect", reflect_type="odd")
    window = np.hanning(2 * half + 1)
    return np.convolve(padded, window / window.sum(), "valid")


def ray_fan() -> tuple[Grid, Grid]:
    """Return where each grid point's ray starts inside the head, and its unit direction."""
    across = np.linspace(-1.0, 1.0, COLUMNS)
    azimuth = np.sign(across) * np.interp(
        np.abs(across), [0, 0.15, 0.62, 0.8, 0.9, 1], np.radians([0, 10, 47, 80, 120, 178])
    )
    azimuth = _smooth(azimuth, COLUMNS // 24)
    down = np.linspace(0.0, 1.0, ROWS)
    stops = [0, 0.05, 0.10, 0.17, 0.30, 0.60, 0.74, 0.85, 0.93, 1]
    elevation = np.interp(down, stops, np.radians([90, 66, 48, 30, 12, -24, -40, -45, -38, -18]))
    height = np.interp(down, stops, [10, 10, 8, 3, 0, -3, -32, -80, -122, -185])
    elevation, height = _smooth(elevation, ROWS // 26), _smooth(height, ROWS // 26)
    direction = np.empty((ROWS, COLUMNS, 3), np.float32)
    direction[..., 0] = np.sin(azimuth) * np.cos(elevation)[:, None]
    direction[..., 1] = np.sin(elevation)[:, None]
    direction[..., 2] = np.cos(azimuth) * np.cos(elevation)[:, None]
    start = np.zeros((ROWS, COLUMNS, 3), np.float32)
    start[..., 1] = height[:, None]
    start[..., 2] = -85.0
    return start, direction


def _walk(form: HeadForm, start: Grid, direction: Grid, reach: Field, steps: int) -> Field:
    """Walk each ray inwards from ``reach`` until it meets the skin within 0.01 mm."""
    flat_start, flat_way = start.reshape(-1, 3), direction.reshape(-1, 3)
    result = reach.ravel().copy()
    open_rays = np.arange(result.size)
    for _ in range(steps):
        at = flat_start[open_rays] + flat_way[open_rays] * result[open_rays, None]
        gap = form.distance(at[:, 0], at[:, 1], at[:, 2])
        result[open_rays] -= np.float32(0.92) * gap
        open_rays = open_rays[np.abs(gap) > 0.01]  # noqa: PLR2004 - millimetres
        if not open_rays.size:
            break
    return result.reshape(reach.shape)


def _skin_points(form: HeadForm) -> Grid:
    start, direction = ray_fan()
    coarse_start = np.ascontiguousarray(start[::_COARSE, ::_COARSE])
    coarse_way = np.ascontiguousarray(direction[::_COARSE, ::_COARSE])
    far = np.full(coarse_start.shape[:2], 150.0, np.float32)
    reach = _walk(form, coarse_start, coarse_way, far, 28)
    column, row = np.meshgrid(
        np.arange(COLUMNS, dtype=np.float32) / _COARSE, np.arange(ROWS, dtype=np.float32) / _COARSE
    )
    guess = cv2.remap(reach, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    reach = _walk(form, start, direction, np.asarray(guess + 0.8, dtype=np.float32), 16)
    points = np.asarray(start + direction * reach[..., None], dtype=np.float32)
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    points[..., 2] += (form.lips(x, y).relief + form.creases(x, y)) * ramp(-45.0, -20.0, z)
    return points


def _asymmetry(form: HeadForm, points: Grid) -> Grid:
    """Return the small displacement that keeps a face from being its own mirror image."""
    identity = form.identity
    rng = np.random.default_rng(np.random.SeedSequence([identity.seed, 0xA5]))
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    moved = np.zeros_like(points)
    for _ in range(7):
        cx, cy = rng.uniform(-55, 55), rng.uniform(-105, 60)
        size = rng.normal(0.0, 0.55, 3) * identity.asymmetry
        moved += (bell(x - cx, 24.0) * bell(y - cy, 24.0))[..., None] * size.astype(np.float32)
    # The eyeballs are placed symmetrically, so the lids around them stay where they are.
    eyes = bell(np.abs(x) - form.eye_x, 12.0) * bell(y, 10.0)
    return np.asarray(moved * ((1.0 - eyes) * ramp(-110.0, -60.0, z))[..., None], dtype=np.float32)


def surface_normals(points: Grid) -> Grid:
    """Return unit normals of a grid whose columns run to +x and rows downwards."""
    normals = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    size = np.linalg.norm(normals, axis=-1, keepdims=True)
    # Where a whole row is one point, the direction is that of the row below.
    normals = np.where(size > 1e-6, normals, np.roll(normals, -1, axis=0))  # noqa: PLR2004
    size = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.asarray(normals / np.maximum(size, 1e-9), dtype=np.float32)


def _landmarks(form: HeadForm, points: Grid) -> dict[str, tuple[int, int]]:
    """Find the vertex of each landmark by where the form puts it, seen from the front."""
    eye, tip, mouth, corner = form.eye_x, form.nose_tip_y, form.mouth_y, form.mouth_half_width
    inner, outer = form.fissure(np.array([-15.0, 14.5], np.float32)).upper
    lid = form.fissure(np.array([0.0], np.float32))
    middle = {
        "trichion": form.hairline_y,
        "glabella": form.brow_y + 2.0,
        "sellion": 4.0,
        "pronasale": tip,
        "subnasale": tip - 11.5,
        "labiale superius": mouth + 6.4,
        "stomion": mouth - 1.0,
        "labiale inferius": mouth - 10.4,
        "sublabiale": mouth - 18.5,
        "pogonion": form.chin_y - 1.0,
        "menton": form.chin_y - 12.5,
    }
    places = {name: (0.0, y) for name, y in middle.items()}
    paired = {
        "endocanthion": (eye - 15.0, float(inner)),
        "exocanthion": (eye + 14.5, float(outer)),
        "palpebrale superius": (eye, float(lid.upper[0]) + 0.6),
        "palpebrale inferius": (eye, float(lid.lower[0]) - 0.6),
        "alare": (16.8, tip - 4.2),
        "cheilion": (corner, mouth - 1.0),
        "malar": (45.0, -25.0),
    }
    for name, (x, y) in paired.items():
        places[f"{name} left"], places[f"{name} right"] = (x, y), (-x, y)
    hidden = np.where(points[..., 2] < -60.0, 1e6, 0.0)  # noqa: PLR2004 - behind the face
    found = {}
    for name, (x, y) in places.items():
        square = (points[..., 0] - x) ** 2 + (points[..., 1] - y) ** 2 + hidden
        row, column = divmod(int(np.argmin(square)), COLUMNS)
        found[name] = (row, column)
    return found


def build_head(
    identity: Identity, change: SessionChange, appearance: Appearance = NATURAL
) -> HeadSurface:
    """Generate the head of one person at one session."""
    form = HeadForm(identity)
    rest = _skin_points(form)
    landmarks = _landmarks(form, rest)
    rest += surface_normals(rest) * cap_thickness(form, rest)[..., None]
    rest += _asymmetry(form, rest)
    lines = draw_lines(form, rest, change.lines_softened, appearance.expression)
    condition = appearance.skin.resolved(identity)
    lesions = faded_spots(draw_lesions(identity.seed, condition, front_atlas(rest)), change)
    points = rest + express(form, rest, appearance.expression)
    relief = line_relief(rest, lines) + spot_relief(rest, lesions)
    points += surface_normals(points) * relief[..., None]
    points += added_volume(form, points, change)
    return HeadSurface(
        identity=identity,
        points=points,
        normals=surface_normals(points),
        landmarks=MappingProxyType(landmarks),
        rest=rest,
        lines=lines,
        lesions=lesions,
    )
