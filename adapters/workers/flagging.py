"""Flags assessments that rest on what was found defective, whichever was recorded first [DRV-13].

Rules kept here:

1. What an assessment rests on is read from its own streams, never from an index.
2. What was found before an assessment opened is found when it opens; what is found later finds the
   assessments there are. Whatever the order, the same flag is raised, once.
3. The words of a flag come from the policy alone, so that repeating finds them again.
"""

from collections.abc import Iterator
from functools import partial

from adapters.workbench import Workbench
from domain.errors import ContentErased
from domain.events.record import Record
from domain.handling import load, load_existing, update
from domain.policies import CheckFoundations, FlagReports, next_steps
from domain.rules.assessment import ASSESSMENT
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.inference import INFERENCE
from domain.rules.report import flag_assessment
from domain.values.assessment import Assessment
from domain.values.identifiers import AssessmentId, ConsentId, StreamName, SubjectId

WORKER = "flagging"


def flag_reports(bench: Workbench, step: FlagReports, calling: Record) -> tuple[Record, ...]:
    """Flag every assessment that rests on what was found defective; () when all are flagged."""
    if isinstance(step.affected, SubjectId):
        streams = bench.streams.of_subject(AssessmentId.kind, step.affected)
    else:
        streams = bench.streams.of_kind(AssessmentId.kind)
    made: list[Record] = []
    for stream in streams:
        try:
            made += _flag(bench, stream, (step,), calling)
        except ContentErased:
            continue  # nobody can read that report any more, and nothing can be recorded on it
    return tuple(made)


def check_foundations(
    bench: Workbench, step: CheckFoundations, calling: Record
) -> tuple[Record, ...]:
    """Flag an assessment with what was found defective before it opened; () when that is known."""
    assessment, _ = load_existing(bench.log, ASSESSMENT, step.assessment.stream)
    found = tuple(
        flag
        for stream in dict.fromkeys(_streams(bench, assessment))
        for record in bench.log.stream(stream)
        for flag in next_steps(record)
        if isinstance(flag, FlagReports)
    )
    return _flag(bench, step.assessment.stream, found, calling)


def _flag(
    bench: Workbench, stream: StreamName, steps: tuple[FlagReports, ...], calling: Record
) -> tuple[Record, ...]:
    assessment, _ = load_existing(bench.log, ASSESSMENT, stream)
    if assessment.subject is None or not steps:
        return ()
    rests_on = frozenset(_rests_on(bench, assessment))
    made: list[Record] = []
    for step in steps:
        if step.affected in rests_on:
            made += update(
                bench.log,
                ASSESSMENT,
                stream,
                partial(flag_assessment, cause=step.cause, reason=step.reason),
                bench.context(calling, WORKER, subject=assessment.subject),
            )
    return tuple(made)


def _rests_on(bench: Workbench, assessment: Assessment) -> Iterator[str]:
    """Yield the subject, the calibrations and the releases behind an assessment."""
    if assessment.subject is None or assessment.session is None:
        return
    yield assessment.subject
    session, _ = load(bench.log, CAPTURE_SESSION, assessment.session.stream)
    for attempt in assessment.attempts:
        found = session.attempts.get(attempt)
        if found is not None and found.calibration is not None:
            yield found.calibration
    for inference in assessment.inferences:
        run, _ = load(bench.log, INFERENCE, inference.stream)
        if run.requested is not None:
            yield run.requested.release


def _streams(bench: Workbench, assessment: Assessment) -> Iterator[StreamName]:
    """Yield the streams in which a defect of what an assessment rests on would be recorded."""
    if assessment.subject is None or assessment.session is None:
        return
    yield ConsentId.derived(assessment.subject).stream
    session, _ = load(bench.log, CAPTURE_SESSION, assessment.session.stream)
    if session.device is not None:
        yield session.device.stream
    for inference in assessment.inferences:
        run, _ = load(bench.log, INFERENCE, inference.stream)
        if run.requested is not None:
            yield run.requested.release.stream
