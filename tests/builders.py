"""Plain functions that make valid things with fixed, sensible defaults.

What a function does not take as an argument, ``dataclasses.replace`` changes.
"""

from dataclasses import replace
from datetime import timedelta

from domain.values.actor import Role
from domain.values.calibration import (
    CalibrationRecord,
    CalibrationTarget,
    IlluminationRecord,
    LightZone,
    WhiteBalance,
)
from domain.values.capture import (
    STATION_GATES,
    Camera,
    CaptureConditions,
    DeviceConfiguration,
    Gate,
    GateResult,
)
from domain.values.colour import ColourLimits, ColourRecord, PatchColour
from domain.values.consent import Coverage, Purpose, Wording
from domain.values.content import (
    CaptureView,
    ColourEncoding,
    ContentReference,
    Digest,
    FrameRole,
    ImageReference,
)
from domain.values.finding import Finding
from domain.values.identifiers import (
    AttemptId,
    CalibrationId,
    ClinicId,
    DeviceId,
    FindingId,
    InferenceId,
    PractitionerId,
    ProtocolId,
    ReauthenticationId,
    ReleaseId,
    SessionId,
    SubjectId,
)
from domain.values.light_field import (
    LightFieldLimits,
    LightFieldRecord,
    ZoneDrift,
    ZoneField,
)
from domain.values.model import ModelManifest
from domain.values.protocol import CalibrationLimits, ProtocolContent, ViewRequirement
from domain.values.quality import FACE_COUNT, Limit, QualityMeasurement
from domain.values.signature import ElectronicSignature, Meaning
from domain.values.signing import Signing
from domain.values.time import DeviceTime, ServerTime

CLINIC = ClinicId.derived("test")
SUBJECT = SubjectId.derived("test")
OPERATOR = PractitionerId.derived("test", "operator")
PRACTITIONER = PractitionerId.derived("test", "practitioner")
QUALITY_MANAGER = PractitionerId.derived("test", "quality manager")
PRIVACY_OFFICER = PractitionerId.derived("test", "privacy officer")
DEVICE = DeviceId.derived("test")
PROTOCOL = ProtocolId.derived("test")
SESSION = SessionId.derived("test")
CALIBRATION = CalibrationId.derived("test")
RELEASE = ReleaseId.derived("test")
REAUTHENTICATION = ReauthenticationId.derived("test")
FRONTAL = CaptureView("frontal")
SERIALS = ("CAM-L-0001", "CAM-R-0001")
MORNING = ServerTime.parse("2026-03-03T09:00:00.000000Z")


def a_digest(of: str = "content") -> Digest:
    """Return the digest of a text."""
    return Digest.of(of.encode())


MODEL_LIST = a_digest("approved model releases")
PLATFORM = a_digest("platform")


def later(minutes: float = 0) -> ServerTime:
    """Return our clock's time so long after nine in the morning."""
    return MORNING.plus(timedelta(minutes=minutes))


def device_time(minutes: float = 0) -> DeviceTime:
    """Return the station's clock's time so long after nine in the morning."""
    return DeviceTime(later(minutes).us)


def an_attempt_id(name: str = "first") -> AttemptId:
    """Return an attempt's identifier by name."""
    return AttemptId.derived("test", name)


def a_content(of: str = "content", media_type: str = "image/png") -> ContentReference:
    """Return a reference to content."""
    return ContentReference(digest=a_digest(of), size_bytes=1000, media_type=media_type)


def a_frame(of: str = "frame", role: FrameRole = FrameRole.SINGLE) -> ImageReference:
    """Return one frame; which camera saw it follows from its role."""
    return ImageReference(
        content=a_content(of),
        role=role,
        camera_serial=SERIALS[1] if role is FrameRole.RIGHT else SERIALS[0],
        width_px=4056,
        height_px=3040,
        encoding=ColourEncoding.SRGB,
    )


def a_stereo_pair(of: str = "pair") -> tuple[ImageReference, ImageReference]:
    """Return the two frames of a stereo pair, left first."""
    return a_frame(f"{of} left", FrameRole.LEFT), a_frame(f"{of} right", FrameRole.RIGHT)


def a_configuration() -> DeviceConfiguration:
    """Return what runs and is mounted on a station."""
    return DeviceConfiguration(
        firmware="2.1.0",
        software="0.1.0",
        software_digest=a_digest("station software"),
        cameras=tuple(
            Camera(serial=serial, position=position, connector=connector, sensor="IMX477")
            for serial, position, connector in zip(
                SERIALS, ("left", "right"), ("J1", "J3"), strict=True
            )
        ),
        lens_configuration="12 mm f/4 locked at 450 mm",
        baseline_mm=80.0,
        zones=("left", "right"),
        secure_boot=True,
        key_storage="secure-element",
        polarisation=False,
    )


def zones() -> tuple[LightZone, ...]:
    """Return the state of two healthy light zones."""
    return tuple(
        LightZone(zone=zone, pwm=0.5, current_ma=350.0, level=1.0, healthy=True)
        for zone in ("left", "right")
    )


