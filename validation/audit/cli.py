"""The auditor's command: ``vultus-verify BUNDLE.zip`` and ``vultus-verify log EXPORT``.

Rules kept here:

1. Exit code 0: everything checked holds. 1: something does not. 2: the input cannot be checked.
2. Nothing is fetched and nothing is written; the answer goes to standard output, progress and
   errors to standard error.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from domain.errors import MalformedInput, RecordsError
from domain.ledger.checkpoint import parse_verifier_key
from domain.ledger.cosignature import parse_witness_key
from validation.audit.archive import Archive
from validation.audit.authority import Trust
from validation.audit.outcome import Outcome, printable
from validation.audit.verify_bundle import verify_bundle
from validation.audit.verify_log import verify_log

PASSED: Final = 0
FAILED: Final = 1
UNUSABLE: Final = 2

_FILE_BYTES_MAX: Final = 1 << 20
_EXIT_CODES: Final = "exit codes: 0 everything holds, 1 something does not, 2 unusable input"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        outcome, as_json = _verify_log(given[1:]) if given[:1] == ["log"] else _verify(given)
    except RecordsError as error:
        sys.stderr.write(f"vultus-verify: {printable(str(error))}\n")
        return UNUSABLE
    sys.stdout.write(outcome.to_json() + "\n" if as_json else outcome.to_text())
    return PASSED if outcome.passed else FAILED


def _verify(given: Sequence[str]) -> tuple[Outcome, bool]:
    parser = argparse.ArgumentParser(
        prog="vultus-verify",
        description="Verify an evidence bundle: one report and everything it rests on, offline. "
        "To verify a whole exported log: vultus-verify log --help",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("bundle", metavar="BUNDLE.zip", type=Path, help="the evidence bundle")
    parser.add_argument(
        "--checkpoint", metavar="FILE", type=Path, help="a signed checkpoint kept elsewhere"
    )
    _add_common(parser)
    options = parser.parse_args(given)
    outside = None if options.checkpoint is None else _read(options.checkpoint)
    with Archive(options.bundle) as archive:
        outcome = verify_bundle(archive, outside=outside, trust=_trust(options))
    return outcome, bool(options.json)


def _verify_log(given: Sequence[str]) -> tuple[Outcome, bool]:
    parser = argparse.ArgumentParser(
        prog="vultus-verify log",
        description="Verify a whole exported log: rebuild chain and tree from every byte.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument(
        "export", metavar="EXPORT", type=Path, help="the export's folder, or its file of records"
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a signed checkpoint kept elsewhere; may be given several times",
    )
    parser.add_argument(
        "--processes",
        metavar="N",
        type=_positive,
        default=os.cpu_count() or 1,
        help="check in N processes at once; one for each core, if not given",
    )
    _add_common(parser)
    options = parser.parse_args(given)
    outcome = verify_log(
        options.export,
        trust=_trust(options),
        outside=[_read(path) for path in options.checkpoint],
        processes=options.processes,
        progress=_show_progress if sys.stderr.isatty() else None,
    )
    return outcome, bool(options.json)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log-key",
        metavar="KEY",
        help="any verifier key the log ever had, or a file that holds it; without it the enclosed "
        "one is used",
    )
    parser.add_argument(
        "--succession",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a statement by which a key of the log took over, kept elsewhere; may be repeated",
    )
    parser.add_argument(
        "--witness",
        metavar="KEY",
        action="append",
        default=[],
        help="verifier key of a witness that has to have signed, or a file; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _trust(options: argparse.Namespace) -> Trust:
    return Trust(
        log_key=None if options.log_key is None else parse_verifier_key(_text(options.log_key)),
        witnesses=tuple(parse_witness_key(_text(each)) for each in options.witness),
        successions=tuple(_read(path) for path in options.succession),
    )


def _text(given: str) -> str:
    """Return a text, or what stands in the file of this name."""
    path = Path(given)
    return _read(path).decode("utf-8", "replace").strip() if path.is_file() else given


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX)
    except OSError as error:
        raise MalformedInput(f"{path} cannot be read: {error.strerror}") from error


def _show_progress(done: int, total: int) -> None:
    end = "\n" if done == total else "\r"
    sys.stderr.write(f"{done} of {total} records{end}")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
