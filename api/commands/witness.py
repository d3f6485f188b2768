"""``vultus witness``: which other logs this server witnesses, and under which key."""

import argparse
from pathlib import Path

from api.commands.opening import open_record, say
from api.wiring import System
from domain.errors import MalformedInput
from domain.ledger.checkpoint import encode_verifier_key, parse_verifier_key
from domain.ledger.cosignature import time_text


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    doing = parser.add_subparsers(dest="doing", required=True, metavar="WHAT")
    doing.add_parser("list", help="list the logs and what was cosigned last")
    doing.add_parser("key", help="print the key under which this server cosigns")
    for word, text in (
        ("add", "witness a log; or trust the key that took over in one"),
        ("remove", "trust a key no longer"),
    ):
        each = doing.add_parser(word, help=text)
        each.add_argument("key", help="verifier key; to add, or a file with a statement")


def run(options: argparse.Namespace) -> int:
    """Show or change which logs this server witnesses."""
    with open_record() as system:
        if options.doing == "key":
            print(encode_verifier_key(system.witness.key))
        elif options.doing == "list":
            _list(system)
        elif options.doing == "remove":
            system.witness.logs.remove(parse_verifier_key(options.key))
            say("removed")
        else:
            _add(system, options.key)
    return 0


def _add(system: System, given: str) -> None:
    if "+" in given:
        key = parse_verifier_key(given)
        system.witness.logs.add(key)
        say(f"{key.name} is witnessed")
        return
    try:
        statement = Path(given).read_bytes()
    except OSError as error:
        message = f"{given} is neither a verifier key nor a file: {error.strerror}"
        raise MalformedInput(message) from error
    succession = system.witness.logs.follow(statement)
    later = encode_verifier_key(succession.later)
    say(f"{succession.origin} is signed by {later} from {succession.from_size} records on")


def _list(system: System) -> None:
    cosigned = {each.origin: each for each in system.witness.witnessed()}
    for key in system.witness.logs.all():
        found = cosigned.get(key.name)
        last = "nothing yet"
        if found is not None:
            when = time_text(found.cosigned_at_us // 1_000_000)
            last = f"{found.size} records cosigned at {when}"
            if found.conflicts:
                last += f", {found.conflicts} CONTRADICTIONS"
        print(f"{encode_verifier_key(key)}  {last}")
