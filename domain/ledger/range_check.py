"""Check a range of a log's records; the ranges of a log are joined by ``log_check``.

Rules kept here:

1. Records are read once, in their order; memory grows with the streams of a range, not with its
   records.
2. Checking goes on after a problem, so that one lost record does not hide the next.
3. Ranges begin at multiples of a power of two that none of them exceeds, so that their trees join.
4. The tree is built over stored leaf hashes where there are any, so that a changed entry is named
   by its own place and not only by a wrong root.
5. A page in which everything is right is checked column by column; any other one record by record.
   Both say the same of an intact page.

Source: ``SPECIFICATION.md``, sections 2, 4 and 7.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Final, TypeAlias

from domain.errors import MalformedInput
from domain.ledger.content_check import ContentChecker, ContentFindings
from domain.ledger.export import StoredRecord
from domain.ledger.merkle import Tree, subtrees
from domain.ledger.order import Order, Run
from domain.ledger.problem import ProblemKind, Problems
from domain.ledger.skim import Columns, skim, skim_page

PROGRESS_EVERY: Final = 1024
PAGE: Final = 256
"""Records looked at together; a power of two, small enough for a processor's own memory."""

Sealed: TypeAlias = StoredRecord | tuple[bytes, bytes, bytes | None]
"""Entry, ciphertext and stored leaf hash of a record."""

