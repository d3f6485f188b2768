"""Who is calling: sign-in, sign-ins behind a cookie, and proving identity again before signing.

Rules kept here:

1. A sign-in proves a password and a one-time code; every attempt is a recorded fact.
2. Roles and credentials are read from the record at each request, so what was revoked ends at
   once. Until a password that somebody else issued is replaced, nothing else is permitted.
3. A browser's unsafe request names this client in a header and comes from our own origin; a page
   of somebody else can send neither with the cookie.
4. A denial is a recorded fact, and so is the end of a sign-in by idleness or age.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from adapters.sign_ins import Ended
from api.facts import record_facts
from api.permissions import Permission, permissions_of
from api.wiring import System, system_of
from domain.errors import NotPermitted, NotSignedIn
from domain.handling import load, update
from domain.rules.access import ACCESS, Lockout, deny_access, sign_out
from domain.rules.practitioner import PRACTITIONER, may_sign_in, owes_password
from domain.values.actor import Actor, Role
from domain.values.identifiers import AccessId, PractitionerId, StreamName
from domain.values.time import ServerTime

COOKIE = "vultus_session"
CLIENT_HEADER = "X-Vultus-Client"
LOCKOUT = Lockout()
FRESH_FOR = timedelta(minutes=5)
LONGEST_RESOURCE = 200
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A signed-in practitioner.

    Attributes:
        practitioner: Who.
        display_name: Name shown on screens and reports.
        roles: Roles held now.
        permissions: What these roles allow.
        began: When all factors were last proven.
        let_in: Whether every means of proving identity is in force.
        owes_password: Whether they must first choose a password of their own.
    """

    practitioner: PractitionerId
    display_name: str
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    began: ServerTime
    let_in: bool
    owes_password: bool

    @property
    def actor(self) -> Actor:
        """The person as an actor."""
        return Actor.practitioner(self.practitioner)


def access_stream(practitioner: PractitionerId) -> StreamName:
    """Return the stream of who came in and what they looked at."""
    return AccessId.derived(practitioner).stream


def signed_in(request: Request) -> Person:
    """Return who is calling.

    Raises:
        NotSignedIn: no sign-in, an ended one, ended access, or a request that another site may
            have caused.
    """
    system = system_of(request)
    refuse_foreign(request, system)
    token = request.cookies.get(COOKIE)
    now = system.clock.now()
    found = system.accounts.sign_ins.current(token, now=now) if token else None
    if found is None:
        if token:
            _record_end(system, system.accounts.sign_ins.expire(token, now=now))
        message = "There is no sign-in, or it ended after 15 minutes without activity."
        raise NotSignedIn(message)
    person = person_of(system, found.practitioner, began=found.began)
    if not person.let_in:
        message = "An administrator ended the access of this account."
        raise NotSignedIn(message)
    return person


def person_of(system: System, practitioner: PractitionerId, *, began: ServerTime) -> Person:
    """Return a practitioner with the roles that the record gives them now."""
    state, _ = load(system.log, PRACTITIONER, practitioner.stream)
    owes = owes_password(state)
    return Person(
        practitioner=practitioner,
        display_name="" if state.registered is None else state.registered.display_name,
        roles=state.roles,
        permissions=permissions_of(() if owes else state.roles),
        began=began,
        let_in=may_sign_in(state),
        owes_password=owes,
    )


def allowed(permission: Permission) -> Callable[[Request], Person]:
    """Return the dependency that lets only people with a permission through."""

    def let_through(request: Request) -> Person:
        person = signed_in(request)
        require(system_of(request), person, permission, resource=request.url.path)
        return person

    let_through.permission = permission  # type: ignore[attr-defined]
    return let_through


def require(system: System, person: Person, permission: Permission, *, resource: str) -> None:
    """Refuse whoever lacks a permission, and record that they were denied it.

    Raises:
        NotPermitted: none of their roles allows it.
    """
    if permission in person.permissions:
        return
    event = deny_access(permission=permission.value, resource=resource[:LONGEST_RESOURCE])
    record_facts(system, access_stream(person.practitioner), [event], system.context(person.actor))
    message = f"This needs the permission {permission.value}."
    if person.owes_password:
        message = "Choose a password of your own first; until then nothing else is open to you."
    raise NotPermitted(message)


def anyone(_request: Request) -> None:
    """Let everybody through; routes that use it say so on purpose."""


anyone.permission = Permission.ANYONE  # type: ignore[attr-defined]


def refuse_foreign(request: Request, system: System) -> None:
    """Refuse an unsafe request that another site may have caused.

    Raises:
        NotPermitted: it does not name its client, or comes from another origin.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    if request.headers.get(CLIENT_HEADER) is None:
        message = f"An unsafe request names its client in {CLIENT_HEADER}."
        raise NotPermitted(message)
    if origin is not None and origin != system.settings.origin:
        message = f"The request comes from another origin; open {system.settings.origin}."
        raise NotPermitted(message)


def _record_end(system: System, ended: Ended | None) -> None:
    if ended is None:
        return
    update(
        system.log,
        ACCESS,
        access_stream(ended.practitioner),
        lambda access: sign_out(access, practitioner=ended.practitioner, reason=ended.reason),
        system.context(Actor.service("sign-in")),
    )


SignedIn = Annotated[Person, Depends(allowed(Permission.SIGNED_IN))]
