"""Stereo calibrations, calculated again from the corners that were kept of their views.

Rules kept here:

1. What is compared is the geometry, byte for byte, and the residual and use of every view.
2. A calibration counts as reproduced within ``BASELINE_MM``, ``FOCAL_PX`` and ``RESIDUAL_PX``:
   under a tenth of what moves depth by its own uncertainty.
3. A calibration that kept only its result holds nothing to repeat and is passed over.
"""

from typing import Final

from adapters.imaging.board_corners import decode_corners
from adapters.imaging.calibrate import require_views
from adapters.imaging.calibration import (
    StereoCalibration,
    calibration_from_bytes,
    calibration_to_values,
)
from adapters.imaging.determinism import platform_digest
from adapters.imaging.view_outliers import SiftedCalibration, calibrate_from
from adapters.repeating.repeated import Repeated, outcome_of, said
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.equipment import CalibrationRecorded, CalibrationViewsRecorded
from domain.events.record import Record
from domain.ledger import canonical
from domain.values.calibration import CalibrationRecord
from domain.values.content import Digest
from domain.values.identifiers import CalibrationId, StreamName

CALIBRATION: Final = "calibration"
BASELINE_MM: Final = 0.001
FOCAL_PX: Final = 0.01
RESIDUAL_PX: Final = 0.001


def repeat_calibration(
    bench: Workbench, record: Record, event: CalibrationViewsRecorded
) -> Repeated | None:
    """Calculate a calibration again; none when no corners were kept."""
    if event.corners is None:
        return None
    stated = stated_calibration(bench, record.stream, event.calibration)
    content = bench.content(event.corners.digest, key=bench.clinic_key)
    views, size = decode_corners(content)
    require_views(views, of=len(views))
    again = calibrate_from(views, size)
    parameters = canonical.encode(calibration_to_values(again.calibration))
    off = []
    if Digest.of(parameters) != stated.parameters.digest:
        off.append("geometry")
    if not _same_views(event, again):
        off.append("views")
    changed = []
    if Digest.of(content) != event.corners.digest:
        changed.append("input:corners")
    if event.platform != Digest(platform_digest()):
        changed.append("platform")
    before = bench.content(stated.parameters.digest, key=bench.clinic_key)
    found = f"{' and '.join(off)} differ" if off else "geometry and views bit-identical"
    return Repeated(
        seq=record.seq,
        what=CALIBRATION,
        of=record.stream,
        outcome=outcome_of(
            identical=not off, close=_close(calibration_from_bytes(before), again.calibration)
        ),
        evidence=said(changed, found),
    )


def stated_calibration(
    bench: Workbench, stream: StreamName, calibration: CalibrationId
) -> CalibrationRecord:
    """Return the recorded result of a calibration of one station.

    Raises:
        NotFound: none is recorded.
    """
    for each in bench.log.stream(stream):
        made = each.event
        if isinstance(made, CalibrationRecorded) and made.calibration.calibration == calibration:
            return made.calibration
    message = f"no result of calibration {calibration} is recorded"
    raise NotFound(message)


def _same_views(event: CalibrationViewsRecorded, again: SiftedCalibration) -> bool:
    return tuple((each.error_px, each.used) for each in event.views) == tuple(
        (error_px, number not in again.left_out)
        for number, error_px in enumerate(again.view_errors_px)
    )


def _close(before: StereoCalibration, now: StereoCalibration) -> bool:
    focal_px = (
        abs(was - since)
        for one, other in ((before.left, now.left), (before.right, now.right))
        for was, since in (
            (one.focal_x_px, other.focal_x_px),
            (one.focal_y_px, other.focal_y_px),
        )
    )
    return (
        abs(before.baseline_mm - now.baseline_mm) <= BASELINE_MM
        and abs(before.reprojection_rms_px - now.reprojection_rms_px) <= RESIDUAL_PX
        and max(focal_px) <= FOCAL_PX
    )
