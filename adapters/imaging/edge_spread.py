"""How wide the edges of a picture are, direction by direction.

An edge blurred by a Gaussian of width s has at its centre a gradient proportional to
1 / sqrt(s^2 + a^2) after a further Gaussian of width a.  Comparing two further blurs a < b cancels
the edge's contrast and gives s:

    R = |grad(a)| / |grad(b)|,    s^2 = (b^2 - R^2 a^2) / (R^2 - 1) - 1/3

The last term is the width of the central difference that stands for the gradient (a box two pixels
wide has the variance 4/12).  Both blurs are greater than zero, so sensor noise is damped before
it can look like sharpness.

Rules kept here:

1. Only the strongest edge centres count, at least the strongest few in each direction: brows,
   lashes, lips and hairline are nearest to steps.  Fine texture would read narrower than it is,
   soft shading wider.  Strength is relative to the light around the edge, so that the eye's white
   does not outshine all edges of dark skin.  Comparing directions is stricter than comparing
   widths, because a face's lids, lashes and lips have directions of their own.
2. Edges beside clipped pixels are left out: clipping sharpens what it cuts.
3. The result is independent of exposure by construction, because R is a ratio.

Source: Zhuo and Sim 2011, doi 10.1016/j.patcog.2011.03.009, equations 4 to 7 (one further blur);
Elder and Zucker 1998, doi 10.1109/34.689301 (local scale); Pertuz, Puig and Garcia 2013,
doi 10.1016/j.patcog.2012.11.011 (why contrast-dependent focus measures do not compare across
scenes).
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.pixels import LinearLuma, Mask, Window
from adapters.imaging.worst_part import against_mirror, by_tile, tile_of, worst_part

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

DIRECTIONS: Final = 8
NARROW_PX: Final = 1.0
WIDE_PX: Final = 2.0

_STRONG_FOR_WIDTH: Final = 0.3
_STRONG_FOR_DIRECTION: Final = 0.5
_SURROUNDING_PX: Final = 27
_LEAST_SURROUNDING: Final = 0.25
_PEAK_QUANTILE: Final = 0.998
_FEWEST_EDGES: Final = 40
_NO_CONTRAST: Final = 1e-3
_FEWEST_DIRECTIONS: Final = 5
_FEWEST_IN_TILE: Final = 40
_LEAST_SOFTER: Final = 0.5
_SHARP: Final = 0.2
_CANDIDATES: Final = 0.1
_FEWEST_CANDIDATES: Final = 8000
_MOST_CANDIDATES: Final = 0.5
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
        edges: Number of edge points found.
        softest: Where strong edges are clearly wider than on the other side of the picture, in the
            array's own pixels; none where they are alike.
    """

    isotropic_px: float
    directed_px: float
    angle_deg: float
    edges: int
    softest: Window | None = None


def edge_spread(luma: LinearLuma, mask: Mask) -> EdgeSpread | None:
    """Return the width of edges inside a mask, or nothing when there are too few edges.

    Args:
        luma: (rows, columns) float32, linear; any positive scale.
        mask: (rows, columns) bool; where edges may be.
    """
    narrow = np.asarray(cv2.GaussianBlur(luma, (0, 0), NARROW_PX), np.float32)
    wide = np.asarray(cv2.GaussianBlur(luma, (0, 0), WIDE_PX), np.float32)
    inside = mask.copy()
    inside[:_MARGIN_PX], inside[-_MARGIN_PX:] = False, False
    inside[:, :_MARGIN_PX], inside[:, -_MARGIN_PX:] = False, False
    if int(inside.sum()) < _FEWEST_EDGES:
        return None
    strength, direction = _gradient(wide)
    contrast = strength / _surrounding(luma, inside)
    values = contrast[inside]
    share = min(max(_CANDIDATES, _FEWEST_CANDIDATES / values.size), _MOST_CANDIDATES)
    candidate, peak = np.quantile(values, [1 - share, _PEAK_QUANTILE])
    if peak <= _NO_CONTRAST:
        return None
    rows, columns = np.nonzero(inside & (contrast >= max(float(candidate), 1e-12)))
    bins = _bins(direction[rows, columns])
    narrow_x, narrow_y = _gradients(narrow)
    used: list[int] = []
    widths: list[float] = []
    directed: list[float] = []
    strong: list[tuple[Places, Places, Floats]] = []
    total = 0
    for number in range(DIRECTIONS):
        chosen = bins == number
        place = _ridges(strength, rows[chosen], columns[chosen], number)
        place = _by_contrast(contrast, *place)
        if len(place[0]) < _FEWEST_EDGES:
            continue
        ratio = (np.hypot(narrow_x[place], narrow_y[place]) / strength[place]) ** 2
        sorted_contrast = contrast[place]
        for results, share in ((widths, _STRONG_FOR_WIDTH), (directed, _STRONG_FOR_DIRECTION)):
            count = max(_FEWEST_EDGES, int((sorted_contrast >= share * peak).sum()))
            squared = _squared_widths(ratio[:count].astype(np.float64))
            results.append(float(np.median(squared)))
            if results is widths:
                strong.append((place[0][:count], place[1][:count], squared))
        used.append(number)
        total += len(place[0])
    if len(used) < _FEWEST_DIRECTIONS:
        return None
    angles = np.array(used) * np.pi / DIRECTIONS
    spread = _fit(angles, np.array(widths), np.array(directed), total)
    return replace(spread, softest=_softest(strong, luma.shape[:2]))