Head: TypeAlias = tuple[int, bytes]
"""Version and leaf hash of a stream's last record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeReport:
    """What a range of records showed; can be handed from process to process.

    Attributes:
        begin: Position of its first record.
        count: Number of records.
        runs: The seqs that its records state, in order.
        peaks: Roots of the complete subtrees over its leaves.
        peaks_at: The same at the sizes asked for, by size of the whole tree.
        firsts: For each stream the first record: seq, version, previous hash.
        heads: For each stream the last record.
        problems: What was found wrong with chain and bytes.
        content: Findings about blobs and devices, if they were checked.
    """

    begin: int
    count: int
    runs: tuple[Run, ...]
    peaks: tuple[bytes, ...]
    peaks_at: dict[int, tuple[bytes, ...]]
    firsts: dict[bytes, tuple[int, int, bytes]]
    heads: dict[bytes, Head]
    problems: Problems
    content: ContentFindings | None


def check_range(
    records: Iterable[Sealed],
    *,
    begin: int,
    sizes: Collection[int],
    content: ContentChecker | None = None,
    progress: Callable[[int], None] | None = None,
) -> RangeReport:
    """Check a range of records; joined with its neighbours it says as much as one whole check.

    Args:
        records: The records from position ``begin`` on.
        begin: A multiple of a power of two that is not smaller than the number of records.
        sizes: Sizes of the whole tree at which its root will be asked for.
        content: Checks blobs and devices too, if given.
        progress: Told the number of records read, every now and then and at the end.
    """
    checked = _Range(begin, sizes)
    source = iter(records)
    while page := list(islice(source, PAGE)):
        checked.take(page)
        if content is not None:
            for entry, ciphertext, _ in page:
                content.take_bytes(entry, ciphertext)
        if progress is not None and not checked.tree.size % PROGRESS_EVERY:
            progress(checked.tree.size)
    if progress is not None and (checked.tree.size % PROGRESS_EVERY or not checked.tree.size):
        progress(checked.tree.size)
    return RangeReport(
        begin=begin,
        count=checked.tree.size,
        runs=checked.order.runs,
        peaks=checked.tree.peaks,
        peaks_at=checked.peaks_at,
        firsts=checked.firsts,
        heads=checked.heads,
        problems=checked.problems,
        content=content.findings if content else None,
    )


def chain_broken(problems: Problems, seq: int, stream: bytes, version: int, last: int) -> None:
    """Say that a record does not follow the version of its stream that was seen last."""
    name = stream.decode("ascii", "backslashreplace")
    if version != last + 1:
        text = f"record {seq} is version {version} of {name}, but version {last + 1} comes next"
    else:
        text = (
            f"record {seq}, version {version} of {name}, does not carry the hash of the "
            "version before it"
        )
    problems.add(ProblemKind.CHAIN_BROKEN, seq, text)


class _Range:
    """The state of checking one range."""

    def __init__(self, begin: int, sizes: Collection[int]) -> None:
        self.tree = Tree()
        self.order = Order(begin)
        self.peaks_at: dict[int, tuple[bytes, ...]] = {}
        self.firsts: dict[bytes, tuple[int, int, bytes]] = {}
        self.heads: dict[bytes, Head] = {}
        self.problems = Problems()
        self._begin = begin
        self._sizes = sorted(size - begin for size in sizes if size > begin)

    def take(self, page: Sequence[Sealed]) -> None:
        """Check the next records; this is what a check costs, so it is kept flat."""
        entries, ciphertexts, stored = zip(*page, strict=True)
        leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
        digests = [sha256(ciphertext).digest() for ciphertext in ciphertexts]
        columns = skim_page(entries)
        first = self.order.following
        if (
            columns is not None
            and stored == tuple(leaves)
            and columns.content_digests == tuple(digests)
            and columns.seqs == tuple(range(first, first + len(page)))
        ):
            self.order.take(first, len(page))
            self._chain(columns, leaves)
        else:
            for place, record in enumerate(page):
                leaves[place] = self._take_alone(record, leaves[place], digests[place])
        self._grow(leaves)

    def _chain(self, columns: Columns, leaves: Sequence[bytes]) -> None:
        heads = self.heads
        for seq, stream, version, previous, leaf in zip(
            columns.seqs, columns.streams, columns.versions, columns.previous, leaves, strict=True
        ):
            head = heads.get(stream)
            if head != (version - 1, previous):
                if head is None:
                    self.firsts[stream] = (seq, version, previous)
                else:
                    chain_broken(self.problems, seq, stream, version, head[0])
            heads[stream] = (version, leaf)

    def _take_alone(self, record: Sealed, leaf: bytes, digest: bytes) -> bytes:
        """Check one record and return the leaf hash that the tree is built over."""
        entry, _, stored = record
        try:
            seq, stream, version, previous, content_digest, _ = skim(entry)
        except MalformedInput as error:
            self.order.take_unreadable(str(error))
            return stored or leaf
        if stored is not None and stored != leaf:
            text = f"the entry of record {seq} does not have its recorded leaf hash"
            self.problems.add(ProblemKind.ENTRY_CHANGED, seq, text)
            leaf = stored
        if digest != content_digest:
            text = f"the encrypted content of record {seq} is not the recorded one"
            self.problems.add(ProblemKind.CONTENT_CHANGED, seq, text)
        self.order.take(seq)
        head = self.heads.get(stream)
        if head is None:
            self.firsts[stream] = (seq, version, previous)
        elif head != (version - 1, previous):
            chain_broken(self.problems, seq, stream, version, head[0])
        self.heads[stream] = (version, leaf)
        return leaf

    def _grow(self, leaves: list[bytes]) -> None:
        before, at = self.tree.peaks, self.tree.size
        asked = self._sizes[
            bisect_right(self._sizes, at) : bisect_right(self._sizes, at + len(leaves))
        ]
        levels = [leaves]
        if len(leaves) == PAGE:
            while len(level := levels[-1]) > 1:
                pairs = iter(level)
                levels.append(
                    [
                        sha256(b"\x01" + left + right).digest()
                        for left, right in zip(pairs, pairs, strict=True)
                    ]
                )
            self.tree.append_subtree(len(levels) - 1, levels[-1][0])
            for size in asked:
                self.peaks_at[self._begin + size] = (
                    *before,
                    *(levels[level][index] for level, index in subtrees(0, size - at)),
                )
            return
        wanted = set(asked)
        for leaf in leaves:
            self.tree.append(leaf)
            if self.tree.size in wanted:
                self.peaks_at[self._begin + self.tree.size] = self.tree.peaks
