"""The illumination calibration before capture: exposure, zones, colour of the light.

Rules kept here:

1. Light is measured on a neutral patch of the colour reference in its holder: all zones together,
   then each alone against what it gave when new. Without a reference in view nothing passes.
2. The exposure time is adjusted towards the target, but only within a factor: a lamp that lost half
   its light is a fault, not a setting.

Source: CIE 15:2018, equations 4.2 to 4.4 (daylight of a colour temperature).
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour import colour_temperature_k, linear_to_xyz, xyz_to_linear
from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from device.ports import Cameras, CameraSettings, Hardware, Picture
from device.preview import as_decoded
from domain.errors import RuleViolation
from domain.values.calibration import IlluminationRecord, LightZone, WhiteBalance
from domain.values.time import DeviceTime

EXPOSURE_TOLERANCE: Final = 0.10
LARGEST_EXPOSURE_CHANGE: Final = 1.35
ZONE_TOLERANCE: Final = 0.15
CCT_TOLERANCE_K: Final = 400.0
NEUTRAL_PATCH: Final = 19
_EXPOSURE_TRIES: Final = 3
_PATCH_SHARE: Final = 0.25
_LUMINANCE: Final = np.array([0.2126390, 0.7151687, 0.0721923])
_WARM_K: Final = 7000.0

Floats = NDArray[np.float64]


def calibrate_light(
    hardware: Hardware, settings: CameraSettings, *, at: DeviceTime
) -> tuple[IlluminationRecord, CameraSettings]:
    """Measure the light and set the exposure [REQ-IN-086 to 090].

    Args:
        hardware: The station's.
        settings: What the cameras were built to be set to.
        at: Now, by the station's clock.

    Returns:
        The result, and how the cameras are set and locked from now on.

    Raises:
        Unavailable: camera or light driver do not answer.
        RuleViolation: a camera does not keep a setting.
    """
    lights = hardware.lights
    target = sum(lights.reference_level(zone) for zone in lights.zones)
    try:
        every = dict.fromkeys(lights.zones, 1.0)
        lights.burn(every)
        held, chart = _expose(hardware.cameras, settings, target)
        if chart is None:
            return _unseen(hardware, settings, target, at), held
        reached = patch_level(hardware.cameras.preview(), chart)
        zones = tuple(_zone(hardware, zone, chart, held, settings) for zone in lights.zones)
    finally:
        lights.burn(dict.fromkeys(lights.zones, 1.0))
    cct_k = _light_temperature_k(chart, lights.cct_k)
    reasons = _light_reasons(zones, reached, target, cct_k, lights.cct_k)
    red, green, blue = chart.white_balance
    balance = held.white_balance
    record = IlluminationRecord(
        performed_at=at,
        zones=zones,
        exposure_target=target,
        exposure_reached=reached,
        cct_k=cct_k,
        white_balance=WhiteBalance(
            red=balance.red * red, green=balance.green * green, blue=balance.blue * blue
        ),
        passed=not reasons,
        reasons=reasons,
    )
    return record, held


def patch_level(picture: Picture, chart: ChartMeasurement) -> float:
    """Return the linear luminance of the neutral patch in the chart's place, 0 to 1."""
    linear = as_decoded(picture).linear
    x, y = chart.place.centres_px[NEUTRAL_PATCH]
    reach = max(1, round(chart.place.pitch_px * _PATCH_SHARE))
    row, column = round(float(y)), round(float(x))
    part = linear[
        max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
    ]
    return float(part.reshape(-1, 3).astype(np.float64).mean(axis=0) @ _LUMINANCE)


def find_reference(picture: Picture) -> ChartMeasurement | None:
    """Return where the colour reference is and what it shows, or none."""
    decoded = as_decoded(picture)
    return measure_chart(decoded.linear, decoded.encoded)


