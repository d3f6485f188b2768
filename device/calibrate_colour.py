"""The colour calibration: the chart in its holder, several pictures, the correction they give.

Rules kept here:

1. The chart has a serial number and a certificate, or nothing is measured: reference values
   without a chart that was measured prove nothing.
2. The pictures it measured are kept around the chart, so that it can be calculated again.
"""

from typing import Final

from adapters.imaging.calibrate_colour import METHOD, colour_record
from adapters.imaging.determinism import platform_digest
from adapters.imaging.measured_pictures import CHART
from device.measured_pictures import around_chart, cut, read, referred
from device.ports import Cameras, Hardware
from domain.errors import MalformedInput, RuleViolation
from domain.events.equipment import ColourCalibrated
from domain.values.capture import CameraSettings
from domain.values.check_basis import ColourBasis
from domain.values.colour import ColourLimits
from domain.values.content import Digest
from domain.values.time import DeviceTime

PICTURES: Final = 4


def calibrate_colour(
    hardware: Hardware, held: CameraSettings, *, limits: ColourLimits, at: DeviceTime
) -> tuple[ColourCalibrated, tuple[bytes, ...]]:
    """Measure the chart and find the correction of the left camera's colours.

    Args:
        hardware: The station's.
        held: How its cameras are set, as the illumination calibration left them.
        limits: What the result is held against.
        at: Now, by the station's clock.

    Returns:
        The result, and the kept pictures.

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
    taken = {f"{CHART}{number + 1}": _chart(hardware.cameras) for number in range(PICTURES)}
    basis = ColourBasis(
        method=METHOD,
        platform=Digest(platform_digest()),
        pictures=referred(taken, held),
        held=held,
    )
    record = colour_record(
        read(taken, basis.pictures),
        chart=chart,
        camera=hardware.cameras.serials[0],
        limits=limits,
        performed_at=at,
    )
    return ColourCalibrated(colour=record, basis=basis), tuple(taken.values())


def _chart(cameras: Cameras) -> bytes:
    picture = cameras.preview()
    window = around_chart(picture)
    if window is None:
        raise MalformedInput(
            "colour.chart: no colour chart is in view. Put the chart into its holder, all of it "
            "visible and without glare."
        )
    return cut(picture, window)
