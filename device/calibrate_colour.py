"""The colour calibration: the chart in its holder, several pictures, the correction they give.

Rules kept here:

1. The chart has a serial number and a certificate, or nothing is measured: reference values
   without a chart that was measured prove nothing.
2. Several pictures are averaged, and what differs between them is stated: it is what of a colour
   difference is noise.
3. A result is stated whatever it is, with the limits it was held against.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np

from adapters.imaging.colour_correction import METHODS, find_correction, repeatability
from device.calibrate_light import find_reference
from device.ports import Hardware
from domain.errors import MalformedInput, RuleViolation
from domain.values.colour import ColourLimits, ColourRecord, PatchColour, colour_misses
from domain.values.time import DeviceTime

PICTURES: Final = 4


def calibrate_colour(hardware: Hardware, *, limits: ColourLimits, at: DeviceTime) -> ColourRecord:
    """Measure the chart and find the correction of the left camera's colours.

    Args:
        hardware: The station's, its cameras set as the illumination calibration left them.
        limits: What the result is held against.
        at: Now, by the station's clock.

    Raises:
        RuleViolation: the station has no traceable chart.
        MalformedInput: the chart is not in view, or too few of its patches can be measured.
        Unavailable: a camera does not answer.
    """
    chart = hardware.chart
    if chart is None or not (chart.serial and chart.certificate):
        raise RuleViolation(
            "colour.traceable-chart",
            "the station has no colour chart with serial number and certificate",
            "Put a chart into the holder that has both.",
        )
    pictures = np.stack([_patches(hardware) for _ in range(PICTURES)])
    found, spread = find_correction(pictures.mean(axis=0)), repeatability(pictures)
    record = ColourRecord(
        performed_at=at,
        chart=chart,
        camera=hardware.cameras.serials[0],
        method=found.method,
        tried=METHODS,
        alternatives=found.tried,
        correction=tuple(tuple(float(value) for value in row) for row in found.matrix),
        patches=tuple(
            PatchColour(
                patch=patch,
                before=_known(found.before[patch]),
                after=_known(found.after[patch]),
                held_out=_known(found.held_out[patch]),
                repeatability=_known(spread[patch]),
            )
            for patch in range(len(found.after))
        ),
        pictures=PICTURES,
        mean_before=float(np.nanmean(found.before)),
        mean_after=float(np.nanmean(found.after)),
        worst_after=float(np.nanmax(found.after)),
        held_out_mean=float(np.nanmean(found.held_out)),
        limits=limits,
        passed=True,
        reasons=(),
        valid_until=at.plus(timedelta(days=limits.valid_days)),
    )
    reasons = colour_misses(record)
    return replace(record, passed=not reasons, reasons=reasons)


def _patches(hardware: Hardware) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    chart = find_reference(hardware.cameras.preview())
    if chart is None:
        raise MalformedInput(
            "colour.chart: no colour chart is in view. Put the chart into its holder, all of it "
            "visible and without glare."
        )
    return chart.patches


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
