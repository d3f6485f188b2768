"""Taking views of the calibration target until there are enough, with advice after each.

Rules kept here:

1. Only corners are kept of a view, and they are recorded; one that does not show the target to
   both cameras does not count, and whoever holds the target is told at once.
2. The session ends by itself when the guidance finds enough, or when the target is taken away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapters.imaging.calibrate import MINIMUM_CORNERS, BoardView, TargetBoard, common_view
from adapters.imaging.pixels import EncodedLuma, EncodedRgb, encoded_luma
from adapters.imaging.refusal import malformed
from adapters.imaging.view_guidance import Guidance, ViewPose, guide, view_pose
from device.ports import Hardware, Pair

MOST_VIEWS: Final = 40

Tell = Callable[[str], None]
"""Takes one line for whoever holds the target."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoardViews:
    """The views that count.

    Attributes:
        views: In the order they were taken.
        poses: How the target was held in each.
        guidance: What was reached, and what is still missing.
        size: Of the pictures, width and height in pixels.
        taken: How many were taken, with those that do not count.
    """

    views: tuple[BoardView, ...]
    poses: tuple[ViewPose, ...]
    guidance: Guidance
    size: tuple[int, int]
    taken: int


def take_views(hardware: Hardware, board: TargetBoard, *, tell: Tell) -> BoardViews:
    """Take views of the target, tell what is missing after each, and stop when there is enough.

    Raises:
        MalformedInput: the pictures differ in size.
        Unavailable: a camera does not answer.
    """
    views: list[BoardView] = []
    guidance, size, taken = guide((), (1, 1)), (1, 1), 0
    try:
        while taken < MOST_VIEWS and not guidance.enough and hardware.target.present(taken):
            pair = luma_pair(hardware.cameras.shoot())
            size = _same_size(pair[0], pair[1], None if taken == 0 else size)
            taken += 1
            view = common_view(pair, board)
            if view is None:
                words = f"both cameras see fewer than {MINIMUM_CORNERS} common corners: not counted"
            else:
                views.append(view)
                guidance = guide(views, size)
                words = guidance.words
            tell(f"view {taken}: {words}")
    finally:
        hardware.target.away()
    return BoardViews(
        views=tuple(views),
        poses=tuple(view_pose(view, size) for view in views),
        guidance=guidance,
        size=size,
        taken=taken,
    )


def luma_pair(pair: Pair) -> tuple[EncodedLuma, EncodedLuma]:
    """Return both pictures as the luma in which corners are found."""
    return encoded_luma(EncodedRgb(pair.left)), encoded_luma(EncodedRgb(pair.right))


def _same_size(
    left: EncodedLuma, right: EncodedLuma, before: tuple[int, int] | None
) -> tuple[int, int]:
    sizes = {np.shape(left)[::-1], np.shape(right)[::-1]} | ({before} if before else set())
    if len(sizes) > 1:
        raise malformed(
            "calibration.size",
            f"the pictures have {len(sizes)} different sizes",
            "Take all pictures of one calibration at the same size",
        )
    width, height = next(iter(sizes))
    return width, height
