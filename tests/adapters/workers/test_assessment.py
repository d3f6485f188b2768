"""What is laid before the practitioner, and when."""

import pytest

from domain.events.assessment import AssessmentOpened
from domain.events.capture_session import SessionAbandoned
from domain.events.inference import InferenceFailed, InferenceRequested
from domain.events.model_release import ModelSuspended
from domain.events.record import Record
from domain.policies import OpenAssessment, RequestInferences
from domain.values.actor import Actor
from domain.values.identifiers import AssessmentId, InferenceId, SessionId
from tests.adapters.workers.clinic_day import ClinicDay
from tests.builders import OPERATOR, QUALITY_MANAGER, SUBJECT


def test_an_assessment_opens_with_the_last_run_that_ends(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session)
    day.close(session)
    workers = day.workers()
    assert not workers.take(OpenAssessment(ended=session), _last(day))
    day.work()
    opened = _opened(day, session)
    assert opened.inferences == (InferenceId.of_stream(request.stream),)
    assert len(opened.findings) == 11
    assert [each.rule for each in opened.withheld] == ["volume.validated-claim"]
    calling = day.log.stream(request.stream)[-1]
    assert not workers.take(OpenAssessment(ended=opened.inferences[0]), calling)


def test_a_run_that_failed_is_an_output_withheld_with_its_reason(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session)
    day.close(session)
    manager = Actor.practitioner(QUALITY_MANAGER)
    day.record(day.release.stream, ModelSuspended(reason="drift"), by=manager)
    day.work()
    failed = day.events(request.stream)[-1]
    assert isinstance(failed, InferenceFailed)
    opened = _opened(day, session)
    assert not opened.findings
    withheld = opened.withheld[-1]
    assert (withheld.output, withheld.rule) == ("skin-colour", failed.rule)
    assert withheld.next_step


@pytest.mark.verifies("REQ-IN-029", "DRV-29")
def test_what_was_rejected_is_not_assessed(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session, "blurred", pictures=(b"no picture", b"neither"))
    good = day.submit(session, "good")
    day.work()
    day.close(session)
    day.work()
    opened = _opened(day, session)
    assert opened.attempts == (good,)
    assert len(opened.frames) == 2
    assert {each.attempt for each in opened.withheld} == {good}


def test_an_abandoned_session_is_not_assessed(day: ClinicDay) -> None:
    session = day.open_session()
    _requested(day, session)
    left = SessionAbandoned(reason="the client left")
    day.record(session.stream, left, by=Actor.practitioner(OPERATOR), subject=SUBJECT)
    day.work()
    assert not day.events(AssessmentId.derived(session).stream)


def _requested(day: ClinicDay, session: SessionId) -> Record:
    attempt = day.submit(session)
    step = RequestInferences(session=session, attempt=attempt)
    (request,) = day.workers().take(step, day.accept(session))
    assert isinstance(request.event, InferenceRequested)
    return request


def _opened(day: ClinicDay, session: SessionId) -> AssessmentOpened:
    event = day.events(AssessmentId.derived(session).stream)[0]
    assert isinstance(event, AssessmentOpened)
    return event


def _last(day: ClinicDay) -> Record:
    return day.log.after(day.log.size() - 2, limit=1)[0]
