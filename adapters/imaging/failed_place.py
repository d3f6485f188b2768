"""Where on a face a gate failed, in words for whoever stands before the station.

Rules kept here:

1. Words are of the picture, as the cameras look: left is the picture's left, the client's right.
2. A place is told against the whole that was measured, the face or the colour reference, in thirds;
   what fills most of it has no place, and nothing is said.
3. Only words whose place differs from capture to capture have one to tell.
4. The record holds the face's box of the first picture.  It stands for the second one, too: both
   cameras are turned towards the face, which moves it by a few hundredths of its width.
"""

from collections.abc import Mapping
from typing import Final

from adapters.imaging import face_measures as faces
from adapters.imaging import measures as table
from domain.values.quality import Region

BEGINNINGS: Final[Mapping[str, str]] = {
    table.FOCUS_EDGE_WIDTH.name: "It is least sharp",
    table.CLIPPED_SHARE.name: "Most of it is",
    table.DROWNED_SHARE.name: "Most of it is",
    table.LIGHT_ACROSS_RATIO.name: "It is darker",
    table.LIGHT_DOWN_RATIO.name: "It is darker",
    table.LIGHT_ZONE_RATIO.name: "It is darkest",
    table.COLOUR_REFERENCE_PATCHES.name: "The patches lost are",
    table.COLOUR_DIFFERENCE_CORRECTED_MAX.name: "The worst patch is",
    table.EPIPOLAR_RESIDUAL.name: "It is worst",
    table.STEREO_CORRESPONDENCE.name: "Least was matched",
    table.DEPTH_COMPLETENESS.name: "Most is missing",
    faces.FACE_COUNT.name: "Another one is",
    faces.FACE_DARK_SHARE.name: "It is darkest",
    faces.SKIN_SHINE.name: "It shines most",
    faces.FACE_UNEVEN_SHARE.name: "Something stands out",
}
"""How the sentence begins, by the measurement's word."""

_MOST: Final = 0.75
_SPANNING: Final = 2 / 3
_THIRD: Final = 1 / 3


def place_words(name: str, regions: Mapping[str, Region | None]) -> str:
    """Return a sentence about where a measurement is worst; empty when there is no place to tell.

    Args:
        name: The measurement's word.
        regions: The region of each measurement of the attempt, by word.
    """
    beginning, region = BEGINNINGS.get(name), regions.get(name)
    chart = name.startswith("colour_")
    whole = regions.get((table.COLOUR_REFERENCE_FOUND if chart else table.FACE_FOUND).name)
    if beginning is None or region is None or whole is None:
        return ""
    across = _position(region.x_px, region.width_px, whole.x_px, whole.width_px)
    down = _position(region.y_px, region.height_px, whole.y_px, whole.height_px)
    if region.width_px >= _MOST * whole.width_px and region.height_px >= _MOST * whole.height_px:
        return ""
    thing = "the colour reference" if chart else "the face"
    place = f"{_beside(across, down) or _inside(across, down)} {thing}"
    looking = ", as the cameras look" if "left" in place or "right" in place else ""
    return f"{beginning} {place}{looking}."


def _position(first: int, size: int, whole_first: int, whole_size: int) -> float:
    """Return the middle of a part, 0..1 within the whole; the whole's middle when it spans it."""
    if size > _SPANNING * whole_size and whole_first <= first + size / 2 < whole_first + whole_size:
        return 0.5
    return (first + size / 2 - whole_first) / whole_size


def _beside(across: float, down: float) -> str:
    """Return on which side of the whole a place lies; empty when it lies within."""
    aside, over = (max(-each, each - 1.0) for each in (across, down))
    if max(aside, over) <= 0:
        return ""
    if aside >= over:
        return "to the left of" if across < 0 else "to the right of"
    return "above" if down < 0 else "below"


def _inside(across: float, down: float) -> str:
    side = "left" if across < _THIRD else "right" if across > 1 - _THIRD else ""
    end = "upper" if down < _THIRD else "lower" if down > 1 - _THIRD else ""
    if end:
        return f"in the {end} {side or 'middle'} of"
    return f"on the {side} of" if side else "in the middle of"
