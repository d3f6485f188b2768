"""The headers that every answer carries, whatever kind of answer it is."""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.routes import worklist
from tests.api.browser import Browser
from tests.api.portal import ORIGIN, PREFIX, Clinic, Portal, opened

EXPECTED = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store, no-cache, must-revalidate",
}
PAGE = (
    '<!doctype html><html><head><meta name="vultus-nonce" content="__CSP_NONCE__">'
    "</head><body></body></html>"
)


@pytest.fixture
def portal(clinic: Clinic, tmp_path: Path) -> Iterator[Portal]:
    """The clinic with a small user interface."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "docs").mkdir()
    (static / "index.html").write_text(PAGE)
    (static / "assets" / "app-1a2b.js").write_text("export {};")
    (static / "docs" / "index.html").write_text("<!doctype html><title>docs</title>")
    (tmp_path / "outside.txt").write_text("not for browsers")
    with opened(clinic, tmp_path, static=static) as found:
        yield found


def broken(*_arguments: object) -> None:
    message = "Wilhelmina Featherstonehaugh"
    raise RuntimeError(message)


ANSWERS: dict[str, Callable[[Portal], httpx.Response]] = {
    "page": lambda portal: portal.http.get("/"),
    "page of the interface": lambda portal: portal.http.get("/subjects/1"),
    "file": lambda portal: portal.http.get("/assets/app-1a2b.js"),
    "documentation": lambda portal: portal.http.get("/docs"),
    "description": lambda portal: portal.http.get("/openapi.json"),
    "json": lambda portal: portal.http.get("/version"),
    "metrics": lambda portal: portal.http.get("/metrics"),
    "unknown caller": lambda portal: portal.http.get(f"{PREFIX}/worklist"),
    "refused": lambda portal: portal.sign_in("operator").get("/audit-trail"),
    "nothing there": lambda portal: portal.http.get(f"{PREFIX}/nothing"),
    "wrong method": lambda portal: portal.http.delete(f"{PREFIX}/worklist"),
    "malformed": lambda portal: portal.sign_in("operator").post("/subjects", {}),
    "too large": lambda portal: portal.http.post(f"{PREFIX}/sign-in", content=b" " * (2 << 20)),
    "text": lambda portal: portal.sign_in("auditor").get("/ledger/log-key"),
    "no content": lambda portal: portal.sign_in("operator").post("/sign-out"),
}


@pytest.mark.verifies("REQ-IN-452", "REQ-IN-453", "REQ-IN-454", "REQ-IN-455", "REQ-IN-456")
@pytest.mark.parametrize("kind", ANSWERS)
def test_every_kind_of_answer_carries_the_headers(portal: Portal, kind: str) -> None:
    answered = ANSWERS[kind](portal)

    assert {name: answered.headers[name] for name in EXPECTED} == EXPECTED
    policy = answered.headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'self'"
    assert not [each for each in policy if "unsafe" in each or "http" in each or "*" in each]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert answered.headers["x-vultus-correlation"]


@pytest.mark.verifies("REQ-IN-452", "REQ-IN-455", "REQ-IN-456")
def test_an_error_nobody_expected_carries_the_headers_and_tells_nothing(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "device_cards", broken)
    answered = portal.sign_in("operator").get("/worklist")

    assert answered.status_code == 500
    assert {name: answered.headers[name] for name in EXPECTED} == EXPECTED
    assert answered.headers["content-type"] == "application/problem+json"
    problem = answered.json()
    assert problem["type"] == "urn:vultus:problem:unexpected"
    assert problem["correlation"] == answered.headers["x-vultus-correlation"]
    assert "Wilhelmina" not in answered.text
    assert "RuntimeError" not in answered.text


@pytest.mark.verifies("REQ-IN-452", "REQ-IN-455", "REQ-IN-456")
def test_a_stream_of_events_carries_the_headers(portal: Portal) -> None:
    person = portal.sign_in("operator")
    cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    sent: list[dict[str, object]] = []

    async def listen() -> None:
        left = asyncio.Event()

        async def receive() -> dict[str, object]:
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body":
                left.set()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"{PREFIX}/updates",
            "raw_path": f"{PREFIX}/updates".encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:8460"), (b"cookie", cookie.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8460),
        }
        await asyncio.wait_for(portal.app(scope, receive, send), 10)  # type: ignore[arg-type]

    asyncio.run(listen())

    headers = httpx.Headers(sent[0]["headers"])  # type: ignore[arg-type]
    assert headers["content-type"].startswith("text/event-stream")
    assert {name: headers[name] for name in EXPECTED} == EXPECTED
    assert "default-src 'self'" in headers["content-security-policy"]
    assert b"event: changed" in sent[1]["body"]  # type: ignore[operator]


@pytest.mark.verifies("REQ-IN-455")
def test_the_nonce_of_a_page_is_its_policys_and_used_once(portal: Portal) -> None:
    nonces = []
    for path in ("/", "/subjects", "/"):
        answered = portal.http.get(path)
        (nonce,) = re.findall("'nonce-([^']+)'", answered.headers["content-security-policy"])
        assert f'content="{nonce}"' in answered.text
        nonces.append(nonce)

    assert len(set(nonces)) == 3
    assert all(len(each) >= 16 for each in nonces)


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/assets/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "//etc/passwd",
        "/assets",
        "/docs/..",
    ],
)
def test_no_path_leaves_the_folder_of_the_interface(portal: Portal, path: str) -> None:
    answered = portal.http.get(path)

    assert "not for browsers" not in answered.text
    assert "root:" not in answered.text


def test_the_interface_answers_reading_only(portal: Portal) -> None:
    assert portal.http.head("/assets/app-1a2b.js").status_code == 200
    assert portal.http.post("/").status_code == 404
    assert portal.http.get("/docs").text == "<!doctype html><title>docs</title>"


def test_without_a_built_interface_there_is_still_a_page_about_the_addresses() -> None:
    http = Browser(create_app(None), ORIGIN)
    page = http.get("/docs").text

    assert "/api/v1/capture-sessions" in page
    assert "http" not in page.replace("https://json-schema.org", "")
    assert http.get("/").status_code == 404
    assert http.get("/openapi.json").json()["info"]["title"] == "Vultus"
