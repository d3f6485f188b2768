"""Runs a station: captures and delivers side by side until told to stop."""

import threading
from typing import Final

import httpx

from device.settings import Settings
from device.station import Station
from domain.errors import RuleViolation, Unavailable

_REQUEST_TIMEOUT_S: Final = 30.0
_BUSY_PAUSE_S: Final = 0.02


def work(station: Station, stop: threading.Event) -> None:
    """Capture and deliver until told to stop."""
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
            stop.wait(_BUSY_PAUSE_S if busy else station.settings.poll_s)
    finally:
        stop.set()
        delivering.join()


def connect(settings: Settings) -> httpx.Client:
    """Return a connection to the server's address; proxies of the machine are not used."""
    return httpx.Client(base_url=settings.server, timeout=_REQUEST_TIMEOUT_S, trust_env=False)
