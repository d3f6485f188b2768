"""The Merkle tree over all records: leaf, node and root hashes, and growth leaf by leaf.

Rules kept here:

1. Hashes are those of RFC 6962 with SHA-256: leaves and nodes are told apart by a first byte.
2. Only complete subtrees are kept. Node ``(level, index)`` is the root over the leaves
   ``index · 2^level`` up to, not including, ``(index + 1) · 2^level``; once it exists it never
   changes, so a store of nodes only ever grows.
3. The root of every size the tree ever had can be had from kept nodes alone.

Source: RFC 6962, section 2.1.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final, Self, TypeAlias

from domain.errors import MalformedInput

ReadNode: TypeAlias = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree at (level, index); what it cannot find it raises."""

KeepNode: TypeAlias = Callable[[int, int, bytes], object]
"""Keeps the hash of the complete subtree at (level, index)."""

EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees as their parent."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows at its right edge and remembers only the roots of its complete subtrees.

    Every completed node is handed to ``keep_node`` before ``append`` returns, children before
    parents. A crash between two calls leaves nodes that ``resume`` never reads and that the next
    run writes again with the same hashes.
    """

    __slots__ = ("_keep_node", "_peaks", "_size")

    def __init__(self, keep_node: KeepNode | None = None) -> None:
        """Start empty."""
        self._keep_node = keep_node
        self._peaks: list[bytes] = []
        self._size = 0

    @classmethod
    def resume(cls, size: int, read_node: ReadNode, keep_node: KeepNode | None = None) -> Self:
        """Continue a tree of ``size`` leaves from its kept nodes."""
        tree = cls(keep_node)
        tree._peaks = [read_node(level, index) for level, index in subtrees(0, size)]
        tree._size = size
        return tree

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> int:
        """Add one leaf hash at the right edge; return its index."""
        index = position = self._size
        level = 0
        node = leaf
        keep = self._keep_node
        if keep:
            keep(0, index, node)
        while position & 1:
            node = sha256(b"\x01" + self._peaks.pop() + node).digest()
            position >>= 1
            level += 1
            if keep:
                keep(level, position, node)
        self._peaks.append(node)
        self._size = index + 1
        return index

    def append_subtree(self, level: int, node: bytes) -> None:
        """Add the 2^level leaves of a complete subtree whose root is known.

        Raises:
            MalformedInput: a complete subtree of this level cannot begin at this size.
        """
        if self._size & ((1 << level) - 1):
            raise MalformedInput(f"no subtree of 2^{level} leaves begins at leaf {self._size}")
        position = self._size >> level
        self._size += 1 << level
        self._keep(level, position, node)
        while position & 1:
            node = node_hash(self._peaks.pop(), node)
            position >>= 1
            level += 1
            self._keep(level, position, node)
        self._peaks.append(node)

    def _keep(self, level: int, index: int, node: bytes) -> None:
        if self._keep_node:
            self._keep_node(level, index, node)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees, largest first; see ``subtrees`` for their levels."""
        return tuple(self._peaks)

    def root(self) -> bytes:
        """Return the root hash over all leaves."""
        return fold_right(self._peaks)


def subtrees(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (level, index) of the complete subtrees that cover a range of leaves, left to right.

    The range must be one that RFC 6962 splits off: ``begin`` is a multiple of the smallest power
    of two that is not smaller than the range.
    """
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def fold_right(peaks: Sequence[bytes]) -> bytes:
    """Hash the roots of complete subtrees, largest first, into the root over all of them."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def root_at(size: int, read_node: ReadNode) -> bytes:
    """Return the root the tree had at ``size`` leaves, reading at most log₂ ``size`` + 1 nodes.

    Raises:
        MalformedInput: the size is negative.
    """
    if size < 0:
        raise MalformedInput(f"a tree cannot have {size} leaves")
    return range_hash(0, size, read_node)


def range_hash(begin: int, end: int, read_node: ReadNode) -> bytes:
    """Return the hash over a range of leaves that RFC 6962 splits off (see ``subtrees``)."""
    return fold_right([read_node(level, index) for level, index in subtrees(begin, end)])
