"""Who works at the clinic, in which roles, with which means of proving identity.

Rules kept here:

1. Nobody grants a role to themselves.
2. An auditor changes nothing, so holds no other role.
3. Roles and credentials end by recorded facts with a reason; the secrets are never recorded
   [REQ-IN-194, 217].
4. Nobody takes administration from themselves or ends their own access. Only an administrator
   does either, and stays one, so the last one cannot be lost.
5. A password that somebody else issued is one that somebody else knows: until its holder chose
   another, it opens nothing but that choice [21 CFR 11.200(a)(3), 11.300].
6. What is issued anew takes the place of what was lost, which is revoked with the reason
   [21 CFR 11.300(c)]; nobody issues to themselves.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.practitioner import (
    CredentialChosen,
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
        own: Those among them that the person chose, so that nobody else knows them.
    """

    registered: PractitionerRegistered | None = None
    roles: frozenset[Role] = frozenset()
    credentials: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


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
            issued = {event.credential}
            return replace(person, credentials=person.credentials | issued, own=person.own - issued)
        case CredentialRevoked():
            revoked = {event.credential}
            in_force = person.credentials - revoked
            return replace(person, credentials=in_force, own=person.own - revoked)
        case CredentialChosen():
            chosen = {event.credential}
            return replace(person, credentials=person.credentials | chosen, own=person.own | chosen)
        case _:
            assert_never(event)


PRACTITIONER = Aggregate(kind=PractitionerId.kind, initial=Practitioner(), evolve=evolve)


def holds(person: Practitioner, role: Role) -> bool:
    """Return whether the person holds the role."""
    return role in person.roles


def may_sign_in(person: Practitioner) -> bool:
    """Return whether every means of proving identity is in force."""
    return person.credentials.issuperset(CREDENTIALS)


def owes_password(person: Practitioner) -> bool:
    """Return whether the password in force was issued by somebody else, who may know it."""
    return "password" in person.credentials - person.own


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


def revoke_role(
    person: Practitioner, role: Role, *, reason: str, revoked_by: Actor
) -> tuple[RoleRevoked, ...]:
    """Revoke a role; () when the person does not hold it.

    Raises:
        RuleViolation: no reason was given, or administration would be taken from whoever takes it.
    """
    if role not in person.roles:
        return ()
    if role is Role.ADMINISTRATOR and revoked_by == _actor(person):
        raise RuleViolation(
            "practitioner.own-administration",
            "the role administrator would be taken from whoever takes it",
            "Ask another administrator; one must remain.",
        )
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


def replace_credentials(
    person: Practitioner, credentials: Collection[str], *, reason: str, replaced_by: Actor
) -> tuple[PractitionerEvent, ...]:
    """Issue means of proving identity anew; those in force before are revoked with the reason.

    Args:
        person: Whose.
        credentials: Which; of somebody whose access was ended, all of them.
        reason: Why what was in force is so no longer.
        replaced_by: Who issues them.

    Raises:
        RuleViolation: the person is not registered, issues to themselves, would be left with only
            some of the means; there is no such means; or no reason was given.
    """
    registered = _registered(person)
    if replaced_by == Actor.practitioner(registered.practitioner):
        raise RuleViolation(
            "practitioner.own-credential",
            "a password or one-time secret would be issued by whoever receives it",
            "Ask another administrator; a password of your own you change yourself.",
        )
    missing = sorted(set(CREDENTIALS) - person.credentials - set(credentials))
    if missing:
        raise RuleViolation(
            "practitioner.whole-access",
            f"{' and '.join(missing)} would still be missing, and nobody signs in without",
            f"Issue {' and '.join(CREDENTIALS)} together.",
        )
    revoked = [
        event for each in credentials for event in revoke_credential(person, each, reason=reason)
    ]
    return (*revoked, *(issue_credential(person, each) for each in credentials))


def choose_credential(
    person: Practitioner, credential: str, *, chosen_by: Actor
) -> CredentialChosen:
    """Record that a person put something of their own in the place of what was issued to them.

    Raises:
        RuleViolation: somebody else asks, or nothing was issued that could be replaced.
    """
    if chosen_by != Actor.practitioner(_registered(person).practitioner):
        raise RuleViolation(
            "practitioner.own-choice",
            f"somebody else would choose the {credential}",
            "Let the person choose it.",
        )
    if credential not in person.credentials:
        raise RuleViolation(
            "practitioner.credential-in-force",
            f"no {credential} is in force",
            "Ask an administrator to issue one.",
        )
    return CredentialChosen(credential=credential)


def end_access(
    person: Practitioner, *, reason: str, ended_by: Actor
) -> tuple[CredentialRevoked | RoleRevoked, ...]:
    """Take everything that lets a person in, and every role; () when nothing is left.

    Roles end as well, so that whoever comes back is given them anew, by somebody else.

    Raises:
        RuleViolation: the person is not registered, ends their own access, or no reason was given.
    """
    registered = _registered(person)
    if ended_by == Actor.practitioner(registered.practitioner):
        raise RuleViolation(
            "practitioner.own-access",
            "the access would be ended of whoever ends it",
            "Ask another administrator.",
        )
    credentials = [
        event
        for each in sorted(person.credentials)
        for event in revoke_credential(person, each, reason=reason)
    ]
    roles = [
        event
        for each in sorted(person.roles)
        for event in revoke_role(person, each, reason=reason, revoked_by=ended_by)
    ]
    return (*credentials, *roles)


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


def _actor(person: Practitioner) -> Actor | None:
    registered = person.registered
    return None if registered is None else Actor.practitioner(registered.practitioner)


def _registered(person: Practitioner) -> PractitionerRegistered:
    if person.registered is None:
        raise RuleViolation(
            "practitioner.registered", "the person is not registered", "Register the person first."
        )
    return person.registered
