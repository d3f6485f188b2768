"""The Merkle tree against the reference tree of RFC 6962, and against its own definition."""

from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger.merkle import (
    EMPTY_ROOT,
    Tree,
    leaf_hash,
    node_hash,
    range_hash,
    root_at,
    subtrees,
)
from tests.domain.ledger.vectors import load

VECTORS = load("rfc6962")


class Nodes:
    """Keeps nodes, once each, and counts how many are read."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.kept: dict[tuple[int, int], bytes] = {}
        self.read_count = 0

    def keep(self, level: int, index: int, node: bytes) -> None:
        """Keep a node; a second hash for one place fails the test."""
        assert self.kept.setdefault((level, index), node) == node

    def keep_from(self, begin: int, level: int, index: int, node: bytes) -> None:
        """Keep a node of a tree that begins at a later leaf."""
        self.keep(level, index + (begin >> level), node)

    def read(self, level: int, index: int) -> bytes:
        """Return a kept node."""
        self.read_count += 1
        return self.kept[level, index]


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Return MTH of RFC 6962, section 2.1, word for word, over leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def test_the_hashes_of_leaf_and_node_are_the_published_ones() -> None:
    assert EMPTY_ROOT.hex() == VECTORS["roots"][0]
    assert leaf_hash(b"").hex() == VECTORS["roots"][1]
    assert leaf_hash(b"L123456").hex() == (
        "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    )
    assert node_hash(b"N123", b"N456").hex() == (
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


def test_the_roots_of_the_reference_tree_are_the_published_ones() -> None:
    tree = Tree()
    roots = [tree.root().hex()]
    for index, leaf in enumerate(VECTORS["leaves"]):
        assert tree.append(leaf_hash(bytes.fromhex(leaf))) == index
        roots.append(tree.root().hex())
    assert roots == VECTORS["roots"]


@given(st.integers(0, 130))
def test_every_root_is_that_of_the_definition_and_can_be_had_again(size: int) -> None:
    nodes = Nodes()
    tree = Tree(nodes.keep)
    leaves = [leaf_hash(bytes([index])) for index in range(size)]
    for leaf in leaves:
        tree.append(leaf)
    assert tree.root() == tree_hash(leaves)
    for earlier in range(size + 1):
        nodes.read_count = 0
        assert root_at(earlier, nodes.read) == tree_hash(leaves[:earlier])
        assert nodes.read_count <= earlier.bit_length()


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_tree_resumed_grows_as_if_it_had_never_stopped(before: int, after: int) -> None:
    nodes, unbroken = Nodes(), Tree()
    tree = Tree(nodes.keep)
    for index in range(before):
        tree.append(leaf_hash(bytes([index])))
        unbroken.append(leaf_hash(bytes([index])))
    tree = Tree.resume(before, nodes.read, nodes.keep)
    for index in range(before, before + after):
        tree.append(leaf_hash(bytes([index])))
        unbroken.append(leaf_hash(bytes([index])))
    assert (tree.size, tree.root()) == (unbroken.size, unbroken.root())
    assert root_at(tree.size, nodes.read) == tree.root()


def test_every_complete_subtree_is_kept_once_and_after_its_children() -> None:
    order: list[tuple[int, int]] = []
    tree = Tree(lambda level, index, _: order.append((level, index)))
    for index in range(8):
        tree.append(leaf_hash(bytes([index])))
    assert len(order) == len(set(order)) == 15
    for place, (level, index) in enumerate(order):
        if level:
            assert {(level - 1, 2 * index), (level - 1, 2 * index + 1)} <= set(order[:place])


@given(st.integers(0, 10), st.integers(1, 200))
def test_subtrees_cover_a_range_from_left_to_right(blocks: int, size: int) -> None:
    begin = blocks * (1 << (size - 1).bit_length())
    covered = begin
    for level, index in subtrees(begin, begin + size):
        assert index << level == covered
        covered += 1 << level
    assert covered == begin + size


def test_a_range_of_one_leaf_is_that_leaf() -> None:
    assert range_hash(5, 6, lambda level, index: bytes([level, index])) == bytes([0, 5])


@given(st.integers(0, 4), st.integers(0, 40), st.integers(0, 15))
def test_a_tree_put_together_from_subtrees_is_the_same_tree(
    power: int, blocks: int, rest: int
) -> None:
    block, whole = 1 << power, Tree()
    size = blocks * block + rest % block
    leaves = [leaf_hash(bytes([index % 251])) for index in range(size)]
    nodes, kept = Nodes(), Nodes()
    joined, one = Tree(nodes.keep), Tree(kept.keep)
    for begin in range(0, size, block):
        part = Tree(partial(nodes.keep_from, begin))
        for leaf in leaves[begin : begin + block]:
            part.append(leaf)
        for (level, _), node in zip(subtrees(0, part.size), part.peaks, strict=True):
            joined.append_subtree(level, node)
    for leaf in leaves:
        whole.append(leaf)
        one.append(leaf)
    assert (joined.size, joined.root(), joined.peaks) == (size, whole.root(), whole.peaks)
    assert nodes.kept == kept.kept


def test_a_subtree_that_does_not_fit_the_edge_is_refused() -> None:
    tree = Tree()
    tree.append(bytes(32))
    with pytest.raises(MalformedInput, match=r"no subtree of 2\^1 leaves begins at leaf 1"):
        tree.append_subtree(1, bytes(32))


def test_a_tree_of_fewer_than_no_leaves_is_refused() -> None:
    with pytest.raises(MalformedInput, match="-1 leaves"):
        root_at(-1, Nodes().read)
