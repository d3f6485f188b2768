"""A clinic with everything a session needs on record, through the real log, keys and blobs.

What people and stations do is recorded here directly; what the workers do is theirs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.database import migrate, open_engine
from adapters.eventlog.log import RecordLog, open_event_log
from adapters.inference.analysis import Analysis
from adapters.inference.release import ModelRelease, signed_message
from adapters.inference.skin_colour_graph import build_skin_colour_graph
from adapters.inference.skin_colour_release import skin_colour_release
from adapters.keys.signing import Ed25519Signer, P256Signer
from adapters.memory import ManualClock, MemoryKeyRing, SeededRandomness
from adapters.positions import DatabasePositions, SetAsideRecords
from adapters.steps import READER, Workers
from adapters.stream_index import StreamIndex
from adapters.workbench import Workbench
from domain.errors import FollowingStopped
from domain.events import codec
from domain.events.access import ReauthenticationPerformed
from domain.events.acquisition_protocol import ProtocolApproved, ProtocolDrafted
from domain.events.assessment import (
    AssessmentSignedOff,
    ConclusionRecorded,
    FindingAccepted,
)
from domain.events.capture_session import (
    AttemptJudged,
    AttemptMeasured,
    AttemptSubmitted,
    PhotographImported,
    PreconditionsChecked,
    SessionClosed,
)
from domain.events.clinic import ClinicRegistered
from domain.events.consent import ConsentGranted, ConsentWithdrawn
from domain.events.equipment import (
    CalibrationLocked,
    CalibrationRecorded,
    DeviceConfigurationChanged,
    DeviceEnrolled,
    IlluminationCalibrated,
)
from domain.events.model_release import ModelApproved, ModelRegistered
from domain.events.names import Event
from domain.events.practitioner import PractitionerRegistered
from domain.events.record import Attestation, Record, StoredBlob
from domain.events.subject import SubjectEnrolled, SubjectIdentityLinked
from domain.handling import Context, drafts, load
from domain.ledger import canonical
from domain.ledger.entry import commitment, device_statement
from domain.ports import BlobStore, EventLog, KeyRing
from domain.rules.acquisition_protocol import content_digest
from domain.rules.assessment import ASSESSMENT, presented_digest
from domain.rules.calibration import calibration_digest
from domain.rules.capture_session import CAPTURE_SESSION, close_session
from domain.values.actor import Actor
from domain.values.calibration import CalibrationRecord
from domain.values.capture import SERVER_GATES, CaptureConditions, ReadAt
from domain.values.consent import Purpose
from domain.values.content import (
    CaptureView,
    ColourEncoding,
    ContentReference,
    Digest,
    FrameRole,
    ImageReference,
)
from domain.values.identifiers import (
    AccessId,
    AssessmentId,
    AttemptId,
    CalibrationId,
    ConsentId,
    PractitionerId,
    ReleaseId,
    SessionId,
    StreamName,
    SubjectId,
)
from domain.values.model import ModelManifest
from domain.values.protocol import ProtocolContent, ViewRequirement
from domain.values.quality import Limit, QualityMeasurement, QualityVerdict
from domain.values.signature import ElectronicSignature, Meaning
from domain.values.time import DeviceTime
from tests.adapters.workers import frames
from tests.builders import (
    CALIBRATION,
    CLINIC,
    DEVICE,
    FRONTAL,
    MORNING,
    OPERATOR,
    PRACTITIONER,
    PROTOCOL,
    QUALITY_MANAGER,
    REAUTHENTICATION,
    SERIALS,
    SUBJECT,
    a_calibration_record,
    a_configuration,
    a_digest,
    a_protocol_content,
    a_wording,
    an_illumination_record,
    device_time,
    faces_in_view,
    gates,
)
from tests.builders import conditions as some_conditions
from tests.event_builders import a_session_opened

CLINIC_KEY = f"clinic:{CLINIC}"
LIMIT_BYTES = 64 << 20
STATION_KEY = P256Signer(ec.derive_private_key(7, ec.SECP256R1()), location="memory")
RELEASE_KEY = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)), location="memory")


def protocol_content(*, stereo: bool = True, least_sharp: float = 5.0) -> ProtocolContent:
    """Return a protocol whose limits fit the small drawn pictures."""
    return replace(
        a_protocol_content(stereo=stereo),
        views=(ViewRequirement(view=FRONTAL, stereo=stereo, instruction="Look straight ahead"),),
        limits=(
            Limit(name="face_found", minimum=1, maximum=None, unit="1", advice="Sit still."),
            Limit(
                name="focus_edge_width",
                minimum=None,
                maximum=least_sharp,
                unit="permille",
                advice="Hold still.",
            ),
            Limit(
                name="depth_completeness",
                minimum=0.5,
                maximum=None,
                unit="1",
                advice="Move hair off the face.",
                stereo_only=True,
            ),
        ),
    )


@dataclass
class ClinicDay:
    """Everything that happens at one clinic."""

    log: RecordLog
    blobs: BlobStore
    keys: KeyRing
    clock: ManualClock
    engine: sa.Engine
    key: P256Signer = field(default_factory=lambda: STATION_KEY)
    release_key: Ed25519Signer = field(default_factory=lambda: RELEASE_KEY)
    release: ReleaseId = field(default_factory=lambda: ReleaseId.derived("test"))
    sequence: int = 0
    content: ProtocolContent = field(default_factory=protocol_content)

    def workers(
        self,
        *,
        log: EventLog | None = None,
        blobs: BlobStore | None = None,
        positions: DatabasePositions | None = None,
    ) -> Workers:
        """Return workers, new ones each time, as after a restart."""
        return Workers(
            self.bench(log=log, blobs=blobs),
            keys=self.keys,
            keyed=self.log,
            positions=positions or self.positions(),
            set_aside=self.set_aside(),
        )

    def positions(self) -> DatabasePositions:
        """Return where positions are kept."""
        return DatabasePositions(self.engine)

    def set_aside(self) -> SetAsideRecords:
        """Return where records are set aside."""
        return SetAsideRecords(self.engine, READER)

    def bench(self, *, log: EventLog | None = None, blobs: BlobStore | None = None) -> Workbench:
        """Return a workbench, with another log or blob store in between where given."""
        return Workbench(
            clinic=CLINIC,
            log=log or self.log,
            tree=self.log.tree,
            blobs=blobs or self.blobs,
            streams=StreamIndex(self.log),
            clock=self.clock,
            version="0.1.0",
            build=a_digest("build"),
        )

    def work(self) -> None:
        """Let the workers do everything there is to do; nothing may be set aside."""
        workers = self.workers()
        while workers.catch_up():
            pass
        if workers.set_aside():
            raise FollowingStopped(READER, workers.set_aside()[0].seq)

    def events(self, stream: StreamName) -> list[Event]:
        """Return what is recorded in a stream."""
        return [each.event for each in self.log.stream(stream)]  # type: ignore[misc]

    def names(self, since: int = 0) -> list[str]:
        """Return the names of all records from a place on, in order."""
        return [each.name for each in self.log.after(since - 1, limit=10_000)]

    # What people and stations do.

    def record(
        self,
        stream: StreamName,
        *events: Event,
        by: Actor,
        subject: SubjectId | None = None,
        blobs: tuple[StoredBlob, ...] = (),
        attestation: Attestation | None = None,
    ) -> tuple[Record, ...]:
        """Record events as they are."""
        context = Context(
            clinic=CLINIC,
            actor=by,
            correlation="test",
            subject=subject,
            blobs=blobs,
            attestation=attestation,
        )
        version = len(self.log.stream(stream))
        self.clock.advance(timedelta(seconds=1))
        return self.log.append(drafts(stream, version, events, context))

    def keep(self, content: bytes, key: str) -> StoredBlob:
        """Store content."""
        return self.blobs.put((content,), key=key, expected=None, limit_bytes=LIMIT_BYTES)

    def open_clinic(self) -> None:
        """Record clinic, people, protocol, station, calibration and model."""
        self.keys.create(CLINIC_KEY)
        office = Actor.service("installation")
        registered = ClinicRegistered(
            clinic=CLINIC, name="Harbour Street Clinic", time_zone="Australia/Sydney", demo=True
        )
        self.record(CLINIC.stream, registered, by=office)
        for person, name in (
            (OPERATOR, "Tom Hale"),
            (PRACTITIONER, "Dr Amélie Nguyễn"),
            (QUALITY_MANAGER, "Jo Lind"),
        ):
            hired = PractitionerRegistered(
                practitioner=person, display_name=name, profession="Nurse", registration=""
            )
            self.record(person.stream, hired, by=office)
        self.approve_protocol()
        self.set_up_station()
        self.release_model()

    def approve_protocol(self) -> None:
        """Record the protocol."""
        self.record(
            PROTOCOL.stream,
            ProtocolDrafted(protocol=PROTOCOL, content=self.content, drafted_by=OPERATOR),
            ProtocolApproved(
                signature=self.signature(content_digest(self.content), QUALITY_MANAGER)
            ),
            by=Actor.practitioner(QUALITY_MANAGER),
        )

    def set_up_station(self) -> None:
        """Record the station with a locked calibration."""
        manager = Actor.practitioner(QUALITY_MANAGER)
        enrolled = DeviceEnrolled(
            device=DEVICE,
            serial="ST-0001",
            model="simulated",
            public_key=self.key.public_key().hex(),
        )
        self.record(DEVICE.stream, enrolled, by=manager)
        self.state(DEVICE.stream, DeviceConfigurationChanged(configuration=a_configuration()))
        stored = self.keep(frames.parameters(), CLINIC_KEY)
        record = self.calibration()
        self.state(DEVICE.stream, CalibrationRecorded(calibration=record), blobs=(stored,))
        locked = CalibrationLocked(
            calibration=CALIBRATION,
            signature=self.signature(calibration_digest(record), QUALITY_MANAGER, Meaning.LOCKED),
        )
        self.record(DEVICE.stream, locked, by=manager)
        self.state(
            DEVICE.stream, IlluminationCalibrated(illumination=an_illumination_record(), basis=None)
        )

    def calibration(self) -> CalibrationRecord:
        """Return the calibration of the rig that took the drawn pictures."""
        content = frames.parameters()
        reference = ContentReference(
            digest=Digest.of(content), size_bytes=len(content), media_type="application/json"
        )
        return replace(a_calibration_record(), parameters=reference)

    def release_model(self, model: bytes | None = None) -> None:
        """Record the skin-colour model with its signed manifest."""
        content = build_skin_colour_graph() if model is None else model
        self._release(self.release, skin_colour_release(Digest.of(content)), content)

    def release_analysis(self, analysis: Analysis) -> ReleaseId:
        """Record an analysis's model with its signed manifest; return the release."""
        content = analysis.model()
        release = analysis.release(Digest.of(content))
        identifier = ReleaseId.derived(release.name, release.version, str(release.model))
        self._release(identifier, release, content)
        return identifier

    def release_learned(
        self, release: ModelRelease, content: bytes, *, approve: bool = True
    ) -> ReleaseId:
        """Record a learned model with its signed manifest; return the release."""
        identifier = ReleaseId.derived(release.name, release.version, str(release.model))
        self._release(identifier, release, content, approve=approve)
        return identifier

    def _release(
        self, identifier: ReleaseId, release: ModelRelease, content: bytes, *, approve: bool = True
    ) -> None:
        manifest = release.manifest()
        registered = ModelManifest(
            name=release.name,
            version=release.version,
            model=ContentReference(
                digest=release.model, size_bytes=len(content), media_type="application/onnx"
            ),
            intended_use=release.intended_use,
            input_domain=release.input_domain.description,
            outputs=tuple(each.name for each in release.outputs),
            limitations=release.limitations,
            contraindications=release.contraindications,
            training_data=release.training_data,
            licence=release.licence,
            validation=release.validation,
            manifest_digest=Digest.of(manifest),
            signature=self.release_key.sign(signed_message(manifest)).hex(),
            signing_key=self.release_key.public_key().hex(),
        )
        stored = tuple(self.keep(each, CLINIC_KEY) for each in (content, manifest))
        self.record(
            identifier.stream,
            ModelRegistered(release=identifier, manifest=registered, registered_by=OPERATOR),
            by=Actor.practitioner(OPERATOR),
            blobs=stored,
        )
        if not approve:
            return
        approval = self.signature(Digest.of(manifest), QUALITY_MANAGER, Meaning.APPROVED)
        approved = ModelApproved(signature=approval)
        self.record(identifier.stream, approved, by=Actor.practitioner(QUALITY_MANAGER))

    def enrol(
        self,
        subject: SubjectId = SUBJECT,
        purposes: tuple[Purpose, ...] = (Purpose.CLINICAL_CAPTURE, Purpose.AI_ANALYSIS),
    ) -> None:
        """Record a client and what the client agreed to."""
        self.keys.create(f"subject:{subject}")
        desk = Actor.practitioner(OPERATOR)
        self.record(
            subject.stream, SubjectEnrolled(subject=subject, pseudonym="Person H-4821"), by=desk
        )
        linked = SubjectIdentityLinked(
            given_name="Mina", family_name="Okafor", date_of_birth="1990-01-01", clinic_number=""
        )
        self.record(subject.stream, linked, by=desk, subject=subject)
        for purpose in purposes:
            self.agree(purpose, subject)

    def agree(self, purpose: Purpose, subject: SubjectId = SUBJECT) -> None:
        """Record that a client agrees to a purpose."""
        granted = ConsentGranted(
            subject=subject,
            purpose=purpose,
            wording=a_wording(),
            given_by="subject",
            valid_until=None,
        )
        desk = Actor.practitioner(OPERATOR)
        self.record(ConsentId.derived(subject).stream, granted, by=desk, subject=subject)

    def withdraw(self, purpose: Purpose, subject: SubjectId = SUBJECT) -> None:
        """Record that a client takes an agreement back."""
        self.record(
            ConsentId.derived(subject).stream,
            ConsentWithdrawn(subject=subject, purpose=purpose, reason=""),
            by=Actor.practitioner(OPERATOR),
            subject=subject,
        )

    def open_session(
        self, name: str = "first", *, subject: SubjectId = SUBJECT, station: bool = True
    ) -> SessionId:
        """Record the opening of a session; without a station, for photographs."""
        session = SessionId.derived("test", name)
        consent = ConsentId.derived(subject).stream
        opened = a_session_opened(device=DEVICE if station else None)
        self.record(
            session.stream,
            replace(opened, session=session, subject=subject),
            PreconditionsChecked(
                gates=gates(SERVER_GATES),
                based_on=(ReadAt(stream=consent, version=len(self.log.stream(consent))),),
            ),
            by=Actor.practitioner(OPERATOR),
            subject=subject,
        )
        return session

    def submit(
        self,
        session: SessionId,
        name: str = "first",
        *,
        subject: SubjectId = SUBJECT,
        pictures: tuple[bytes, ...] | None = None,
        calibration: CalibrationId | None = CALIBRATION,
        view: CaptureView = FRONTAL,
        conditions: CaptureConditions | None = None,
    ) -> AttemptId:
        """Record what the station hands in, signed by it."""
        key = f"subject:{subject}"
        attempt = AttemptId.derived("test", name)
        contents = frames.pair() if pictures is None else pictures
        roles = (FrameRole.LEFT, FrameRole.RIGHT) if len(contents) > 1 else (FrameRole.SINGLE,)
        submitted = AttemptSubmitted(
            attempt=attempt,
            view=view,
            frames=tuple(
                image(content, role, serial)
                for content, role, serial in zip(contents, roles, SERIALS, strict=False)
            ),
            captured_at=DeviceTime(self.clock.now().us),
            conditions=replace(conditions or some_conditions(), calibration=calibration),
            gates=gates(),
            claims=(),
        )
        stored = tuple(self.keep(each, key) for each in contents)
        self.state(session.stream, submitted, subject=subject, blobs=stored)
        return attempt

    def state(
        self,
        stream: StreamName,
        event: Event,
        *,
        subject: SubjectId | None = None,
        blobs: tuple[StoredBlob, ...] = (),
    ) -> None:
        """Record what the station states, signed by it."""
        self.sequence += 1
        name, schema, plain = codec.encode(event)
        payload = canonical.encode(plain)
        salt = bytes([self.sequence]) * 32
        moment = device_time(self.sequence)
        statement = device_statement(
            stream=stream,
            name=name,
            schema=schema,
            device=DEVICE,
            device_sequence=self.sequence,
            device_time_us=moment.us,
            commitment=commitment(salt, payload),
        )
        attestation = Attestation(
            device=DEVICE,
            schema=schema,
            sequence=self.sequence,
            device_time=moment,
            salt=salt,
            payload=payload,
            signature=self.key.sign(statement),
        )
        self.record(
            stream,
            event,
            by=Actor.device(DEVICE),
            subject=subject,
            blobs=blobs,
            attestation=attestation,
        )

    def import_photograph(
        self, session: SessionId, picture: bytes, *, subject: SubjectId = SUBJECT
    ) -> AttemptId:
        """Record a photograph from elsewhere."""
        attempt = AttemptId.derived("test", "photograph")
        imported = PhotographImported(
            attempt=attempt,
            view=FRONTAL,
            frame=image(picture, FrameRole.SINGLE, None),
            source="camera of the clinic",
        )
        stored = self.keep(picture, f"subject:{subject}")
        self.record(
            session.stream,
            imported,
            by=Actor.practitioner(OPERATOR),
            subject=subject,
            blobs=(stored,),
        )
        return attempt

    def accept(
        self,
        session: SessionId,
        measured: tuple[QualityMeasurement, ...] = (faces_in_view(1),),
        *,
        subject: SubjectId = SUBJECT,
    ) -> Record:
        """Record measurement and verdict of the last attempt without measuring anything."""
        arrival = self.events(session.stream)[-1]
        assert isinstance(arrival, AttemptSubmitted)
        made = AttemptMeasured(
            attempt=arrival.attempt,
            inputs=tuple(each.content.digest for each in arrival.frames),
            measurements=measured,
            platform=a_digest("platform"),
        )
        judged = AttemptJudged(
            attempt=arrival.attempt,
            protocol=PROTOCOL,
            verdict=QualityVerdict(acceptable=True, reasons=()),
        )
        quality = Actor.service("quality")
        return self.record(session.stream, made, judged, by=quality, subject=subject)[-1]

    def close(self, session: SessionId, *, subject: SubjectId = SUBJECT) -> None:
        """Record the end of a session."""
        state, _ = load(self.log, CAPTURE_SESSION, session.stream)
        closed: SessionClosed = close_session(state, content=self.content)
        self.record(session.stream, closed, by=Actor.practitioner(OPERATOR), subject=subject)

    def sign_off(self, session: SessionId, *, subject: SubjectId = SUBJECT) -> AssessmentId:
        """Record that the practitioner accepts what is unreviewed, concludes and signs."""
        assessment = AssessmentId.derived(session)
        practitioner = Actor.practitioner(PRACTITIONER)
        state, _ = load(self.log, ASSESSMENT, assessment.stream)
        self.record(
            assessment.stream,
            *(FindingAccepted(finding=each.finding) for each in state.unreviewed),
            ConclusionRecorded(text="Even tone. Next visit in six weeks."),
            by=practitioner,
            subject=subject,
        )
        proved = ReauthenticationPerformed(
            practitioner=PRACTITIONER,
            reauthentication=REAUTHENTICATION,
            methods=("password", "totp"),
            at=self.clock.now(),
        )
        self.record(AccessId.derived(PRACTITIONER).stream, proved, by=practitioner)
        state, _ = load(self.log, ASSESSMENT, assessment.stream)
        signature = self.signature(presented_digest(state), PRACTITIONER, Meaning.REVIEWED)
        self.record(
            assessment.stream,
            AssessmentSignedOff(signature=signature),
            by=practitioner,
            subject=subject,
        )
        return assessment

    def signature(
        self,
        digest: Digest,
        signer: PractitionerId,
        meaning: Meaning = Meaning.APPROVED,
    ) -> ElectronicSignature:
        """Return a signature made now."""
        return ElectronicSignature(
            signer=signer,
            meaning=meaning,
            signed_at=self.clock.now(),
            digest=digest,
            reauthentication=REAUTHENTICATION,
        )


