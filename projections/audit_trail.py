"""Who did what, when, in readable words: one line a record.

Rules kept here:

1. A line stands for ever and comes from the header. Its ``detail`` comes from the content: it goes
   when the content is erased, and the line says so.
2. Pages go by ``seq``, so that new records never shift what is being read.
3. Whom a record is about is known where the header says it, and where somebody looked at or took
   out what is a subject's.
"""

import sqlalchemy as sa

from domain.events.access import RecordViewed
from domain.events.clinic import RecordExported
from domain.events.record import Record, Shredded
from domain.values.identifiers import SubjectId
from projections.event_words import MILESTONES, detail_of, title_of
from projections.rows import Row, erased_subject, every, holdable, subject_of
from projections.tables import Projection, metadata
from projections.writing import Rows

AUDIT = sa.Table(
    "audit_trail",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=True),
    sa.Column("erased", sa.Boolean, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=True),
    sa.Column("device", sa.Text, nullable=True),
    sa.Column("device_sequence", sa.BigInteger, nullable=True),
    sa.Column("device_time", sa.Text, nullable=True),
    sa.Column("received_at", sa.Text, nullable=True),
    sa.Column("correlation", sa.Text, nullable=False),
    sa.Column("causation", sa.BigInteger, nullable=True),
    sa.Column("leaf", sa.Text, nullable=False),
    *(
        sa.Index(f"ix_audit_trail_by_{name}", name, "seq")
        for name in ("actor", "stream", "name", "subject")
    ),
)

MOST = 500


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None and rows.may_hold(subject):
        gone = {"subject": subject, "key": f"subject:{subject}"}
        rows.change(AUDIT, gone, detail=None, erased=True)
    erased = isinstance(record.event, Shredded)
    rows.put(
        AUDIT,
        seq=record.seq,
        at=str(record.committed_at),
        name=record.name,
        title=title_of(record.name),
        detail=None if erased else detail_of(record.event),
        erased=erased,
        actor=str(record.actor),
        stream=str(record.stream),
        version=record.version,
        key=record.key,
        subject=_about(record),
        device=None if record.device is None else str(record.device),
        device_sequence=record.device_sequence,
        device_time=None if record.device_time is None else str(record.device_time),
        received_at=None if record.received_at is None else str(record.received_at),
        correlation=record.correlation,
        causation=record.causation,
        leaf=record.leaf.hex(),
    )


PROJECTION = Projection(name="audit-trail", version=2, tables=(AUDIT,), apply=apply)


def _about(record: Record) -> str | None:
    if record.stream.startswith(f"{SubjectId.kind}-"):
        return str(SubjectId.of_stream(record.stream))
    match record.event:
        case RecordExported() as event:
            return None if event.subject is None else str(event.subject)
        case RecordViewed() as event:
            kind, _, name = event.resource.partition(":")
            return name if kind == "subject" else None
        case _:
            return subject_of(record)


def trail(
    connection: sa.Connection,
    *,
    before: int | None = None,
    limit: int = 100,
    actor: str | None = None,
    stream: str | None = None,
    name: str | None = None,
    subject: str | None = None,
) -> list[Row]:
    """Return lines of the trail, newest first, before a place in the log where given."""
    query = sa.select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(min(limit, MOST))
    if before is not None:
        query = query.where(AUDIT.c.seq < before)
    filters = {"actor": actor, "stream": stream, "name": name, "subject": subject}
    for column, wanted in filters.items():
        if wanted is not None:
            query = query.where(AUDIT.c[column] == holdable(wanted))
    return every(connection, query)


def story(
    connection: sa.Connection, subject: str, *, before: int | None = None, limit: int = MOST
) -> list[Row]:
    """Return lines of the story of a subject, newest first, before a place where given."""
    query = sa.select(AUDIT).where(
        AUDIT.c.subject == holdable(subject), AUDIT.c.name.in_(MILESTONES)
    )
    if before is not None:
        query = query.where(AUDIT.c.seq < before)
    return every(connection, query.order_by(AUDIT.c.seq.desc()).limit(limit))


def newest(connection: sa.Connection, *names: str) -> Row | None:
    """Return the newest line of an event of these names, or none."""
    found = [line for name in names for line in trail(connection, name=name, limit=1)]
    return max(found, key=lambda line: int(line["seq"]), default=None)


def version_of(connection: sa.Connection, stream: str) -> int:
    """Return the version a stream had where the trail ends; 0 for one that is not in it yet."""
    last = trail(connection, stream=stream, limit=1)
    return int(last[0]["version"]) if last else 0
