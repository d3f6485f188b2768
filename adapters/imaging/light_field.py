"""The light on the grey target, calculated from the kept pictures of its middle.

Rules kept here:

1. The grey target fills the middle of the picture; only that part is kept and measured, in 3 x 3
   parts.
2. Levels are brought to the exposure the cameras were built for, so that they can be compared for
   years.
3. What is not even in the light of all zones is no grey target, and nothing is measured of it.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from adapters.imaging.colour import colour_temperature_k
from adapters.imaging.correlated_temperature import correlated_temperature
from adapters.imaging.daylight import light_xyz
from adapters.imaging.illumination import FlatField, measure_flat_field, unevenness
from adapters.imaging.measured_pictures import (
    TOGETHER,
    ZONE,
    Pictures,
    ReadPicture,
    the_picture,
    zones_of,
)
from adapters.imaging.pixels import LinearRgb, Window, linear_luma
from adapters.imaging.refusal import malformed
from domain.errors import MalformedInput
from domain.values.calibration import CalibrationTarget, WhiteBalance
from domain.values.check_basis import LightFieldBasis
from domain.values.light_field import (
    LightFieldLimits,
    LightFieldRecord,
    ZoneDrift,
    ZoneField,
    field_misses,
)
from domain.values.time import DeviceTime

METHOD: Final = "light-field-on-grey/1"
MIDDLE_SHARE: Final = 0.6
UNEVENNESS: Final = 0.1
ALL: Final = "all"


def middle_of(*, width: int, height: int) -> Window:
    """Return the part of a picture that the grey target fills."""
    wide, high = round(width * MIDDLE_SHARE), round(height * MIDDLE_SHARE)
    return Window(left=(width - wide) // 2, top=(height - high) // 2, width=wide, height=high)


def require_even(linear: LinearRgb, *, limit: float) -> None:
    """Refuse what is no even target in the light of all zones.

    Raises:
        MalformedInput: it departs from a smooth field of light by more than the limit.
    """
    found = unevenness(linear_luma(linear))
    if not found <= limit:
        raise malformed(
            "light.grey",
            f"what fills the middle of the picture departs from a smooth field of light by "
            f"{found:.1%} of it, an even target by {limit:.0%} at most",
            "Put the grey target into its holder, nothing before it",
        )


def light_field_record(
    pictures: Pictures,
    basis: LightFieldBasis,
    *,
    target: CalibrationTarget,
    baseline: LightFieldRecord | None,
    limits: LightFieldLimits,
    performed_at: DeviceTime,
) -> LightFieldRecord:
    """Return the light on the grey target.

    Args:
        pictures: What was kept.
        basis: Everything else that the result rests on.
        target: The grey target.
        baseline: What it is compared with; none when there is none yet.
        limits: What the result is held against.
        performed_at: When, by the station's clock.

    Raises:
        MalformedInput: a picture is missing or dark, or shows no even target.
        RuleViolation: the lights were made for a temperature that daylight does not have.
    """
    together = the_picture(pictures, TOGETHER)
    require_even(together.image.linear, limit=basis.unevenness)
    whole = _field(together)
    zones = tuple(
        _zone(zone, _alone(pictures, zone), pictures[f"{ZONE}{zone}"], basis)
        for zone in zones_of(pictures)
    )
    white = np.array(whole.white)
    if not white.min() > 0:
        raise malformed("light.grey", "the target has no colour", "Burn all zones, then repeat")
    xyz = light_xyz(white, nominal_k=basis.nominal_cct_k)
    temperature = correlated_temperature(xyz)
    balance = basis.held.white_balance
    record = LightFieldRecord(
        performed_at=performed_at,
        target=target,
        zones=zones,
        together=_zone(ALL, whole, together, basis),
        cct_k=temperature.kelvin,
        duv=temperature.duv,
        quick_cct_k=colour_temperature_k(xyz),
        white_balance=WhiteBalance(
            red=balance.red / float(white[0]),
            green=balance.green,
            blue=balance.blue / float(white[2]),
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


def _alone(pictures: Pictures, zone: str) -> FlatField:
    try:
        return _field(pictures[f"{ZONE}{zone}"])
    except MalformedInput as dark:
        # A dead zone is stated by the illumination calibration; there is no field to compare.
        raise MalformedInput(
            f"light.zone: zone {zone} gives no light on the grey target. Have the zone repaired, "
            "then measure again."
        ) from dark


def _field(picture: ReadPicture) -> FlatField:
    linear = picture.image.linear
    height, width = linear.shape[:2]
    return measure_flat_field(linear, Window(left=0, top=0, width=width, height=height))


def _zone(zone: str, found: FlatField, picture: ReadPicture, basis: LightFieldBasis) -> ZoneField:
    scale = basis.built.exposure_us / picture.exposure_us
    levels = tuple(tuple(level * scale for level in row) for row in found.zone_levels)
    return ZoneField(zone=zone, levels=levels)


def _drift(zones: tuple[ZoneField, ...], baseline: LightFieldRecord) -> tuple[ZoneDrift, ...]:
    before = {each.zone: each for each in baseline.zones}
    found = []
    for each in zones:
        if each.zone not in before:
            raise malformed(
                "light.baseline",
                f"the baseline has no zone {each.zone}",
                "Have the station taken out of use and put back, then measure a new baseline",
            )
        level, pattern = each.drift_from(before[each.zone])
        found.append(ZoneDrift(zone=each.zone, level=level, pattern=pattern))
    return tuple(found)
