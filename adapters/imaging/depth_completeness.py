"""How much of a face has trusted depth, and where the largest hole is.

Rules kept here:

1. The face is the ellipse in its window; the share is over its depth pixels.
2. The hole is the largest patch without depth (see ``worst_part``); scattered gaps have no place.
"""

from dataclasses import dataclass

from adapters.imaging.depth import DepthMap
from adapters.imaging.pixels import Window, ellipse_mask
from adapters.imaging.worst_part import densest_part


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Depth on a face.

    Attributes:
        share: Share of the face with trusted depth, 0..1.
        hole: Where most is missing, in pixels of the stored left picture; none where nothing is
            missing or what is missing lies scattered.
    """

    share: float
    hole: Window | None


def measure_completeness(depth: DepthMap, face: Window) -> Completeness:
    """Return how much of a face has depth.

    Args:
        depth: The depth map of the pair.
        face: Where the face is in the stored left picture.
    """
    rows, columns = depth.valid.shape
    small = Window(
        left=face.left // depth.step,
        top=face.top // depth.step,
        width=max(1, face.width // depth.step),
        height=max(1, face.height // depth.step),
    )
    mask = ellipse_mask(small, width=columns, height=rows)
    share = float((depth.valid & mask).sum()) / max(1, int(mask.sum()))
    missing = (mask & ~depth.valid)[small.rows, small.columns]
    hole = densest_part(missing) if missing.any() else None
    if hole is not None:
        hole = Window(
            left=(small.left + hole.left) * depth.step,
            top=(small.top + hole.top) * depth.step,
            width=hole.width * depth.step,
            height=hole.height * depth.step,
        )
    return Completeness(share=share, hole=hole)
