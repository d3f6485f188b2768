"""The evidence behind figures of two visits holds the earlier one, and verifies back to it."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters import pairs
from adapters.captures import Capture
from adapters.ledger.checkpointer import Checkpointer
from adapters.pairs import capture_facts
from adapters.reported.content import read_report
from adapters.reports.comparison_evidence import take_comparison
from adapters.reports.evidence_finder import Finder
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.assessment import AssessmentOpened
from domain.events.capture_session import AttemptSubmitted
from domain.events.equipment import CalibrationInvalidated
from domain.ledger.bundle import MANIFEST_PATH, parse_manifest
from domain.ledger.report_data import ComparedVisit
from domain.values.actor import Actor
from domain.values.comparability import CaptureFacts
from domain.values.identifiers import AssessmentId, ConsentId, SessionId
from tests.adapters.reports.packed import packed_report
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day
from tests.builders import CALIBRATION, DEVICE, QUALITY_MANAGER, SUBJECT
from validation.audit.archive import Archive
from validation.audit.verify_bundle import verify_bundle


@dataclass
class Compared:
    """Two visits that were signed, of which the second one's report compares with the first."""

    day: ClinicDay
    first: SessionId
    second: SessionId
    bundle: Path
    checkpointer: Checkpointer


def known(bench: Workbench, capture: Capture, *, seq: int | None = None) -> CaptureFacts:
    """Return what is known of a capture; the drawn head gives no tilt, which counts as known."""
    facts = capture_facts(bench, capture, seq=seq)
    return replace(facts, turn_deg=0.0, tilt_deg=0.0, roll_deg=0.0)


def visited(day: ClinicDay, name: str, *, seed: int) -> SessionId:
    """Carry a visit with pictures of its own to its report."""
    day.clock.advance(timedelta(minutes=10))
    session = day.open_session(name)
    day.submit(session, name, pictures=frames.pair(seed=seed))
    day.work()
    day.close(session)
    day.work()
    day.sign_off(session)
    day.work()
    return session


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    """Return the two visits with the evidence of the second report."""
    folder = tmp_path_factory.mktemp("compared")
    with clinic_day(folder) as day, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "capture_facts", known)
        first, second = visited(day, "first", seed=1), visited(day, "second", seed=2)
        day.record(
            DEVICE.stream,
            CalibrationInvalidated(calibration=CALIBRATION, reason="the rig was dropped"),
            by=Actor.practitioner(QUALITY_MANAGER),
        )
        bundle, checkpointer = packed_report(day, second, folder)
        yield Compared(
            day=day, first=first, second=second, bundle=bundle, checkpointer=checkpointer
        )


@pytest.mark.verifies("DRV-15", "DRV-25", "REQ-IN-181")
def test_figures_of_two_visits_are_proven_offline_and_worked_out_anew(visits: Compared) -> None:
    with Archive(visits.bundle) as archive:
        outcome = verify_bundle(archive, log_key=visits.checkpointer.key)
    assert outcome.passed, outcome.to_text()
    told = outcome.to_text()
    assert "Individual typology angle, frontal: " in told
    assert "on can be told, told is none" in told
    assert "the log continues the" in told
    assert "streams are here from their beginning to where they ended at" in told
    assert "found defective after" in told
    assert "named by digest and not in the bundle" not in told


def test_of_the_earlier_assessment_only_what_the_figures_need_is_disclosed(
    visits: Compared,
) -> None:
    with zipfile.ZipFile(visits.bundle) as archive:
        manifest = parse_manifest(archive.read(MANIFEST_PATH))
    stream = AssessmentId.derived(visits.first).stream
    shown = {each.name: each.disclosed for each in manifest.records if each.stream == stream}
    assert shown["AssessmentOpened"]
    assert shown["FindingAccepted"]
    assert shown["AssessmentSignedOff"]
    assert not shown["ConclusionRecorded"]
    assert not shown["ReportIssued"]


@pytest.mark.verifies("REQ-IN-181", "REQ-IN-204")
def test_a_report_names_what_its_figures_rest_on_and_how_far_it_looked(visits: Compared) -> None:
    day, assessment = visits.day, AssessmentId.derived(visits.second)
    (signed,) = (
        each for each in day.log.stream(assessment.stream) if each.name == "AssessmentSignedOff"
    )
    content, sources = read_report(day.bench(), assessment, signed)
    (arrived,) = (
        each
        for each in day.log.stream(visits.first.stream)
        if isinstance(each.event, AttemptSubmitted)
    )
    assert isinstance(arrived.event, AttemptSubmitted)
    pictures = [each.content.digest for each in arrived.event.frames]
    named = {each.digest: each.label for each in content.trace.evidence}
    assert [named[each] for each in pictures] == [
        "Earlier frame, frontal, left",
        "Earlier frame, frontal, right",
    ]
    assert set(pictures) <= set(sources)
    ends = {each.stream: each.version for each in content.trace.ends}
    whole = {stream: len(day.log.stream(stream)) for stream in ends}
    # What was found defective after the signature is not counted.
    assert ends == {**whole, DEVICE.stream: whole[DEVICE.stream] - 1}
    assert ends.keys() == {
        ConsentId.derived(SUBJECT).stream,
        DEVICE.stream,
        day.release.stream,
        visits.first.stream,
        visits.second.stream,
        AssessmentId.derived(visits.first).stream,
    }


def test_a_visit_that_the_log_does_not_hold_cannot_be_packed(visits: Compared) -> None:
    log, assessment = visits.day.log, AssessmentId.derived(visits.second)
    opened = log.stream(assessment.stream)[0].event
    assert isinstance(opened, AssessmentOpened)
    nowhere = ComparedVisit(taken_at="2020-01-01T00:00:00.000000Z", differ=(), figures=())
    with pytest.raises(NotFound, match="is not recorded"):
        take_comparison(Finder(log, log.size()), log.after(-1, limit=500), opened, nowhere)
