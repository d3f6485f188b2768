"""Lays a later face over an earlier one by the part that neither expression nor treatment moves.

Rules kept here:

1. Only the stable face is used on both sides: forehead, glabella, nose, temples; a point that
   leaves it has no partner.
2. Distances are taken along the normals of the earlier surface, with Tukey's weights, so that what
   did change inside the stable face does not pull; scale and cut follow from the distances
   themselves.
3. The same surfaces give the same transform, bit for bit on one platform: points are taken on a
   regular grid, and nothing is drawn at random.
4. What does not converge, overlaps too little, agrees too little or leaves a direction open is
   refused; a transform is never guessed.

Source: Chen and Medioni 1992, doi 10.1016/0262-8856(92)90066-C (point to plane); Blais and Levine
1995, doi 10.1109/34.400574 (projection); Beaton and Tukey 1974, doi 10.1080/00401706.1974.10489171
(weights); Kabsch 1976, doi 10.1107/S0567739476001873 (start from landmarks); Huber 1981, Robust
Statistics, section 7.6 (covariance of an estimate with weights).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.pixels import Mask
from adapters.imaging.surface import Surface
from domain.errors import RuleViolation
from domain.values.facial_region import FacialRegion

Floats = NDArray[np.float64]

METHOD: Final = "point-to-plane/1"
STABLE_REGIONS: Final = (
    FacialRegion.FOREHEAD,
    FacialRegion.GLABELLA,
    FacialRegion.NOSE,
    FacialRegion.TEMPLE_LEFT,
    FacialRegion.TEMPLE_RIGHT,
)
LEAST_OVERLAP: Final = 0.5
LEAST_INLIERS: Final = 0.6

_POINTS: Final = 24_000
_FEWEST_POINTS: Final = 300
_MOST_ROUNDS: Final = 120
_TUKEY: Final = 4.685
_MAD: Final = 1.4826
_LEAST_SCALE_MM: Final = 0.005
_FIRST_REACH_MM: Final = 25.0
_LEAST_REACH_MM: Final = 1.0
_LEAST_FACING: Final = 0.35
_TURN_DONE: Final = 2e-6
_SHIFT_DONE_MM: Final = 2e-4
_STEADY_AFTER: Final = 25
_LEAST_SPREAD: Final = 1e-4
_FEWEST_LANDMARKS: Final = 4
_CLOSE_MM: Final = 1.0
_STEADY: Final = "Capture again: face bare, expression neutral, chin and forehead on the rest."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rigid:
    """A rigid motion: later points x become ``rotation @ x + shift_mm`` in the earlier axes.

    Attributes:
        rotation: (3, 3) float64.
        shift_mm: (3,) float64.
    """

    rotation: Floats
    shift_mm: Floats

    def __call__(self, points_mm: Floats) -> Floats:
        """Return points of the later axes in the earlier ones: (n, 3)."""
        return np.asarray(points_mm @ self.rotation.T + self.shift_mm, np.float64)

    def back(self, points_mm: Floats) -> Floats:
        """Return points of the earlier axes in the later ones: (n, 3)."""
        return np.asarray((points_mm - self.shift_mm) @ self.rotation, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registration:
    """A transform and how well it is known.

    Attributes:
        motion: Later to earlier axes.
        centre_mm: (3,) float64, about which rotation is meant in the covariance.
        covariance: (6, 6) float64, rotation in radians then shift in mm, taking neighbouring
            distances for independent; multiply by ``correlation`` of the distance map.
        spacing_px: Pixels of the map between the points used, both ways.
        residual_mm: Weighted root-mean-square distance.
        inlier_share: Share of the partners that Tukey's weights keep.
        overlap: Share of the points that have a partner.
        rounds: Steps taken.
    """

    motion: Rigid
    centre_mm: Floats
    covariance: Floats
    spacing_px: int
    residual_mm: float
    inlier_share: float
    overlap: float
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Partners:
    """Points with a partner on the earlier surface, in its axes."""

    points: Floats
    normals: Floats
    distances: Floats
    share: float


def register(
    earlier: Surface,
    later: Surface,
    *,
    stable_earlier: Mask,
    stable_later: Mask,
    start: Rigid | None = None,
) -> Registration:
    """Return the rigid motion that lays the later face over the earlier one.

    Args:
        earlier: The earlier face.
        later: The later face.
        stable_earlier: Stable face on the earlier map, (rows, columns) bool.
        stable_later: The same on the later map.
        start: Where to begin, from ``from_landmarks``; none to begin with the moments of the
            stable faces alone.

    Raises:
        RuleViolation: it does not converge, too little overlaps or agrees, or the stable face
            leaves a direction open.
    """
    fix_arithmetic()
    points, spacing = _points(later, stable_later)
    target, _ = _points(earlier, stable_earlier)
    starts = (start,) if start is not None else _from_moments(target, points)
    tried = [
        _descend(earlier, stable_earlier, points, each, reach_mm=_FIRST_REACH_MM) for each in starts
    ]
    motion, rounds = min(tried, key=lambda each: _cost(earlier, stable_earlier, points, each[0]))
    if rounds >= _MOST_ROUNDS:
        raise RuleViolation(
            "registration.convergence",
            f"after {rounds} steps the two faces still move against each other",
            _STEADY,
        )
    return _judged(earlier, stable_earlier, points, motion, spacing=spacing, rounds=rounds)


def from_landmarks(earlier_mm: Floats, later_mm: Floats) -> Rigid:
    """Return the motion that fits landmarks best, each seen in both captures.

    Args:
        earlier_mm: (n, 3) places in the earlier left camera's axes; NaN where not seen.
        later_mm: (n, 3) the same landmarks in the later axes.

    Raises:
        RuleViolation: fewer than four landmarks were seen in both.
    """
    known = np.isfinite(earlier_mm).all(axis=1) & np.isfinite(later_mm).all(axis=1)
    if known.sum() < _FEWEST_LANDMARKS:
        raise RuleViolation(
            "registration.landmarks",
            f"{int(known.sum())} landmarks were seen in both captures, 4 are needed",
            _STEADY,
        )
    first, second = earlier_mm[known], later_mm[known]
    motion = _kabsch(first, second)
    apart = np.linalg.norm(motion(second) - first, axis=1)
    near = apart <= max(2.5 * float(np.median(apart)), _CLOSE_MM)
    return _kabsch(first[near], second[near]) if near.sum() >= _FEWEST_LANDMARKS else motion


def _kabsch(first: Floats, second: Floats) -> Rigid:
    middle_1, middle_2 = first.mean(axis=0), second.mean(axis=0)
    u, _, v = np.linalg.svd((first - middle_1).T @ (second - middle_2))
    rotation = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))]) @ v
    return Rigid(rotation=rotation, shift_mm=middle_1 - rotation @ middle_2)


def _points(surface: Surface, stable: Mask) -> tuple[Floats, int]:
    """Return points of the stable face on a regular grid, and the grid's spacing."""
    usable = stable & surface.valid & np.isfinite(surface.normals[..., 0])
    spacing = max(1, int(np.sqrt(usable.sum() / _POINTS)))
    grid = np.zeros(surface.shape, np.bool_)
    grid[::spacing, ::spacing] = True
    points = surface.points_mm(np.asarray(usable & grid, np.bool_))
    if len(points) < _FEWEST_POINTS:
        raise RuleViolation(
            "registration.stable-face",
            f"{len(points)} places of the stable face have depth, {_FEWEST_POINTS} are needed",
            _STEADY,
        )
    return points, spacing