def a_calibration_record(*, passed: bool = True) -> CalibrationRecord:
    """Return a calibration that meets the protocol's limits, or one that failed."""
    return CalibrationRecord(
        calibration=CALIBRATION,
        performed_at=device_time(-60),
        operator=OPERATOR,
        target=CalibrationTarget(serial="T-17", certificate="NMI-2026-17", kind="charuco-9x6-15mm"),
        reprojection_error_px=0.12 if passed else 0.9,
        view_errors_px=(0.11, 0.13),
        epipolar_error_px=0.15,
        baseline_mm=80.01,
        lens_configuration=a_configuration().lens_configuration,
        temperature_c=24.5,
        parameters=a_content("calibration parameters", "application/json"),
        passed=passed,
        reasons=() if passed else ("reprojection error 0.90 px is above 0.30 px",),
        valid_until=device_time(60 * 24 * 29),
    )


def an_illumination_record(*, passed: bool = True) -> IlluminationRecord:
    """Return an illumination calibration made just before nine."""
    return IlluminationRecord(
        performed_at=device_time(-10),
        zones=zones(),
        exposure_target=0.45,
        exposure_reached=0.45 if passed else 0.30,
        cct_k=5600.0,
        white_balance=WhiteBalance(red=1.9, green=1.0, blue=1.6),
        passed=passed,
        reasons=() if passed else ("exposure 0.30 is below 0.43",),
    )


def an_unseen_light() -> IlluminationRecord:
    """Return what a station of before stated where no colour reference was in view."""
    return replace(
        an_illumination_record(passed=False),
        zones=tuple(replace(each, level=0.0, healthy=False) for each in zones()),
        exposure_reached=0.0,
        reasons=("the colour reference is not in view, so the light cannot be measured",),
    )


def a_zone_field(zone: str, level: float = 0.1) -> ZoneField:
    """Return an almost even field."""
    return ZoneField(zone=zone, levels=((level, level * 0.95), (level * 0.97, level)))


def a_light_field(*, passed: bool = True, baseline: DeviceTime | None = None) -> LightFieldRecord:
    """Return the light on the grey target, measured just before nine."""
    level = 0.0 if passed else -0.2
    names = tuple(zone.zone for zone in zones())
    drift = tuple(ZoneDrift(zone=zone, level=level, pattern=0.01) for zone in names)
    missed = tuple(
        f"zone {zone}: its light changed by -20.0%, allowed is 10%" for zone in names if not passed
    )
    return LightFieldRecord(
        performed_at=device_time(-9),
        target=CalibrationTarget(serial="G-3", certificate="CERT-9", kind="grey-20"),
        zones=tuple(a_zone_field(zone) for zone in names),
        together=a_zone_field("all", 0.4),
        cct_k=5590.0,
        duv=0.003,
        quick_cct_k=5592.0,
        white_balance=WhiteBalance(red=1.9, green=1.0, blue=1.6),
        baseline=baseline,
        baseline_cct_k=None if baseline is None else 5600.0,
        drift=() if baseline is None and passed else drift,
        limits=LightFieldLimits(
            uniformity=0.6, level_drift=0.1, pattern_drift=0.05, cct_drift_k=200.0, duv=0.01
        ),
        passed=passed,
        reasons=missed,
    )


def a_colour_record(*, passed: bool = True) -> ColourRecord:
    """Return a colour calibration made just before nine."""
    worst = 2.5 if passed else 4.5
    return ColourRecord(
        performed_at=device_time(-8),
        chart=CalibrationTarget(serial="CC-1", certificate="CERT-7", kind="colorchecker-24-2014"),
        camera=SERIALS[0],
        method="linear/1",
        tried=("linear/1", "root-polynomial-2/1"),
        alternatives=(0.9, 1.1),
        correction=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        patches=tuple(
            PatchColour(patch=patch, before=2.0, after=0.8, held_out=0.9, repeatability=0.1)
            for patch in range(24)
        ),
        pictures=4,
        mean_before=2.0,
        mean_after=0.8,
        worst_after=worst,
        held_out_mean=0.9,
        limits=ColourLimits(
            mean=1.5, worst=4.0, held_out_mean=2.0, least_patches=22, valid_days=30
        ),
        passed=passed,
        reasons=()
        if passed
        else ("the largest difference after correction of 4.50 dE00 is above 4",),
        valid_until=device_time(60 * 24 * 29),
    )


