"""Erasing one subject: nothing of it can be read again, here or at the station it was seen by."""

import secrets
import sqlite3
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.system import SystemRandomness
from api.serving import serving
from api.settings import from_environment
from device.client import Client
from device.delivery import Delivery
from device.facts import Facts
from device.outbox import Outbox
from device.secure_key import FileSecureKey
from domain.errors import NotFound
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import DeviceId, SessionId
from tests.builders import a_stereo_pair
from tests.event_builders import an_attempt_submitted
from tests.flows.clock import LeapingClock
from tests.flows.conftest import vultus
from validation.demonstration import people
from validation.demonstration.people import Person, Refusal, Secrets

pytestmark = pytest.mark.slow


FRAMES = (b"left frame taken too late", b"right frame taken too late")


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
        shown = practitioner.get(f"/capture-sessions/{session}")
        frames = shown["attempts"][-1]["frames"]
        left.callback((station := at_the_station(story, service.address, clock, shown)).close)
        late = station.capture_too_late(SessionId(session))
        stored = service.system.blobs_of_key(f"subject:{subject}")
        assert len(stored) > len(late) > 0
        assert station.holds(*late)
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
        for name in stored:
            with pytest.raises(NotFound):
                service.system.blobs.stored(name)
        assert station.delivery.tidy() == 1
        assert not station.holds(*late)

    verified = vultus("verify", data=story / "record")
    assert verified.returncode == 0, verified.stderr
    assert "1 keys destroyed" in verified.stderr
    about = (b"Client 1", frames[0]["digest"].encode(), *FRAMES)
    assert_nowhere(story / "record", *about)
    assert_nowhere(story / "station", *about, session.encode())


class StationLeft:
    """The station of the story, as it was left: its queue and its line to the service."""

    def __init__(self, folder: Path, address: str, clock: LeapingClock, device: str) -> None:
        """Open its folder again."""
        key = FileSecureKey.load_or_create(folder / "keys")
        who, randomness = DeviceId(device), SystemRandomness()
        self.path = folder / "outbox.sqlite"
        self.outbox = Outbox(self.path, key, clock=clock)
        self.facts = Facts(self.outbox, device=who, key=key, clock=clock, randomness=randomness)
        self.http = httpx.Client(base_url=address, trust_env=False)
        client = Client(self.http, device=who, key=key, clock=clock, randomness=randomness)
        self.delivery = Delivery(self.outbox, client, clock=clock)

    def capture_too_late(self, session: SessionId) -> tuple[bytes, ...]:
        """Deliver frames for a session that is closed; return them as they are kept here."""
        frames = tuple(
            replace(
                frame,
                content=ContentReference(
                    digest=Digest.of(content), size_bytes=len(content), media_type="image/png"
                ),
            )
            for frame, content in zip(a_stereo_pair(), FRAMES, strict=True)
        )
        event = replace(an_attempt_submitted("too late"), frames=frames)
        self.facts.state(event, stream=session.stream, content=FRAMES)
        done = self.delivery.drain()
        assert (done.accepted, done.refused, done.problem) == (0, 1, None)
        with sqlite3.connect(self.path) as connection:
            kept = connection.execute("SELECT sealed FROM content").fetchall()
        connection.close()
        return tuple(sealed for (sealed,) in kept)

    def holds(self, *sealed: bytes) -> bool:
        """Return whether any of these sealed bytes are still in its file."""
        content = self.path.read_bytes()
        return any(each in content for each in sealed)

    def close(self) -> None:
        """Close queue and line."""
        self.http.close()
        self.outbox.close()


def at_the_station(
    story: Path, address: str, clock: LeapingClock, session: dict[str, Any]
) -> StationLeft:
    return StationLeft(story / "station", address, clock, session["device"])


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
