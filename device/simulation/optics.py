"""What the lens does to a view: blur, defocus, motion during the exposure, fall-off to the corners.

Rules kept here:

1. Everything acts on linear radiance, before the sensor.
2. Defocus and motion are stated in pixels of the 1520 x 2028 image and scale with the resolution;
   the lens blur is 0.8 px at every resolution, as a sensor binned to that size would show it.

Source: Goodman 2005, Introduction to Fourier Optics, section 6.4 (defocus as a disc).
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.rig import DEMO, FOCAL_PX, FULL_ROWS, Camera

Map = NDArray[np.float32]

LENS_BLUR_PX: Final = 0.8
_FALL_OFF: Final = 0.05
"""Loss of light in the corner of the image, after the camera's own shading correction."""

_STATED_FOCAL_PX: Final = FOCAL_PX * DEMO.rows / FULL_ROWS


def _disc(radius_px: float) -> Map:
    reach = int(np.ceil(radius_px + 1.0))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius_px + 0.5 - np.hypot(x, y), 0.0, 1.0)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def _streak(length_px: float, angle_deg: float) -> Map:
    reach = int(np.ceil(length_px / 2 + 1.0))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    angle = np.radians(angle_deg)
    along = np.abs(x * np.cos(angle) + y * np.sin(angle))
    aside = np.abs(y * np.cos(angle) - x * np.sin(angle))
    kernel = np.clip(length_px / 2 + 0.5 - along, 0.0, 1.0) * np.clip(1.0 - aside, 0.0, 1.0)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def through_lens(
    radiance: Map,
    camera: Camera,
    *,
    defocus_px: float = 0.0,
    motion_px: float = 0.0,
    motion_deg: float = 0.0,
) -> Map:
    """Return the light on the sensor: (rows, columns, 3) float32, linear RGB."""
    scale = camera.focal_px / _STATED_FOCAL_PX
    image = cv2.GaussianBlur(radiance, (0, 0), LENS_BLUR_PX, borderType=cv2.BORDER_REPLICATE)
    if defocus_px * scale > 0.2:  # noqa: PLR2004 - below this the disc is one pixel
        image = cv2.filter2D(image, -1, _disc(defocus_px * scale), borderType=cv2.BORDER_REPLICATE)
    if motion_px * scale > 0.5:  # noqa: PLR2004 - below this the streak is one pixel
        kernel = _streak(motion_px * scale, motion_deg)
        image = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    rows, columns = image.shape[:2]
    x = (np.arange(columns, dtype=np.float32) - np.float32(columns / 2)) ** 2
    y = (np.arange(rows, dtype=np.float32) - np.float32(rows / 2)) ** 2
    share = (y[:, None] + x[None, :]) / np.float32((rows / 2) ** 2 + (columns / 2) ** 2)
    return np.asarray(image * (1.0 - np.float32(_FALL_OFF) * share)[..., None], dtype=np.float32)
