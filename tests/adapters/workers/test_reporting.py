"""Reports of what was signed: amendments, comparisons, photographs, the same bytes again."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters import pairs
from adapters.captures import Capture
from adapters.pairs import capture_facts
from adapters.reported.content import read_report
from adapters.reports.conditions import Uncalibrated
from adapters.reports.render import render_report
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.assessment import (
    AssessmentAmended,
    FindingAmended,
    FindingRejected,
    ReportIssued,
)
from domain.handling import load
from domain.policies import RenderReport
from domain.rules.assessment import ASSESSMENT
from domain.rules.report import amendment_presentation
from domain.values.actor import Actor
from domain.values.capture import CaptureConditions
from domain.values.comparability import CaptureFacts
from domain.values.content import Digest
from domain.values.identifiers import AssessmentId, SessionId
from tests.adapters.reports import pdf_text
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay
from tests.adapters.workers.finished import finished
from tests.adapters.workers.test_withholding import as_jpeg
from tests.builders import PRACTITIONER, SUBJECT, conditions

PRACTITIONER_ACTS = Actor.practitioner(PRACTITIONER)


def test_rendered_again_the_report_is_the_same_document(tmp_path: Path) -> None:
    with finished(tmp_path) as done:
        signed = next(
            each
            for each in done.day.log.stream(done.assessment.stream)
            if each.name == "AssessmentSignedOff"
        )
        done.day.clock.advance(timedelta(days=3))
        content, sources = read_report(done.day.bench(), done.assessment, signed)
        assert render_report(content) == done.report()
        assert sources == done.one(ReportIssued).sources
        (capture,) = content.conditions
        assert capture.colour_reference.passed
        assert content.trace.log is not None
        assert content.trace.log.size == signed.seq + 1
        assert content.issued_at.utc_offset_min == 11 * 60


@pytest.mark.verifies("DRV-12")
def test_an_amendment_gets_a_report_of_its_own(tmp_path: Path) -> None:
    with finished(tmp_path) as done:
        day, stream = done.day, done.assessment.stream
        state, _ = load(day.log, ASSESSMENT, stream)
        text = "The left cheek was sunburnt."
        digest = Digest.of(amendment_presentation(state, text))
        amended = AssessmentAmended(
            number=1, text=text, signature=day.signature(digest, PRACTITIONER)
        )
        day.record(stream, amended, by=PRACTITIONER_ACTS, subject=SUBJECT)
        day.work()
        first, second = (each for each in day.events(stream) if isinstance(each, ReportIssued))
        assert second.signed_digest == digest
        assert second.number != first.number
        document = b"".join(day.blobs.read(second.document.digest, key=f"subject:{SUBJECT}"))
        assert pdf_text.squeezed(text) in "".join(pdf_text.pages(document))


def test_amended_and_rejected_findings_show_the_practitioners_word(day: ClinicDay) -> None:
    session = _assessed(day)
    stream = AssessmentId.derived(session).stream
    state, _ = load(day.log, ASSESSMENT, stream)
    by_code = {each.code: each.finding for each in state.findings}
    day.record(
        stream,
        FindingAmended(
            finding=by_code["fitzpatrick-suggestion"],
            value=None,
            text="IV",
            reason_code="clinical-judgement",
            reason="",
        ),
        FindingAmended(
            finding=by_code["ita"], value=30.0, text=None, reason_code="other", reason="Tanned"
        ),
        FindingRejected(finding=by_code["a-star"], reason_code="artefact", reason="Flushed"),
        by=PRACTITIONER_ACTS,
        subject=SUBJECT,
    )
    calling = day.log.stream(day.sign_off(session).stream)[-1]
    content, _ = read_report(day.bench(), AssessmentId.derived(session), calling)
    shown = {each.label: each for each in content.findings}
    skin_type = shown["Fitzpatrick skin type, suggested"]
    assert (skin_type.reading.text, skin_type.reason) == ("IV", "Clinical judgement")
    assert skin_type.original is not None
    angle = shown["Individual typology angle"]
    assert (angle.reading.value, angle.uncertainty, angle.reason) == (30.0, None, "Tanned")
    assert shown["Green to red a*"].verdict.value == "rejected"


@pytest.mark.verifies("DRV-15")
def test_a_later_session_is_compared_with_the_one_before(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pose_is_known(monkeypatch)
    _finish(day, "first")
    day.clock.advance(timedelta(hours=2))
    later = _finish(day, "second")
    calling = day.log.stream(AssessmentId.derived(later).stream)[-1]
    content, _ = read_report(day.bench(), AssessmentId.derived(later), calling)
    assert content.comparison is not None
    assert not content.comparison.conditions_differ
    quantities = {each.label: each for each in content.comparison.quantities}
    angle = quantities["Individual typology angle, frontal"]
    assert angle.now == angle.earlier
    assert angle.detectable_change > 0
    (pair,) = content.pairs
    assert (pair.what, pair.view, pair.comparable) == ("Colour", "Frontal", True)
    looked_at = {each.what for each in pair.conditions}
    assert {"distance", "exposure", "tilt", "calibration lineage", "models"} <= looked_at


@pytest.mark.verifies("DRV-15")
def test_sessions_taken_otherwise_are_not_compared_and_it_is_said_why(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pose_is_known(monkeypatch)
    _finish(day, "first")
    later = _finish(day, "second", replace(conditions(), distance_mm=468.0, exposure_us=12_000.0))
    calling = day.log.stream(AssessmentId.derived(later).stream)[-1]
    content, _ = read_report(day.bench(), AssessmentId.derived(later), calling)
    assert content.comparison is not None
    assert not content.comparison.quantities
    assert content.comparison.conditions_differ == (
        "Frontal, distance: 450.0 mm then, 468.0 mm now (at most 15 mm apart)",
        "Frontal, exposure: 8000 µs then, 12000 µs now (at most 1.2 times the other)",
    )


@pytest.mark.verifies("DRV-15")
def test_what_is_not_known_of_a_pose_keeps_captures_from_being_compared(day: ClinicDay) -> None:
    _finish(day, "first")
    later = _finish(day, "second")
    calling = day.log.stream(AssessmentId.derived(later).stream)[-1]
    content, _ = read_report(day.bench(), AssessmentId.derived(later), calling)
    assert content.comparison is not None
    assert any(
        each.startswith("Frontal, tilt: not known") for each in content.comparison.conditions_differ
    )
    assert not content.comparison.quantities


@pytest.mark.verifies("REQ-IN-122")
def test_a_session_of_photographs_is_reported_as_uncalibrated(day: ClinicDay) -> None:
    session = day.open_session(station=False)
    day.import_photograph(session, as_jpeg(frames.pair()[0]))
    day.work()
    day.close(session)
    day.work()
    assessment = day.sign_off(session)
    calling = day.log.stream(assessment.stream)[-1]
    day.work()
    assert day.names()[-1] == "ReportIssued"
    content, _ = read_report(day.bench(), assessment, calling)
    assert [type(each) for each in content.calibrations] == [Uncalibrated]
    assert content.conditions[0].distance_mm is None
    assert content.versions.device_serial == "not known"


def test_what_is_not_signed_is_not_reported(day: ClinicDay) -> None:
    session = _assessed(day)
    assessment = AssessmentId.derived(session)
    opened = day.log.stream(assessment.stream)[0]
    with pytest.raises(NotFound):
        day.workers().take(RenderReport(assessment=assessment), opened)


def _assessed(
    day: ClinicDay, name: str = "first", taken: CaptureConditions | None = None
) -> SessionId:
    """Return a session whose one attempt was accepted without being measured, analysed."""
    session = day.open_session(name)
    day.submit(session, name, conditions=taken)
    day.accept(session)
    day.work()
    day.close(session)
    day.work()
    return session


def _finish(day: ClinicDay, name: str, taken: CaptureConditions | None = None) -> SessionId:
    session = _assessed(day, name, taken)
    day.sign_off(session)
    return session


def _pose_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the drawn head's pose count as known: these pictures give no tilt."""

    def known(bench: Workbench, capture: Capture, *, seq: int | None = None) -> CaptureFacts:
        facts = capture_facts(bench, capture, seq=seq)
        return replace(facts, turn_deg=0.0, tilt_deg=0.0, roll_deg=0.0)

    monkeypatch.setattr(pairs, "capture_facts", known)
