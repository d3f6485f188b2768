"""The station's hardware, simulated: pictures are rendered, sensors read the scene.

Rules kept here:

1. Faults change the scene, never the answers: what the station measures, it measures.
2. A picture is a function of script, settings and the number of pictures before it.
3. The simulated operator presses the shutter when the take says so, and corrects what is wrong
   (the next take) once the station has refused or shot.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from adapters.imaging.calibrate import TargetBoard
from adapters.imaging.calibrate_light import patch_level
from device.measured_pictures import find_reference
from device.ports import Hardware, Pair, Picture
from device.preview import as_decoded
from device.script import Script
from device.simulated_world import (
    SimulatedFixture,
    SimulatedPanel,
    SimulatedTarget,
    SimulatedThermometer,
    World,
)
from device.simulation.card import BOARD_MARKER_MM, BOARD_SQUARE_MM, BOARD_SQUARES
from device.simulation.lights import RingLight, Zone, ZoneState
from device.simulation.rig import DEMO, PREVIEW, Resolution
from device.simulation.scene import Scene
from device.simulation.sensor import REFERENCE_EXPOSURE_US, Exposure, white_balance_gains
from device.simulation.station import CaptureSettings, capture, preview
from domain.errors import RuleViolation, Unavailable
from domain.values.calibration import CalibrationTarget, WhiteBalance
from domain.values.capture import CameraSettings

LIGHT_K: Final = 5600.0
BOARD: Final = TargetBoard(
    columns=BOARD_SQUARES[0],
    rows=BOARD_SQUARES[1],
    square_mm=BOARD_SQUARE_MM,
    marker_mm=BOARD_MARKER_MM,
    dictionary="DICT_5X5_250",
)
_FULL_CURRENT_MA: Final = 350.0
_MOST_GAIN_DB: Final = 36.0


def built_settings() -> CameraSettings:
    """Return what the simulated cameras were built to be set to."""
    red, green, blue = (float(each) for each in white_balance_gains(LIGHT_K))
    return CameraSettings(
        exposure_us=float(REFERENCE_EXPOSURE_US),
        gain=1.0,
        white_balance=WhiteBalance(red=red, green=green, blue=blue),
    )


class SimulatedLights:
    """The ring of four zones."""

    def __init__(self) -> None:
        """Let every zone burn."""
        self._duty = dict.fromkeys((zone.value for zone in Zone), 1.0)

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the zones."""
        return tuple(zone.value for zone in Zone)

    @property
    def cct_k(self) -> float:
        """Colour temperature the ring was made for."""
        return LIGHT_K

    @property
    def ring(self) -> RingLight:
        """How the ring was asked to burn."""
        return _ring(self._duty)

    def burn(self, duty: Mapping[str, float]) -> None:
        """Let every zone burn at its duty cycle."""
        self._duty = {zone: duty.get(zone, 0.0) for zone in self.zones}

    def current_ma(self, zone: str) -> float:
        """Return the current a zone draws; a dead diode still draws what its driver gives."""
        return _FULL_CURRENT_MA * self._duty[zone]

    def reference_level(self, zone: str) -> float:
        """Return the level this zone gave when new: measured on an empty, faultless scene."""
        return _reference_level(zone)


