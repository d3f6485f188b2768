"""What was wanted in a capture session and did not become an attempt: failed, given up, refused.

Rules kept here:

1. Every such fact is shown with its rule, its evidence and the next step.
2. Of what was captured and refused, the attempt and the digests are shown; there is no picture.
"""

import sqlalchemy as sa

from domain.events import refused_capture as facts
from domain.events.record import Record
from projections.rows import plain, subject_of
from projections.tables import JSON, metadata
from projections.writing import Rows

REFUSED = sa.Table(
    "capture_refused",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("view", sa.Text, nullable=False),
    sa.Column("attempt", sa.Text, nullable=True),
    sa.Column("digests", JSON, nullable=False),
    sa.Column("gates", JSON, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("next_step", sa.Text, nullable=False),
)
"""``at`` is when it happened: by the station's clock where the station was there."""


def put_refused(rows: Rows, record: Record, session: str) -> None:
    """Put what was refused, failed or was given up; anything else is left alone."""
    event = record.event
    match event:
        case facts.CaptureFailed():
            more = {"kind": "failed", "gates": plain(event.gates), **_why(event)}
        case facts.CaptureGivenUp():
            more = {
                "kind": "given-up",
                "rule": "capture.given-up",
                "evidence": f"{event.tries} attempts were not accepted: {event.evidence}",
                "next_step": "Look at the attempts, and open a new session.",
            }
        case facts.AttemptRefused():
            more = {
                "kind": "attempt",
                "at": str(event.captured_at),
                "attempt": str(event.attempt),
                "digests": plain(event.frames),
                "gates": plain(event.gates),
                **_why(event),
            }
        case facts.PhotographRefused():
            more = {
                "kind": "photograph",
                "attempt": str(event.attempt),
                "digests": [str(event.content)],
                "gates": plain(event.gates),
                **_why(event),
            }
        case _:
            return
    known = {
        "seq": record.seq,
        "session": session,
        "subject": subject_of(record),
        "at": str(record.device_time or record.committed_at),
        "view": str(event.view),
        "attempt": None,
        "digests": [],
        "gates": [],
    }
    rows.put(REFUSED, **{**known, **more})


def _why(
    event: facts.CaptureFailed | facts.AttemptRefused | facts.PhotographRefused,
) -> dict[str, str]:
    return {"rule": event.rule, "evidence": event.evidence, "next_step": event.next_step}
