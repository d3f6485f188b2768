"""Check a whole log, record by record, and name what is wrong and where.

Rules kept here:

1. Records are read once, in their order; memory grows with streams and devices, not with records.
2. Checking goes on after a problem, so that one lost record does not hide the next.
3. The log may be cut into ranges that are checked apart, even in different processes, and joined:
   ranges begin at multiples of a power of two that none of them exceeds.
4. The tree is built over stored leaf hashes where there are any, so that a changed entry is named
   by its own place and not only by a wrong root.

Source: ``SPECIFICATION.md``, sections 4 and 7.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from domain.errors import MalformedInput
from domain.ledger.checkpoint import Checkpoint
from domain.ledger.content_check import ContentChecker, ContentFindings
from domain.ledger.entry import NO_PREVIOUS, decode_entry
from domain.ledger.export import StoredRecord
from domain.ledger.merkle import Tree, fold_right, subtrees
from domain.ledger.problem import Problem, ProblemKind, Problems
from domain.ledger.skim import skim

PROGRESS_EVERY: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeReport:
    """What a range of records showed; can be handed from process to process.

    Attributes:
        begin: Position of its first record.
        count: Number of records.
        first_seq: Seq that its first record states; None if the range is empty.
        next_seq: Seq that has to follow its last record.
        peaks: Roots of the complete subtrees over its leaves.
        peaks_at: The same at the sizes asked for, by size of the whole tree.
        firsts: For each stream the first record: seq, version, previous hash.
        heads: For each stream the last record: version, leaf hash.
        problems: What was found wrong with order, chain and bytes.
        content: Findings about blobs and devices, if they were checked.
    """

    begin: int
    count: int
    first_seq: int | None
    next_seq: int
    peaks: tuple[bytes, ...]
    peaks_at: dict[int, tuple[bytes, ...]]
    firsts: dict[bytes, tuple[int, int, bytes]]
    heads: dict[bytes, tuple[int, bytes]]
    problems: Problems
    content: ContentFindings | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What a whole log showed.

    Attributes:
        size: Number of records read.
        root: Root of the tree over them.
        streams: Number of streams.
        confirmed: Sizes of the checkpoints whose root was met.
        uncovered: Records beyond the largest checkpoint; nobody signed for them yet.
        signatures: Device signatures checked.
        blobs: Blob references checked.
        erased: Keys that the log says are destroyed, in order.
        problems: What was found wrong, in the order of the log, the first ``PROBLEMS_MAX``.
        problem_count: How much was found wrong; 0 means that the log is intact.
    """

    size: int
    root: bytes
    streams: int
    confirmed: tuple[int, ...]
    uncovered: int
    signatures: int
    blobs: int
    erased: tuple[str, ...]
    problems: tuple[Problem, ...]
    problem_count: int

    @property
    def intact(self) -> bool:
        """Whether nothing was found wrong."""
        return self.problem_count == 0


def check_records(
    records: Iterable[StoredRecord],
    *,
    checkpoints: Sequence[Checkpoint] = (),
    content: ContentChecker | None = None,
    progress: Callable[[int], None] | None = None,
) -> LogReport:
    """Check a whole log in one go.

    Args:
        records: Every record, from the first.
        checkpoints: What the log has to agree with; signatures are checked elsewhere.
        content: Checks blobs and devices too, if given.
        progress: Told the number of records read, every now and then and at the end.
    """
    sizes = {checkpoint.size for checkpoint in checkpoints}
    report = check_range(records, begin=0, sizes=sizes, content=content, progress=progress)
    return join_ranges([report], checkpoints)


