"""What follows sign-off: the report, amendments, flags.

Rules kept here:

1. One report is issued per signed digest; its number and code follow from what was signed.
2. A report names every content it rests on, the raw frames first of all [REQ-IN-181, 204].
3. An amendment adds, with its own signature; nothing signed before is changed.
4. What is found defective later is flagged beside the report, which stays as it is [DRV-13].

The state is ``Assessment``, folded by ``domain/rules/assessment.py``.
"""

from base64 import b32encode
from hashlib import sha256

from domain.errors import RuleViolation
from domain.events import codec
from domain.events.assessment import AssessmentAmended, ReportFlagged, ReportIssued
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.assessment import Assessment, Flag
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import AssessmentId, ReportId
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.words import said

AMENDMENT_FORMAT = "vultus/amendment/v1"
_CODE = b"vultus/verification-code/v1\n"
_GROUP = 4


def report_number(report: ReportId) -> str:
    """Return the number printed on a report, such as ``R-1F2E-3D4C-5B6A``."""
    digits = report.replace("-", "").upper()[: 3 * _GROUP]
    return "-".join(("R", *(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))))


def verification_code(report: ReportId, signed_digest: Digest) -> str:
    """Return the short code printed on a report: 80 bits in base 32, in groups of four.

    It follows from report and signed digest, so it can be recomputed by whoever knows both, and
    reveals nothing of either. Source: RFC 4648, section 6.
    """
    code = b32encode(sha256(_CODE + report.encode() + signed_digest.raw).digest()[:10]).decode()
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def issue_report(
    assessment: Assessment,
    *,
    signed_digest: Digest,
    document: ContentReference,
    renderer: str,
    sources: tuple[Digest, ...],
) -> tuple[ReportIssued, ...]:
    """Issue the report of what was signed; () when that was done before.

    Raises:
        RuleViolation: nothing with this digest was signed, or a frame is not among the sources.
    """
    identifier = _signed(assessment)
    if signed_digest not in assessment.signed_digests:
        raise RuleViolation(
            "report.signed",
            f"{signed_digest} was not signed in this assessment",
            "Report what was signed.",
        )
    if signed_digest in assessment.reports:
        return ()
    lacking = set(assessment.frames) - set(sources)
    if lacking:
        raise RuleViolation(
            "report.sources",
            f"{len(lacking)} of {len(assessment.frames)} frames are not among the sources",
            "Name every content the report rests on.",
        )
    report = ReportId.derived(identifier, signed_digest)
    return (
        ReportIssued(
            report=report,
            number=report_number(report),
            document=document,
            signed_digest=signed_digest,
            verification_code=verification_code(report, signed_digest),
            renderer=renderer,
            sources=sources,
        ),
    )


def amendment_presentation(assessment: Assessment, text: str) -> bytes:
    """Return exactly what is shown and signed with the next amendment, as canonical JSON.

    Raises:
        RuleViolation: the assessment is not signed.
    """
    identifier = _signed(assessment)
    return canonical.encode(
        {
            "format": AMENDMENT_FORMAT,
            "assessment": codec.to_plain(identifier),
            "amends": codec.to_plain(assessment.signed_digests),
            "number": len(assessment.amendments) + 1,
            "text": text,
        }
    )


def amend_assessment(assessment: Assessment, *, text: str, signing: Signing) -> AssessmentAmended:
    """Add a signed statement after sign-off.

    Raises:
        RuleViolation: the assessment is not signed, the text is empty, or the signature does not
            hold.
    """
    said(text, rule="assessment.amendment-text", what="amendment")
    signature = check_signing(
        signing,
        digest=Digest.of(amendment_presentation(assessment, text)),
        meanings=(Meaning.AUTHORED, Meaning.REVIEWED, Meaning.APPROVED),
        roles=(Role.PRACTITIONER,),
    )
    return AssessmentAmended(number=len(assessment.amendments) + 1, text=text, signature=signature)


def flag_assessment(
    assessment: Assessment, *, cause: str, reason: str
) -> tuple[ReportFlagged, ...]:
    """Flag that something the assessment rests on was found defective; () when that is known.

    Raises:
        RuleViolation: the assessment is not open, or no reason was given.
    """
    if assessment.assessment is None:
        raise RuleViolation(
            "assessment.open", "the assessment is not open", "Flag assessments that exist."
        )
    said(reason, rule="assessment.flag-reason", what="reason")
    if Flag(cause=cause, reason=reason) in (*assessment.known_flags, *assessment.later_flags):
        return ()
    return (ReportFlagged(cause=cause, reason=reason),)


def _signed(assessment: Assessment) -> AssessmentId:
    if assessment.assessment is None or assessment.signature is None:
        raise RuleViolation(
            "assessment.signed-first", "the assessment is not signed", "Sign it off first."
        )
    return assessment.assessment
