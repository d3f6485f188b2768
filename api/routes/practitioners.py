"""The people who work at the clinic: who they are, what they may do, how they get in and out."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from adapters.one_time_password import provisioning_uri
from api.admission import CheckedFirst
from api.answers import Read, Recorded, Running, found_or_refuse, recorded
from api.credentials import (
    Anew,
    end_access,
    issue_anew,
    record_role,
    refuse_overtaken,
    refuse_taken,
)
from api.founding import LEAST_ACCOUNT, LEAST_PASSWORD
from api.people_history import PersonChange, history_of
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.signin import Person, allowed
from domain.events.practitioner import PractitionerEvent
from domain.handling import update
from domain.rules import practitioner as rules
from domain.rules.practitioner import CREDENTIALS, PRACTITIONER, Practitioner
from domain.values.actor import Role
from domain.values.identifiers import PractitionerId
from projections import practitioner as read
from projections.rows import Row

ROUTER = APIRouter(prefix="/practitioners", tags=["practitioners"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.PRACTITIONERS_READ))]
Administrator = Annotated[Person, Depends(allowed(Permission.PRACTITIONERS_ADMINISTER))]
_TOLD_WHY = {Permission.PRACTITIONERS_ADMINISTER, Permission.AUDIT_READ}
ISSUER = "Vultus"


class Means(BaseModel):
    """A means of proving identity in force.

    ``own`` says that the person chose it, so that nobody else knows it; ``issued_by`` is the name
    of whoever issued or chose it, where it was a person.
    """

    credential: str
    issued_by: str | None
    issued_at: str
    own: bool


class PractitionerRow(BaseModel):
    """A person who works at the clinic.

    ``access`` is ``own`` when they sign in with a password of their own, ``issued`` while the
    password is one that somebody issued, and ``none`` when nothing lets them in.
    """

    practitioner: str
    display_name: str
    profession: str
    registration: str
    roles: list[str]
    credentials: list[Means]
    access: Literal["own", "issued", "none"]
    last_signed_in_at: str | None


class Practitioners(BaseModel):
    """All of them."""

    items: list[PractitionerRow]


class PractitionerDetail(PractitionerRow):
    """One person, and everything that was given to them and taken, newest first.

    ``account`` is told to whoever may administer. ``reasons_told`` says whether reasons are: to
    the person, to administrators and to whoever reads the audit trail.
    """

    account: str | None
    reasons_told: bool
    history: list[PersonChange]


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


class NewCredentials(BaseModel):
    """What to issue anew, and why what was in force is so no longer.

    ``password`` comes where one is issued; ``account`` names the account of somebody without one.
    """

    credentials: set[Literal["password", "totp"]] = Field(min_length=1)
    password: str | None = Field(default=None, min_length=LEAST_PASSWORD, max_length=1000)
    account: str | None = Field(default=None, min_length=LEAST_ACCOUNT, max_length=200)
    reason: str = Field(default="", max_length=500)


class IssuedCredentials(Recorded):
    """What was issued; the one-time-password address is shown once and kept nowhere in clear."""

    account: str
    one_time_password: str | None


class AccessEnd(BaseModel):
    """Why somebody's access ends."""

    reason: str = Field(max_length=500)


@ROUTER.get("")
def list_practitioners(_person: Reader, reading: Read) -> Practitioners:
    """Return everybody who works or worked at the clinic."""
    names = read.display_names(reading.connection)
    rows = read.practitioners(reading.connection)
    return Practitioners(items=[PractitionerRow(**_shown(row, names)) for row in rows])


@ROUTER.get("/{practitioner}")
def one_practitioner(practitioner: str, person: Reader, reading: Read) -> PractitionerDetail:
    """Return a person with everything that was given to them and taken."""
    identifier = PractitionerId(practitioner)
    row = found_or_refuse(read.practitioner(reading.connection, identifier), "person")
    names = read.display_names(reading.connection)
    told = bool(_TOLD_WHY & person.permissions) or person.practitioner == identifier
    administers = Permission.PRACTITIONERS_ADMINISTER in person.permissions
    return PractitionerDetail(
        **_shown(row, names),
        account=reading.system.accounts.name_of(identifier) if administers else None,
        reasons_told=told,
        history=history_of(reading.system.log.stream(identifier.stream), names, reasons=told),
    )


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
        issued = [rules.issue_credential(known, each) for each in CREDENTIALS]
        return (registered, *issued)

    refuse_taken(system, new.account, identifier)
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, PRACTITIONER, identifier.stream, decide, context)
    refuse_overtaken(system, records)
    secret = system.accounts.issue(identifier, account=new.account, password=new.password)
    return Registered(
        **recorded(records).model_dump(),
        practitioner=str(identifier),
        one_time_password=provisioning_uri(secret, issuer=ISSUER, account=new.account),
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
    decide = (
        partial(rules.grant_role, role=change.role, granted_by=person.actor)
        if change.grant
        else partial(
            rules.revoke_role, role=change.role, reason=change.reason, revoked_by=person.actor
        )
    )
    identifier = PractitionerId(practitioner)
    return recorded(record_role(system, identifier, decide, by=person, key=key))


@ROUTER.post("/{practitioner}/credentials")
def issue_credentials(
    practitioner: str,
    asked: NewCredentials,
    person: Administrator,
    system: Running,
    key: IdempotencyKey,
) -> IssuedCredentials:
    """Issue a new password, a new one-time secret or both; the person is signed out everywhere."""
    anew = Anew(
        credentials=tuple(each for each in CREDENTIALS if each in asked.credentials),
        password=asked.password,
        account=asked.account,
        reason=asked.reason,
    )
    issued = issue_anew(system, PractitionerId(practitioner), anew, by=person, key=key)
    uri = None
    if issued.secret is not None:
        uri = provisioning_uri(issued.secret, issuer=ISSUER, account=issued.account)
    return IssuedCredentials(
        **recorded(issued.records).model_dump(), account=issued.account, one_time_password=uri
    )


@ROUTER.post("/{practitioner}/end-access")
def end_somebodys_access(
    practitioner: str, end: AccessEnd, person: Administrator, system: Running, key: IdempotencyKey
) -> Recorded:
    """Take credentials and roles from a person at once; what they signed stays theirs."""
    identifier = PractitionerId(practitioner)
    return recorded(end_access(system, identifier, reason=end.reason, by=person, key=key))


def _shown(row: Row, names: dict[str, str]) -> Row:
    """Return what is shown of a person, with the names of who issued what."""
    held = row["credentials"]
    means = [
        Means(
            credential=each,
            issued_by=names.get(held[each]["by"].rpartition(":")[2]),
            issued_at=held[each]["at"],
            own=held[each]["own"],
        )
        for each in CREDENTIALS
        if each in held
    ]
    access = "none" if len(means) < len(CREDENTIALS) else "own" if means[0].own else "issued"
    shown = {field: row[field] for field in PractitionerRow.model_fields if field in row}
    return shown | {"credentials": means, "access": access}
