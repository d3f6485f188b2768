"""``vultus restore-drill``: a backup restored on trial, proven, removed and recorded [DRV-35]."""

import argparse
from pathlib import Path

from api.commands.opening import DAMAGED, INTACT, OPERATOR, open_record, progress_bar, say
from api.commands.restore import parse_until
from api.restore_drill import drill
from api.restoring import proof
from domain.handling import update
from domain.rules.clinic import CLINIC

HELP = """\
The drill restores into a folder of its own on SQLite, verifies the whole log against every
checkpoint, compares a sample of what the screens show with the live record, measures how long
recovery took and what a loss just now would cost, and removes everything again. The result is
recorded, a failed one too. Without --keys it proves the record with the live keys; with it, the
backup of the keys as well. With --until it proves that an earlier point in time can be had back:
the record as it was then is restored, verified, and brought up to the live one by what followed.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP
    parser.add_argument("backup", type=Path, help="folder that `vultus backup` wrote")
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint kept elsewhere that the log must agree with",
    )
    parser.add_argument(
        "--keys", type=Path, metavar="FOLDER", help="the backup of the keys to prove with it"
    )
    parser.add_argument(
        "--until", metavar="SEQ|MOMENT", help="the last record that counts, or a moment in UTC"
    )
    parser.add_argument(
        "--at", type=Path, metavar="FOLDER", help="where to work; the system's own place without"
    )


def run(options: argparse.Namespace) -> int:
    """Hold a drill; 0 when it passed, 1 when it failed."""
    backup: Path = options.backup.absolute()
    with open_record() as system:
        done = drill(
            system,
            backup,
            keys=None if options.keys is None else options.keys.absolute(),
            outside=[path.read_bytes() for path in options.against],
            place=options.at,
            show=progress_bar,
            until=None if options.until is None else parse_until(options.until),
        )
        context = system.context(OPERATOR)
        update(system.log, CLINIC, system.clinic.stream, lambda _: done.event, context)
    if done.restored is not None:
        for line in proof(done.restored)[:-2]:
            say(line)
        phases = ", ".join(f"{name} {took:.1f} s" for name, took in done.restored.seconds.items())
        say(f"{done.rows} rows compared with the live ones; {phases}")
    event = done.event
    for each in event.problems:
        say(f"  {each}")
    say(
        f"recovery takes {event.recovery_ms / 1000:.1f} s; a loss now would cost {event.behind} "
        f"records of the last {event.exposed_ms / 1000:.1f} s"
    )
    say("DRILL PASSED" if event.passed else "DRILL FAILED")
    return INTACT if event.passed else DAMAGED
