"""Segmentations as pictures to lay over the photograph: areas filled, dots and lines thick enough.

Rules kept here:

1. Each kind of mark has one colour for ever; the legend says what is marked and how many.
2. Marks survive shrinking: a pixel of the picture is marked when anything under it is.
3. What is not marked is transparent; the same marks give the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.determinism import fix_arithmetic
from adapters.inference.overlay import LONGEST_SIDE_PX, Overlay, encode_overlay
from domain.errors import MalformedInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One kind of mark.

    Attributes:
        label: What is marked, in words.
        colour: sRGB.
        where: (rows, columns) bool.
        detail: Number and size, in words; empty when there is nothing to add.
    """

    label: str
    colour: tuple[int, int, int]
    where: NDArray[np.bool_]
    detail: str = ""


def draw_marks(name: str, marks: Sequence[Mark]) -> Overlay:
    """Draw marks; later ones lie over earlier ones.

    Args:
        name: Permanent word of the overlay.
        marks: At least one, all of one size.

    Raises:
        MalformedInput: there is no mark, or sizes differ.
    """
    if not marks or len({each.where.shape for each in marks}) != 1 or marks[0].where.size == 0:
        raise MalformedInput("marks are drawn on one picture, at least one of them")
    fix_arithmetic()
    planes = [_shrunk(each.where) for each in marks]
    picture = np.zeros((*planes[0].shape, 4), dtype=np.uint8)
    for mark, plane in zip(marks, planes, strict=True):
        picture[plane] = (*mark.colour[::-1], 255)  # OpenCV writes blue first
    said = [f"{each.label}: {each.detail}" if each.detail else each.label for each in marks]
    return Overlay(
        name=name,
        png=encode_overlay(picture),
        width_px=picture.shape[1],
        height_px=picture.shape[0],
        legend="; ".join(said),
        measured_fraction=float(np.mean(picture[..., 3] > 0)),
        beyond_fraction=0.0,
    )


def dots(
    centres_px: NDArray[np.int32], shape: tuple[int, ...], radius_px: int
) -> NDArray[np.bool_]:
    """Return filled circles: (rows, columns) bool.

    Args:
        centres_px: (n, 2) int32, column and row.
        shape: Rows and columns.
        radius_px: Radius of each circle, at least 0.
    """
    plane = np.zeros(shape, dtype=np.uint8)
    plane[centres_px[:, 1], centres_px[:, 0]] = 1
    return grown(plane.astype(np.bool_), radius_px)


def grown(where: NDArray[np.bool_], radius_px: int) -> NDArray[np.bool_]:
    """Return the marks thickened by a radius: (rows, columns) bool."""
    if radius_px < 1:
        return where
    side = 2 * radius_px + 1
    disc = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)
    return np.asarray(cv2.dilate(where.astype(np.uint8), disc), dtype=np.bool_)


def _shrunk(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    rows, columns = where.shape
    factor = LONGEST_SIDE_PX / max(rows, columns)
    if factor >= 1:
        return where
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    share = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(share > 0.2, dtype=np.bool_)  # noqa: PLR2004  a fifth of it
