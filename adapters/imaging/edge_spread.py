"""How wide the edges of a picture are, direction by direction.

An edge blurred by a Gaussian of width s has at its centre a gradient proportional to
1 / sqrt(s^2 + a^2) after a further Gaussian of width a.  Comparing two further blurs a < b cancels
the edge's contrast and gives s:

    R = |grad(a)| / |grad(b)|,    s^2 = (b^2 - R^2 a^2) / (R^2 - 1) - 1/3

The last term is the width of the central difference that stands for the gradient (a box two pixels
wide has the variance 4/12).  Both blurs are greater than zero, so sensor noise is damped before
it can look like sharpness.

Rules kept here:

1. Only edge centres at least a third as strong as the face's strongest count, in each direction
   the strongest few at least: brows, lashes, lips and hairline are nearest to steps.  Fine texture
   would read narrower than it is, soft shading wider.
2. Edges beside clipped pixels are left out: clipping sharpens what it cuts.
3. The result is independent of exposure by construction, because R is a ratio.

Source: Zhuo and Sim 2011, doi 10.1016/j.patcog.2011.03.009, equations 4 to 7 (one further blur);
Elder and Zucker 1998, doi 10.1109/34.689301 (local scale); Pertuz, Puig and Garcia 2013,
doi 10.1016/j.patcog.2012.11.011 (why contrast-dependent focus measures do not compare across
scenes).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import LinearLuma, Mask

Floats = NDArray[np.float64]

DIRECTIONS: Final = 8
NARROW_PX: Final = 1.0
WIDE_PX: Final = 2.0

_RELATIVE_STRENGTH: Final = 0.3
_PEAK_QUANTILE: Final = 0.998
_FEWEST_EDGES: Final = 40
_FEWEST_DIRECTIONS: Final = 5
_CANDIDATES: Final = 0.25
_MARGIN_PX: Final = 7
_WIDEST_PX: Final = 12.0
_DIFFERENCE_VARIANCE: Final = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSpread:
    """Width of edges, as s^2(direction) = least^2 + directed^2 cos^2(direction - angle).

    Attributes:
        isotropic_px: Width that edges of every direction have; lens and focus.  The second smallest
            of the directions, so that neither motion nor one odd direction decides.
        directed_px: Additional width along ``angle_deg``, by least squares; motion.
        angle_deg: Direction of the additional width, 0..180, from the x axis towards y (down).
        edges: Number of edge points measured.
    """

    isotropic_px: float
    directed_px: float
    angle_deg: float
    edges: int


def edge_spread(luma: LinearLuma, mask: Mask) -> EdgeSpread | None:
    """Return the width of edges inside a mask, or nothing when there are too few edges.

    Args:
        luma: (rows, columns) float32, linear; any positive scale.
        mask: (rows, columns) bool; where edges may be.
    """
    narrow = np.asarray(cv2.GaussianBlur(luma, (0, 0), NARROW_PX), np.float32)
    wide = np.asarray(cv2.GaussianBlur(luma, (0, 0), WIDE_PX), np.float32)
    strength, direction = _gradient(wide)
    inside = mask.copy()
    inside[:_MARGIN_PX], inside[-_MARGIN_PX:] = False, False
    inside[:, :_MARGIN_PX], inside[:, -_MARGIN_PX:] = False, False
    values = strength[inside]
    if values.size < _FEWEST_EDGES or float(values.max()) <= 0:
        return None
    candidate, peak = np.quantile(values, [1 - _CANDIDATES, _PEAK_QUANTILE])
    rows, columns = np.nonzero(inside & (strength >= max(float(candidate), 1e-12)))
    bins = _bins(direction[rows, columns])
    narrow_x, narrow_y = _gradients(narrow)
    squared, used, total = [], [], 0
    for number in range(DIRECTIONS):
        chosen = _strongest_ridges(
            strength, rows[bins == number], columns[bins == number], number, float(peak)
        )
        if len(chosen[0]) < _FEWEST_EDGES:
            continue
        ratio = (np.hypot(narrow_x[chosen], narrow_y[chosen]) / strength[chosen]) ** 2
        squared.append(_squared_width(ratio.astype(np.float64)))
        used.append(number)
        total += len(chosen[0])
    if len(used) < _FEWEST_DIRECTIONS:
        return None
    return _fit(np.array(used) * np.pi / DIRECTIONS, np.array(squared), total)


def _gradients(image: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the Scharr derivatives along x and y."""
    across = cv2.Scharr(image, cv2.CV_32F, 1, 0)
    down = cv2.Scharr(image, cv2.CV_32F, 0, 1)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _gradient(image: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the gradient's strength and its direction in degrees."""
    strength, direction = cv2.cartToPolar(*_gradients(image), angleInDegrees=True)
    return np.asarray(strength, np.float32), np.asarray(direction, np.float32)


def _bins(direction_deg: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the number of each direction's sector; sector 0 is centred on the x axis."""
    step = 180.0 / DIRECTIONS
    return np.asarray(np.floor(direction_deg / step + 0.5).astype(np.int64) % DIRECTIONS)


def _strongest_ridges(
    strength: NDArray[np.float32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    number: int,
    peak: float,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the strongest points that no neighbour across the edge exceeds."""
    angle = number * np.pi / DIRECTIONS
    dx, dy = round(np.cos(angle)), round(np.sin(angle))
    here = strength[rows, columns]
    ridge = (here >= strength[rows + dy, columns + dx]) & (
        here >= strength[rows - dy, columns - dx]
    )
    rows, columns, here = rows[ridge], columns[ridge], here[ridge]
    count = max(_FEWEST_EDGES, int((here >= _RELATIVE_STRENGTH * peak).sum()))
    strongest = np.argsort(-here, kind="stable")[:count]
    return rows[strongest], columns[strongest]


def _squared_width(squared_ratio: Floats) -> float:
    """Return the median squared edge width for squared gradient ratios."""
    excess = np.maximum(squared_ratio - 1, 1e-6)
    widths = (WIDE_PX**2 - squared_ratio * NARROW_PX**2) / excess - _DIFFERENCE_VARIANCE
    return float(np.median(np.clip(widths, 0.0, _WIDEST_PX**2)))


def _fit(angles: Floats, squared: Floats, edges: int) -> EdgeSpread:
    """Separate the isotropic from the directed part."""
    design = np.column_stack([np.ones_like(angles), np.cos(2 * angles), np.sin(2 * angles)])
    _, cosine, sine = (float(value) for value in np.linalg.lstsq(design, squared)[0])
    swing = float(np.hypot(cosine, sine))
    return EdgeSpread(
        isotropic_px=float(np.sqrt(np.sort(squared)[1])),
        directed_px=float(np.sqrt(2 * swing)),
        angle_deg=float(np.degrees(np.arctan2(sine, cosine)) / 2 % 180),
        edges=edges,
    )
