"""Everything in the record that one report rests on, as it stood when the report was called for.

Rules kept here:

1. Nothing recorded later goes in, so the same calling record always gives the same report.
2. Clinic, people and subject appear as the record names them then; the subject by pseudonym alone.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from adapters.captures import Capture, read_capture, read_protocol, read_station
from adapters.measured_changes import measured_changes
from adapters.reports.identity import Moment, Person
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.clinic import ClinicRegistered
from domain.events.inference import InferenceCompleted, InferenceRequested
from domain.events.volume_change import VolumeChangeMeasured
from domain.rules.assessment import ASSESSMENT
from domain.rules.claim import CLAIM
from domain.rules.clinic import CLINIC
from domain.rules.inference import INFERENCE
from domain.rules.model_release import MODEL_RELEASE
from domain.rules.practitioner import PRACTITIONER
from domain.rules.subject import SUBJECT
from domain.values.assessment import Assessment
from domain.values.claim import ClaimContent
from domain.values.finding import Finding
from domain.values.identifiers import (
    AssessmentId,
    FindingId,
    InferenceId,
    PractitionerId,
    ProtocolId,
    SessionId,
    SubjectId,
)
from domain.values.model import ModelManifest
from domain.values.protocol import ProtocolContent
from domain.values.signature import ElectronicSignature
from domain.values.station import Station
from domain.values.time import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a model on one of the attempts.

    Attributes:
        inference: The run.
        requested: What was called for.
        completed: The results; none when it failed.
        manifest: What the model's release says.
        capture: The attempt.
    """

    inference: InferenceId
    requested: InferenceRequested
    completed: InferenceCompleted | None
    manifest: ModelManifest
    capture: Capture

    @property
    def model(self) -> str:
        """Name and version of the model."""
        return f"{self.manifest.name} {self.manifest.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What gave a finding.

    Attributes:
        algorithm: Name and version.
        capture: The capture it is about; of a change, the later one.
    """

    algorithm: str
    capture: Capture


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What one report rests on.

    Attributes:
        seq: The record that called for it; nothing later is in here.
        identifier: The assessment.
        assessment: The assessment as it was.
        clinic: The clinic.
        subject: The subject.
        pseudonym: The subject's pseudonym.
        session: The session.
        protocol: What the session's protocol lays down.
        station: The station.
        captures: The accepted attempts, in the order of the assessment.
        runs: The runs laid before the practitioner.
        changes: The changes of volume laid before the practitioner.
    """

    seq: int
    identifier: AssessmentId
    assessment: Assessment
    clinic: ClinicRegistered
    subject: SubjectId
    pseudonym: str
    session: SessionId
    protocol: ProtocolContent
    station: Station
    captures: tuple[Capture, ...]
    runs: tuple[Run, ...]
    changes: tuple[VolumeChangeMeasured, ...] = ()

    @property
    def protocol_id(self) -> ProtocolId:
        """The protocol version that the session followed."""
        return self.captures[0].opened.protocol

    @property
    def signature(self) -> ElectronicSignature:
        """What was signed last.

        Raises:
            NotFound: nothing is signed.
        """
        if self.assessment.amendments:
            return self.assessment.amendments[-1].signature
        if self.assessment.signature is None:
            message = f"assessment {self.identifier} is not signed"
            raise NotFound(message)
        return self.assessment.signature

    @property
    def taken_at(self) -> Instant:
        """When the first of the pictures was taken."""
        return min((each.taken_at for each in self.captures), key=lambda moment: moment.us)

    def origin_of(self, finding: Finding) -> Origin:
        """Return what gave a finding, and of which capture.

        Raises:
            NotFound: nothing laid before the practitioner did.
        """
        for change in self.changes:
            if finding in change.findings:
                captured = next(
                    each for each in self.captures if each.attempt.attempt == change.attempt
                )
                return Origin(algorithm=change.algorithm.replace("/", " "), capture=captured)
        run = self.run_of(finding)
        return Origin(algorithm=run.model, capture=run.capture)

    @property
    def told(self) -> tuple[VolumeChangeMeasured, ...]:
        """The changes of which the assessment holds a finding."""
        shown = {each.finding for each in self.assessment.findings}
        return tuple(
            change
            for change in self.changes
            if any(each.finding in shown for each in change.findings)
        )

    def run_of(self, finding: Finding) -> Run:
        """Return the run that gave a finding.

        Raises:
            NotFound: none of the runs did.
        """
        for run in self.runs:
            if FindingId.derived(run.inference, finding.code) == finding.finding:
                return run
        message = f"no run of {self.identifier} gave finding {finding.finding}"
        raise NotFound(message)

    def moment(self, at: Instant) -> Moment:
        """Return a point in time as the clinic's clock on the wall shows it."""
        offset = at.moment.astimezone(ZoneInfo(self.clinic.time_zone)).utcoffset()
        minutes = 0 if offset is None else round(offset.total_seconds() / 60)
        return Moment(instant=at, utc_offset_min=minutes, zone=self.clinic.time_zone)


