"""The illumination calibration before capture: exposure, zones, colour of the light.

Rules kept here:

1. Light is measured on a neutral patch of the colour reference in its holder: all zones together,
   then each alone against what it gave when new. Without a reference in view nothing passes.
2. The exposure time is adjusted towards the target, but only within a factor: a lamp that lost half
   its light is a fault, not a setting.
3. The pictures it measured are kept around the reference, so that it can be calculated again.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from adapters.imaging.calibrate_light import (
    CCT_TOLERANCE_K,
    EXPOSURE_TOLERANCE,
    METHOD,
    ZONE_TOLERANCE,
    illumination_record,
    patch_level,
)
from adapters.imaging.determinism import platform_digest
from adapters.imaging.measured_pictures import TOGETHER, ZONE
from device.measured_pictures import around_chart, cut, find_reference, read, referred
from device.ports import Cameras, Hardware, Lights
from device.preview import as_decoded
from domain.events.equipment import IlluminationCalibrated
from domain.values.capture import CameraSettings
from domain.values.check_basis import IlluminationBasis, ReferenceLevel
from domain.values.content import Digest
from domain.values.time import DeviceTime

LARGEST_EXPOSURE_CHANGE: Final = 1.35
_EXPOSURE_TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit:
    """An illumination calibration.

    Attributes:
        event: The result and its basis.
        held: How the cameras are set and locked from now on.
        content: The kept pictures.
    """

    event: IlluminationCalibrated
    held: CameraSettings
    content: tuple[bytes, ...]


def calibrate_light(hardware: Hardware, settings: CameraSettings, *, at: DeviceTime) -> Lit:
    """Measure the light and set the exposure [REQ-IN-086 to 090].

    Args:
        hardware: The station's.
        settings: What the cameras were built to be set to.
        at: Now, by the station's clock.

    Raises:
        Unavailable: camera or light driver do not answer.
        RuleViolation: a camera does not keep a setting.
    """
    lights = hardware.lights
    levels = tuple(
        ReferenceLevel(zone=zone, level=lights.reference_level(zone)) for zone in lights.zones
    )
    every = dict.fromkeys(lights.zones, 1.0)
    try:
        lights.burn(every)
        held = _expose(hardware.cameras, settings, sum(each.level for each in levels))
        taken, currents_ma = _take(hardware.cameras, lights)
    finally:
        lights.burn(every)
    basis = IlluminationBasis(
        method=METHOD,
        platform=Digest(platform_digest()),
        pictures=referred(taken, held),
        reference_levels=levels,
        nominal_cct_k=lights.cct_k,
        built=settings,
        held=held,
        exposure_tolerance=EXPOSURE_TOLERANCE,
        zone_tolerance=ZONE_TOLERANCE,
        cct_tolerance_k=CCT_TOLERANCE_K,
    )
    record = illumination_record(
        read(taken, basis.pictures), basis, currents_ma=currents_ma, performed_at=at
    )
    return Lit(
        event=IlluminationCalibrated(illumination=record, basis=basis),
        held=held,
        content=tuple(taken.values()),
    )


def _expose(cameras: Cameras, settings: CameraSettings, target: float) -> CameraSettings:
    """Bring the exposure near the target and return the settings held."""
    held = cameras.lock(settings)
    for _ in range(_EXPOSURE_TRIES):
        picture = cameras.preview()
        chart = find_reference(picture)
        if chart is None:
            return held
        level = patch_level(as_decoded(picture).linear, chart)
        if level <= 0 or abs(level / target - 1.0) <= EXPOSURE_TOLERANCE / 2:
            return held
        factor = np.clip(
            held.exposure_us * target / level / settings.exposure_us,
            1.0 / LARGEST_EXPOSURE_CHANGE,
            LARGEST_EXPOSURE_CHANGE,
        )
        held = cameras.lock(replace(held, exposure_us=settings.exposure_us * float(factor)))
    return held


def _take(cameras: Cameras, lights: Lights) -> tuple[dict[str, bytes], dict[str, float]]:
    """Return what is kept of all zones together and each alone, and the current each draws."""
    together = cameras.preview()
    window = around_chart(together)
    if window is None:
        return {}, {zone: lights.current_ma(zone) for zone in lights.zones}
    taken, currents_ma = {TOGETHER: cut(together, window)}, {}
    for zone in lights.zones:
        lights.burn({zone: 1.0})
        taken[f"{ZONE}{zone}"] = cut(cameras.preview(), window)
        currents_ma[zone] = lights.current_ma(zone)
    return taken, currents_ma
