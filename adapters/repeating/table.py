"""Every kind of recorded computation, and how it is executed again [DRV-20].

Rules kept here:

1. The table is by the fact that holds the result; a new computed fact is one more row here.
2. Nothing is recorded and nothing is stored: a repeat of everything can be done on a copy.
3. What cannot be repeated because stored content is missing or altered counts as different, with
   what was found.
4. What was erased, and what kept only its result, is passed over and told: there is nothing to
   compare.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from adapters.inference.reproduction import Outcome
from adapters.repeating.calibrations import repeat_calibration
from adapters.repeating.captures import repeat_depth, repeat_measurements, repeat_surface
from adapters.repeating.changes import repeat_change
from adapters.repeating.repeated import PassedOver, Repeated
from adapters.repeating.runs import repeat_run, repeat_shadow
from adapters.repeating.station_checks import (
    repeat_colour,
    repeat_field_check,
    repeat_illumination,
    repeat_light_field,
)
from adapters.repeating.studies import repeat_study
from adapters.workbench import Workbench
from domain.errors import (
    ContentErased,
    IntegrityFailure,
    MalformedInput,
    NotFound,
    RuleViolation,
)
from domain.events.capture_session import (
    AttemptMeasured,
    DepthReconstructed,
    SurfaceReconstructed,
)
from domain.events.equipment import (
    CalibrationViewsRecorded,
    ColourCalibrated,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.events.inference import InferenceCompleted, ShadowCompared
from domain.events.names import NAME_OF
from domain.events.record import Record
from domain.events.study import StudyCompleted
from domain.events.volume_change import VolumeChangeMeasured

Repeat = Callable[[Workbench, Record, Any], Repeated | None]
RESULT_ONLY: Final = "kept only its result"
ERASED: Final = "erased"
_BATCH: Final = 200

REPEATS: Final[dict[type, Repeat]] = {
    CalibrationViewsRecorded: repeat_calibration,
    FieldCheckPerformed: repeat_field_check,
    IlluminationCalibrated: repeat_illumination,
    LightFieldMeasured: repeat_light_field,
    ColourCalibrated: repeat_colour,
    AttemptMeasured: repeat_measurements,
    DepthReconstructed: repeat_depth,
    SurfaceReconstructed: repeat_surface,
    InferenceCompleted: repeat_run,
    ShadowCompared: repeat_shadow,
    VolumeChangeMeasured: repeat_change,
    StudyCompleted: repeat_study,
}


def repeat_all(bench: Workbench) -> Iterator[Repeated | PassedOver]:
    """Execute every recorded computation again, in the order of the log."""
    seq = -1
    while records := bench.log.after(seq, limit=_BATCH):
        seq = records[-1].seq
        for record in records:
            repeated = repeat(bench, record)
            if repeated is not None:
                yield repeated


def repeat(bench: Workbench, record: Record) -> Repeated | PassedOver | None:
    """Execute what a record holds again; none when it holds no computation."""
    kind = type(record.event)
    how = REPEATS.get(kind)
    if how is None:
        return None
    what = NAME_OF[kind][0]  # type: ignore[index]  # a key of the table above
    try:
        repeated = how(bench, record, record.event)
    except ContentErased:
        return PassedOver(seq=record.seq, what=what, of=record.stream, why=ERASED)
    except (IntegrityFailure, MalformedInput, NotFound, RuleViolation) as found:
        return Repeated(
            seq=record.seq,
            what=what,
            of=record.stream,
            outcome=Outcome.DIFFERENT,
            evidence=f"not run; {type(found).__name__}: {found}",
        )
    if repeated is None:
        return PassedOver(seq=record.seq, what=what, of=record.stream, why=RESULT_ONLY)
    return repeated
