"""A whole day's work, with everything that was logged, addressed and measured looked through."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from adapters.logging import LibraryLog, set_up
from api.routes import worklist
from tests.api import pictures
from tests.api.portal import IDENTITY, PASSWORD, PREFIX, Clinic, Portal, opening
from tests.api.station import Station

PLANTED = (*IDENTITY.values(), PASSWORD, "IMG_Featherstonehaugh", "a very private reason")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged during a test, as it is shipped."""
    held = io.StringIO()
    set_up(stream=held, level=logging.DEBUG)
    yield held
    structlog.reset_defaults()
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, LibraryLog)]:
        root.removeHandler(handler)


@pytest.mark.verifies("DRV-30", "REQ-IN-217")
def test_nothing_personal_and_no_secret_is_logged_addressed_or_measured(
    portal: Portal,
    clinic: Clinic,
    station: Station,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes: list[str] = []
    original = portal.code

    def code(account: str) -> str:
        codes.append(original(account))
        return codes[-1]

    monkeypatch.setattr(portal, "code", code)
    operator, privacy = portal.sign_in("operator"), portal.sign_in("privacy")
    wrong = {"account": "Featherstonehaugh", "password": PASSWORD, "code": "123456"}
    operator.post("/sign-in", wrong)
    operator.post("/sign-in", wrong | {"code": PASSWORD})
    subject = operator.done("/subjects", IDENTITY)["subject"]
    operator.post("/subjects", IDENTITY | {"date_of_birth": "Wilhelmina"})
    operator.post("/subjects/search", {"query": "Featherstonehaugh"})
    operator.get(f"/subjects/{clinic.subject}")
    body = opening(clinic, device=None, protocol=clinic.single)
    session = operator.done("/capture-sessions", body)["session"]
    for content in (pictures.png(), b"no picture of Wilhelmina"):
        operator.send(
            "POST",
            f"/capture-sessions/{session}/photographs",
            files={"file": ("IMG_Featherstonehaugh.png", content)},
            data={"view": "frontal", "source": "Wilhelmina"},
        )
    reason = {"reason": "a very private reason"}
    operator.post(f"/capture-sessions/{session}/abandon", reason)
    privacy.done(f"/subjects/{subject}/erasure-requests", reason)
    administrator = portal.sign_in("administrator")
    auditor = f"/practitioners/{clinic.people['auditor']}"
    anew = {"credentials": ["password", "totp"], "password": PASSWORD, **reason}
    issued = administrator.done(f"{auditor}/credentials", anew)["one_time_password"]
    administrator.done(f"{auditor}/end-access", reason)
    privacy.proof()
    station.send("GET", "/orders")
    station.deliver(station.state(station.check(1), payload=b'{"Wilhelmina": 1}'))

    def fail(_connection: object) -> None:
        message = "cannot show Wilhelmina Featherstonehaugh"
        raise ValueError(message)

    monkeypatch.setattr(worklist, "device_cards", fail)
    assert operator.get("/worklist").status_code == 500
    cookie = next(iter(operator.http.cookies.values()))

    written = log.getvalue()
    measured = portal.http.get("/metrics").text
    assert written.count("\n") > 15
    assert '"error": "ValueError"' in written
    told = (cookie, issued, issued.partition("secret=")[2].partition("&")[0])
    named = (clinic.subject, subject, session, PREFIX + "/subjects")
    for each in (*PLANTED, *codes, *told, *named):
        assert each not in written, each
        assert each not in measured, each


def test_headers_of_records_name_nobody(portal: Portal, clinic: Clinic) -> None:
    operator = portal.sign_in("operator")
    operator.get(f"/subjects/{clinic.subject}")
    for stored in portal.system.log.sealed_after(-1, limit=10_000):
        assert not [each for each in PLANTED if each.encode() in stored.entry]
