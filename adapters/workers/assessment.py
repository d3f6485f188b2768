"""Lays everything of a closed session before the practitioner, once all its runs have ended.

Rules kept here:

1. Findings are laid out as the runs gave them, outputs withheld with every ground, and a run that
   failed as an output withheld with the reason it failed.
2. What was rejected is not assessed; it stays in the session's record.
"""

from dataclasses import dataclass
from typing import Final

from adapters.measured_changes import volume_findings_of
from adapters.workbench import Workbench
from domain.events.assessment import AssessmentOpened
from domain.events.capture_session import OutputWithheld
from domain.events.inference import InferenceFailed
from domain.events.record import Record
from domain.handling import fold, load, load_existing, update
from domain.policies import OpenAssessment
from domain.rules import assessment as assessments
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.inference import INFERENCE, Inference
from domain.rules.model_release import MODEL_RELEASE
from domain.values.assessment import Withheld
from domain.values.capture_session import CaptureSession
from domain.values.identifiers import AssessmentId, AttemptId, InferenceId, ReleaseId, SessionId

WORKER = "assessment"
_FAILED: Final = "Have the cause looked at; capture again if the picture was at fault."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run that was called for on an accepted attempt.

    Attributes:
        identifier: Its identifier.
        state: What became of it.
        failure: Why it failed, if it did.
    """

    identifier: InferenceId
    state: Inference
    failure: InferenceFailed | None


def open_assessment(bench: Workbench, step: OpenAssessment, calling: Record) -> tuple[Record, ...]:
    """Open the assessment of a session; () while it is too early, or when that was done before."""
    session_id = _session(bench, step)
    if session_id is None:
        return ()
    session, _ = load_existing(bench.log, CAPTURE_SESSION, session_id.stream)
    subject = session.subject
    if subject is None or not session.closed:
        return ()
    runs = _runs(bench, session)
    pending = tuple(each.identifier for each in runs if each.state.pending)
    if pending:
        return ()
    opened = AssessmentOpened(
        assessment=AssessmentId.derived(session_id),
        subject=subject,
        session=session_id,
        attempts=session.accepted,
        frames=tuple(
            digest for attempt in session.accepted for digest in session.attempts[attempt].digests
        ),
        inferences=tuple(each.identifier for each in runs),
        findings=(
            *(
                finding
                for each in runs
                if each.state.completed is not None
                for finding in each.state.completed.findings
            ),
            *volume_findings_of(bench, subject, session_id),
        ),
        withheld=(*_withheld(bench, session_id, session), *_failed(bench, runs)),
    )
    return update(
        bench.log,
        assessments.ASSESSMENT,
        opened.assessment.stream,
        lambda state: assessments.open_assessment(
            state, opened, session_closed=session.closed, pending=pending
        ),
        bench.context(calling, WORKER, subject=subject),
    )


def _session(bench: Workbench, step: OpenAssessment) -> SessionId | None:
    if isinstance(step.ended, SessionId):
        return step.ended
    run, _ = load_existing(bench.log, INFERENCE, step.ended.stream)
    return None if run.requested is None else run.requested.session


def _runs(bench: Workbench, session: CaptureSession) -> tuple[_Run, ...]:
    """Return every run called for on the accepted attempts, in the order of the attempts."""
    releases = [ReleaseId.of_stream(each) for each in bench.streams.of_kind(ReleaseId.kind)]
    found = (_run(bench, attempt, each) for attempt in session.accepted for each in releases)
    return tuple(run for run in found if run.state.requested is not None)


def _run(bench: Workbench, attempt: AttemptId, release: ReleaseId) -> _Run:
    identifier = InferenceId.derived(attempt, release)
    records = bench.log.stream(identifier.stream)
    state, _ = fold(INFERENCE, identifier.stream, records)
    failure = next(
        (each.event for each in records if isinstance(each.event, InferenceFailed)), None
    )
    return _Run(identifier=identifier, state=state, failure=failure)


def _withheld(
    bench: Workbench, session_id: SessionId, session: CaptureSession
) -> tuple[Withheld, ...]:
    """Return what was withheld of the accepted attempts, in the order it was recorded."""
    return tuple(
        Withheld(
            attempt=event.attempt,
            output=event.output,
            rule=event.rule,
            evidence=event.evidence,
            next_step=event.next_step,
        )
        for event in (record.event for record in bench.log.stream(session_id.stream))
        if isinstance(event, OutputWithheld) and event.attempt in session.accepted
    )


def _failed(bench: Workbench, runs: tuple[_Run, ...]) -> tuple[Withheld, ...]:
    """Return each failed run as an output withheld."""
    found = []
    for run in runs:
        requested = run.state.requested
        if run.failure is None or requested is None:
            continue
        release, _ = load(bench.log, MODEL_RELEASE, requested.release.stream)
        name = "analysis" if release.registered is None else release.registered.manifest.name
        found.append(
            Withheld(
                attempt=requested.attempt,
                output=name,
                rule=run.failure.rule,
                evidence=run.failure.evidence,
                next_step=_FAILED,
            )
        )
    return tuple(found)
