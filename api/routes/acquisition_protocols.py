"""Acquisition protocols: draft, approve by a second person, retire."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.admission import CheckedFirst
from api.answers import Read, Recorded, Running, recorded
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.signatures import Approval, signing
from api.signin import Person, allowed
from domain.events.codec import from_plain
from domain.handling import load_existing, update
from domain.rules import acquisition_protocol as rules
from domain.rules.acquisition_protocol import ACQUISITION_PROTOCOL, content_digest
from domain.values.identifiers import ProtocolId
from domain.values.protocol import ProtocolContent
from domain.values.signature import Meaning
from projections import acquisition_protocol as read
from projections.practitioner import display_names

ROUTER = APIRouter(
    prefix="/acquisition-protocols", tags=["acquisition protocols"], route_class=CheckedFirst
)
Reader = Annotated[Person, Depends(allowed(Permission.PROTOCOLS_READ))]
Drafter = Annotated[Person, Depends(allowed(Permission.PROTOCOLS_DRAFT))]
Approver = Annotated[Person, Depends(allowed(Permission.PROTOCOLS_APPROVE))]


class Protocol(BaseModel):
    """A version of an acquisition protocol."""

    protocol: str
    name: str
    version: str
    state: str
    content: dict[str, Any]
    digest: str
    drafted_by: str
    approved_by: str | None
    approved_at: str | None
    retired_because: str | None


class Protocols(BaseModel):
    """All versions, newest first."""

    items: list[Protocol]


class Draft(BaseModel):
    """The content of a new version; the fields of a protocol's content."""

    content: dict[str, Any]


class Drafted(Recorded):
    """A version that was drafted, and the digest its approval signs."""

    protocol: str
    digest: str


class Reason(BaseModel):
    """Why, in words."""

    reason: str = Field(max_length=2000)


@ROUTER.get("")
def list_protocols(_person: Reader, reading: Read) -> Protocols:
    """Return all versions of all protocols."""
    names = display_names(reading.connection)
    items = []
    for row in read.protocols(reading.connection):
        content: ProtocolContent = from_plain(ProtocolContent, row["content"])
        shown = {name: row[name] for name in Protocol.model_fields if name in row}
        items.append(
            Protocol(
                **shown
                | {
                    "version": row["content_version"],
                    "digest": str(content_digest(content)),
                    "drafted_by": names.get(row["drafted_by"], ""),
                    "approved_by": names.get(row["approved_by"] or ""),
                }
            )
        )
    return Protocols(items=items)


@ROUTER.post("", status_code=201)
def draft(new: Draft, person: Drafter, system: Running, key: IdempotencyKey) -> Drafted:
    """Draft a version; somebody else approves it."""
    content: ProtocolContent = from_plain(ProtocolContent, new.content)
    protocol = ProtocolId.derived(content.name, content.version)
    decide = partial(
        rules.draft_protocol,
        identifier=protocol,
        content=content,
        drafted_by=person.practitioner,
    )
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, ACQUISITION_PROTOCOL, protocol.stream, decide, context)
    place = recorded(records).model_dump()
    return Drafted(**place, protocol=str(protocol), digest=str(content_digest(content)))


@ROUTER.post("/{protocol}/approve")
def approve(
    protocol: str, approval: Approval, person: Approver, system: Running, key: IdempotencyKey
) -> Recorded:
    """Approve a version for use, by signature over its content."""
    stream = ProtocolId(protocol).stream
    load_existing(system.log, ACQUISITION_PROTOCOL, stream)
    decide = partial(
        rules.approve_protocol, signing=signing(system, person, approval, Meaning.APPROVED)
    )
    context = system.context(person.actor, idempotency_key=key)
    return recorded(update(system.log, ACQUISITION_PROTOCOL, stream, decide, context))


@ROUTER.post("/{protocol}/retire")
def retire(
    protocol: str, reason: Reason, person: Approver, system: Running, key: IdempotencyKey
) -> Recorded:
    """End the use of a version."""
    stream = ProtocolId(protocol).stream
    load_existing(system.log, ACQUISITION_PROTOCOL, stream)
    decide = partial(rules.retire_protocol, reason=reason.reason)
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, ACQUISITION_PROTOCOL, stream, decide, context)
    return recorded(records or system.log.stream(stream))
