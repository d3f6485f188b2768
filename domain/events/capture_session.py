"""Facts about one visit's captures: gates, attempts good and bad, verdicts, refusals."""

from dataclasses import dataclass

from domain.events.refused_capture import (
    AttemptRefused,
    CaptureFailed,
    CaptureGivenUp,
    PhotographRefused,
)
from domain.values.capture import CaptureConditions, GateResult, Prompts, ReadAt, Stage
from domain.values.consent import Purpose
from domain.values.content import CaptureView, ContentReference, Digest, ImageReference
from domain.values.identifiers import (
    AttemptId,
    CalibrationId,
    DeviceId,
    PractitionerId,
    ProtocolId,
    SessionId,
    SubjectId,
)
from domain.values.quality import QualityMeasurement, QualityVerdict
from domain.values.time import DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """A capture session began.

    Attributes:
        session: The session.
        subject: Whose face.
        operator: Who operates.
        device: The station; none when photographs are imported.
        protocol: The protocol version followed.
        purpose: The purpose the consent must cover.
        time_zone: IANA time zone of the clinic.
        prompts: What the operator asked and saw.
        model_manifest: Digest of the list of approved model releases in force.
    """

    session: SessionId
    subject: SubjectId
    operator: PractitionerId
    device: DeviceId | None
    protocol: ProtocolId
    purpose: Purpose
    time_zone: str
    prompts: Prompts
    model_manifest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PreconditionsChecked:
    """The gates known to the server were checked and all passed.

    Attributes:
        gates: Every gate with its evidence.
        based_on: The streams and versions that were read.
    """

    gates: tuple[GateResult, ...]
    based_on: tuple[ReadAt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureBlocked:
    """A capture was refused by a gate before the shutter, with the reason.

    Attributes:
        stage: Where it was refused. ``receipt`` is not written any more: what was refused there
            had been captured, and is an ``AttemptRefused`` or a ``PhotographRefused``.
        view: The capture view asked for, when known.
        gates: Every gate checked, passed or not.
        based_on: The streams and versions that were read.
    """

    stage: Stage
    view: CaptureView | None
    gates: tuple[GateResult, ...]
    based_on: tuple[ReadAt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSubmitted:
    """The station handed in one try at one capture view.

    Attributes:
        attempt: The attempt.
        view: The pose.
        frames: The frames, left first.
        captured_at: When, by the device's clock.
        conditions: What the device says it did.
        gates: The station's gates just before the shutter.
        claims: The station's own preview measurements.
    """

    attempt: AttemptId
    view: CaptureView
    frames: tuple[ImageReference, ...]
    captured_at: DeviceTime
    conditions: CaptureConditions
    gates: tuple[GateResult, ...]
    claims: tuple[QualityMeasurement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographImported:
    """A photograph from elsewhere was added; it is uncalibrated for ever.

    Attributes:
        attempt: The attempt it stands for.
        view: The pose.
        frame: The photograph.
        source: Where it came from, in words.
    """

    attempt: AttemptId
    view: CaptureView
    frame: ImageReference
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptMeasured:
    """We measured the stored bytes of an attempt.

    Attributes:
        attempt: Which attempt.
        inputs: Digests of the bytes measured, left first.
        measurements: The measurements.
        platform: Digest of the computing platform's description.
    """

    attempt: AttemptId
    inputs: tuple[Digest, ...]
    measurements: tuple[QualityMeasurement, ...]
    platform: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptUnmeasurable:
    """The stored bytes of an attempt could not be measured.

    Attributes:
        attempt: Which attempt.
        rule: The rule that refused them.
        evidence: What was found.
    """

    attempt: AttemptId
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptJudged:
    """An attempt was accepted or rejected by the protocol's limits.

    Attributes:
        attempt: Which attempt.
        protocol: The protocol version whose limits were applied.
        verdict: The verdict with every reason.
    """

    attempt: AttemptId
    protocol: ProtocolId
    verdict: QualityVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthReconstructed:
    """Depth was reconstructed from a stereo pair.

    Attributes:
        attempt: Which attempt.
        calibration: The locked calibration used.
        depth: The depth map.
        algorithm: Algorithm and version.
        settings: Settings as ``name=value``.
        inputs: Digests of left, right and calibration parameters.
        completeness: Share of the face with valid depth, 0 to 1.
        quality_flags: What limits reliability.
        platform: Digest of the computing platform's description.
    """

    attempt: AttemptId
    calibration: CalibrationId
    depth: ContentReference
    algorithm: str
    settings: tuple[str, ...]
    inputs: tuple[Digest, ...]
    completeness: float
    quality_flags: tuple[str, ...]
    platform: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceReconstructed:
    """The surface behind a depth map was made, with the uncertainty of every depth.

    Attributes:
        attempt: Which attempt.
        depth: Digest of the depth map it belongs to.
        uncertainty: 1 sigma of every depth, cell by cell.
        mesh: The surface as triangles, with colours and uncertainty.
        algorithm: Algorithm and version of depth and uncertainty.
        settings: Settings as ``name=value``.
        inputs: Digests of left, right and calibration parameters.
        completeness: Share of the face with valid depth, 0 to 1.
        sigma_median_mm: Median of 1 sigma over valid depths, millimetres.
        platform: Digest of the computing platform's description.
    """

    attempt: AttemptId
    depth: Digest
    uncertainty: ContentReference
    mesh: ContentReference
    algorithm: str
    settings: tuple[str, ...]
    inputs: tuple[Digest, ...]
    completeness: float
    sigma_median_mm: float
    platform: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputWithheld:
    """An output was not produced, because a rule forbids it here.

    Attributes:
        attempt: Which attempt.
        output: Permanent word, such as ``volume-change``.
        rule: The rule.
        evidence: What was found.
        next_step: What would allow it.
    """

    attempt: AttemptId
    output: str
    rule: str
    evidence: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed:
    """The session ended; nothing more is captured in it.

    Attributes:
        accepted: The accepted attempts.
    """

    accepted: tuple[AttemptId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAbandoned:
    """The session ended without a complete set of accepted views.

    Attributes:
        reason: Why.
    """

    reason: str


CaptureSessionEvent = (
    SessionOpened
    | PreconditionsChecked
    | CaptureBlocked
    | AttemptSubmitted
    | PhotographImported
    | AttemptMeasured
    | AttemptUnmeasurable
    | AttemptJudged
    | DepthReconstructed
    | SurfaceReconstructed
    | OutputWithheld
    | SessionClosed
    | SessionAbandoned
    | CaptureFailed
    | CaptureGivenUp
    | AttemptRefused
    | PhotographRefused
)
