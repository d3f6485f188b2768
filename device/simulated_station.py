"""Runs a simulated station against a server, for the demonstration and for tests.

Rule kept here: the station is the shipped one; only its hardware is simulated.
"""

import threading
from dataclasses import replace
from pathlib import Path

import httpx

from device.board_views import Tell
from device.script import Script, load_script
from device.settings import Settings
from device.simulated import BOARD, SimulatedStation, built_settings
from device.simulation.rig import DEMO, Resolution
from device.station import Station
from device.terminal_panel import TerminalPanel
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
    say: Tell | None = None,
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
        say: Takes each line that the operator should read; nobody reads any without.
    """
    if script is None:
        script = Script() if settings.scene is None else load_script(settings.scene)
    simulated = SimulatedStation(
        script, serials=settings.camera_serials, resolution=resolution, cache=cache
    )
    hardware = simulated.hardware
    if say is not None:
        hardware = replace(hardware, panel=TerminalPanel(hardware.panel, say))
    station = Station(
        settings,
        hardware,
        http=http or connect(settings),
        camera_settings=built_settings(),
        board=BOARD,
        clock=clock,
        randomness=randomness,
    )
    return station, simulated


def run_station(
    settings: Settings,
    *,
    stop: threading.Event,
    script: Script | None = None,
    say: Tell | None = None,
) -> None:
    """Run a simulated station until told to stop; ``say`` takes what the operator should read."""
    station, _ = simulated_station(settings, script=script, say=say)
    try:
        work(station, stop, say=say)
    finally:
        station.close()
