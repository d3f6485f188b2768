"""Runs of released models, with what they found and how they were executed.

Rules kept here:

1. A run is shown whether it gave results or failed.
2. The map of a measured change of volume is an artefact of its session like a run's.
"""

import sqlalchemy as sa

from domain.events import inference as facts
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.events.volume_change import VolumeChangeMeasured
from domain.values.identifiers import InferenceId
from projections.rows import Row, erased_subject, every, names_of, one, plain
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

INFERENCE = sa.Table(
    "inference",
    metadata,
    sa.Column("inference", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("attempt", sa.Text, nullable=False),
    sa.Column("release", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("frames", JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("run", JSON, nullable=True),
    sa.Column("inputs", JSON, nullable=False),
    sa.Column("outputs", JSON, nullable=False),
    sa.Column("findings", JSON, nullable=False),
    sa.Column("artefacts", JSON, nullable=False),
    sa.Column("failure", JSON, nullable=True),
    sa.Column("reproductions", JSON, nullable=False),
    sa.Column("requested_seq", sa.BigInteger, nullable=False),
    sa.Column("ended_seq", sa.BigInteger, nullable=True),
)

ARTEFACT = sa.Table(
    "artefact",
    metadata,
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("inference", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
)

TABLES = (INFERENCE, ARTEFACT)


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None:
        rows.forget(TABLES, subject)
        return
    if isinstance(record.event, VolumeChangeMeasured):
        _map_of_change(rows, record.event)
        return
    if not record.stream.startswith(f"{InferenceId.kind}-"):
        return
    key = {"inference": str(InferenceId.of_stream(record.stream))}
    match record.event:
        case facts.InferenceRequested() as event:
            rows.put(
                INFERENCE,
                inference=str(event.inference),
                subject=str(event.subject),
                session=str(event.session),
                attempt=str(event.attempt),
                release=str(event.release),
                model=str(event.model),
                frames=plain(event.frames),
                state="requested",
                run=None,
                inputs=[],
                outputs=[],
                findings=[],
                artefacts=[],
                failure=None,
                reproductions=[],
                requested_seq=record.seq,
                ended_seq=None,
            )
        case facts.InferenceCompleted() as event:
            _complete(rows, record, key, event)
        case facts.InferenceFailed() as event:
            failure = {"rule": event.rule, "evidence": event.evidence}
            rows.change(INFERENCE, key, state="failed", failure=failure, ended_seq=record.seq)
        case facts.ReproductionChecked() as event:
            found = rows.one(INFERENCE, **key)
            if found is not None:
                repeated = [*found["reproductions"], plain(event)]
                rows.change(INFERENCE, key, reproductions=repeated)


PROJECTION = Projection(
    name="inference",
    version=2,
    tables=TABLES,
    apply=apply,
    handles=names_of(facts.InferenceEvent, SubjectKeyDestroyed, VolumeChangeMeasured),
)


def _map_of_change(rows: Rows, event: VolumeChangeMeasured) -> None:
    for artefact in event.artefacts:
        rows.put(
            ARTEFACT,
            session=str(event.session),
            digest=str(artefact.content.digest),
            subject=str(event.subject),
            inference=str(event.change),
            name=artefact.name,
            media_type=artefact.content.media_type,
            size_bytes=artefact.content.size_bytes,
        )


def _complete(
    rows: Rows,
    record: Record,
    key: dict[str, str],
    event: facts.InferenceCompleted,
) -> None:
    rows.change(
        INFERENCE,
        key,
        state="completed",
        run=plain(event.run),
        inputs=plain(event.inputs),
        outputs=plain(event.outputs),
        findings=plain(event.findings),
        artefacts=plain(event.artefacts),
        ended_seq=record.seq,
    )
    found = rows.one(INFERENCE, **key)
    if found is None:
        return
    for artefact in event.artefacts:
        rows.put(
            ARTEFACT,
            session=found["session"],
            digest=str(artefact.content.digest),
            subject=found["subject"],
            inference=found["inference"],
            name=artefact.name,
            media_type=artefact.content.media_type,
            size_bytes=artefact.content.size_bytes,
        )


def inference(connection: sa.Connection, identifier: str) -> Row | None:
    """Return one run, or none."""
    return one(connection, INFERENCE, inference=identifier)


def of_session(connection: sa.Connection, session: str) -> list[Row]:
    """Return the runs of a session in the order they were called for."""
    query = (
        sa.select(INFERENCE)
        .where(INFERENCE.c.session == session)
        .order_by(INFERENCE.c.requested_seq)
    )
    return every(connection, query)


def artefact(connection: sa.Connection, session: str, digest: str) -> Row | None:
    """Return what an artefact of a session is, or none."""
    return one(connection, ARTEFACT, session=session, digest=digest)


def changes_of(connection: sa.Connection, session: str) -> list[str]:
    """Return the changes of volume measured up to a session, by their maps."""
    runs = sa.select(INFERENCE.c.inference).where(INFERENCE.c.session == session)
    query = (
        sa.select(ARTEFACT.c.inference)
        .where(ARTEFACT.c.session == session, ARTEFACT.c.inference.not_in(runs))
        .distinct()
        .order_by(ARTEFACT.c.inference)
    )
    return [row["inference"] for row in every(connection, query)]
