"""What has been validated: register a claim, put it in force by a second person, withdraw it."""

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
from domain.rules import claim as rules
from domain.rules.claim import CLAIM, claim_digest
from domain.values.claim import ClaimContent
from domain.values.identifiers import ClaimId
from domain.values.signature import Meaning
from projections import claim as read
from projections.practitioner import display_names

ROUTER = APIRouter(prefix="/claims", tags=["claims"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.CLAIMS_READ))]
Registrar = Annotated[Person, Depends(allowed(Permission.CLAIMS_REGISTER))]
Validator = Annotated[Person, Depends(allowed(Permission.CLAIMS_VALIDATE))]


class Claim(BaseModel):
    """A claim with everything it says, and the digest that its validation signs."""

    claim: str
    output: str
    label: str
    state: str
    content: dict[str, Any]
    digest: str
    registered_by: str
    validated_by: str | None
    validated_at: str | None
    withdrawn_because: str | None


class Claims(BaseModel):
    """Every claim there was."""

    items: list[Claim]


class NewClaim(BaseModel):
    """What a claim says, by the fields of the record."""

    content: dict[str, Any]


class Registered(Recorded):
    """A claim that was registered, and the digest its validation signs."""

    claim: str
    digest: str


class Reason(BaseModel):
    """Why, in words."""

    reason: str = Field(max_length=2000)


@ROUTER.get("")
def list_claims(_person: Reader, reading: Read) -> Claims:
    """Return every claim, oldest first."""
    names = display_names(reading.connection)
    items = []
    for row in read.claims(reading.connection):
        shown = {name: row[name] for name in Claim.model_fields if name in row}
        people = {
            "registered_by": names.get(row["registered_by"], ""),
            "validated_by": names.get(row["validated_by"] or ""),
        }
        content: ClaimContent = from_plain(ClaimContent, row["content"])
        said = {"label": content.label, "digest": str(claim_digest(content))}
        items.append(Claim(**shown | people | said))
    return Claims(items=items)


@ROUTER.post("", status_code=201)
def register(new: NewClaim, person: Registrar, system: Running, key: IdempotencyKey) -> Registered:
    """Register a claim with its studies; somebody else puts it in force [REQ-IN-047, 048]."""
    content: ClaimContent = from_plain(ClaimContent, new.content)
    digest = claim_digest(content)
    claim = ClaimId.derived(content.output, str(digest))
    decide = partial(
        rules.register_claim, identifier=claim, content=content, registered_by=person.practitioner
    )
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, CLAIM, claim.stream, decide, context)
    return Registered(**recorded(records).model_dump(), claim=str(claim), digest=str(digest))


@ROUTER.post("/{claim}/validate")
def validate(
    claim: str, approval: Approval, person: Validator, system: Running, key: IdempotencyKey
) -> Recorded:
    """Put a claim in force, by signature over its content [REQ-IN-049, 074]."""
    stream = ClaimId(claim).stream
    load_existing(system.log, CLAIM, stream)
    decide = partial(
        rules.validate_claim, signing=signing(system, person, approval, Meaning.APPROVED)
    )
    context = system.context(person.actor, idempotency_key=key)
    return recorded(update(system.log, CLAIM, stream, decide, context))


@ROUTER.post("/{claim}/withdraw")
def withdraw(
    claim: str, reason: Reason, person: Validator, system: Running, key: IdempotencyKey
) -> Recorded:
    """Stop anything from being reported under a claim, from the next measurement on."""
    stream = ClaimId(claim).stream
    load_existing(system.log, CLAIM, stream)
    decide = partial(rules.withdraw_claim, reason=reason.reason)
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, CLAIM, stream, decide, context)
    return recorded(records or system.log.stream(stream))
