"""The sensor and the camera's own processing: light to electrons to a coded picture.

Rules kept here, in the order in which they happen:

1. Linear RGB is mixed into the sensor's own red, green and blue (``CROSSTALK``, rows sum to 1) and
   weakened by each channel's sensitivity.
2. At ``REFERENCE_EXPOSURE_US``, without gain, radiance 1 (a white matt surface in full light)
   fills 96 % of the well in green.  A Bayer mosaic keeps one channel per pixel (RGGB).
3. Noise is Gaussian with the variance of the electrons (shot) plus that of reading; the well
   overflows at 8000 electrons, gain multiplies, 12 bits are kept, the black level is removed.
4. The mosaic is filled in; white balance multiplies red and blue by fixed factors for a stated
   colour temperature; all channels are cut where green is full; the inverse of ``CROSSTALK``
   gives linear sRGB.  That picture is ``Exposed.linear``; clipped to 0..1 and coded by the sRGB
   curve to 8 bits it is ``Exposed.image``: (rows, columns, 3) uint8, in the order red, green,
   blue.

Source: EMVA Standard 1288, release 4.0, section 2 (noise model); IEC 61966-2-1 (coding).
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.colorimetry import white_light
from domain.errors import MalformedInput

Map = NDArray[np.float32]

FULL_WELL: Final = 8000.0
READ_NOISE: Final = 3.5
REFERENCE_EXPOSURE_US: Final = 10_000
_WHITE_FILLS: Final = 0.96
_BLACK_LEVEL: Final = 64.0
_TOP_CODE: Final = 4095.0
_FINE: Final = 8
CROSSTALK: Final = np.array([[0.82, 0.16, 0.02], [0.11, 0.79, 0.10], [0.02, 0.17, 0.81]])
SENSITIVITY: Final = np.array([0.64, 1.0, 0.72])


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How a camera is set for one picture.

    Attributes:
        exposure_us: Exposure time, microseconds.
        gain_db: Gain behind the well, decibels.
        white_balance_k: Colour temperature the camera takes for white.
    """

    exposure_us: int = REFERENCE_EXPOSURE_US
    gain_db: float = 0.0
    white_balance_k: float = 5600.0

    def __post_init__(self) -> None:
        """Refuse settings no camera has."""
        if not 10 <= self.exposure_us <= 1_000_000:  # noqa: PLR2004
            raise MalformedInput("exposure must lie in 10..1 000 000 µs")
        if not 0.0 <= self.gain_db <= 36.0:  # noqa: PLR2004
            raise MalformedInput("gain must lie in 0..36 dB")
        if not 2000.0 <= self.white_balance_k <= 12000.0:  # noqa: PLR2004
            raise MalformedInput("white balance must lie in 2000..12000 K")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposed:
    """One picture.

    Attributes:
        image: (rows, columns, 3) uint8, RGB, sRGB-coded.
        linear: (rows, columns, 3) float32, linear sRGB, before clipping to 0..1.
    """

    image: NDArray[np.uint8]
    linear: Map


def white_balance_gains(temperature_k: float) -> NDArray[np.float64]:
    """Return the factors (3,) that make a white of this temperature neutral; green is 1."""
    response = (CROSSTALK @ white_light(temperature_k)) * SENSITIVITY
    return np.asarray(response[1] / response, dtype=np.float64)


@cache
def _coding_table() -> NDArray[np.uint8]:
    linear = np.arange(65536) / 65535.0
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)  # noqa: PLR2004
    return np.round(coded * 255.0).astype(np.uint8)


def encode(linear: Map) -> NDArray[np.uint8]:
    """Clip to 0..1 and code by the sRGB curve: uint8 of the same shape."""
    place = np.clip(linear * np.float32(65535.0) + np.float32(0.5), 0.0, 65535.0)
    return np.asarray(_coding_table()[place.astype(np.uint16)], dtype=np.uint8)


def expose(light: Map, setting: Exposure, rng: np.random.Generator, factor: float = 1.0) -> Exposed:
    """Take one picture of the light on the sensor.

    Args:
        light: (rows, columns, 3) float32, linear RGB; rows and columns even.
        setting: How the camera is set.
        rng: Where noise comes from.
        factor: A wrong exposure, as a multiple of the stated one.
    """
    rows, columns = light.shape[:2]
    time = setting.exposure_us / REFERENCE_EXPOSURE_US * factor
    mix = CROSSTALK * SENSITIVITY[:, None] * (FULL_WELL * _WHITE_FILLS * time)
    mixed = cv2.transform(light, mix.astype(np.float32))
    electrons = np.empty((rows, columns), np.float32)
    for top, left, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        electrons[top::2, left::2] = mixed[top::2, left::2, channel]
    spread = np.sqrt(electrons + np.float32(READ_NOISE**2))
    electrons += spread * rng.standard_normal((rows, columns), dtype=np.float32)
    np.minimum(electrons, FULL_WELL, out=electrons)
    gain = 10.0 ** (setting.gain_db / 20.0)
    slope = (_TOP_CODE - _BLACK_LEVEL) / FULL_WELL * gain
    code = np.clip(np.rint(electrons * np.float32(slope) + np.float32(_BLACK_LEVEL)), 0, _TOP_CODE)
    # Filled in at 16 bits with the black level kept, so that noise in the dark stays unbiased.
    mosaic = (code * np.float32(_FINE)).astype(np.uint16)
    colour = cv2.demosaicing(mosaic, cv2.COLOR_BayerRGGB2RGB_EA).astype(np.float32)
    colour *= np.float32(1.0 / (_FINE * (_TOP_CODE - _BLACK_LEVEL)))
    colour -= np.float32(_BLACK_LEVEL / (_TOP_CODE - _BLACK_LEVEL))
    colour *= white_balance_gains(setting.white_balance_k).astype(np.float32)
    # Cut where green is full, so that overexposed whites stay white.
    np.minimum(colour, 1.0, out=colour)
    matrix = np.linalg.inv(CROSSTALK).astype(np.float32)
    linear = np.asarray(cv2.transform(colour, matrix), dtype=np.float32)
    return Exposed(image=encode(linear), linear=linear)
