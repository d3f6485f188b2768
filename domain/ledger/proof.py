"""Inclusion and consistency proofs: make and check.

Rules kept here:

1. A proof is a list of node hashes and nothing else; sizes and places are stated beside it and
   are checked with it.
2. The makers follow the recursive definitions; the checkers follow the verification algorithms
   as printed. They share no code but the node hash, so one cannot hide the other's mistake.
3. The empty tree proves nothing and is refused.

Source: RFC 6962, sections 2.1.1 and 2.1.2 (making); RFC 9162, sections 2.1.3.2 and 2.1.4.2
(checking).
"""

from collections.abc import Sequence
from hmac import compare_digest

from domain.errors import MalformedInput, ProofInvalid
from domain.ledger.encoding import DIGEST_SIZE
from domain.ledger.merkle import ReadNode, node_hash, range_hash


def inclusion_proof(index: int, size: int, read_node: ReadNode) -> tuple[bytes, ...]:
    """Make the proof that leaf ``index`` is in the tree of ``size`` leaves.

    Reads at most 2 log₂ ``size`` nodes.

    Raises:
        MalformedInput: there is no such leaf in a tree of that size.
    """
    if not 0 <= index < size:
        raise MalformedInput(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(range_hash(middle, end, read_node))
            end = middle
        else:
            path.append(range_hash(begin, middle, read_node))
            begin = middle
    return tuple(reversed(path))


def check_inclusion(
    *, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash stands at ``index`` in the tree with this size and root.

    Raises:
        ProofInvalid: it does not, or the proof does not show it.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"a tree of {size} leaves has no leaf {index}")
    r, _, *path = _checked_hashes([leaf, root, *proof])
    fn, sn = index, size - 1
    for p in path:
        if sn == 0:
            raise ProofInvalid("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise ProofInvalid("the inclusion proof is too short")
    if not compare_digest(r, root):
        raise ProofInvalid(f"the inclusion proof of leaf {index} does not lead to the root")


def consistency_proof(first: int, second: int, read_node: ReadNode) -> tuple[bytes, ...]:
    """Make the proof that the tree of ``second`` leaves continues that of ``first`` leaves.

    Reads at most 2 log₂ ``second`` nodes.

    Raises:
        MalformedInput: the first tree is empty or larger than the second.
    """
    if not 0 < first <= second:
        raise MalformedInput(f"a tree of {second} leaves cannot continue one of {first}")
    path: list[bytes] = []
    begin, end = 0, second
    known = True  # whether the checker has the hash over begin..end: it is the first tree's root
    while end != first:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(range_hash(middle, end, read_node))
            end = middle
        else:
            path.append(range_hash(begin, middle, read_node))
            begin = middle
            known = False
    if not known:
        path.append(range_hash(begin, end, read_node))
    return tuple(reversed(path))


def check_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the second tree begins with exactly the leaves of the first.

    Raises:
        ProofInvalid: it does not, or the proof does not show it.
    """
    if not 0 < first <= second:
        raise ProofInvalid(f"a tree of {second} leaves cannot continue one of {first}")
    _, _, *path = _checked_hashes([first_root, second_root, *proof])
    if first == second:
        if path:
            raise ProofInvalid("two trees of one size need no consistency proof, and one is given")
        if not compare_digest(first_root, second_root):
            raise ProofInvalid(f"two trees of {first} leaves have different roots")
        return
    if not path:
        raise ProofInvalid("the consistency proof is empty")
    if first & (first - 1) == 0:
        path = [first_root, *path]
    fr, sr = _consistency_roots(first - 1, second - 1, path)
    if not compare_digest(fr, first_root):
        raise ProofInvalid(f"the consistency proof does not lead to the root at {first} leaves")
    if not compare_digest(sr, second_root):
        raise ProofInvalid(f"the consistency proof does not lead to the root at {second} leaves")


def _consistency_roots(fn: int, sn: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Follow the path to the roots it leads to; the names are those of RFC 9162, 2.1.4.2."""
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise ProofInvalid("the consistency proof is too long")
        if fn & 1 or fn == sn:
            fr = node_hash(c, fr)
            sr = node_hash(c, sr)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise ProofInvalid("the consistency proof is too short")
    return fr, sr


def _split(size: int) -> int:
    """Return the largest power of two smaller than ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _checked_hashes(proof: Sequence[bytes]) -> list[bytes]:
    for node in proof:
        if len(node) != DIGEST_SIZE:
            raise ProofInvalid(f"a proof hash has {len(node)} bytes instead of {DIGEST_SIZE}")
    return list(proof)