def _from_moments(target: Floats, points: Floats) -> tuple[Rigid, ...]:
    """Return two starts: middles laid over one another, unturned and with axes of inertia."""
    middle_1, middle_2 = np.median(target, axis=0), np.median(points, axis=0)
    axes_1 = np.linalg.eigh(np.cov(target.T))[1]
    axes_2 = np.linalg.eigh(np.cov(points.T))[1]
    axes_1 = axes_1 * np.sign(np.sum(axes_1 * axes_2, axis=0))
    turned = axes_1 @ np.diag([1.0, 1.0, np.linalg.det(axes_1 @ axes_2.T)]) @ axes_2.T
    return tuple(
        Rigid(rotation=rotation, shift_mm=middle_1 - rotation @ middle_2)
        for rotation in (np.eye(3), turned)
    )


def _descend(
    surface: Surface, stable: Mask, points: Floats, motion: Rigid, *, reach_mm: float
) -> tuple[Rigid, int]:
    """Return the motion after Gauss-Newton steps, and how many; all of them if none was last."""
    scale = np.inf
    for number in range(_MOST_ROUNDS):
        partners = _partners(surface, stable, motion(points))
        if len(partners.points) < _FEWEST_POINTS:
            raise _overlaps_little(partners.share)
        # Points at the rim gain and lose their partner from step to step. A kept scale and shorter
        # steps end that to and fro.
        late = number >= _STEADY_AFTER
        if not late:
            scale = _scale(partners)
        cut = min(_TUKEY * scale, reach_mm)
        reach_mm = max(reach_mm / 2, _LEAST_REACH_MM) if reach_mm > _LEAST_REACH_MM else np.inf
        weights = _tukey(partners.distances, cut)
        centre = partners.points.mean(axis=0)
        rows = _rows(partners, centre)
        step = _solve(rows.T @ (rows * weights[:, None]), rows.T @ (weights * partners.distances))
        step *= 0.5 if late else 1.0
        turn = np.asarray(cv2.Rodrigues(step[:3])[0], np.float64)
        motion = Rigid(
            rotation=turn @ motion.rotation,
            shift_mm=turn @ (motion.shift_mm - centre) + centre + step[3:],
        )
        small = np.abs(step[:3]).max() < _TURN_DONE and np.abs(step[3:]).max() < _SHIFT_DONE_MM
        if small and reach_mm == np.inf:
            return motion, number + 1
    return motion, _MOST_ROUNDS


