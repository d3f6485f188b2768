"""Check a whole log: join what its ranges showed, and hold it against signed checkpoints.

Rules kept here:

1. The log may be cut into ranges that are checked apart, even in different processes. One range
   is checked and joined like many, so how a log was cut does not change what is found.
2. A log may be gone on with from a size whose root is known. What stands before is not looked at
   again, and the report says so.
3. Checkpoints kept beside the log and checkpoints kept outside of it are told apart: whoever can
   rewrite the log can sign the former again. So where an outside one differs, only outside ones
   say where the difference begins.

Source: ``SPECIFICATION.md``, sections 4 and 7.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from domain.ledger.checkpoint import Checkpoint
from domain.ledger.content_check import ContentChecker, ContentFindings
from domain.ledger.entry import NO_PREVIOUS
from domain.ledger.merkle import Tree, fold_right, subtrees
from domain.ledger.order import Run, go_on, name_places, numbered
from domain.ledger.problem import Problem, ProblemKind, Problems
from domain.ledger.range_check import Head, RangeReport, Sealed, chain_broken, check_range

NO_HEAD: Final[Head] = (0, NO_PREVIOUS)

HeadsBefore: TypeAlias = Callable[[Collection[bytes]], Mapping[bytes, Head | str]]
"""Returns, for streams, the last record before a log is gone on with, as far as there is one; or,
in words, why it could not be proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What a log showed.

    Attributes:
        size: Number of records, those that were not looked at again among them.
        begin: The first record that was looked at.
        root: Root of the tree over all records.
        streams: Number of streams that the records belong to which were looked at.
        confirmed: Sizes of the checkpoints whose root was met.
        uncovered: Records beyond the largest checkpoint; nobody signed for them yet.
        signatures: Device signatures checked.
        blobs: Blob references checked.
        erased: Keys that the log says are destroyed, in order.
        problems: What was found wrong, in the order of the log, the first ``PROBLEMS_MAX``.
        problem_count: How much was found wrong; 0 means that the log is intact.
    """

    size: int
    begin: int = 0
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
    records: Iterable[Sealed],
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


def join_ranges(
    ranges: Iterable[RangeReport],
    checkpoints: Sequence[Checkpoint],
    outside: Sequence[Checkpoint] = (),
) -> LogReport:
    """Join the reports of all ranges of a log, in their order, and compare with checkpoints.

    Args:
        ranges: The reports.
        checkpoints: Checkpoints that are kept beside the log.
        outside: Checkpoints that were kept where whoever holds the log cannot reach.
    """
    log = LogJoin()
    for part in ranges:
        log.take(part)
    log.compare(checkpoints, outside)
    return log.report()


class LogJoin:
    """Takes the reports of a log's ranges one by one; memory grows with streams only."""

    def __init__(
        self,
        *,
        begin: int = 0,
        peaks: Sequence[bytes] = (),
        heads_before: HeadsBefore | None = None,
    ) -> None:
        """Begin with record 0, or go on from a size.

        Args:
            begin: Where the first range begins.
            peaks: Roots of the complete subtrees over the records before.
            heads_before: Knows the streams of the records before.
        """
        edge = dict(zip(subtrees(0, begin), peaks, strict=True))
        self.content = ContentFindings()
        self.problems = Problems()
        self._begin = begin
        self._tree = Tree.resume(begin, lambda level, index: edge[level, index])
        self._roots = {begin: self._tree.root()}
        self._runs: list[Run] = []
        self._heads: dict[bytes, Head] = {}
        self._heads_before = heads_before
        self._confirmed: set[int] = set()
        self._covered = begin

    def take(self, part: RangeReport) -> None:
        """Go on with the next range."""
        before = self._tree.peaks
        for size, peaks in part.peaks_at.items():
            self._roots[size] = fold_right((*before, *peaks))
        go_on(self._runs, part.runs)
        self._follow(part)
        self._heads |= part.heads
        for (level, _), node in zip(subtrees(0, part.count), part.peaks, strict=True):
            self._tree.append_subtree(level, node)
        self.problems.take(part.problems)
        if part.content is not None:
            self.content.join(part.content)

    def _follow(self, part: RangeReport) -> None:
        """Check that the first record of each stream follows the stream's last one before."""
        before: Mapping[bytes, Head | str] = {}
        if self._heads_before is not None:
            before = self._heads_before([each for each in part.firsts if each not in self._heads])
        for stream, (seq, version, previous) in part.firsts.items():
            head = self._heads.get(stream) or before.get(stream, NO_HEAD)
            if isinstance(head, str):
                text = f"what record {seq} follows could not be proven: {head}"
                self.problems.add(ProblemKind.CHAIN_BROKEN, seq, text)
            elif head != (version - 1, previous):
                chain_broken(self.problems, seq, stream, version, head[0])

    def compare(self, checkpoints: Sequence[Checkpoint], outside: Sequence[Checkpoint]) -> None:
        """Compare the roots with checkpoints of sizes that every range was asked for."""
        size = self._tree.size
        largest = max((each.size for each in (*checkpoints, *outside)), default=0)
        if largest > size:
            self.problems.add(
                ProblemKind.TRUNCATED,
                size,
                f"the log ends after {size} records, but a checkpoint covers {largest}: "
                f"{numbered(size, largest)} missing from its end",
            )
        self._covered = max(self._covered, largest)
        kept, other = self._met(checkpoints), self._met(outside)
        self._confirmed |= kept | other
        for each in self._unmet(checkpoints):
            good = max((size for size in kept | other if size < each.size), default=0)
            self._differs(each, good, "")
        for each in self._unmet(outside):
            good = max((size for size in other if size < each.size), default=0)
            rewritten = any(kept_size >= each.size for kept_size in kept)
            self._differs(
                each,
                good,
                ", which was kept apart from it; checkpoints kept beside the log agree with it, so "
                "whoever rewrote it holds the log's key"
                if rewritten
                else ", which was kept apart from it",
            )

    def confirm(self, size: int) -> None:
        """Take it that a checkpoint over fewer records than were read here was proven to agree."""
        self._confirmed.add(size)

    def _met(self, checkpoints: Sequence[Checkpoint]) -> set[int]:
        return {each.size for each in checkpoints if self._roots.get(each.size) == each.root}

    def _unmet(self, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
        within = [each for each in checkpoints if self._begin <= each.size <= self._tree.size]
        differing = [each for each in within if self._roots.get(each.size) != each.root]
        return sorted(differing, key=lambda each: each.size)

    def _differs(self, checkpoint: Checkpoint, good: int, where: str) -> None:
        self.problems.add(
            ProblemKind.CHECKPOINT_DIFFERS,
            good,
            f"the first {checkpoint.size} records do not have the root of their checkpoint{where}; "
            f"what differs lies from record {good} on",
        )

    def report(self) -> LogReport:
        """Say what the log showed."""
        content, size = self.content, self._tree.size
        name_places(self._runs, self._begin, self.problems)
        content.settle()
        self.problems.take(content.problems)
        once = dict.fromkeys(self.problems.kept)
        return LogReport(
            size=size,
            begin=self._begin,
            root=self._tree.root(),
            streams=len(self._heads),
            confirmed=tuple(sorted(self._confirmed)),
            uncovered=max(size - self._covered, 0),
            signatures=content.signatures,
            blobs=content.blobs,
            erased=tuple(sorted(content.erased)),
            problems=tuple(sorted(once, key=_placed)),
            problem_count=self.problems.count - (len(self.problems.kept) - len(once)),
        )


def _placed(problem: Problem) -> tuple[int, ProblemKind, str]:
    return problem.seq, problem.kind, problem.text
