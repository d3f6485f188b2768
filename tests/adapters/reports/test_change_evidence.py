"""The evidence behind a change of volume holds the earlier visit, and verifies back to it."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.captures import Capture
from adapters.ledger.checkpointer import Checkpointer
from adapters.reported.content import read_report
from adapters.workers import volume
from domain.events.assessment import ReportIssued
from domain.events.capture_session import AttemptSubmitted, DepthReconstructed
from domain.events.equipment import DeviceBatchRejected
from domain.events.inference import InferenceCompleted
from domain.events.record import Record
from domain.events.volume_change import VolumeChangeMeasured
from domain.ledger.bundle import MANIFEST_PATH, Manifest, parse_manifest
from domain.values.actor import Actor
from domain.values.consent import Purpose
from domain.values.content import Digest
from domain.values.identifiers import AssessmentId, InferenceId, SessionId, VolumeChangeId
from tests.adapters.reports.packed import packed_report
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day
from tests.adapters.workers.test_volume import claim, comparable, faces
from tests.builders import DEVICE, SUBJECT
from validation.audit.archive import Archive
from validation.audit.verify_bundle import verify_bundle


@dataclass
class TwoVisits:
    """A clinic where a change was measured between two visits and reported, with its evidence."""

    day: ClinicDay
    first: SessionId
    second: SessionId
    bundle: Path
    checkpointer: Checkpointer

    def one(self, kind: type, session: SessionId) -> Record:
        """Return the one record of a kind in a session."""
        (found,) = (
            each for each in self.day.log.stream(session.stream) if isinstance(each.event, kind)
        )
        return found

    @property
    def manifest(self) -> Manifest:
        """The bundle's index."""
        with zipfile.ZipFile(self.bundle) as archive:
            return parse_manifest(archive.read(MANIFEST_PATH))


def visited(day: ClinicDay, name: str, *, seed: int) -> SessionId:
    """Record a visit with pictures of its own, and let the workers do theirs."""
    day.clock.advance(timedelta(minutes=10))
    session = day.open_session(name)
    day.submit(session, name, pictures=frames.pair(seed=seed))
    day.work()
    day.close(session)
    day.work()
    return session


def outlines(day: ClinicDay, capture: Capture) -> Digest:
    """Return what stands for a face mesh: drawn pictures have none; another run's first map."""
    run = InferenceId.derived(capture.attempt.attempt, day.release)
    (completed,) = (each for each in day.events(run.stream) if isinstance(each, InferenceCompleted))
    return completed.artefacts[0].content.digest


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoVisits]:
    """Return two visits, of which the second was reported and its evidence packed."""
    folder = tmp_path_factory.mktemp("visits")
    with clinic_day(folder) as day, pytest.MonkeyPatch.context() as patch:
        claim(day, "simulated")
        first = visited(day, "first", seed=1)
        day.record(
            DEVICE.stream,
            DeviceBatchRejected(device_sequences=(90,), rule="x", evidence="of another session"),
            by=Actor.service("reception"),
        )
        day.agree(Purpose.MARKETING)
        patch.setattr(volume, "_face", faces(first, bump_mm3=1000.0))
        patch.setattr(volume, "mesh_reference", lambda _bench, capture: outlines(day, capture))
        comparable(patch)
        second = visited(day, "second", seed=2)
        day.sign_off(second)
        day.work()
        bundle, checkpointer = packed_report(day, second, folder)
        yield TwoVisits(
            day=day,
            first=first,
            second=second,
            bundle=bundle,
            checkpointer=checkpointer,
        )


@pytest.mark.verifies("DRV-25", "REQ-IN-181")
def test_a_change_is_proven_offline_back_to_both_shutters(visits: TwoVisits) -> None:
    with Archive(visits.bundle) as archive:
        outcome = verify_bundle(archive, log_key=visits.checkpointer.key)
    assert outcome.passed, outcome.to_text()
    told = outcome.to_text()
    earlier = visits.one(AttemptSubmitted, visits.first).seq
    later = visits.one(AttemptSubmitted, visits.second).seq
    assert f"compares record {earlier} (AttemptSubmitted) with record {later}" in told
    assert "named by digest and not in the bundle" not in told


def test_the_earlier_visit_is_in_the_bundle_whole_and_what_is_closed_stays_closed(
    visits: TwoVisits,
) -> None:
    records = visits.manifest.records
    whole = {each.seq for each in visits.day.log.stream(visits.first.stream)}
    assert whole <= {each.seq for each in records if each.disclosed}
    names = {(each.name, each.disclosed) for each in records}
    assert ("DeviceBatchRejected", False) in names
    assert ("ConsentGranted", False) in names
    assert "SubjectIdentityLinked" not in {name for name, _ in names}
    attempt = visits.one(AttemptSubmitted, visits.first).event
    assert isinstance(attempt, AttemptSubmitted)
    streams = {each.stream for each in records}
    assert InferenceId.derived(attempt.attempt, visits.day.release).stream in streams
    assert AssessmentId.derived(visits.first).stream not in streams


@pytest.mark.verifies("REQ-IN-181", "REQ-IN-204")
def test_a_report_names_what_its_change_was_measured_from(visits: TwoVisits) -> None:
    (stream,) = visits.day.bench().streams.of_subject(VolumeChangeId.kind, SUBJECT)
    (measured,) = visits.day.log.stream(stream)
    assert isinstance(measured.event, VolumeChangeMeasured)
    assessment = AssessmentId.derived(visits.second)
    records = {each.name: each for each in visits.day.log.stream(assessment.stream)}
    issued = records["ReportIssued"].event
    content, sources = read_report(visits.day.bench(), assessment, records["AssessmentSignedOff"])
    assert isinstance(issued, ReportIssued)
    assert issued.sources == sources
    assert set(measured.event.inputs) <= set(sources)
    named = {each.digest: (each.label, each.seq) for each in content.trace.evidence}
    attempt = visits.one(AttemptSubmitted, visits.first)
    depth = visits.one(DepthReconstructed, visits.first)
    assert isinstance(attempt.event, AttemptSubmitted)
    assert isinstance(depth.event, DepthReconstructed)
    left, right = (each.content.digest for each in attempt.event.frames)
    assert named[left] == ("Earlier frame, frontal, left", attempt.seq)
    assert named[right] == ("Earlier frame, frontal, right", attempt.seq)
    assert named[depth.event.depth.digest] == ("Earlier depth map", depth.seq)
    (map_,) = measured.event.artefacts
    assert named[map_.content.digest] == (
        "Map: Distance from the earlier surface, volume-change 1",
        measured.seq,
    )
