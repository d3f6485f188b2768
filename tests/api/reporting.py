"""A session with an assessment and, where wanted, a report: recorded as the workers record it."""

import io
from dataclasses import dataclass, replace

import pypdfium2

from domain.events.assessment import AssessmentSignedOff, ReportIssued
from domain.events.names import Event
from domain.events.record import StoredBlob
from domain.handling import drafts
from domain.values.actor import Actor
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import (
    AssessmentId,
    PractitionerId,
    ProtocolId,
    ReportId,
    SessionId,
    StreamName,
    SubjectId,
)
from tests.api.portal import Clinic, Portal
from tests.builders import a_digest, a_signature
from tests.event_builders import a_session_opened, an_assessment_opened

WORKER = Actor.service("assessment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What was made.

    Attributes:
        session: The session.
        assessment: The assessment.
        report: The report.
        document: The bytes of the PDF.
    """

    session: SessionId
    assessment: AssessmentId
    report: ReportId
    document: bytes


def a_document(pages: int = 2) -> bytes:
    """Return a small PDF."""
    held = io.BytesIO()
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(200, 300)
    document.save(held)
    document.close()
    return held.getvalue()


def assessed(portal: Portal, clinic: Clinic) -> Reported:
    """Record a session and its open assessment with one finding."""
    subject = SubjectId(clinic.subject)
    session = SessionId.derived("reported")
    assessment = AssessmentId.derived(session)
    opened = replace(
        a_session_opened(device=None),
        session=session,
        subject=subject,
        operator=PractitionerId(clinic.people["operator"]),
        protocol=ProtocolId(clinic.single),
    )
    record(portal, subject, session.stream, 0, opened)
    proposed = replace(
        an_assessment_opened(), assessment=assessment, session=session, subject=subject
    )
    record(portal, subject, assessment.stream, 0, proposed)
    report = ReportId.derived(assessment, a_digest("signed"))
    return Reported(session=session, assessment=assessment, report=report, document=a_document())


def reported(portal: Portal, clinic: Clinic) -> Reported:
    """Record a signed assessment and its report as well."""
    made = assessed(portal, clinic)
    subject = SubjectId(clinic.subject)
    signer = PractitionerId(clinic.people["practitioner"])
    stored = portal.system.blobs.put(
        [made.document],
        key=f"subject:{subject}",
        expected=Digest.of(made.document),
        limit_bytes=1 << 20,
    )
    issued = ReportIssued(
        report=made.report,
        number="R-2026-0001",
        document=ContentReference(
            digest=stored.content, size_bytes=stored.size_bytes, media_type="application/pdf"
        ),
        signed_digest=a_digest("signed"),
        verification_code="ABCD-EFGH-JKLM",
        renderer="typst/0.14",
        sources=(),
    )
    signed = AssessmentSignedOff(signature=a_signature(a_digest("signed"), signer=signer))
    record(portal, subject, made.assessment.stream, 1, signed)
    record(portal, subject, made.assessment.stream, 2, issued, stored)
    return made


def record(
    portal: Portal,
    subject: SubjectId,
    stream: StreamName,
    version: int,
    event: Event,
    *blobs: StoredBlob,
) -> None:
    """Record one event about a subject at the end of a stream."""
    context = replace(portal.system.context(WORKER, subject=subject), blobs=blobs)
    portal.system.log.append(drafts(stream, version, (event,), context))
