"""The illumination calibration, calculated from the kept pictures of the colour reference.

Rules kept here:

1. Light is measured on a neutral patch of the reference: all zones together, then each alone
   against what it gave when new. Where the patch is, the picture of all zones says: the reference
   hangs in its holder and does not move.
2. Every number that decides is the basis's, never this program's.
3. Without pictures nothing was measured, and nothing passes.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from adapters.imaging.colour import colour_temperature_k
from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from adapters.imaging.daylight import light_xyz
from adapters.imaging.measured_pictures import TOGETHER, ZONE, Pictures, ReadPicture, the_picture
from adapters.imaging.pixels import LinearRgb
from adapters.imaging.refusal import malformed
from domain.values.calibration import IlluminationRecord, LightZone, WhiteBalance
from domain.values.check_basis import IlluminationBasis
from domain.values.time import DeviceTime

METHOD: Final = "illumination-on-chart/1"
EXPOSURE_TOLERANCE: Final = 0.10
ZONE_TOLERANCE: Final = 0.15
CCT_TOLERANCE_K: Final = 400.0
TOLERANCES: Final = (EXPOSURE_TOLERANCE, ZONE_TOLERANCE, CCT_TOLERANCE_K)
"""What a station states now; every result is held against those that it states itself."""

NEUTRAL_PATCH: Final = 19
_PATCH_SHARE: Final = 0.25
_LUMINANCE: Final = np.array([0.2126390, 0.7151687, 0.0721923])


def illumination_record(
    pictures: Pictures,
    basis: IlluminationBasis,
    *,
    currents_ma: Mapping[str, float],
    performed_at: DeviceTime,
) -> IlluminationRecord:
    """Return the result of an illumination calibration [REQ-IN-086 to 090].

    Args:
        pictures: What was kept; none where the reference was not in view.
        basis: Everything else that the result rests on.
        currents_ma: What each zone drew.
        performed_at: When, by the station's clock.

    Raises:
        MalformedInput: a picture is missing or shows no reference.
        RuleViolation: the lights were made for a temperature that daylight does not have.
    """
    target = sum(each.level for each in basis.reference_levels)
    if not pictures:
        return _unseen(basis, currents_ma=currents_ma, target=target, performed_at=performed_at)
    together = the_picture(pictures, TOGETHER)
    chart = measure_chart(together.image.linear, together.image.encoded)
    if chart is None:
        raise malformed(
            "illumination.reference",
            "the kept picture does not show the colour reference",
            "Repeat the illumination calibration",
        )
    reached = patch_level(together.image.linear, chart)
    zones = []
    for reference in basis.reference_levels:
        alone = the_picture(pictures, f"{ZONE}{reference.zone}")
        _require_alike(alone, together, reference.zone)
        measured = patch_level(alone.image.linear, chart)
        relative = measured * basis.built.exposure_us / alone.exposure_us / reference.level
        zones.append(
            _zone(
                reference.zone,
                currents_ma,
                level=relative,
                healthy=abs(relative - 1.0) <= basis.zone_tolerance,
            )
        )
    cct_k = colour_temperature_k(light_xyz(chart.white, nominal_k=basis.nominal_cct_k))
    reasons = _reasons(tuple(zones), reached, target, cct_k, basis)
    red, green, blue = chart.white_balance
    balance = basis.held.white_balance
    return IlluminationRecord(
        performed_at=performed_at,
        zones=tuple(zones),
        exposure_target=target,
        exposure_reached=reached,
        cct_k=cct_k,
        white_balance=WhiteBalance(
            red=balance.red * red, green=balance.green * green, blue=balance.blue * blue
        ),
        passed=not reasons,
        reasons=reasons,
    )


def patch_level(linear: LinearRgb, chart: ChartMeasurement) -> float:
    """Return the linear luminance of the neutral patch in the chart's place, 0 to 1."""
    x, y = chart.place.centres_px[NEUTRAL_PATCH]
    reach = max(1, round(chart.place.pitch_px * _PATCH_SHARE))
    row, column = round(float(y)), round(float(x))
    part = linear[
        max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
    ]
    return float(part.reshape(-1, 3).astype(np.float64).mean(axis=0) @ _LUMINANCE)


def _zone(zone: str, currents_ma: Mapping[str, float], *, level: float, healthy: bool) -> LightZone:
    if zone not in currents_ma:
        raise malformed("illumination.zones", f"no current of zone {zone}", "Check every zone")
    return LightZone(zone=zone, pwm=1.0, current_ma=currents_ma[zone], level=level, healthy=healthy)


def _reasons(
    zones: tuple[LightZone, ...],
    reached: float,
    target: float,
    cct_k: float,
    basis: IlluminationBasis,
) -> tuple[str, ...]:
    tolerance, nominal_k = basis.zone_tolerance, basis.nominal_cct_k
    reasons = [
        f"zone {each.zone} gives {each.level:.2f} of its light when new, allowed is "
        f"{1 - tolerance:.2f} to {1 + tolerance:.2f}"
        for each in zones
        if not each.healthy
    ]
    if abs(reached / target - 1.0) > basis.exposure_tolerance:
        reasons.append(f"exposure {reached:.3f} is not near the target {target:.3f}")
    if abs(cct_k - nominal_k) > basis.cct_tolerance_k:
        reasons.append(f"colour temperature {cct_k:.0f} K is not near {nominal_k:.0f} K")
    return tuple(reasons)


def _unseen(
    basis: IlluminationBasis,
    *,
    currents_ma: Mapping[str, float],
    target: float,
    performed_at: DeviceTime,
) -> IlluminationRecord:
    """Return the failed result of a calibration without a reference in view."""
    return IlluminationRecord(
        performed_at=performed_at,
        zones=tuple(
            _zone(each.zone, currents_ma, level=0.0, healthy=False)
            for each in basis.reference_levels
        ),
        exposure_target=target,
        exposure_reached=0.0,
        # Nothing was measured, so the temperature the ring was made for stands for nothing here.
        cct_k=0.0,
        white_balance=basis.built.white_balance,
        passed=False,
        reasons=("the colour reference is not in view, so the light cannot be measured",),
    )


def _require_alike(alone: ReadPicture, together: ReadPicture, zone: str) -> None:
    if alone.image.linear.shape != together.image.linear.shape:
        raise malformed(
            "check.pictures",
            f"the picture of zone {zone} is not of the part that the picture of all shows",
            "Repeat the illumination calibration",
        )
