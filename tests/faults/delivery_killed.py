"""Delivers in processes that kill themselves at one statement to the queue's database.

Run as ``python -m tests.faults.delivery_killed FOLDER STEP``: a process with one thread, so that it
may fork. Each death has a queue and a server of its own, which outlives the station. Two attempts
are accepted, one is refused and set aside, one is of an erased client and emptied. Prints how many
died; those after the last statement have nothing left to die of.
"""

import os
import pickle
import signal
import sys
from dataclasses import replace
from pathlib import Path

import httpx

from adapters.memory import ManualClock
from adapters.system import SystemRandomness
from device.client import Client
from device.delivery import Delivery
from device.facts import Facts
from device.outbox import Outbox
from device.secure_key import FileSecureKey
from domain.events.capture_session import AttemptSubmitted
from domain.events.names import Event
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import SessionId
from tests.builders import DEVICE, SESSION, later
from tests.device.server import Server
from tests.event_builders import an_attempt_submitted
from tests.faults.station_killed import Killing

NAMES = ("accepted", "refused", "erased", "accepted too")
ERASED = SessionId.derived("erased")
REASON = {"rule": "session.open", "evidence": "ended", "next_step": "Open a new one."}
KEPT = ("content", "recorded", "streams", "refused", "arrived")


class LastingServer(Server):
    """A server whose record is on its disk before it answers."""

    place: Path

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer, once what follows from it is kept."""
        answered = super().answer(request)
        kept = pickle.dumps({name: getattr(self, name) for name in KEPT})
        part = self.place.with_suffix(".part")
        part.write_bytes(kept)
        part.replace(self.place)
        return answered


class StationAtWork:
    """A station with its queue, its line, and the server at the other end of it."""

    def __init__(self, folder: Path, key: FileSecureKey) -> None:
        """Open queue and server as they were left."""
        folder.mkdir(exist_ok=True)
        clock, randomness = ManualClock(later()), SystemRandomness()
        self.server = LastingServer(clock, DEVICE, key.public_key().hex())
        self.server.place = folder / "server"
        self.server.refuse = lambda event: REASON if _is_refused(event) else None
        self.server.erased.add(ERASED)
        if self.server.place.exists():
            for name, value in pickle.loads(self.server.place.read_bytes()).items():  # noqa: S301 - ours
                setattr(self.server, name, value)
        self.outbox = Outbox(folder / "outbox.sqlite", key, clock=clock, connect=Killing)
        self.facts = Facts(self.outbox, device=DEVICE, key=key, clock=clock, randomness=randomness)
        http = self.server.http()
        self.client = Client(http, device=DEVICE, key=key, clock=clock, randomness=randomness)
        self.delivery = Delivery(self.outbox, self.client, clock=clock)

    def fill(self) -> None:
        """Keep an attempt of each kind."""
        for name in NAMES:
            event, frames = attempt(name)
            session = ERASED if name == "erased" else SESSION
            self.facts.state(event, stream=session.stream, content=frames)

    def deliver(self) -> None:
        """Do all of delivery: ask, send, tidy up, keep what was learnt."""
        self.outbox.number_from(self.client.orders().latest_sequence)
        while self.outbox.state().waiting:
            done = self.delivery.step()
            assert done.problem is None, done.problem
        self.delivery.tidy()
        self.outbox.keep("fact", b"kept alone")


def attempt(name: str) -> tuple[AttemptSubmitted, tuple[bytes, bytes]]:
    """Return an attempt and its two frames."""
    contents = (f"{name} left".encode(), f"{name} right".encode())
    event = an_attempt_submitted(name)
    frames = tuple(
        replace(
            frame,
            content=ContentReference(
                digest=Digest.of(content), size_bytes=len(content), media_type="image/png"
            ),
        )
        for frame, content in zip(event.frames, contents, strict=True)
    )
    return replace(event, frames=frames), contents


def _is_refused(event: Event) -> bool:
    return event in (attempt("refused")[0], attempt("erased")[0])


def die(folder: Path, key: FileSecureKey, seam: int, *, after: bool) -> bool:
    """Let a child deliver until it dies at a statement; return whether it did."""
    child = os.fork()
    if child == 0:
        try:
            station = StationAtWork(folder, key)
            station.fill()
            Killing.seam, Killing.after = seam, after
            station.deliver()
        except BaseException:  # noqa: BLE001 - a child must not return into its parent's work
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0, "delivery failed by itself"
    return False


def main() -> None:
    """Kill one child before and one after every statement, or every so many of them."""
    folder, step = Path(sys.argv[1]), int(sys.argv[2])
    key = FileSecureKey.load_or_create(folder / "keys")
    seam = died = 0
    while True:
        fates = [
            die(folder / f"{seam} {'after' if after else 'before'}", key, seam, after=after)
            for after in (False, True)
        ]
        if not any(fates):
            break
        died += sum(fates)
        seam += step
    print(died)  # noqa: T201 - read by the test


if __name__ == "__main__":
    main()
