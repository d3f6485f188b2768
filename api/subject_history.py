"""A subject's timeline in readable words: one line for each thing that happened.

Rules kept here:

1. The lines are the audit trail's, without the steps between: they outlive an erasure, and their
   details go with it.
"""

from functools import partial

import sqlalchemy as sa
from pydantic import BaseModel

from api.answers import page_of
from domain.values.identifiers import AssessmentId, SessionId
from projections.audit_trail import story
from projections.rows import Row

PAGE = 50


class TimelineItem(BaseModel):
    """One line of a timeline."""

    seq: int
    at: str
    kind: str
    title: str
    detail: str
    session: str | None
    assessment: str | None


def timeline(
    connection: sa.Connection, subject: str, *, before: int | None = None
) -> tuple[list[TimelineItem], int | None]:
    """Return a page of what happened around a subject, newest first, and where the next begins."""
    ask = partial(story, subject=subject, before=before)
    rows, following = page_of(ask, connection, PAGE, by="seq")
    return [_item(row) for row in rows], following


def _item(row: Row) -> TimelineItem:
    return TimelineItem(
        seq=row["seq"],
        at=row["at"],
        kind=row["name"],
        title=row["title"],
        detail="content erased" if row["erased"] else row["detail"],
        session=_inside(row["stream"], SessionId.kind),
        assessment=_inside(row["stream"], AssessmentId.kind),
    )


def _inside(stream: str, kind: str) -> str | None:
    return stream.removeprefix(f"{kind}-") if stream.startswith(f"{kind}-") else None