def _expose(
    cameras: Cameras, settings: CameraSettings, target: float
) -> tuple[CameraSettings, ChartMeasurement | None]:
    """Bring the exposure near the target; return the settings held and the reference seen."""
    held, chart = cameras.lock(settings), None
    for _ in range(_EXPOSURE_TRIES):
        picture = cameras.preview()
        chart = find_reference(picture)
        if chart is None:
            return held, None
        level = patch_level(picture, chart)
        if level <= 0 or abs(level / target - 1.0) <= EXPOSURE_TOLERANCE / 2:
            break
        factor = np.clip(
            held.exposure_us * target / level / settings.exposure_us,
            1.0 / LARGEST_EXPOSURE_CHANGE,
            LARGEST_EXPOSURE_CHANGE,
        )
        held = cameras.lock(replace(held, exposure_us=settings.exposure_us * float(factor)))
    return held, chart


def _zone(
    hardware: Hardware,
    zone: str,
    chart: ChartMeasurement,
    held: CameraSettings,
    settings: CameraSettings,
) -> LightZone:
    """Measure one zone burning alone, at the exposure it was measured with when new."""
    hardware.lights.burn({zone: 1.0})
    measured = patch_level(hardware.cameras.preview(), chart)
    level = measured * settings.exposure_us / held.exposure_us
    relative = level / hardware.lights.reference_level(zone)
    return LightZone(
        zone=zone,
        pwm=1.0,
        current_ma=hardware.lights.current_ma(zone),
        level=relative,
        healthy=abs(relative - 1.0) <= ZONE_TOLERANCE,
    )


def _light_reasons(
    zones: tuple[LightZone, ...], reached: float, target: float, cct_k: float, nominal_k: float
) -> tuple[str, ...]:
    reasons = [
        f"zone {each.zone} gives {each.level:.2f} of its light when new, allowed is "
        f"{1 - ZONE_TOLERANCE:.2f} to {1 + ZONE_TOLERANCE:.2f}"
        for each in zones
        if not each.healthy
    ]
    if abs(reached / target - 1.0) > EXPOSURE_TOLERANCE:
        reasons.append(f"exposure {reached:.3f} is not near the target {target:.3f}")
    if abs(cct_k - nominal_k) > CCT_TOLERANCE_K:
        reasons.append(f"colour temperature {cct_k:.0f} K is not near {nominal_k:.0f} K")
    return tuple(reasons)


def _unseen(
    hardware: Hardware, settings: CameraSettings, target: float, at: DeviceTime
) -> IlluminationRecord:
    """Return the failed result of a calibration without a reference in view."""
    zones = tuple(
        LightZone(
            zone=zone,
            pwm=1.0,
            current_ma=hardware.lights.current_ma(zone),
            level=0.0,
            healthy=False,
        )
        for zone in hardware.lights.zones
    )
    return IlluminationRecord(
        performed_at=at,
        zones=zones,
        exposure_target=target,
        exposure_reached=0.0,
        # Nothing was measured, so the temperature the ring was made for stands for nothing here.
        cct_k=0.0,
        white_balance=settings.white_balance,
        passed=False,
        reasons=("the colour reference is not in view, so the light cannot be measured",),
    )


def _light_temperature_k(chart: ChartMeasurement, nominal_k: float) -> float:
    """Return the light's colour temperature, given the one the cameras take for white."""
    white = xyz_to_linear(daylight_xyz(nominal_k))
    seen = np.asarray(linear_to_xyz(np.asarray(white * chart.white, np.float64)), np.float64)
    return colour_temperature_k(seen)


def daylight_xyz(kelvin: float) -> Floats:
    """Return XYZ of daylight, Y = 1.

    Raises:
        RuleViolation: daylight is not defined at this temperature.
    """
    if not 4000.0 <= kelvin <= 25000.0:  # noqa: PLR2004 - CIE 15
        raise RuleViolation(
            "illumination.temperature",
            f"{kelvin:g} K is outside 4000 to 25000 K",
            "Set the temperature the lights were made for.",
        )
    if kelvin <= _WARM_K:
        x = -4.6070e9 / kelvin**3 + 2.9678e6 / kelvin**2 + 0.09911e3 / kelvin + 0.244063
    else:
        x = -2.0064e9 / kelvin**3 + 1.9018e6 / kelvin**2 + 0.24748e3 / kelvin + 0.237040
    y = -3.000 * x**2 + 2.870 * x - 0.275
    return np.array([x / y, 1.0, (1.0 - x - y) / y])
