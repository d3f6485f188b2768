"""Which fact calls for which next step.

Rules kept here:

1. A policy is a pure function from one record to steps; it reads nothing and decides nothing.
2. A step names what is to be done, not whether it is still needed: the rule behind it finds out,
   so a step may be taken twice and does its work once.
3. A fact whose content was erased calls for nothing.
"""

from dataclasses import dataclass

from domain.events.assessment import AssessmentAmended, AssessmentOpened, AssessmentSignedOff
from domain.events.capture_session import (
    AttemptJudged,
    AttemptMeasured,
    AttemptSubmitted,
    PhotographImported,
    SessionClosed,
)
from domain.events.consent import ConsentWithdrawn
from domain.events.equipment import CalibrationInvalidated
from domain.events.inference import InferenceCompleted, InferenceFailed, InferenceRequested
from domain.events.model_release import ModelSuspended
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.values.consent import Purpose
from domain.values.identifiers import (
    AssessmentId,
    AttemptId,
    CalibrationId,
    InferenceId,
    ReleaseId,
    SessionId,
    StreamName,
    SubjectId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureAttempt:
    """Measure the stored bytes of an attempt."""

    session: SessionId
    attempt: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAttempt:
    """Judge a measured attempt by its protocol's limits."""

    session: SessionId
    attempt: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructDepth:
    """Reconstruct depth of an accepted attempt, if it is a stereo pair under a calibration."""

    session: SessionId
    attempt: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class WithholdVolume:
    """Record on which grounds volume of an accepted attempt is withheld, if there are any."""

    session: SessionId
    attempt: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInferences:
    """Call for a run of every approved release on an accepted attempt."""

    session: SessionId
    attempt: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInference:
    """Execute a run that was called for."""

    inference: InferenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureVolumeChange:
    """Measure how volume changed since the session before, if this one is closed and analysed.

    Attributes:
        ended: What ended: the session, or one of its runs.
    """

    ended: SessionId | InferenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareShadows:
    """Run every release that stands in the shadow of a run's release, and compare."""

    inference: InferenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAssessment:
    """Open the assessment of a session, if it is closed and all its runs have ended.

    Attributes:
        ended: What ended: the session, or one of its runs.
    """

    ended: SessionId | InferenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFoundations:
    """Flag an assessment with whatever it rests on that was found defective before it opened."""

    assessment: AssessmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderReport:
    """Render and issue the report of the digest signed last."""

    assessment: AssessmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagReports:
    """Flag every assessment that rests on what was found defective.

    Attributes:
        affected: What assessments may rest on.
        cause: The stream in which it was found.
        reason: What was found, in words without personal data.
    """

    affected: CalibrationId | ReleaseId | SubjectId
    cause: StreamName
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOutErasure:
    """Destroy a subject's key and remove what it protects.

    Attributes:
        key: Identifier of the data key.
    """

    key: str


Step = (
    MeasureAttempt
    | JudgeAttempt
    | ReconstructDepth
    | WithholdVolume
    | RequestInferences
    | RunInference
    | MeasureVolumeChange
    | CompareShadows
    | OpenAssessment
    | CheckFoundations
    | RenderReport
    | FlagReports
    | CarryOutErasure
)

RELEVANT = frozenset({Purpose.CLINICAL_CAPTURE, Purpose.AI_ANALYSIS})
"""The purposes that reports rest on; withdrawing another touches no report."""


def next_steps(record: Record) -> tuple[Step, ...]:  # noqa: C901, PLR0911, PLR0912 - one case per fact
    """Return the steps that a recorded fact calls for, in the order to take them."""
    stream = record.stream
    match record.event:
        case AttemptSubmitted(attempt=attempt) | PhotographImported(attempt=attempt):
            return (MeasureAttempt(session=SessionId.of_stream(stream), attempt=attempt),)
        case AttemptMeasured(attempt=attempt):
            return (JudgeAttempt(session=SessionId.of_stream(stream), attempt=attempt),)
        case AttemptJudged(attempt=attempt, verdict=verdict) if verdict.acceptable:
            session = SessionId.of_stream(stream)
            return (
                ReconstructDepth(session=session, attempt=attempt),
                WithholdVolume(session=session, attempt=attempt),
                RequestInferences(session=session, attempt=attempt),
            )
        case InferenceRequested(inference=inference):
            return (RunInference(inference=inference),)
        case InferenceCompleted():
            run = InferenceId.of_stream(stream)
            return (
                MeasureVolumeChange(ended=run),
                OpenAssessment(ended=run),
                CompareShadows(inference=run),
            )
        case InferenceFailed():
            run = InferenceId.of_stream(stream)
            return (MeasureVolumeChange(ended=run), OpenAssessment(ended=run))
        case SessionClosed():
            session = SessionId.of_stream(stream)
            return (MeasureVolumeChange(ended=session), OpenAssessment(ended=session))
        case AssessmentOpened(assessment=assessment):
            return (CheckFoundations(assessment=assessment),)
        case AssessmentSignedOff() | AssessmentAmended():
            return (RenderReport(assessment=AssessmentId.of_stream(stream)),)
        case CalibrationInvalidated(calibration=calibration, reason=reason):
            why = f"calibration {calibration} was found defective: {reason}"
            return (FlagReports(affected=calibration, cause=stream, reason=why),)
        case ModelSuspended(reason=reason):
            release = ReleaseId.of_stream(stream)
            why = f"model release {release} was suspended: {reason}"
            return (FlagReports(affected=release, cause=stream, reason=why),)
        case ConsentWithdrawn(subject=subject, purpose=purpose) if purpose in RELEVANT:
            why = f"consent to {purpose} was withdrawn"
            return (FlagReports(affected=subject, cause=stream, reason=why),)
        case SubjectKeyDestroyed(key=key):
            return (CarryOutErasure(key=key),)
        case _:
            return ()
