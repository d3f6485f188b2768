"""The Merkle tree as stored rows: growth with every append, roots and proofs at any size.

Rules kept here:

1. Row ``n`` holds the hashes of all complete subtrees whose last leaf is ``n``, the leaf first.
   So a tree has as many rows as leaves, rows are only ever added, and none is written twice.
2. A root or proof reads only complete subtrees, in one query: at most 2 log₂ size of them.
3. A missing or short row is an integrity failure, never a reason to compute around it.

Source: RFC 6962, section 2.1.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, TypeAlias, TypeVar

from domain.errors import ChainBroken
from domain.ledger.encoding import DIGEST_SIZE
from domain.ledger.merkle import ReadNode, root_at, subtrees
from domain.ledger.proof import consistency_proof, inclusion_proof

T = TypeVar("T")

NodeRow: TypeAlias = tuple[int, bytes]
"""Seq of a leaf and the hashes of all subtrees it completes, 32 bytes each, smallest first."""

ReadRows: TypeAlias = Callable[[Collection[int]], Mapping[int, bytes]]
"""Returns the stored hashes for these seqs; what is missing is left out."""


class Edge(NamedTuple):
    """The right edge of a tree: all that is needed to grow it.

    Attributes:
        size: Number of leaves.
        roots: Hashes of the complete subtrees that cover the leaves, largest first.
    """

    size: int
    roots: tuple[bytes, ...]

    @property
    def peaks(self) -> Mapping[tuple[int, int], bytes]:
        """The same hashes by (level, index)."""
        return dict(zip(subtrees(0, self.size), self.roots, strict=True))


EMPTY_EDGE = Edge(0, ())


def grow(edge: Edge, leaves: Sequence[bytes]) -> tuple[Edge, list[NodeRow]]:
    """Return the edge after adding leaf hashes, and the rows to store for them."""
    peaks = list(edge.roots)
    rows: list[NodeRow] = []
    for seq, leaf in enumerate(leaves, start=edge.size):
        node = hashes = leaf
        position = seq
        while position & 1:  # the subtree just completed is the right one of two
            node = sha256(b"\x01" + peaks.pop() + node).digest()
            hashes += node
            position >>= 1
        peaks.append(node)
        rows.append((seq, hashes))
    return Edge(edge.size + len(rows), tuple(peaks)), rows


def last_leaf(level: int, index: int) -> int:
    """Return the last leaf under the complete subtree at (level, index)."""
    return (index + 1 << level) - 1


class TreeStore:
    """Reads roots, proofs and edges from stored rows."""

    def __init__(self, read_rows: ReadRows) -> None:
        """Read rows with this function."""
        self._read_rows = read_rows

    def edge(self, size: int) -> Edge:
        """Return the right edge of the tree at a size.

        Raises:
            ChainBroken: stored nodes are missing.
        """

        def make(read: ReadNode) -> Edge:
            return Edge(size, tuple([read(*place) for place in subtrees(0, size)]))

        return self._gathered(make)

    def root(self, size: int) -> bytes:
        """Return the root the tree had at a size.

        Raises:
            ChainBroken: stored nodes are missing.
        """
        return self._gathered(lambda read: root_at(size, read))

    def leaf(self, seq: int) -> bytes:
        """Return the leaf hash of a record.

        Raises:
            ChainBroken: stored nodes are missing.
        """
        return self._gathered(lambda read: read(0, seq))

    def inclusion(self, seq: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that leaf ``seq`` is in the tree of ``size`` leaves.

        Raises:
            MalformedInput: there is no such leaf in a tree of that size.
            ChainBroken: stored nodes are missing.
        """
        return self._gathered(lambda read: inclusion_proof(seq, size, read))

    def consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of ``second`` leaves continues that of ``first``.

        Raises:
            MalformedInput: the first tree is empty or larger than the second.
            ChainBroken: stored nodes are missing.
        """
        return self._gathered(lambda read: consistency_proof(first, second, read))

    def _gathered(self, make: Callable[[ReadNode], T]) -> T:
        """Let ``make`` ask for its nodes twice: once to learn which, once to have them.

        What it asks for depends on sizes only, never on a hash.
        """
        wanted: set[int] = set()

        def note(level: int, index: int) -> bytes:
            wanted.add(last_leaf(level, index))
            return bytes(DIGEST_SIZE)

        make(note)
        rows = self._read_rows(wanted) if wanted else {}

        def read(level: int, index: int) -> bytes:
            at = level * DIGEST_SIZE
            node = rows.get(last_leaf(level, index), b"")[at : at + DIGEST_SIZE]
            if len(node) != DIGEST_SIZE:
                message = f"the tree lacks its node at level {level}, index {index}"
                raise ChainBroken(message)
            return node

        return make(read)
