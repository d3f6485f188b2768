"""From what is refused, missing, stale or broken to problem documents that say so and no more."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api import problems
from api.routes import worklist
from domain import errors
from domain.values.capture import Gate
from tests.api.portal import IDENTITY, ORIGIN, PREFIX, Portal
from tests.builders import gates

CASES: list[tuple[Exception, int, str, dict[str, Any]]] = [
    (
        errors.RuleViolation("capture.consent", "no consent", "Ask."),
        409,
        "refused",
        {"rule": "capture.consent", "evidence": "no consent", "next_step": "Ask."},
    ),
    (errors.ContentErased("subject-1"), 410, "content-erased", {"rule": "erasure.content"}),
    (errors.NotSignedIn("who"), 401, "not-signed-in", {"detail": "who"}),
    (errors.NotPermitted("not you"), 403, "not-permitted", {"detail": "not you"}),
    (errors.NotFound("nothing"), 404, "not-found", {"detail": "nothing"}),
    (errors.StaleVersion("subject-1", 3, 5), 412, "stale", {"stream_version": 5}),
    (errors.MalformedInput("no"), 422, "malformed", {"detail": "no"}),
    (problems.TooLarge(3 << 20), 413, "too-large", {}),
    (errors.Unavailable("later"), 503, "unavailable", {"detail": "later"}),
    (errors.ChainBroken("gap"), 500, "integrity", {"detail": "gap"}),
    (
        problems.CaptureRefused(gates((Gate.CONSENT, Gate.PROTOCOL), failing=Gate.CONSENT)),
        409,
        "capture-blocked",
        {"rule": "capture.gates", "evidence": "consent: consent was checked"},
    ),
    (
        sa.exc.OperationalError("SELECT 'Featherstonehaugh'", {}, ValueError("locked")),
        503,
        "unavailable",
        {},
    ),
    (errors.FollowingStopped("workers", 7), 500, "unexpected", {}),
    (KeyError("Featherstonehaugh"), 500, "unexpected", {}),
]


@pytest.mark.parametrize(
    ("error", "status", "slug", "fields"), CASES, ids=[type(each[0]).__name__ for each in CASES]
)
def test_every_error_has_one_status_and_tells_what_it_knows(
    portal: Portal,
    *,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    slug: str,
    fields: dict[str, Any],
) -> None:
    def fail(_connection: object) -> None:
        raise error

    monkeypatch.setattr(worklist, "device_cards", fail)
    answered = portal.sign_in("operator").get("/worklist")

    assert answered.status_code == status
    assert answered.headers["content-type"] == problems.MEDIA_TYPE
    problem = answered.json()
    assert problem["type"] == f"urn:vultus:problem:{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["correlation"] == answered.headers["x-vultus-correlation"]
    assert problem | fields == problem
    assert ("retry-after" in answered.headers) == (status == 503)
    assert "Featherstonehaugh" not in answered.text


def test_a_blocked_capture_lists_every_gate_passed_or_not(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = gates((Gate.CONSENT, Gate.PROTOCOL), failing=Gate.CONSENT)

    def fail(_connection: object) -> None:
        raise problems.CaptureRefused(found)

    monkeypatch.setattr(worklist, "device_cards", fail)
    problem = portal.sign_in("operator").get("/worklist").json()

    assert [(each["gate"], each["passed"]) for each in problem["gates"]] == [
        ("consent", False),
        ("protocol", True),
    ]
    assert set(problem["gates"][0]) == {"gate", "passed", "evidence", "next_step"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/v1", 404),
        ("GET", "/api/v2/worklist", 404),
        ("POST", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/worklist", 405),
        ("GET", "/api/v1/sign-in", 405),
        ("POST", "/nothing", 404),
    ],
)
def test_what_is_not_there_is_a_problem_document_too(
    portal: Portal, method: str, path: str, status: int
) -> None:
    answered = portal.http.request(method, path)

    assert answered.status_code == status
    assert answered.headers["content-type"] == problems.MEDIA_TYPE
    assert answered.json()["status"] == status


SECRETS = ("Featherstonehaugh", "1971-12-29", "hunter2")
WRONG: dict[str, dict[str, Any]] = {
    "/subjects": IDENTITY | {"date_of_birth": "29 December 1971 Featherstonehaugh"},
    "/practitioners": {"display_name": "Featherstonehaugh", "account": "x", "password": "hunter2"},
    "/reauthentications": {"password": ["hunter2"], "code": "hunter2"},
    "/password": {"current": "hunter2", "password": "hunter2"},
}


@pytest.mark.verifies("REQ-IN-217", "DRV-30")
@pytest.mark.parametrize("path", WRONG)
def test_what_was_typed_wrong_is_named_by_place_and_never_repeated(
    portal: Portal, path: str
) -> None:
    account = "administrator" if path == "/practitioners" else "operator"
    answered = portal.sign_in(account).post(path, WRONG[path])

    assert answered.status_code == 422
    assert answered.json()["fields"]
    assert not [each for each in SECRETS if each in answered.text]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"Featherstonehaugh"',
        b"\xff\xfe",
        b'{"reason": "\\ud800"}',
        b'{"reason": NaN}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_such_object_is_refused_without_an_error_of_ours(
    portal: Portal, body: bytes
) -> None:
    person = portal.sign_in("privacy")
    path = f"/subjects/{'0' * 8}-0000-4000-8000-000000000000/erasure-requests"
    answered = person.send("POST", path, content=body)

    assert answered.status_code in {400, 422}
    assert answered.json()["status"] == answered.status_code
    assert "Featherstonehaugh" not in answered.text


BAD_PATHS = [
    "/subjects/x",
    "/capture-sessions/x",
    "/assessments/x",
    "/reports/x",
    "/devices/x",
    "/trace/reports/x",
    "/images/x?session=x",
    "/images/sha256:00/preview?session=x&width=99999",
    "/artefacts/x?session=x",
    "/depth-maps/x?session=x",
    "/depth-maps/x/heights?session=x",
    "/depth-maps/x/plane?session=x",
    "/surfaces/x?session=x&form=dwg",
    "/surfaces/x?session=x&form=zip",
    "/ledger/proof/-1",
    "/ledger/proof/99999999999999999999999999",
    "/ledger/proof/9007199254740991",
    "/audit-trail?before=-1",
    "/audit-trail?before=99999999999999999999999999",
    "/audit-trail?limit=0",
    "/capture-sessions?before=99999999999999999999999999",
    "/subjects?query=%00",
    "/subjects?query=%25_%27",
    "/trace/affected?kind=nothing&identifier=x",
    "/reports/x/pages/99999999999999999999999.png",
]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_no_address_makes_an_error_of_ours(portal: Portal, path: str) -> None:
    people = [portal.sign_in(account) for account in ("practitioner", "auditor")]
    found = [each.http.get(PREFIX + path).status_code for each in people]

    assert all(status in {200, 403, 404, 422} for status in found), found


@pytest.mark.parametrize("least", ["-1", "x", "99999999999999999999999999"])
def test_asking_for_a_position_that_is_none_is_refused_or_waits_for_the_newest(
    portal: Portal, least: str
) -> None:
    person = portal.sign_in("operator")
    portal.system.runner.catch_up()
    answered = person.http.get(f"{PREFIX}/worklist", headers={"X-Vultus-At-Least": least})

    assert answered.status_code == (422 if least in {"-1", "x"} else 200)


def seen(send: Callable[..., httpx.Response], header: str | None) -> httpx.Response:
    headers = {"X-Vultus-Client": "ui", "Origin": ORIGIN, "Idempotency-Key": "0" * 32}
    if header is not None:
        headers["If-Match"] = header
    path = f"{PREFIX}/assessments/{'0' * 8}-0000-4000-8000-000000000000/conclusion"
    return send(path, json={"text": "x"}, headers=headers)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 428),
        ("7", 400),
        ('"x"', 400),
        ("*", 400),
        ('W/"7"', 400),
        ('"\u0667"', 400),
        ('"7"', 404),
    ],
)
def test_whoever_changes_what_they_saw_names_its_version(
    portal: Portal, header: str | None, status: int
) -> None:
    person = portal.sign_in("practitioner")
    value = None if header is None else header.encode()
    answered = seen(person.http.put, value)  # type: ignore[arg-type]

    assert answered.status_code == status


@pytest.mark.parametrize("key", [None, "", "short", "x" * 65, "with space and more"])
def test_an_unsafe_request_brings_a_key_of_its_own(portal: Portal, key: str | None) -> None:
    person = portal.sign_in("operator")
    headers = {"X-Vultus-Client": "ui", "Origin": ORIGIN}
    if key is not None:
        headers["Idempotency-Key"] = key
    before = portal.system.log.size()
    answered = person.http.post(f"{PREFIX}/subjects", json=IDENTITY, headers=headers)

    assert answered.status_code == 400
    assert portal.system.log.size() == before


def test_a_body_of_unknown_length_is_not_read_beyond_the_limit(portal: Portal) -> None:
    sent = 0

    def pieces() -> Any:  # noqa: ANN401 - what httpx streams
        nonlocal sent
        for _ in range(3):
            sent += 1
            yield b" " * (1 << 20)

    answered = portal.http.post(f"{PREFIX}/sign-in", content=pieces())

    assert answered.status_code == 413
    assert json.loads(answered.text)["status"] == 413
