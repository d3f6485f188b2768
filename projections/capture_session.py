"""Capture sessions with their attempts, good and bad, and everything that was refused.

Rules kept here:

1. An attempt is shown from the moment it is recorded, whatever becomes of it.
2. What the device claims and what we measured stand side by side and are never mixed.
"""

import sqlalchemy as sa

from domain.events import capture_session as facts
from domain.events.record import Record
from domain.values.identifiers import SessionId
from projections.rows import Row, change, erased_subject, every, forget, one, plain, put
from projections.tables import Projection, metadata

SESSION = sa.Table(
    "capture_session",
    metadata,
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=True, index=True),
    sa.Column("protocol", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("prompts", sa.JSON, nullable=False),
    sa.Column("model_manifest", sa.Text, nullable=False),
    sa.Column("preconditions", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ended_because", sa.Text, nullable=True),
    sa.Column("opened_at", sa.Text, nullable=False),
    sa.Column("opened_seq", sa.BigInteger, nullable=False, index=True),
    sa.Column("updated_at", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

ATTEMPT = sa.Table(
    "attempt",
    metadata,
    sa.Column("attempt", sa.Text, primary_key=True),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("view", sa.Text, nullable=False),
    sa.Column("imported", sa.Boolean, nullable=False),
    sa.Column("source", sa.Text, nullable=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("captured_at", sa.Text, nullable=True),
    sa.Column("received_at", sa.Text, nullable=True),
    sa.Column("committed_at", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("device_sequence", sa.BigInteger, nullable=True),
    sa.Column("frames", sa.JSON, nullable=False),
    sa.Column("conditions", sa.JSON, nullable=True),
    sa.Column("gates", sa.JSON, nullable=False),
    sa.Column("claims", sa.JSON, nullable=False),
    sa.Column("measurements", sa.JSON, nullable=False),
    sa.Column("verdict", sa.JSON, nullable=True),
    sa.Column("depth", sa.JSON, nullable=True),
    sa.Column("failure", sa.JSON, nullable=True),
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
    sa.Column("gates", sa.JSON, nullable=False),
)

WITHHELD = sa.Table(
    "output_withheld",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("attempt", sa.Text, nullable=False),
    sa.Column("output", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("next_step", sa.Text, nullable=False),
)

CONTENT = sa.Table(
    "session_content",
    metadata,
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
)
"""Which content belongs to which session, so that a look at it can be allowed and recorded."""

TABLES = (SESSION, ATTEMPT, BLOCKED, WITHHELD, CONTENT)
PAGE = 50


def apply(connection: sa.Connection, record: Record) -> None:
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None:
        forget(connection, TABLES, subject)
        return
    if not record.stream.startswith(f"{SessionId.kind}-"):
        return
    session = str(SessionId.of_stream(record.stream))
    match record.event:
        case facts.SessionOpened() as event:
            _open(connection, record, event)
        case facts.PreconditionsChecked() as event:
            change(connection, SESSION, {"session": session}, preconditions=plain(event.gates))
        case facts.CaptureBlocked() as event:
            _block(connection, record, session, event)
        case facts.AttemptSubmitted() | facts.PhotographImported() as event:
            _submit(connection, record, session, event)
        case facts.SessionClosed():
            change(connection, SESSION, {"session": session}, state="closed")
        case facts.SessionAbandoned() as event:
            ended = {"state": "abandoned", "ended_because": event.reason}
            change(connection, SESSION, {"session": session}, **ended)
        case facts.OutputWithheld() as event:
            _withhold(connection, record, session, event)
        case (
            facts.AttemptMeasured()
            | facts.AttemptUnmeasurable()
            | facts.AttemptJudged()
            | facts.DepthReconstructed() as event
        ):
            _follow_attempt(connection, session, event)
        case _:
            return
    change(
        connection,
        SESSION,
        {"session": session},
        version=record.version,
        updated_at=str(record.committed_at),
    )


PROJECTION = Projection(name="capture-session", version=1, tables=TABLES, apply=apply)


def _open(connection: sa.Connection, record: Record, event: facts.SessionOpened) -> None:
    put(
        connection,
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


def _block(
    connection: sa.Connection, record: Record, session: str, event: facts.CaptureBlocked
) -> None:
    put(
        connection,
        BLOCKED,
        seq=record.seq,
        session=session,
        subject=record.key.partition(":")[2],
        at=str(record.device_time or record.committed_at),
        stage=event.stage.value,
        view=event.view,
        gates=plain(event.gates),
    )


def _submit(
    connection: sa.Connection,
    record: Record,
    session: str,
    event: facts.AttemptSubmitted | facts.PhotographImported,
) -> None:
    taken = event if isinstance(event, facts.AttemptSubmitted) else None
    frames = event.frames if isinstance(event, facts.AttemptSubmitted) else (event.frame,)
    subject = record.key.partition(":")[2]
    put(
        connection,
        ATTEMPT,
        attempt=str(event.attempt),
        session=session,
        subject=subject,
        view=str(event.view),
        imported=taken is None,
        source=event.source if isinstance(event, facts.PhotographImported) else None,
        state="submitted",
        captured_at=None if taken is None else str(taken.captured_at),
        received_at=None if record.received_at is None else str(record.received_at),
        committed_at=str(record.committed_at),
        seq=record.seq,
        device_sequence=record.device_sequence,
        frames=plain(frames),
        conditions=None if taken is None else plain(taken.conditions),
        gates=[] if taken is None else plain(taken.gates),
        claims=[] if taken is None else plain(taken.claims),
        measurements=[],
        verdict=None,
        depth=None,
        failure=None,
    )
    for frame in frames:
        put(
            connection,
            CONTENT,
            session=session,
            digest=str(frame.content.digest),
            subject=subject,
            kind="frame",
            media_type=frame.content.media_type,
            size_bytes=frame.content.size_bytes,
        )


def _follow_attempt(
    connection: sa.Connection,
    session: str,
    event: facts.AttemptMeasured
    | facts.AttemptUnmeasurable
    | facts.AttemptJudged
    | facts.DepthReconstructed,
) -> None:
    key = {"attempt": str(event.attempt)}
    match event:
        case facts.AttemptMeasured():
            measured = plain(event.measurements)
            change(connection, ATTEMPT, key, state="measured", measurements=measured)
        case facts.AttemptUnmeasurable():
            failure = {"rule": event.rule, "evidence": event.evidence}
            change(connection, ATTEMPT, key, state="unmeasurable", failure=failure)
        case facts.AttemptJudged():
            state = "accepted" if event.verdict.acceptable else "rejected"
            change(connection, ATTEMPT, key, state=state, verdict=plain(event.verdict))
        case facts.DepthReconstructed():
            change(connection, ATTEMPT, key, depth=plain(event))
            attempt = one(connection, ATTEMPT, **key)
            if attempt is not None:
                put(
                    connection,
                    CONTENT,
                    session=session,
                    digest=str(event.depth.digest),
                    subject=attempt["subject"],
                    kind="depth",
                    media_type=event.depth.media_type,
                    size_bytes=event.depth.size_bytes,
                )


def _withhold(
    connection: sa.Connection, record: Record, session: str, event: facts.OutputWithheld
) -> None:
    put(
        connection,
        WITHHELD,
        seq=record.seq,
        session=session,
        subject=record.key.partition(":")[2],
        attempt=str(event.attempt),
        output=event.output,
        rule=event.rule,
        evidence=event.evidence,
        next_step=event.next_step,
    )


def session(connection: sa.Connection, identifier: str) -> Row | None:
    """Return a session with ``attempts``, ``blocked`` and ``withheld``, or none."""
    found = one(connection, SESSION, session=identifier)
    if found is None:
        return None
    for name, table in (("attempts", ATTEMPT), ("blocked", BLOCKED), ("withheld", WITHHELD)):
        query = sa.select(table).where(table.c.session == identifier).order_by(table.c.seq)
        found[name] = every(connection, query)
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
    accepted = sa.func.count().filter(ATTEMPT.c.state == "accepted").label("accepted")
    rejected = (
        sa.func.count().filter(ATTEMPT.c.state.in_(("rejected", "unmeasurable"))).label("rejected")
    )
    counts = sa.select(ATTEMPT.c.session, accepted, rejected).group_by(ATTEMPT.c.session).subquery()
    query = (
        sa.select(
            SESSION,
            sa.func.coalesce(counts.c.accepted, 0).label("accepted"),
            sa.func.coalesce(counts.c.rejected, 0).label("rejected"),
        )
        .outerjoin(counts, counts.c.session == SESSION.c.session)
        .order_by(SESSION.c.opened_seq.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(SESSION.c.state == state)
    if subject is not None:
        query = query.where(SESSION.c.subject == subject)
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
    return one(connection, CONTENT, session=identifier, digest=digest)
