"""The model register."""

import sqlalchemy as sa

from domain.events import model_release as facts
from domain.events.record import Record
from domain.values.identifiers import ReleaseId
from projections.rows import Row, every, names_of, one, plain
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

RELEASE = sa.Table(
    "model_release",
    metadata,
    sa.Column("release", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("release_version", sa.Text, nullable=False),
    sa.Column("manifest", JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("registered_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=True),
    sa.Column("approved_at", sa.Text, nullable=True),
    sa.Column("suspended_because", sa.Text, nullable=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("shadow_of", sa.Text, nullable=True),
)


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    if not record.stream.startswith(f"{ReleaseId.kind}-"):
        return
    key = {"release": str(ReleaseId.of_stream(record.stream))}
    match record.event:
        case facts.ModelRegistered() as event:
            rows.put(
                RELEASE,
                release=str(event.release),
                name=event.manifest.name,
                release_version=event.manifest.version,
                manifest=plain(event.manifest),
                state="registered",
                registered_by=str(event.registered_by),
                approved_by=None,
                approved_at=None,
                suspended_because=None,
                shadow_of=None,
                seq=record.seq,
                version=record.version,
            )
        case facts.ModelShadowed() as event:
            rows.change(RELEASE, key, state="shadow", shadow_of=str(event.beside))
        case facts.ModelApproved() as event:
            approval = {
                "approved_by": str(event.signature.signer),
                "approved_at": str(event.signature.signed_at),
            }
            rows.change(RELEASE, key, state="approved", **approval)
        case facts.ModelSuspended() as event:
            rows.change(RELEASE, key, state="suspended", suspended_because=event.reason)
    rows.change(RELEASE, key, version=record.version)


PROJECTION = Projection(
    name="model-release",
    version=1,
    tables=(RELEASE,),
    apply=apply,
    handles=names_of(facts.ModelReleaseEvent),
)


def release(connection: sa.Connection, identifier: str) -> Row | None:
    """Return a release, or none."""
    return one(connection, RELEASE, release=identifier)


def releases(connection: sa.Connection, *, state: str | None = None) -> list[Row]:
    """Return all releases, oldest first, optionally in one state."""
    query = sa.select(RELEASE).order_by(RELEASE.c.seq)
    return every(connection, query if state is None else query.where(RELEASE.c.state == state))
