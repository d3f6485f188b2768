"""What is known of an assessment: findings and what became of them, and outputs withheld.

Rules kept here:

1. A withheld output is shown with its rule, its evidence and what would allow it.
2. A finding stands beside what the practitioner made of it; neither replaces the other.
3. What was flagged before sign-off is part of what is signed; what is flagged later is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.values.content import Digest
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
class Withheld:
    """One output that a rule forbade.

    Attributes:
        attempt: The attempt it would have come from.
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


class Decision(StrEnum):
    """What a practitioner made of a finding."""

    ACCEPTED = "accepted"
    AMENDED = "amended"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a practitioner made of one finding.

    Attributes:
        decision: Accepted, amended or rejected.
        value: The practitioner's value, when amended.
        text: The practitioner's words, when amended.
        reason_code: Permanent word for the reason; empty when accepted.
        reason: The reason in words, or empty.
    """

    decision: Decision
    value: float | None = None
    text: str | None = None
    reason_code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something an assessment rests on that was found defective.

    Attributes:
        cause: What was found defective, by identifier.
        reason: What that means for the report.
    """

    cause: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A signed statement made after sign-off.

    Attributes:
        number: 1 for the first.
        text: The statement.
        signature: The signature over it.
    """

    number: int
    text: str
    signature: ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A practitioner's judgement over one session.

    Attributes:
        assessment: The assessment; none before it was opened.
        subject: Whose face.
        session: The session.
        attempts: The accepted attempts.
        frames: Digests of their frames.
        inferences: The runs whose findings follow.
        findings: The proposed findings.
        withheld: Outputs withheld, with reasons.
        reviews: What the practitioner made of each finding so far.
        conclusion: The conclusion; none before.
        signature: The sign-off; none before.
        amendments: Signed statements since.
        reports: Report issued for each signed digest.
        known_flags: What was flagged before sign-off.
        later_flags: What was flagged since.
    """

    assessment: AssessmentId | None = None
    subject: SubjectId | None = None
    session: SessionId | None = None
    attempts: tuple[AttemptId, ...] = ()
    frames: tuple[Digest, ...] = ()
    inferences: tuple[InferenceId, ...] = ()
    findings: tuple[Finding, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    reviews: Mapping[FindingId, Review] = field(default_factory=dict)
    conclusion: str | None = None
    signature: ElectronicSignature | None = None
    amendments: tuple[Amendment, ...] = ()
    reports: Mapping[Digest, ReportId] = field(default_factory=dict)
    known_flags: tuple[Flag, ...] = ()
    later_flags: tuple[Flag, ...] = ()

    @property
    def signed_digests(self) -> tuple[Digest, ...]:
        """Digests of everything signed: the presentation, then each amendment."""
        signed = () if self.signature is None else (self.signature.digest,)
        return (*signed, *(each.signature.digest for each in self.amendments))

    @property
    def unreviewed(self) -> tuple[Finding, ...]:
        """Findings the practitioner has not accepted, amended or rejected."""
        return tuple(each for each in self.findings if each.finding not in self.reviews)
