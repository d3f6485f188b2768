"""The station's command: run, status, selftest, queue, simulate, and upkeep.

Rule kept here: heavy imports wait until a command needs them, so that a wrong word answers at once.
"""

import argparse
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import MalformedInput, RecordsError

if TYPE_CHECKING:
    from device.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="vultus-station",
        description="The capture station. Settings come from the environment (VULTUS_STATION_*).",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="capture and deliver until stopped, guided")
    commands.add_parser("status", help="show key, configuration and queue")
    commands.add_parser("selftest", help="check key, disk, clock and server")
    calibrate = commands.add_parser("calibrate", help="calibrate rig, light and colours, guided")
    calibrate.add_argument("operator", help="identifier of the practitioner who performs it")
    light = commands.add_parser("light", help="calibrate the light alone, with the grey target")
    light.add_argument(
        "--new-baseline", action="store_true", help="compare later ones with this, after service"
    )
    commands.add_parser("colour", help="calibrate the colours alone, in calibrated light")
    commands.add_parser("check", help="check the calibration in force: the target in its holder")
    commands.add_parser("queue", help="show what waits and what was refused")
    simulate = commands.add_parser(
        "simulate", help="render a script's takes to files, with everything that is true of them"
    )
    simulate.add_argument("out", type=Path, help="folder for pictures, depth and truth")
    simulate.add_argument("--script", type=Path, help="sessions and takes; a JSON file")
    simulate.add_argument("--head", type=Path, help="an OBJ or PLY head instead of the script's")
    simulate.add_argument(
        "--unit", default="auto", choices=("auto", "mm", "cm", "m"), help="of that head"
    )
    simulate.add_argument(
        "--size", default="demo", choices=("preview", "demo", "full"), help="of the pictures"
    )
    simulate.add_argument("--cache", type=Path, help="folder where heads and views are kept")
    given = parser.parse_args(arguments)
    try:
        return _run(given)
    except RecordsError as error:
        print(f"vultus-station: {error}", file=sys.stderr)
        return 1


def _run(given: argparse.Namespace) -> int:
    match given.command:
        case "run":
            return _work()
        case "status":
            return _status()
        case "selftest":
            return _selftest()
        case "calibrate" | "light" | "colour" | "check":
            return _upkeep(given)
        case "queue":
            return _queue()
        case _:
            return _simulate(given)


def _simulated_settings() -> "Settings":
    from device.settings import from_environment

    settings = from_environment()
    if settings.scene is None:
        # Without a scene nobody asked for rendered faces, and no driver for lights and fixture is
        # part of this build.
        raise MalformedInput(
            "this build drives no lights and no fixture; set VULTUS_STATION_SCENE to a scene file "
            "to run a simulated station"
        )
    return settings


def _work() -> int:
    from device.simulated_station import run_station

    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    run_station(_simulated_settings(), stop=stop, say=partial(print, flush=True))
    return 0


def _status() -> int:
    from device.provision import provision
    from device.settings import from_environment

    settings = from_environment()
    made = provision(settings)
    print(f"station    {made.serial} ({made.model})")
    print(f"identifier {settings.device or 'none; enrol the station'}")
    print(f"public key {made.public_key}")
    print(f"firmware   {made.configuration.firmware}, software {made.configuration.software}")
    print(f"key in     {made.configuration.key_storage}")
    return _queue()


def _selftest() -> int:
    from device.simulated_station import simulated_station

    station, _ = simulated_station(_simulated_settings())
    try:
        station.ask_now()
        state, offset = station.outbox.state(), station.client.offset
        enough = state.free_bytes >= station.settings.reserve_bytes
        reached = station.problem is None
        print(f"disk    {state.free_bytes >> 20} MB free: {'ok' if enough else 'too little'}")
        print(f"server  {'ok' if reached else station.problem}")
        if offset is not None:
            print(f"clock   {offset.offset_ms:.0f} ms ahead, ±{offset.uncertainty_ms:.0f} ms")
        return 0 if enough and reached else 1
    finally:
        station.close()


def _upkeep(given: argparse.Namespace) -> int:
    from device.simulated_station import simulated_station
    from device.upkeep_words import perform

    station, _ = simulated_station(_simulated_settings())
    try:
        operator = getattr(given, "operator", None)
        new = getattr(given, "new_baseline", False)
        return perform(station, given.command, say=print, operator=operator, new_baseline=new)
    finally:
        station.close()


def _queue() -> int:
    from device.outbox import Outbox
    from device.secure_key import FileSecureKey
    from device.settings import from_environment

    settings = from_environment()
    key = FileSecureKey.load_or_create(settings.folder / "keys")
    outbox = Outbox(settings.folder / "outbox.sqlite", key)
    try:
        state = outbox.state()
        since = f", oldest of {state.oldest}" if state.oldest else ""
        print(f"waiting    {state.waiting}{since}")
        print(f"refused    {state.refused}, kept aside")
        print(f"last number {state.last_sequence}, {state.free_bytes >> 20} MB free")
        for each in outbox.aside():
            why = each.refusal
            print(f"  {each.sequence}: {why.rule}: {why.evidence}. {why.next_step}")
        return 0
    finally:
        outbox.close()


def _simulate(given: argparse.Namespace) -> int:
    import os

    from device.script import Script, load_script
    from device.simulate import render_script
    from device.simulation.loaded_head import load_head

    # What the station would run, unless a script is named; no server and no key are needed here.
    found = os.environ.get("VULTUS_STATION_SCENE")
    path = given.script or (Path(found) if found else None)
    script = Script() if path is None else load_script(path)
    head = None if given.head is None else load_head(given.head, given.unit)
    for path in render_script(script, given.out, size=given.size, head=head, cache=given.cache):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
