"""Erasing one subject: nothing of it can be read again, and every proof stays green."""

import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.serving import serving
from api.settings import from_environment
from tests.flows.clock import LeapingClock
from tests.flows.conftest import vultus
from validation.demonstration import people
from validation.demonstration.people import Person, Refusal, Secrets

pytestmark = pytest.mark.slow


def key() -> str:
    return f"test-{secrets.token_hex(12)}"


@pytest.mark.verifies("REQ-IN-213", "DRV-10", "REQ-IN-206")
def test_an_erased_subject_is_gone_and_the_record_verifies(story: Path) -> None:
    settings = from_environment({"VULTUS_DATA": str(story / "record"), "VULTUS_PORT": "0"})
    known, clock = Secrets(story / "people.json"), LeapingClock()
    service_at = serving(settings, static=None, say=lambda _: None, clock=clock)
    with service_at as service, ExitStack() as left:
        practitioner = person_at(service.address, known, clock)
        left.callback(practitioner.close)
        item = next(
            each for each in practitioner.get("/worklist")["items"] if each["kind"] == "done"
        )
        subject, session, report = item["subject"], item["session"], item["report"]
        frames = practitioner.get(f"/capture-sessions/{session}")["attempts"][-1]["frames"]
        practitioner.post(
            f"/subjects/{subject}/erasure-requests", {"reason": "asked by the client"}, key=key()
        )
        privacy = person_at(service.address, known, clock, people.PRIVACY)
        left.callback(privacy.close)
        asked = privacy.get(f"/subjects/{subject}")["erasure_request"]
        done = privacy.approve(f"/subjects/{subject}/erasure", digest=asked["digest"], key=key())

        assert done["erased"] is True
        shown = privacy.get(f"/subjects/{subject}")
        assert shown["identity"] is None
        assert shown["consents"] == []
        for path in (
            f"/capture-sessions/{session}",
            f"/reports/{report}",
            f"/images/{frames[0]['digest']}?session={session}",
        ):
            assert refused(practitioner, path) in {404, 410}

    verified = vultus("verify", data=story / "record")
    assert verified.returncode == 0, verified.stderr
    assert "1 keys destroyed" in verified.stderr
    assert_nowhere(story / "record", b"Client 1", frames[0]["digest"].encode())


def person_at(
    address: str, known: Secrets, clock: LeapingClock, account: str = people.PRACTITIONER
) -> Person:
    secret = known.of(account)
    assert secret is not None
    return Person(secret, address=address, clock=clock)


def refused(person: Person, path: str) -> int:
    with pytest.raises(Refusal) as refusal:
        person.get(path)
    status: Any = refusal.value.problem["status"]
    return int(status)


def assert_nowhere(folder: Path, *planted: bytes) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for words in planted:
                assert words not in content, f"{words!r} is still in {path.name}"
