"""``vultus rebuild``: projections again from the log, while the service goes on."""

import argparse

from api.commands.opening import open_record, progress_bar, say

STALLED = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument(
        "projections", nargs="*", metavar="PROJECTION", help="which; all when none is named"
    )


def run(options: argparse.Namespace) -> int:
    """Fill projections again from the log, all of them in one pass.

    Stopped half way, it goes on from there when it is called again.
    """
    with open_record() as system:
        names = options.projections or [each.name for each in system.runner.positions()]
        with progress_bar("rebuilding", system.log.size()) as advance:
            system.runner.rebuild(*names, progress=lambda _name, done, _total: advance(done))
        stalled = [
            each
            for each in system.runner.positions()
            if each.name in names and each.stalled_seq is not None
        ]
        for each in stalled:
            say(f"{each.name} cannot apply record {each.stalled_seq}: {each.stalled_why}")
    say(f"{len(names) - len(stalled)} projections were rebuilt")
    return STALLED if stalled else 0
