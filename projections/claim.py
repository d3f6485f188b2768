"""What has been validated: every claim and what became of it."""

import sqlalchemy as sa

from domain.events import claim as facts
from domain.events.record import Record
from domain.values.identifiers import ClaimId
from projections.rows import Row, every, names_of, plain
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

CLAIM = sa.Table(
    "claim",
    metadata,
    sa.Column("claim", sa.Text, primary_key=True),
    sa.Column("output", sa.Text, nullable=False),
    sa.Column("content", JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("registered_by", sa.Text, nullable=False),
    sa.Column("validated_by", sa.Text, nullable=True),
    sa.Column("validated_at", sa.Text, nullable=True),
    sa.Column("withdrawn_because", sa.Text, nullable=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    if not record.stream.startswith(f"{ClaimId.kind}-"):
        return
    key = {"claim": str(ClaimId.of_stream(record.stream))}
    match record.event:
        case facts.ClaimRegistered() as event:
            rows.put(
                CLAIM,
                claim=str(event.claim),
                output=event.content.output,
                content=plain(event.content),
                state="registered",
                registered_by=str(event.registered_by),
                validated_by=None,
                validated_at=None,
                withdrawn_because=None,
                seq=record.seq,
                version=record.version,
            )
        case facts.ClaimValidated(signature=signature):
            validation = {
                "validated_by": str(signature.signer),
                "validated_at": str(signature.signed_at),
            }
            rows.change(CLAIM, key, state="validated", **validation)
        case facts.ClaimWithdrawn(reason=reason):
            rows.change(CLAIM, key, state="withdrawn", withdrawn_because=reason)
    rows.change(CLAIM, key, version=record.version)


PROJECTION = Projection(
    name="claim", version=1, tables=(CLAIM,), apply=apply, handles=names_of(facts.ClaimEvent)
)


def claims(connection: sa.Connection) -> list[Row]:
    """Return every claim, oldest first."""
    return every(connection, sa.select(CLAIM).order_by(CLAIM.c.seq))
