"""Proofs to hand out: one record against one checkpoint, one checkpoint against another.

Rules kept here:

1. A proof leads to a checkpoint that was signed and kept, not to whatever the tree is now.
2. Every proof is checked before it is handed out, with the checker that an auditor uses.
"""

from adapters.ledger.tree_store import TreeStore
from domain.errors import MalformedInput
from domain.ledger import proof_file
from domain.ledger.checkpoint import Checkpoint, parse_body, parse_note
from domain.ledger.proof import check_consistency, check_inclusion
from domain.ledger.proof_file import ProofFile


def inclusion_file(tree: TreeStore, seq: int, note: bytes) -> bytes:
    """Return the C2SP tlog-proof that a record is in the tree of a signed checkpoint.

    Raises:
        MalformedInput: the checkpoint does not cover the record.
        IntegrityFailure: the stored tree does not lead to the checkpoint's root.
    """
    checkpoint = checkpoint_of(note)
    path = tree.inclusion(seq, checkpoint.size)
    check_inclusion(
        index=seq,
        size=checkpoint.size,
        leaf=tree.leaf(seq),
        proof=path,
        root=checkpoint.root,
    )
    return proof_file.encode(ProofFile(index=seq, path=path, checkpoint=note))


def consistency(tree: TreeStore, first: Checkpoint, second: Checkpoint) -> tuple[bytes, ...]:
    """Return the proof that the tree of one checkpoint continues that of another.

    Raises:
        MalformedInput: the checkpoints are of different logs, or in the wrong order.
        IntegrityFailure: the stored tree does not lead to both roots.
    """
    if first.origin != second.origin:
        raise MalformedInput("the checkpoints are of different logs")
    path = tree.consistency(first.size, second.size)
    check_consistency(
        first=first.size,
        second=second.size,
        first_root=first.root,
        second_root=second.root,
        proof=path,
    )
    return path


def checkpoint_of(note: bytes) -> Checkpoint:
    """Return what a signed note says; its signature is not checked.

    Raises:
        MalformedInput: the bytes are not a signed checkpoint.
    """
    return parse_body(parse_note(note).text)
