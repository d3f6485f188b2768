"""What one picture of an attempt shows on its own: face, exposure, light, edges.

Rules kept here:

1. Without a face, the middle of the picture is measured, so that the reason (too dark, out of
   focus) shows beside the missing face.
2. Edges beside clipped pixels are left out of sharpness; everything else uses the whole ellipse.
3. Where nearly everything is drowned there are no edges, only noise, which would look sharp.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.alignment import FacePlace, locate_face
from adapters.imaging.decode import DecodedImage
from adapters.imaging.edge_spread import EdgeSpread, edge_spread
from adapters.imaging.exposure import (
    Exposure,
    blank_rows,
    clipped,
    longest_run,
    measure_exposure,
)
from adapters.imaging.focus import focus_permille
from adapters.imaging.illumination import FaceLight, measure_face_light
from adapters.imaging.motion_blur import motion_permille
from adapters.imaging.pixels import (
    EncodedRgb,
    LinearLuma,
    LinearRgb,
    Window,
    ellipse_mask,
    linear_luma,
)
from domain.values.quality import Region

_CLIPPING_REACH: Final = 9
_MIDDLE: Final = 0.4
_DROWNED: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one picture shows.

    Attributes:
        frame: Role of the picture.
        face: Where the face is, when one was found.
        window: The face's window, or the middle of the picture.
        exposure: Exposure inside the window's ellipse, its parts in pixels of the picture.
        blank_rows: Share of rows without content.
        blank_part: The longest run of such rows, when there are any.
        light: Light on the face, when every zone could be measured.
        focus: Edge width in thousandths of the diagonal, when there are edges.
        motion: Motion in thousandths of the diagonal, likewise.
        softest: Where edges are clearly wider than on the other side of the face, if they are.
    """

    frame: str
    face: FacePlace | None
    window: Window
    exposure: Exposure
    blank_rows: float
    blank_part: Window | None
    light: FaceLight | None
    focus: float | None
    motion: float | None
    softest: Window | None

    @property
    def region(self) -> Region:
        """The window as the domain's region."""
        return as_region(self.window, self.frame)

    def region_of(self, part: Window | None) -> Region:
        """Return what of a part lies in the window, as a region.

        The window is returned without a part, or when most of the part lies outside.
        """
        inside = None if part is None else part.within(self.window)
        if part is None or inside is None or 2 * inside.area < part.area:
            return self.region
        return as_region(inside, self.frame)


def look_at(
    image: DecodedImage,
    frame: str,
    *,
    ignored: Window | None,
    white: NDArray[np.float64] | None,
) -> Look:
    """Measure what one picture shows.

    Args:
        image: The picture.
        frame: Role of the picture.
        ignored: A part that is no face, such as the colour reference.
        white: Linear RGB of the light, where the colour reference tells it.
    """
    width, height = image.width, image.height
    face = locate_face(image.linear, ignored=ignored, white=white)
    window = face.window if face is not None else _middle(width, height)
    # Everything below looks at the window alone, so the rest is never computed.
    part = np.s_[window.rows, window.columns]
    luma = linear_luma(LinearRgb(image.linear[part]))
    encoded = EncodedRgb(np.ascontiguousarray(image.encoded[part]))
    local = Window(left=0, top=0, width=window.width, height=window.height)
    mask = ellipse_mask(local, width=window.width, height=window.height)
    exposure = measure_exposure(encoded, luma, mask)
    seen = exposure.drowned_share < _DROWNED
    spread = _spread(luma, encoded, mask) if seen else None
    blank = blank_rows(image.encoded)
    first, run = longest_run(blank)
    return Look(
        frame=frame,
        face=face,
        window=window,
        exposure=replace(
            exposure,
            clipped_part=_in_picture(exposure.clipped_part, window),
            drowned_part=_in_picture(exposure.drowned_part, window),
        ),
        blank_rows=float(blank.mean()),
        blank_part=Window(left=0, top=first, width=width, height=run) if run else None,
        light=measure_face_light(luma, mask, local),
        focus=None if spread is None else focus_permille(spread, width=width, height=height),
        motion=None if spread is None else motion_permille(spread, width=width, height=height),
        softest=None if spread is None else _in_picture(spread.softest, window),
    )


def as_region(window: Window, frame: str) -> Region:
    """Return a window as the domain's region of a frame."""
    return Region(
        frame=frame,
        x_px=window.left,
        y_px=window.top,
        width_px=window.width,
        height_px=window.height,
    )


def as_window(region: Region) -> Window:
    """Return the domain's region as a window."""
    return Window(left=region.x_px, top=region.y_px, width=region.width_px, height=region.height_px)


def _in_picture(part: Window | None, window: Window) -> Window | None:
    """Return a part of a window in pixels of the picture."""
    return None if part is None else part.moved(right=window.left, down=window.top)


def _spread(luma: LinearLuma, encoded: EncodedRgb, mask: NDArray[np.bool_]) -> EdgeSpread | None:
    """Return the width of edges away from clipped pixels."""
    reach = np.ones((_CLIPPING_REACH, _CLIPPING_REACH), np.uint8)
    spoiled = np.asarray(cv2.dilate(clipped(encoded).astype(np.uint8), reach)).astype(np.bool_)
    return edge_spread(luma, mask & ~spoiled)


def _middle(width: int, height: int) -> Window:
    """Return the middle of a picture, measured when no face was found."""
    inner_width, inner_height = max(1, int(width * _MIDDLE)), max(1, int(height * _MIDDLE))
    return Window(
        left=(width - inner_width) // 2,
        top=(height - inner_height) // 2,
        width=inner_width,
        height=inner_height,
    )
