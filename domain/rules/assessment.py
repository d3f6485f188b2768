"""Opening, reviewing and signing off an assessment.

Rules kept here:

1. Nothing is signed before every finding was reviewed and a conclusion written [REQ-IN-029, 167].
2. A finding that is only a suggestion is confirmed or rejected by itself, never in bulk [DRV-21].
3. A review may be changed until sign-off; the last one counts, all stay in the record.
4. Sign-off binds a practitioner's fresh signature to exactly what was shown [DRV-12];
   ``presentation`` is those bytes.

``domain/rules/report.py`` decides what follows sign-off.
"""

import math
import re
from dataclasses import replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events import codec
from domain.events.aggregate import Aggregate
from domain.events.assessment import (
    AssessmentAmended,
    AssessmentEvent,
    AssessmentOpened,
    AssessmentSignedOff,
    ConclusionRecorded,
    FindingAccepted,
    FindingAmended,
    FindingRejected,
    ReportFlagged,
    ReportIssued,
)
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.assessment import Amendment, Assessment, Decision, Flag, Review
from domain.values.content import Digest
from domain.values.finding import Finding
from domain.values.identifiers import AssessmentId, FindingId, InferenceId
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.words import said

FORMAT = "vultus/presentation/v1"
_REASON_CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def evolve(assessment: Assessment, event: AssessmentEvent) -> Assessment:
    """Return the assessment after the event; history is never refused."""
    match event:
        case AssessmentOpened():
            return _opened(assessment, event)
        case FindingAccepted() | FindingAmended() | FindingRejected():
            reviews = {**assessment.reviews, event.finding: _review(event)}
            return replace(assessment, reviews=reviews)
        case ConclusionRecorded():
            return replace(assessment, conclusion=event.text)
        case AssessmentSignedOff():
            return replace(assessment, signature=event.signature)
        case AssessmentAmended():
            added = Amendment(number=event.number, text=event.text, signature=event.signature)
            return replace(assessment, amendments=(*assessment.amendments, added))
        case ReportIssued():
            reports = {**assessment.reports, event.signed_digest: event.report}
            return replace(assessment, reports=reports)
        case ReportFlagged():
            return _flagged(assessment, Flag(cause=event.cause, reason=event.reason))
        case _:
            assert_never(event)


ASSESSMENT = Aggregate(kind=AssessmentId.kind, initial=Assessment(), evolve=evolve)


def open_assessment(
    assessment: Assessment,
    opened: AssessmentOpened,
    *,
    session_closed: bool,
    pending: tuple[InferenceId, ...],
) -> tuple[AssessmentOpened, ...]:
    """Lay everything of a session before the practitioner; () when that was done before.

    Args:
        assessment: The assessment.
        opened: What is laid before the practitioner.
        session_closed: Whether the session ended with a complete set of views.
        pending: Runs that were called for and have not ended.

    Raises:
        RuleViolation: the session is not closed, runs are pending, or something comes twice.
    """
    if assessment.assessment is not None:
        return ()
    if not session_closed or not opened.attempts:
        raise RuleViolation(
            "assessment.session",
            f"the session is not closed, or has no accepted attempt ({len(opened.attempts)})",
            "Complete and close the session first.",
        )
    if pending:
        raise RuleViolation(
            "assessment.pending",
            f"{len(pending)} runs have not ended",
            "Wait until every run has ended.",
        )
    findings = {each.finding for each in opened.findings}
    if len(findings) != len(opened.findings):
        raise RuleViolation(
            "assessment.findings",
            f"{len(opened.findings)} findings have {len(findings)} identifiers",
            "Lay every finding before the practitioner once.",
        )
    return (opened,)


def accept_finding(assessment: Assessment, finding: FindingId) -> FindingAccepted:
    """Accept a finding as it stands.

    Raises:
        RuleViolation: there is no such finding, or the assessment is signed.
    """
    _finding(assessment, finding)
    return FindingAccepted(finding=finding)


def accept_findings(
    assessment: Assessment, findings: tuple[FindingId, ...]
) -> tuple[FindingAccepted, ...]:
    """Accept several findings that were all on screen.

    Raises:
        RuleViolation: one of them is unknown or needs confirmation by itself, or the assessment
            is signed.
    """
    found = tuple(_finding(assessment, each) for each in findings)
    suggestions = [each.label for each in found if each.needs_confirmation]
    if suggestions:
        raise RuleViolation(
            "assessment.confirm-singly",
            f"only suggested: {', '.join(suggestions)}",
            "Confirm or reject each suggestion by itself.",
        )
    return tuple(FindingAccepted(finding=each.finding) for each in found)


def amend_finding(
    assessment: Assessment,
    finding: FindingId,
    *,
    value: float | None,
    text: str | None,
    reason_code: str,
    reason: str,
) -> FindingAmended:
    """Put the practitioner's value or words beside a finding.

    Raises:
        RuleViolation: there is no such finding, the assessment is signed, neither value nor words
            were given, the finding has no unit for a value, or there is no reason code.
    """
    found = _finding(assessment, finding)
    if value is None and not (text or "").strip():
        raise RuleViolation(
            "assessment.amendment",
            f"{found.label}: neither a value nor words were given",
            "Give what should stand there instead.",
        )
    if value is not None and (found.unit is None or not math.isfinite(value)):
        raise RuleViolation(
            "assessment.amended-value",
            f"{found.label}: the value is not a number, or the finding has no unit for one",
            "Give a number where the finding has one, words otherwise.",
        )
    return FindingAmended(
        finding=finding, value=value, text=text, reason_code=_coded(reason_code), reason=reason
    )


