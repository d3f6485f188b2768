"""Tests of which fact calls for which next step."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from domain.events.assessment import AssessmentAmended, AssessmentSignedOff
from domain.events.capture_session import SessionAbandoned, SessionClosed
from domain.events.consent import ConsentWithdrawn
from domain.events.equipment import CalibrationInvalidated
from domain.events.inference import InferenceFailed
from domain.events.model_release import ModelSuspended
from domain.events.names import Event
from domain.events.record import Shredded
from domain.events.subject import SubjectKeyDestroyed
from domain.policies import (
    CarryOutErasure,
    CheckFoundations,
    CompareShadows,
    FlagReports,
    JudgeAttempt,
    MeasureAttempt,
    MeasureVolumeChange,
    OpenAssessment,
    ReconstructDepth,
    RenderReport,
    RequestInferences,
    RunInference,
    Step,
    WithholdVolume,
    next_steps,
)
from domain.values.consent import Purpose
from domain.values.identifiers import AssessmentId, ConsentId, StreamName
from tests.builders import (
    CALIBRATION,
    DEVICE,
    RELEASE,
    SESSION,
    SUBJECT,
    a_digest,
    a_signature,
    an_attempt_id,
    an_inference_id,
)
from tests.event_builders import (
    a_photograph_imported,
    a_record,
    an_assessment_opened,
    an_attempt_judged,
    an_attempt_measured,
    an_attempt_submitted,
    an_inference_completed,
    an_inference_requested,
)
from tests.strategies import events

FIRST = an_attempt_id()
RUN = an_inference_id()
ASSESSMENT = AssessmentId.derived(SESSION)
SIGNATURE = a_signature(a_digest())
ENDED_RUN = (MeasureVolumeChange(ended=RUN), OpenAssessment(ended=RUN))
COMPLETED_RUN = (*ENDED_RUN, CompareShadows(inference=RUN))
ENDED_SESSION = (MeasureVolumeChange(ended=SESSION), OpenAssessment(ended=SESSION))


@pytest.mark.parametrize(
    ("event", "stream", "steps"),
    [
        (
            an_attempt_submitted(),
            SESSION.stream,
            (MeasureAttempt(session=SESSION, attempt=FIRST),),
        ),
        (
            a_photograph_imported("first"),
            SESSION.stream,
            (MeasureAttempt(session=SESSION, attempt=FIRST),),
        ),
        (an_attempt_measured(), SESSION.stream, (JudgeAttempt(session=SESSION, attempt=FIRST),)),
        (
            an_attempt_judged(),
            SESSION.stream,
            (
                ReconstructDepth(session=SESSION, attempt=FIRST),
                WithholdVolume(session=SESSION, attempt=FIRST),
                RequestInferences(session=SESSION, attempt=FIRST),
            ),
        ),
        (an_attempt_judged(acceptable=False), SESSION.stream, ()),
        (an_inference_requested(), RUN.stream, (RunInference(inference=RUN),)),
        (
            an_inference_completed(),
            RUN.stream,
            COMPLETED_RUN,
        ),
        (
            InferenceFailed(rule="x", evidence="y"),
            RUN.stream,
            ENDED_RUN,
        ),
        (
            SessionClosed(accepted=(FIRST,)),
            SESSION.stream,
            ENDED_SESSION,
        ),
        (SessionAbandoned(reason="left"), SESSION.stream, ()),
        (an_assessment_opened(), ASSESSMENT.stream, (CheckFoundations(assessment=ASSESSMENT),)),
        (
            AssessmentSignedOff(signature=SIGNATURE),
            ASSESSMENT.stream,
            (RenderReport(assessment=ASSESSMENT),),
        ),
        (
            AssessmentAmended(number=1, text="x", signature=SIGNATURE),
            ASSESSMENT.stream,
            (RenderReport(assessment=ASSESSMENT),),
        ),
        (
            SubjectKeyDestroyed(
                key=f"subject:{SUBJECT}",
                approval=SIGNATURE,
                certificate=a_digest(),
                purged_blobs=0,
            ),
            SUBJECT.stream,
            (CarryOutErasure(key=f"subject:{SUBJECT}"),),
        ),
    ],
)
def test_a_fact_calls_for_its_next_steps(
    event: Event, stream: StreamName, steps: tuple[Step, ...]
) -> None:
    assert next_steps(a_record(event, stream=stream)) == steps


@pytest.mark.verifies("DRV-13")
@pytest.mark.parametrize(
    ("event", "stream", "affected", "word"),
    [
        (
            CalibrationInvalidated(calibration=CALIBRATION, reason="shock"),
            DEVICE.stream,
            CALIBRATION,
            "shock",
        ),
        (ModelSuspended(reason="drift"), RELEASE.stream, RELEASE, "drift"),
        (
            ConsentWithdrawn(subject=SUBJECT, purpose=Purpose.AI_ANALYSIS, reason="private"),
            ConsentId.derived(SUBJECT).stream,
            SUBJECT,
            "ai-analysis",
        ),
    ],
)
def test_what_reports_rest_on_is_flagged_when_found_defective(
    event: Event, stream: StreamName, affected: str, word: str
) -> None:
    (step,) = next_steps(a_record(event, stream=stream))
    assert isinstance(step, FlagReports)
    assert (step.affected, step.cause) == (affected, stream)
    assert type(step.affected) is type(affected)
    assert word in step.reason
    assert "private" not in step.reason


def test_withdrawing_a_purpose_no_report_rests_on_touches_no_report() -> None:
    withdrawn = ConsentWithdrawn(subject=SUBJECT, purpose=Purpose.MARKETING, reason="")
    assert next_steps(a_record(withdrawn, stream=ConsentId.derived(SUBJECT).stream)) == ()


@pytest.mark.verifies("DRV-10")
@settings(max_examples=25)
@given(event=events())
def test_what_was_erased_calls_for_nothing(event: Event) -> None:
    record = a_record(event)
    assert next_steps(replace(record, event=Shredded(record.name))) == ()
