"""Flat targets on the stand: the 24-patch colour chart and the ChArUco calibration board.

Rules kept here:

1. A card is a picture in linear reflectance with a size in millimetres; its frame has its origin
   in the middle, +x to the right and +y down as printed, +z into the card.
2. Patches count from 0 in the chart's own reading order, dark skin first, black last.  The holder
   keeps the chart on its short side, turned a quarter clockwise.
3. Patch values are the published ones; nothing is fitted.

Source: X-Rite 2005, Colorimetric values for ColorChecker family of targets (CIELAB, D50, 2°,
charts made before November 2014).
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.colorimetry import Colours, lab_d50_to_linear
from device.simulation.parts import Part, PartId

CHART_LAB_D50: Final[Colours] = np.array(
    [
        [37.986, 13.555, 14.059],
        [65.711, 18.130, 17.810],
        [49.927, -4.880, -21.925],
        [43.139, -13.095, 21.905],
        [55.112, 8.844, -25.399],
        [70.719, -33.397, -0.199],
        [62.661, 36.067, 57.096],
        [40.020, 10.410, -45.964],
        [51.124, 48.239, 16.248],
        [30.325, 22.976, -21.587],
        [72.532, -23.709, 57.255],
        [71.941, 19.363, 67.857],
        [28.778, 14.179, -50.297],
        [55.261, -38.342, 31.370],
        [42.101, 53.378, 28.190],
        [81.733, 4.039, 79.819],
        [51.935, 49.986, -14.574],
        [51.038, -28.631, -28.638],
        [96.539, -0.425, 1.186],
        [81.257, -0.638, -0.335],
        [66.766, -0.734, -0.504],
        [50.867, -0.153, -0.270],
        [35.656, -0.421, -1.231],
        [20.461, -0.079, -0.973],
    ]
)
PATCHES_ACROSS: Final = 4
PATCHES_DOWN: Final = 6
PATCH_MM: Final = 6.4
PITCH_MM: Final = 7.6
CHART_WIDTH_MM: Final = 33.0
CHART_HEIGHT_MM: Final = 48.5
_FRAME_REFLECTANCE: Final = 0.03
_TEXELS_PER_MM: Final = 24

BOARD_SQUARES: Final = (8, 11)
BOARD_SQUARE_MM: Final = 18.0
BOARD_MARKER_MM: Final = 13.5
BOARD_DICTIONARY: Final = cv2.aruco.DICT_5X5_250
_BOARD_MARGIN_MM: Final = 6.0
_BOARD_TEXELS_PER_MM: Final = 20
_PRINT_BLACK: Final = 0.035
_PRINT_WHITE: Final = 0.86


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

    def part(self, pose: NDArray[np.float64]) -> Part:
        """Place the card by its (4, 4) pose in the rig frame."""
        down, across = np.mgrid[-0.5:0.5:21j, -0.5:0.5:15j]
        flat = np.stack([across * self.width_mm, down * self.height_mm, 0 * down], axis=-1)
        points = flat @ pose[:3, :3].T + pose[:3, 3]
        facing = np.broadcast_to(-pose[:3, 2], points.shape)
        return Part(
            part=PartId.CARD,
            points=points.astype(np.float32),
            normals=np.ascontiguousarray(facing, dtype=np.float32),
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
