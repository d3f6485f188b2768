"""Assessments: findings and verdicts, conclusion, signature, report, amendments, flags.

Rules kept here:

1. The model's finding and the practitioner's verdict on it stand side by side.
2. A flag never hides a report; it is shown with it.
"""

import sqlalchemy as sa

from domain.events import assessment as facts
from domain.events.record import Record
from domain.values.identifiers import AssessmentId
from projections.rows import Row, change, erased_subject, every, forget, one, plain, put
from projections.tables import Projection, metadata

ASSESSMENT = sa.Table(
    "assessment",
    metadata,
    sa.Column("assessment", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("attempts", sa.JSON, nullable=False),
    sa.Column("frames", sa.JSON, nullable=False),
    sa.Column("inferences", sa.JSON, nullable=False),
    sa.Column("withheld", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("conclusion", sa.Text, nullable=True),
    sa.Column("signature", sa.JSON, nullable=True),
    sa.Column("amendments", sa.JSON, nullable=False),
    sa.Column("opened_at", sa.Text, nullable=False),
    sa.Column("opened_seq", sa.BigInteger, nullable=False),
    sa.Column("signed_seq", sa.BigInteger, nullable=True),
    sa.Column("updated_at", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

FINDING = sa.Table(
    "finding",
    metadata,
    sa.Column("finding", sa.Text, primary_key=True),
    sa.Column("assessment", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("proposed", sa.JSON, nullable=False),
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
    sa.Column("number", sa.Text, nullable=False, index=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("signed_digest", sa.Text, nullable=False),
    sa.Column("verification_code", sa.Text, nullable=False, index=True),
    sa.Column("renderer", sa.Text, nullable=False),
    sa.Column("sources", sa.JSON, nullable=False),
    sa.Column("issued_at", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("flags", sa.JSON, nullable=False),
)

TABLES = (REPORT, FINDING, ASSESSMENT)


def apply(connection: sa.Connection, record: Record) -> None:  # noqa: C901, PLR0912 - a case a fact
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None:
        forget(connection, TABLES, subject)
        return
    if not record.stream.startswith(f"{AssessmentId.kind}-"):
        return
    key = {"assessment": str(AssessmentId.of_stream(record.stream))}
    match record.event:
        case facts.AssessmentOpened() as event:
            _open(connection, record, event)
        case facts.FindingAccepted() as event:
            _judge(connection, str(event.finding), "accepted")
        case facts.FindingAmended() as event:
            amended = {"amended_value": event.value, "amended_text": event.text}
            reasons = {"reason_code": event.reason_code, "reason": event.reason}
            _judge(connection, str(event.finding), "amended", **amended, **reasons)
        case facts.FindingRejected() as event:
            reasons = {"reason_code": event.reason_code, "reason": event.reason}
            _judge(connection, str(event.finding), "rejected", **reasons)
        case facts.ConclusionRecorded() as event:
            change(connection, ASSESSMENT, key, conclusion=event.text)
        case facts.AssessmentSignedOff() as event:
            signed = {"signature": plain(event.signature), "signed_seq": record.seq}
            change(connection, ASSESSMENT, key, state="signed", **signed)
        case facts.ReportIssued() as event:
            _issue(connection, record, key, event)
        case facts.AssessmentAmended() as event:
            found = one(connection, ASSESSMENT, **key)
            if found is not None:
                amendments = [*found["amendments"], plain(event)]
                change(connection, ASSESSMENT, key, state="amended", amendments=amendments)
        case facts.ReportFlagged() as event:
            flag = {"cause": event.cause, "reason": event.reason, "at": str(record.committed_at)}
            for row in every(
                connection, sa.select(REPORT).where(REPORT.c.assessment == key["assessment"])
            ):
                flags = [*row["flags"], flag]
                change(connection, REPORT, {"report": row["report"]}, flags=flags)
        case _:
            return
    change(
        connection,
        ASSESSMENT,
        key,
        version=record.version,
        updated_at=str(record.committed_at),
    )


PROJECTION = Projection(name="assessment", version=1, tables=TABLES, apply=apply)


def _open(connection: sa.Connection, record: Record, event: facts.AssessmentOpened) -> None:
    put(
        connection,
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
        opened_at=str(record.committed_at),
        opened_seq=record.seq,
        signed_seq=None,
        updated_at=str(record.committed_at),
        version=record.version,
    )
    for ordinal, finding in enumerate(event.findings):
        put(
            connection,
            FINDING,
            finding=str(finding.finding),
            assessment=str(event.assessment),
            subject=str(event.subject),
            ordinal=ordinal,
            proposed=plain(finding),
            verdict="none",
        )


def _judge(connection: sa.Connection, finding: str, verdict: str, **more: object) -> None:
    cleared = dict.fromkeys(("amended_value", "amended_text", "reason_code", "reason"))
    change(connection, FINDING, {"finding": finding}, verdict=verdict, **{**cleared, **more})


def _issue(
    connection: sa.Connection, record: Record, key: dict[str, str], event: facts.ReportIssued
) -> None:
    found = one(connection, ASSESSMENT, **key)
    if found is None:
        return
    put(
        connection,
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
        flags=[],
    )
    change(connection, ASSESSMENT, key, state="reported")


def assessment(connection: sa.Connection, identifier: str) -> Row | None:
    """Return an assessment with ``findings_reviewed`` rows and its ``report``, or none."""
    found = one(connection, ASSESSMENT, assessment=identifier)
    if found is None:
        return None
    query = sa.select(FINDING).where(FINDING.c.assessment == identifier).order_by(FINDING.c.ordinal)
    found["findings"] = every(connection, query)
    found["report"] = one(connection, REPORT, assessment=identifier)
    return found


def previous(connection: sa.Connection, subject: str, opened_seq: int) -> Row | None:
    """Return the subject's newest assessment before a place in the log, or none."""
    query = (
        sa.select(ASSESSMENT.c.assessment)
        .where(ASSESSMENT.c.subject == subject, ASSESSMENT.c.opened_seq < opened_seq)
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
