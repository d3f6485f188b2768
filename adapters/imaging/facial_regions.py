"""Facial regions: which pixels of a picture belong to which region of the face.

Rules kept here:

1. A region is one or two closed outlines through points of the face mesh, of this version for
   ever; other outlines are another version.
2. Regions never share a pixel.  Where outlines cross, as on the far side of a turned head, the
   pixel belongs to none: which of the two surfaces is seen there is not known.
3. Left is right mirrored: only the right half is written down, and a mirrored mesh gives mirrored
   masks.
4. Eyes, brows, lips and what lies outside the mesh belong to no region.

Sides are the subject's.  The outlines follow surface anatomy: temples end at the brow's tail and
at the level of the eye's corner, the periorbital region at the orbit's rim, the nasolabial region
is a strip along the fold, the perioral one ends at the labiomental crease and takes in the lines
below the mouth's corners.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.face_mesh import FaceMesh
from adapters.imaging.pixels import Mask
from adapters.imaging.refusal import malformed
from domain.values.facial_region import FacialRegion

VERSION: Final = "facial-regions/1"

Corner: TypeAlias = int | tuple[int, int]
"""A point of the mesh, or the middle between two."""

Outline: TypeAlias = NDArray[np.float64]
"""(n, 2) float64, columns and rows in pixels; the last corner is joined to the first."""

# From the middle line at the top round the subject's right to the middle line at the bottom.
_MIDDLE: Final[Mapping[FacialRegion, tuple[Corner, ...]]] = {
    FacialRegion.FOREHEAD: (10, 109, 67, 103, 68, 63, 105, 66, 107, (107, 108), (9, 151)),
    FacialRegion.GLABELLA: ((9, 151), (107, 108), 107, 55, 193, 168),
    FacialRegion.NOSE: (168, 193, 245, 128, 114, 217, 198, 209, 129, 98, 97, 2),
    FacialRegion.PERIORAL: (2, 97, 98, 165, 92, 186, 57, 212, 202, 106, 182, 83, 18),
    FacialRegion.CHIN: (18, 83, 182, 106, 202, 211, 170, 149, 176, 148, 152),
}
_MIDDLE_HOLES: Final[Mapping[FacialRegion, tuple[Corner, ...]]] = {
    FacialRegion.PERIORAL: (0, 37, 39, 40, 185, 61, 146, 91, 181, 84, 17),
}
_RIGHT: Final[Mapping[FacialRegion, tuple[tuple[Corner, ...], ...]]] = {
    FacialRegion.TEMPLE_RIGHT: ((103, 54, 21, 162, 127, 34, 143, 35, 124, 70, 63, 68),),
    FacialRegion.PERIORBITAL_RIGHT: (
        (46, 53, 52, 65, 55, 193, 245, 128, 121, 120, 119, 118, 117, 111, 35, 124),
        (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    ),
    FacialRegion.CHEEK_RIGHT: (
        (
            *(121, 120, 119, 118, 117, 111, 35, 143, 34, 227, 137, 177, 213, 192, 214, 212),
            *((207, 216), (205, 206), 36, 142, 129, 209, 198, 217, 114, 128),
        ),
    ),
    FacialRegion.NASOLABIAL_RIGHT: (
        (98, 165, 92, 186, 57, 212, (207, 216), (205, 206), 36, 142, 129),
    ),
    FacialRegion.JAW_RIGHT: (
        (177, 132, 58, 172, 136, 150, 149, 170, 211, 202, 212, 214, 192, 213),
    ),
}
_LEFT_OF: Final[Mapping[FacialRegion, FacialRegion]] = {
    right: FacialRegion(right.value.replace("-right", "-left")) for right in _RIGHT
}
# Each point off the middle line, and its mirror on the subject's left.
_PAIRS: Final = (
    *((7, 249), (21, 251), (33, 263), (34, 264), (35, 265), (36, 266)),
    *((37, 267), (39, 269), (40, 270), (46, 276), (52, 282), (53, 283)),
    *((54, 284), (55, 285), (57, 287), (58, 288), (61, 291), (63, 293)),
    *((65, 295), (66, 296), (67, 297), (68, 298), (70, 300), (83, 313)),
    *((84, 314), (91, 321), (92, 322), (97, 326), (98, 327), (103, 332)),
    *((105, 334), (106, 335), (107, 336), (108, 337), (109, 338), (111, 340)),
    *((114, 343), (117, 346), (118, 347), (119, 348), (120, 349), (121, 350)),
    *((124, 353), (127, 356), (128, 357), (129, 358), (132, 361), (133, 362)),
    *((136, 365), (137, 366), (142, 371), (143, 372), (144, 373), (145, 374)),
    *((146, 375), (148, 377), (149, 378), (150, 379), (153, 380), (154, 381)),
    *((155, 382), (157, 384), (158, 385), (159, 386), (160, 387), (161, 388)),
    *((162, 389), (163, 390), (165, 391), (170, 395), (172, 397), (173, 398)),
    *((176, 400), (177, 401), (181, 405), (182, 406), (185, 409), (186, 410)),
    *((192, 416), (193, 417), (198, 420), (202, 422), (205, 425), (206, 426)),
    *((207, 427), (209, 429), (211, 431), (212, 432), (213, 433), (214, 434)),
    *((216, 436), (217, 437), (227, 447), (245, 465), (246, 466)),
)
_MIRROR: Final = {**dict(_PAIRS), **{left: right for right, left in _PAIRS}}


def mirrored(corner: Corner) -> Corner:
    """Return a corner's place on the other side."""
    if isinstance(corner, tuple):
        first, second = corner
        return _MIRROR.get(first, first), _MIRROR.get(second, second)
    return _MIRROR.get(corner, corner)


