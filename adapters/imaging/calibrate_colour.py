"""The colour calibration, calculated from the kept pictures of the chart.

Rules kept here:

1. Several pictures are averaged, and what differs between them is stated: it is what of a colour
   difference is noise.
2. A result is stated whatever it is, with the limits it was held against.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour_chart import measure_chart
from adapters.imaging.colour_correction import METHODS, find_correction, repeatability
from adapters.imaging.measured_pictures import CHART, Pictures, ReadPicture
from adapters.imaging.refusal import malformed
from domain.values.calibration import CalibrationTarget
from domain.values.colour import ColourLimits, ColourRecord, PatchColour, colour_misses
from domain.values.time import DeviceTime

METHOD: Final = "colour-on-chart/1"
FEWEST_PICTURES: Final = 2


def colour_record(
    pictures: Pictures,
    *,
    chart: CalibrationTarget,
    camera: str,
    limits: ColourLimits,
    performed_at: DeviceTime,
) -> ColourRecord:
    """Return the correction of a camera's colours and what it leaves of the differences.

    Args:
        pictures: What was kept of the chart.
        chart: The chart.
        camera: Serial number of the camera.
        limits: What the result is held against.
        performed_at: When, by the station's clock.

    Raises:
        MalformedInput: fewer than two pictures, one shows no chart, or too few of its patches can
            be measured.
    """
    seen = [each for shows, each in pictures.items() if shows.startswith(CHART)]
    if len(seen) < FEWEST_PICTURES:
        raise malformed(
            "check.pictures",
            f"{len(seen)} pictures show the chart, {FEWEST_PICTURES} are needed",
            "Repeat the colour calibration",
        )
    measured = np.stack([_patches(each) for each in seen])
    found, spread = find_correction(measured.mean(axis=0)), repeatability(measured)
    record = ColourRecord(
        performed_at=performed_at,
        chart=chart,
        camera=camera,
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
        pictures=len(seen),
        mean_before=float(np.nanmean(found.before)),
        mean_after=float(np.nanmean(found.after)),
        worst_after=float(np.nanmax(found.after)),
        held_out_mean=float(np.nanmean(found.held_out)),
        limits=limits,
        passed=True,
        reasons=(),
        valid_until=performed_at.plus(timedelta(days=limits.valid_days)),
    )
    reasons = colour_misses(record)
    return replace(record, passed=not reasons, reasons=reasons)


def _patches(picture: ReadPicture) -> NDArray[np.float64]:
    chart = measure_chart(picture.image.linear, picture.image.encoded)
    if chart is None:
        raise malformed(
            "colour.chart",
            "no colour chart is in view",
            "Put the chart into its holder, all of it visible and without glare",
        )
    return chart.patches


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
