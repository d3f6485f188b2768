"""The light on the grey target, zone by zone, against the baseline of this station.

Rules kept here:

1. The grey target fills the middle of the picture; only that part is measured, in 3 x 3 parts.
2. Every zone burns alone at the exposure found for all; levels are brought to the exposure the
   cameras were built for, so that they can be compared for years.
3. Without a baseline this field becomes it, if it passes.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from adapters.imaging.colour import colour_temperature_k, linear_to_xyz, xyz_to_linear
from adapters.imaging.correlated_temperature import correlated_temperature
from adapters.imaging.illumination import FlatField, measure_flat_field
from adapters.imaging.pixels import Window
from device.calibrate_light import daylight_xyz
from device.ports import CameraSettings, Hardware
from device.preview import as_decoded
from domain.errors import MalformedInput, RuleViolation
from domain.values.calibration import WhiteBalance
from domain.values.light_field import (
    LightFieldLimits,
    LightFieldRecord,
    ZoneDrift,
    ZoneField,
    field_misses,
)
from domain.values.time import DeviceTime

MIDDLE_SHARE: Final = 0.6
ALL: Final = "all"


def measure_light_field(
    hardware: Hardware,
    settings: CameraSettings,
    held: CameraSettings,
    *,
    baseline: LightFieldRecord | None,
    limits: LightFieldLimits,
    at: DeviceTime,
) -> LightFieldRecord:
    """Measure the light on the grey target.

    Args:
        hardware: The station's.
        settings: What the cameras were built to be set to.
        held: How they are set, as the illumination calibration left them.
        baseline: What it is compared with; none when there is none yet.
        limits: What the result is held against.
        at: Now, by the station's clock.

    Raises:
        RuleViolation: the station has no traceable grey target.
        MalformedInput: the target is not in view.
        Unavailable: camera or light driver do not answer.
    """
    target = hardware.target.grey
    if target is None or not (target.serial and target.certificate):
        raise RuleViolation(
            "light.traceable-target",
            "the station has no grey target with serial number and certificate",
            "Use a target that has both.",
        )
    lights, scale = hardware.lights, settings.exposure_us / held.exposure_us
    every = dict.fromkeys(lights.zones, 1.0)
    try:
        if not hardware.target.present_grey():
            raise MalformedInput(
                "light.grey: the grey target is not presented. Put it into its holder."
            )
        whole = _field(hardware, every)
        zones = tuple(_zone(zone, _alone(hardware, zone), scale) for zone in lights.zones)
    finally:
        hardware.target.away()
        lights.burn(every)
    white = np.array(whole.white)
    xyz = linear_to_xyz(xyz_to_linear(daylight_xyz(lights.cct_k)) * white)
    temperature = correlated_temperature(xyz)
    record = LightFieldRecord(
        performed_at=at,
        target=target,
        zones=zones,
        together=_zone(ALL, whole, scale),
        cct_k=temperature.kelvin,
        duv=temperature.duv,
        quick_cct_k=colour_temperature_k(xyz),
        white_balance=WhiteBalance(
            red=held.white_balance.red / float(white[0]),
            green=held.white_balance.green,
            blue=held.white_balance.blue / float(white[2]),
        ),
        baseline=None if baseline is None else baseline.performed_at,
        baseline_cct_k=None if baseline is None else baseline.cct_k,
        drift=() if baseline is None else _drift(zones, baseline),
        limits=limits,
        passed=True,
        reasons=(),
    )
    reasons = field_misses(record)
    return replace(record, passed=not reasons, reasons=reasons)


def _alone(hardware: Hardware, zone: str) -> FlatField:
    try:
        return _field(hardware, {zone: 1.0})
    except MalformedInput as dark:
        # A dead zone is stated by the illumination calibration; there is no field to compare.
        raise MalformedInput(
            f"light.zone: zone {zone} gives no light on the grey target. Have the zone repaired, "
            "then measure again."
        ) from dark


def _field(hardware: Hardware, duty: Mapping[str, float]) -> FlatField:
    hardware.lights.burn(duty)
    linear = as_decoded(hardware.cameras.preview()).linear
    height, width = linear.shape[:2]
    wide, high = round(width * MIDDLE_SHARE), round(height * MIDDLE_SHARE)
    middle = Window(left=(width - wide) // 2, top=(height - high) // 2, width=wide, height=high)
    return measure_flat_field(linear, middle)


def _zone(zone: str, found: FlatField, scale: float) -> ZoneField:
    levels = tuple(tuple(level * scale for level in row) for row in found.zone_levels)
    return ZoneField(zone=zone, levels=levels)


def _drift(zones: tuple[ZoneField, ...], baseline: LightFieldRecord) -> tuple[ZoneDrift, ...]:
    before = {each.zone: each for each in baseline.zones}
    found = []
    for each in zones:
        level, pattern = each.drift_from(before[each.zone])
        found.append(ZoneDrift(zone=each.zone, level=level, pattern=pattern))
    return tuple(found)
