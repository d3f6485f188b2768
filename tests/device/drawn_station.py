"""A station whose pictures are drawn: chart, grey target, board, and somebody beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibrate_light import patch_level
from device.measured_pictures import find_reference
from device.ports import Hardware, Pair, Picture
from device.preview import as_decoded
from domain.values.calibration import CalibrationTarget, WhiteBalance
from domain.values.capture import CameraSettings
from tests.adapters.imaging.drawings import ChartSketch, chart_picture, encode
from tests.adapters.imaging.test_calibrate import POSES, pairs
from tests.builders import SERIALS

WIDTH, HEIGHT = 420, 320
BESIDE_PX = 300
"""From this column on, somebody sits beside the chart."""

BUILT = CameraSettings(
    exposure_us=8000.0, gain=1.0, white_balance=WhiteBalance(red=1.9, green=1.0, blue=1.6)
)
_ACROSS = np.linspace(-0.1, 0.1, WIDTH)[None, :, None]
_LIGHT = {"left": 0.5 - _ACROSS, "right": 0.5 + _ACROSS}


@dataclass(slots=True)
class Room:
    """What the cameras look at.

    Attributes:
        chart: Whether the chart hangs in its holder.
        grey: Whether the grey target is held before the cameras.
        before: Whether somebody is before the grey target.
        dim: What the lights give of their light when new.
        duty: How the zones burn.
        settings: How the cameras are set.
        pictures: Pictures taken.
    """

    chart: bool = True
    grey: bool = False
    before: bool = False
    dim: float = 1.0
    duty: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(_LIGHT, 1.0))
    settings: CameraSettings = BUILT
    pictures: int = 0

    def look(self) -> Picture:
        """Return what the left camera shows, with fresh noise."""
        self.pictures += 1
        light = sum(_LIGHT[zone] * share for zone, share in self.duty.items())
        gain = self.dim * self.settings.exposure_us / BUILT.exposure_us
        return encode(self._scene() * light * gain, seed=self.pictures)

    def _scene(self) -> NDArray[np.float64]:
        if self.grey:
            covered = somebody()[..., None] * 4 if self.before else np.ones((HEIGHT, WIDTH, 1))
            return np.asarray(covered * np.full(3, 0.2), np.float64)
        drawn = np.array(_hung() if self.chart else np.full((HEIGHT, WIDTH, 3), 0.012))
        drawn[:, BESIDE_PX:] = somebody()[:, BESIDE_PX:, None] * [0.6, 0.4, 0.3]
        return drawn


def somebody() -> NDArray[np.float64]:
    """Return light and dark as a face has them, coarse, from 0.1 to 0.5."""
    coarse = np.random.default_rng(7).uniform(0.1, 0.5, (8, 10))
    return np.asarray(np.kron(coarse, np.ones((HEIGHT // 8, WIDTH // 10))), np.float64)


@cache
def _hung() -> NDArray[np.float64]:
    return np.asarray(chart_picture(ChartSketch(), width=WIDTH, height=HEIGHT), np.float64) * 0.9


@cache
def new_level(zone: str) -> float:
    """Return what a zone gave on the chart when it was new."""
    room = Room()
    chart = find_reference(room.look())
    assert chart is not None
    room.duty = {zone: 1.0}
    return patch_level(as_decoded(room.look()).linear, chart)


class DrawnLights:
    """Two zones."""

    zones = tuple(_LIGHT)
    cct_k = 5600.0

    def __init__(self, room: Room) -> None:
        """Light the room."""
        self._room = room

    def burn(self, duty: Mapping[str, float]) -> None:
        """Burn."""
        self._room.duty = dict(duty)

    def current_ma(self, zone: str) -> float:
        """Return a current."""
        return 350.0 * self._room.duty.get(zone, 0.0)

    def reference_level(self, zone: str) -> float:
        """Return what the zone gave when it was new."""
        return new_level(zone)


class DrawnCameras:
    """Two cameras."""

    serials = SERIALS

    def __init__(self, room: Room) -> None:
        """Look at the room."""
        self._room = room

    def lock(self, settings: CameraSettings) -> CameraSettings:
        """Set whole microseconds."""
        self._room.settings = replace(settings, exposure_us=float(round(settings.exposure_us)))
        return self._room.settings

    def preview(self) -> Picture:
        """Return a picture."""
        return self._room.look()

    def shoot(self) -> Pair:
        """Return the board in its first pose."""
        left, right = (np.repeat(each[..., None], 3, axis=2) for each in pairs()[0])
        return Pair(left=left, right=right, settings=self._room.settings, skew_us=0.0)


class DrawnTarget:
    """The board with its grey back."""

    target = CalibrationTarget(serial="T-17", certificate="NMI-2026-17", kind="charuco")
    grey = CalibrationTarget(serial="G-3", certificate="CERT-9", kind="grey-20")

    def __init__(self, room: Room) -> None:
        """Stand in the room."""
        self._room = room

    def present_grey(self) -> bool:
        """Turn the board round."""
        self._room.grey = True
        return True

    def present(self, pose: int) -> bool:
        """Show the board."""
        return pose < len(POSES)

    def away(self) -> None:
        """Take it away."""
        self._room.grey = False


def drawn_hardware(room: Room) -> Hardware:
    """Return the hardware of a station in a room."""
    absent = cast("Any", None)
    return Hardware(
        cameras=DrawnCameras(room),
        lights=DrawnLights(room),
        fixture=absent,
        thermometer=absent,
        target=DrawnTarget(room),
        panel=absent,
        chart=CalibrationTarget(serial="CC-1", certificate="CERT-7", kind="colorchecker-24-2014"),
    )