class SimulatedCameras:
    """Two rendered cameras."""

    def __init__(self, world: World, lights: SimulatedLights, serials: tuple[str, str]) -> None:
        """Look at the world in this light."""
        self._world = world
        self._lights = lights
        self._serials = serials
        self._settings = built_settings()

    @property
    def serials(self) -> tuple[str, str]:
        """Serial numbers, left first."""
        return self._serials

    def lock(self, settings: CameraSettings) -> CameraSettings:
        """Set what the sensor can: whole microseconds, and gains of a colour temperature.

        Raises:
            RuleViolation: the gain cannot be set.
        """
        exposure = _exposure(settings)
        red, green, blue = (float(each) for each in white_balance_gains(exposure.white_balance_k))
        self._settings = CameraSettings(
            exposure_us=float(exposure.exposure_us),
            gain=settings.gain,
            white_balance=WhiteBalance(red=red, green=green, blue=blue),
        )
        return self._settings

    def preview(self) -> Picture:
        """Return a small picture of the left camera."""
        world = self._world
        scene = world.scene(self._lights.ring, shutter=False)
        how = CaptureSettings(resolution=PREVIEW, exposure=_exposure(self._settings))
        return preview(scene, how, seed=world.seed(), cache=world.cache).image

    def shoot(self) -> Pair:
        """Return a pair; the take is over when a face was shot."""
        world = self._world
        scene = world.scene(self._lights.ring, shutter=True)
        how = CaptureSettings(resolution=world.resolution, exposure=_exposure(self._settings))
        taken = capture(scene, how, seed=world.seed(), cache=world.cache)
        if world.board is None and not world.grey:
            world.take += 1
        return Pair(
            left=taken.left.image, right=taken.right.image, settings=self._settings, skew_us=0.0
        )


class SimulatedStation:
    """A whole simulated station; the script can be changed while it runs."""

    def __init__(
        self,
        script: Script,
        *,
        serials: tuple[str, str],
        resolution: Resolution = DEMO,
        cache: Path | None = None,
    ) -> None:
        """Set the scene.

        Args:
            script: Who comes and what goes wrong.
            serials: Of the cameras, left first.
            resolution: Of the full pictures.
            cache: Folder for heads and views that are dear to make.
        """
        self._world = World(script=script, resolution=resolution, cache=cache)
        lights = SimulatedLights()
        self.panel = SimulatedPanel(self._world)
        self.hardware = Hardware(
            cameras=SimulatedCameras(self._world, lights, serials),
            lights=lights,
            fixture=SimulatedFixture(self._world),
            thermometer=SimulatedThermometer(),
            target=SimulatedTarget(self._world),
            panel=self.panel,
            chart=CalibrationTarget(
                serial="SIM-CHART-1", certificate="SIM-CERT-2", kind="colorchecker-24-2014"
            ),
        )

    def play(self, script: Script) -> None:
        """Put another script in place; its first session begins with the next order."""
        self._world.script = script
        self._world.started = 0
        self._world.take = 0


def _ring(duty: Mapping[str, float]) -> RingLight:
    zones = {
        zone: ZoneState(drive=duty.get(zone.value, 0.0), temperature_k=LIGHT_K) for zone in Zone
    }
    return RingLight(zones=MappingProxyType(zones))


@lru_cache(maxsize=16)
def _reference_level(zone: str) -> float:
    everything = Scene(subject=None, light=_ring(dict.fromkeys((z.value for z in Zone), 1.0)))
    how = CaptureSettings(resolution=PREVIEW)
    chart = find_reference(preview(everything, how).image)
    if chart is None:
        raise Unavailable("the simulated reference is not in view")
    alone = replace(everything, light=_ring({zone: 1.0}))
    return patch_level(as_decoded(preview(alone, how).image).linear, chart)


def _exposure(settings: CameraSettings) -> Exposure:
    gain_db = 20.0 * float(np.log10(settings.gain)) if settings.gain > 0 else -1.0
    if not 0.0 <= gain_db <= _MOST_GAIN_DB:
        raise RuleViolation(
            "camera.setting",
            f"a gain of {settings.gain:g} cannot be set",
            "Set a gain from 1 to 63.",
        )
    return Exposure(
        exposure_us=round(settings.exposure_us),
        gain_db=gain_db,
        white_balance_k=_balance_k(settings.white_balance.red, settings.white_balance.blue),
    )


@lru_cache(maxsize=64)
def _balance_k(red: float, blue: float) -> float:
    """Return the colour temperature whose gains are nearest."""
    choices = np.arange(2000.0, 12001.0, 50.0)
    gains = np.array([white_balance_gains(float(each)) for each in choices])
    misses = np.abs(np.log(gains[:, 0] / red)) + np.abs(np.log(gains[:, 2] / blue))
    return float(choices[int(np.argmin(misses))])
