"""The tree as rows: it grows as the definition says and is read with few rows at any size."""

from collections.abc import Collection, Mapping
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ledger.tree_store import EMPTY_EDGE, TreeStore, grow, last_leaf
from domain.errors import ChainBroken, MalformedInput
from domain.ledger.proof import check_consistency, check_inclusion
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
