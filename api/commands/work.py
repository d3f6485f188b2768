"""``vultus work``: projections, workers and checkpoints without the web."""

import argparse

from adapters.logging import set_up
from api.commands.opening import open_record, say
from api.commands.serve import until_stopped
from api.work import working


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run(_options: argparse.Namespace) -> int:
    """Work until stopped."""
    set_up()
    with open_record() as system, working(system):
        say("working")
        until_stopped()
    return 0
