"""The readable audit trail."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.answers import Limit, Place, Read, page_of
from api.permissions import Permission
from api.signin import Person, allowed
from projections.audit_trail import trail
from projections.practitioner import display_names
from projections.rows import Row

ROUTER = APIRouter(prefix="/audit-trail", tags=["audit trail"])
Auditor = Annotated[Person, Depends(allowed(Permission.AUDIT_READ))]


class AuditLine(BaseModel):
    """One line: who did what, when, and where it stands in the record.

    ``detail`` says more while the content can be read; ``erased`` that it no longer can.
    """

    seq: int
    at: str
    name: str
    title: str
    detail: str | None
    erased: bool
    actor: str
    actor_kind: str
    actor_name: str | None
    stream: str
    version: int
    subject: str | None
    device_sequence: int | None
    device_time: str | None
    received_at: str | None
    correlation: str
    causation: int | None
    leaf: str


class AuditPage(BaseModel):
    """A page of the trail, newest first; ``next`` continues it."""

    items: list[AuditLine]
    next: int | None


@ROUTER.get("")
def audit_trail(
    _person: Auditor,
    reading: Read,
    *,
    before: Place | None = None,
    limit: Limit = 100,
    actor: str | None = None,
    stream: str | None = None,
    name: str | None = None,
    subject: str | None = None,
) -> AuditPage:
    """Return lines of the audit trail [REQ-IN-195]."""
    ask = partial(trail, before=before, actor=actor, stream=stream, name=name, subject=subject)
    rows, following = page_of(ask, reading.connection, limit, by="seq")
    names = display_names(reading.connection)
    return AuditPage(items=[_line(row, names) for row in rows], next=following)


def _line(row: Row, names: dict[str, str]) -> AuditLine:
    kind, _, name = row["actor"].partition(":")
    shown = {field: row[field] for field in AuditLine.model_fields if field in row}
    known = names.get(name) if kind == "practitioner" else name if kind == "service" else None
    return AuditLine(**shown, actor_kind=kind, actor_name=known)
