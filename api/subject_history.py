"""A subject's timeline in readable words: one line for each thing that happened.

Rules kept here:

1. The lines come from the audit trail's headers, so the timeline outlives an erasure.
"""

import sqlalchemy as sa
from pydantic import BaseModel

from domain.values.identifiers import AssessmentId, SessionId
from projections.audit_trail import trail
from projections.rows import Row

MOST = 200


class TimelineItem(BaseModel):
    """One line of a timeline."""

    seq: int
    at: str
    kind: str
    title: str
    detail: str
    session: str | None
    assessment: str | None


def timeline(connection: sa.Connection, subject: str) -> list[TimelineItem]:
    """Return what happened around a subject, newest first."""
    return [_item(row) for row in trail(connection, subject=subject, limit=MOST)]


def _item(row: Row) -> TimelineItem:
    return TimelineItem(
        seq=row["seq"],
        at=row["at"],
        kind=row["name"],
        title=row["title"],
        detail=row["actor"].partition(":")[0],
        session=_inside(row["stream"], SessionId.kind),
        assessment=_inside(row["stream"], AssessmentId.kind),
    )


def _inside(stream: str, kind: str) -> str | None:
    return stream.removeprefix(f"{kind}-") if stream.startswith(f"{kind}-") else None
