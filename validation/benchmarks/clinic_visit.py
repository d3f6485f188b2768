"""One visit of a client to the invented clinic, from the chair to the report.

Rules kept here:

1. What is judged, signed and numbered is what the product's own rules make of the same events.
2. Now and then a capture is refused or repeated, a session abandoned, a review left for later, a
   report flagged: as in life, most visits go well and some do not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.events import assessment as reviewed
from domain.events import capture_session as captured
from domain.events.access import RecordViewed
from domain.events.inference import InferenceCompleted, InferenceRequested
from domain.events.names import Event
from domain.rules import assessment as assessments
from domain.rules import report as reports
from domain.values.actor import Actor, Role
from domain.values.assessment import Assessment, Withheld
from domain.values.capture import (
    SERVER_GATES,
    STATION_GATES,
    Gate,
    Prompts,
    ReadAt,
    Stage,
)
from domain.values.consent import Purpose
from domain.values.content import (
    ContentReference,
)
from domain.values.finding import Finding
from domain.values.identifiers import (
    AccessId,
    AssessmentId,
    ConsentId,
    FindingId,
    InferenceId,
    PractitionerId,
    SessionId,
    StreamName,
    SubjectId,
)
from domain.values.model import RunFacts, TensorDigest
from domain.values.quality import judge
from domain.values.signature import Meaning
from domain.values.signing import Signing
from validation.benchmarks import clinic_capture as capture
from validation.benchmarks.clinic_house import (
    PROTOCOL,
    RELEASE,
    House,
)
from validation.benchmarks.clinic_scribe import CaptureStation, Deed, Issued, Scribe
from validation.demonstration.protocols import STEREO_FACE

QUALITY = Actor.service("quality")
PROPOSED = (("ita", "Individual typology angle", "°"), ("redness", "Redness index", "1"))
REFUSED, REPEATED = 0.08, 0.1
"""The share of visits with a refusal at the station, and with an attempt that is rejected."""


class Ending(StrEnum):
    """How far a visit comes."""

    REPORTED = "reported"
    FLAGGED = "flagged"
    REVIEW = "review"
    SIGN = "sign"
    ABANDONED = "abandoned"


@dataclass(slots=True, kw_only=True)
class Visit:
    """One visit: who, whose hands, which station.

    Attributes:
        scribe: Writes it.
        house: Where it is.
        subject: The client.
        doctor: Who reviews and signs.
        operator: Who captures.
        station: What captures.
        ending: How far it comes.
    """

    scribe: Scribe
    house: House
    subject: SubjectId
    doctor: PractitionerId
    operator: PractitionerId
    station: CaptureStation
    ending: Ending

    def deeds(self) -> Iterator[Deed]:
        """Yield everything that is recorded of it, in order."""
        session = SessionId(self.scribe.name())
        yield self._look(self.operator, f"subject:{self.subject}")
        yield self._open(session)
        if self.scribe.chance.random() < REFUSED:
            yield self._refuse(session)
        if self.scribe.chance.random() < REPEATED:
            yield from self._attempt(session, good=False)[1]
        if self.ending is Ending.ABANDONED:
            abandoned = captured.SessionAbandoned(reason="The client had to leave")
            yield self._write(Actor.practitioner(self.operator), session.stream, [abandoned])
        else:
            submitted, deeds = self._attempt(session, good=True)
            yield from deeds
            yield from self._assess(session, submitted)
        self.scribe.close(session.stream)

    def _write(
        self, actor: Actor, stream: StreamName, events: Sequence[Event], *, statement: bool = False
    ) -> Deed:
        self.scribe.pass_time(1, 20)
        content: tuple[ContentReference, ...] = ()
        first = events[0]
        if isinstance(first, captured.AttemptSubmitted):
            content = tuple(frame.content for frame in first.frames)
        return self.scribe.write(
            actor,
            stream,
            events,
            subject=self.subject,
            station=self.station if statement else None,
            content=content,
        )

    def _look(self, who: PractitionerId, resource: str) -> Deed:
        looked = RecordViewed(resource=resource, purpose="care")
        return self._write(Actor.practitioner(who), AccessId.derived(who).stream, [looked])

    def _open(self, session: SessionId) -> Deed:
        opened = captured.SessionOpened(
            session=session,
            subject=self.subject,
            operator=self.operator,
            device=self.station.device,
            protocol=PROTOCOL,
            purpose=Purpose.CLINICAL_CAPTURE,
            time_zone="Australia/Sydney",
            prompts=Prompts(
                hair_back=True,
                glasses_off=True,
                makeup="none",
                neutral_expression=True,
                rest_cleaned=True,
            ),
            model_manifest=self.house.model_list,
        )
        read = (ConsentId.derived(self.subject).stream, self.station.device.stream, PROTOCOL.stream)
        checked = captured.PreconditionsChecked(
            gates=capture.gates(SERVER_GATES),
            based_on=tuple(
                ReadAt(stream=each, version=max(1, self.scribe.version(each))) for each in read
            ),
        )
        actor = Actor.practitioner(self.operator)
        return self._write(actor, session.stream, [opened, checked])

    def _refuse(self, session: SessionId) -> Deed:
        blocked = captured.CaptureBlocked(
            stage=Stage.STATION,
            view=capture.VIEW,
            gates=capture.gates(STATION_GATES, failing=Gate.DISTANCE),
            based_on=(),
        )
        actor = Actor.device(self.station.device)
        return self._write(actor, session.stream, [blocked], statement=True)

    def _attempt(
        self, session: SessionId, *, good: bool
    ) -> tuple[captured.AttemptSubmitted, tuple[Deed, ...]]:
        """Return what the station handed in, and the deeds up to verdict and depth."""
        submitted = capture.submitted(self.scribe, self.house, self.station)
        attempt, inputs = submitted.attempt, tuple(f.content.digest for f in submitted.frames)
        actor = Actor.device(self.station.device)
        deeds = [self._write(actor, session.stream, [submitted], statement=True)]
        measured = captured.AttemptMeasured(
            attempt=attempt,
            inputs=inputs,
            measurements=capture.measurements(self.scribe, good=good),
            platform=capture.PLATFORM,
        )
        verdict = judge(measured.measurements, STEREO_FACE.limits, stereo=True)
        judged = captured.AttemptJudged(attempt=attempt, protocol=PROTOCOL, verdict=verdict)
        deeds.append(self._write(QUALITY, session.stream, [measured]))
        deeds.append(self._write(QUALITY, session.stream, [judged]))
        if good:
            depth = capture.depth(self.scribe, self.station, attempt, inputs)
            deeds.append(self._write(QUALITY, session.stream, [depth]))
            deeds.append(self._write(QUALITY, session.stream, [capture.withheld(attempt)]))
        return submitted, tuple(deeds)

    def _assess(self, session: SessionId, submitted: captured.AttemptSubmitted) -> Iterator[Deed]:
        attempt = submitted.attempt
        frames = tuple(frame.content.digest for frame in submitted.frames)
        run = InferenceId.derived(attempt, RELEASE)
        requested = InferenceRequested(
            inference=run,
            subject=self.subject,
            session=session,
            attempt=attempt,
            release=RELEASE,
            model=self.house.model,
            frames=frames,
        )
        findings = tuple(self._finding(run, *each) for each in PROPOSED)
        service = Actor.service("inference")
        yield self._write(service, run.stream, [requested])
        yield self._write(service, run.stream, [self._completed(findings)])
        self.scribe.close(run.stream)
        closed = captured.SessionClosed(accepted=(attempt,))
        yield self._write(Actor.practitioner(self.operator), session.stream, [closed])
        opened = reviewed.AssessmentOpened(
            assessment=AssessmentId.derived(session),
            subject=self.subject,
            session=session,
            attempts=(attempt,),
            frames=frames,
            inferences=(run,),
            findings=findings,
            withheld=(_as_withheld(capture.withheld(attempt)),),
        )
        yield from self._review(opened)

    def _review(self, opened: reviewed.AssessmentOpened) -> Iterator[Deed]:
        stream, doctor = opened.assessment.stream, Actor.practitioner(self.doctor)
        yield self._write(Actor.service("assessment"), stream, [opened])
        state = assessments.evolve(Assessment(), opened)
        if self.ending is not Ending.REVIEW:
            concluded = assessments.record_conclusion(state, "Even skin tone; review in six weeks.")
            done: tuple[reviewed.AssessmentEvent, ...] = (
                *(assessments.accept_finding(state, each.finding) for each in opened.findings),
                concluded,
            )
            for event in done:
                state = assessments.evolve(state, event)
                yield self._write(doctor, stream, [event])
        if self.ending in (Ending.REPORTED, Ending.FLAGGED):
            yield from self._sign(opened, state)
        self.scribe.close(stream)

    def _sign(self, opened: reviewed.AssessmentOpened, state: Assessment) -> Iterator[Deed]:
        stream, doctor = opened.assessment.stream, Actor.practitioner(self.doctor)
        digest = assessments.presented_digest(state)
        proof, signature = self.house.signature(self.doctor, digest, Meaning.REVIEWED)
        yield proof
        signing = Signing(
            signature=signature, roles=frozenset({Role.PRACTITIONER}), reauthenticated=True
        )
        signed = assessments.sign_off(state, signing)
        yield self._write(doctor, stream, [signed])
        state = assessments.evolve(state, signed)
        (issued,) = reports.issue_report(
            state,
            signed_digest=digest,
            document=self.scribe.content("application/pdf", 230_000),
            renderer="typst 0.14",
            sources=opened.frames,
        )
        deed = self._write(Actor.service("reporting"), stream, [issued])
        whose = Issued(
            report=str(issued.report),
            assessment=str(opened.assessment),
            session=str(opened.session),
            subject=self.subject,
        )
        yield replace(deed, report=whose)
        if self.ending is Ending.FLAGGED:
            cause = f"calibration:{self.station.calibration}"
            flag = reviewed.ReportFlagged(cause=cause, reason="The calibration target was bent.")
            yield self._write(Actor.service("flagging"), stream, [flag])

    def _finding(self, run: InferenceId, code: str, label: str, unit: str) -> Finding:
        return Finding(
            finding=FindingId.derived(run, code),
            category="skin-tone",
            code=code,
            label=label,
            value=round(self.scribe.chance.uniform(10, 60), 1),
            unit=unit,
            uncertainty=3.0,
            coverage_factor=2.0,
            text=None,
            confidence=0.8,
            quality_flags=(),
            limitations=("Colour under the standard light",),
            needs_confirmation=False,
        )

    def _completed(self, findings: tuple[Finding, ...]) -> InferenceCompleted:
        return InferenceCompleted(
            run=RunFacts(
                model=self.house.model,
                runtime="onnxruntime 1.31.1",
                provider="CPUExecutionProvider",
                precision="float32",
                threads=1,
                settings=("graph_optimization=all",),
                platform=capture.PLATFORM,
                preprocessing="skin-colour/1",
            ),
            inputs=(TensorDigest(name="image", digest=self.scribe.digest()),),
            outputs=(TensorDigest(name="ita", digest=self.scribe.digest()),),
            findings=findings,
            artefacts=(),
        )


def _as_withheld(found: captured.OutputWithheld) -> Withheld:
    return Withheld(
        attempt=found.attempt,
        output=found.output,
        rule=found.rule,
        evidence=found.evidence,
        next_step=found.next_step,
    )
