"""The kinds of image that must not be mixed up, and windows into them.

Rules kept here:

1. A linear image (proportional to light) and an encoded image (sRGB transfer curve applied) are
   two types; only ``colour.py`` and ``decode.py`` turn one into the other.
2. Arrays are (rows, columns[, channels]); channels are red, green, blue; pixel (0, 0) is the top
   left and its *centre* has the coordinates (0, 0).
3. Windows are whole pixels, half open, and lie inside the image they are used on.
"""

from dataclasses import dataclass
from typing import Final, NewType

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.refusal import malformed

LinearRgb = NewType("LinearRgb", NDArray[np.float32])
"""(rows, columns, 3) float32, 0..1, proportional to light, sRGB primaries, D65 white."""

EncodedRgb = NewType("EncodedRgb", NDArray[np.uint8])
"""(rows, columns, 3) uint8, 0..255, sRGB transfer curve (IEC 61966-2-1)."""

LinearLuma = NewType("LinearLuma", NDArray[np.float32])
"""(rows, columns) float32, 0..1, relative luminance Y of a linear image."""

EncodedLuma = NewType("EncodedLuma", NDArray[np.uint8])
"""(rows, columns) uint8, 0..255, luma of an encoded image; for matching, never for photometry."""

NORMALISING_SIGMA_PX: Final = 6.0

Mask = NDArray[np.bool_]

LUMINANCE_WEIGHTS: Final = np.array([0.2126390, 0.7151687, 0.0721923], dtype=np.float32)
"""Second row of the sRGB to XYZ matrix.  Source: IEC 61966-2-1, recomputed from its primaries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A rectangle of whole pixels: columns left..left+width-1, rows top..top+height-1."""

    left: int
    top: int
    width: int
    height: int

    def __post_init__(self) -> None:
        """Refuse windows without area or with negative corners."""
        if self.left < 0 or self.top < 0 or self.width < 1 or self.height < 1:
            raise malformed(
                "image.window",
                f"window {self.left},{self.top} {self.width}x{self.height} is empty or negative",
                "Give a window with an area inside the image",
            )

    @property
    def centre(self) -> tuple[float, float]:
        """Column and row of the centre, in pixel coordinates."""
        return self.left + (self.width - 1) / 2, self.top + (self.height - 1) / 2

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def rows(self) -> slice:
        """The rows, for indexing."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """The columns, for indexing."""
        return slice(self.left, self.left + self.width)

    def grown(self, margin_px: int, *, width: int, height: int) -> "Window":
        """Return the window with a margin on every side, cut off at a width x height frame."""
        left, top = max(0, self.left - margin_px), max(0, self.top - margin_px)
        right = min(width, self.left + self.width + margin_px)
        bottom = min(height, self.top + self.height + margin_px)
        return Window(left=left, top=top, width=right - left, height=bottom - top)

    def moved(self, *, right: int, down: int) -> "Window":
        """Return the window moved by whole pixels."""
        return Window(
            left=self.left + right, top=self.top + down, width=self.width, height=self.height
        )

    def within(self, other: "Window") -> "Window | None":
        """Return what of the window lies in another one, or nothing."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right = min(self.left + self.width, other.left + other.width)
        bottom = min(self.top + self.height, other.top + other.height)
        if right <= left or bottom <= top:
            return None
        return Window(left=left, top=top, width=right - left, height=bottom - top)

    def divided(self, parts: int, *, rows: slice, columns: slice) -> "Window":
        """Return some of ``parts`` x ``parts`` tiles that the window is divided into.

        A window with fewer pixels than parts is returned whole.
        """
        edges_x, edges_y = self.edges(parts, parts)
        left, right = int(edges_x[columns.start]), int(edges_x[columns.stop])
        top, bottom = int(edges_y[rows.start]), int(edges_y[rows.stop])
        if right <= left or bottom <= top:
            return self
        return Window(left=left, top=top, width=right - left, height=bottom - top)

    def edges(self, columns: int, rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where tiles begin and end: ``columns`` + 1 columns and ``rows`` + 1 rows."""
        across = np.linspace(self.left, self.left + self.width, columns + 1)
        down = np.linspace(self.top, self.top + self.height, rows + 1)
        return across.round().astype(np.intp), down.round().astype(np.intp)

    def require_inside(self, *, width: int, height: int) -> None:
        """Refuse the window when it leaves a width x height frame.

        Raises:
            MalformedInput: some of the window lies outside.
        """
        if self.left + self.width > width or self.top + self.height > height:
            raise malformed(
                "image.window",
                f"window {self.left},{self.top} {self.width}x{self.height} leaves the "
                f"{width}x{height} image",
                "Give a window of this image",
            )


def linear_luma(image: LinearRgb) -> LinearLuma:
    """Return the relative luminance of every pixel."""
    luminance = cv2.transform(image, LUMINANCE_WEIGHTS.reshape(1, 3))
    return LinearLuma(np.asarray(luminance, dtype=np.float32))


def encoded_luma(image: EncodedRgb) -> EncodedLuma:
    """Return the luma that feature matching works on (BT.601 weights, as in ``cv2``)."""
    grey: NDArray[np.uint8] = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return EncodedLuma(grey)


def locally_normalised(luma: EncodedLuma) -> EncodedLuma:
    """Return luma relative to its surroundings, so that two exposures look alike to a matcher.

    128 is the local mean, 40 steps are one local standard deviation; the two added grey levels keep
    sensor noise in flat dark parts from being blown up into texture.
    """
    values = luma.astype(np.float32)
    mean = cv2.GaussianBlur(values, (0, 0), NORMALISING_SIGMA_PX)
    square = cv2.GaussianBlur(values**2, (0, 0), NORMALISING_SIGMA_PX)
    deviation = np.sqrt(np.maximum(square - mean**2, 0)) + 2.0
    relative = np.round(128 + 40 * (values - mean) / deviation)
    return EncodedLuma(np.asarray(np.clip(relative, 0, 255), np.uint8))


def ellipse_mask(window: Window, *, width: int, height: int) -> Mask:
    """Return the ellipse inscribed in a window: (height, width) bool."""
    centre_x, centre_y = window.centre
    columns = (np.arange(width, dtype=np.float32) - centre_x) / (window.width / 2)
    rows = (np.arange(height, dtype=np.float32) - centre_y) / (window.height / 2)
    return np.asarray(columns[None, :] ** 2 + rows[:, None] ** 2 <= 1.0, dtype=np.bool_)
