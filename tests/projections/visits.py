"""A client's visit, recorded step by step by the rules that the station and the workers ask."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from domain.events import assessment as reviewed
from domain.events import capture_session as captured
from domain.events.inference import InferenceRequested
from domain.events.names import Event
from domain.events.record import Record
from domain.handling import load
from domain.rules import (
    assessment,
    attempt,
    capture_session,
    equipment,
    inference,
    refused_capture,
    report,
)
from domain.values.actor import Actor
from domain.values.assessment import Assessment, Withheld
from domain.values.capture import Gate, ReadAt, Stage
from domain.values.capture_session import CaptureSession
from domain.values.content import ContentReference, Digest
from domain.values.finding import Finding
from domain.values.gates import GatesClosed, ModelLists, Operator
from domain.values.identifiers import (
    AssessmentId,
    AttemptId,
    CalibrationId,
    FindingId,
    InferenceId,
    ReleaseId,
    SessionId,
    SubjectId,
)
from domain.values.model import Artefact
from domain.values.signature import Meaning
from domain.values.station import calibration_gate
from domain.values.time import DeviceTime
from tests.builders import (
    DEVICE,
    MODEL_LIST,
    PRACTITIONER,
    RELEASE,
    a_content,
    a_coverage,
    a_finding,
    a_manifest,
    a_stereo_pair,
    conditions,
    faces_in_view,
    gates,
)
from tests.event_builders import (
    a_depth,
    a_photograph_imported,
    a_session_opened,
    a_signed_statement,
    an_attempt_measured,
    an_attempt_submitted,
    an_inference_completed,
    preconditions,
)
from tests.projections.clinic import CONTENT, Clinic

STATION = Actor.device(DEVICE)
QUALITY = Actor.service("quality")
DOCTOR = Actor.practitioner(PRACTITIONER)
MAP = Artefact(name="melanin-map", content=a_content("a map"), legend="dark is much")


@dataclass
class Visit:
    """One session of one subject, with its assessment."""

    clinic: Clinic
    who: SubjectId
    session: SessionId

    @property
    def assessment(self) -> AssessmentId:
        """The session's assessment."""
        return AssessmentId.derived(self.session)

    @property
    def state(self) -> CaptureSession:
        """What is known of the session."""
        return load(self.clinic.log, capture_session.CAPTURE_SESSION, self.session.stream)[0]

    @property
    def review(self) -> Assessment:
        """What is known of the assessment."""
        return load(self.clinic.log, assessment.ASSESSMENT, self.assessment.stream)[0]

    def capture(
        self,
        rule: Callable[[CaptureSession], Event | tuple[Event, ...]],
        *,
        actor: Actor = QUALITY,
        said: Event | None = None,
    ) -> tuple[Record, ...]:
        """Record what is decided on the session; ``said`` is what the station signs."""
        return self.clinic.record(
            capture_session.CAPTURE_SESSION,
            self.session.stream,
            rule,
            actor=actor,
            who=self.who,
            attestation=None if said is None else self.clinic.attest(said),
        )

    def open(self, *, imports: bool = False) -> None:
        """Open the session; photographs are imported into it where said."""
        opened = replace(
            a_session_opened(device=None if imports else DEVICE),
            session=self.session,
            subject=self.who,
        )
        self.capture(
            lambda state: capture_session.open_session(state, opened, preconditions()),
            actor=DOCTOR,
        )

    def refuse_to_open(self) -> None:
        """Refuse to open the session at a gate."""
        blocked = captured.CaptureBlocked(
            stage=Stage.OPENING, view=None, gates=gates((Gate.CONSENT,), failing=Gate.CONSENT),
            based_on=(),
        )  # fmt: skip
        opened = replace(a_session_opened(), session=self.session, subject=self.who)
        self.capture(lambda state: capture_session.open_session(state, opened, blocked))

    def block(self) -> None:
        """Let the station refuse a capture before the shutter."""
        found = captured.CaptureBlocked(
            stage=Stage.STATION,
            view=CONTENT.views[0].view,
            gates=gates(failing=Gate.DISTANCE),
            based_on=(ReadAt(stream=DEVICE.stream, version=1),),
        )
        self.capture(
            lambda state: refused_capture.report_block(state, found, device=DEVICE),
            actor=STATION,
            said=found,
        )

    def hand_in(self, *, picture: str | None = None) -> AttemptId:
        """Hand in an attempt of the station with the calibration in force."""
        station, _ = load(self.clinic.log, equipment.EQUIPMENT, DEVICE.stream)
        identifier = AttemptId.derived("test", self.clinic.next_name("attempt"))
        claimed = replace(conditions(), calibration=station.in_force)
        submitted = replace(
            an_attempt_submitted(),
            attempt=identifier,
            frames=a_stereo_pair(picture or str(identifier)),
            conditions=claimed,
        )
        fit = equipment.fit_for_attempt(
            station,
            conditions=claimed,
            captured_at=DeviceTime(self.clinic.clock.now().us),
            content=CONTENT,
            models=ModelLists(in_force=MODEL_LIST, opened_with=MODEL_LIST),
        )
        try:
            taken = capture_session.submit_attempt(
                self.state,
                submitted,
                device=DEVICE,
                content=CONTENT,
                consent=a_coverage(),
                operator=Operator(signed_in=True, may_operate=True),
                device_gates=fit,
            )
        except GatesClosed as closed:
            refused = refused_capture.refuse_attempt(
                submitted, closed, statement=a_signed_statement(), based_on=()
            )
            self.capture(lambda _: refused, actor=STATION)
        else:
            self.capture(lambda _: taken, actor=STATION, said=taken)
        return identifier

    def bring(self, *, picture: str | None = None, source: str = "the phone") -> AttemptId:
        """Import a photograph."""
        identifier = AttemptId.derived("test", self.clinic.next_name("attempt"))
        photograph = a_photograph_imported(picture or str(identifier))
        imported = replace(photograph, attempt=identifier, source=source)
        self.capture(
            lambda state: capture_session.import_photograph(
                state, imported, content=CONTENT, consent=a_coverage()
            ),
            actor=DOCTOR,
        )
        return identifier

    def measure(self, which: AttemptId, *, focus: float = 80.0) -> None:
        """Measure an attempt, and judge it by the protocol; below 50 it is rejected."""
        found = self.state.attempts[which]
        measured = replace(
            an_attempt_measured(focus=focus, stereo=found.stereo),
            attempt=which,
            inputs=found.digests,
        )
        self.capture(lambda state: attempt.record_measurement(state, measured))
        self.capture(lambda state: attempt.judge_attempt(state, which, content=CONTENT))

    def give_up(self, which: AttemptId, evidence: str = "the picture is cut off") -> None:
        """Find that an attempt cannot be measured."""
        failed = captured.AttemptUnmeasurable(
            attempt=which, rule="image.truncated", evidence=evidence
        )
        self.capture(lambda state: attempt.record_unmeasurable(state, failed))

    def reconstruct(self, which: AttemptId) -> None:
        """Reconstruct the depth of an attempt."""
        station, _ = load(self.clinic.log, equipment.EQUIPMENT, DEVICE.stream)
        found = self.state.attempts[which]
        depth = replace(
            a_depth(),
            attempt=which,
            calibration=found.calibration or CalibrationId.derived("none"),
            depth=a_content(f"{which} depth", "application/octet-stream"),
            inputs=found.digests,
        )
        gate = calibration_gate(
            station, found.calibration, at=self.clinic.clock.now(), limits=CONTENT.calibration
        )
        self.capture(lambda state: attempt.record_depth(state, depth, calibration=gate))

    def withhold(self, which: AttemptId) -> None:
        """Withhold the volume of an attempt, on every ground there is."""
        self.capture(
            lambda state: attempt.volume_withheld(
                state, which, calibration=None, claim_validated=False
            )
        )

    def close(self) -> None:
        """Close the session."""
        close = partial(capture_session.close_session, content=CONTENT)
        self.capture(close, actor=DOCTOR)

    def abandon(self, reason: str = "the client had to leave") -> None:
        """Abandon the session."""
        self.capture(partial(capture_session.abandon_session, reason=reason), actor=DOCTOR)

    # Models

    def run_of(self, which: AttemptId, release: ReleaseId = RELEASE) -> InferenceId:
        """Return the run of a release on an attempt."""
        return InferenceId.derived(which, release)

    def infer(
        self, rule: Callable[[inference.Inference], Event | tuple[Event, ...]], run: InferenceId
    ) -> tuple[Record, ...]:
        """Record what is decided on a run."""
        actor = Actor.service("inference")
        return self.clinic.record(inference.INFERENCE, run.stream, rule, actor=actor, who=self.who)

    def request(self, which: AttemptId, release: ReleaseId = RELEASE) -> None:
        """Call for a run."""
        found = self.state.attempts[which]
        request = InferenceRequested(
            inference=self.run_of(which, release),
            subject=self.who,
            session=self.session,
            attempt=which,
            release=release,
            model=a_manifest().model.digest,
            frames=found.digests,
        )
        self.infer(
            lambda state: inference.request_inference(
                state,
                request,
                accepted=found.accepted,
                approved=True,
                consent=a_coverage(),
                measurements=(faces_in_view(1),),
            ),
            request.inference,
        )

    def complete(
        self, which: AttemptId, codes: tuple[str, ...] = ("ita",), *, text: str = "intermediate"
    ) -> None:
        """Let a run find something."""
        run = self.run_of(which)
        findings = tuple(
            replace(a_finding(code), finding=FindingId.derived(run, code), text=text)
            for code in codes
        )
        completed = replace(an_inference_completed(*findings), artefacts=(MAP,))
        self.infer(lambda state: inference.complete_inference(state, completed), run)

    def fail(self, which: AttemptId) -> None:
        """Let a run fail."""
        fail = partial(
            inference.fail_inference, rule="model.input", evidence="the face is not in the frame"
        )
        self.infer(fail, self.run_of(which))

    # Review

    def judge(
        self,
        rule: Callable[[Assessment], Event | tuple[Event, ...]],
        *,
        actor: Actor = DOCTOR,
    ) -> tuple[Record, ...]:
        """Record what is decided on the assessment."""
        return self.clinic.record(
            assessment.ASSESSMENT, self.assessment.stream, rule, actor=actor, who=self.who
        )

    def lay_out(self) -> None:
        """Open the assessment with every run of the release on the accepted attempts."""
        session = self.state
        runs = {
            each: load(self.clinic.log, inference.INFERENCE, self.run_of(each).stream)[0]
            for each in session.accepted
        }
        ended = {each: run for each, run in runs.items() if run.ended}
        opened = reviewed.AssessmentOpened(
            assessment=self.assessment,
            subject=self.who,
            session=self.session,
            attempts=session.accepted,
            frames=tuple(
                digest for each in session.accepted for digest in session.attempts[each].digests
            ),
            inferences=tuple(self.run_of(each) for each in ended),
            findings=tuple(
                finding
                for run in ended.values()
                if run.completed is not None
                for finding in run.completed.findings
            ),
            withheld=tuple(
                Withheld(attempt=each, output=output, rule=rule, evidence="none", next_step="wait")
                for each in session.accepted
                for output, rule in sorted(session.attempts[each].withheld)
            ),
        )
        pending = tuple(self.run_of(each) for each, run in runs.items() if run.pending)
        self.judge(
            lambda state: assessment.open_assessment(
                state, opened, session_closed=session.closed, pending=pending
            ),
            actor=Actor.service("assessment"),
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings laid before the practitioner."""
        return self.review.findings

    def accept(self, finding: FindingId) -> None:
        """Accept a finding."""
        self.judge(partial(assessment.accept_finding, finding=finding))

    def amend(
        self,
        finding: FindingId,
        value: float = 41.0,
        text: str = "light",
        reason: str = "seen by daylight",
    ) -> None:
        """Put another value beside a finding."""
        self.judge(
            partial(
                assessment.amend_finding,
                finding=finding,
                value=value,
                text=text,
                reason_code="clinical-judgement",
                reason=reason,
            )
        )

    def reject(self, finding: FindingId, reason: str = "a shadow") -> None:
        """Reject a finding."""
        self.judge(
            partial(
                assessment.reject_finding, finding=finding, reason_code="artefact", reason=reason
            )
        )

    def conclude(self, text: str = "Even skin tone.") -> None:
        """Write the conclusion."""
        self.judge(partial(assessment.record_conclusion, text=text))

    def sign(self) -> None:
        """Sign what is shown."""

        def decide(state: Assessment) -> Event:
            digest = assessment.presented_digest(state)
            signing = self.clinic.signed(digest, PRACTITIONER, Meaning.REVIEWED)
            return assessment.sign_off(state, signing)

        self.judge(decide)

    def add(self, text: str = "The makeup was light, not none.") -> None:
        """Amend what was signed."""

        def decide(state: Assessment) -> Event:
            digest = Digest.of(report.amendment_presentation(state, text))
            signing = self.clinic.signed(digest, PRACTITIONER, Meaning.AUTHORED)
            return report.amend_assessment(state, text=text, signing=signing)

        self.judge(decide)

    def issue(self) -> None:
        """Issue the report of what was signed last."""
        signed = self.review.signed_digests
        digest = signed[-1] if signed else Digest.of(b"nothing")
        issue = partial(
            report.issue_report,
            signed_digest=digest,
            document=ContentReference(
                digest=Digest.of(digest.encode()), size_bytes=1, media_type="application/pdf"
            ),
            renderer="typst 0.14",
            sources=self.review.frames,
        )
        self.judge(issue, actor=Actor.service("reporting"))

    def flag(self, cause: str = "calibration", reason: str = "the target was bent") -> None:
        """Flag the assessment."""
        flag = partial(report.flag_assessment, cause=cause, reason=reason)
        self.judge(flag, actor=Actor.service("flagging"))

    # Several steps at once

    def analyse(self, codes: tuple[str, ...] = ("ita",)) -> AttemptId:
        """Do everything up to an assessment with the findings of one accepted attempt."""
        self.open()
        which = self.hand_in()
        self.measure(which)
        self.reconstruct(which)
        self.withhold(which)
        self.request(which)
        self.close()
        self.complete(which, codes)
        self.lay_out()
        return which

    def report(self) -> None:
        """Accept every finding, sign and issue the report."""
        for each in self.findings:
            self.accept(each.finding)
        self.conclude()
        self.sign()
        self.issue()


def a_visit(clinic: Clinic, who: SubjectId | None = None) -> Visit:
    """Return a visit of a subject, or of a new one, of which nothing is recorded yet."""
    subject = clinic.enrol() if who is None else who
    return Visit(
        clinic=clinic,
        who=subject,
        session=SessionId.derived("test", clinic.next_name("session")),
    )
