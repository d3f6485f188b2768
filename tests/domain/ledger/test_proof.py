"""Proofs against the published ones, and every proof up to 200 leaves against its root."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import MalformedInput, ProofInvalid
from domain.ledger.merkle import Tree, leaf_hash
from domain.ledger.proof import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
)
from tests.domain.ledger.test_merkle import Nodes
from tests.domain.ledger.vectors import load

VECTORS = load("rfc6962")
LARGEST = 200
Hashes = tuple[bytes, ...]


class Grown:
    """A tree of two hundred leaves with everything it ever was."""

    def __init__(self) -> None:
        """Grow it."""
        self.nodes = Nodes()
        tree = Tree(self.nodes.keep)
        self.leaves = [leaf_hash(b"leaf %d" % index) for index in range(LARGEST)]
        self.roots = [tree.root()]
        for leaf in self.leaves:
            tree.append(leaf)
            self.roots.append(tree.root())


GROWN = Grown()


def unhex(texts: list[str]) -> Hashes:
    """Return the bytes of hexadecimal texts."""
    return tuple(map(bytes.fromhex, texts))


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: str(case["file"]))
def test_a_published_inclusion_proof_gets_its_published_verdict(case: dict[str, Any]) -> None:
    def check() -> None:
        check_inclusion(
            index=case["index"],
            size=case["size"],
            leaf=bytes.fromhex(case["leaf"]),
            proof=unhex(case["proof"]),
            root=bytes.fromhex(case["root"]),
        )

    if case["valid"]:
        check()
        made = inclusion_proof(case["index"], case["size"], reference_nodes().read)
        assert made == unhex(case["proof"])
    else:
        with pytest.raises(ProofInvalid):
            check()


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda case: str(case["file"]))
def test_a_published_consistency_proof_gets_its_published_verdict(case: dict[str, Any]) -> None:
    def check() -> None:
        check_consistency(
            first=case["first"],
            second=case["second"],
            first_root=bytes.fromhex(case["first_root"]),
            second_root=bytes.fromhex(case["second_root"]),
            proof=unhex(case["proof"]),
        )

    if case["valid"]:
        check()
        if case["second"] <= len(VECTORS["leaves"]):
            made = consistency_proof(case["first"], case["second"], reference_nodes().read)
            assert made == unhex(case["proof"])
    else:
        with pytest.raises(ProofInvalid):
            check()


def reference_nodes() -> Nodes:
    """Return the nodes of the reference tree."""
    nodes = Nodes()
    tree = Tree(nodes.keep)
    for leaf in VECTORS["leaves"]:
        tree.append(leaf_hash(bytes.fromhex(leaf)))
    return nodes


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_proof_made_verifies_and_reads_few_nodes(size: int) -> None:
    root, limit = GROWN.roots[size], 2 * size.bit_length()
    for index in range(size):
        GROWN.nodes.read_count = 0
        proof = inclusion_proof(index, size, GROWN.nodes.read)
        assert GROWN.nodes.read_count <= limit
        check_inclusion(index=index, size=size, leaf=GROWN.leaves[index], proof=proof, root=root)
    for first in range(1, size + 1):
        GROWN.nodes.read_count = 0
        proof = consistency_proof(first, size, GROWN.nodes.read)
        assert GROWN.nodes.read_count <= limit
        check_consistency(
            first=first,
            second=size,
            first_root=GROWN.roots[first],
            second_root=root,
            proof=proof,
        )


def mutations(proof: Hashes, data: st.DataObject) -> Hashes:
    """Draw a proof that differs from the given one."""
    kind = data.draw(st.sampled_from(["flip", "drop", "add", "swap"]))
    place = data.draw(st.integers(0, max(len(proof) - 1, 0)))
    if kind == "add" or not proof:
        return (*proof[:place], data.draw(st.binary(min_size=32, max_size=32)), *proof[place:])
    if kind == "drop":
        return proof[:place] + proof[place + 1 :]
    if kind == "swap" and place:
        changed = list(proof)
        changed[place - 1], changed[place] = changed[place], changed[place - 1]
        return tuple(changed)
    flipped = bytearray(proof[place])
    flipped[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    return (*proof[:place], bytes(flipped), *proof[place + 1 :])


@pytest.mark.verifies("REQ-IN-002")
@settings(max_examples=300)
@given(st.integers(1, LARGEST), st.data())
def test_a_mutated_inclusion_proof_fails(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = mutations(inclusion_proof(index, size, GROWN.nodes.read), data)
    with pytest.raises(ProofInvalid):
        check_inclusion(
            index=index, size=size, leaf=GROWN.leaves[index], proof=proof, root=GROWN.roots[size]
        )


@given(st.integers(2, LARGEST), st.data())
def test_an_inclusion_proof_fails_for_another_place_leaf_or_root(
    size: int, data: st.DataObject
) -> None:
    index, other = data.draw(
        st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True)
    )
    proof = inclusion_proof(index, size, GROWN.nodes.read)
    leaf, root = GROWN.leaves[index], GROWN.roots[size]
    with pytest.raises(ProofInvalid):
        check_inclusion(index=other, size=size, leaf=leaf, proof=proof, root=root)
    with pytest.raises(ProofInvalid):
        check_inclusion(index=index, size=size, leaf=GROWN.leaves[other], proof=proof, root=root)
    with pytest.raises(ProofInvalid):
        check_inclusion(index=index, size=size, leaf=leaf, proof=proof, root=GROWN.roots[size - 1])


@pytest.mark.verifies("REQ-IN-002")
@settings(max_examples=300)
@given(st.integers(2, LARGEST), st.data())
def test_a_mutated_consistency_proof_fails(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second))
    proof = mutations(consistency_proof(first, second, GROWN.nodes.read), data)
    with pytest.raises(ProofInvalid):
        check_consistency(
            first=first,
            second=second,
            first_root=GROWN.roots[first],
            second_root=GROWN.roots[second],
            proof=proof,
        )


def test_a_tree_that_was_rewritten_is_not_consistent_with_what_it_was() -> None:
    rewritten = Nodes()
    tree = Tree(rewritten.keep)
    roots = [tree.root()]
    for index in range(20):
        tree.append(leaf_hash(b"forged") if index == 3 else GROWN.leaves[index])
        roots.append(tree.root())
    for first, second in combinations(range(4, 21), 2):
        with pytest.raises(ProofInvalid, match=r"does not lead to the root at \d+ leaves"):
            check_consistency(
                first=first,
                second=second,
                first_root=GROWN.roots[first],
                second_root=roots[second],
                proof=consistency_proof(first, second, rewritten.read),
            )


def test_two_trees_of_one_size_are_consistent_only_if_they_are_one_tree() -> None:
    root = GROWN.roots[5]
    assert consistency_proof(5, 5, GROWN.nodes.read) == ()
    check_consistency(first=5, second=5, first_root=root, second_root=root, proof=())
    with pytest.raises(ProofInvalid, match="different roots"):
        check_consistency(first=5, second=5, first_root=root, second_root=GROWN.roots[6], proof=())


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (8, 8)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(MalformedInput, match="has no leaf"):
        inclusion_proof(index, size, GROWN.nodes.read)
    with pytest.raises(ProofInvalid, match="has no leaf"):
        check_inclusion(index=index, size=size, leaf=bytes(32), proof=(), root=bytes(32))


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 1), (2, 1), (-1, 1)])
def test_the_empty_tree_and_a_shrinking_tree_prove_nothing(first: int, second: int) -> None:
    with pytest.raises(MalformedInput, match="cannot continue"):
        consistency_proof(first, second, GROWN.nodes.read)
    with pytest.raises(ProofInvalid, match="cannot continue"):
        check_consistency(
            first=first, second=second, first_root=bytes(32), second_root=bytes(32), proof=()
        )


def test_a_proof_of_anything_but_hashes_is_refused() -> None:
    with pytest.raises(ProofInvalid, match="31 bytes"):
        check_inclusion(index=0, size=2, leaf=bytes(32), proof=[bytes(31)], root=bytes(32))


def test_the_reason_says_what_is_wrong_with_the_length() -> None:
    proof = inclusion_proof(3, 8, GROWN.nodes.read)
    for wrong, reason in ((proof[:-1], "too short"), ((*proof, bytes(32)), "too long")):
        with pytest.raises(ProofInvalid, match=reason):
            check_inclusion(index=3, size=8, leaf=GROWN.leaves[3], proof=wrong, root=GROWN.roots[8])
    path = consistency_proof(3, 8, GROWN.nodes.read)
    for wrong, reason in (
        (path[:-1], "too short"),
        ((*path, bytes(32)), "too long"),
        ((), "empty"),
    ):
        with pytest.raises(ProofInvalid, match=reason):
            check_consistency(
                first=3,
                second=8,
                first_root=GROWN.roots[3],
                second_root=GROWN.roots[8],
                proof=wrong,
            )