def a_protocol_content(*, stereo: bool = True) -> ProtocolContent:
    """Return a protocol with one frontal view, in stereo unless said."""
    return ProtocolContent(
        name="Standard face",
        version="1.0",
        intended_use="Aesthetic assessment and monitoring, reviewed by a practitioner",
        views=(ViewRequirement(view=FRONTAL, stereo=stereo, instruction="Look straight ahead"),),
        station_limits=(
            Limit(
                name="distance",
                minimum=430.0,
                maximum=470.0,
                unit="mm",
                advice="Move the rest until the bar is green.",
            ),
        ),
        limits=(
            Limit(name="focus", minimum=50.0, maximum=None, unit="1", advice="Hold still."),
            Limit(
                name="depth-completeness",
                minimum=0.85,
                maximum=None,
                unit="1",
                advice="Move hair off the face.",
                stereo_only=True,
            ),
        ),
        calibration=CalibrationLimits(
            reprojection_error_px=0.30,
            epipolar_error_px=0.30,
            baseline_tolerance_mm=0.20,
            valid_days=30,
            illumination_valid_hours=12,
        ),
        firmware=("2.1.0",),
        software=("0.1.0",),
        references=("Published clinic photography workflow, 2026",),
    )


def conditions() -> CaptureConditions:
    """Return what the station says about a capture that went well."""
    return CaptureConditions(
        device_serial="ST-0001",
        camera_serials=SERIALS,
        firmware="2.1.0",
        software="0.1.0",
        model_manifest=MODEL_LIST,
        calibration=CALIBRATION,
        distance_mm=450.0,
        exposure_us=8000.0,
        gain=1.0,
        white_balance=WhiteBalance(red=1.9, green=1.0, blue=1.6),
        cct_k=5600.0,
        zones=zones(),
        temperature_c=24.5,
        fixture_engaged=True,
        polarised=False,
        colour_reference="in-view",
        colour_reference_passed=True,
        clock_offset_ms=12.0,
        clock_uncertainty_ms=5.0,
    )


def gates(
    required: tuple[Gate, ...] = STATION_GATES, *, failing: Gate | None = None
) -> tuple[GateResult, ...]:
    """Return a result for each gate, all passed but one."""
    return tuple(
        GateResult(
            gate=gate,
            passed=gate is not failing,
            evidence=f"{gate} was checked",
            next_step="Correct it and try again." if gate is failing else "",
        )
        for gate in required
    )


def a_measurement(name: str = "focus", value: float = 80.0, unit: str = "1") -> QualityMeasurement:
    """Return a measurement."""
    return QualityMeasurement(name=name, value=value, unit=unit, method=f"{name}/1")


def faces_in_view(count: int) -> QualityMeasurement:
    """Return the measurement of how many faces are in view."""
    return a_measurement(FACE_COUNT, float(count))


def a_manifest() -> ModelManifest:
    """Return the manifest of a model with everything it must carry."""
    return ModelManifest(
        name="skin-colour",
        version="1.0.0",
        model=a_content("model", "application/octet-stream"),
        intended_use="Measured skin colour for review by a practitioner",
        input_domain="Frontal photographs under the standard light",
        outputs=("ita",),
        limitations=("Not a sun-reaction type",),
        contraindications=("Full makeup",),
        training_data="None: the model is analytic",
        licence="Proprietary",
        validation="Checked against 34 published colour pairs",
        manifest_digest=a_digest("manifest"),
        signature="ab" * 64,
        signing_key="cd" * 32,
    )


def an_inference_id(name: str = "first") -> InferenceId:
    """Return the identifier of the release's run on an attempt."""
    return InferenceId.derived(an_attempt_id(name), RELEASE)


def a_finding(
    code: str = "ita", *, attempt: str = "first", needs_confirmation: bool = False
) -> Finding:
    """Return a finding of the release's run on an attempt."""
    return Finding(
        finding=FindingId.derived(an_inference_id(attempt), code),
        category="skin-tone",
        code=code,
        label="Individual typology angle",
        value=38.5,
        unit="°",
        uncertainty=3.0,
        coverage_factor=2.0,
        text="intermediate",
        confidence=0.8,
        quality_flags=(),
        limitations=("Colour under the standard light",),
        needs_confirmation=needs_confirmation,
    )


def a_signature(
    digest: Digest,
    *,
    signer: PractitionerId = PRACTITIONER,
    meaning: Meaning = Meaning.REVIEWED,
    minutes: float = 30,
) -> ElectronicSignature:
    """Return a signature over a digest."""
    return ElectronicSignature(
        signer=signer,
        meaning=meaning,
        signed_at=later(minutes),
        digest=digest,
        reauthentication=REAUTHENTICATION,
    )


def a_signing(
    signature: ElectronicSignature,
    role: Role = Role.PRACTITIONER,
    *,
    reauthenticated: bool = True,
) -> Signing:
    """Return a signature together with what is known of its signer."""
    return Signing(signature=signature, roles=frozenset({role}), reauthenticated=reauthenticated)


def a_wording() -> Wording:
    """Return the wording of a consent."""
    return Wording(version="2026-01", language="en-AU", text=a_digest("wording"))


def a_coverage(purpose: Purpose = Purpose.CLINICAL_CAPTURE, *, covered: bool = True) -> Coverage:
    """Return whether consent covers a purpose."""
    return Coverage(
        purpose=purpose,
        covered=covered,
        evidence="the client agreed" if covered else "the client withdrew the agreement",
    )
