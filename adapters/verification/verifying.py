"""One verification under way: which phases are done, and what they are held against.

Rules kept here:

1. A checkpoint counts only with the log's signature. One that is kept beside the log without it is
   itself something wrong.
2. Where what was verified before cannot be gone on from, that is what is found; nothing else is
   looked at.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter
from typing import Final, TypeAlias

from adapters.keys.signing import is_ed25519_signature
from adapters.verification.earlier import Earlier
from adapters.verification.phases import Disclosing, Reading, Told
from adapters.verification.verified import SeenDevice, Verified
from domain.errors import IntegrityFailure, MalformedInput
from domain.ledger.checkpoint import Checkpoint, parse_body, parse_note
from domain.ledger.log_check import LogJoin, LogReport
from domain.ledger.log_keys import LogKeys
from domain.ledger.order import numbered
from domain.ledger.problem import Problem, ProblemKind
from domain.ports import BlobStore

_NOTES: Final = 200
"""Checkpoints whose signatures are checked in one task."""


class Phase(StrEnum):
    """One kind of check, as a word that people give."""

    CHAIN = "chain"
    SIGNATURES = "signatures"
    CONTENT = "content"


Progress: TypeAlias = Callable[[Phase, int, int], None]
"""Told, for a phase, how many records were looked at and how many there are to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a phase did.

    Attributes:
        phase: Which.
        records: Records looked at.
        checks: What was checked: records, signatures or stored contents.
        seconds: How long it took.
    """

    phase: Phase
    records: int
    checks: int
    seconds: float


def open_checkpoints(notes: Sequence[bytes], keys: LogKeys) -> list[Checkpoint | str]:
    """Return what each note states, or in words why it is no checkpoint of this log.

    This is the one place where verification opens checkpoints.
    """
    opened: list[Checkpoint | str] = []
    for note in notes:
        try:
            opened.append(keys.open(note, is_ed25519_signature))
        except (IntegrityFailure, MalformedInput) as error:
            opened.append(str(error))
    return opened


@dataclass(frozen=True, slots=True)
class _Notes:
    notes: Sequence[bytes]
    keys: LogKeys


def _open_notes(task: _Notes) -> list[Checkpoint | str]:
    return open_checkpoints(task.notes, task.keys)


class Work:
    """One verification under way."""

    def __init__(
        self,
        log: Disclosing,
        keys: LogKeys,
        reading: Reading,
        earlier: Earlier | None,
        progress: Progress | None,
    ) -> None:
        """Begin with nothing found.

        Args:
            log: Discloses enrolments.
            keys: The log's verifier keys.
            reading: What to read.
            earlier: What was verified before, if that is gone on from.
            progress: Told how far it is.
        """
        self.timings: list[Timing] = []
        self.devices: dict[str, SeenDevice] = {}
        self.covered: bytes | None = None
        self._log = log
        self._keys = keys
        self._reading = reading
        self._earlier = earlier
        self._progress = progress
        self._join = LogJoin()
        self._kept: list[tuple[Checkpoint, bytes]] = []
        self._outside: list[Checkpoint] = []
        self._chained = False

    def lost(self) -> LogReport | None:
        """Begin where what was verified before ends; return what is found if that is impossible."""
        earlier, size = self._earlier, self._reading.end
        if earlier is None:
            return None
        if size < earlier.size:
            text = (
                f"the log ends after {size} records, but {earlier.size} were verified before: "
                f"{numbered(size, earlier.size)} missing from its end"
            )
            return self._only(Problem(kind=ProblemKind.TRUNCATED, seq=size, text=text))
        try:
            peaks = earlier.peaks()
        except IntegrityFailure as error:
            text = (
                f"the first {earlier.size} records are not those that were verified before: "
                f"{error}; verify everything"
            )
            return self._only(Problem(kind=ProblemKind.CHECKPOINT_DIFFERS, seq=0, text=text))
        self._join = LogJoin(begin=earlier.size, peaks=peaks, heads_before=earlier.heads)
        return None

    def _only(self, problem: Problem) -> LogReport:
        return LogReport(
            size=self._reading.end,
            begin=self._reading.begin,
            root=b"",
            streams=0,
            confirmed=(),
            uncovered=0,
            signatures=0,
            blobs=0,
            erased=(),
            problems=(problem,),
            problem_count=1,
        )

    def run(
        self,
        kept: Sequence[bytes],
        outside: Sequence[bytes],
        phases: frozenset[Phase],
        blobs: BlobStore | None,
        since: Verified | None,
    ) -> None:
        """Do what was asked for.

        Args:
            kept: Checkpoints kept beside the log.
            outside: Checkpoints kept elsewhere.
            phases: What to check.
            blobs: Where stored contents lie.
            since: How the devices stood before the first record.
        """
        found = self._join.content
        if phases != {Phase.CONTENT}:
            self._open_outside(outside)
            self._read_kept(kept)
        if Phase.CHAIN in phases:
            with self._timed(Phase.CHAIN, lambda: self._reading.end - self._reading.begin) as told:
                self._check_kept(self._kept[-1:])
                sizes = {each.size for each, _ in self._kept}
                sizes |= {each.size for each in self._outside}
                self._reading.chain(self._join, frozenset(sizes), told)
        if Phase.SIGNATURES in phases:
            with self._timed(Phase.SIGNATURES, lambda: found.signatures) as told:
                self._check_kept(self._kept[:-1])
                self._check_devices(dict(since.devices) if since else {}, told)
        if Phase.CONTENT in phases:
            with self._timed(Phase.CONTENT, lambda: found.blobs) as told:
                self._reading.contents(blobs, found, told)
                if self._earlier is not None:
                    asked = {blob.key_id for blob in found.absent} - found.erased
                    found.erased_before |= self._earlier.destroyed(asked)
        if Phase.CHAIN in phases:
            self._chained = True
            self._join.compare([each for each, _ in self._kept], self._outside)

    def report(self) -> LogReport:
        """Say what was found."""
        report = self._join.report()
        if self._chained:
            return report
        return replace(report, size=self._reading.end, root=b"", uncovered=0)

    def _check_devices(self, before: dict[str, SeenDevice], told: Told) -> None:
        found = self._join.content
        found.last_sequences |= {
            device: seen.sequence for device, seen in before.items() if seen.sequence is not None
        }
        known = {device: seen.key for device, seen in before.items() if seen.key}
        keys = self._reading.signatures(self._log, known, found, told)
        self.devices = {
            device: SeenDevice(key=keys.get(device), sequence=found.last_sequences.get(device))
            for device in {*keys, *found.last_sequences}
        }

    def _read_kept(self, notes: Sequence[bytes]) -> None:
        """Read what the checkpoints beside the log state; their signatures are checked later."""
        for note in notes:
            try:
                checkpoint = parse_body(parse_note(note).text)
            except MalformedInput as error:
                self._unsigned(0, f"a checkpoint kept beside the log cannot be read: {error}")
            else:
                if checkpoint.size >= self._reading.begin:
                    self._kept.append((checkpoint, note))
        self._kept.sort(key=lambda each: each[0].size)

    def _check_kept(self, kept: Sequence[tuple[Checkpoint, bytes]]) -> None:
        """Let only those stand that the log signed."""
        notes = [note for _, note in kept]
        tasks = [_Notes(notes[at : at + _NOTES], self._keys) for at in range(0, len(notes), _NOTES)]
        opened = [each for part in self._reading.crew.each(_open_notes, tasks) for each in part]
        for (checkpoint, note), found in zip(kept, opened, strict=True):
            if isinstance(found, str):
                text = f"the checkpoint of {checkpoint.size} records kept beside the log: {found}"
                self._unsigned(checkpoint.size, text)
                self._kept.remove((checkpoint, note))
            elif found.size == self._reading.end:
                self.covered = note

    def _open_outside(self, notes: Sequence[bytes]) -> None:
        for note, found in zip(notes, open_checkpoints(notes, self._keys), strict=True):
            if isinstance(found, str):
                size = parse_body(parse_note(note).text).size
                self._unsigned(size, f"the outside checkpoint of {size} records: {found}")
            elif found.size >= self._reading.begin:
                self._outside.append(found)
            elif self._earlier is not None:
                self._compare_earlier(found, self._earlier)

    def _compare_earlier(self, checkpoint: Checkpoint, earlier: Earlier) -> None:
        """Compare an outside checkpoint with what was verified before, by a consistency proof."""
        why = earlier.differs(checkpoint)
        if why is None:
            self._join.confirm(checkpoint.size)
            return
        text = (
            f"the first {checkpoint.size} records, verified before, are not those of their "
            f"checkpoint, which was kept apart from them: {why}"
        )
        self._join.problems.add(ProblemKind.CHECKPOINT_DIFFERS, 0, text)

    def _unsigned(self, seq: int, text: str) -> None:
        self._join.problems.add(ProblemKind.CHECKPOINT_UNSIGNED, seq, text)

    @contextmanager
    def _timed(self, phase: Phase, checks: Callable[[], int]) -> Iterator[Told]:
        begun, done, total = perf_counter(), 0, self._reading.end - self._reading.begin

        def told(count: int) -> None:
            nonlocal done
            done += count
            if self._progress is not None:
                self._progress(phase, done, total)

        told(0)
        yield told
        seconds = perf_counter() - begun
        self.timings.append(Timing(phase=phase, records=total, checks=checks(), seconds=seconds))
