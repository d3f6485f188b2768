"""Signing in and out, being locked out, and proving identity again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from adapters.memory import ManualClock
from api.signin import COOKIE, LOCKOUT
from api.wiring import open_system
from tests.api.portal import (
    ORIGIN,
    PASSWORD,
    PREFIX,
    Clinic,
    Person,
    Portal,
    found_clinic,
    settings_in,
)

HEADERS = {"X-Vultus-Client": "ui", "Origin": ORIGIN}


def try_in(
    portal: Portal, *, account: str = "operator", password: str = PASSWORD, code: str | None = None
) -> httpx.Response:
    typed = {"account": account, "password": password, "code": code or portal.code("operator")}
    return portal.browser().post(f"{PREFIX}/sign-in", json=typed, headers=HEADERS)


@pytest.mark.verifies("REQ-IN-198", "REQ-IN-217")
def test_signing_in_is_recorded_and_gives_a_cookie_no_script_or_other_site_can_use(
    portal: Portal, clinic: Clinic
) -> None:
    answered = try_in(portal)

    assert answered.status_code == 200
    assert answered.json()["display_name"] == "Demo operator"
    cookie = SimpleCookie(answered.headers["Set-Cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "strict"
    assert cookie["path"] == "/"
    assert len(bytes.fromhex(cookie.value)) == 32
    signed_in = portal.events("OperatorAuthenticated")[-1]
    assert signed_in.practitioner == clinic.people["operator"]
    assert signed_in.methods == ("password", "totp")


def test_behind_tls_the_cookie_travels_only_encrypted(clinic: Clinic, tmp_path: Path) -> None:
    origin = "https://portal.example"
    with open_system(
        settings_in(tmp_path, VULTUS_ORIGIN=origin), clock=ManualClock(clinic.now)
    ) as system:
        portal = Portal(system, ManualClock(clinic.now))
        found_clinic(portal)
        typed = {
            "account": "administrator",
            "password": PASSWORD,
            "code": portal.code("administrator"),
        }
        headers = HEADERS | {"Origin": origin}
        answered = portal.http.post(f"{PREFIX}/sign-in", json=typed, headers=headers)

    assert answered.status_code == 200
    assert SimpleCookie(answered.headers["Set-Cookie"])[COOKIE]["secure"]


@pytest.mark.verifies("REQ-IN-198")
def test_a_code_signs_in_once_also_when_two_use_it_together(portal: Portal) -> None:
    code = portal.code("operator")
    together = threading.Barrier(2)

    def attempt() -> int:
        together.wait()
        return try_in(portal, code=code).status_code

    with ThreadPoolExecutor(2) as pool:
        found = sorted(each.result() for each in [pool.submit(attempt) for _ in range(2)])

    assert found == [200, 401]
    assert try_in(portal, code=code).status_code == 401
    assert [each.reason for each in portal.events("AuthenticationFailed")] == ["code", "code"]


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "١٢٣٤٥٦", "", "12345\n"])
def test_what_is_no_code_is_refused_without_being_repeated(portal: Portal, code: str) -> None:
    typed = {"account": "operator", "password": PASSWORD, "code": code}
    answered = portal.http.post(f"{PREFIX}/sign-in", json=typed, headers=HEADERS)

    assert answered.status_code == 422
    assert answered.json()["fields"][0]["where"] == "body.code"
    assert not code.strip() or code not in answered.text
    assert PASSWORD not in answered.text


@pytest.mark.verifies("REQ-IN-198", "REQ-IN-217")
def test_after_too_many_failures_even_the_right_password_and_code_are_refused(
    portal: Portal, clinic: Clinic
) -> None:
    wrong = [try_in(portal, password="guess") for _ in range(LOCKOUT.failures)]
    locked = try_in(portal)

    # Locked or wrong look the same: nobody learns that a guess was right.
    without = [{**each.json(), "correlation": ""} for each in (*wrong, locked)]
    assert all(each == without[0] for each in without)
    assert locked.status_code == 401
    failures = portal.events("AuthenticationFailed")
    assert [each.reason for each in failures] == ["password"] * LOCKOUT.failures + ["locked"]
    assert {each.practitioner for each in failures} == {clinic.people["operator"]}
    portal.clock.advance(LOCKOUT.window)
    assert try_in(portal).status_code == 200


def test_a_lock_is_one_persons_own(portal: Portal) -> None:
    for _ in range(LOCKOUT.failures):
        try_in(portal, password="guess")

    assert portal.sign_in("practitioner").me["display_name"] == "Demo practitioner"


def test_a_lock_holds_for_proving_identity_again_as_well(portal: Portal) -> None:
    person = portal.sign_in("practitioner")
    for _ in range(LOCKOUT.failures):
        assert person.post("/reauthentications", {"code": "000000"}).status_code == 409

    answered = person.post("/reauthentications", {"code": portal.code("practitioner")})
    assert answered.status_code == 409
    assert portal.events("AuthenticationFailed")[-1].reason == "locked"
    assert not portal.events("ReauthenticationPerformed")[3:]


@pytest.mark.verifies("REQ-IN-198", "REQ-IN-217")
def test_an_unknown_account_looks_like_a_wrong_password_and_is_recorded_without_its_name(
    portal: Portal,
) -> None:
    typed = "Wilhelmina.Featherstonehaugh"
    unknown = try_in(portal, account=typed)
    wrong = try_in(portal, password="guess")

    assert unknown.status_code == wrong.status_code == 401
    assert {**unknown.json(), "correlation": ""} == {**wrong.json(), "correlation": ""}
    assert typed not in unknown.text
    record = portal.records("AuthenticationFailed")[0]
    assert record.event.practitioner is None
    assert record.event.reason == "account"
    assert typed not in repr(record)


def test_signing_out_ends_this_sign_in_and_no_other(portal: Portal) -> None:
    here, there = portal.sign_in("operator"), portal.sign_in("operator")
    stolen = here.http.cookies[COOKIE]
    answered = here.post("/sign-out")

    assert answered.status_code == 204
    assert COOKIE not in here.http.cookies
    here.http.cookies.set(COOKIE, stolen)
    assert here.get("/me").status_code == 401
    assert there.get("/me").status_code == 200
    assert portal.events("SignedOut")[-1].reason == "asked"


@pytest.mark.verifies("REQ-IN-198")
@pytest.mark.parametrize(
    ("steps", "reason"),
    [([timedelta(minutes=15)], "idle"), ([timedelta(minutes=14, seconds=50)] * 49, "expired")],
)
def test_a_sign_in_ends_by_itself_and_that_is_recorded_once(
    portal: Portal, steps: list[timedelta], reason: str
) -> None:
    person = portal.sign_in("operator")
    *before, last = steps
    for step in before:
        portal.clock.advance(step)
        person.get("/me")
    portal.clock.advance(last)
    answered = [person.get("/me") for _ in range(2)]

    assert [each.status_code for each in answered] == [401, 401]
    assert [each.reason for each in portal.events("SignedOut")] == [reason]


@pytest.mark.parametrize("token", ["", "0" * 64, "nonsense", "ä"])
def test_a_made_up_cookie_is_no_sign_in(portal: Portal, token: str) -> None:
    header = f"{COOKIE}={token}".encode()
    answered = portal.http.get(f"{PREFIX}/me", headers=[(b"cookie", header)])

    assert answered.status_code == 401


@pytest.mark.verifies("REQ-IN-194")
def test_a_revoked_role_ends_at_once_and_a_granted_one_begins(
    portal: Portal, clinic: Clinic
) -> None:
    administrator, quality = portal.sign_in("administrator"), portal.sign_in("quality")
    path = f"/practitioners/{clinic.people['quality']}/roles"
    assert quality.get("/audit-trail").status_code == 200

    administrator.done(path, {"role": "quality-manager", "grant": False, "reason": "Left the team"})
    assert quality.get("/audit-trail").status_code == 403
    assert quality.read("/me")["permissions"] == ["signed-in"]
    administrator.done(path, {"role": "auditor", "grant": True})
    assert quality.get("/audit-trail").status_code == 200
    assert quality.read("/me")["roles"] == ["auditor"]


def test_nobody_grants_themselves_a_role(portal: Portal, clinic: Clinic) -> None:
    administrator = portal.sign_in("administrator")
    path = f"/practitioners/{clinic.people['administrator']}/roles"
    answered = administrator.post(path, {"role": "practitioner", "grant": True})

    assert answered.status_code == 409
    assert answered.json()["rule"] == "practitioner.own-role"


@pytest.mark.verifies("REQ-IN-217")
def test_an_account_cannot_be_taken_over_by_registering_its_name_again(portal: Portal) -> None:
    administrator = portal.sign_in("administrator")
    before = portal.system.log.size()
    body = {
        "display_name": "Somebody else",
        "profession": "nurse",
        "account": "practitioner",
        "password": "another long password",
    }
    answered = administrator.post("/practitioners", body)

    assert answered.status_code == 409
    assert answered.json()["rule"] == "access.account-taken"
    assert portal.system.log.size() == before
    assert portal.sign_in("practitioner").me["display_name"] == "Demo practitioner"


FOREIGN = [
    {},
    {"Origin": ORIGIN},
    {"X-Vultus-Client": "ui", "Origin": "https://evil.example"},
    {"X-Vultus-Client": "ui", "Origin": "null"},
    {"X-Vultus-Client": "ui", "Origin": ORIGIN.replace("8460", "8461")},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/subjects"])
def test_a_request_another_site_may_have_caused_is_refused(
    portal: Portal, headers: dict[str, str], path: str
) -> None:
    person = portal.sign_in("operator")
    before = portal.system.log.size()
    body = {"account": "operator", "password": PASSWORD, "code": "000000"}
    answered = person.http.post(PREFIX + path, json=body, headers=headers)

    assert answered.status_code == 403
    assert portal.system.log.size() == before
    assert person.get("/me").status_code == 200


def test_reading_needs_neither(portal: Portal) -> None:
    person = portal.sign_in("operator")

    assert person.http.get(f"{PREFIX}/me").status_code == 200


@pytest.mark.verifies("DRV-12")
def test_proving_identity_again_takes_the_password_once_the_sign_in_is_old(portal: Portal) -> None:
    person = portal.sign_in("practitioner")
    young = person.post("/reauthentications", {"code": portal.code("practitioner")})
    assert young.status_code == 200
    assert young.json()["valid_seconds"] == 300
    for _ in range(17):
        portal.clock.advance(timedelta(minutes=14))
        person.get("/me")
    portal.clock.advance(timedelta(minutes=2))
    old = person.post("/reauthentications", {"code": portal.code("practitioner")})
    whole = person.post(
        "/reauthentications", {"password": PASSWORD, "code": portal.code("practitioner")}
    )

    assert old.status_code == 409
    assert old.json()["rule"] == "access.password-again"
    assert whole.status_code == 200


def signing(person: Person, clinic: Clinic) -> dict[str, str]:
    """Have the station's calibration found defective, and a new one to lock."""
    station = clinic.station.at(person.portal.http, person.portal.clock)
    station.calibrate()
    found = person.read(f"/devices/{station.device}")["calibrations"]
    newest = next(each for each in found if each["locked_at"] is None)
    path = f"/devices/{station.device}/calibrations/{newest['calibration']}/lock"
    return {"path": path, "digest": newest["digest"]}


