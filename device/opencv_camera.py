"""The two cameras through OpenCV.

Rules kept here:

1. Automatic exposure, white balance and focus are switched off; what the camera reads back is what
   is recorded, and a setting it does not keep is refused.
2. A driver keeps old frames; they are thrown away, so a picture is never from before it was asked
   for.
3. Both cameras are triggered first and read afterwards; the time between the two triggers is
   measured, and a pair too far apart is refused.

Source: OpenCV 5 ``videoio``, ``VideoCapture::grab`` ("the most useful in multi-camera
environments").
"""

import time
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from device.ports import Pair, Picture
from domain.errors import RuleViolation, Unavailable
from domain.values.calibration import WhiteBalance
from domain.values.capture import CameraSettings

STALE_FRAMES: Final = 2
LONGEST_SKEW_US: Final = 5_000.0
_PREVIEW_COLUMNS: Final = 480
_TOLERANCE: Final = 0.05
_V4L2_EXPOSURE_STEP_US: Final = 100.0
_MANUAL: Final = 1.0


class OpenCvCameras:
    """A left and a right camera behind ``cv2.VideoCapture``."""

    def __init__(
        self,
        sources: tuple[int | str, int | str],
        *,
        serials: tuple[str, str],
        settable: bool = True,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Open both cameras.

        Args:
            sources: Device numbers or files, left first.
            serials: Serial numbers, left first.
            settable: Whether the source can be set at all; a file cannot.
            monotonic_ns: A clock that never goes back.

        Raises:
            Unavailable: a camera does not open.
        """
        self._serials = serials
        self._settable = settable
        self._monotonic_ns = monotonic_ns
        self._captures: list[cv2.VideoCapture] = []
        self._settings: CameraSettings | None = None
        for source, serial in zip(sources, serials, strict=True):
            opened = cv2.VideoCapture(source)
            self._captures.append(opened)
            if not opened.isOpened():
                self.close()
                raise Unavailable(f"camera {serial} does not open; check its cable and power")

    @property
    def serials(self) -> tuple[str, str]:
        """Serial numbers, left first."""
        return self._serials

    def lock(self, settings: CameraSettings) -> CameraSettings:
        """Set both cameras alike, read back, and refuse what they do not keep.

        Raises:
            RuleViolation: a camera does not keep a setting, or both differ.
        """
        if not self._settable:
            self._settings = settings
            return settings
        for capture in self._captures:
            capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL)
            capture.set(cv2.CAP_PROP_AUTO_WB, 0.0)
            capture.set(cv2.CAP_PROP_AUTOFOCUS, 0.0)
        exposure = self._set(
            "exposure", cv2.CAP_PROP_EXPOSURE, settings.exposure_us / _V4L2_EXPOSURE_STEP_US
        )
        gain = self._set("gain", cv2.CAP_PROP_GAIN, settings.gain)
        balance = settings.white_balance
        red = self._set("red balance", cv2.CAP_PROP_WHITE_BALANCE_RED_V, balance.red)
        blue = self._set("blue balance", cv2.CAP_PROP_WHITE_BALANCE_BLUE_U, balance.blue)
        self._settings = CameraSettings(
            exposure_us=exposure * _V4L2_EXPOSURE_STEP_US,
            gain=gain,
            white_balance=WhiteBalance(red=red, green=balance.green, blue=blue),
        )
        return self._settings

    def preview(self) -> Picture:
        """Return a fresh, small picture of the left camera.

        Raises:
            Unavailable: the camera does not answer.
        """
        self._flush(0)
        self._grab(0)
        picture = self._retrieve(0)
        rows, columns = picture.shape[:2]
        size = (_PREVIEW_COLUMNS, round(rows * _PREVIEW_COLUMNS / columns))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.uint8)

    def shoot(self) -> Pair:
        """Return a fresh pair in full size, with the measured time between the exposures.

        Raises:
            Unavailable: a camera does not answer.
            RuleViolation: the settings were never locked, or the exposures lie too far apart.
        """
        if self._settings is None:
            raise RuleViolation(
                "camera.locked", "the cameras were never set", "Calibrate the light first."
            )
        for number in range(2):
            self._flush(number)
        moments = []
        for number in range(2):
            self._grab(number)
            moments.append(self._monotonic_ns())
        skew_us = abs(moments[1] - moments[0]) / 1000
        if skew_us > LONGEST_SKEW_US:
            raise RuleViolation(
                "camera.skew",
                f"the two exposures lie {skew_us:.0f} µs apart, allowed are {LONGEST_SKEW_US:.0f}",
                "Capture again; if it stays, have the synchronisation looked at.",
            )
        left, right = self._retrieve(0), self._retrieve(1)
        if left.shape != right.shape:
            raise RuleViolation(
                "camera.size", "the two cameras give pictures of different size", "Set both alike."
            )
        return Pair(left=left, right=right, settings=self._settings, skew_us=skew_us)

    def close(self) -> None:
        """Let the cameras go."""
        for capture in self._captures:
            capture.release()

    def _set(self, what: str, prop: int, value: float) -> float:
        """Set a property of both cameras and return what they agree on."""
        read = []
        for capture, serial in zip(self._captures, self._serials, strict=True):
            capture.set(prop, value)
            found = float(capture.get(prop))
            if abs(found - value) > _TOLERANCE * max(abs(value), 1.0):
                raise RuleViolation(
                    "camera.setting",
                    f"camera {serial} keeps {what} {found:g}, not {value:g}",
                    "Choose a value the camera can keep, or have it looked at.",
                )
            read.append(found)
        return sum(read) / len(read)

    def _flush(self, number: int) -> None:
        for _ in range(STALE_FRAMES):
            self._grab(number)

    def _grab(self, number: int) -> None:
        if not self._captures[number].grab():
            raise Unavailable(f"camera {self._serials[number]} gives no picture")

    def _retrieve(self, number: int) -> Picture:
        ok, picture = self._captures[number].retrieve()
        if not ok or picture is None:
            raise Unavailable(f"camera {self._serials[number]} gives no whole picture")
        return np.ascontiguousarray(picture[..., ::-1], dtype=np.uint8)