def read_sources(bench: Workbench, identifier: AssessmentId, seq: int) -> Sources:
    """Return everything a report of an assessment rests on, as it stood at a record.

    Raises:
        NotFound: something it rests on is not recorded.
        ContentErased: the subject was erased.
    """
    assessment = bench.as_of(ASSESSMENT, identifier.stream, seq)
    clinic = bench.as_of(CLINIC, bench.clinic.stream, seq).registered
    if assessment.session is None or assessment.subject is None or clinic is None:
        message = f"assessment {identifier} or its clinic is not recorded"
        raise NotFound(message)
    captures = tuple(
        read_capture(bench, assessment.session, attempt) for attempt in assessment.attempts
    )
    return Sources(
        seq=seq,
        identifier=identifier,
        assessment=assessment,
        clinic=clinic,
        subject=assessment.subject,
        pseudonym=bench.as_of(SUBJECT, assessment.subject.stream, seq).pseudonym,
        session=assessment.session,
        protocol=read_protocol(bench, captures[0].opened.protocol),
        station=read_station(bench, captures[0], seq=seq),
        captures=captures,
        runs=tuple(_run(bench, inference, captures, seq) for inference in assessment.inferences),
        changes=measured_changes(bench, assessment.subject, assessment.session, seq),
    )


def read_person(bench: Workbench, practitioner: PractitionerId, seq: int) -> Person:
    """Return a practitioner as printed.

    Raises:
        NotFound: nobody is registered under this identifier.
    """
    registered = bench.as_of(PRACTITIONER, practitioner.stream, seq).registered
    if registered is None:
        message = f"nobody is registered under {practitioner}"
        raise NotFound(message)
    return Person(
        display_name=registered.display_name, role=registered.profession or "Practitioner"
    )


def read_claim(bench: Workbench, change: VolumeChangeMeasured, seq: int) -> ClaimContent:
    """Return what the claim says under which a change was told, as it stood at a record.

    Raises:
        NotFound: the claim is not recorded.
    """
    registered = bench.as_of(CLAIM, change.claim.stream, seq).registered
    if registered is None:
        message = f"claim {change.claim} is not registered"
        raise NotFound(message)
    return registered.content


def _run(bench: Workbench, inference: InferenceId, captures: tuple[Capture, ...], seq: int) -> Run:
    state = bench.as_of(INFERENCE, inference.stream, seq)
    if state.requested is None:
        message = f"run {inference} was never called for"
        raise NotFound(message)
    registered = bench.as_of(MODEL_RELEASE, state.requested.release.stream, seq).registered
    attempt = state.requested.attempt
    capture = next((each for each in captures if each.attempt.attempt == attempt), None)
    if registered is None or capture is None:
        message = f"the model or the attempt of run {inference} is not recorded"
        raise NotFound(message)
    return Run(
        inference=inference,
        requested=state.requested,
        completed=state.completed,
        manifest=registered.manifest,
        capture=capture,
    )
