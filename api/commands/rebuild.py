"""``vultus rebuild``: every projection again from the log."""

import argparse

from api.commands.opening import open_record, progress_bar, say


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run(_options: argparse.Namespace) -> int:
    """Fill every projection again from the log."""
    with open_record() as system:
        for position in system.runner.positions():
            with progress_bar(position.name, system.log.size()) as advance:
                system.runner.rebuild(
                    position.name, progress=lambda _name, done, _total: advance(done)
                )
    say("every projection was rebuilt")
    return 0
