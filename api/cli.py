"""The command line: one word for each thing that is done to a record.

Rules kept here:

1. It answers at once: a command's own file is imported when its word is given.
2. A refusal is told in words with its next step, and the exit code says so: 1 refused or not
   intact, 2 not understood, 3 not possible just now.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from domain.errors import IntegrityFailure, MalformedInput, RecordsError, Unavailable

REFUSED, NOT_UNDERSTOOD, NOT_NOW = 1, 2, 3
COMMANDS = {
    "found": "begin a clinic's record: the clinic and its first administrator",
    "serve": "serve the clinic's record: web, workers and checkpoints",
    "work": "run projections, workers and checkpoints without the web",
    "migrate": "bring the database's tables up to date",
    "verify": "verify the whole log: chain, tree, signatures, content",
    "replay": "show what the record showed at a past position or moment",
    "bundle": "write the evidence behind a report into one file",
    "export": "write the whole log for an auditor",
    "backup": "copy the record to a backup while it is served, or add what is new to one",
    "backup-keys": "bring a backup of the keys up to date, apart from that of the record",
    "restore": "restore a record from a backup and prove that it is the one signed for",
    "restore-drill": "restore a backup on trial, prove it, remove it and record the result",
    "rotate-log-key": "have another key take over signing the log's checkpoints",
    "witness": "which other logs this server witnesses",
    "rebuild": "fill every projection again from the log",
    "models": "list the releases of models, write out the shipped ones, register",
    "sign-release": "check a model against its manifest and sign the manifest",
    "reproduce": "run a recorded inference, or everything recorded, again and compare",
    "check-storage": "try out the folder or bucket of the content",
    "copy-blobs": "copy every stored content to another folder or bucket",
    "openapi": "print the description of the HTTP interface",
    "version": "print version, build and libraries",
}
"""Each word and what it does; its file under ``commands`` has the same name but for those below."""

FILES = {"models": "model_releases"}

STATION = "station"
Run = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == [STATION]:
        # The station is a program of its own; this only finds it under the same name.
        return subprocess.call([sys.executable, "-m", "device.cli", *given[1:]])
    word = given[0] if given and given[0] in COMMANDS else None
    parser, own = _parsers(word)
    if word is None or own is None:
        parser.parse_args(given)
        parser.print_help()
        return NOT_UNDERSTOOD
    command = import_module(f"api.commands.{FILES.get(word, word.replace('-', '_'))}")
    command.arguments(own)
    return _told(command.run, parser.parse_args(given))


def _told(run: Run, options: argparse.Namespace) -> int:
    """Run a command; tell in words what it refuses."""
    try:
        return run(options)
    except KeyboardInterrupt:
        _say("stopped")
        return 0
    except Unavailable as error:
        _say(f"not possible just now: {error}")
        return NOT_NOW
    except MalformedInput as error:
        _say(f"not understood: {error}")
        return NOT_UNDERSTOOD
    except IntegrityFailure as error:
        _say(f"THE RECORD IS DAMAGED: {error}")
        return REFUSED
    except RecordsError as error:
        _say(f"refused: {error}")
        return REFUSED


def _parsers(word: str | None) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser | None]:
    """Return the parser of all words, and that of one of them."""
    parser = argparse.ArgumentParser(
        prog="vultus",
        description="The record system of a clinical facial-imaging portal.",
        epilog="Settings come from the environment: VULTUS_DATA, VULTUS_DATABASE, VULTUS_PORT, …; "
        "the README lists them. `./vultus demo` shows the whole journey, `./vultus test` runs all "
        "checks and tests, `./vultus benchmark` measures.",
    )
    words = parser.add_subparsers(title="commands", metavar="COMMAND")
    made = {
        each: words.add_parser(each, help=text, description=text) for each, text in COMMANDS.items()
    }
    words.add_parser(STATION, help="the capture station; `vultus station --help`")
    return parser, None if word is None else made[word]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