def _partners(surface: Surface, stable: Mask, points: Floats) -> _Partners:
    """Return the points that meet the stable face, with the distance along its normal."""
    places = surface.places_px(points)
    depth = surface.depth_at(places)
    normals = surface.normals_at(places)
    rays = points / points[:, 2:]
    facing = -np.sum(normals * rays, axis=1) / np.linalg.norm(rays, axis=1)
    kept = (
        np.isfinite(depth)
        & surface.marked(stable, places)
        & (np.nan_to_num(facing) > _LEAST_FACING)
    )
    met = rays[kept] * depth[kept, None]
    distances = np.sum(normals[kept] * (met - points[kept]), axis=1)
    return _Partners(
        points=points[kept],
        normals=normals[kept],
        distances=np.asarray(distances, np.float64),
        share=float(kept.mean()),
    )


def _scale(partners: _Partners) -> float:
    return max(_MAD * float(np.median(np.abs(partners.distances))), _LEAST_SCALE_MM)


def _rows(partners: _Partners, centre: Floats) -> Floats:
    arms = partners.points - centre
    return np.concatenate([np.cross(arms, partners.normals), partners.normals], axis=1)


def _tukey(distances: Floats, cut: float) -> Floats:
    inside = np.minimum(np.abs(distances) / cut, 1.0)
    return np.asarray((1 - inside**2) ** 2, np.float64)


def _bend(distances: Floats, cut: float) -> Floats:
    """Return the derivative of weight times distance, which the estimate's covariance rests on."""
    square = np.minimum(np.abs(distances) / cut, 1.0) ** 2
    return np.asarray((1 - square) * (1 - 5 * square), np.float64)


def _solve(matrix: Floats, vector: Floats) -> Floats:
    """Return the step; refuse where some direction of it is left open."""
    scale = np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
    values = np.linalg.eigvalsh(matrix / np.outer(scale, scale))
    if not values[0] > _LEAST_SPREAD * values[-1]:
        raise RuleViolation(
            "registration.geometry",
            f"the stable face leaves a direction open (conditioning {values[0] / values[-1]:.1e})",
            "Capture forehead, nose and both temples.",
        )
    return np.asarray(np.linalg.solve(matrix, vector), np.float64)


def _cost(surface: Surface, stable: Mask, points: Floats, motion: Rigid) -> float:
    """Return the median distance, dearer where fewer points meet the stable face."""
    partners = _partners(surface, stable, motion(points))
    return float(np.median(np.abs(partners.distances))) / max(partners.share, _LEAST_SPREAD)


def _judged(
    surface: Surface, stable: Mask, points: Floats, motion: Rigid, *, spacing: int, rounds: int
) -> Registration:
    partners = _partners(surface, stable, motion(points))
    if partners.share < LEAST_OVERLAP:
        raise _overlaps_little(partners.share)
    weights = _tukey(partners.distances, _TUKEY * _scale(partners))
    share = float((weights > 0).mean())
    if share < LEAST_INLIERS:
        raise RuleViolation(
            "registration.agreement",
            f"{share:.0%} of the stable face agrees, {LEAST_INLIERS:.0%} are needed",
            _STEADY,
        )
    centre = partners.points.mean(axis=0)
    rows = _rows(partners, centre)
    bend = _bend(partners.distances, _TUKEY * _scale(partners))
    inverse = np.linalg.inv(rows.T @ (rows * bend[:, None]))
    pull = rows * (weights * partners.distances)[:, None]
    return Registration(
        motion=motion,
        centre_mm=centre,
        covariance=np.asarray(inverse @ (pull.T @ pull) @ inverse, np.float64),
        spacing_px=spacing,
        residual_mm=float(np.sqrt(np.average(partners.distances**2, weights=weights))),
        inlier_share=share,
        overlap=partners.share,
        rounds=rounds,
    )


def _overlaps_little(share: float) -> RuleViolation:
    return RuleViolation(
        "registration.overlap",
        f"{share:.0%} of the stable face lies over one another, {LEAST_OVERLAP:.0%} are needed",
        "Capture with the head held as the first time.",
    )
