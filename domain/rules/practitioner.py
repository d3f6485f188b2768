"""Who works at the clinic, in which roles, with which means of proving identity.

Rules kept here:

1. Nobody grants a role to themselves.
2. An auditor changes nothing, so holds no other role.
3. Roles and credentials end by recorded facts with a reason; the secrets are never recorded
   [REQ-IN-194, 217].
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.practitioner import (
    CredentialIssued,
    CredentialRevoked,
    PractitionerEvent,
    PractitionerRegistered,
    RoleGranted,
    RoleRevoked,
)
from domain.values.actor import Actor, Role
from domain.values.identifiers import PractitionerId
from domain.values.words import said

CREDENTIALS = ("password", "totp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Practitioner:
    """What is known of one person who works at the clinic.

    Attributes:
        registered: The registration; none before.
        roles: Roles held.
        credentials: Means of proving identity in force.
    """

    registered: PractitionerRegistered | None = None
    roles: frozenset[Role] = frozenset()
    credentials: frozenset[str] = frozenset()


def evolve(person: Practitioner, event: PractitionerEvent) -> Practitioner:
    """Return the person after the event; history is never refused."""
    match event:
        case PractitionerRegistered():
            return replace(person, registered=event)
        case RoleGranted():
            return replace(person, roles=person.roles | {event.role})
        case RoleRevoked():
            return replace(person, roles=person.roles - {event.role})
        case CredentialIssued():
            return replace(person, credentials=person.credentials | {event.credential})
        case CredentialRevoked():
            return replace(person, credentials=person.credentials - {event.credential})
        case _:
            assert_never(event)


PRACTITIONER = Aggregate(kind=PractitionerId.kind, initial=Practitioner(), evolve=evolve)


def holds(person: Practitioner, role: Role) -> bool:
    """Return whether the person holds the role."""
    return role in person.roles


def register_practitioner(
    person: Practitioner,
    *,
    practitioner: PractitionerId,
    display_name: str,
    profession: str,
    registration: str,
) -> PractitionerRegistered:
    """Register a person as working at the clinic.

    Raises:
        RuleViolation: the person is registered already, or name or profession is missing.
    """
    if person.registered is not None:
        raise RuleViolation(
            "practitioner.registered-once", "the person is registered", "Grant roles instead."
        )
    said(display_name, rule="practitioner.name", what="name")
    said(profession, rule="practitioner.profession", what="profession")
    return PractitionerRegistered(
        practitioner=practitioner,
        display_name=display_name,
        profession=profession,
        registration=registration,
    )


def grant_role(person: Practitioner, role: Role, *, granted_by: Actor) -> tuple[RoleGranted, ...]:
    """Grant a role; () when the person holds it.

    Raises:
        RuleViolation: the person is not registered, grants it to themselves, or would be an
            auditor with another role.
    """
    registered = _registered(person)
    if granted_by == Actor.practitioner(registered.practitioner):
        raise RuleViolation(
            "practitioner.own-role",
            f"the role {role} would be granted to whoever grants it",
            "Ask another administrator.",
        )
    if role in person.roles:
        return ()
    if person.roles and Role.AUDITOR in person.roles | {role}:
        held = ", ".join(sorted(person.roles))
        raise RuleViolation(
            "practitioner.auditor-alone",
            f"an auditor holds no other role; held: {held}; asked for: {role}",
            "Revoke the other roles first, or choose another person.",
        )
    return (RoleGranted(role=role),)


def revoke_role(person: Practitioner, role: Role, *, reason: str) -> tuple[RoleRevoked, ...]:
    """Revoke a role; () when the person does not hold it.

    Raises:
        RuleViolation: no reason was given.
    """
    if role not in person.roles:
        return ()
    return (RoleRevoked(role=role, reason=said(reason, rule="practitioner.reason", what="reason")),)


def issue_credential(person: Practitioner, credential: str) -> CredentialIssued:
    """Record that a means of proving identity was issued, or replaced.

    Raises:
        RuleViolation: the person is not registered, or there is no such means.
    """
    _registered(person)
    if credential not in CREDENTIALS:
        raise RuleViolation(
            "practitioner.credential",
            f"{credential!r} is no means of proving identity",
            f"Issue {' or '.join(CREDENTIALS)}.",
        )
    return CredentialIssued(credential=credential)


def revoke_credential(
    person: Practitioner, credential: str, *, reason: str
) -> tuple[CredentialRevoked, ...]:
    """Revoke a means of proving identity; () when it is not in force.

    Raises:
        RuleViolation: no reason was given.
    """
    if credential not in person.credentials:
        return ()
    said(reason, rule="practitioner.reason", what="reason")
    return (CredentialRevoked(credential=credential, reason=reason),)


def _registered(person: Practitioner) -> PractitionerRegistered:
    if person.registered is None:
        raise RuleViolation(
            "practitioner.registered", "the person is not registered", "Register the person first."
        )
    return person.registered
