"""Founding a clinic's record: the clinic, and the administrator whom nobody could ask before.

Rules kept here:

1. A record belongs to one clinic for ever; what was founded once is founded by nobody again.
2. A founding that was interrupted is finished by the same words, as long as its administrator
   never signed in; whoever lost a password is given another by an administrator, never by this.
3. Everybody else is registered by the administrator, through the service.
"""

import zoneinfo
from dataclasses import dataclass
from functools import partial
from typing import Final

from api.wiring import System
from domain.errors import MalformedInput, RuleViolation
from domain.events.practitioner import PractitionerEvent, PractitionerRegistered
from domain.handling import load, update
from domain.rules import clinic as clinics
from domain.rules import practitioner as practitioners
from domain.rules.clinic import CLINIC
from domain.rules.practitioner import PRACTITIONER, Practitioner
from domain.values.actor import Actor, Role
from domain.values.identifiers import PractitionerId

LEAST_PASSWORD: Final = 12
"""Fewest characters of a password."""
LEAST_ACCOUNT: Final = 3
"""Fewest characters of an account's name."""
_FIRST: Final = 500
"""Records among which the first administrator is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """What a record begins with.

    Attributes:
        clinic: The clinic's name.
        time_zone: Its time zone, as the IANA database names it.
        demo: Whether it shows the product and holds no patient.
        account: Name of the first administrator's account.
        name: The administrator's name on screens.
        profession: Their profession.
    """

    clinic: str
    time_zone: str
    demo: bool = False
    account: str
    name: str
    profession: str

    def __post_init__(self) -> None:
        """Refuse a time zone that is none, and an account without a proper name."""
        if len(self.account) < LEAST_ACCOUNT:
            raise MalformedInput(f"an account has at least {LEAST_ACCOUNT} characters")
        if self.time_zone not in zoneinfo.available_timezones():
            raise MalformedInput(
                f"{self.time_zone!r} is no time zone; write one such as Australia/Sydney"
            )

    def administrator(self, system: System) -> PractitionerId:
        """Return who the first administrator is."""
        return PractitionerId.derived(str(system.clinic), self.account)


def founded(system: System) -> bool:
    """Return whether the record belongs to a clinic."""
    state, _ = load(system.log, CLINIC, system.clinic.stream)
    return state.registered is not None


def found(system: System, founding: Founding, *, password: str, by: Actor) -> bytes:
    """Register clinic and administrator; return the administrator's one-time-password secret.

    Args:
        system: Whose record begins.
        founding: What it begins with.
        password: The administrator's, at least ``LEAST_PASSWORD`` characters.
        by: On whose behalf.

    Raises:
        RuleViolation: the record belongs to a clinic already.
        MalformedInput: the password is too short.
    """
    if len(password) < LEAST_PASSWORD:
        raise MalformedInput(f"a password has at least {LEAST_PASSWORD} characters")
    _register_clinic(system, founding, by)
    identifier = founding.administrator(system)
    if system.accounts.in_use(identifier):
        raise _founded_already()
    update(
        system.log,
        PRACTITIONER,
        identifier.stream,
        partial(_registered, identifier=identifier, founding=founding, by=by),
        system.context(by),
    )
    return system.accounts.issue(identifier, account=founding.account, password=password)


def _register_clinic(system: System, founding: Founding, by: Actor) -> None:
    state, _ = load(system.log, CLINIC, system.clinic.stream)
    begun = state.registered
    if begun is None:
        decide = partial(
            clinics.register_clinic,
            identifier=system.clinic,
            name=founding.clinic,
            time_zone=founding.time_zone,
            demo=founding.demo,
        )
        update(system.log, CLINIC, system.clinic.stream, decide, system.context(by))
    elif (begun.name, begun.time_zone, begun.demo) != (
        founding.clinic,
        founding.time_zone,
        founding.demo,
    ) or _somebody_else(system, founding):
        raise _founded_already()


def _somebody_else(system: System, founding: Founding) -> bool:
    """Return whether the record began with another administrator."""
    own = founding.administrator(system)
    return any(
        isinstance(each.event, PractitionerRegistered) and each.event.practitioner != own
        for each in system.log.after(-1, limit=_FIRST)
    )


def _registered(
    state: Practitioner, *, identifier: PractitionerId, founding: Founding, by: Actor
) -> tuple[PractitionerEvent, ...]:
    if state.registered is not None:
        return ()
    registered = practitioners.register_practitioner(
        state,
        practitioner=identifier,
        display_name=founding.name,
        profession=founding.profession,
        registration="",
    )
    known = practitioners.evolve(state, registered)
    issued = (practitioners.issue_credential(known, each) for each in ("password", "totp"))
    granted = practitioners.grant_role(known, Role.ADMINISTRATOR, granted_by=by)
    return (registered, *issued, *granted)


def _founded_already() -> RuleViolation:
    return RuleViolation(
        "clinic.registered-once",
        "this record belongs to a clinic",
        "Sign in as its administrator, or begin another record in another folder.",
    )
