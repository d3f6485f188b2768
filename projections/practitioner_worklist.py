"""What awaits whom: one line a session, from opening to report.

Rules kept here:

1. A line says what is to be done next, not merely what happened last.
2. Whatever needs attention, such as a flagged report, comes back to the list, until a practitioner
   answers it by an amendment. What was flagged before sign-off was signed with it.
3. Every line can be reached, however old it is: a page continues where the last one ended.
"""

from collections.abc import Collection

import sqlalchemy as sa

from domain.events import assessment as assessments
from domain.events import capture_session as facts
from domain.events import refused_capture as refused
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.values.identifiers import AssessmentId, SessionId
from projections.rows import Row, erased_subject, every, holdable, names_of, subject_of
from projections.subject_search import LAST, found_by
from projections.tables import BYTEWISE, JSON, Projection, metadata
from projections.writing import Rows

WORK = sa.Table(
    "work_item",
    metadata,
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("device", sa.Text, nullable=True),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("opened_at", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Text, nullable=False),
    sa.Column("updated_seq", sa.BigInteger, nullable=False),
    sa.Column("accepted", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("blocked", sa.Integer, nullable=False),
    sa.Column("withheld", JSON, nullable=False),
    sa.Column("assessment", sa.Text, nullable=True, index=True),
    sa.Column("findings_total", sa.Integer, nullable=False),
    sa.Column("reviewed", JSON, nullable=False),
    sa.Column("concluded", sa.Boolean, nullable=False),
    sa.Column("signed", sa.Boolean, nullable=False),
    sa.Column("unanswered", sa.Boolean, nullable=False),
    sa.Column("report", sa.Text, nullable=True),
    sa.Column("report_number", BYTEWISE, nullable=True, index=True),
    sa.Column("flags", JSON, nullable=False),
    sa.Index("ix_work_item_in_order", "kind", "updated_seq"),
)
"""``withheld`` lists the outputs withheld; ``unanswered`` is whether a flag since sign-off is."""

KINDS = ("attention", "sign", "review", "capture", "analysis", "signed", "done", "abandoned")
"""Every kind of line, what is most urgent first."""

PAGE = 50
MOST_COUNTED = 100


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None:
        rows.forget((WORK,), subject)
        return
    if isinstance(record.event, facts.SessionOpened):
        _open(rows, record, record.event)
    elif record.stream.startswith(f"{SessionId.kind}-"):
        row = rows.one(WORK, session=str(SessionId.of_stream(record.stream)))
        _advance(rows, record, row, None if row is None else _after_capture(row, record))
    elif isinstance(record.event, assessments.AssessmentOpened):
        row = rows.one(WORK, session=str(record.event.session))
        opened = {
            "kind": "review",
            "assessment": str(record.event.assessment),
            "findings_total": len(record.event.findings),
        }
        _advance(rows, record, row, opened)
    elif record.stream.startswith(f"{AssessmentId.kind}-"):
        row = rows.one(WORK, assessment=str(AssessmentId.of_stream(record.stream)))
        _advance(rows, record, row, None if row is None else _after_review(row, record))


PROJECTION = Projection(
    name="practitioner-worklist",
    version=1,
    tables=(WORK,),
    apply=apply,
    handles=names_of(facts.CaptureSessionEvent, assessments.AssessmentEvent, SubjectKeyDestroyed),
)


def _open(rows: Rows, record: Record, event: facts.SessionOpened) -> None:
    rows.put(
        WORK,
        session=str(event.session),
        subject=subject_of(record),
        device=None if event.device is None else str(event.device),
        operator=str(event.operator),
        kind="capture",
        opened_at=str(record.committed_at),
        updated_at=str(record.committed_at),
        updated_seq=record.seq,
        accepted=0,
        rejected=0,
        blocked=0,
        withheld=[],
        assessment=None,
        findings_total=0,
        reviewed=[],
        concluded=False,
        signed=False,
        unanswered=False,
        report=None,
        report_number=None,
        flags=[],
    )


def _after_capture(row: Row, record: Record) -> Row | None:
    match record.event:
        case facts.AttemptJudged() as event:
            column = "accepted" if event.verdict.acceptable else "rejected"
            return {column: row[column] + 1}
        case facts.AttemptUnmeasurable():
            return {"rejected": row["rejected"] + 1}
        case (
            facts.CaptureBlocked()
            | refused.CaptureFailed()
            | refused.AttemptRefused()
            | refused.PhotographRefused()
        ):
            return {"blocked": row["blocked"] + 1}
        case facts.OutputWithheld() as event:
            return {"withheld": sorted({*row["withheld"], event.output})}
        case facts.SessionClosed():
            return {"kind": "analysis"}
        case facts.SessionAbandoned():
            return {"kind": "abandoned"}
        case _:
            return {}


def _after_review(row: Row, record: Record) -> Row | None:
    match record.event:
        case (
            assessments.FindingAccepted()
            | assessments.FindingAmended()
            | assessments.FindingRejected() as event
        ):
            reviewed = sorted({*row["reviewed"], str(event.finding)})
            return {"reviewed": reviewed, "kind": _review_kind(row, reviewed, row["concluded"])}
        case assessments.ConclusionRecorded():
            kind = _review_kind(row, row["reviewed"], concluded=True)
            return {"concluded": True, "kind": kind}
        case assessments.AssessmentSignedOff():
            return {"kind": "signed", "signed": True}
        case assessments.AssessmentAmended():
            return {"kind": "signed", "unanswered": False}
        case assessments.ReportIssued() as event:
            kind = "attention" if row["unanswered"] else "done"
            return {"kind": kind, "report": str(event.report), "report_number": event.number}
        case assessments.ReportFlagged() as event:
            return _after_flag(row, event)
        case _:
            return {}


def _after_flag(row: Row, event: assessments.ReportFlagged) -> Row:
    flags = {"flags": [*row["flags"], event.reason]}
    return {**flags, "kind": "attention", "unanswered": True} if row["signed"] else flags


def _review_kind(row: Row, reviewed: list[str], concluded: bool) -> str:  # noqa: FBT001 - a column
    return "sign" if concluded and len(reviewed) == row["findings_total"] else "review"


def _advance(rows: Rows, record: Record, row: Row | None, to: Row | None) -> None:
    if row is None or to is None:
        return
    now = {"updated_at": str(record.committed_at), "updated_seq": record.seq}
    rows.change(WORK, {"session": row["session"]}, **now, **to)


def worklist(
    connection: sa.Connection,
    kinds: Collection[str] = KINDS,
    *,
    query: str = "",
    before: int | None = None,
    limit: int = PAGE,
) -> list[Row]:
    """Return lines of the worklist, most recently changed first; ``withheld`` is a number.

    Args:
        connection: To read with.
        kinds: Which kinds of lines.
        query: Words of a pseudonym, or the beginning of a report's number; empty finds all.
        before: Only what changed before this place in the log.
        limit: How many at most.
    """
    if not kinds:
        return []
    # The newest of each kind, each found by its index, then the newest of all of them.
    arms = [
        sa.select(WORK.c.session)
        .where(arm, _earlier(before))
        .order_by(WORK.c.updated_seq.desc())
        .limit(limit)
        .subquery()
        for arm in (_found(kinds, query) if query.strip() else [WORK.c.kind == k for k in kinds])
    ]
    found = sa.union(*(sa.select(arm) for arm in arms)).subquery()
    newest = sa.select(WORK).join(found, found.c.session == WORK.c.session)
    rows = every(connection, newest.order_by(WORK.c.updated_seq.desc()).limit(limit))
    for row in rows:
        row["withheld"] = len(row["withheld"])
    return rows


def counts(connection: sa.Connection, *, most: int = MOST_COUNTED) -> dict[str, int]:
    """Return how many lines of each kind there are, counted no further than ``most``."""
    counted = [
        sa.select(sa.func.count())
        .select_from(sa.select(WORK.c.session).where(WORK.c.kind == kind).limit(most).subquery())
        .scalar_subquery()
        .label(kind)
        for kind in KINDS
    ]
    return dict(connection.execute(sa.select(*counted)).mappings().one())


def _earlier(before: int | None) -> sa.ColumnElement[bool]:
    return sa.true() if before is None else WORK.c.updated_seq < before


def _found(kinds: Collection[str], query: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of which a line that is searched for meets one."""
    number = str(holdable(query.strip().upper()))
    conditions = [sa.and_(WORK.c.report_number >= number, WORK.c.report_number < number + LAST)]
    subjects = found_by(query, identified=False)
    if subjects is not None:
        conditions.append(WORK.c.subject.in_(subjects))
    # The kind behind a function: few lines are found by words, most of all lines are of a kind, and
    # a database may not choose to go through those.
    of_kinds = sa.func.coalesce(WORK.c.kind, "").in_(kinds)
    return [sa.and_(each, of_kinds) for each in conditions]
