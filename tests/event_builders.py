"""Plain functions that make valid events and records with sensible defaults.

As in ``tests/builders.py``: the same call gives the same thing, ``dataclasses.replace`` changes
what a function does not take as an argument.
"""

from domain.events.assessment import AssessmentOpened
from domain.events.capture_session import (
    AttemptJudged,
    AttemptMeasured,
    AttemptSubmitted,
    DepthReconstructed,
    PhotographImported,
    PreconditionsChecked,
    SessionOpened,
    SurfaceReconstructed,
)
from domain.events.codec import encode
from domain.events.equipment import CalibrationViewsRecorded
from domain.events.inference import InferenceCompleted, InferenceRequested
from domain.events.names import NAME_OF, Event
from domain.events.record import Record
from domain.ledger import canonical
from domain.values.actor import Actor
from domain.values.assessment import Withheld
from domain.values.calibration import CalibrationView
from domain.values.capture import (
    SERVER_GATES,
    Prompts,
    ReadAt,
    SignedStatement,
)
from domain.values.consent import Purpose
from domain.values.content import (
    ColourEncoding,
    FrameRole,
    ImageReference,
)
from domain.values.finding import Finding
from domain.values.identifiers import (
    AssessmentId,
    ConsentId,
    DeviceId,
    StreamName,
)
from domain.values.model import RunFacts, TensorDigest
from domain.values.quality import QualityVerdict, Reason
from tests.builders import (
    CALIBRATION,
    CLINIC,
    DEVICE,
    FRONTAL,
    MODEL_LIST,
    OPERATOR,
    PLATFORM,
    PROTOCOL,
    RELEASE,
    SESSION,
    SUBJECT,
    a_calibration_record,
    a_content,
    a_digest,
    a_finding,
    a_frame,
    a_manifest,
    a_measurement,
    a_stereo_pair,
    an_attempt_id,
    an_inference_id,
    conditions,
    device_time,
    gates,
    later,
)


def a_session_opened(*, device: DeviceId | None = DEVICE) -> SessionOpened:
    """Return the opening of a session; without a device, photographs are imported."""
    return SessionOpened(
        session=SESSION,
        subject=SUBJECT,
        operator=OPERATOR,
        device=device,
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
        model_manifest=MODEL_LIST,
    )


def preconditions() -> PreconditionsChecked:
    """Return the gates known to the server, all passed."""
    return PreconditionsChecked(
        gates=gates(SERVER_GATES),
        based_on=(ReadAt(stream=ConsentId.derived(SUBJECT).stream, version=1),),
    )


def an_attempt_submitted(name: str = "first", *, stereo: bool = True) -> AttemptSubmitted:
    """Return a frontal attempt handed in by the station."""
    return AttemptSubmitted(
        attempt=an_attempt_id(name),
        view=FRONTAL,
        frames=a_stereo_pair(name) if stereo else (a_frame(name),),
        captured_at=device_time(5),
        conditions=conditions(),
        gates=gates(),
        claims=(a_measurement("focus", 80.0),),
    )


def a_signed_statement() -> SignedStatement:
    """Return what a station signed about an attempt; nobody checks the signature here."""
    _, schema, plain = encode(an_attempt_submitted())
    return SignedStatement(
        schema=schema,
        sequence=7,
        made_at=device_time(5),
        salt="5a" * 32,
        payload=canonical.encode(plain).decode(),
        signature="30" * 70,
    )


def a_photograph_imported(name: str = "photograph") -> PhotographImported:
    """Return a frontal photograph from elsewhere."""
    return PhotographImported(
        attempt=an_attempt_id(name),
        view=FRONTAL,
        frame=ImageReference(
            content=a_content(name, "image/jpeg"),
            role=FrameRole.SINGLE,
            camera_serial=None,
            width_px=1600,
            height_px=1200,
            encoding=ColourEncoding.SRGB,
        ),
        source="camera of the clinic",
    )


def an_attempt_measured(
    name: str = "first", *, stereo: bool = True, focus: float = 80.0
) -> AttemptMeasured:
    """Return the measurement of an attempt made by the builder above."""
    frames = a_stereo_pair(name) if stereo else (a_frame(name),)
    return AttemptMeasured(
        attempt=an_attempt_id(name),
        inputs=tuple(each.content.digest for each in frames),
        measurements=(
            a_measurement("focus", focus),
            *((a_measurement("depth-completeness", 0.97),) if stereo else ()),
        ),
        platform=PLATFORM,
    )


def a_verdict(*, acceptable: bool = True) -> QualityVerdict:
    """Return a verdict; a rejection is for want of focus."""
    reason = Reason(
        name="focus", value=20.0, unit="1", minimum=50.0, maximum=None, advice="Hold still."
    )
    return QualityVerdict(acceptable=acceptable, reasons=() if acceptable else (reason,))