def check_range(
    records: Iterable[StoredRecord],
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
    run = _Run(begin, sizes)
    run.read(records, content, progress)
    return RangeReport(
        begin=begin,
        count=run.tree.size,
        first_seq=(begin if run.first_seq is None else run.first_seq) if run.tree.size else None,
        next_seq=run.next_seq,
        peaks=run.tree.peaks,
        peaks_at=run.peaks_at,
        firsts=run.firsts,
        heads=run.heads,
        problems=run.problems,
        content=content.findings if content else None,
    )


def join_ranges(ranges: Sequence[RangeReport], checkpoints: Sequence[Checkpoint]) -> LogReport:
    """Join the reports of all ranges of a log, in their order, and compare with checkpoints."""
    log = _Run(begin=0, sizes=())
    content = ContentFindings()
    roots = {0: log.tree.root()}
    for part in ranges:
        before = log.tree.peaks
        roots |= {size: fold_right((*before, *peaks)) for size, peaks in part.peaks_at.items()}
        log.join(part)
        if part.content is not None:
            content.join(part.content)
    confirmed, covered = _compare(log, checkpoints, roots)
    content.settle()
    log.problems.take(content.problems)
    return LogReport(
        size=log.tree.size,
        root=log.tree.root(),
        streams=len(log.heads),
        confirmed=confirmed,
        uncovered=max(log.tree.size - covered, 0) if checkpoints else log.tree.size,
        signatures=content.signatures,
        blobs=content.blobs,
        erased=tuple(sorted(content.erased)),
        problems=tuple(sorted(log.problems.kept, key=lambda problem: problem.seq)),
        problem_count=log.problems.count,
    )


def _compare(
    log: "_Run", checkpoints: Sequence[Checkpoint], roots: dict[int, bytes]
) -> tuple[tuple[int, ...], int]:
    """Compare the roots with the checkpoints; return the sizes confirmed and the largest size."""
    confirmed: list[int] = []
    size = log.tree.size
    largest = max((checkpoint.size for checkpoint in checkpoints), default=0)
    if largest > size:
        log.problems.add(
            ProblemKind.TRUNCATED,
            size,
            f"the log ends after {size} records, but a checkpoint covers {largest}: "
            f"{_numbered(size, largest)} missing from its end",
        )
    for checkpoint in sorted(checkpoints, key=lambda each: each.size):
        if checkpoint.size > size:
            continue
        if roots[checkpoint.size] == checkpoint.root:
            confirmed.append(checkpoint.size)
            continue
        good = max(confirmed, default=0)
        log.problems.add(
            ProblemKind.CHECKPOINT_DIFFERS,
            good,
            f"the first {checkpoint.size} records do not have the root of their checkpoint; "
            f"what differs lies from record {good} on",
        )
    return tuple(confirmed), largest


def _numbered(first: int, end: int) -> str:
    """Say which records are meant, with the verb."""
    return f"record {first} is" if end == first + 1 else f"records {first} to {end - 1} are"


def _peek(source: Iterator[StoredRecord], held: list[StoredRecord]) -> int | None:
    """Return the seq of the record that follows, which stays to be read."""
    following = next(source, None)
    if following is None:
        return None
    held.append(following)
    try:
        return skim(following.entry).seq
    except MalformedInput:
        return None


class _Run:
    """The state of checking one range, or of joining several."""

    def __init__(self, begin: int, sizes: Collection[int]) -> None:
        self.tree = Tree()
        self.next_seq = begin
        self.first_seq: int | None = None
        self.peaks_at: dict[int, tuple[bytes, ...]] = {}
        self.firsts: dict[bytes, tuple[int, int, bytes]] = {}
        self.heads: dict[bytes, tuple[int, bytes]] = {}
        self.problems = Problems()
        self._begin = begin
        self._sizes = sizes

    def read(
        self,
        records: Iterable[StoredRecord],
        content: ContentChecker | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        """Read every record; this loop is what a check costs, so it is kept flat."""
        source = iter(records)
        held: list[StoredRecord] = []
        heads = self.heads
        while (record := held.pop() if held else next(source, None)) is not None:
            entry, ciphertext, stored = record
            leaf = sha256(b"\x00" + entry).digest()
            try:
                seq, stream, version, previous, content_digest, _ = skim(entry)
            except MalformedInput as error:
                text = f"the entry in the place of record {self.next_seq} is unreadable: {error}"
                self.problems.add(ProblemKind.UNREADABLE, self.next_seq, text)
                self.next_seq += 1
                self._grow(stored or leaf, progress)
                continue
            if stored is not None and stored != leaf:
                text = f"the entry of record {seq} does not have its recorded leaf hash"
                self.problems.add(ProblemKind.ENTRY_CHANGED, seq, text)
                leaf = stored
            if sha256(ciphertext).digest() != content_digest:
                text = f"the encrypted content of record {seq} is not the recorded one"
                self.problems.add(ProblemKind.CONTENT_CHANGED, seq, text)
            if seq != self.next_seq:
                self._place(seq, _peek(source, held))
            self.next_seq += 1
            head = heads.get(stream)
            if head is None:
                self.firsts[stream] = (seq, version, previous)
            elif version != head[0] + 1 or previous != head[1]:
                self._chain_broken(seq, stream, version, head[0])
            heads[stream] = (version, leaf)
            self._grow(leaf, progress)
            if content is not None:
                self._check_content(record, seq, content)
        if progress is not None:
            progress(self.tree.size)

    def _grow(self, leaf: bytes, progress: Callable[[int], None] | None) -> None:
        size = self.tree.append(leaf) + 1
        if self._begin + size in self._sizes:
            self.peaks_at[self._begin + size] = self.tree.peaks
        if progress is not None and not size % PROGRESS_EVERY:
            progress(size)

    def join(self, part: RangeReport) -> None:
        """Go on with the records of the next range."""
        if part.first_seq is not None and part.first_seq != self.next_seq:
            self._place(part.first_seq, part.first_seq + 1)
        self.next_seq = part.next_seq
        for stream, (seq, version, previous) in part.firsts.items():
            head = self.heads.get(stream, (0, NO_PREVIOUS))
            if version != head[0] + 1 or previous != head[1]:
                self._chain_broken(seq, stream, version, head[0])
        self.heads |= part.heads
        for (level, _), node in zip(subtrees(0, part.count), part.peaks, strict=True):
            self.tree.append_subtree(level, node)
        self.problems.take(part.problems)

    def _place(self, seq: int, following: int | None) -> None:
        """Say what it means that this record is not the one that comes next.

        The record that follows tells whether one record is out of place, or the run goes on from
        elsewhere; in the latter case so does ``next_seq``.
        """
        expected = self.next_seq
        if self.first_seq is None and self._begin and not self.tree.size:
            self.first_seq = self.next_seq = seq  # a range learns its beginning when it is joined
        elif (
            seq > expected and following != expected + 1 and (following is None or following > seq)
        ):
            text = f"{_numbered(expected, seq)} missing"
            self.problems.add(ProblemKind.MISSING, expected, text)
            self.next_seq = seq
        elif seq < expected and following == seq + 1:
            text = f"record {seq} stands a second time, after record {expected - 1}"
            self.problems.add(ProblemKind.REPEATED, seq, text)
            self.next_seq = seq
        else:
            text = f"record {seq} stands where record {expected} belongs"
            self.problems.add(ProblemKind.MISPLACED, seq, text)

    def _chain_broken(self, seq: int, stream: bytes, version: int, last: int) -> None:
        name = stream.decode("ascii", "backslashreplace")
        if version != last + 1:
            text = f"record {seq} is version {version} of {name}, but version {last + 1} comes next"
        else:
            text = (
                f"record {seq}, version {version} of {name}, does not carry the hash of the "
                "version before it"
            )
        self.problems.add(ProblemKind.CHAIN_BROKEN, seq, text)

    def _check_content(self, record: StoredRecord, seq: int, content: ContentChecker) -> None:
        try:
            entry = decode_entry(record.entry)
        except MalformedInput as error:
            text = f"the entry of record {seq} is unreadable: {error}"
            self.problems.add(ProblemKind.UNREADABLE, seq, text)
        else:
            content.take(entry, record.ciphertext)
