"""Runs a station: captures and delivers side by side until told to stop.

Rule kept here: what keeps a station from working, and what the server refused, is said when it
begins and when it is over, to whoever stands there.
"""

import threading
from contextlib import suppress
from typing import Final

import httpx

from device.board_views import Tell
from device.settings import Settings
from device.station import Station
from domain.errors import RuleViolation, Unavailable

_REQUEST_TIMEOUT_S: Final = 30.0
_BUSY_PAUSE_S: Final = 0.02


def work(station: Station, stop: threading.Event, *, say: Tell | None = None) -> None:
    """Capture and deliver until told to stop.

    Args:
        station: The station.
        stop: Set when it shall stop.
        say: Takes what whoever stands there should know; nobody does without.
    """
    standing = _Standing(station, say or (lambda _: None))
    delivering = threading.Thread(
        target=station.delivery.run, args=(stop,), name="delivery", daemon=True
    )
    delivering.start()
    try:
        while not stop.is_set():
            try:
                busy = station.step()
            except (Unavailable, RuleViolation) as error:
                station.problem = str(error)
                busy = False
            with suppress(Unavailable):  # a disk that is away is a problem the next step meets
                standing.say()
            stop.wait(_BUSY_PAUSE_S if busy else station.settings.poll_s)
    finally:
        stop.set()
        delivering.join()


class _Standing:
    """Says what stands in the way, and what was refused, once each."""

    def __init__(self, station: Station, say: Tell) -> None:
        self._station = station
        self._say = say
        self._problem: str | None = None
        self._known = {each.sequence for each in station.outbox.aside()}

    def say(self) -> None:
        problem = self._station.problem
        if problem != self._problem:
            self._problem = problem
            words = "The station goes on." if problem is None else f"Problem: {problem}"
            self._say(words)
        outbox = self._station.outbox
        if outbox.state().refused == len(self._known):
            return
        for each in outbox.aside():
            if each.sequence not in self._known:
                self._known.add(each.sequence)
                why = each.refusal
                self._say(f"Refused by the service: {why.rule}: {why.evidence}. {why.next_step}")


def connect(settings: Settings) -> httpx.Client:
    """Return a connection to the server's address; proxies of the machine are not used."""
    return httpx.Client(base_url=settings.server, timeout=_REQUEST_TIMEOUT_S, trust_env=False)
