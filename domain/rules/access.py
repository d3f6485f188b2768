"""Signing in, proving identity again, being locked out, looking at content.

Rules kept here:

1. Signing in takes two factors [REQ-IN-198]; every refusal is recorded.
2. Too many failures within a window lock the account until the window has passed.
3. A re-authentication is fresh for a short time and speaks for the person who made it only
   [21 CFR 11.200; DRV-12].
4. Whoever looks at identifiable content says why, and that is recorded [DRV-30].
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.access import (
    AccessDenied,
    AccessEvent,
    AuthenticationFailed,
    OperatorAuthenticated,
    ReauthenticationPerformed,
    RecordViewed,
    SignedOut,
)
from domain.events.aggregate import Aggregate
from domain.values.identifiers import AccessId, PractitionerId, ReauthenticationId
from domain.values.time import ServerTime
from domain.values.words import said

FACTORS = 2
ENDED = "ended"
"""Why every open sign-in of a person ends at once: access or secrets were taken from them."""
SIGN_OUT_REASONS = ("asked", "idle", "expired", "replaced", ENDED)
FAILURES_KEPT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """How many failures within which window lock an account.

    Attributes:
        failures: Number of failures that lock.
        window: The window they count in, and so the longest lock.
    """

    failures: int = 5
    window: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The access history of one person.

    Attributes:
        sign_ins: Times of the sign-ins that have not ended.
        failures: Times of the last failures since somebody got in.
        reauthentications: Who proved identity again, and when, by identifier.
    """

    sign_ins: tuple[ServerTime, ...] = ()
    failures: tuple[ServerTime, ...] = ()
    reauthentications: Mapping[ReauthenticationId, ReauthenticationPerformed] = field(
        default_factory=dict
    )


def evolve(access: Access, event: AccessEvent) -> Access:
    """Return the history after the event; history is never refused."""
    match event:
        case OperatorAuthenticated():
            return replace(access, sign_ins=(*access.sign_ins, event.at), failures=())
        case AuthenticationFailed():
            return replace(access, failures=(*access.failures, event.at)[-FAILURES_KEPT:])
        case ReauthenticationPerformed():
            known = {**access.reauthentications, event.reauthentication: event}
            return replace(access, reauthentications=known, failures=())
        case SignedOut():
            return replace(access, sign_ins=() if event.reason == ENDED else access.sign_ins[1:])
        case AccessDenied() | RecordViewed():
            return access
        case _:
            assert_never(event)


ACCESS = Aggregate(kind=AccessId.kind, initial=Access(), evolve=evolve, grows=True)


def locked_out(access: Access, at: ServerTime, lockout: Lockout) -> bool:
    """Return whether too many failures lie in the window before the moment."""
    start = at.us - lockout.window // timedelta(microseconds=1)
    return sum(start < each.us for each in access.failures) >= lockout.failures


def signed_in(access: Access, at: ServerTime, within: timedelta) -> bool:
    """Return whether a sign-in has not ended and began within ``within`` before [REQ-IN-078]."""
    return any(each <= at < each.plus(within) for each in access.sign_ins)


def fresh(
    access: Access,
    reauthentication: ReauthenticationId,
    *,
    by: PractitionerId,
    at: ServerTime,
    within: timedelta,
) -> bool:
    """Return whether this person made the re-authentication, not longer than ``within`` ago."""
    made = access.reauthentications.get(reauthentication)
    return made is not None and made.practitioner == by and made.at <= at < made.at.plus(within)


def sign_in(
    access: Access,
    *,
    practitioner: PractitionerId,
    methods: tuple[str, ...],
    at: ServerTime,
    lockout: Lockout,
) -> OperatorAuthenticated:
    """Record that a person signed in.

    Raises:
        RuleViolation: the account is locked, or fewer than two factors were used.
    """
    _must_not_be_locked(access, at, lockout)
    if len(set(methods)) < FACTORS:
        raise RuleViolation(
            "access.two-factors",
            f"{len(set(methods))} of {FACTORS} factors were used",
            "Give the second factor as well.",
        )
    return OperatorAuthenticated(practitioner=practitioner, methods=methods, at=at)


def refuse_sign_in(
    *, practitioner: PractitionerId | None, reason: str, at: ServerTime
) -> AuthenticationFailed:
    """Record that a sign-in, or a re-authentication, was refused."""
    return AuthenticationFailed(practitioner=practitioner, reason=reason, at=at)


def reauthenticate(
    access: Access,
    *,
    practitioner: PractitionerId,
    reauthentication: ReauthenticationId,
    methods: tuple[str, ...],
    at: ServerTime,
    lockout: Lockout,
) -> ReauthenticationPerformed:
    """Record that a person proved identity again.

    Raises:
        RuleViolation: the account is locked, no factor was used, or the identifier was used before.
    """
    _must_not_be_locked(access, at, lockout)
    if not methods or reauthentication in access.reauthentications:
        raise RuleViolation(
            "access.reauthentication",
            "no factor was used, or this proof of identity was recorded before",
            "Prove your identity again.",
        )
    return ReauthenticationPerformed(
        practitioner=practitioner, reauthentication=reauthentication, methods=methods, at=at
    )


def sign_out(access: Access, *, practitioner: PractitionerId, reason: str) -> tuple[SignedOut, ...]:
    """Record that a sign-in ended, or with ``ended`` every one of them; () when none is open.

    Raises:
        RuleViolation: the reason is no known word.
    """
    if reason not in SIGN_OUT_REASONS:
        raise RuleViolation(
            "access.sign-out",
            f"{reason!r} is no reason to end a sign-in",
            f"Say one of: {', '.join(SIGN_OUT_REASONS)}.",
        )
    return (SignedOut(practitioner=practitioner, reason=reason),) if access.sign_ins else ()


def deny_access(*, permission: str, resource: str) -> AccessDenied:
    """Record that somebody known asked for something they may not do or see."""
    return AccessDenied(permission=permission, resource=resource)


def view_record(*, resource: str, purpose: str) -> RecordViewed:
    """Record that somebody looks at identifiable content.

    Raises:
        RuleViolation: no purpose was declared.
    """
    said(purpose, rule="access.purpose", what="purpose")
    return RecordViewed(resource=resource, purpose=purpose)


def _must_not_be_locked(access: Access, at: ServerTime, lockout: Lockout) -> None:
    if locked_out(access, at, lockout):
        minutes = lockout.window // timedelta(minutes=1)
        raise RuleViolation(
            "access.locked-out",
            f"{lockout.failures} failures or more within {minutes} minutes",
            f"Wait {minutes} minutes, or ask an administrator.",
        )
