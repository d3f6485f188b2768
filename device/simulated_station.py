"""Runs a simulated station against a server, for the demonstration and for tests.

Rule kept here: the station is the shipped one; only its hardware is simulated.
"""

import threading
from pathlib import Path

import httpx

from device.script import Script, load_script
from device.settings import Settings
from device.simulated import BOARD, SimulatedStation, built_settings
from device.simulation.rig import DEMO, Resolution
from device.station import Station
from device.work import connect, work
from domain.ports import Clock, Randomness


def simulated_station(
    settings: Settings,
    *,
    script: Script | None = None,
    resolution: Resolution = DEMO,
    cache: Path | None = None,
    http: httpx.Client | None = None,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
) -> tuple[Station, SimulatedStation]:
    """Return a station with simulated hardware, and that hardware.

    Args:
        settings: With the identifier from enrolment.
        script: Who comes and what goes wrong; by default the one in ``settings.scene``.
        resolution: Of the full pictures.
        cache: Folder for heads and views that are dear to make.
        http: Connection to the server; by default one to ``settings.server``.
        clock: The station's clock.
        randomness: The station's source of salts and identifiers.
    """
    if script is None:
        script = Script() if settings.scene is None else load_script(settings.scene)
    simulated = SimulatedStation(
        script, serials=settings.camera_serials, resolution=resolution, cache=cache
    )
    station = Station(
        settings,
        simulated.hardware,
        http=http or connect(settings),
        camera_settings=built_settings(),
        board=BOARD,
        clock=clock,
        randomness=randomness,
    )
    return station, simulated


def run_station(settings: Settings, *, stop: threading.Event, script: Script | None = None) -> None:
    """Run a simulated station until told to stop."""
    station, _ = simulated_station(settings, script=script)
    try:
        work(station, stop)
    finally:
        station.close()
