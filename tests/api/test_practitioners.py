"""The people of a clinic: let in, given what they lost, let out, each by a recorded fact."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from domain.values.actor import Role
from domain.values.identifiers import PractitionerId
from tests.api.portal import PASSWORD, Clinic, Person, Portal, register, secret_of

FIRST = "a password somebody else knows"
OWN = "a password of nobody else"
NINA = {
    "display_name": "Nina New",
    "profession": "registered nurse",
    "registration": "NMW0002",
    "account": "nina",
    "password": FIRST,
}


def secret_in(address: str) -> bytes:
    return secret_of(parse_qs(urlparse(address).query)["secret"][0])


def hire(portal: Portal, administrator: Person) -> str:
    """Register Nina as an operator, with a password of the administrator's."""
    registered = administrator.done("/practitioners", NINA)
    portal.totp["nina"] = secret_in(registered["one_time_password"])
    nina = str(registered["practitioner"])
    administrator.done(f"/practitioners/{nina}/roles", {"role": "operator", "grant": True})
    return nina


def come_in(portal: Portal, account: str, password: str = PASSWORD) -> tuple[int, Person]:
    person = Person(portal, account)
    typed = {"account": account, "password": password, "code": portal.code(account)}
    answered = person.send("POST", "/sign-in", json=typed)
    person.me = answered.json()
    return answered.status_code, person


def own(current: str, password: str) -> dict[str, str]:
    return {"current": current, "password": password}


