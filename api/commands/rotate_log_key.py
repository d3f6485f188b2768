"""``vultus rotate-log-key``: another key takes over signing the log's checkpoints."""

import argparse

from api.commands.opening import OPERATOR, open_record, say
from api.rotation import OVERLAP_RECORDS, rotate


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument(
        "--overlap",
        type=int,
        default=OVERLAP_RECORDS,
        metavar="RECORDS",
        help="for so many further records both keys sign (default: %(default)s)",
    )
    parser.add_argument(
        "--end-overlap",
        action="store_true",
        help="destroy the earlier key now; rotates nothing",
    )


def run(options: argparse.Namespace) -> int:
    """Hand over to a new key; or end the earlier one before its time."""
    with open_record() as system:
        if options.end_overlap:
            ended = system.log_keys.end_terms(system.log.size(), early=True)
            say(f"{ended} earlier keys destroyed; the newest signs alone")
            return 0
        rotated = rotate(system, OPERATOR, overlap=options.overlap)
    print(rotated.later)
    say(f"from {rotated.from_size} records on the key above signs")
    say(f"until {rotated.until_size} records the earlier one signs, too, and then ends:")
    say(f"  {rotated.earlier}")
    say("Give auditors and witnesses the new key, or the statement log-key-N.txt from the copies.")
    return 0
