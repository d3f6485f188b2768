"""``vultus verify``: the log, chain and tree, signatures, contents, all of it or what is new."""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from adapters.keys.signing import is_ed25519_signature
from adapters.ledger.checkpoints import KeptCheckpoint
from adapters.verification.verify import ALL, Verification
from adapters.verification.verifying import Phase, Progress, Timing
from api.commands.opening import DAMAGED, INTACT, open_record, progress_bar, say
from api.verification import verify_system
from domain.errors import MalformedInput
from domain.ledger.checkpoint import VerifierKey, parse_body, parse_note, parse_verifier_key
from domain.ledger.cosignature import cosignatures, parse_witness_key
from domain.ledger.log_keys import follow

_CHECKED = {
    Phase.CHAIN: "records",
    Phase.SIGNATURES: "device signatures",
    Phase.CONTENT: "stored contents",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.epilog = (
        "Exit codes: 0 everything holds, 1 something does not, 2 not understood, 3 not possible "
        "just now. Whoever holds database and log key can write another history that is intact in "
        "itself; only --against tells it from the first one."
    )
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint kept elsewhere that the log must agree with, or a folder of them; may "
        "be repeated",
    )
    parser.add_argument(
        "--only",
        type=Phase,
        choices=list(Phase),
        help="chain: order, chain and tree, the quickest; signatures: of devices and checkpoints; "
        "content: stored contents and columns",
    )
    parser.add_argument(
        "--since-last",
        action="store_true",
        help="go on from the last complete verification; a changed or hidden older record, and a "
        "stream that forks because of it, is only found by a full one: run that once a week",
    )
    parser.add_argument(
        "--processes", type=_positive, metavar="N", help="processes at once; one for each core"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result for programs")
    parser.add_argument(
        "--log-key",
        metavar="KEY",
        help="any verifier key the log ever had, known from elsewhere; the others follow from it",
    )
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="KEY",
        help="verifier key of a witness that has to have cosigned a checkpoint; may be repeated",
    )


def run(options: argparse.Namespace) -> int:
    """Verify the log; 0 when it is intact, 1 when anything was found."""
    witnesses = [parse_witness_key(each) for each in options.witness]
    outside = [note for path in options.against for note in _notes_at(path)]
    with open_record(copies=True) as system, _bars() as progress:
        keys = system.checkpointer.keys
        if options.log_key is not None:
            trusted = parse_verifier_key(options.log_key)
            keys = follow(trusted, system.checkpointer.successions(), is_ed25519_signature)
        verification = verify_system(
            system,
            phases=ALL if options.only is None else (options.only,),
            processes=options.processes,
            outside=outside,
            keys=keys,
            since_last=options.since_last,
            progress=progress,
        )
        kept: Sequence[KeptCheckpoint] = system.shelf.all()
    _tell(verification, len(outside), asked_since=options.since_last)
    missing = _missing([*(each.note for each in kept), *outside], witnesses)
    if options.json is not None:
        options.json.write_text(json.dumps(as_json(verification), indent=2) + "\n")
    report = verification.report
    whole = verification.complete and verification.since is None
    intact = "INTACT" if whole else "INTACT as far as it was looked at"
    say(intact if report.intact else f"NOT INTACT: {report.problem_count} problems")
    return INTACT if report.intact and not missing else DAMAGED


def as_json(verification: Verification) -> dict[str, object]:
    """Return what was done and found, for programs."""
    report, since = verification.report, verification.since
    return {
        "format": "vultus/verification/v1",
        "intact": report.intact,
        "size": report.size,
        "first_record_looked_at": report.begin,
        "verified_before_at": None if since is None else str(since.verified_at),
        "phases": [_as_json(timing) for timing in verification.timings],
        "processes": verification.processes,
        "root": report.root.hex() or None,
        "streams": report.streams,
        "checkpoints_confirmed": len(report.confirmed),
        "checkpoints_kept_apart": verification.outside,
        "uncovered": report.uncovered,
        "keys_destroyed": len(report.erased),
        "problem_count": report.problem_count,
        "problems": [
            {"kind": each.kind.value, "record": each.seq, "text": each.text}
            for each in report.problems
        ],
    }


