"""``vultus verify``: the whole log, chain, tree, signatures and content."""

import argparse
from pathlib import Path

from adapters.ledger.checkpoints import KeptCheckpoint
from adapters.ledger.verification import verify_log
from api.commands.opening import DAMAGED, INTACT, open_record, progress_bar, say


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint kept elsewhere that the log must agree with",
    )


def run(options: argparse.Namespace) -> int:
    """Verify the whole log; 0 when it is intact, 1 when anything was found."""
    with open_record(copies=True) as system:
        system.checkpointer.sign()
        notes: list[KeptCheckpoint | bytes] = [*system.shelf.all()]
        notes += [path.read_bytes() for path in options.against]
        with progress_bar("verifying", system.log.size()) as advance:
            report = verify_log(
                system.log,
                key=system.checkpointer.key,
                checkpoints=notes,
                blobs=system.blobs,
                progress=advance,
            )
    for problem in report.problems:
        say(f"  {problem.kind.value}: {problem.text}")
    say(
        f"{report.size} records in {report.streams} streams, {report.signatures} device signatures,"
        f" {report.blobs} stored contents, {len(report.erased)} keys destroyed"
    )
    say(f"root {report.root.hex()}, confirmed by {len(report.confirmed)} checkpoints")
    say("INTACT" if report.intact else f"NOT INTACT: {report.problem_count} problems")
    return INTACT if report.intact else DAMAGED
