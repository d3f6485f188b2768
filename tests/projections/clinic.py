"""A clinic whose record is written by the real rules over a real log, step by step.

A step that a rule refuses raises, as everywhere; ``tests/projections/histories.py`` draws steps.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from adapters.eventlog.log import RecordLog, open_event_log
from adapters.memory import ManualClock, MemoryKeyRing, SeededRandomness
from domain.events import clinic as clinics
from domain.events import equipment as stations
from domain.events.aggregate import Aggregate
from domain.events.codec import to_plain
from domain.events.names import NAME_OF, Event
from domain.events.record import Attestation, Record
from domain.events.subject import SubjectKeyDestroyed
from domain.handling import Context, update
from domain.ledger import canonical
from domain.rules import (
    access,
    acquisition_protocol,
    calibration,
    clinic,
    consent,
    equipment,
    model_release,
    practitioner,
    subject,
)
from domain.values.actor import Actor, Role
from domain.values.calibration import CalibrationRecord, IlluminationRecord
from domain.values.consent import Purpose
from domain.values.content import Digest
from domain.values.identifiers import (
    AccessId,
    CalibrationId,
    ConsentId,
    PractitionerId,
    ReauthenticationId,
    ReleaseId,
    StreamName,
    SubjectId,
)
from domain.values.signature import ElectronicSignature, Meaning
from domain.values.signing import Signing
from domain.values.station import Station
from domain.values.time import DeviceTime
from tests.builders import (
    CLINIC,
    DEVICE,
    MORNING,
    OPERATOR,
    PRACTITIONER,
    PRIVACY_OFFICER,
    PROTOCOL,
    QUALITY_MANAGER,
    RELEASE,
    a_calibration_record,
    a_colour_record,
    a_configuration,
    a_digest,
    a_light_field,
    a_manifest,
    a_protocol_content,
    a_wording,
    an_illumination_record,
)
from tests.event_builders import a_views_event

S = TypeVar("S")
E = TypeVar("E")
SERVICE = Actor.service("test")
ADMINISTRATOR = PractitionerId.derived("test", "administrator")
ACCESS = AccessId.derived(PRACTITIONER).stream
PEOPLE = {
    OPERATOR: ("Olive Operator", Role.OPERATOR),
    PRACTITIONER: ("Dr Paul Practitioner", Role.PRACTITIONER),
    QUALITY_MANAGER: ("Quinn Quality", Role.QUALITY_MANAGER),
    PRIVACY_OFFICER: ("Pia Privacy", Role.PRIVACY_OFFICER),
}
CONTENT = a_protocol_content()


def a_clinic(dsn: str = "memory", *, founded: bool = True) -> "Clinic":
    """Return a clinic whose record is in memory, unless said; the caller closes the log."""
    clock = ManualClock(MORNING)
    keys = MemoryKeyRing(SeededRandomness("keys"))
    keys.create(f"clinic:{CLINIC}")
    log = open_event_log(
        dsn, clinic=CLINIC, keys=keys, clock=clock, randomness=SeededRandomness("records")
    )
    made = Clinic(log=log, keys=keys, clock=clock)
    if founded:
        made.found()
    return made


@dataclass
class Clinic:
    """One clinic's record and the ways it is written."""

    log: RecordLog
    keys: MemoryKeyRing
    clock: ManualClock
    sequence: int = 0
    numbers: dict[str, int] = field(default_factory=dict)

    def record(
        self,
        aggregate: Aggregate[S, E],
        stream: StreamName,
        decide: Callable[[S], Event | tuple[Event, ...]],
        *,
        actor: Actor = SERVICE,
        who: SubjectId | None = None,
        attestation: Attestation | None = None,
    ) -> tuple[Record, ...]:
        """Decide and record, a second after whatever was recorded before."""
        self.clock.advance(timedelta(seconds=1))
        context = Context(
            clinic=CLINIC,
            actor=actor,
            correlation=f"work {self.log.size()}",
            subject=who,
            attestation=attestation,
            received_at=None if attestation is None else self.clock.now(),
        )
        return update(self.log, aggregate, stream, decide, context)

    def attest(self, event: Event, *, skipped: int = 0) -> Attestation:
        """Return the station's next statement of an event."""
        self.sequence += 1 + skipped
        return Attestation(
            device=DEVICE,
            schema=NAME_OF[type(event)][1],
            sequence=self.sequence,
            device_time=DeviceTime(self.clock.now().us - 2_000_000),
            salt=bytes(32),
            payload=canonical.encode(to_plain(event)),
            signature=b"signature",
        )

    def next_name(self, kind: str) -> str:
        """Return a name that no other thing of this kind has."""
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return f"{kind} {self.numbers[kind]}"

    def signed(self, digest: Digest, signer: PractitionerId, meaning: Meaning) -> Signing:
        """Return somebody's fresh signature of a digest."""
        signature = ElectronicSignature(
            signer=signer,
            meaning=meaning,
            signed_at=self.clock.now(),
            digest=digest,
            reauthentication=ReauthenticationId.derived("test", str(self.log.size())),
        )
        roles = frozenset({PEOPLE[signer][1]})
        return Signing(signature=signature, roles=roles, reauthenticated=True)

    # The clinic and its people

    def found(self) -> None:
        """Record everything a clinic needs before its first client."""
        self.deploy("0.1.0")
        register = partial(
            clinic.register_clinic,
            identifier=CLINIC,
            name="Harbour Clinic",
            time_zone="Australia/Sydney",
            demo=True,
        )
        self.record(clinic.CLINIC, CLINIC.stream, register)
        for each in PEOPLE:
            self.employ(each)
        self.set_up_station()
        self.record(
            acquisition_protocol.ACQUISITION_PROTOCOL,
            PROTOCOL.stream,
            lambda state: acquisition_protocol.draft_protocol(
                state, identifier=PROTOCOL, content=CONTENT, drafted_by=OPERATOR
            ),
        )
        digest = acquisition_protocol.content_digest(CONTENT)
        approval = self.signed(digest, QUALITY_MANAGER, Meaning.APPROVED)
        self.record(
            acquisition_protocol.ACQUISITION_PROTOCOL,
            PROTOCOL.stream,
            lambda state: acquisition_protocol.approve_protocol(state, approval),
        )
        self.release_model(RELEASE)

    def deploy(self, version: str) -> None:
        """Record that a build began to serve."""
        deploy = partial(
            clinic.deploy_software,
            version=version,
            build=a_digest(f"build {version}"),
            components=("numpy==2.3.5", f"onnxruntime=={version}"),
        )
        self.record(clinic.CLINIC, CLINIC.stream, deploy)

    def employ(self, who: PractitionerId) -> None:
        """Register a person with role and credentials."""
        name, role = PEOPLE[who]
        register = partial(
            practitioner.register_practitioner,
            practitioner=who,
            display_name=name,
            profession="registered nurse",
            registration="NMW0001",
        )
        grant = partial(
            practitioner.grant_role, role=role, granted_by=Actor.practitioner(ADMINISTRATOR)
        )
        issue = partial(practitioner.issue_credential, credential="totp")
        for rule in (register, grant, issue):
            self.record(practitioner.PRACTITIONER, who.stream, rule)

    def sign_in(self, who: PractitionerId = PRACTITIONER) -> None:
        """Let somebody sign in."""
        sign_in = partial(
            access.sign_in,
            practitioner=who,
            methods=("password", "totp"),
            at=self.clock.now(),
            lockout=access.Lockout(),
        )
        stream = AccessId.derived(who).stream
        self.record(access.ACCESS, stream, sign_in, actor=Actor.practitioner(who))

    def look_at(self, resource: str) -> None:
        """Let the practitioner look at something."""
        looked = access.view_record(resource=resource, purpose="care")
        actor = Actor.practitioner(PRACTITIONER)
        self.record(access.ACCESS, ACCESS, lambda _: looked, actor=actor)

    def export(self, who: SubjectId) -> None:
        """Let the practitioner take out a subject's report."""
        exported = clinics.RecordExported(
            kind="report", subject=who, digest=a_digest("exported"), purpose="referral"
        )
        actor = Actor.practitioner(PRACTITIONER)
        self.record(clinic.CLINIC, CLINIC.stream, lambda _: exported, actor=actor)

    # Equipment and models

    def set_up_station(self) -> None:
        """Enrol the station, describe and calibrate it."""
        enrol = partial(
            equipment.enrol_device,
            identifier=DEVICE,
            serial="ST-0001",
            model="Portal M1",
            public_key="00ff",
        )
        self.record(equipment.EQUIPMENT, DEVICE.stream, enrol)
        self.station_says(
            stations.DeviceConfigurationChanged(configuration=a_configuration()),
            lambda state: equipment.change_configuration(state, a_configuration()),
        )
        self.lock(self.calibrate().calibration)
        self.light()

    def station_says(
        self,
        event: stations.EquipmentEvent,
        rule: Callable[[Station], Event | tuple[Event, ...]],
    ) -> tuple[Record, ...]:
        """Record what the station says about itself."""
        actor, statement = Actor.device(DEVICE), self.attest(event)
        return self.record(
            equipment.EQUIPMENT, DEVICE.stream, rule, actor=actor, attestation=statement
        )

    def equip(self, rule: Callable[[Station], Event | tuple[Event, ...]]) -> tuple[Record, ...]:
        """Record what somebody decides about the station."""
        return self.record(equipment.EQUIPMENT, DEVICE.stream, rule)

    def calibrate(self, *, passed: bool = True) -> CalibrationRecord:
        """Calibrate the station."""
        made = replace(
            a_calibration_record(passed=passed),
            calibration=CalibrationId.derived("test", self.next_name("calibration")),
        )
        self.station_says(
            stations.CalibrationRecorded(calibration=made),
            lambda state: calibration.record_calibration(state, made),
        )
        return made

    def lock(self, which: CalibrationId) -> None:
        """Lock a calibration for use."""

        def decide(state: Station) -> Event:
            record = state.calibrations[which].record
            digest = calibration.calibration_digest(record)
            return calibration.lock_calibration(
                state,
                which,
                at=self.clock.now(),
                limits=CONTENT.calibration,
                signing=self.signed(digest, QUALITY_MANAGER, Meaning.LOCKED),
            )

        self.equip(decide)

    def invalidate(self, which: CalibrationId, reason: str = "the target was bent") -> None:
        """Find a calibration defective."""
        self.equip(lambda state: calibration.invalidate_calibration(state, which, reason=reason))

    def check_in_field(self, which: CalibrationId, *, passed: bool) -> None:
        """Check a calibration with the target in the holder."""
        check = stations.FieldCheckPerformed(
            performed_at=DeviceTime(self.clock.now().us),
            calibration=which,
            epipolar_error_px=0.2 if passed else 0.8,
            baseline_error_mm=0.05,
            passed=passed,
            evidence="0.2 px" if passed else "0.8 px is above 0.30 px",
            basis=None,
        )
        self.station_says(check, lambda state: calibration.record_field_check(state, check))

    def views(self, which: CalibrationId) -> None:
        """State the views behind a calibration."""
        made = replace(a_views_event(left_out=1), calibration=which)
        self.station_says(made, lambda state: calibration.record_views(state, made))

    def light_field(self) -> None:
        """Measure the light on the grey target."""
        made = stations.LightFieldMeasured(field=a_light_field(), basis=None)
        self.station_says(made, lambda state: calibration.record_light_field(state, made))

    def colour(self, *, passed: bool = True) -> None:
        """Calibrate the colours."""
        made = stations.ColourCalibrated(colour=a_colour_record(passed=passed), basis=None)
        self.station_says(made, lambda state: calibration.record_colour(state, made))

    def light(self, made: IlluminationRecord | None = None) -> None:
        """Calibrate the light."""
        record = made or an_illumination_record()
        lit = stations.IlluminationCalibrated(illumination=record, basis=None)
        self.station_says(lit, lambda state: calibration.record_illumination(state, lit))

    def release_model(self, which: ReleaseId) -> None:
        """Register and approve a model."""
        manifest = replace(a_manifest(), version=f"1.0.{len(self.numbers)}")
        register = partial(
            model_release.register_model,
            identifier=which,
            manifest=manifest,
            registered_by=OPERATOR,
            signature_valid=True,
        )
        approval = self.signed(manifest.manifest_digest, QUALITY_MANAGER, Meaning.APPROVED)
        approve = partial(model_release.approve_model, signing=approval, others=())
        for rule in (register, approve):
            self.record(model_release.MODEL_RELEASE, which.stream, rule)

    def suspend_model(self, which: ReleaseId, reason: str = "a drift was found") -> None:
        """Stop a release from being run."""
        self.record(
            model_release.MODEL_RELEASE,
            which.stream,
            lambda state: model_release.suspend_model(state, reason=reason),
        )

    # Subjects

    def enrol(
        self, given_name: str = "Ada", family_name: str = "Byron", clinic_number: str = "17"
    ) -> SubjectId:
        """Enrol a person as a subject."""
        who = SubjectId.derived("test", self.next_name("subject"))
        self.keys.create(f"subject:{who}")
        pseudonym = f"P-{self.numbers['subject']:04d}-0001"
        self.about(
            who, lambda each: subject.enrol_subject(each, identifier=who, pseudonym=pseudonym)
        )
        self.identify(who, given_name, family_name, clinic_number)
        return who

    def about(
        self, who: SubjectId, rule: Callable[[subject.Subject], Event | tuple[Event, ...]]
    ) -> tuple[Record, ...]:
        """Record what is decided about a subject."""
        return self.record(subject.SUBJECT, who.stream, rule, who=who)

    def identify(
        self, who: SubjectId, given_name: str, family_name: str, clinic_number: str = ""
    ) -> None:
        """Name the person behind a pseudonym, or correct the name."""
        link = partial(
            subject.link_identity,
            given_name=given_name,
            family_name=family_name,
            date_of_birth="1990-12-10",
            clinic_number=clinic_number,
        )
        self.about(who, link)

    def consent(
        self, who: SubjectId, purpose: Purpose = Purpose.CLINICAL_CAPTURE, answer: str = "grant"
    ) -> None:
        """Record a subject's answer: ``grant``, ``decline`` or ``withdraw``."""
        stream, at = ConsentId.derived(who).stream, self.clock.now()
        withdraw = partial(
            consent.withdraw_consent, subject=who, purpose=purpose, reason="changed my mind"
        )
        decline = partial(
            consent.decline_consent, subject=who, purpose=purpose, wording=a_wording(), at=at
        )

        def grant(_: consent.Consent) -> Event:
            return consent.grant_consent(
                subject=who,
                purpose=purpose,
                wording=a_wording(),
                given_by="subject",
                valid_until=None,
                at=at,
            )

        decide: Callable[[consent.Consent], Event] = grant
        if answer != "grant":
            decide = decline if answer == "decline" else withdraw
        self.record(consent.CONSENT, stream, decide, who=who)

    def hold(self, who: SubjectId, ground: str = "court order") -> None:
        """Forbid the erasure of a subject."""
        self.about(who, partial(subject.place_hold, ground=ground))

    def release_hold(self, who: SubjectId, ground: str = "court order") -> None:
        """End a legal hold."""
        release = partial(subject.release_hold, ground=ground, reason="the case is closed")
        self.about(who, release)

    def request_erasure(self, who: SubjectId, reason: str = "the client asked") -> None:
        """Ask for the erasure of a subject; a legal hold refuses it."""
        ask = partial(
            subject.request_erasure,
            reason=reason,
            requested_by=OPERATOR,
            at=self.clock.now(),
            retained_until=None,
        )
        self.about(who, ask)

    def approve_erasure(self, who: SubjectId) -> tuple[Record, ...]:
        """Record that a subject's key is destroyed; the key is there until ``destroy``."""

        def decide(state: subject.Subject) -> Event:
            digest = Digest.of(subject.erasure_presentation(state))
            return subject.destroy_key(
                state,
                signing=self.signed(digest, PRIVACY_OFFICER, Meaning.APPROVED),
                at=self.clock.now(),
                retained_until=None,
                certificate=a_digest("certificate"),
                purged_blobs=0,
            )

        return self.about(who, decide)

    def destroy(self, who: SubjectId) -> None:
        """Destroy a subject's key."""
        self.keys.destroy(f"subject:{who}")

    def erase(self, who: SubjectId) -> None:
        """Erase a subject, with everything that takes."""
        self.request_erasure(who)
        (record,) = self.approve_erasure(who)
        if isinstance(record.event, SubjectKeyDestroyed):
            self.destroy(who)