def _as_json(timing: Timing) -> dict[str, object]:
    return {
        "phase": timing.phase.value,
        "records": timing.records,
        "checks": timing.checks,
        "seconds": round(timing.seconds, 3),
        "records_per_second": _rate(timing.records, timing.seconds),
    }


def _tell(verification: Verification, outside: int, *, asked_since: bool) -> None:
    report, since = verification.report, verification.since
    for problem in report.problems:
        say(f"  {problem.kind.value}: {problem.text}")
    for timing in verification.timings:
        say(
            f"{timing.phase.value}: {timing.records} records, {timing.checks} "
            f"{_CHECKED[timing.phase]}, {timing.seconds:.1f} s, "
            f"{_rate(timing.records, timing.seconds)} records/s"
        )
    undone = [each.value for each in Phase if each not in {t.phase for t in verification.timings}]
    if undone:
        say(f"not looked at: {', '.join(undone)}")
    if since is not None:
        say(
            f"not looked at again: the first {report.begin} records, found intact at "
            f"{since.verified_at}; a change among them is only found by a full verification"
        )
    elif asked_since:
        say("nothing was verified before, so everything was looked at")
    say(
        f"{report.size} records; {report.streams} streams, {report.signatures} device "
        f"signatures and {report.blobs} stored contents looked at; {len(report.erased)} keys "
        "destroyed"
    )
    if report.root:
        say(f"root {report.root.hex()}, confirmed by {len(report.confirmed)} checkpoints")
    if not outside:
        say(
            "no checkpoint from elsewhere was given: a history rewritten or cut off by whoever "
            "holds database and log key could not be told from the first one (--against)"
        )


def _notes_at(path: Path) -> list[bytes]:
    """Return the checkpoint in a file, or those in a folder."""
    try:
        # Among the copies of checkpoints lie the statements of the log's keys; see --log-key.
        paths = sorted(path.glob("[0-9]*.txt")) if path.is_dir() else [path]
        notes = [each.read_bytes() for each in paths]
    except OSError as error:
        raise MalformedInput(f"{path} cannot be read: {error.strerror}") from error
    if not notes:
        raise MalformedInput(f"{path} holds no checkpoint")
    for each, note in zip(paths, notes, strict=True):
        try:
            parse_body(parse_note(note).text)
        except MalformedInput as error:
            raise MalformedInput(f"{each} is no checkpoint: {error}") from error
    return notes


@contextmanager
def _bars() -> Iterator[Progress]:
    """Show one bar for each phase, whatever processes work on it."""
    with ExitStack() as bars:
        shown: dict[Phase, Callable[[int], None]] = {}

        def told(phase: Phase, done: int, total: int) -> None:
            if phase not in shown:
                bars.close()
                shown[phase] = bars.enter_context(progress_bar(phase.value, total))
            shown[phase](done)

        yield told


def _rate(count: int, seconds: float) -> int:
    return round(count / seconds) if seconds else 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _missing(notes: Sequence[bytes], witnesses: Sequence[VerifierKey]) -> int:
    """Say what witnesses cosigned last; return how many of those asked for cosigned nothing."""
    missing = 0
    read = [parse_note(each) for each in notes] if witnesses else []
    for witness in witnesses:
        found = [
            (parse_body(note.text).size, str(said))
            for note in read
            for said in cosignatures(note, [witness], is_ed25519_signature)
        ]
        if found:
            size, said = max(found)
            say(f"{said}, at {size} records")
        else:
            say(f"NO CHECKPOINT IS COSIGNED by the witness {witness.name}")
            missing += 1
    return missing
