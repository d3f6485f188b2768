"""``vultus serve``: web, workers and checkpoints, until stopped."""

import argparse
import signal
import threading
from pathlib import Path

from adapters.logging import set_up
from api.commands.opening import say
from api.founding import founded
from api.serving import serving
from api.settings import from_environment
from api.ui_build import ensure_ui

ROOT = Path(__file__).parent.parent.parent


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run(_options: argparse.Namespace) -> int:
    """Serve web, workers and checkpoints until stopped."""
    set_up()
    static = ensure_ui(ROOT, say)
    with serving(from_environment(), static=static, say=say) as service:
        say(f"Vultus answers at {service.address}")
        if not founded(service.system):
            say("Nobody can sign in yet: see `./vultus found --help` for how a record begins.")
        until_stopped()
    return 0


def until_stopped() -> None:
    """Wait for the signal to stop."""
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    while not stopped.wait(1.0):
        pass
