"""``vultus restore``: a record from a backup, and the proof that it is the one signed for."""

import argparse
import os
from pathlib import Path

from adapters.backup.mark import Use
from adapters.system import SystemClock
from api.commands.opening import DAMAGED, INTACT, progress_bar, say
from api.replay import completed
from api.restoring import REPORT_PATH, Wanted, proof, restore
from api.settings import blobs_in
from domain.values.time import ServerTime

HELP = """\
Nothing is written over: data folder and database must be new or empty. Everything in the backup is
examined first, every record comes back bit for bit, the tree is built again and compared with the
signed checkpoints, and whatever was destroyed since stays destroyed.

A point in time (--until), or a backup that outside checkpoints go beyond (--against), gives a
shorter log than was signed for. That is a copy of the past, not the clinic's record: `vultus
verify` and `vultus replay` read it, nothing else opens it. Where what follows is lost for good,
--accept-loss makes it the record that goes on; the loss is recorded in it, and everybody who holds
a later checkpoint will see it. It then needs an empty folder of checkpoint copies: where the
earlier ones are, it is refused.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP
    parser.add_argument("backup", type=Path, help="folder that `vultus backup` wrote")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="data folder to make"
    )
    parser.add_argument(
        "--database", metavar="DSN", help="an empty database; SQLite in the folder without it"
    )
    parser.add_argument(
        "--blobs", metavar="PLACE", help="folder or bucket of the content; in the folder without it"
    )
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FOLDER",
        help="what `vultus backup-keys` wrote, or a data folder whose keys survived; without it "
        "the result proves the record and cannot be read",
    )
    parser.add_argument(
        "--master-key", type=Path, metavar="FILE", help="where the keys' folder lacks it"
    )
    parser.add_argument(
        "--until", metavar="SEQ|MOMENT", help="the last record that counts, or a moment in UTC"
    )
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint kept elsewhere that the log must agree with",
    )
    parser.add_argument(
        "--accept-loss",
        action="store_true",
        help="let the result go on as the record although something is known to be lost",
    )


def run(options: argparse.Namespace) -> int:
    """Restore; 0 when everything asked for is there and proven, 1 when something is not."""
    place = options.blobs
    wanted = Wanted(
        backup=options.backup.absolute(),
        data=options.to.absolute(),
        database=options.database,
        blobs=None if place is None else blobs_in(os.environ, place),
        keys=None if options.keys is None else options.keys.absolute(),
        master_key=None if options.master_key is None else options.master_key.absolute(),
        until=None if options.until is None else parse_until(options.until),
        outside=tuple(path.read_bytes() for path in options.against),
        accept_loss=options.accept_loss,
    )
    restored = restore(wanted, clock=SystemClock(), show=progress_bar)
    for line in proof(restored):
        say(line)
    say(f"this report lies in {wanted.data / REPORT_PATH}")
    if restored.mark.use is Use.RECORD:
        also = [
            name
            for name, given in (("VULTUS_DATABASE", wanted.database), ("VULTUS_BLOBS", place))
            if given is not None
        ]
        say(" and ".join([f"serve it with VULTUS_DATA={wanted.data}", *also]))
    asked = options.until is not None or options.accept_loss or not restored.mark.lost
    return INTACT if asked and not restored.problems else DAMAGED


def parse_until(text: str) -> int | ServerTime:
    """Return the last record that counts: a place in the log, or a moment.

    Raises:
        MalformedInput: the text is neither.
    """
    return int(text) if text.isascii() and text.isdigit() else ServerTime.parse(completed(text))
