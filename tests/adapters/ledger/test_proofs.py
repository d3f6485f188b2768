"""Proofs that are handed out hold, or are not handed out."""

import pytest

from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import MemoryShelf
from adapters.ledger.proofs import checkpoint_of, consistency, inclusion_file
from adapters.ledger.tree_store import EMPTY_EDGE, TreeStore, grow
from domain.errors import MalformedInput, ProofInvalid
from domain.ledger import proof_file
from domain.ledger.checkpoint import Checkpoint
from domain.ledger.merkle import leaf_hash
from domain.ledger.proof import check_consistency, check_inclusion
from tests.contracts.logs import CLINIC, Logs, a_run


def checkpoints(logs: Logs) -> tuple[TreeStore, list[bytes], list[bytes]]:
    """Return a tree, its entries and two checkpoints' notes."""
    log, stream = logs.open(), logs.new_stream()
    shelf = MemoryShelf()
    signer = Ed25519Signer.generate()
    checkpointer = Checkpointer(
        clinic=CLINIC, size=log.size, tree=log.tree, shelf=shelf, signer=signer, clock=logs.clock
    )
    for version in (0, 4):
        log.append(a_run(stream, 4, version=version))
        checkpointer.sign()
    entries = [each.entry for each in log.sealed_after(-1, limit=99)]
    return log.tree, entries, [each.note for each in shelf.all()]


@pytest.mark.verifies("DRV-25", "DRV-01")
def test_a_proof_file_proves_an_entry_to_whoever_has_nothing_else() -> None:
    tree, entries, notes = checkpoints(Logs("memory"))
    for seq, entry in enumerate(entries):
        note = notes[0] if seq < 4 else notes[1]
        read = proof_file.parse(inclusion_file(tree, seq, note))
        checkpoint = checkpoint_of(read.checkpoint)
        check_inclusion(
            index=read.index,
            size=checkpoint.size,
            leaf=leaf_hash(entry),
            proof=read.path,
            root=checkpoint.root,
        )


def test_a_checkpoint_that_does_not_cover_the_record_proves_nothing() -> None:
    tree, _, notes = checkpoints(Logs("memory"))
    with pytest.raises(MalformedInput):
        inclusion_file(tree, 4, notes[0])


def test_a_tree_that_does_not_lead_to_the_checkpoint_is_not_handed_out() -> None:
    _, _, notes = checkpoints(Logs("memory"))
    other = dict(grow(EMPTY_EDGE, [bytes([number]) * 32 for number in range(8)])[1])
    tree = TreeStore(lambda seqs: {seq: other[seq] for seq in seqs})
    with pytest.raises(ProofInvalid):
        inclusion_file(tree, 1, notes[1])
    with pytest.raises(ProofInvalid):
        consistency(tree, checkpoint_of(notes[0]), checkpoint_of(notes[1]))


def test_one_checkpoint_continues_the_other() -> None:
    tree, _, notes = checkpoints(Logs("memory"))
    first, second = map(checkpoint_of, notes)
    check_consistency(
        first=first.size,
        second=second.size,
        first_root=first.root,
        second_root=second.root,
        proof=consistency(tree, first, second),
    )
    with pytest.raises(MalformedInput):
        consistency(tree, second, first)
    with pytest.raises(MalformedInput):
        consistency(tree, Checkpoint(origin="other", size=4, root=first.root), second)
