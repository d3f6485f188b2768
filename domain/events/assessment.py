"""Facts about a practitioner's judgement: findings reviewed, signed off, reported, amended."""

from dataclasses import dataclass

from domain.values.assessment import Withheld
from domain.values.content import ContentReference, Digest
from domain.values.finding import Finding
from domain.values.identifiers import (
    AssessmentId,
    AttemptId,
    FindingId,
    InferenceId,
    ReportId,
    SessionId,
    SubjectId,
)
from domain.values.signature import ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentOpened:
    """Everything of a session was laid before the practitioner.

    Attributes:
        assessment: The assessment.
        subject: Whose face.
        session: The session.
        attempts: The accepted attempts.
        frames: Digests of their frames.
        inferences: The runs whose findings follow.
        findings: The proposed findings.
        withheld: Outputs withheld, with reasons.
    """

    assessment: AssessmentId
    subject: SubjectId
    session: SessionId
    attempts: tuple[AttemptId, ...]
    frames: tuple[Digest, ...]
    inferences: tuple[InferenceId, ...]
    findings: tuple[Finding, ...]
    withheld: tuple[Withheld, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingAccepted:
    """The practitioner accepted a finding as it stands.

    Attributes:
        finding: Which.
    """

    finding: FindingId


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingAmended:
    """The practitioner replaced a finding's value or words.

    Attributes:
        finding: Which.
        value: The practitioner's value, or none.
        text: The practitioner's words, or none.
        reason_code: Permanent word for the reason.
        reason: The reason in words, or empty.
    """

    finding: FindingId
    value: float | None
    text: str | None
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRejected:
    """The practitioner rejected a finding.

    Attributes:
        finding: Which.
        reason_code: Permanent word for the reason.
        reason: The reason in words, or empty.
    """

    finding: FindingId
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConclusionRecorded:
    """The practitioner wrote the conclusion.

    Attributes:
        text: The conclusion.
    """

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentSignedOff:
    """The practitioner took responsibility for exactly what was shown.

    Attributes:
        signature: The signature over the presentation's digest.
    """

    signature: ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIssued:
    """A report was issued from the signed assessment.

    Attributes:
        report: The report.
        number: Number printed on it.
        document: The PDF.
        signed_digest: The digest that was signed.
        verification_code: Short code printed on it.
        renderer: Renderer and version.
        sources: Digests of all content it rests on.
    """

    report: ReportId
    number: str
    document: ContentReference
    signed_digest: Digest
    verification_code: str
    renderer: str
    sources: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentAmended:
    """A later signed statement corrects or adds; nothing before it is changed.

    Attributes:
        number: 1 for the first amendment.
        text: The amendment.
        signature: The signature over the amendment's digest.
    """

    number: int
    text: str
    signature: ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFlagged:
    """Something the report rests on was later found defective.

    Attributes:
        cause: What was found defective, by identifier.
        reason: What that means for the report.
    """

    cause: str
    reason: str


AssessmentEvent = (
    AssessmentOpened
    | FindingAccepted
    | FindingAmended
    | FindingRejected
    | ConclusionRecorded
    | AssessmentSignedOff
    | ReportIssued
    | AssessmentAmended
    | ReportFlagged
)
