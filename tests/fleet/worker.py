"""Works on the record that the environment names: ``python -m tests.fleet.worker``."""

import signal
import threading

from adapters.logging import set_up
from api.settings import from_environment
from api.wiring import open_system
from api.work import run_work


def main() -> None:
    """Work until told to end; say when it begins and ends to lead."""
    set_up()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with open_system(from_environment()) as system:
        print("stands", flush=True)  # noqa: T201 - the test waits for it
        run_work(system, stop)


if __name__ == "__main__":
    main()
