"""Proving who somebody is by password and one-time code, at a browser or at a terminal.

Rules kept here:

1. Every attempt is a recorded fact, a failed one too; while an account is locked, even a good
   proof fails.
2. What is told of a failure is one text for every reason.
3. Access that was ended on the record has ended, also where its account was not blocked yet.
"""

from datetime import timedelta

from adapters.accounts import Proof
from api.facts import record_facts
from api.signin import LOCKOUT, Person, access_stream, person_of
from api.wiring import System
from domain.errors import NotSignedIn
from domain.handling import load, update
from domain.rules import access as rules
from domain.rules.access import ACCESS
from domain.rules.practitioner import PRACTITIONER, may_sign_in
from domain.values.actor import Actor
from domain.values.identifiers import AccessId, PractitionerId


def prove(system: System, *, account: str, password: str, code: str) -> Person:
    """Return who proved to be the person behind an account, recorded as signed in.

    Raises:
        NotSignedIn: they do not go together, or the account is locked.
    """
    now = system.clock.now()
    proof = system.accounts.prove(account=account, password=password, code=code, now=now)
    practitioner = proof.practitioner
    if failed(system, proof) is not None or practitioner is None:
        # One text for every reason: it tells neither whether there is such an account, nor, while
        # it is locked, whether what was typed is right.
        message = (
            "Account, password and code do not go together, or the account is locked: "
            f"{LOCKOUT.failures} failures lock it for {LOCKOUT.window // timedelta(minutes=1)} "
            "minutes."
        )
        raise NotSignedIn(message)
    update(
        system.log,
        ACCESS,
        access_stream(practitioner),
        lambda access: rules.sign_in(
            access,
            practitioner=practitioner,
            methods=("password", "totp"),
            at=now,
            lockout=LOCKOUT,
        ),
        system.context(Actor.practitioner(practitioner)),
    )
    return person_of(system, practitioner, began=now)


def failed(system: System, proof: Proof) -> str | None:
    """Return what failed, recorded; while an account is locked, even a good proof fails."""
    now = system.clock.now()
    known = proof.practitioner
    stream = AccessId.derived(system.clinic).stream if known is None else access_stream(known)
    access, _ = load(system.log, ACCESS, stream)
    locked = known is not None and rules.locked_out(access, now, LOCKOUT)
    reason = "locked" if locked else proof.failed or _ended(system, known)
    if reason is not None:
        refused = rules.refuse_sign_in(practitioner=known, reason=reason, at=now)
        context = system.context(Actor.service("sign-in"))
        record_facts(system, stream, [refused], context)
    return reason


def _ended(system: System, practitioner: PractitionerId | None) -> str | None:
    """Return ``ended`` where the record says that somebody's credentials are in force no more."""
    if practitioner is None:
        return None
    state, _ = load(system.log, PRACTITIONER, practitioner.stream)
    return None if may_sign_in(state) else "ended"


def leave(system: System, person: Person) -> None:
    """Record that somebody asked to be signed out."""
    update(
        system.log,
        ACCESS,
        access_stream(person.practitioner),
        lambda access: rules.sign_out(access, practitioner=person.practitioner, reason="asked"),
        system.context(person.actor),
    )