def history(reader: Person, practitioner: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reader.read(f"/practitioners/{practitioner}")["history"]
    return found


def refused(answered: Any) -> str:  # noqa: ANN401 - whatever httpx answers with
    assert answered.status_code == 409, answered.text
    return str(answered.json()["rule"])


@pytest.mark.verifies("REQ-IN-194", "REQ-IN-217")
def test_whoever_is_registered_chooses_a_password_before_anything_else_is_open(
    portal: Portal,
) -> None:
    administrator = portal.sign_in("administrator")
    nina = hire(portal, administrator)
    portal.system.runner.catch_up()
    status, person = come_in(portal, "nina", FIRST)

    assert status == 200
    assert (person.me["owes_password"], person.me["password_from"]) == (True, "Ada Administrator")
    assert person.me["permissions"] == ["signed-in"]
    denied = person.get("/subjects")
    assert denied.status_code == 403
    assert "Choose a password of your own" in denied.json()["detail"]
    assert refused(person.post("/password", own("a guess of mine", OWN))) == (
        "access.current-password"
    )
    assert portal.events("AuthenticationFailed")[-1].reason == "password"
    assert refused(person.post("/password", own(FIRST, FIRST))) == "access.other-password"
    assert person.post("/password", own(FIRST, "short")).status_code == 422

    person.done("/password", own(FIRST, OWN))
    assert person.read("/me")["owes_password"] is False
    assert person.get("/subjects").status_code == 200
    assert come_in(portal, "nina", FIRST)[0] == 401
    assert come_in(portal, "nina", OWN)[0] == 200
    assert [(each["kind"], each["what"], each["by"]) for each in history(administrator, nina)] == [
        ("CredentialChosen", "password", "Nina New"),
        ("RoleGranted", "operator", "Ada Administrator"),
        ("CredentialIssued", "totp", "Ada Administrator"),
        ("CredentialIssued", "password", "Ada Administrator"),
        ("PractitionerRegistered", None, "Ada Administrator"),
    ]


def test_a_password_of_ones_own_ends_the_other_sign_ins(portal: Portal, clinic: Clinic) -> None:
    other, person = portal.sign_in("operator"), portal.sign_in("operator")
    person.done("/password", own(PASSWORD, OWN))

    assert other.get("/me").status_code == 401
    assert person.get("/me").status_code == 200
    assert {each.reason for each in portal.events("SignedOut")} == {"replaced"}
    chosen = portal.records("CredentialChosen")[-1]
    assert str(chosen.actor) == f"practitioner:{clinic.people['operator']}"


@pytest.mark.verifies("REQ-IN-217")
def test_a_lost_phone_is_replaced_at_once_and_the_password_stays(
    portal: Portal, clinic: Clinic
) -> None:
    administrator, operator = portal.sign_in("administrator"), portal.sign_in("operator")
    path = f"/practitioners/{clinic.people['operator']}"
    body = {"credentials": ["totp"], "reason": "Phone lost on the bus"}
    issued = administrator.done(f"{path}/credentials", body)

    assert operator.get("/me").status_code == 401
    assert portal.events("SignedOut")[-1].reason == "ended"
    assert come_in(portal, "operator")[0] == 401
    assert issued["account"] == "operator"
    portal.totp["operator"] = secret_in(issued["one_time_password"])
    status, operator = come_in(portal, "operator")
    assert (status, operator.me["owes_password"]) == (200, False)
    newest = administrator.read(path)["history"][:2]
    assert [(each["kind"], each["what"], each["reason"]) for each in newest] == [
        ("CredentialIssued", "totp", None),
        ("CredentialRevoked", "totp", "Phone lost on the bus"),
    ]
    assert {each["by"] for each in newest} == {"Ada Administrator"}


@pytest.mark.verifies("REQ-IN-217")
def test_a_forgotten_password_is_replaced_by_one_that_must_be_chosen_anew(
    portal: Portal, clinic: Clinic
) -> None:
    administrator = portal.sign_in("administrator")
    path = f"/practitioners/{clinic.people['operator']}/credentials"
    body = {"credentials": ["password"], "password": FIRST, "reason": "Forgotten"}
    issued = administrator.done(path, body)

    assert issued["one_time_password"] is None
    assert come_in(portal, "operator")[0] == 401
    status, operator = come_in(portal, "operator", FIRST)
    assert (status, operator.me["owes_password"]) == (200, True)
    shown = administrator.read(f"/practitioners/{clinic.people['operator']}")
    assert (shown["access"], shown["account"]) == ("issued", "operator")
    for wrong in (
        {"credentials": ["password"], "reason": "x"},
        {"credentials": ["totp"], "password": FIRST, "reason": "x"},
        {"credentials": [], "reason": "x"},
        {"credentials": ["face"], "reason": "x"},
    ):
        assert administrator.post(path, wrong).status_code == 422
    assert refused(administrator.post(path, body | {"reason": " "})) == "practitioner.reason"
    nobody = f"/practitioners/{PractitionerId.derived('nobody')}"
    assert administrator.post(f"{nobody}/credentials", body).status_code == 404
    assert administrator.post(f"{nobody}/end-access", {"reason": "x"}).status_code == 404
    assert administrator.get(nobody).status_code == 404


@pytest.mark.verifies("REQ-IN-217")
def test_no_request_that_is_sent_again_sets_a_password_without_a_fact(
    portal: Portal, clinic: Clinic
) -> None:
    administrator = portal.sign_in("administrator")
    registering, issuing = "r" * 32, "i" * 32
    registered = administrator.done("/practitioners", NINA, key=registering)
    portal.totp["nina"] = secret_in(registered["one_time_password"])
    come_in(portal, "nina", FIRST)[1].done("/password", own(FIRST, OWN))
    path = f"/practitioners/{registered['practitioner']}"
    again = administrator.post("/practitioners", NINA, key=registering)
    assert refused(again) == "practitioner.overtaken"

    body = {"credentials": ["password"], "password": FIRST, "reason": "Forgotten"}
    for _ in range(2):
        administrator.done(f"{path}/credentials", body, key=issuing)
    come_in(portal, "nina", FIRST)[1].done("/password", own(FIRST, OWN))
    again = administrator.post(f"{path}/credentials", body, key=issuing)
    assert refused(again) == "practitioner.overtaken"
    assert come_in(portal, "nina", OWN)[0] == 200


@pytest.mark.verifies("REQ-IN-194")
def test_access_ends_at_once_and_whoever_comes_back_begins_anew(
    portal: Portal, clinic: Clinic
) -> None:
    administrator, person = portal.sign_in("administrator"), portal.sign_in("practitioner")
    identifier = clinic.people["practitioner"]
    path = f"/practitioners/{identifier}"
    ended = administrator.done(f"{path}/end-access", {"reason": "Left the clinic"})

    assert person.get("/me").status_code == 401
    assert come_in(portal, "practitioner")[0] == 401
    assert portal.events("AuthenticationFailed")[-1].reason == "ended"
    shown = administrator.read(path)
    assert (shown["access"], shown["roles"], shown["credentials"]) == ("none", [], [])
    taken = [each for each in shown["history"] if each["reason"] == "Left the clinic"]
    assert [each["what"] for each in taken] == ["practitioner", "totp", "password"]
    repeated = administrator.done(f"{path}/end-access", {"reason": "Left the clinic"})
    assert repeated["seq"] == ended["seq"]

    # The name stays theirs, and they get everything together or nothing.
    somebody = NINA | {"account": "practitioner"}
    assert refused(administrator.post("/practitioners", somebody)) == "access.account-taken"
    half = {"credentials": ["totp"], "reason": "Back"}
    assert refused(administrator.post(f"{path}/credentials", half)) == "practitioner.whole-access"
    whole = {"credentials": ["password", "totp"], "password": FIRST}
    issued = administrator.done(f"{path}/credentials", whole)
    portal.totp["practitioner"] = secret_in(issued["one_time_password"])
    status, person = come_in(portal, "practitioner", FIRST)
    assert (status, person.me["roles"]) == (200, [])


@pytest.mark.verifies("REQ-IN-194")
def test_the_record_ends_access_also_where_the_account_was_not_blocked_yet(
    portal: Portal, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator, operator = portal.sign_in("administrator"), portal.sign_in("operator")

    def die(_practitioner: PractitionerId) -> None:
        message = "the process died here"
        raise ValueError(message)

    monkeypatch.setattr(portal.system.accounts, "block", die)
    path = f"/practitioners/{clinic.people['operator']}/end-access"
    assert administrator.post(path, {"reason": "Left"}).status_code == 500

    assert operator.get("/me").status_code == 401
    assert come_in(portal, "operator")[0] == 401
    assert portal.events("AuthenticationFailed")[-1].reason == "ended"
    monkeypatch.undo()
    assert administrator.post(path, {"reason": "Left"}).status_code == 200


@pytest.mark.verifies("REQ-IN-194")
def test_nobody_administers_themselves_so_that_one_administrator_remains(
    portal: Portal, clinic: Clinic
) -> None:
    administrator = portal.sign_in("administrator")
    path = f"/practitioners/{clinic.people['administrator']}"
    before = portal.system.log.size()
    asked = (
        ("roles", {"role": "administrator", "grant": False, "reason": "Tired of it"}),
        ("end-access", {"reason": "Leaving"}),
        ("credentials", {"credentials": ["totp"], "reason": "New phone"}),
    )
    rules = [refused(administrator.post(f"{path}/{place}", body)) for place, body in asked]

    assert rules == [
        "practitioner.own-administration",
        "practitioner.own-access",
        "practitioner.own-credential",
    ]
    assert portal.system.log.size() == before
    assert administrator.get("/me").status_code == 200


@pytest.mark.verifies("REQ-IN-194")
def test_of_two_administrators_who_take_it_from_each_other_one_remains(
    portal: Portal, clinic: Clinic
) -> None:
    first = portal.sign_in("administrator")
    register(first, "deputy", Role.ADMINISTRATOR)
    second = portal.sign_in("deputy")
    together = threading.Barrier(2)

    def take(one: Person, other: Person) -> int:
        together.wait()
        body = {"role": "administrator", "grant": False, "reason": "Not needed"}
        return one.post(f"/practitioners/{other.me['practitioner']}/roles", body).status_code

    with ThreadPoolExecutor(2) as pool:
        taking = [pool.submit(take, first, second), pool.submit(take, second, first)]
    assert sorted(each.result() for each in taking) == [200, 403]
    assert len(portal.events("RoleRevoked")) == 1


def test_somebody_without_an_account_gets_one_with_both_means(
    portal: Portal, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator = portal.sign_in("administrator")

    def die(_practitioner: PractitionerId, **_secrets: str) -> bytes:
        message = "the process died here"
        raise ValueError(message)

    monkeypatch.setattr(portal.system.accounts, "issue", die)
    assert administrator.post("/practitioners", NINA).status_code == 500
    monkeypatch.undo()
    people = administrator.read("/practitioners")["items"]
    nina = next(each for each in people if each["display_name"] == "Nina New")
    path = f"/practitioners/{nina['practitioner']}"
    assert administrator.read(path)["account"] is None

    whole = {"credentials": ["password", "totp"], "password": FIRST, "reason": "Interrupted"}
    assert refused(administrator.post(f"{path}/credentials", whole)) == "access.no-account"
    taken = administrator.post(f"{path}/credentials", whole | {"account": "operator"})
    assert refused(taken) == "access.account-taken"
    issued = administrator.done(f"{path}/credentials", whole | {"account": "nina"})
    portal.totp["nina"] = secret_in(issued["one_time_password"])
    assert come_in(portal, "nina", FIRST)[0] == 200


def test_why_is_told_to_those_it_concerns(portal: Portal, clinic: Clinic) -> None:
    administrator = portal.sign_in("administrator")
    path = f"/practitioners/{clinic.people['second']}"
    reason = "Moved to another house"
    body = {"role": "quality-manager", "grant": False, "reason": reason}
    administrator.done(f"{path}/roles", body)
    administrator.done(f"{path}/roles", {"role": "operator", "grant": True})

    told = {}
    for account in ("administrator", "auditor", "second", "operator"):
        found = portal.sign_in(account).read(path)
        reasons = [each["reason"] for each in found["history"] if each["kind"] == "RoleRevoked"]
        told[account] = (reasons, found["reasons_told"], found["account"])
    assert told == {
        "administrator": ([reason], True, "second"),
        "auditor": ([reason], True, None),
        "second": ([reason], True, None),
        "operator": ([None], False, None),
    }


def test_secrets_are_told_once_and_stand_nowhere_else(portal: Portal, clinic: Clinic) -> None:
    administrator = portal.sign_in("administrator")
    nina = hire(portal, administrator)
    secret = portal.totp["nina"]
    shown = [
        administrator.get("/practitioners").text,
        administrator.get(f"/practitioners/{nina}").text,
        portal.sign_in("auditor").get("/audit-trail").text,
    ]
    stored = [repr(each) for each in portal.system.log.after(-1, limit=100_000)]

    text = base64.b32encode(secret).decode().rstrip("=")
    for each in (*shown, *stored):
        assert text not in each
        assert FIRST not in each
