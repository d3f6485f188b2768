"""Studies of measurements: what was planned, and what came of it."""

import sqlalchemy as sa

from domain.events import study as facts
from domain.events.record import Record
from domain.values.identifiers import StudyId
from projections.rows import Row, every, names_of, one, plain
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

STUDY = sa.Table(
    "study",
    metadata,
    sa.Column("study", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("plan_version", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("output", sa.Text, nullable=False),
    sa.Column("plan", JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("planned_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=True),
    sa.Column("approved_at", sa.Text, nullable=True),
    sa.Column("result", JSON, nullable=True),
    sa.Column("passed", sa.Boolean, nullable=True),
    sa.Column("confirmed_by", sa.Text, nullable=True),
    sa.Column("confirmed_at", sa.Text, nullable=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    if not record.stream.startswith(f"{StudyId.kind}-"):
        return
    key = {"study": str(StudyId.of_stream(record.stream))}
    match record.event:
        case facts.StudyPlanned() as event:
            rows.put(
                STUDY,
                study=str(event.study),
                name=event.plan.name,
                plan_version=event.plan.version,
                evidence=str(event.plan.evidence),
                output=event.plan.output,
                plan=plain(event.plan),
                state="planned",
                planned_by=str(event.planned_by),
                approved_by=None,
                approved_at=None,
                result=None,
                passed=None,
                confirmed_by=None,
                confirmed_at=None,
                seq=record.seq,
                version=record.version,
            )
        case facts.StudyPlanApproved(signature=signature):
            approval = {
                "approved_by": str(signature.signer),
                "approved_at": str(signature.signed_at),
            }
            rows.change(STUDY, key, state="approved", **approval)
        case facts.StudyCompleted() as event:
            rows.change(STUDY, key, state="completed", result=plain(event), passed=event.passed)
        case facts.StudyConfirmed(signature=signature):
            confirmation = {
                "confirmed_by": str(signature.signer),
                "confirmed_at": str(signature.signed_at),
            }
            rows.change(STUDY, key, state="confirmed", **confirmation)
    rows.change(STUDY, key, version=record.version)


PROJECTION = Projection(
    name="study", version=2, tables=(STUDY,), apply=apply, handles=names_of(facts.StudyEvent)
)


def study(connection: sa.Connection, identifier: str) -> Row | None:
    """Return a study, or none."""
    return one(connection, STUDY, study=identifier)


def studies(connection: sa.Connection) -> list[Row]:
    """Return all studies, newest first."""
    return every(connection, sa.select(STUDY).order_by(STUDY.c.seq.desc()))
