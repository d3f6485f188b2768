"""Acquisition protocols with their approvals."""

import sqlalchemy as sa

from domain.events import acquisition_protocol as facts
from domain.events.record import Record
from domain.values.identifiers import ProtocolId
from projections.rows import Row, every, names_of, one, plain
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

PROTOCOL = sa.Table(
    "acquisition_protocol",
    metadata,
    sa.Column("protocol", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("content_version", sa.Text, nullable=False),
    sa.Column("content", JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("drafted_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=True),
    sa.Column("approved_at", sa.Text, nullable=True),
    sa.Column("retired_because", sa.Text, nullable=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    if not record.stream.startswith(f"{ProtocolId.kind}-"):
        return
    key = {"protocol": str(ProtocolId.of_stream(record.stream))}
    match record.event:
        case facts.ProtocolDrafted() as event:
            rows.put(
                PROTOCOL,
                protocol=str(event.protocol),
                name=event.content.name,
                content_version=event.content.version,
                content=plain(event.content),
                state="draft",
                drafted_by=str(event.drafted_by),
                approved_by=None,
                approved_at=None,
                retired_because=None,
                seq=record.seq,
                version=record.version,
            )
        case facts.ProtocolApproved() as event:
            approval = {
                "approved_by": str(event.signature.signer),
                "approved_at": str(event.signature.signed_at),
            }
            rows.change(PROTOCOL, key, state="approved", **approval)
        case facts.ProtocolRetired() as event:
            rows.change(PROTOCOL, key, state="retired", retired_because=event.reason)
    rows.change(PROTOCOL, key, version=record.version)


PROJECTION = Projection(
    name="acquisition-protocol",
    version=1,
    tables=(PROTOCOL,),
    apply=apply,
    handles=names_of(facts.ProtocolEvent),
)


def protocol(connection: sa.Connection, identifier: str) -> Row | None:
    """Return a protocol version, or none."""
    return one(connection, PROTOCOL, protocol=identifier)


def protocols(connection: sa.Connection) -> list[Row]:
    """Return all protocol versions, newest first."""
    return every(connection, sa.select(PROTOCOL).order_by(PROTOCOL.c.seq.desc()))
