"""The command line: one word for each thing that is done to a record.

Rules kept here:

1. It answers at once: whatever is heavy is imported by the command that needs it.
2. A refusal is told in words with its next step, and the exit code says so: 1 refused or not
   intact, 2 not understood, 3 not possible just now.
"""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from domain.errors import IntegrityFailure, MalformedInput, RecordsError, Unavailable

REFUSED, NOT_UNDERSTOOD, NOT_NOW = 1, 2, 3
Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Command | None = options.command
    if command is None:
        parser.print_help()
        return NOT_UNDERSTOOD
    try:
        return command(options)
    except KeyboardInterrupt:
        say("stopped")
        return 0
    except Unavailable as error:
        say(f"not possible just now: {error}")
        return NOT_NOW
    except MalformedInput as error:
        say(f"not understood: {error}")
        return NOT_UNDERSTOOD
    except IntegrityFailure as error:
        say(f"THE RECORD IS DAMAGED: {error}")
        return REFUSED
    except RecordsError as error:
        say(f"refused: {error}")
        return REFUSED


def say(text: str) -> None:
    """Tell the person at the terminal, apart from what a program may read."""
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vultus",
        description="The record system of a clinical facial-imaging portal.",
        epilog="Settings come from the environment: VULTUS_DATA, VULTUS_DATABASE, VULTUS_PORT, …; "
        "the README lists them. `./vultus demo` shows the whole journey, `./vultus test` runs all "
        "checks and tests.",
    )
    parser.set_defaults(command=None)
    words = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        one = words.add_parser(name, help=text, description=text)
        one.set_defaults(command=command)
        return one

    add("serve", _serve, "serve the clinic's record: web, workers and checkpoints")
    add("work", _work, "run projections, workers and checkpoints without the web")
    add("migrate", _migrate, "bring the database's tables up to date")
    verify = add("verify", _verify, "verify the whole log: chain, tree, signatures, content")
    verify.add_argument("--against", type=Path, action="append", default=[], metavar="CHECKPOINT")
    replay = add("replay", _replay, "show what the record showed at a past position or moment")
    replay.add_argument("--until", required=True, help="place in the log, or UTC moment (RFC 3339)")
    bundle = add("bundle", _bundle, "write the evidence behind a report into one file")
    bundle.add_argument("report", help="identifier or number of the report")
    bundle.add_argument("out", type=Path, help="file to write")
    export = add("export", _export, "write the whole log for an auditor")
    export.add_argument("out", type=Path, help="folder to make")
    add("rebuild", _rebuild, "fill every projection again from the log")
    reproduce = add("reproduce", _reproduce, "run a recorded inference again and compare")
    reproduce.add_argument("inference", help="identifier of the inference")
    openapi = add("openapi", _openapi, "print the description of the HTTP interface")
    openapi.add_argument("--out", type=Path, default=None, help="file to write instead")
    station = add("station", _station, "the capture station; `vultus station --help`")
    station.add_argument("rest", nargs=argparse.REMAINDER)
    add("version", _version, "print version, build and libraries")
    return parser


def _serve(_options: argparse.Namespace) -> int:
    from adapters.logging import set_up
    from api.serving import serving
    from api.settings import from_environment
    from api.ui_build import ensure_ui

    set_up()
    static = ensure_ui(Path(__file__).parent.parent, say)
    with serving(from_environment(), static=static, say=say) as service:
        say(f"Vultus answers at {service.address}")
        _until_stopped()
    return 0


def _work(_options: argparse.Namespace) -> int:
    from adapters.logging import set_up
    from api.serving import opened
    from api.settings import from_environment
    from api.work import working

    set_up()
    with opened(from_environment(), say=say) as system, working(system):
        say("working")
        _until_stopped()
    return 0


def _migrate(_options: argparse.Namespace) -> int:
    from adapters.database import migrate
    from api.settings import from_environment

    migrate(from_environment().database)
    say("the tables are up to date")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from api.commands import verify

    return verify(outside=options.against, say=say)


def _replay(options: argparse.Namespace) -> int:
    from api.commands import replay

    return replay(until=options.until, say=say)


def _bundle(options: argparse.Namespace) -> int:
    from api.commands import bundle

    return bundle(report=options.report, out=options.out, say=say)


def _export(options: argparse.Namespace) -> int:
    from api.commands import export

    return export(out=options.out, say=say)


def _rebuild(_options: argparse.Namespace) -> int:
    from api.commands import rebuild

    return rebuild(say=say)


def _reproduce(options: argparse.Namespace) -> int:
    from api.commands import reproduce

    return reproduce(inference=options.inference, say=say)


def _openapi(options: argparse.Namespace) -> int:
    from api.openapi import description

    text = description()
    if options.out is None:
        print(text, end="")
    else:
        options.out.write_text(text)
    return 0


def _station(options: argparse.Namespace) -> int:
    # The station is a program of its own; this only finds it under the same name.
    import subprocess

    return subprocess.call([sys.executable, "-m", "device.cli", *options.rest])


def _version(_options: argparse.Namespace) -> int:
    from api import version

    print(f"vultus {version.VERSION} ({version.build()})")
    for each in version.components():
        print(f"  {each}")
    return 0


def _until_stopped() -> None:
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    while not stopped.wait(1.0):
        pass


if __name__ == "__main__":
    raise SystemExit(main())
