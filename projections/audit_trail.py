"""Who did what, when, in readable words: one line a record, from headers alone.

Rules kept here:

1. Only headers are used, so the trail reads the same before and after an erasure.
2. Pages go by ``seq``, so that new records never shift what is being read.
"""

import re

import sqlalchemy as sa

from domain.events.record import Record
from projections.rows import Row, every, put
from projections.subject import owner
from projections.tables import Projection, metadata

AUDIT = sa.Table(
    "audit_trail",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, index=True),
    sa.Column("stream", sa.Text, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("subject", sa.Text, nullable=True, index=True),
    sa.Column("device", sa.Text, nullable=True),
    sa.Column("device_sequence", sa.BigInteger, nullable=True),
    sa.Column("device_time", sa.Text, nullable=True),
    sa.Column("received_at", sa.Text, nullable=True),
    sa.Column("correlation", sa.Text, nullable=False),
    sa.Column("causation", sa.BigInteger, nullable=True),
    sa.Column("leaf", sa.Text, nullable=False),
)

MOST = 500
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def title_of(name: str) -> str:
    """Return an event's name in words: ``AttemptSubmitted`` is ``Attempt submitted``."""
    first, *rest = _WORDS.split(name)
    return " ".join((first, *(word.lower() for word in rest)))


def apply(connection: sa.Connection, record: Record) -> None:
    """Apply one record."""
    put(
        connection,
        AUDIT,
        seq=record.seq,
        at=str(record.committed_at),
        name=record.name,
        title=title_of(record.name),
        actor=str(record.actor),
        stream=str(record.stream),
        version=record.version,
        subject=owner(record),
        device=None if record.device is None else str(record.device),
        device_sequence=record.device_sequence,
        device_time=None if record.device_time is None else str(record.device_time),
        received_at=None if record.received_at is None else str(record.received_at),
        correlation=record.correlation,
        causation=record.causation,
        leaf=record.leaf.hex(),
    )


PROJECTION = Projection(name="audit-trail", version=1, tables=(AUDIT,), apply=apply)


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
    for column, wanted in (("actor", actor), ("stream", stream), ("name", name)):
        if wanted is not None:
            query = query.where(AUDIT.c[column] == wanted)
    if subject is not None:
        query = query.where(AUDIT.c.subject == subject)
    return every(connection, query)
