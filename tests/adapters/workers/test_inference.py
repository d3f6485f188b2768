"""Runs that are called for, executed, refused, and repeated."""

from dataclasses import replace

import pytest

from adapters.repeating.recording import reproduce_inference
from domain.errors import DigestMismatch, NotFound, SignatureInvalid
from domain.events.capture_session import AttemptMeasured, OutputWithheld
from domain.events.equipment import CalibrationInvalidated
from domain.events.inference import (
    InferenceCompleted,
    InferenceFailed,
    InferenceRequested,
    ReproductionChecked,
)
from domain.events.model_release import ModelRegistered, ModelSuspended
from domain.events.record import Record
from domain.policies import ReconstructDepth, RequestInferences, RunInference
from domain.values.actor import Actor
from domain.values.consent import Purpose
from domain.values.content import Digest
from domain.values.identifiers import InferenceId, SessionId
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay
from tests.adapters.workers.test_withholding import as_jpeg
from tests.builders import (
    CALIBRATION,
    DEVICE,
    OPERATOR,
    QUALITY_MANAGER,
    SUBJECT,
    an_attempt_id,
    faces_in_view,
)


@pytest.mark.verifies("DRV-18")
def test_without_an_approved_model_nothing_is_called_for(day: ClinicDay) -> None:
    _suspend(day)
    session = day.open_session()
    day.submit(session)
    day.work()
    assert "InferenceRequested" not in day.names()


