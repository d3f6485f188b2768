"""The corners behind a calibration as stored content: what it can be calculated from again.

Rules kept here:

1. Corners are kept to the bit, as the numbers that were calculated with, in the order of the views.
2. Every view that showed the target to both cameras is there, those that were left out, too.
3. Content that is no such list is refused; nothing of it is guessed.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from adapters.imaging.calibrate import BoardView, Points
from adapters.imaging.refusal import malformed
from domain.errors import MalformedInput
from domain.ledger import canonical

FORMAT: Final = "vultus/board-corners/v1"
MEDIA_TYPE: Final = "application/json"


def encode_corners(views: Sequence[BoardView], size: tuple[int, int]) -> bytes:
    """Return corners as canonical JSON.

    Args:
        views: As they were taken.
        size: Of the pictures, width and height in pixels.
    """
    return canonical.encode(
        {
            "format": FORMAT,
            "width_px": size[0],
            "height_px": size[1],
            "views": [
                {
                    "board_mm": _rows(each.board_mm),
                    "left_px": _rows(each.left_px),
                    "right_px": _rows(each.right_px),
                }
                for each in views
            ],
        }
    )


def decode_corners(content: bytes) -> tuple[tuple[BoardView, ...], tuple[int, int]]:
    """Return views and picture size; the inverse of ``encode_corners``.

    Raises:
        MalformedInput: the content is no list of corners.
    """
    try:
        values: Any = canonical.parse_canonical(content)
        if values["format"] != FORMAT:
            raise _refused(f"the format is not {FORMAT}")
        size = int(values["width_px"]), int(values["height_px"])
        views = tuple(
            BoardView(
                board_mm=_points(each["board_mm"], 3),
                left_px=_points(each["left_px"], 2),
                right_px=_points(each["right_px"], 2),
            )
            for each in values["views"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(f"{type(error).__name__}: {error}") from error
    if any(not len(each.board_mm) == len(each.left_px) == len(each.right_px) for each in views):
        raise _refused("a view has not as many corners on the board as in each picture")
    return views, size


def _rows(points: Points) -> list[list[float]]:
    return [[float(value) for value in row] for row in points]


def _points(rows: Any, across: int) -> Points:  # noqa: ANN401 - what was parsed
    points = np.asarray(rows, dtype=np.float32)
    if points.ndim != 2 or points.shape[1] != across or not np.isfinite(points).all():  # noqa: PLR2004 - a list of rows
        raise _refused(f"a list of corners is not of {across} finite numbers each")
    return points


def _refused(evidence: str) -> MalformedInput:
    return malformed(
        "calibration.corners", evidence, "Fetch the content again; it is not what was stored"
    )
