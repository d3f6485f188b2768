"""Flat targets on the stand: the 24-patch colour chart and the ChArUco calibration board.

Rules kept here:

1. A card is a picture in linear reflectance with a size in millimetres; its frame has its origin
   in the middle, +x to the right and +y down as printed, +z into the card.
2. Patches count from 0 in the chart's own reading order, dark skin first, black last.  The holder
   keeps the chart on its short side, turned a quarter clockwise.
3. Patch values are the published ones; nothing is fitted.

Source: X-Rite 2014, New color specifications for ColorChecker SG and Classic Charts (CIELAB, D50,
2°, charts made from November 2014 on).
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.colorimetry import Colours, lab_d50_to_linear
from device.simulation.parts import Part, PartId

CHART_LAB_D50: Final[Colours] = np.array(
    [
        [37.54, 14.37, 14.92],
        [64.66, 19.27, 17.50],
        [49.32, -3.82, -22.54],
        [43.46, -12.74, 22.72],
        [54.94, 9.61, -24.79],
        [70.48, -32.26, -0.37],
        [62.73, 35.83, 56.50],
        [39.43, 10.75, -45.17],
        [50.57, 48.64, 16.67],
        [30.10, 22.54, -20.87],
        [71.77, -24.13, 58.19],
        [71.51, 18.24, 67.37],
        [28.37, 15.42, -49.80],
        [54.38, -39.72, 32.27],
        [42.43, 51.05, 28.62],
        [81.80, 2.67, 80.41],
        [50.63, 51.28, -14.12],
        [49.57, -29.71, -28.32],
        [95.19, -1.03, 2.93],
        [81.29, -0.57, 0.44],
        [66.89, -0.75, -0.06],
        [50.76, -0.13, 0.14],
        [35.63, -0.46, -0.48],
        [20.64, 0.07, -0.46],
    ]
)
PATCHES_ACROSS: Final = 4
PATCHES_DOWN: Final = 6
PATCH_MM: Final = 6.6
PITCH_MM: Final = 7.6
CHART_WIDTH_MM: Final = 33.0
CHART_HEIGHT_MM: Final = 48.5
_FRAME_REFLECTANCE: Final = 0.02
_TEXELS_PER_MM: Final = 24

BOARD_SQUARES: Final = (9, 12)
BOARD_SQUARE_MM: Final = 15.0
BOARD_MARKER_MM: Final = 11.0
BOARD_DICTIONARY: Final = cv2.aruco.DICT_5X5_100
_BOARD_MARGIN_MM: Final = 6.0
_BOARD_TEXELS_PER_MM: Final = 20
_PRINT_BLACK: Final = 0.035
_PRINT_WHITE: Final = 0.86
GREY_REFLECTANCE: Final = 0.20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """A flat target.

    Attributes:
        width_mm: Outer width.
        height_mm: Outer height.
        reflectance: (rows, columns, 3) float32, linear RGB under D65, 0..1.
        points_mm: (n, 2) float64, places whose image is part of the truth, card frame: the centre
            of each patch, or each inner corner of the board.
    """

    width_mm: float
    height_mm: float
    reflectance: NDArray[np.float32]
    points_mm: NDArray[np.float64]

    def corners_mm(self) -> NDArray[np.float64]:
        """(4, 3) float64, outer corners clockwise from top left, card frame."""
        x, y = self.width_mm / 2, self.height_mm / 2
        return np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]], np.float64)

    def print_at(self, texels_per_mm: float) -> NDArray[np.float32]:
        """Return the picture at about this fineness, averaged, or as it is if it is coarser."""
        rows, columns = self.reflectance.shape[:2]
        wide, high = round(self.width_mm * texels_per_mm), round(self.height_mm * texels_per_mm)
        if wide >= columns or high >= rows:
            return self.reflectance
        small = cv2.resize(self.reflectance, (wide, high), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.float32)

    def part(self, part: PartId = PartId.CARD) -> Part:
        """Return the card as a part in the card frame; its printed face looks along -z."""
        # Fine enough that lens distortion is straight across one cell.
        down, across = np.mgrid[-0.5:0.5:85j, -0.5:0.5:65j]
        points = np.stack([across * self.width_mm, down * self.height_mm, 0 * down], axis=-1)
        normals = np.zeros(points.shape, np.float32)
        normals[..., 2] = -1.0
        return Part(
            part=part,
            points=points.astype(np.float32),
            normals=normals,
            shade=np.ones(points.shape[:2], np.float32),
        )


def chart_linear() -> Colours:
    """Return the (24, 3) float64 linear RGB of the patches under D65; cyan leaves the gamut."""
    return lab_d50_to_linear(CHART_LAB_D50)


def patch_centres_mm() -> NDArray[np.float64]:
    """Return where the (24, 2) patch centres lie in the card frame."""
    number = np.arange(24)
    row, column = number // PATCHES_DOWN, number % PATCHES_DOWN
    # A quarter turn clockwise takes the top row to the right-hand side.
    x = (PATCHES_ACROSS - 1) / 2 - row
    y = column - (PATCHES_DOWN - 1) / 2
    return np.stack([x, y], axis=-1).astype(np.float64) * PITCH_MM


@cache
def colour_chart() -> Card:
    """Print the colour chart."""
    k = _TEXELS_PER_MM
    rows, columns = round(CHART_HEIGHT_MM * k), round(CHART_WIDTH_MM * k)
    picture = np.full((rows, columns, 3), _FRAME_REFLECTANCE, np.float32)
    centres = patch_centres_mm()
    half = PATCH_MM / 2
    for (x, y), colour in zip(centres, chart_linear(), strict=True):
        top, left = y - half + CHART_HEIGHT_MM / 2, x - half + CHART_WIDTH_MM / 2
        window = (
            slice(round(top * k), round((top + PATCH_MM) * k)),
            slice(round(left * k), round((left + PATCH_MM) * k)),
        )
        picture[window] = np.clip(colour, 0.0, 1.0)
    return Card(
        width_mm=CHART_WIDTH_MM, height_mm=CHART_HEIGHT_MM, reflectance=picture, points_mm=centres
    )


def board() -> cv2.aruco.CharucoBoard:
    """Return the ChArUco board a detector needs; lengths in millimetres."""
    return cv2.aruco.CharucoBoard(
        BOARD_SQUARES,
        BOARD_SQUARE_MM,
        BOARD_MARKER_MM,
        cv2.aruco.getPredefinedDictionary(BOARD_DICTIONARY),
    )


@cache
def calibration_board() -> Card:
    """Print the calibration board."""
    across, down = BOARD_SQUARES
    k, margin = _BOARD_TEXELS_PER_MM, _BOARD_MARGIN_MM
    inner = (round(across * BOARD_SQUARE_MM * k), round(down * BOARD_SQUARE_MM * k))
    print_ = board().generateImage(inner, marginSize=0, borderBits=1)
    border = round(margin * k)
    print_ = cv2.copyMakeBorder(
        print_, border, border, border, border, cv2.BORDER_CONSTANT, value=(255.0,)
    )
    ink = print_.astype(np.float32) / 255.0
    reflectance = np.repeat((_PRINT_BLACK + (_PRINT_WHITE - _PRINT_BLACK) * ink)[..., None], 3, -1)
    corners = np.asarray(board().getChessboardCorners(), dtype=np.float64).reshape(-1, 3)[:, :2]
    middle = np.array([across, down]) * BOARD_SQUARE_MM / 2
    return Card(
        width_mm=across * BOARD_SQUARE_MM + 2 * margin,
        height_mm=down * BOARD_SQUARE_MM + 2 * margin,
        reflectance=reflectance,
        points_mm=corners - middle,
    )


@cache
def grey_target() -> Card:
    """Return the even grey back of the calibration board."""
    front = calibration_board()
    even = np.full((64, 64, 3), GREY_REFLECTANCE, np.float32)
    return replace(front, reflectance=even)
