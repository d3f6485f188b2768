"""``vultus verify``: the whole log, chain, tree, signatures and content."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from adapters.keys.signing import is_ed25519_signature
from adapters.ledger.checkpoints import KeptCheckpoint
from adapters.ledger.verification import verify_log
from api.commands.opening import DAMAGED, INTACT, open_record, progress_bar, say
from domain.ledger.checkpoint import VerifierKey, parse_body, parse_note, parse_verifier_key
from domain.ledger.cosignature import cosignatures, parse_witness_key
from domain.ledger.log_keys import follow


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
    """Verify the whole log; 0 when it is intact, 1 when anything was found."""
    witnesses = [parse_witness_key(each) for each in options.witness]
    with open_record(copies=True) as system:
        system.checkpointer.sign()
        notes: list[KeptCheckpoint | bytes] = [*system.shelf.all()]
        notes += [path.read_bytes() for path in options.against]
        keys = system.checkpointer.keys
        if options.log_key is not None:
            trusted = parse_verifier_key(options.log_key)
            keys = follow(trusted, system.checkpointer.successions(), is_ed25519_signature)
        with progress_bar("verifying", system.log.size()) as advance:
            report = verify_log(
                system.log, key=keys, checkpoints=notes, blobs=system.blobs, progress=advance
            )
    for problem in report.problems:
        say(f"  {problem.kind.value}: {problem.text}")
    say(
        f"{report.size} records in {report.streams} streams, {report.signatures} device signatures,"
        f" {report.blobs} stored contents, {len(report.erased)} keys destroyed"
    )
    say(f"root {report.root.hex()}, confirmed by {len(report.confirmed)} checkpoints")
    missing = _missing(
        [each if isinstance(each, bytes) else each.note for each in notes], witnesses
    )
    say("INTACT" if report.intact else f"NOT INTACT: {report.problem_count} problems")
    return INTACT if report.intact and not missing else DAMAGED


def _missing(notes: Sequence[bytes], witnesses: Sequence[VerifierKey]) -> int:
    """Say what witnesses cosigned last; return how many of those asked for cosigned nothing."""
    missing = 0
    read = [parse_note(each) for each in notes]
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
