"""The people who work at the clinic: register, give and take roles, issue credentials."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from adapters.one_time_password import provisioning_uri
from api.admission import CheckedFirst
from api.answers import Read, Recorded, Running, recorded
from api.founding import LEAST_ACCOUNT, LEAST_PASSWORD
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.signin import Person, allowed
from domain.errors import RuleViolation
from domain.events.practitioner import PractitionerEvent
from domain.handling import load_existing, update
from domain.rules import practitioner as rules
from domain.rules.practitioner import PRACTITIONER, Practitioner
from domain.values.actor import Role
from domain.values.identifiers import PractitionerId
from projections import practitioner as read

ROUTER = APIRouter(prefix="/practitioners", tags=["practitioners"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.PRACTITIONERS_READ))]
Administrator = Annotated[Person, Depends(allowed(Permission.PRACTITIONERS_ADMINISTER))]


class PractitionerRow(BaseModel):
    """A person who works at the clinic."""

    practitioner: str
    display_name: str
    profession: str
    registration: str
    roles: list[str]
    credentials: list[str]
    last_signed_in_at: str | None


class Practitioners(BaseModel):
    """All of them."""

    items: list[PractitionerRow]


class NewPractitioner(BaseModel):
    """A person to register, with the account to sign in by."""

    display_name: str = Field(max_length=200)
    profession: str = Field(max_length=200)
    registration: str = Field(default="", max_length=50)
    account: str = Field(min_length=LEAST_ACCOUNT, max_length=200)
    password: str = Field(min_length=LEAST_PASSWORD, max_length=1000)


class Registered(Recorded):
    """A new person; the one-time-password address is shown once and kept nowhere in clear."""

    practitioner: str
    one_time_password: str


class RoleChange(BaseModel):
    """A role to grant, or to revoke with a reason."""

    role: Role
    grant: bool
    reason: str = Field(default="", max_length=500)


@ROUTER.get("")
def list_practitioners(_person: Reader, reading: Read) -> Practitioners:
    """Return everybody who works at the clinic."""
    rows = read.practitioners(reading.connection)
    fields = PractitionerRow.model_fields
    items = [PractitionerRow(**{name: row[name] for name in fields}) for row in rows]
    return Practitioners(items=items)


@ROUTER.post("", status_code=201)
def register(
    new: NewPractitioner, person: Administrator, system: Running, key: IdempotencyKey
) -> Registered:
    """Register a person and issue a password and a one-time-password secret."""
    identifier = PractitionerId.derived(str(person.actor), key)

    def decide(state: Practitioner) -> tuple[PractitionerEvent, ...]:
        registered = rules.register_practitioner(
            state,
            practitioner=identifier,
            display_name=new.display_name,
            profession=new.profession,
            registration=new.registration,
        )
        known = rules.evolve(state, registered)
        issued = [rules.issue_credential(known, each) for each in ("password", "totp")]
        return (registered, *issued)

    if system.accounts.taken(new.account, by_other_than=identifier):
        raise RuleViolation(
            "access.account-taken",
            "the account's name belongs to somebody else",
            "Choose another name.",
        )
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, PRACTITIONER, identifier.stream, decide, context)
    secret = system.accounts.issue(identifier, account=new.account, password=new.password)
    return Registered(
        **recorded(records).model_dump(),
        practitioner=str(identifier),
        one_time_password=provisioning_uri(secret, issuer="Vultus", account=new.account),
    )


@ROUTER.post("/{practitioner}/roles")
def change_role(
    practitioner: str,
    change: RoleChange,
    person: Administrator,
    system: Running,
    key: IdempotencyKey,
) -> Recorded:
    """Grant or revoke a role; a revoked role ends at once."""
    stream = PractitionerId(practitioner).stream
    load_existing(system.log, PRACTITIONER, stream)
    decide = (
        partial(rules.grant_role, role=change.role, granted_by=person.actor)
        if change.grant
        else partial(rules.revoke_role, role=change.role, reason=change.reason)
    )
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, PRACTITIONER, stream, decide, context)
    return recorded(records or system.log.stream(stream))