def _softest(strong: list[tuple[Places, Places, Floats]], size: tuple[int, ...]) -> Window | None:
    """Return where strong edges are clearly wider than in the mirror image's place.

    Above and below cannot be compared: the nose has softer edges than the eyes at any focus.  Each
    edge is held against those of its own direction, so that motion, which widens some directions,
    does not make one side look soft.

    Args:
        strong: Rows, columns and squared widths of the strong edges, direction by direction.
        size: Rows and columns of the picture.
    """
    whole = Window(left=0, top=0, width=size[1], height=size[0])
    rows, columns = (np.concatenate([each[axis] for each in strong]) for axis in (0, 1))
    # A pixel's own width keeps edges sharper than the pixels from counting as far sharper.
    logs = [0.5 * np.log(squared + 1.0) for _, _, squared in strong]
    softness = np.concatenate([each - np.median(each) for each in logs])
    tiles = tile_of(rows.astype(np.float64), columns.astype(np.float64), whole)
    sharp = by_tile(
        tiles, softness, lambda here: float(np.quantile(here, _SHARP)), fewest=_FEWEST_IN_TILE
    )
    return worst_part(against_mirror(sharp), whole, least=_LEAST_SOFTER)


def _surrounding(luma: LinearLuma, inside: Mask) -> NDArray[np.float32]:
    """Return the light around each pixel, with a floor for black surroundings."""
    around = np.asarray(cv2.blur(luma, (_SURROUNDING_PX, _SURROUNDING_PX)), np.float32)
    floor = _LEAST_SURROUNDING * float(luma[inside].mean()) + 1e-6
    return np.asarray(around + floor, np.float32)


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


def _ridges(
    strength: NDArray[np.float32], rows: Places, columns: Places, number: int
) -> tuple[Places, Places]:
    """Return the points that no neighbour across the edge exceeds."""
    angle = number * np.pi / DIRECTIONS
    dx, dy = round(np.cos(angle)), round(np.sin(angle))
    here = strength[rows, columns]
    before, behind = strength[rows - dy, columns - dx], strength[rows + dy, columns + dx]
    ridge = (here >= before) & (here >= behind)
    return rows[ridge], columns[ridge]


def _by_contrast(
    contrast: NDArray[np.float32], rows: Places, columns: Places
) -> tuple[Places, Places]:
    """Return the points from the strongest to the weakest."""
    order = np.argsort(-contrast[rows, columns], kind="stable")
    return rows[order], columns[order]


def _squared_widths(squared_ratio: Floats) -> Floats:
    """Return squared edge widths for squared gradient ratios."""
    excess = np.maximum(squared_ratio - 1, 1e-6)
    widths = (WIDE_PX**2 - squared_ratio * NARROW_PX**2) / excess - _DIFFERENCE_VARIANCE
    return np.asarray(np.clip(widths, 0.0, _WIDEST_PX**2), np.float64)


def _fit(angles: Floats, widths: Floats, directed: Floats, edges: int) -> EdgeSpread:
    """Separate the isotropic from the directed part; both arguments are squared widths."""
    design = np.column_stack([np.ones_like(angles), np.cos(2 * angles), np.sin(2 * angles)])
    _, cosine, sine = (float(value) for value in np.linalg.lstsq(design, directed)[0])
    return EdgeSpread(
        isotropic_px=float(np.sqrt(np.sort(widths)[1])),
        directed_px=float(np.sqrt(2 * np.hypot(cosine, sine))),
        angle_deg=float(np.degrees(np.arctan2(sine, cosine)) / 2 % 180),
        edges=edges,
    )
