"""Capture attempts, good and bad, what belongs to them, and what was withheld of them.

Rules kept here:

1. An attempt is shown from the moment it is recorded, whatever becomes of it.
2. What the device claims and what we measured stand side by side and are never mixed.

The tables belong to the projection of ``projections/capture_session.py``.
"""

import sqlalchemy as sa

from domain.events import capture_session as facts
from domain.events.record import Record
from domain.values.content import ContentReference
from projections.rows import Row, one, plain, subject_of
from projections.tables import JSON, metadata
from projections.writing import Rows

ATTEMPT = sa.Table(
    "attempt",
    metadata,
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("attempt", sa.Text, primary_key=True),
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
    sa.Column("frames", JSON, nullable=False),
    sa.Column("conditions", JSON, nullable=True),
    sa.Column("gates", JSON, nullable=False),
    sa.Column("claims", JSON, nullable=False),
    sa.Column("measurements", JSON, nullable=False),
    sa.Column("verdict", JSON, nullable=True),
    sa.Column("depth", JSON, nullable=True),
    sa.Column("failure", JSON, nullable=True),
)
"""``captured_at`` is by the station's clock, the other times by ours."""

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

TABLES = (ATTEMPT, WITHHELD, CONTENT)

Followed = (
    facts.AttemptMeasured
    | facts.AttemptUnmeasurable
    | facts.AttemptJudged
    | facts.DepthReconstructed
    | facts.SurfaceReconstructed
)
"""What may become of an attempt."""


def put_submitted(rows: Rows, record: Record, session: str, event: facts.AttemptSubmitted) -> None:
    """Put an attempt that a station handed in."""
    rows.put(
        ATTEMPT,
        **_arrived(record, session),
        attempt=str(event.attempt),
        view=str(event.view),
        imported=False,
        captured_at=str(event.captured_at),
        frames=plain(event.frames),
        conditions=plain(event.conditions),
        gates=plain(event.gates),
        claims=plain(event.claims),
    )
    for frame in event.frames:
        _put_content(rows, record, session, "frame", frame.content)


def put_imported(rows: Rows, record: Record, session: str, event: facts.PhotographImported) -> None:
    """Put an attempt that stands for a photograph from elsewhere."""
    rows.put(
        ATTEMPT,
        **_arrived(record, session),
        attempt=str(event.attempt),
        view=str(event.view),
        imported=True,
        source=event.source,
        frames=plain((event.frame,)),
        gates=[],
        claims=[],
    )
    _put_content(rows, record, session, "frame", event.frame.content)


def follow(rows: Rows, record: Record, session: str, event: Followed) -> None:
    """Put what became of an attempt."""
    key = {"session": session, "attempt": str(event.attempt)}
    match event:
        case facts.AttemptMeasured():
            measured = plain(event.measurements)
            rows.change(ATTEMPT, key, state="measured", measurements=measured)
        case facts.AttemptUnmeasurable():
            failure = {"rule": event.rule, "evidence": event.evidence}
            rows.change(ATTEMPT, key, state="unmeasurable", failure=failure)
        case facts.AttemptJudged():
            state = "accepted" if event.verdict.acceptable else "rejected"
            rows.change(ATTEMPT, key, state=state, verdict=plain(event.verdict))
        case facts.DepthReconstructed():
            rows.change(ATTEMPT, key, depth=plain(event))
            _put_content(rows, record, session, "depth", event.depth)
        case facts.SurfaceReconstructed():
            found = rows.one(ATTEMPT, **key)
            if found is not None:
                depth = {**(found["depth"] or {}), "surface": plain(event)}
                rows.change(ATTEMPT, key, depth=depth)
            _put_content(rows, record, session, "depth-uncertainty", event.uncertainty)
            _put_content(rows, record, session, "surface", event.mesh)


def withhold(rows: Rows, record: Record, session: str, event: facts.OutputWithheld) -> None:
    """Put one ground on which an output was withheld."""
    rows.put(
        WITHHELD,
        seq=record.seq,
        session=session,
        subject=subject_of(record),
        attempt=str(event.attempt),
        output=event.output,
        rule=event.rule,
        evidence=event.evidence,
        next_step=event.next_step,
    )


def content(connection: sa.Connection, session: str, digest: str) -> Row | None:
    """Return what a session's content is, or none when it is not this session's."""
    return one(connection, CONTENT, session=session, digest=digest)


def _arrived(record: Record, session: str) -> Row:
    """Return what is known of every attempt when it arrives."""
    return {
        "session": session,
        "subject": subject_of(record),
        "state": "submitted",
        "received_at": None if record.received_at is None else str(record.received_at),
        "committed_at": str(record.committed_at),
        "seq": record.seq,
        "device_sequence": record.device_sequence,
        "measurements": [],
    }


def _put_content(
    rows: Rows, record: Record, session: str, kind: str, found: ContentReference
) -> None:
    rows.put(
        CONTENT,
        session=session,
        digest=str(found.digest),
        subject=subject_of(record),
        kind=kind,
        media_type=found.media_type,
        size_bytes=found.size_bytes,
    )
