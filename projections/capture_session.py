"""Capture sessions, and everything that was refused in them.

Rules kept here:

1. A refusal is kept with every gate, passed or not, also when it kept a session from opening.
2. A session is shown with all its attempts, whatever became of them.
"""

from operator import itemgetter

import sqlalchemy as sa

from domain.events import capture_session as facts
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.values.identifiers import SessionId
from projections import attempt
from projections.attempt import ATTEMPT, WITHHELD
from projections.refused_capture import REFUSED, put_refused
from projections.rows import Row, erased_subject, every, holdable, names_of, one, plain, subject_of
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

SESSION = sa.Table(
    "capture_session",
    metadata,
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=True),
    sa.Column("protocol", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("prompts", JSON, nullable=False),
    sa.Column("model_manifest", sa.Text, nullable=False),
    sa.Column("preconditions", JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ended_because", sa.Text, nullable=True),
    sa.Column("opened_at", sa.Text, nullable=False),
    sa.Column("opened_seq", sa.BigInteger, nullable=False, index=True),
    sa.Column("updated_at", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("ix_capture_session_of_subject", "subject", "opened_seq"),
    sa.Index("ix_capture_session_in_state", "state", "opened_seq"),
    sa.Index("ix_capture_session_on_device", "device", "state", "opened_seq"),
)

BLOCKED = sa.Table(
    "capture_blocked",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("view", sa.Text, nullable=True),
    sa.Column("gates", JSON, nullable=False),
)
"""``at`` is when it was refused: by the station's clock where the station refused it."""

TABLES = (SESSION, *attempt.TABLES, BLOCKED, REFUSED)
PAGE = 50


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None:
        rows.forget(TABLES, subject)
        return
    if not record.stream.startswith(f"{SessionId.kind}-"):
        return
    session = str(SessionId.of_stream(record.stream))
    match record.event:
        case facts.SessionOpened() as event:
            _open(rows, record, event)
        case facts.PreconditionsChecked() as event:
            rows.change(SESSION, {"session": session}, preconditions=plain(event.gates))
        case facts.CaptureBlocked() as event:
            _block(rows, record, session, event)
        case facts.AttemptSubmitted() as event:
            attempt.put_submitted(rows, record, session, event)
        case facts.PhotographImported() as event:
            attempt.put_imported(rows, record, session, event)
        case facts.SessionClosed():
            rows.change(SESSION, {"session": session}, state="closed")
        case facts.SessionAbandoned() as event:
            ended = {"state": "abandoned", "ended_because": event.reason}
            rows.change(SESSION, {"session": session}, **ended)
        case facts.OutputWithheld() as event:
            attempt.withhold(rows, record, session, event)
        case (
            facts.AttemptMeasured()
            | facts.AttemptUnmeasurable()
            | facts.AttemptJudged()
            | facts.DepthReconstructed()
            | facts.SurfaceReconstructed() as event
        ):
            attempt.follow(rows, record, session, event)
        case _:
            put_refused(rows, record, session)
    seen = {"version": record.version, "updated_at": str(record.committed_at)}
    rows.change(SESSION, {"session": session}, **seen)


PROJECTION = Projection(
    name="capture-session",
    version=1,
    tables=TABLES,
    apply=apply,
    handles=names_of(facts.CaptureSessionEvent, SubjectKeyDestroyed),
)


def _open(rows: Rows, record: Record, event: facts.SessionOpened) -> None:
    rows.put(
        SESSION,
        session=str(event.session),
        subject=str(event.subject),
        operator=str(event.operator),
        device=None if event.device is None else str(event.device),
        protocol=str(event.protocol),
        purpose=event.purpose.value,
        time_zone=event.time_zone,
        prompts=plain(event.prompts),
        model_manifest=str(event.model_manifest),
        preconditions=[],
        state="open",
        ended_because=None,
        opened_at=str(record.committed_at),
        opened_seq=record.seq,
        updated_at=str(record.committed_at),
        version=record.version,
    )


def _block(rows: Rows, record: Record, session: str, event: facts.CaptureBlocked) -> None:
    rows.put(
        BLOCKED,
        seq=record.seq,
        session=session,
        subject=subject_of(record),
        at=str(record.device_time or record.committed_at),
        stage=event.stage.value,
        view=event.view,
        gates=plain(event.gates),
    )


def session(connection: sa.Connection, identifier: str) -> Row | None:
    """Return a session with ``attempts``, ``blocked``, ``refused`` and ``withheld``, or none."""
    found = one(connection, SESSION, session=identifier)
    if found is None:
        return None
    for name, table in (
        ("attempts", ATTEMPT),
        ("blocked", BLOCKED),
        ("refused", REFUSED),
        ("withheld", WITHHELD),
    ):
        query = sa.select(table).where(table.c.session == identifier)
        # A session has few of each. Asked in order, a database may read all of them in order.
        found[name] = sorted(every(connection, query), key=itemgetter("seq"))
    return found


def sessions(
    connection: sa.Connection,
    *,
    state: str | None = None,
    subject: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Row]:
    """Return sessions, newest first, each with counts of accepted and rejected attempts."""
    query = (
        sa.select(
            SESSION,
            _count("accepted").label("accepted"),
            _count("rejected", "unmeasurable").label("rejected"),
        )
        .order_by(SESSION.c.opened_seq.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(SESSION.c.state == holdable(state))
    if subject is not None:
        query = query.where(SESSION.c.subject == holdable(subject))
    if before is not None:
        query = query.where(SESSION.c.opened_seq < before)
    return every(connection, query)


def open_for_device(connection: sa.Connection, device: str) -> list[Row]:
    """Return the open sessions of a device, oldest first, with their attempts."""
    query = (
        sa.select(SESSION.c.session)
        .where(SESSION.c.device == device, SESSION.c.state == "open")
        .order_by(SESSION.c.opened_seq)
    )
    identifiers = connection.execute(query).scalars().all()
    return [row for each in identifiers if (row := session(connection, each)) is not None]


def content(connection: sa.Connection, identifier: str, digest: str) -> Row | None:
    """Return what a session's content is, or none when it is not this session's."""
    return attempt.content(connection, identifier, digest)


def _count(*states: str) -> sa.ScalarSelect[int]:
    mine = (ATTEMPT.c.session == SESSION.c.session, ATTEMPT.c.state.in_(states))
    return sa.select(sa.func.count()).where(*mine).scalar_subquery()
