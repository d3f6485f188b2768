"""``vultus backup-keys``: a mirror of all keys, apart from the backup of the record."""

import argparse
from pathlib import Path

from adapters.backup.keys import mirror_keys
from api.commands.opening import open_record, say

HELP = """\
The folder mirrors the keys there are now. A key that was destroyed since is overwritten and
removed in it, so erasures reach this backup with its next run: run it after every erasure, and
often, since content under a key that is in no backup is lost with the disk. Copies made of this
folder keep destroyed keys until they end, so give them days, not years.

With the master key in it, this folder opens the whole record together with a backup of it: keep it
under another custodian. Without (--without-master-key), keep the file of the master key, which is
secrets/master-key in the data folder, where you would look for it after a fire.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP
    parser.add_argument("out", type=Path, help="folder to make or to bring up to date")
    parser.add_argument(
        "--without-master-key", action="store_true", help="leave out what opens all others"
    )


def run(options: argparse.Namespace) -> int:
    """Bring the mirror up to date."""
    with open_record() as system:
        done = mirror_keys(
            system.settings.data,
            options.out.absolute(),
            master_key=not options.without_master_key,
        )
    say(f"{options.out}: {done.keys} keys; {done.added} added, {done.destroyed} destroyed")
    return 0
