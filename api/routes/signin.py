"""Signing in and out, choosing a password, and proving identity again before signing."""

from datetime import timedelta

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from adapters.sign_ins import ABSOLUTE_US, IDLE_US
from api import version
from api.admission import CheckedFirst
from api.answers import Recorded, Running, recorded
from api.credentials import choose_password
from api.founding import LEAST_PASSWORD
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.proving import failed, leave, prove
from api.signin import (
    COOKIE,
    FRESH_FOR,
    LOCKOUT,
    Person,
    SignedIn,
    access_stream,
    anyone,
    refuse_foreign,
)
from api.wiring import System
from domain.errors import RuleViolation
from domain.handling import update
from domain.rules import access as rules
from domain.rules.access import ACCESS
from domain.values.identifiers import ReauthenticationId
from projections.practitioner import clinic_row, display_names, practitioner

ROUTER = APIRouter(tags=["sign-in"], route_class=CheckedFirst)
PASSWORD_AGAIN_AFTER = timedelta(hours=4)


class Credentials(BaseModel):
    """What a person types to sign in."""

    account: str = Field(max_length=200)
    password: str = Field(max_length=1000)
    code: str = Field(pattern="^[0-9]{6}$")


class Clinic(BaseModel):
    """The clinic whose record this is."""

    id: str
    name: str
    time_zone: str
    demo: bool


class Build(BaseModel):
    """Version and digest of the running software."""

    version: str
    digest: str


class Me(BaseModel):
    """Who is signed in, and what they may do."""

    practitioner: str
    display_name: str
    roles: list[str]
    permissions: list[str]
    clinic: Clinic
    build: Build
    idle_seconds: int
    owes_password: bool
    """Whether nothing is open to them before they chose a password of their own."""
    password_from: str | None
    """Who issued the password in force; none when it is their own, or nobody is known by name."""


class OwnPassword(BaseModel):
    """A password that the person chose, and the one it replaces."""

    current: str = Field(max_length=1000)
    password: str = Field(min_length=LEAST_PASSWORD, max_length=1000)


class Again(BaseModel):
    """What a person types to prove identity again; the password when the sign-in is old."""

    password: str | None = Field(default=None, max_length=1000)
    code: str = Field(pattern="^[0-9]{6}$")


class Reauthentication(BaseModel):
    """A fresh proof of identity and how long it may be used."""

    reauthentication: str
    valid_seconds: int


@ROUTER.post("/sign-in", dependencies=[Depends(anyone)])
def sign_in(credentials: Credentials, request: Request, response: Response, system: Running) -> Me:
    """Sign in with password and one-time code; sets the session cookie."""
    refuse_foreign(request, system)
    person = prove(
        system,
        account=credentials.account,
        password=credentials.password,
        code=credentials.code,
    )
    response.set_cookie(
        COOKIE,
        system.accounts.sign_ins.begin(person.practitioner, now=person.began),
        httponly=True,
        samesite="strict",
        secure=system.settings.secure,
        max_age=ABSOLUTE_US // 1_000_000,
        path="/",
    )
    return _me(system, person)


@ROUTER.post("/sign-out", status_code=204)
def sign_out(request: Request, response: Response, person: SignedIn, system: Running) -> None:
    """End this sign-in."""
    system.accounts.sign_ins.end(request.cookies[COOKIE])
    response.delete_cookie(COOKIE, path="/")
    leave(system, person)


@ROUTER.post("/password")
def choose_own_password(
    chosen: OwnPassword, request: Request, person: SignedIn, system: Running, key: IdempotencyKey
) -> Recorded:
    """Replace the password by one of one's own; every other sign-in of the person ends."""
    records = choose_password(
        system,
        person,
        current=chosen.current,
        password=chosen.password,
        token=request.cookies[COOKIE],
        key=key,
    )
    return recorded(records)


@ROUTER.get("/me")
def me(person: SignedIn, system: Running) -> Me:
    """Return who is signed in, and what they may do."""
    return _me(system, person)


@ROUTER.post("/reauthentications")
def reauthenticate(again: Again, person: SignedIn, system: Running) -> Reauthentication:
    """Prove identity again; needed within five minutes before each signature."""
    now = system.clock.now()
    if again.password is None and not now < person.began.plus(PASSWORD_AGAIN_AFTER):
        raise RuleViolation(
            "access.password-again",
            "you signed in more than four hours ago",
            "Give your password as well as the code.",
        )
    proof = system.accounts.prove_again(
        person.practitioner, password=again.password, code=again.code, now=now
    )
    if failed(system, proof) is not None:
        raise RuleViolation(
            "access.reauthentication",
            "password or code is not right, the code was used before, or the account is locked",
            "Wait for the next code and try again.",
        )
    identifier = ReauthenticationId(system.randomness.uuid())
    methods = ("totp",) if again.password is None else ("password", "totp")
    update(
        system.log,
        ACCESS,
        access_stream(person.practitioner),
        lambda access: rules.reauthenticate(
            access,
            practitioner=person.practitioner,
            reauthentication=identifier,
            methods=methods,
            at=now,
            lockout=LOCKOUT,
        ),
        system.context(person.actor),
    )
    return Reauthentication(
        reauthentication=str(identifier), valid_seconds=FRESH_FOR // timedelta(seconds=1)
    )


def _me(system: System, person: Person) -> Me:
    with system.reads.connect() as connection:
        clinic = clinic_row(connection) or {}
        issued = (practitioner(connection, str(person.practitioner)) or {}).get("credentials", {})
        kind, _, issuer = issued.get("password", {}).get("by", "").partition(":")
        names = display_names(connection) if person.owes_password else {}
    return Me(
        practitioner=str(person.practitioner),
        display_name=person.display_name,
        roles=sorted(role.value for role in person.roles),
        permissions=sorted(
            each.value for each in person.permissions if each is not Permission.ANYONE
        ),
        clinic=Clinic(
            id=str(system.clinic),
            name=clinic.get("name", ""),
            time_zone=clinic.get("time_zone", "UTC"),
            demo=bool(clinic.get("demo", False)),
        ),
        build=Build(version=version.VERSION, digest=str(version.build())),
        idle_seconds=IDLE_US // 1_000_000,
        owes_password=person.owes_password,
        password_from=names.get(issuer) if kind == "practitioner" else None,
    )