def reject_finding(
    assessment: Assessment, finding: FindingId, *, reason_code: str, reason: str
) -> FindingRejected:
    """Reject a finding.

    Raises:
        RuleViolation: there is no such finding, the assessment is signed, or there is no reason
            code.
    """
    _finding(assessment, finding)
    return FindingRejected(finding=finding, reason_code=_coded(reason_code), reason=reason)


def record_conclusion(assessment: Assessment, text: str) -> ConclusionRecorded:
    """Write the conclusion; a later one replaces it until sign-off.

    Raises:
        RuleViolation: the assessment is not open or is signed, or the text is empty.
    """
    _must_be_unsigned(assessment)
    return ConclusionRecorded(text=said(text, rule="assessment.conclusion", what="conclusion"))


def presentation(assessment: Assessment) -> bytes:
    """Return exactly what is shown and signed, as canonical JSON.

    Findings with what the practitioner made of them, outputs withheld, frames, runs, what was
    flagged before sign-off, and the conclusion. What comes after sign-off does not change it.

    Source: RFC 8785.
    """
    findings = [
        {
            "finding": codec.to_plain(each),
            "review": codec.to_plain(assessment.reviews.get(each.finding)),
        }
        for each in assessment.findings
    ]
    return canonical.encode(
        {
            "format": FORMAT,
            "assessment": codec.to_plain(assessment.assessment),
            "subject": codec.to_plain(assessment.subject),
            "session": codec.to_plain(assessment.session),
            "attempts": codec.to_plain(assessment.attempts),
            "frames": codec.to_plain(assessment.frames),
            "inferences": codec.to_plain(assessment.inferences),
            "findings": findings,
            "withheld": codec.to_plain(assessment.withheld),
            "flags": codec.to_plain(assessment.known_flags),
            "conclusion": assessment.conclusion,
        }
    )


def presented_digest(assessment: Assessment) -> Digest:
    """Return the digest of exactly what is shown and signed."""
    return Digest.of(presentation(assessment))


def sign_off(assessment: Assessment, signing: Signing) -> AssessmentSignedOff:
    """Take responsibility for exactly what was shown.

    Raises:
        RuleViolation: findings are unreviewed, the conclusion is missing, the assessment is signed
            already, or the signature does not hold.
    """
    _must_be_unsigned(assessment)
    unreviewed = assessment.unreviewed
    if unreviewed:
        raise RuleViolation(
            "assessment.reviewed",
            f"{len(unreviewed)} of {len(assessment.findings)} findings are not reviewed: "
            f"{', '.join(each.label for each in unreviewed)}",
            "Accept, amend or reject each of them.",
        )
    said(assessment.conclusion or "", rule="assessment.conclusion", what="conclusion")
    signature = check_signing(
        signing,
        digest=presented_digest(assessment),
        meanings=(Meaning.AUTHORED, Meaning.REVIEWED, Meaning.APPROVED),
        roles=(Role.PRACTITIONER,),
    )
    return AssessmentSignedOff(signature=signature)


def _opened(assessment: Assessment, event: AssessmentOpened) -> Assessment:
    return replace(
        assessment,
        assessment=event.assessment,
        subject=event.subject,
        session=event.session,
        attempts=event.attempts,
        frames=event.frames,
        inferences=event.inferences,
        findings=event.findings,
        withheld=event.withheld,
    )


def _review(event: FindingAccepted | FindingAmended | FindingRejected) -> Review:
    match event:
        case FindingAccepted():
            return Review(decision=Decision.ACCEPTED)
        case FindingAmended():
            return Review(
                decision=Decision.AMENDED,
                value=event.value,
                text=event.text,
                reason_code=event.reason_code,
                reason=event.reason,
            )
        case FindingRejected():
            return Review(
                decision=Decision.REJECTED, reason_code=event.reason_code, reason=event.reason
            )
        case _:
            assert_never(event)


def _flagged(assessment: Assessment, flag: Flag) -> Assessment:
    if assessment.signature is None:
        return replace(assessment, known_flags=(*assessment.known_flags, flag))
    return replace(assessment, later_flags=(*assessment.later_flags, flag))


def _must_be_unsigned(assessment: Assessment) -> None:
    if assessment.assessment is None:
        raise RuleViolation(
            "assessment.open", "the assessment is not open", "Wait until the session is analysed."
        )
    if assessment.signature is not None:
        raise RuleViolation(
            "assessment.signed",
            f"the assessment was signed at {assessment.signature.signed_at}",
            "Amend it; what was signed does not change.",
        )


def _finding(assessment: Assessment, finding: FindingId) -> Finding:
    _must_be_unsigned(assessment)
    for each in assessment.findings:
        if each.finding == finding:
            return each
    raise RuleViolation(
        "assessment.finding",
        f"the assessment has no finding {finding}",
        "Choose one of the assessment's findings.",
    )


def _coded(reason_code: str) -> str:
    if not _REASON_CODE.fullmatch(reason_code):
        raise RuleViolation(
            "assessment.reason-code",
            "the reason code is missing or is no lower-case word",
            "Choose the reason that fits, such as clinical-judgement.",
        )
    return reason_code