def test_consent_withdrawn_before_analysis_withholds_the_output(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    day.withdraw(Purpose.AI_ANALYSIS)
    day.work()
    withheld = [
        each
        for each in day.events(session.stream)
        if isinstance(each, OutputWithheld) and each.output == "skin-colour"
    ]
    assert [each.rule for each in withheld] == ["inference.consent"]
    assert "withdrew" in withheld[0].evidence
    assert "InferenceRequested" not in day.names()


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize("count", [0, 2])
def test_a_picture_of_no_face_or_of_two_gives_no_number(day: ClinicDay, count: int) -> None:
    session = day.open_session()
    step = RequestInferences(session=session, attempt=day.submit(session))
    judged = day.accept(session, (faces_in_view(count),))
    withheld = [each.event for each in day.workers().take(step, judged)]
    assert {type(each) for each in withheld} == {OutputWithheld}
    for each in withheld:
        assert isinstance(each, OutputWithheld)
        assert (each.rule, each.evidence) == (
            "inference.one-face",
            f"{count} faces are in view, 1 is needed",
        )
    assert not day.workers().take(step, judged)
    assert "InferenceRequested" not in day.names()


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize(("what", "count"), [("wall", 0), ("two people", 2)])
def test_how_many_faces_a_photograph_shows_is_counted_before_anything_is_called_for(
    day: ClinicDay, what: str, count: int
) -> None:
    session = day.open_session(station=False)
    picture = frames.wall() if what == "wall" else frames.two_people()
    day.import_photograph(session, as_jpeg(picture))
    day.work()
    events = day.events(session.stream)
    (measured,) = (each for each in events if isinstance(each, AttemptMeasured))
    counts = [each.value for each in measured.measurements if each.name == "face_count"]
    assert counts == [count]
    assert "InferenceRequested" not in day.names()


def test_consent_given_again_later_runs_nothing_behind_the_clients_back(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    day.withdraw(Purpose.AI_ANALYSIS)
    day.work()
    judged = next(each for each in day.log.stream(session.stream) if each.name == "AttemptJudged")
    day.agree(Purpose.AI_ANALYSIS)
    step = RequestInferences(session=session, attempt=an_attempt_id())
    assert not day.workers().take(step, judged)


@pytest.mark.verifies("REQ-IN-144")
def test_depth_under_a_calibration_found_defective_since_is_given_to_no_run(
    day: ClinicDay,
) -> None:
    session = day.open_session()
    attempt = day.submit(session)
    judged = day.accept(session)
    workers = day.workers()
    assert workers.take(ReconstructDepth(session=session, attempt=attempt), judged)
    request, *_ = workers.take(RequestInferences(session=session, attempt=attempt), judged)
    day.record(
        DEVICE.stream,
        CalibrationInvalidated(calibration=CALIBRATION, reason="the rig was dropped"),
        by=Actor.practitioner(OPERATOR),
    )
    (failed,) = (each.event for each in _run(day, request))
    assert isinstance(failed, InferenceFailed)
    assert failed.rule == "depth.locked-calibration"
    assert "the rig was dropped" in failed.evidence


@pytest.mark.parametrize("ended", ["model", "consent"])
def test_what_ends_between_request_and_run_fails_the_run(day: ClinicDay, ended: str) -> None:
    session = day.open_session()
    request = _requested(day, session)
    if ended == "model":
        _suspend(day)
    else:
        day.withdraw(Purpose.AI_ANALYSIS)
    (failed,) = _run(day, request)
    assert isinstance(failed.event, InferenceFailed)
    assert (
        failed.event.rule
        == {
            "model": "inference.approved-release",
            "consent": "inference.consent",
        }[ended]
    )
    assert failed.event.evidence
    assert not _run(day, request)


@pytest.mark.verifies("DRV-22")
def test_a_picture_outside_the_models_domain_fails_the_run_with_numbers(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session, pictures=(frames.dark(), frames.pair()[1]))
    (failed,) = _run(day, request)
    assert isinstance(failed.event, InferenceFailed)
    assert failed.event.rule == "model.skin-pixels"
    assert "4096 needed" in failed.event.evidence


def test_a_frame_that_is_no_picture_fails_the_run(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session, pictures=(b"no picture", b"neither"))
    (failed,) = _run(day, request)
    assert isinstance(failed.event, InferenceFailed)
    assert failed.event.rule == "inference.input"
    assert "neither PNG nor JPEG" in failed.event.evidence


@pytest.mark.verifies("DRV-18")
def test_a_model_whose_bytes_are_missing_is_not_run(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session)
    model = day.log.stream(day.release.stream)[0].blobs[0][0]
    day.blobs.purge([model])
    with pytest.raises(NotFound):
        _run(day, request)


@pytest.mark.verifies("DRV-18")
def test_a_manifest_whose_signature_does_not_hold_stops_the_run(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session)
    registered = day.events(day.release.stream)[0]
    assert isinstance(registered, ModelRegistered)
    forged = replace(registered.manifest, signature="00" * 64)
    day.record(
        day.release.stream,
        replace(registered, manifest=forged),
        by=Actor.practitioner(QUALITY_MANAGER),
    )
    with pytest.raises(SignatureInvalid):
        _run(day, request)
    other = replace(registered.manifest.model, digest=Digest.of(b"another model"))
    day.record(
        day.release.stream,
        replace(registered, manifest=replace(registered.manifest, model=other)),
        by=Actor.practitioner(QUALITY_MANAGER),
    )
    with pytest.raises(DigestMismatch):
        _run(day, request)


@pytest.mark.verifies("DRV-20")
def test_a_repeated_run_is_compared_and_recorded(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session)
    (completed,) = _run(day, request)
    assert isinstance(completed.event, InferenceCompleted)
    run = InferenceId.of_stream(request.stream)
    actor = Actor.practitioner(QUALITY_MANAGER)
    record = reproduce_inference(day.bench(), run, actor=actor, correlation="repeat")
    assert isinstance(record.event, ReproductionChecked)
    assert record.event.outcome == "identical"
    assert record.event.platform == completed.event.run.platform
    assert "nothing changed" in record.event.evidence
    assert (record.actor, record.correlation) == (actor, "repeat")


@pytest.mark.verifies("DRV-20")
def test_a_repeat_that_differs_is_recorded_as_different(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session)
    (completed,) = _run(day, request)
    assert isinstance(completed.event, InferenceCompleted)
    changed = [replace(each, digest=Digest.of(b"x")) for each in completed.event.outputs]
    day.record(
        request.stream,
        replace(completed.event, outputs=tuple(changed)),
        by=Actor.service("inference"),
        subject=SUBJECT,
    )
    record = reproduce_inference(
        day.bench(),
        InferenceId.of_stream(request.stream),
        actor=Actor.practitioner(QUALITY_MANAGER),
        correlation="repeat",
    )
    assert isinstance(record.event, ReproductionChecked)
    assert record.event.outcome == "different"


def test_a_run_without_results_cannot_be_repeated(day: ClinicDay) -> None:
    session = day.open_session()
    request = _requested(day, session)
    with pytest.raises(NotFound):
        reproduce_inference(
            day.bench(),
            InferenceId.of_stream(request.stream),
            actor=Actor.practitioner(QUALITY_MANAGER),
            correlation="repeat",
        )


def _suspend(day: ClinicDay) -> None:
    manager = Actor.practitioner(QUALITY_MANAGER)
    day.record(day.release.stream, ModelSuspended(reason="drift was found"), by=manager)


def _requested(
    day: ClinicDay, session: SessionId, pictures: tuple[bytes, ...] | None = None
) -> Record:
    """Return the request for a run on an attempt that was accepted without being measured."""
    attempt = day.submit(session, pictures=pictures)
    step = RequestInferences(session=session, attempt=attempt)
    (request,) = day.workers().take(step, day.accept(session))
    assert isinstance(request.event, InferenceRequested)
    return request


def _run(day: ClinicDay, request: Record) -> tuple[Record, ...]:
    step = RunInference(inference=InferenceId.of_stream(request.stream))
    return day.workers().take(step, request)
