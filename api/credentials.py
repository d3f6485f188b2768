"""Credentials issued, taken and chosen: the fact, and what lets somebody in.

Rules kept here:

1. What takes access is recorded before it is done. The record is asked at each request
   (``api.signin``), so access ends with the fact, whatever happens after it.
2. A request that is repeated gives the same secrets, and none once something was recorded about
   the person's credentials since: nobody gets a password that no fact tells of.
3. Whoever takes roles or access must still be allowed to when it is decided, and that is decided
   one at a time in a process, so that two administrators do not take it from each other at once.
4. Whoever gets new secrets, or none, is signed out everywhere, by a recorded fact.
"""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from api.permissions import Permission
from api.proving import failed
from api.signin import Person, access_stream, person_of, require
from api.wiring import System
from domain.errors import MalformedInput, RuleViolation
from domain.events.practitioner import (
    CredentialChosen,
    CredentialIssued,
    CredentialRevoked,
    PractitionerEvent,
)
from domain.events.record import Record
from domain.handling import load_existing, update
from domain.rules import practitioner as rules
from domain.rules.access import ACCESS, ENDED, sign_out
from domain.rules.practitioner import PRACTITIONER, Practitioner
from domain.values.identifiers import PractitionerId, named

_OF_CREDENTIALS = (CredentialIssued, CredentialRevoked, CredentialChosen)
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """What is issued anew.

    Attributes:
        credentials: Which means of proving identity.
        password: The new password; none where it is kept.
        account: A name for the account, where the person has none yet.
        reason: Why what was in force is so no longer.
    """

    credentials: tuple[str, ...]
    password: str | None
    account: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What was issued, and the only time that it is told.

    Attributes:
        records: The facts.
        account: Name of the person's account.
        secret: The new one-time-password secret; none where it was kept.
    """

    records: tuple[Record, ...]
    account: str
    secret: bytes | None


def issue_anew(
    system: System, practitioner: PractitionerId, anew: Anew, *, by: Person, key: str
) -> Issued:
    """Issue a new password, a new one-time-password secret or both.

    Raises:
        NotFound: there is no such person.
        MalformedInput: a password comes without being issued, or is issued without coming.
        RuleViolation: the person issues to themselves, a reason is missing, or a rule about
            accounts says no.
    """
    if ("password" in anew.credentials) != (anew.password is not None):
        raise MalformedInput("a password is sent where one is issued, and only there")
    load_existing(system.log, PRACTITIONER, practitioner.stream)
    account = system.accounts.name_of(practitioner)
    name = account or _free_name(system, practitioner, anew.account)
    decide = partial(
        rules.replace_credentials,
        credentials=anew.credentials,
        reason=anew.reason,
        replaced_by=by.actor,
    )
    secret: bytes | None
    with _still_allowed(system, by):
        records = _record(system, practitioner, decide, by=by, key=key)
        refuse_overtaken(system, records)
        if account is None:
            # Rules have seen to it that both are issued; the secret is the same until it is used.
            password = anew.password or ""
            secret = system.accounts.issue(practitioner, account=name, password=password)
        else:
            request = key if "totp" in anew.credentials else None
            secret = system.accounts.renew(practitioner, password=anew.password, request=request)
        _end_sign_ins(system, practitioner, by=by, key=key)
    return Issued(records=records, account=name, secret=secret)


def end_access(
    system: System, practitioner: PractitionerId, *, reason: str, by: Person, key: str
) -> tuple[Record, ...]:
    """Take every credential and role from a person, and end every sign-in at once.

    Raises:
        NotFound: there is no such person.
        RuleViolation: it is their own, or no reason was given.
    """
    load_existing(system.log, PRACTITIONER, practitioner.stream)
    decide = partial(rules.end_access, reason=reason, ended_by=by.actor)
    with _still_allowed(system, by):
        records = _record(system, practitioner, decide, by=by, key=key)
        if records:
            refuse_overtaken(system, records)
        system.accounts.block(practitioner)
        _end_sign_ins(system, practitioner, by=by, key=key)
    return records or system.log.stream(practitioner.stream)


def record_role(
    system: System,
    practitioner: PractitionerId,
    decide: Callable[[Practitioner], Sequence[PractitionerEvent]],
    *,
    by: Person,
    key: str,
) -> tuple[Record, ...]:
    """Grant or revoke a role, as the rule says.

    Raises:
        NotFound: there is no such person.
        RuleViolation: the rule says no.
    """
    load_existing(system.log, PRACTITIONER, practitioner.stream)
    with _still_allowed(system, by):
        records = _record(system, practitioner, decide, by=by, key=key)
    return records or system.log.stream(practitioner.stream)


def choose_password(
    system: System, person: Person, *, current: str, password: str, token: str, key: str
) -> tuple[Record, ...]:
    """Set a password that the person chose; their other sign-ins end.

    The account comes first: had the fact come first and nothing after it, the password that
    somebody else knows would pass for the person's own.

    Raises:
        RuleViolation: the current password is not right or the account is locked, or the new
            password is the current one.
    """
    before = system.log.recorded(str(person.actor), key)
    if before:
        return before
    proof = system.accounts.prove_password(person.practitioner, current)
    if failed(system, proof) is not None:
        raise RuleViolation(
            "access.current-password",
            "the current password is not right, or the account is locked",
            "Type the password you signed in with.",
        )
    others = system.accounts.choose(person.practitioner, password, token=token)
    decide = partial(rules.choose_credential, credential="password", chosen_by=person.actor)
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, PRACTITIONER, person.practitioner.stream, decide, context)
    for _ in range(others):
        leave = partial(sign_out, practitioner=person.practitioner, reason="replaced")
        stream = access_stream(person.practitioner)
        update(system.log, ACCESS, stream, leave, system.context(person.actor))
    return records


def refuse_overtaken(system: System, records: Sequence[Record]) -> None:
    """Refuse to hand out secrets for facts that others about credentials came after.

    Raises:
        RuleViolation: the request was carried out before, and credentials changed since.
    """
    last = records[-1]
    since = system.log.stream(last.stream, after_version=last.version)
    if any(isinstance(each.event, _OF_CREDENTIALS) for each in since):
        raise RuleViolation(
            "practitioner.overtaken",
            "this was done before, and the person's credentials changed since",
            "Look at the person's history, and ask anew if it is still needed.",
        )


def _free_name(system: System, practitioner: PractitionerId, wanted: str | None) -> str:
    if wanted is None:
        raise RuleViolation(
            "access.no-account", "this person has no account", "Give the account a name."
        )
    refuse_taken(system, wanted, practitioner)
    return wanted


def refuse_taken(system: System, account: str, practitioner: PractitionerId) -> None:
    """Refuse an account's name that belongs to somebody else, before anything is recorded.

    Raises:
        RuleViolation: it does.
    """
    if system.accounts.taken(account, by_other_than=practitioner):
        raise RuleViolation(
            "access.account-taken",
            "the account's name belongs to somebody else",
            "Choose another name.",
        )


@contextmanager
def _still_allowed(system: System, by: Person) -> Iterator[None]:
    """Let one administrator after the other decide, each if still allowed to.

    Raises:
        NotPermitted: the permission was taken meanwhile.
    """
    with _ONE_AT_A_TIME:
        now = person_of(system, by.practitioner, began=by.began)
        require(system, now, Permission.PRACTITIONERS_ADMINISTER, resource="practitioners")
        yield


def _record(
    system: System,
    practitioner: PractitionerId,
    decide: Callable[[Practitioner], Sequence[PractitionerEvent]],
    *,
    by: Person,
    key: str,
) -> tuple[Record, ...]:
    context = system.context(by.actor, idempotency_key=key)
    return update(
        system.log, PRACTITIONER, practitioner.stream, lambda state: tuple(decide(state)), context
    )


def _end_sign_ins(system: System, practitioner: PractitionerId, *, by: Person, key: str) -> None:
    # Under a key of its own, so that a repeated request ends them once.
    own = named(uuid.NAMESPACE_URL, f"sign-ins of {key}", [key])
    update(
        system.log,
        ACCESS,
        access_stream(practitioner),
        partial(sign_out, practitioner=practitioner, reason=ENDED),
        system.context(by.actor, idempotency_key=own),
    )
