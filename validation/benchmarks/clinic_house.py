"""The invented clinic itself: its people, stations, protocol and model, and what every day brings.

Rules kept here:

1. Whoever works, signs in first and out again; a station is lit every morning, checked every week
   and calibrated every four weeks.
"""

from collections.abc import Iterator
from datetime import timedelta

from domain.events.access import OperatorAuthenticated, ReauthenticationPerformed, SignedOut
from domain.events.acquisition_protocol import ProtocolApproved, ProtocolDrafted
from domain.events.clinic import ClinicRegistered, SoftwareDeployed
from domain.events.equipment import (
    CalibrationLocked,
    CalibrationRecorded,
    DeviceConfigurationChanged,
    DeviceEnrolled,
    FieldCheckPerformed,
    IlluminationCalibrated,
)
from domain.events.model_release import ModelApproved, ModelRegistered
from domain.events.names import Event
from domain.events.practitioner import (
    CredentialChosen,
    CredentialIssued,
    PractitionerRegistered,
    RoleGranted,
)
from domain.rules import acquisition_protocol, calibration
from domain.rules.model_release import MODEL_RELEASE, approved_list_digest
from domain.values.actor import Actor, Role
from domain.values.calibration import (
    CalibrationRecord,
    CalibrationTarget,
    IlluminationRecord,
    LightZone,
    WhiteBalance,
)
from domain.values.capture import Camera, DeviceConfiguration
from domain.values.content import Digest
from domain.values.identifiers import (
    AccessId,
    CalibrationId,
    PractitionerId,
    ProtocolId,
    ReauthenticationId,
    ReleaseId,
)
from domain.values.model import ModelManifest
from domain.values.signature import ElectronicSignature, Meaning
from domain.values.time import DeviceTime
from validation.benchmarks.clinic_scribe import CaptureStation, Deed, Scribe, practitioner
from validation.demonstration.protocols import STEREO_FACE

SERVICE = Actor.service("benchmark")
PRACTITIONERS = 6
OPERATORS = 4
QUALITY_MANAGERS = 2
STATIONS = 4
LENSES = "12 mm f/4 locked at 450 mm"
ZONES = ("left", "right", "top", "bottom")
PROTOCOL = ProtocolId.derived(STEREO_FACE.name, STEREO_FACE.version)
RELEASE = ReleaseId.derived("benchmark", "skin-colour")
WHITE = WhiteBalance(red=1.9, green=1.0, blue=1.6)
CALIBRATED_EVERY_DAYS = 20
CHECKED_EVERY_DAYS = 5

DOCTORS = tuple(practitioner(each) for each in range(PRACTITIONERS))
"""Practitioners; the first one reads the audit trail, too."""

TECHNICIANS = tuple(practitioner(PRACTITIONERS + each) for each in range(OPERATORS))
QUALITY = tuple(practitioner(PRACTITIONERS + OPERATORS + each) for each in range(QUALITY_MANAGERS))