def region_corners() -> Mapping[FacialRegion, tuple[tuple[Corner, ...], ...]]:
    """Return every region's outlines by points of the mesh; a second outline is a hole."""
    corners: dict[FacialRegion, tuple[tuple[Corner, ...], ...]] = {}
    for region, half in _MIDDLE.items():
        hole = _MIDDLE_HOLES.get(region)
        corners[region] = tuple(_whole(each) for each in (half, hole) if each is not None)
    for right, outlines in _RIGHT.items():
        corners[right] = outlines
        corners[_LEFT_OF[right]] = tuple(
            tuple(mirrored(each) for each in outline) for outline in outlines
        )
    return {region: corners[region] for region in FacialRegion}


def _whole(half: tuple[Corner, ...]) -> tuple[Corner, ...]:
    """Join a right half with its mirror; what lies on the middle line stands once."""
    left = [mirrored(each) for each in reversed(half)]
    return (*half, *(each for each in left if each not in half))


def region_outlines(mesh: FaceMesh) -> Mapping[FacialRegion, tuple[Outline, ...]]:
    """Return every region's outlines in pixels of the picture; a second outline is a hole."""
    points = mesh.points_px[:, :2]
    return {
        region: tuple(np.array([_place(points, each) for each in loop]) for loop in outlines)
        for region, outlines in region_corners().items()
    }


def _place(points: NDArray[np.float64], corner: Corner) -> NDArray[np.float64]:
    if isinstance(corner, tuple):
        return np.asarray((points[corner[0]] + points[corner[1]]) / 2, dtype=np.float64)
    return np.asarray(points[corner], dtype=np.float64)


def region_masks(mesh: FaceMesh, rows: int, columns: int) -> Mapping[FacialRegion, Mask]:
    """Return which pixels of a picture belong to which region.

    Args:
        mesh: The face, in pixels of the picture.
        rows: Rows of the picture.
        columns: Columns of the picture.

    Returns:
        Every region with its mask, (rows, columns) bool; no pixel is in two.

    Raises:
        MalformedInput: the picture has no pixels.
    """
    if rows < 1 or columns < 1:
        raise malformed(
            "face.regions", f"a picture of {rows}x{columns} has no pixels", "Give its true size"
        )
    masks = {
        region: _inside(outlines, rows, columns)
        for region, outlines in region_outlines(mesh).items()
    }
    claims = np.zeros((rows, columns), dtype=np.uint8)
    for mask in masks.values():
        claims += mask
    single = claims == 1
    return {region: mask & single for region, mask in masks.items()}


def _inside(outlines: Iterable[Outline], rows: int, columns: int) -> Mask:
    """Return the pixels whose centres an odd number of outlines enclose: (rows, columns) bool.

    In each row, every edge that crosses it switches inside and outside from its crossing on.  An
    edge is worked out from its upper end whichever region it bounds, so neighbours agree on it.
    """
    switches = np.zeros((rows, columns + 1), dtype=np.uint8)
    for outline in outlines:
        for start, end in zip(outline, np.roll(outline, -1, axis=0), strict=True):
            upper, lower = (start, end) if tuple(start[::-1]) <= tuple(end[::-1]) else (end, start)
            first = min(max(int(np.ceil(upper[1])), 0), rows)
            behind = min(max(int(np.ceil(lower[1])), 0), rows)
            if behind <= first:
                continue
            crossed = np.arange(first, behind)
            slope = (lower[0] - upper[0]) / (lower[1] - upper[1])
            at = upper[0] + slope * (crossed - upper[1])
            switches[crossed, np.clip(np.ceil(at), 0, columns).astype(np.int64)] ^= 1
    return np.bitwise_xor.accumulate(switches[:, :columns], axis=1).astype(np.bool_)