@pytest.mark.verifies("DRV-12")
@pytest.mark.parametrize(("minutes", "status"), [(4, 200), (5, 409)])
def test_a_proof_of_identity_is_fresh_for_five_minutes(
    portal: Portal, clinic: Clinic, minutes: int, status: int
) -> None:
    person = portal.sign_in("quality")
    what = signing(person, clinic)
    proof = person.proof()
    portal.clock.advance(timedelta(minutes=minutes))
    answered = person.post(what["path"], {"reauthentication": proof, "digest": what["digest"]})

    assert answered.status_code == status
    assert status == 200 or answered.json()["rule"] == "signature.fresh"


@pytest.mark.verifies("DRV-12")
def test_nobody_signs_with_the_proof_of_somebody_else_or_with_none(
    portal: Portal, clinic: Clinic
) -> None:
    person, other = portal.sign_in("quality"), portal.sign_in("second")
    what = signing(person, clinic)
    for proof in (other.proof(), "00000000-0000-4000-8000-000000000000"):
        answered = person.post(what["path"], {"reauthentication": proof, "digest": what["digest"]})
        assert answered.status_code == 409
        assert answered.json()["rule"] == "signature.fresh"
    malformed = person.post(what["path"], {"reauthentication": "x", "digest": what["digest"]})
    assert malformed.status_code == 422


@pytest.mark.verifies("DRV-12")
def test_what_is_signed_must_be_what_stands_there(portal: Portal, clinic: Clinic) -> None:
    person = portal.sign_in("quality")
    what = signing(person, clinic)
    answered = person.approve(what["path"], "sha256:" + "0" * 64)

    assert answered.status_code == 409
    assert answered.json()["rule"] == "signature.digest"
    assert person.approve(what["path"], what["digest"]).status_code == 200
