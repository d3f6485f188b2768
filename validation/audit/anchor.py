"""Check that a bundle's records are in the log, and that the log is the one known from elsewhere.

Rules kept here:

1. Every record is proven by itself, against the one checkpoint of the bundle.
2. A key or checkpoint that the reader brings counts for more than one that came with the bundle,
   and the difference is said aloud.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, items 4 to 6.
"""

from collections.abc import Iterable, Sequence

from domain.errors import MalformedInput, ProofInvalid, SignatureInvalid
from domain.ledger import bundle, proof_file
from domain.ledger.checkpoint import (
    Checkpoint,
    SignedNote,
    VerifierKey,
    encode_verifier_key,
    parse_body,
    parse_note,
)
from domain.ledger.log_keys import LogKeys
from domain.ledger.proof import check_consistency, check_inclusion
from domain.ledger.report_data import FIRST_FORMAT, ReportData
from validation.audit.authority import check_witnesses, follow_keys
from validation.audit.opened_bundle import OpenedBundle
from validation.audit.outcome import Step
from validation.audit.signatures import check_ed25519


def check_inclusions(read: OpenedBundle, note: bytes, checkpoint: Checkpoint, step: Step) -> None:
    """Check every record's proof against the bundle's checkpoint."""
    proven = 0
    for seq, leaf in read.leaves.items():
        try:
            proof = proof_file.parse(read.archive.read(bundle.proof_path(seq)))
            if proof.index != seq or proof.checkpoint != note:
                step.fail(f"the proof of record {seq} is for another record or checkpoint")
                continue
            check_inclusion(
                index=seq,
                size=checkpoint.size,
                leaf=leaf,
                proof=proof.path,
                root=checkpoint.root,
            )
        except (MalformedInput, ProofInvalid) as error:
            step.fail(f"record {seq} is not proven to be in the log: {error}")
        else:
            proven += 1
    step.note(f"{proven} records are proven to be among the {checkpoint.size} of the checkpoint")


def check_log_signature(
    note: bytes, key: VerifierKey, successions: Iterable[bytes], *, pinned: bool, step: Step
) -> LogKeys:
    """Check that the log signed the bundle's checkpoint; return all its keys that are known."""
    keys = follow_keys(key, successions, step)
    try:
        keys.open(note, check_ed25519)
    except (MalformedInput, SignatureInvalid) as error:
        step.fail(str(error))
    if pinned:
        step.note(f"under the key given by the reader: {encode_verifier_key(key)}")
    else:
        step.note(
            "WARNING: the log's key was taken from the bundle itself; whoever made the bundle"
        )
        step.note(
            "could have made the key. Compare it with the key you know, give it with --log-key:"
        )
        step.note(encode_verifier_key(key))
    return keys


def check_outside(
    read: OpenedBundle,
    checkpoint: Checkpoint,
    keys: LogKeys,
    *,
    outside: bytes | None,
    witnesses: Sequence[VerifierKey],
    step: Step,
) -> bool:
    """Check that the bundle's checkpoint continues one that was kept elsewhere, and who saw it.

    Returns:
        Whether anything from elsewhere was given to compare with.
    """
    notes = [parse_note(read.archive.read(bundle.CHECKPOINT_PATH))]
    if outside is not None:
        notes.append(parse_note(outside))
        _check_continues(read, checkpoint, keys, notes[-1], step)
    elif not witnesses:
        step.note("not checked: no checkpoint from elsewhere was given")
    witnessed = check_witnesses(notes, checkpoint.origin, witnesses, step)
    return outside is not None or witnessed


def check_seen(read: OpenedBundle, checkpoint: Checkpoint, data: ReportData, step: Step) -> None:
    """Check that the log which the report saw, by the size and root it names, is this one."""
    if data.origin != checkpoint.origin or not data.size:
        step.fail("the report does not name the log of the checkpoint as the one that it saw")
        return
    seen = Checkpoint(origin=data.origin, size=data.size, root=data.root)
    if data.format == FIRST_FORMAT and seen.size not in _paths(read, checkpoint):
        step.note(f"not checked: that the {seen.size} records which the report saw are these")
    elif _continues(read, checkpoint, seen, "that the report saw", step):
        step.note("whoever was given the report before can hold it against any other history")


def _check_continues(
    read: OpenedBundle, checkpoint: Checkpoint, keys: LogKeys, note: SignedNote, step: Step
) -> None:
    held = parse_body(note.text)
    try:
        keys.check(note, check_ed25519)
    except SignatureInvalid as error:
        step.fail(f"the outside checkpoint of {held.size} records: {error}")
    else:
        _continues(read, checkpoint, held, "of the outside checkpoint", step)


def _continues(
    read: OpenedBundle, checkpoint: Checkpoint, seen: Checkpoint, which: str, step: Step
) -> bool:
    """Check that the bundle's checkpoint continues a state of the log seen before."""
    paths = _paths(read, checkpoint)
    if seen.size not in paths:
        step.fail(
            f"the bundle has no proof that its {checkpoint.size} records continue the {seen.size} "
            f"{which}; ask for a bundle made for it"
        )
        return False
    try:
        if seen.size:
            check_consistency(
                first=seen.size,
                second=checkpoint.size,
                first_root=seen.root,
                second_root=checkpoint.root,
                proof=paths[seen.size],
            )
    except ProofInvalid as error:
        step.fail(f"the {seen.size} records {which}: {error}")
        return False
    step.note(f"the log continues the {seen.size} records {which}")
    return True


def _paths(read: OpenedBundle, checkpoint: Checkpoint) -> dict[int, tuple[bytes, ...]]:
    """Return the proof that the bundle holds from each earlier size."""
    paths = {each.size: each.path for each in read.manifest.consistency}
    return paths | {0: (), checkpoint.size: ()}