class House:
    """Everything of the clinic but its visits."""

    def __init__(self, scribe: Scribe) -> None:
        """Build it for this scribe."""
        self._scribe = scribe
        self.stations = tuple(CaptureStation.numbered(each) for each in range(STATIONS))
        self.model_list = Digest.of(b"")
        self.model = Digest.of(b"the benchmark's model")

    def found(self) -> Iterator[Deed]:
        """Yield how the clinic begins, up to stations that may capture."""
        yield from self._people()
        yield from self._approvals()
        for station in self.stations:
            yield self._enrol(station)
            self._scribe.pass_time(30, 60)
            yield self._configure(station)
            yield from self._calibrate(station)

    def morning(self, day: int) -> Iterator[Deed]:
        """Yield what happens before the first client of a day, counted from 0."""
        for who in (*DOCTORS, *TECHNICIANS, *QUALITY):
            self._scribe.pass_time(20, 90)
            signed_in = OperatorAuthenticated(
                practitioner=who, methods=("password", "totp"), at=self._scribe.now
            )
            yield self._access(who, signed_in)
        for station in self.stations:
            self._scribe.pass_time(20, 60)
            if day and day % CALIBRATED_EVERY_DAYS == 0:
                yield from self._calibrate(station)
            yield self._light(station)
            if day % CHECKED_EVERY_DAYS == 0:
                yield self._check(station)

    def evening(self) -> Iterator[Deed]:
        """Yield what happens after the last client of a day."""
        for who in (*DOCTORS, *TECHNICIANS, *QUALITY):
            self._scribe.pass_time(5, 60)
            yield self._access(who, SignedOut(practitioner=who, reason="asked"))

    def signature(
        self, who: PractitionerId, digest: Digest, meaning: Meaning
    ) -> tuple[Deed, ElectronicSignature]:
        """Return the deed of proving identity again, and the signature made with it."""
        proof = ReauthenticationId(self._scribe.name())
        made = ReauthenticationPerformed(
            practitioner=who, reauthentication=proof, methods=("totp",), at=self._scribe.now
        )
        deed = self._access(who, made)
        return deed, ElectronicSignature(
            signer=who,
            meaning=meaning,
            signed_at=self._scribe.pass_time(1, 4),
            digest=digest,
            reauthentication=proof,
        )

    def _access(
        self,
        who: PractitionerId,
        event: OperatorAuthenticated | SignedOut | ReauthenticationPerformed,
    ) -> Deed:
        actor = Actor.practitioner(who)
        return self._scribe.write(actor, AccessId.derived(who).stream, [event])

    def _people(self) -> Iterator[Deed]:
        clinic = self._scribe.clinic
        registered = ClinicRegistered(
            clinic=clinic, name="Benchmark clinic", time_zone="Australia/Sydney", demo=True
        )
        components = tuple(f"library-{number}==1.{number}.0" for number in range(60))
        deployed = SoftwareDeployed(
            version="0.1.0", build=Digest.of(b"benchmark build"), components=components
        )
        yield self._scribe.write(SERVICE, clinic.stream, [registered, deployed])
        staff = (
            (DOCTORS, "Dr Practitioner", "registered nurse", Role.PRACTITIONER),
            (TECHNICIANS, "Operator", "clinical photographer", Role.OPERATOR),
            (QUALITY, "Quality manager", "quality manager", Role.QUALITY_MANAGER),
        )
        for people, title, profession, role in staff:
            for number, who in enumerate(people, start=1):
                self._scribe.pass_time(60, 120)
                roles = (role, Role.AUDITOR) if who == DOCTORS[0] else (role,)
                events: tuple[Event, ...] = (
                    PractitionerRegistered(
                        practitioner=who,
                        display_name=f"{title} {number}",
                        profession=profession,
                        registration=f"BEN{number:07d}",
                    ),
                    *(CredentialIssued(credential=each) for each in ("password", "totp")),
                    CredentialChosen(credential="password"),
                    *(RoleGranted(role=each) for each in roles),
                )
                yield self._scribe.write(SERVICE, who.stream, events)

    def _approvals(self) -> Iterator[Deed]:
        drafter, approver = QUALITY
        drafted = ProtocolDrafted(protocol=PROTOCOL, content=STEREO_FACE, drafted_by=drafter)
        yield self._scribe.write(Actor.practitioner(drafter), PROTOCOL.stream, [drafted])
        digest = acquisition_protocol.content_digest(STEREO_FACE)
        proof, signature = self.signature(approver, digest, Meaning.APPROVED)
        yield proof
        approved = ProtocolApproved(signature=signature)
        yield self._scribe.write(Actor.practitioner(approver), PROTOCOL.stream, [approved])
        registered = ModelRegistered(
            release=RELEASE, manifest=self._manifest(), registered_by=drafter
        )
        yield self._scribe.write(Actor.practitioner(drafter), RELEASE.stream, [registered])
        digest = registered.manifest.manifest_digest
        proof, signature = self.signature(approver, digest, Meaning.APPROVED)
        yield proof
        model_approved = ModelApproved(signature=signature)
        yield self._scribe.write(Actor.practitioner(approver), RELEASE.stream, [model_approved])
        state = MODEL_RELEASE.initial
        for event in (registered, model_approved):
            state = MODEL_RELEASE.evolve(state, event)
        self.model_list = approved_list_digest([state])

    def _manifest(self) -> ModelManifest:
        content = self._scribe.content("application/octet-stream", 40_000)
        self.model = content.digest
        return ModelManifest(
            name="skin-colour",
            version="1.0.0",
            model=content,
            intended_use="Measured skin colour for review by a practitioner",
            input_domain="Frontal photographs under the standard light",
            outputs=("ita", "redness"),
            limitations=("Not a sun-reaction type",),
            contraindications=("Full makeup",),
            training_data="None: the model is analytic",
            licence="Proprietary",
            validation="Invented for a measurement of speed",
            manifest_digest=self._scribe.digest(),
            signature="ab" * 64,
            signing_key="cd" * 32,
        )

    def _enrol(self, station: CaptureStation) -> Deed:
        enrolled = DeviceEnrolled(
            device=station.device,
            serial=station.serial,
            model="Vultus portal",
            public_key=station.signer.public_key().hex(),
        )
        actor = Actor.practitioner(QUALITY[0])
        return self._scribe.write(actor, station.device.stream, [enrolled])

    def _configure(self, station: CaptureStation) -> Deed:
        return self._state(station, configured(station))

    def _calibrate(self, station: CaptureStation) -> Iterator[Deed]:
        chance, now = self._scribe.chance, DeviceTime(self._scribe.pass_time(60, 300).us)
        residual = round(chance.uniform(0.1, 0.2), 3)
        record = CalibrationRecord(
            calibration=CalibrationId(self._scribe.name()),
            performed_at=now,
            operator=TECHNICIANS[0],
            target=CalibrationTarget(serial="T-17", certificate="BEN-17", kind="charuco-9x6-15mm"),
            reprojection_error_px=residual,
            view_errors_px=tuple(round(residual * chance.uniform(0.8, 1.2), 3) for _ in range(12)),
            epipolar_error_px=0.15,
            baseline_mm=80.01,
            lens_configuration=LENSES,
            temperature_c=24.5,
            parameters=self._scribe.content("application/json", 4_000),
            passed=True,
            reasons=(),
            valid_until=now.plus(timedelta(days=STEREO_FACE.calibration.valid_days)),
        )
        recorded = CalibrationRecorded(calibration=record)
        yield self._state(station, recorded)
        digest = calibration.calibration_digest(record)
        proof, signature = self.signature(QUALITY[1], digest, Meaning.LOCKED)
        yield proof
        locked = CalibrationLocked(calibration=record.calibration, signature=signature)
        actor = Actor.practitioner(QUALITY[1])
        yield self._scribe.write(actor, station.device.stream, [locked])
        station.calibration, station.parameters = record.calibration, record.parameters.digest

    def _light(self, station: CaptureStation) -> Deed:
        lit = IlluminationRecord(
            performed_at=DeviceTime(self._scribe.now.us),
            zones=light_zones(),
            exposure_target=0.45,
            exposure_reached=0.45,
            cct_k=round(self._scribe.chance.uniform(6300, 6700), 1),
            white_balance=WHITE,
            passed=True,
            reasons=(),
        )
        return self._state(station, IlluminationCalibrated(illumination=lit, basis=None))

    def _check(self, station: CaptureStation) -> Deed:
        if station.calibration is None:
            message = "a station is calibrated before it is checked"
            raise ValueError(message)
        checked = FieldCheckPerformed(
            performed_at=DeviceTime(self._scribe.now.us),
            calibration=station.calibration,
            epipolar_error_px=0.2,
            baseline_error_mm=0.05,
            passed=True,
            evidence="0.20 px and 0.05 mm are within the limits",
            basis=None,
        )
        return self._state(station, checked)

    def _state(
        self,
        station: CaptureStation,
        event: DeviceConfigurationChanged
        | CalibrationRecorded
        | IlluminationCalibrated
        | FieldCheckPerformed,
    ) -> Deed:
        actor = Actor.device(station.device)
        return self._scribe.write(actor, station.device.stream, [event], station=station)


def configured(station: CaptureStation) -> DeviceConfigurationChanged:
    """Return what a station reports to be mounted on it and to run."""
    return DeviceConfigurationChanged(
        configuration=DeviceConfiguration(
            firmware=STEREO_FACE.firmware[0],
            software=STEREO_FACE.software[0],
            software_digest=Digest.of(b"station software"),
            cameras=tuple(
                Camera(serial=serial, position=position, connector=connector, sensor="IMX477")
                for serial, position, connector in zip(
                    station.cameras, ("left", "right"), ("J1", "J3"), strict=True
                )
            ),
            lens_configuration=LENSES,
            baseline_mm=80.0,
            zones=ZONES,
            secure_boot=True,
            key_storage="secure-element",
            polarisation=False,
        )
    )


def light_zones() -> tuple[LightZone, ...]:
    """Return the state of healthy light zones."""
    return tuple(
        LightZone(zone=zone, pwm=0.5, current_ma=350.0, level=1.0, healthy=True) for zone in ZONES
    )