def an_attempt_judged(name: str = "first", *, acceptable: bool = True) -> AttemptJudged:
    """Return the judgement of an attempt."""
    return AttemptJudged(
        attempt=an_attempt_id(name), protocol=PROTOCOL, verdict=a_verdict(acceptable=acceptable)
    )


def a_depth(name: str = "first") -> DepthReconstructed:
    """Return depth reconstructed from the stereo pair of an attempt."""
    return DepthReconstructed(
        attempt=an_attempt_id(name),
        calibration=CALIBRATION,
        depth=a_content(f"{name} depth", "application/octet-stream"),
        algorithm="least-squares-matching/1",
        settings=("pyramid=3",),
        inputs=(
            *(each.content.digest for each in a_stereo_pair(name)),
            a_calibration_record().parameters.digest,
        ),
        completeness=0.97,
        quality_flags=(),
        platform=PLATFORM,
    )


def a_surface(name: str = "first") -> SurfaceReconstructed:
    """Return the surface of an attempt's depth."""
    depth = a_depth(name)
    return SurfaceReconstructed(
        attempt=depth.attempt,
        depth=depth.depth.digest,
        uncertainty=a_content(f"{name} uncertainty", "image/png"),
        mesh=a_content(f"{name} mesh", "model/x-ply"),
        algorithm=depth.algorithm,
        settings=("step_px=8",),
        inputs=depth.inputs,
        completeness=0.97,
        sigma_median_mm=0.04,
        platform=PLATFORM,
    )


def an_inference_requested(name: str = "first") -> InferenceRequested:
    """Return the request to run the release on an attempt."""
    return InferenceRequested(
        inference=an_inference_id(name),
        subject=SUBJECT,
        session=SESSION,
        attempt=an_attempt_id(name),
        release=RELEASE,
        model=a_manifest().model.digest,
        frames=tuple(each.content.digest for each in a_stereo_pair(name)),
    )


def an_inference_completed(*findings: Finding) -> InferenceCompleted:
    """Return the outcome of a run, with one finding unless said."""
    return InferenceCompleted(
        run=RunFacts(
            model=a_manifest().model.digest,
            runtime="onnxruntime 1.31.1",
            provider="CPUExecutionProvider",
            precision="float32",
            threads=1,
            settings=("graph_optimization=all",),
            platform=PLATFORM,
            preprocessing="preprocessing/1",
        ),
        inputs=(TensorDigest(name="image", digest=a_digest("input tensor")),),
        outputs=(TensorDigest(name="ita", digest=a_digest("output tensor")),),
        findings=findings or (a_finding(),),
        artefacts=(),
    )


def an_assessment_opened(*findings: Finding) -> AssessmentOpened:
    """Return an assessment of the session with one accepted attempt."""
    return AssessmentOpened(
        assessment=AssessmentId.derived(SESSION),
        subject=SUBJECT,
        session=SESSION,
        attempts=(an_attempt_id(),),
        frames=tuple(each.content.digest for each in a_stereo_pair("first")),
        inferences=(an_inference_id(),),
        findings=findings or (a_finding(),),
        withheld=(
            Withheld(
                attempt=an_attempt_id(),
                output="volume-change",
                rule="volume.validated-claim",
                evidence="no validated claim is recorded",
                next_step="Validate the claim.",
            ),
        ),
    )


def a_record(
    event: Event, *, stream: StreamName = SESSION.stream, seq: int = 0, version: int = 1
) -> Record:
    """Return an event in its place in the log."""
    name, schema = NAME_OF[type(event)]
    return Record(
        seq=seq,
        stream=stream,
        version=version,
        name=name,
        schema=schema,
        event=event,
        key=f"clinic:{CLINIC}",
        actor=Actor.service("test"),
        committed_at=later(),
        received_at=None,
        device=None,
        device_sequence=None,
        device_time=None,
        correlation="test",
        causation=None,
        idempotency_key=None,
        blobs=(),
        leaf=bytes(32),
    )


def a_views_event(*, left_out: int = 0, missing: tuple[str, ...] = ()) -> CalibrationViewsRecorded:
    """Return the views behind ``a_calibration_record``, and some that were left out."""
    used = len(a_calibration_record().view_errors_px)
    return CalibrationViewsRecorded(
        calibration=CALIBRATION,
        coverage=0.8,
        missing=missing,
        rule="more than 3 times the median of 0.2 px and above 0.1 px",
        corners=None,
        platform=None,
        views=tuple(
            CalibrationView(
                number=number,
                corners=48,
                error_px=0.2 if number < used else 1.4,
                yaw_deg=12.0,
                pitch_deg=-8.0,
                distance_mm=450.0,
                used=number < used,
            )
            for number in range(used + left_out)
        ),
    )
