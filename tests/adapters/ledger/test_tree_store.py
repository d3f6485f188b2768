"""The tree as rows: it grows as the definition says and is read with few rows at any size."""

from collections.abc import Collection, Mapping
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import MemoryShelf
from adapters.ledger.tree_store import EMPTY_EDGE, TreeStore, grow, last_leaf
from adapters.memory import ManualClock
from domain.errors import ChainBroken, MalformedInput
from domain.ledger.merkle import node_hash
from domain.ledger.proof import check_consistency, check_inclusion
from domain.values.identifiers import ClinicId
from domain.values.time import ServerTime
from tests.contracts.logs import naive_root


def leaf(number: int) -> bytes:
    """Return some leaf hash."""
    return sha256(b"%d" % number).digest()


class Rows:
    """Stored rows that count how they are read."""

    def __init__(self) -> None:
        """Hold none."""
        self.rows: dict[int, bytes] = {}
        self.queries: list[int] = []

    def read(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        """Return the rows asked for."""
        self.queries.append(len(seqs))
        return {seq: self.rows[seq] for seq in seqs if seq in self.rows}


@given(batches=st.lists(st.integers(0, 9), max_size=8))
def test_a_tree_grown_in_batches_is_the_tree_of_the_definition(batches: list[int]) -> None:
    rows, edge = Rows(), EMPTY_EDGE
    for count in batches:
        leaves = [leaf(number) for number in range(edge.size, edge.size + count)]
        edge, new = grow(edge, leaves)
        assert [seq for seq, _ in new] == list(range(edge.size - count, edge.size))
        rows.rows.update(new)
        assert TreeStore(rows.read).edge(edge.size) == edge
    leaves = [leaf(number) for number in range(sum(batches))]
    tree = TreeStore(rows.read)
    for size in range(len(leaves) + 1):
        assert tree.root(size) == naive_root(leaves[:size])


@given(size=st.integers(1, 60), data=st.data())
def test_every_proof_made_from_rows_holds(size: int, data: st.DataObject) -> None:
    rows = Rows()
    leaves = [leaf(number) for number in range(size)]
    rows.rows.update(grow(EMPTY_EDGE, leaves)[1])
    tree, root = TreeStore(rows.read), naive_root(leaves)
    seq = data.draw(st.integers(0, size - 1))
    assert tree.leaf(seq) == leaves[seq]
    proof = tree.inclusion(seq, size)
    check_inclusion(index=seq, size=size, leaf=leaves[seq], proof=proof, root=root)
    first = data.draw(st.integers(1, size))
    check_consistency(
        first=first,
        second=size,
        first_root=tree.root(first),
        second_root=root,
        proof=tree.consistency(first, size),
    )


def test_ten_million_leaves_are_proven_from_one_query_of_few_rows() -> None:
    asked: list[int] = []

    def read(seqs: Collection[int]) -> Mapping[int, bytes]:
        asked.append(len(seqs))
        return {seq: bytes(32 * 25) for seq in seqs}

    tree, size = TreeStore(read), 10_000_000
    for seq in (0, 1, 4_999_999, 8_388_607, 8_388_608, 9_999_998, 9_999_999):
        assert len(tree.inclusion(seq, size)) <= 24
    tree.root(size)
    tree.edge(size)
    tree.consistency(9_999_000, size)
    assert len(asked) == 10
    assert max(asked) <= 32
    assert sum(asked) / len(asked) <= 24


def test_rows_hold_each_subtree_once() -> None:
    _, rows = grow(EMPTY_EDGE, [leaf(number) for number in range(64)])
    assert sum(len(hashes) for _, hashes in rows) == 32 * 127
    assert [last_leaf(level, 0) for level in range(4)] == [0, 1, 3, 7]
    assert last_leaf(2, 3) == 15


def test_a_missing_or_short_row_is_never_computed_around() -> None:
    rows = Rows()
    rows.rows.update(grow(EMPTY_EDGE, [leaf(number) for number in range(8)])[1])
    tree = TreeStore(rows.read)
    rows.rows[7] = rows.rows[7][:-1]
    with pytest.raises(ChainBroken):
        tree.root(8)
    del rows.rows[7]
    with pytest.raises(ChainBroken):
        tree.edge(8)
    with pytest.raises(ChainBroken):
        tree.leaf(7)
    assert tree.root(7) == naive_root([leaf(number) for number in range(7)])


def test_proofs_that_no_tree_has_are_refused() -> None:
    tree = TreeStore(Rows().read)
    with pytest.raises(MalformedInput):
        tree.inclusion(3, 3)
    with pytest.raises(MalformedInput):
        tree.consistency(0, 3)
    with pytest.raises(MalformedInput):
        tree.root(-1)


HASHES = [leaf(0)]
for _ in range(30):
    HASHES.append(node_hash(HASHES[-1], HASHES[-1]))


class Alike:
    """The rows of a tree of any size whose leaves are all alike; counts what is read.

    All its subtrees of one size are alike, too, so its rows are known without building it.
    """

    def __init__(self) -> None:
        """Count from nothing."""
        self.questions = 0
        self.rows = 0

    def read(self, seqs: Collection[int]) -> dict[int, bytes]:
        """Return the rows for these seqs: a hash for each subtree that the leaf completes."""
        self.questions += 1
        self.rows += len(seqs)
        levels = {seq: ((seq + 1) & -(seq + 1)).bit_length() for seq in seqs}
        return {seq: b"".join(HASHES[:level]) for seq, level in levels.items()}


SIZES = [2, 1_000, 1_000_000, 8_388_608, 10_000_000, 10_000_019, (1 << 24) - 1]


@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize("size", SIZES)
def test_a_proof_has_at_most_24_hashes_at_ten_million_leaves_and_is_read_in_one_question(
    size: int,
) -> None:
    root = TreeStore(Alike().read).root(size)
    for seq in (0, 1, size // 3, size // 2, size - 1):
        alike = Alike()
        path = TreeStore(alike.read).inclusion(seq, size)
        check_inclusion(index=seq, size=size, leaf=HASHES[0], proof=path, root=root)
        assert len(path) <= (size - 1).bit_length() <= 24
        # One stored hash for each step, but the hash beside the right edge, which has several.
        assert alike.questions == 1
        assert alike.rows <= 2 * 24 - 1
        if size == 8_388_608:
            assert alike.rows == len(path) == 23


@pytest.mark.parametrize("size", SIZES)
def test_a_consistency_proof_costs_no_more(size: int) -> None:
    root = TreeStore(Alike().read).root(size)
    for first in {1, size // 3 or 1, size // 2, size - 1}:
        alike = Alike()
        tree = TreeStore(alike.read)
        path = tree.consistency(first, size)
        assert (alike.questions, len(path) <= 25, alike.rows <= 2 * 24) == (1, True, True)
        check_consistency(
            first=first,
            second=size,
            first_root=tree.root(first),
            second_root=root,
            proof=path,
        )


def test_a_checkpoint_costs_the_same_at_any_size() -> None:
    questions, rows = set(), []
    for size in (1_048_575, 16_777_215):  # the worst of their kind: every level stands alone
        alike = Alike()
        sizes = iter((size - 7, size))
        checkpointer = Checkpointer(
            clinic=ClinicId.derived("alike"),
            size=lambda sizes=sizes: next(sizes),  # type: ignore[misc]
            tree=TreeStore(alike.read),
            shelf=MemoryShelf(),
            signer=Ed25519Signer.generate(),
            clock=ManualClock(ServerTime(1)),
        )
        checkpointer.sign()
        alike.questions = alike.rows = 0
        kept = checkpointer.sign()
        assert kept is not None
        assert kept.size == size
        questions.add(alike.questions)
        rows.append(alike.rows)
    assert len(questions) == 1
    assert questions <= {3, 4}
    assert rows[1] <= rows[0] + 3 * 4  # a few more levels, in each of the questions
