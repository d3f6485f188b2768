"""Assessments: findings and verdicts, conclusion, signature, report, amendments, flags.

Rules kept here:

1. The model's finding and the practitioner's verdict on it stand side by side.
2. A flag never hides a report; it is shown with it. What is flagged after sign-off is shown with
   every report of the assessment, also with one that an amendment brings later; what was flagged
   before is part of what is signed, and shown with the assessment.
3. The findings of a visit are compared with what a practitioner signed at an earlier one.
"""

import sqlalchemy as sa

from domain.events import assessment as facts
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.values.identifiers import AssessmentId
from projections.rows import Row, erased_subject, every, names_of, one, plain
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

ASSESSMENT = sa.Table(
    "assessment",
    metadata,
    sa.Column("assessment", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("attempts", JSON, nullable=False),
    sa.Column("frames", JSON, nullable=False),
    sa.Column("inferences", JSON, nullable=False),
    sa.Column("withheld", JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("conclusion", sa.Text, nullable=True),
    sa.Column("signature", JSON, nullable=True),
    sa.Column("amendments", JSON, nullable=False),
    sa.Column("flags", JSON, nullable=False),
    sa.Column("opened_at", sa.Text, nullable=False),
    sa.Column("opened_seq", sa.BigInteger, nullable=False),
    sa.Column("signed_seq", sa.BigInteger, nullable=True),
    sa.Column("updated_at", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("ix_assessment_of_subject", "subject", "opened_seq"),
)
"""``state`` is ``open``, ``signed``, ``amended`` or, when all that was signed is reported,
``reported``."""

FINDING = sa.Table(
    "finding",
    metadata,
    sa.Column("finding", sa.Text, primary_key=True),
    sa.Column("assessment", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("proposed", JSON, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("amended_value", sa.Float, nullable=True),
    sa.Column("amended_text", sa.Text, nullable=True),
    sa.Column("reason_code", sa.Text, nullable=True),
    sa.Column("reason", sa.Text, nullable=True),
)

REPORT = sa.Table(
    "report",
    metadata,
    sa.Column("report", sa.Text, primary_key=True),
    sa.Column("assessment", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("document", JSON, nullable=False),
    sa.Column("signed_digest", sa.Text, nullable=False),
    sa.Column("verification_code", sa.Text, nullable=False, index=True),
    sa.Column("renderer", sa.Text, nullable=False),
    sa.Column("sources", JSON, nullable=False),
    sa.Column("issued_at", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("flags", JSON, nullable=False),
)

TABLES = (REPORT, FINDING, ASSESSMENT)


def apply(rows: Rows, record: Record) -> None:  # noqa: C901 - one case per fact
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None:
        rows.forget(TABLES, subject)
        return
    if not record.stream.startswith(f"{AssessmentId.kind}-"):
        return
    key = {"assessment": str(AssessmentId.of_stream(record.stream))}
    match record.event:
        case facts.AssessmentOpened() as event:
            _open(rows, record, event)
        case facts.FindingAccepted() as event:
            _judge(rows, str(event.finding), "accepted")
        case facts.FindingAmended() as event:
            amended = {"amended_value": event.value, "amended_text": event.text}
            reasons = {"reason_code": event.reason_code, "reason": event.reason}
            _judge(rows, str(event.finding), "amended", **amended, **reasons)
        case facts.FindingRejected() as event:
            reasons = {"reason_code": event.reason_code, "reason": event.reason}
            _judge(rows, str(event.finding), "rejected", **reasons)
        case facts.ConclusionRecorded() as event:
            rows.change(ASSESSMENT, key, conclusion=event.text)
        case facts.AssessmentSignedOff() as event:
            signed = {"signature": plain(event.signature), "signed_seq": record.seq}
            rows.change(ASSESSMENT, key, state="signed", **signed)
        case facts.ReportIssued() as event:
            _issue(rows, record, key, event)
        case facts.AssessmentAmended() as event:
            found = rows.one(ASSESSMENT, **key)
            if found is not None:
                amendments = [*found["amendments"], plain(event)]
                rows.change(ASSESSMENT, key, state="amended", amendments=amendments)
        case facts.ReportFlagged() as event:
            _flag(rows, record, key, event)
    rows.change(
        ASSESSMENT,
        key,
        version=record.version,
        updated_at=str(record.committed_at),
    )


PROJECTION = Projection(
    name="assessment",
    version=1,
    tables=TABLES,
    apply=apply,
    handles=names_of(facts.AssessmentEvent, SubjectKeyDestroyed),
)


def _open(rows: Rows, record: Record, event: facts.AssessmentOpened) -> None:
    rows.put(
        ASSESSMENT,
        assessment=str(event.assessment),
        subject=str(event.subject),
        session=str(event.session),
        attempts=plain(event.attempts),
        frames=plain(event.frames),
        inferences=plain(event.inferences),
        withheld=plain(event.withheld),
        state="open",
        conclusion=None,
        signature=None,
        amendments=[],
        flags=[],
        opened_at=str(record.committed_at),
        opened_seq=record.seq,
        signed_seq=None,
        updated_at=str(record.committed_at),
        version=record.version,
    )
    for ordinal, finding in enumerate(event.findings):
        rows.put(
            FINDING,
            finding=str(finding.finding),
            assessment=str(event.assessment),
            subject=str(event.subject),
            ordinal=ordinal,
            proposed=plain(finding),
            verdict="none",
        )


def _judge(rows: Rows, finding: str, verdict: str, **more: object) -> None:
    cleared = dict.fromkeys(("amended_value", "amended_text", "reason_code", "reason"))
    rows.change(FINDING, {"finding": finding}, verdict=verdict, **{**cleared, **more})


def _issue(rows: Rows, record: Record, key: dict[str, str], event: facts.ReportIssued) -> None:
    found = rows.one(ASSESSMENT, **key)
    if found is None:
        return
    rows.put(
        REPORT,
        report=str(event.report),
        assessment=key["assessment"],
        subject=found["subject"],
        session=found["session"],
        number=event.number,
        document=plain(event.document),
        signed_digest=str(event.signed_digest),
        verification_code=event.verification_code,
        renderer=event.renderer,
        sources=plain(event.sources),
        issued_at=str(record.committed_at),
        seq=record.seq,
        flags=[flag for flag in found["flags"] if not flag["signed_with"]],
    )
    rows.change(ASSESSMENT, key, state="reported")


def _flag(rows: Rows, record: Record, key: dict[str, str], event: facts.ReportFlagged) -> None:
    found = rows.one(ASSESSMENT, **key)
    if found is None:
        return
    flag = {
        "cause": event.cause,
        "reason": event.reason,
        "at": str(record.committed_at),
        "signed_with": found["signature"] is None,
    }
    rows.change(ASSESSMENT, key, flags=[*found["flags"], flag])
    for row in rows.matching(REPORT, **key):
        rows.change(REPORT, {"report": row["report"]}, flags=[*row["flags"], flag])


def _reports(connection: sa.Connection, assessment: str) -> list[Row]:
    mine = sa.select(REPORT).where(REPORT.c.assessment == assessment)
    return every(connection, mine.order_by(REPORT.c.seq.desc()))


def assessment(connection: sa.Connection, identifier: str) -> Row | None:
    """Return an assessment with ``findings``, its newest ``report`` and all ``reports``, or none.

    A finding's ``verdict`` is ``none``, ``accepted``, ``amended`` or ``rejected``.
    """
    found = one(connection, ASSESSMENT, assessment=identifier)
    if found is None:
        return None
    query = sa.select(FINDING).where(FINDING.c.assessment == identifier).order_by(FINDING.c.ordinal)
    found["findings"] = every(connection, query)
    found["reports"] = _reports(connection, identifier)
    found["report"] = next(iter(found["reports"]), None)
    return found


def previous(connection: sa.Connection, subject: str, opened_seq: int) -> Row | None:
    """Return the subject's newest signed assessment before a place in the log, or none."""
    query = (
        sa.select(ASSESSMENT.c.assessment)
        .where(
            ASSESSMENT.c.subject == subject,
            ASSESSMENT.c.opened_seq < opened_seq,
            ASSESSMENT.c.signed_seq.is_not(None),
        )
        .order_by(ASSESSMENT.c.opened_seq.desc())
        .limit(1)
    )
    identifier = connection.execute(query).scalar_one_or_none()
    return None if identifier is None else assessment(connection, identifier)


def of_session(connection: sa.Connection, session: str) -> Row | None:
    """Return the assessment of a session, or none."""
    found = one(connection, ASSESSMENT, session=session)
    return None if found is None else assessment(connection, found["assessment"])


def report(connection: sa.Connection, identifier: str) -> Row | None:
    """Return a report by its identifier, or none."""
    return one(connection, REPORT, report=identifier)


def report_by_code(connection: sa.Connection, code: str) -> Row | None:
    """Return the report whose printed verification code this is, or none."""
    return one(connection, REPORT, verification_code=code)
