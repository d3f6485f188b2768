"""Serves the record that the environment names: ``python -m tests.fleet.server``."""

import sys

from adapters.logging import set_up
from api.commands.serve import until_stopped
from api.serving import serving
from api.settings import from_environment


def say(text: str) -> None:
    """Tell the test."""
    print(text, flush=True)  # noqa: T201 - the test reads it


def main() -> None:
    """Serve until told to end."""
    set_up(stream=sys.stderr)
    with serving(from_environment(), static=None, say=say) as service:
        say(f"serves at port {service.system.settings.port}")
        until_stopped()


if __name__ == "__main__":
    main()