def image(content: bytes, role: FrameRole, serial: str | None) -> ImageReference:
    """Return the reference to one of the small drawn pictures, whatever the bytes are."""
    media_type = "image/jpeg" if content.startswith(b"\xff\xd8") else "image/png"
    return ImageReference(
        content=ContentReference(
            digest=Digest.of(content), size_bytes=len(content), media_type=media_type
        ),
        role=role,
        camera_serial=serial,
        width_px=frames.SCENE.width,
        height_px=frames.SCENE.height,
        encoding=ColourEncoding.SRGB,
    )


@contextmanager
def clinic_day(folder: Path, content: ProtocolContent | None = None) -> Iterator[ClinicDay]:
    """Open a clinic's record in an empty folder and record what a session needs."""
    dsn = f"sqlite:///{folder / 'vultus.sqlite'}"
    migrate(dsn)
    randomness = SeededRandomness("clinic day")
    keys = MemoryKeyRing(randomness)
    clock = ManualClock(MORNING)
    engine = open_engine(dsn)
    try:
        keys.create(CLINIC_KEY)
        with open_event_log(
            dsn, clinic=CLINIC, keys=keys, clock=clock, randomness=randomness
        ) as log:
            day = ClinicDay(
                log=log,
                blobs=FilesystemBlobStore(folder / "blobs", keys),
                keys=keys,
                clock=clock,
                engine=engine,
                content=content or protocol_content(),
            )
            day.open_clinic()
            day.enrol()
            yield day
    finally:
        engine.dispose()
