"""A repeated request records nothing twice and is answered as the first one was."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from domain.events.codec import to_plain
from domain.values.identifiers import fresh
from tests.api import pictures
from tests.api.portal import IDENTITY, PASSWORD, PREFIX, Clinic, Person, Portal, opening
from tests.api.station import Station
from tests.api.test_permissions import DEMANDS
from tests.builders import a_protocol_content

Ready = tuple[str, str, dict[str, Any]]
"""Account, address, and what is sent."""


def _json(body: dict[str, Any]) -> dict[str, Any]:
    return {"json": body}


def _calibration(portal: Portal, clinic: Clinic) -> tuple[str, str]:
    station = clinic.station.at(portal.http, portal.clock)
    calibration = station.calibrate()
    found = portal.sign_in("quality").read(f"/devices/{station.device}")["calibrations"]
    digest = next(each["digest"] for each in found if each["calibration"] == calibration)
    return calibration, digest


def enrol_subject(portal: Portal, clinic: Clinic) -> Ready:
    return "operator", "/subjects", _json(IDENTITY)


def consent(portal: Portal, clinic: Clinic) -> Ready:
    body = {"purpose": "teaching", "decision": "grant", "wording_version": "2026-11"}
    return "operator", f"/subjects/{clinic.subject}/consents", _json(body)


def hold(portal: Portal, clinic: Clinic) -> Ready:
    body = {"ground": "Complaint", "place": True}
    return "privacy", f"/subjects/{clinic.subject}/legal-hold", _json(body)


def request_erasure(portal: Portal, clinic: Clinic) -> Ready:
    body = {"reason": "The client asked"}
    return "practitioner", f"/subjects/{clinic.subject}/erasure-requests", _json(body)


def open_session(portal: Portal, clinic: Clinic) -> Ready:
    return "operator", "/capture-sessions", _json(opening(clinic, device=None))


def _session(portal: Portal, clinic: Clinic) -> str:
    body = opening(clinic, device=None, protocol=clinic.single)
    return str(portal.sign_in("operator").done("/capture-sessions", body)["session"])


def photograph(portal: Portal, clinic: Clinic) -> Ready:
    path = f"/capture-sessions/{_session(portal, clinic)}/photographs"
    form = {"view": "frontal", "source": "Referring practice"}
    return "operator", path, {"files": {"file": ("a.png", pictures.png())}, "data": form}


def abandon(portal: Portal, clinic: Clinic) -> Ready:
    path = f"/capture-sessions/{_session(portal, clinic)}/abandon"
    return "operator", path, _json({"reason": "The client left"})


def enrol_device(portal: Portal, clinic: Clinic) -> Ready:
    key = Station(portal.http, portal.clock).public_key
    return "quality", "/devices", _json({"serial": "ST-9", "model": "Portal", "public_key": key})


def lock(portal: Portal, clinic: Clinic) -> Ready:
    calibration, digest = _calibration(portal, clinic)
    proof = portal.sign_in("quality").proof()
    path = f"/devices/{clinic.station.device}/calibrations/{calibration}/lock"
    return "quality", path, _json({"reauthentication": proof, "digest": digest})


def invalidate(portal: Portal, clinic: Clinic) -> Ready:
    calibration, _ = _calibration(portal, clinic)
    path = f"/devices/{clinic.station.device}/calibrations/{calibration}/invalidate"
    return "quality", path, _json({"reason": "The target was bent"})


def quarantine(portal: Portal, clinic: Clinic) -> Ready:
    path = f"/devices/{clinic.station.device}/quarantine"
    return "quality", path, _json({"reason": "It fell down"})


def release(portal: Portal, clinic: Clinic) -> Ready:
    account, path, body = quarantine(portal, clinic)
    portal.sign_in(account).done(path, body["json"])
    return account, path.replace("quarantine", "release"), _json({"reason": "Repaired"})


def draft(portal: Portal, clinic: Clinic) -> Ready:
    content: Any = to_plain(a_protocol_content())
    return "quality", "/acquisition-protocols", _json({"content": content | {"version": "2.0"}})


def approve_protocol(portal: Portal, clinic: Clinic) -> Ready:
    account, path, body = draft(portal, clinic)
    drafted = portal.sign_in(account).done(path, body["json"])
    proof = portal.sign_in("second").proof()
    signed = {"reauthentication": proof, "digest": drafted["digest"]}
    return "second", f"{path}/{drafted['protocol']}/approve", _json(signed)


def retire(portal: Portal, clinic: Clinic) -> Ready:
    path = f"/acquisition-protocols/{clinic.protocol}/retire"
    return "quality", path, _json({"reason": "A better one"})


def register_person(portal: Portal, clinic: Clinic) -> Ready:
    body = {
        "display_name": "Nina New",
        "profession": "nurse",
        "account": "nina",
        "password": "a very long password",
    }
    return "administrator", "/practitioners", _json(body)


def change_role(portal: Portal, clinic: Clinic) -> Ready:
    path = f"/practitioners/{clinic.people['operator']}/roles"
    return "administrator", path, _json({"role": "practitioner", "grant": True})


def issue_credentials(portal: Portal, clinic: Clinic) -> Ready:
    path = f"/practitioners/{clinic.people['operator']}/credentials"
    body = {"credentials": ["totp"], "reason": "Phone lost"}
    return "administrator", path, _json(body)


def end_access(portal: Portal, clinic: Clinic) -> Ready:
    path = f"/practitioners/{clinic.people['operator']}/end-access"
    return "administrator", path, _json({"reason": "Left the clinic"})


def own_password(portal: Portal, clinic: Clinic) -> Ready:
    return "operator", "/password", _json({"current": PASSWORD, "password": "quite another one"})


def verify(portal: Portal, clinic: Clinic) -> Ready:
    return "auditor", "/ledger/verify", _json({})


REPEATED: dict[str, Callable[[Portal, Clinic], Ready]] = {
    "/subjects": enrol_subject,
    "/subjects/{subject}/consents": consent,
    "/subjects/{subject}/legal-hold": hold,
    "/subjects/{subject}/erasure-requests": request_erasure,
    "/capture-sessions": open_session,
    "/capture-sessions/{session}/photographs": photograph,
    "/capture-sessions/{session}/abandon": abandon,
    "/devices": enrol_device,
    "/devices/{device}/calibrations/{calibration}/lock": lock,
    "/devices/{device}/calibrations/{calibration}/invalidate": invalidate,
    "/devices/{device}/quarantine": quarantine,
    "/devices/{device}/release": release,
    "/acquisition-protocols": draft,
    "/acquisition-protocols/{protocol}/approve": approve_protocol,
    "/acquisition-protocols/{protocol}/retire": retire,
    "/practitioners": register_person,
    "/practitioners/{practitioner}/roles": change_role,
    "/practitioners/{practitioner}/credentials": issue_credentials,
    "/practitioners/{practitioner}/end-access": end_access,
    "/password": own_password,
    "/ledger/verify": verify,
}
ELSEWHERE = {
    # Tested where they are tested at all, with what they need.
    "/subjects/{subject}/erasure",
    "/capture-sessions/{session}/close",
    "/assessments/{assessment}/findings/{finding}",
    "/assessments/{assessment}/conclusion",
    "/assessments/{assessment}/sign-off",
    "/assessments/{assessment}/amendments",
    "/reports/{report}/bundle",
    "/claims",
    "/claims/{claim}/validate",
    "/claims/{claim}/withdraw",
    "/model-releases",
    "/model-releases/{release}/shadow",
    "/model-releases/{release}/approve",
    "/model-releases/{release}/suspend",
    "/studies",
    "/studies/{study}/approve",
    "/studies/{study}/result",
    "/studies/{study}/confirm",
    "/device/statements",
    "/device/blobs/{digest}",
    "/device/erased",
    "/witness/add-checkpoint",
}
ONCE_BY_NATURE = {
    # A code is good once, and an ended sign-in cannot end again.
    "/sign-in",
    "/sign-out",
    "/reauthentications",
}
RECORDS_NOTHING = {"/subjects/search", "/assessments/{assessment}/amendments/digest"}


def test_every_route_that_changes_something_is_thought_of() -> None:
    unsafe = {path for method, path in DEMANDS if method not in {"GET", "HEAD"}}

    assert unsafe == REPEATED.keys() | ELSEWHERE | ONCE_BY_NATURE | RECORDS_NOTHING


def send(person: Person, path: str, content: dict[str, Any], key: str) -> httpx.Response:
    return person.send("POST", path, key=key, **content)


@pytest.mark.parametrize("route", REPEATED)
def test_a_request_repeated_is_recorded_once_and_answered_the_same(
    portal: Portal, clinic: Clinic, route: str
) -> None:
    account, path, content = REPEATED[route](portal, clinic)
    person = portal.sign_in(account)
    before = portal.system.log.size()
    first = send(person, path, content, "k" * 32)
    size = portal.system.log.size()
    repeated = [send(person, path, content, "k" * 32) for _ in range(2)]

    assert first.is_success, first.text
    assert size > before
    assert portal.system.log.size() == size
    for each in repeated:
        assert each.status_code == first.status_code
        assert each.json() == first.json()
    record = portal.system.log.after(first.json()["seq"] - 1, limit=1)[0]
    assert record.idempotency_key
    assert "k" * 32 not in record.idempotency_key


def test_what_is_recorded_under_a_key_that_tells_its_time_begins_with_it(portal: Portal) -> None:
    key = fresh(1_767_225_600_123, b"0123456789")
    operator = portal.sign_in("operator")
    answers = [operator.post("/subjects", IDENTITY, key=key).json() for _ in range(2)]
    record = portal.system.log.after(answers[0]["seq"] - 1, limit=1)[0]

    assert answers[0] == answers[1]
    assert record.stream == f"subject-{answers[0]['subject']}"
    assert answers[0]["subject"][:13] == key[:13]
    assert record.idempotency_key is not None
    assert record.idempotency_key[:13] == key[:13]
    assert key not in record.idempotency_key


def test_a_key_belongs_to_one_person_and_one_address(portal: Portal, clinic: Clinic) -> None:
    operator, practitioner = portal.sign_in("operator"), portal.sign_in("practitioner")
    answers = [
        operator.post("/subjects", IDENTITY, key="k" * 32),
        practitioner.post("/subjects", IDENTITY, key="k" * 32),
        operator.post("/capture-sessions", opening(clinic, device=None), key="k" * 32),
    ]

    assert [each.status_code for each in answers] == [201, 201, 201]
    assert len({each.json()["stream"] for each in answers}) == 3


def test_what_was_recorded_carries_the_correlation_of_its_request(portal: Portal) -> None:
    operator = portal.sign_in("operator")
    answered = operator.post("/subjects", IDENTITY)
    record = portal.system.log.after(answered.json()["seq"] - 1, limit=1)[0]

    assert record.correlation == answered.headers["x-vultus-correlation"]
    assert str(answered.request.url).endswith(f"{PREFIX}/subjects")
